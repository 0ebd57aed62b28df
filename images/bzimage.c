/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bzimage.c - tells a bootable kernel from what people take for one.  Opens nothing. */
#include "bzimage.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "text.h"

enum {
	SETUP_SECTORS = 0x1f1,
	BOOT_FLAG = 0x1fe,
	MAGIC = 0x202,
	PROTOCOL = 0x206,
	VERSION_POINTER = 0x20e, /* counted from 0x200 */
	LOAD_FLAGS = 0x211,
	XLOAD_FLAGS = 0x236,
	PREF_ADDRESS = 0x258,
	INIT_SIZE = 0x260,
	HEADER_END = 0x268,
	LOADED_HIGH = 1 << 0,
	XLF_KERNEL_64 = 1 << 0,
	PROTOCOL_INIT_SIZE = 0x20a, /* the first with pref_address and init_size: Linux 2.6.31 */
	PROTOCOL_XLOAD = 0x20c,     /* the first with xloadflags: Linux 3.8 */
};

static unsigned int le16_at(const unsigned char *bytes, size_t offset)
{
	uint16_t value;

	memcpy(&value, bytes + offset, sizeof(value));
	return le16toh(value);
}

static bool begins(const unsigned char *bytes, size_t len, size_t at, const char *with, size_t n)
{
	return len >= at + n && memcmp(bytes + at, with, n) == 0;
}

static bool is_text(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len && i < 512; i++) {
		if (!isprint(bytes[i]) && !isspace(bytes[i]))
			return false;
	}
	return true;
}

#define USE_BZIMAGE "use the bzImage (arch/x86/boot/bzImage, /boot/vmlinuz-VERSION)"

/* A section of a UEFI program ("PE"), by its name. */
static bool pe_has_section(const unsigned char *bytes, size_t len, size_t pe, const char *name)
{
	size_t at;

	if (pe + 24 > len)
		return false;
	at = pe + 24 + le16_at(bytes, pe + 20);
	for (unsigned int i = le16_at(bytes, pe + 6); i > 0; i--, at += 40) {
		if (begins(bytes, len, at, name, strlen(name) + 1))
			return true;
	}
	return false;
}

/* What only UEFI starts.  0: it is no such program. */
static int explain_pe(const unsigned char *bytes, size_t len, struct err *err)
{
	size_t pe = len < 0x40 ? len : le16_at(bytes, 0x3c) | (size_t)le16_at(bytes, 0x3e) << 16;

	if (begins(bytes, len, 0, "MZ\0\0zimg", 8))
		return err_set(
		        err, EINVAL,
		        "is a kernel packed for UEFI (EFI_ZBOOT), not for x86-64: " USE_BZIMAGE);
	if (!begins(bytes, len, 0, "MZ", 2) || !begins(bytes, len, pe, "PE\0\0", 4))
		return 0;
	if (pe_has_section(bytes, len, pe, ".linux"))
		return err_set(
		        err, EINVAL,
		        "is a unified kernel image, which only UEFI starts: objcopy -O binary "
		        "--only-section=.linux takes the kernel out of it, .initrd the initrd");
	return err_set(err, EINVAL, "is a program for UEFI, not a kernel: " USE_BZIMAGE);
}

/* Each: the mistake that people really make, and the way out. */
int bzimage_explain(const void *from, size_t len, struct err *err)
{
	const unsigned char *bytes = from;

	if (len == 0)
		return err_set(err, EINVAL, "is empty, not a kernel: " USE_BZIMAGE);
	if (begins(bytes, len, 0, "\177ELF", 4))
		return err_set(err, EINVAL,
		               "is an ELF file (vmlinux?), not a bzImage: " USE_BZIMAGE);
	if (begins(bytes, len, 0x38, "ARM\x64", 4))
		return err_set(err, EINVAL, "is a kernel for arm64, not for x86-64: " USE_BZIMAGE);
	if (begins(bytes, len, 0x38, "RSC\x05", 4))
		return err_set(err, EINVAL, "is a kernel for RISC-V, not for x86-64: " USE_BZIMAGE);
	if (begins(bytes, len, 0, "\x27\x05\x19\x56", 4))
		return err_set(err, EINVAL, "is an image for U-Boot, not for a PC: " USE_BZIMAGE);
	if (explain_pe(bytes, len, err) < 0)
		return -EINVAL;
	if (begins(bytes, len, 0, "\x1f\x8b", 2) ||
	    begins(bytes, len, 0,
	           "\xfd"
	           "7zXZ",
	           5) ||
	    begins(bytes, len, 0, "\x28\xb5\x2f\xfd", 4))
		return err_set(err, EINVAL,
		               "is compressed as a whole, so it is no x86 bzImage: " USE_BZIMAGE);
	if (begins(bytes, len, 0, "!<arch>\n", 8))
		return err_set(err, EINVAL,
		               "is a package: unpack it (dpkg-deb -x) and name the "
		               "boot/vmlinuz-VERSION inside");
	if (begins(bytes, len, 0, "QFI\xfb", 4))
		return err_set(err, EINVAL, "is a qcow2 disk, not a kernel: name it as a DISK");
	if (is_text(bytes, len))
		return err_set(err, EINVAL, "is a text file, not a kernel: " USE_BZIMAGE);
	return err_set(err, EINVAL, "is not a bzImage (no \"HdrS\" at 0x202): " USE_BZIMAGE);
}

static int check_flags(const unsigned char *bytes, struct err *err)
{
	unsigned int protocol = le16_at(bytes, PROTOCOL);

	if (!(bytes[LOAD_FLAGS] & LOADED_HIGH))
		return err_set(err, EINVAL,
		               "is a zImage, older than any kernel with virtio: " USE_BZIMAGE);
	if (protocol >= PROTOCOL_XLOAD && !(le16_at(bytes, XLOAD_FLAGS) & XLF_KERNEL_64))
		return err_set(err, EINVAL,
		               "is a 32-bit kernel, and the guest's program is 64-bit: "
		               "use an x86-64 bzImage");
	return 0;
}

/* The word becomes part of paths, so it is what kernel versions are made of and nothing else. */
static int copy_version(const unsigned char *from, size_t len, char *ret, size_t size,
                        struct err *err)
{
	char word[128];
	size_t n = 0;

	while (n < len && n < sizeof(word) - 1 && (isalnum(from[n]) || strchr("._+~-", from[n])) &&
	       from[n]) {
		word[n] = (char)from[n];
		n++;
	}
	word[n] = '\0';
	if (n == 0 || n == len || word[0] == '.' || (from[n] && from[n] != ' '))
		return err_set(err, EINVAL, "is a bzImage without a readable version");
	if (text_copy(ret, size, word) < 0)
		return err_set(err, EINVAL, "is a bzImage whose version is too long");
	return 0;
}

uint64_t bzimage_memory(const void *bytes, size_t len)
{
	const unsigned char *b = bytes;
	uint64_t address;
	uint32_t size;

	if (len < HEADER_END || le16_at(b, PROTOCOL) < PROTOCOL_INIT_SIZE)
		return 0;
	memcpy(&address, b + PREF_ADDRESS, sizeof(address));
	memcpy(&size, b + INIT_SIZE, sizeof(size));
	address = le64toh(address);
	return address < 1ULL << 40 ? address + le32toh(size) : 0;
}

int bzimage_version(const void *bytes, size_t len, char *ret, size_t size, struct err *err)
{
	const unsigned char *b = bytes;
	size_t setup_end, at;
	int r;

	if (!begins(b, len, BOOT_FLAG, "\x55\xaa", 2) || !begins(b, len, MAGIC, "HdrS", 4))
		return bzimage_explain(b, len, err);
	if (len < HEADER_END)
		return err_set(err, EINVAL, "is a bzImage that is cut off: copy it again");
	r = check_flags(b, err);
	if (r < 0)
		return r;
	/* 0 means 4, says boot.rst, for boot loaders of the last century. */
	setup_end = 512 * (1 + (b[SETUP_SECTORS] ? (size_t)b[SETUP_SECTORS] : 4));
	at = le16_at(b, VERSION_POINTER) + 0x200;
	if (setup_end > len)
		return err_set(err, EINVAL, "is a bzImage that is cut off: copy it again");
	if (at == 0x200 || at >= setup_end)
		return err_set(err, EINVAL, "is a bzImage without a readable version");
	return copy_version(b + at, setup_end - at, ret, size, err);
}

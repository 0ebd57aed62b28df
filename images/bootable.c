/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootable.c - looks at a kernel file as QEMU's loader does (hw/i386/x86.c).  Runs nothing. */
#include "bootable.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bzimage.h"
#include "cleanup.h"

enum {
	HEAD = 8192, /* QEMU looks for multiboot's header in as much */
	HDRS = 0x202,
	MULTIBOOT_MAGIC = 0x1badb002,
	PROGRAMS_MAX = 64,
	NOTES_MAX = 64 * 1024,
	PVH_ENTRY = 18, /* XEN_ELFNOTE_PHYS32_ENTRY */
};

static uint32_t le32_at(const unsigned char *bytes, size_t offset)
{
	uint32_t value;

	memcpy(&value, bytes + offset, sizeof(value));
	return le32toh(value);
}

static bool is_multiboot(const unsigned char *head, size_t len)
{
	for (size_t at = 0; at + 12 <= len; at += 4) {
		if (le32_at(head, at) == MULTIBOOT_MAGIC &&
		    le32_at(head, at) + le32_at(head, at + 4) + le32_at(head, at + 8) == 0)
			return true;
	}
	return false;
}

static size_t padded(uint32_t bytes)
{
	return ((size_t)bytes + 3) & ~(size_t)3;
}

static bool has_pvh_entry(const unsigned char *notes, size_t len)
{
	for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= len;) {
		uint32_t name = le32_at(notes, at), desc = le32_at(notes, at + 4);
		size_t text = at + sizeof(Elf64_Nhdr);

		if (le32_at(notes, at + 8) == PVH_ENTRY && name == 4 && text + 4 <= len &&
		    !memcmp(notes + text, "Xen", 4))
			return true;
		at = text + padded(name) + padded(desc);
	}
	return false;
}

static bool notes_have_entry(int fd, const Elf64_Phdr *program)
{
	size_t size = program->p_filesz < NOTES_MAX ? program->p_filesz : NOTES_MAX;
	CLEANUP(str_free) char *notes = malloc(size + 1);
	ssize_t n = notes && program->p_offset <= INT64_MAX
	                    ? pread(fd, notes, size, (off_t)program->p_offset)
	                    : -1;

	return n > 0 && has_pvh_entry((const unsigned char *)notes, (size_t)n);
}

static int check_elf(int fd, const unsigned char *head, struct err *err)
{
	Elf64_Phdr programs[PROGRAMS_MAX];
	Elf64_Ehdr elf;
	ssize_t n = -1;

	memcpy(&elf, head, sizeof(elf));
	if (elf.e_ident[EI_DATA] != ELFDATA2LSB ||
	    (elf.e_machine != EM_X86_64 && elf.e_machine != EM_386))
		return err_set(err, EINVAL, "is an ELF file for another CPU than x86 (machine %u)",
		               elf.e_machine);
	if (elf.e_ident[EI_CLASS] == ELFCLASS32)
		return 0; /* a small kernel of somebody's own: QEMU looks for its entry */
	if (elf.e_phnum <= PROGRAMS_MAX && elf.e_phoff <= INT64_MAX)
		n = pread(fd, programs, elf.e_phnum * sizeof(programs[0]), (off_t)elf.e_phoff);
	for (ssize_t i = 0; i < n / (ssize_t)sizeof(programs[0]); i++) {
		if (programs[i].p_type == PT_NOTE && notes_have_entry(fd, &programs[i]))
			return 0;
	}
	return err_set(err, EINVAL,
	               "is an ELF file without an entry for PVH (a vmlinux built with "
	               "CONFIG_PVH=y has one): use the bzImage (arch/x86/boot/bzImage)");
}

static int read_head(const char *path, int *ret_fd, unsigned char *head, size_t *ret_len,
                     struct err *err)
{
	ssize_t n;

	*ret_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	n = *ret_fd < 0 ? -1 : pread(*ret_fd, head, HEAD, 0);
	if (n < 0)
		return err_sys(err, "cannot be read");
	*ret_len = (size_t)n;
	return 0;
}

int bootable_kernel(const char *path, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	unsigned char head[HEAD];
	size_t len = 0;
	int rc = read_head(path, &fd, head, &len, err);

	if (rc)
		return rc;
	if ((len >= HDRS + 4 && !memcmp(head + HDRS, "HdrS", 4)) || is_multiboot(head, len))
		return 0;
	if (len >= sizeof(Elf64_Ehdr) && !memcmp(head, ELFMAG, SELFMAG))
		return check_elf(fd, head, err);
	return bzimage_explain(head, len, err);
}

bool bootable_initrd(const char *path)
{
	static const struct {
		size_t at, len;
		const char *bytes;
	} kinds[] = {
		{ 0, 5, "07070" },    /* cpio */
		{ 0, 2, "\x1f\x8b" }, /* gzip */
		{ 0, 3, "BZh" },      /* bzip2 */
		{ 0, 5,
		  "\xfd"
		  "7zXZ" },                   /* xz */
		{ 0, 3, "\x5d\0\0" },         /* lzma */
		{ 0, 4, "\x89LZO" },          /* lzo */
		{ 0, 4, "\x02\x21\x4c\x18" }, /* lz4 */
		{ 0, 4, "\x28\xb5\x2f\xfd" }, /* zstd */
		{ 0, 4, "\0\0\0\0" },         /* cpio may follow padding */
		{ 0, 4, "\x45\x3d\xcd\x28" }, /* cramfs */
		{ 0, 4, "hsqs" },             /* squashfs */
		{ 0, 8, "-rom1fs-" },         /* romfs */
		{ 0x438, 2, "\x53\xef" },     /* ext2 */
	};
	CLEANUP(fd_close) int fd = -1;
	unsigned char head[HEAD];
	struct err ignored;
	size_t len = 0;

	if (read_head(path, &fd, head, &len, &ignored))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (len >= kinds[i].at + kinds[i].len &&
		    !memcmp(head + kinds[i].at, kinds[i].bytes, kinds[i].len))
			return true;
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_bootable.c - files that people give as kernel and initrd of a run, told apart before QEMU runs them. */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bootable.h"
#include "fake_kernel.h"
#include "kernel_room.h"

enum { SIZE = 16384, PE = 0x80 };

static unsigned char bytes[SIZE];

static void put(size_t at, const void *from, size_t len)
{
	memcpy(bytes + at, from, len);
}

static void make_nothing(void)
{
	memset(bytes, 0, sizeof(bytes));
	put(0, "\1", 1);
}

static void make_bzimage(void)
{
	make_nothing();
	fake_bzimage(bytes, "6.1.0");
}

/* A kernel of 32 bits is one for QEMU, though not for the built-in guest. */
static void make_old(void)
{
	make_bzimage();
	put(0x211, "\0", 1);
	put(0x236, "\0", 1);
}

/* The last header that QEMU still sees. */
static void make_multiboot(void)
{
	make_nothing();
	put(8192 - 12, "\x02\xb0\xad\x1b\0\0\0\0\xfe\x4f\x52\xe4", 12);
}

static void make_multiboot_wrong(void)
{
	make_multiboot();
	put(8192 - 1, "\xe5", 1);
}

static void make_elf(uint16_t machine, const char *note)
{
	const Elf64_Phdr program = { .p_type = PT_NOTE, .p_offset = 9000, .p_filesz = 64 };
	const Elf64_Nhdr first = { .n_namesz = 4, .n_descsz = 5, .n_type = 3 };
	const Elf64_Nhdr entry = { .n_namesz = 4, .n_descsz = 4, .n_type = 18 };
	Elf64_Ehdr elf = {
		.e_ident = ELFMAG, .e_machine = machine, .e_phoff = sizeof(elf), .e_phnum = 2
	};

	make_nothing();
	elf.e_ident[EI_CLASS] = ELFCLASS64;
	elf.e_ident[EI_DATA] = ELFDATA2LSB;
	put(0, &elf, sizeof(elf));
	put(sizeof(elf) + sizeof(program), &program, sizeof(program));
	put(9000, &first, sizeof(first));
	put(9012, "GNU", 4);
	put(9024, &entry, sizeof(entry)); /* 5 bytes of text take 8 */
	put(9036, note, 4);
}

static void make_pvh(void)
{
	make_elf(EM_X86_64, "Xen");
}

static void make_no_pvh(void)
{
	make_elf(EM_X86_64, "GNU");
}

static void make_arm_elf(void)
{
	make_elf(EM_AARCH64, "Xen");
}

/* A note that says it is longer than anything. */
static void make_bad_notes(void)
{
	make_elf(EM_X86_64, "Xen");
	put(9000, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
}

static void make_pe(const char *section)
{
	make_nothing();
	put(0, "MZ", 2);
	put(0x3c, "\x80", 1);
	put(PE, "PE\0\0\x64\x86\2\0", 8);
	put(PE + 20, "\xf0", 1);
	put(PE + 24 + 0xf0 + 40, section, strlen(section));
}

static void make_uki(void)
{
	make_pe(".linux");
}

static void make_program(void)
{
	make_pe(".linuxx");
}

static void make_arm(void)
{
	make_pe(".text");
	put(0x38, "ARM\x64", 4);
}

static void make_riscv(void)
{
	make_pe(".text");
	put(0x38, "RSC\5", 4);
}

static void make_zboot(void)
{
	make_pe(".text");
	put(4, "zimg", 4);
}

static void make_uboot(void)
{
	make_nothing();
	put(0, "\x27\x05\x19\x56", 4);
}

static void make_gz(void)
{
	make_nothing();
	put(0, "\x1f\x8b", 2);
}

static void test_kernels(void **state)
{
	static const struct {
		void (*make)(void);
		size_t len;
		const char *says; /* NULL: QEMU starts it */
	} cases[] = {
		{ make_bzimage, SIZE, NULL },
		{ make_old, SIZE, NULL },
		{ make_multiboot, SIZE, NULL },
		{ make_pvh, SIZE, NULL },
		{ make_nothing, SIZE, "is not a bzImage" },
		{ make_nothing, 0, "is empty" },
		{ make_multiboot_wrong, SIZE, "is not a bzImage" },
		{ make_no_pvh, SIZE, "without an entry for PVH" },
		{ make_pvh, 9030, "without an entry for PVH" },
		{ make_pvh, 70, "without an entry for PVH" },
		{ make_bad_notes, SIZE, "without an entry for PVH" },
		{ make_arm_elf, SIZE, "another CPU than x86 (machine 183)" },
		{ make_uki, SIZE, "is a unified kernel image, which only UEFI starts: objcopy" },
		{ make_uki, PE + 24, "is a program for UEFI" },
		{ make_program, SIZE, "is a program for UEFI, not a kernel" },
		{ make_arm, SIZE, "is a kernel for arm64" },
		{ make_riscv, SIZE, "is a kernel for RISC-V" },
		{ make_zboot, SIZE, "EFI_ZBOOT" },
		{ make_uboot, SIZE, "U-Boot" },
		{ make_gz, SIZE, "is compressed as a whole" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };
		int rc;

		cases[i].make();
		fake_write(in_room("kernel"), bytes, cases[i].len);
		rc = bootable_kernel(in_room("kernel"), &err);
		if (rc != (cases[i].says ? -EINVAL : 0))
			fail_msg("case %zu: %d %s", i, rc, err.text);
		if (cases[i].says && !strstr(err.text, cases[i].says))
			fail_msg("case %zu: '%s' lacks '%s'", i, err.text, cases[i].says);
	}
}

static void test_initrds(void **state)
{
	static const struct {
		size_t at, len;
		const char *bytes;
		bool is_one;
	} cases[] = {
		{ 0, 6, "070701", true },           { 0, 2, "\x1f\x8b", true },
		{ 0, 4, "\x28\xb5\x2f\xfd", true }, { 0, 4, "\0\0\0\0", true },
		{ 0x438, 2, "\x53\xef", true },     { 0, 5, "hello", false },
		{ 0, 4, "QFI\xfb", false },         { 0, 4, "\177ELF", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_nothing();
		put(cases[i].at, cases[i].bytes, cases[i].len);
		fake_write(in_room("initrd"), bytes, sizeof(bytes));
		if (bootable_initrd(in_room("initrd")) != cases[i].is_one)
			fail_msg("case %zu", i);
	}
	fake_write(in_room("initrd"), bytes, 0);
	assert_false(bootable_initrd(in_room("initrd")));
	assert_true(bootable_initrd(in_room("none"))); /* others say so */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kernels),
		TEST(test_initrds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

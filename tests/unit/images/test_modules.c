/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_modules.c - modules in load order, from trees with every oddity that real ones have. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_kernel.h"
#include "kernel_room.h"
#include "modules.h"
#include "text.h"

static const char *folder(void)
{
	static char path[4096];

	text_copy(path, sizeof(path), in_room("lib/modules/" V));
	return path;
}

static void put(const char *file, const char *depends)
{
	fake_module(in_room("lib/modules/" V "/%s", file), depends, V);
}

static void assert_order(const char *const wanted[], const char *want)
{
	struct modules modules = { 0 };
	struct err err = { 0 };
	char got[1024] = "";
	size_t used = 0;
	int r = modules_order(folder(), V, wanted, &modules, &err);

	if (r < 0)
		print_message("# %s\n", err.text);
	assert_int_equal(r, 0);
	for (int i = 0; i < modules.nr; i++)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s=%s ",
		                         modules.list[i].name, modules.list[i].file);
	assert_string_equal(got, want);
}

#define WANT(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void test_order(void **state)
{
	(void)state;
	put("kernel/a/top.ko", "left,right");
	put("kernel/b/left.ko.xz", "low");
	put("kernel/right-hand.ko.gz", "low");
	put("right.ko.zst", "right_hand,low");
	put("kernel/b/low.ko", "");
	put("kernel/b/slow.ko", "");
	fake_write(in_room("lib/modules/" V "/kernel/low.ko.bak"), "x", 1);
	fake_write(in_room("lib/modules/" V "/kernel/.ko"), "x", 1);
	assert_order(WANT("low"), "low=kernel/b/low.ko ");
	assert_order(WANT("top"), "low=kernel/b/low.ko left=kernel/b/left.ko.xz "
	                          "right_hand=kernel/right-hand.ko.gz right=right.ko.zst "
	                          "top=kernel/a/top.ko ");
	assert_order(WANT("left", "top", "right-hand"),
	             "low=kernel/b/low.ko left=kernel/b/left.ko.xz "
	             "right_hand=kernel/right-hand.ko.gz right=right.ko.zst top=kernel/a/top.ko ");
	/* depmod prefers updates/ */
	put("updates/low.ko", "");
	put("extra/low.ko", "");
	assert_order(WANT("low"), "low=updates/low.ko ");
}

static void test_builtin(void **state)
{
	static const char list[] = "kernel/drivers/virtio/virtio-ring.ko\nkernel/x/all.ko\n";

	(void)state;
	put("kernel/top.ko", "virtio_ring");
	fake_write(in_room("lib/modules/" V "/modules.builtin"), list, sizeof(list) - 1);
	assert_order(WANT("top"), "top=kernel/top.ko ");
	assert_order(WANT("all", "virtio_ring", "virtio-ring"), "");
}

/* build and source lead to the kernel's whole source, and it has modules as well. */
static void test_links(void **state)
{
	struct modules modules;
	struct err err = { 0 };

	(void)state;
	put("kernel/top.ko", "");
	fake_module(in_room("source/low.ko"), "", V);
	assert_int_equal(symlink("../../../source", in_room("lib/modules/" V "/build")), 0);
	assert_int_equal(modules_order(folder(), V, WANT("low"), &modules, &err), -ENOENT);
	/* the folder itself may be one */
	assert_int_equal(symlink("lib/modules/" V, in_room("short")), 0);
	assert_int_equal(modules_order(in_room("short"), V, WANT("top"), &modules, &err), 0);
	assert_string_equal(modules.list[0].file, "kernel/top.ko");
	assert_order(WANT("top"), "top=kernel/top.ko ");
}

static void test_refusals(void **state)
{
	static const struct {
		const char *wanted;
		int code;
		const char *says;
	} cases[] = {
		{ "none", ENOENT, "6.1.0-9-cloud-amd64 has no none" },
		{ "half", ENOENT, "has no gone" },
		{ "circle", ELOOP, "in a circle" },
		{ "foreign", EINVAL, "are for kernel 5.4.0, not for" },
		{ "text", ENOEXEC, "text.ko: not a kernel module" },
		{ "torn", EIO, "torn.ko.xz: cannot be unpacked" },
	};

	(void)state;
	put("half.ko", "gone");
	put("circle.ko", "back");
	put("back.ko", "circle");
	fake_module(in_room("lib/modules/" V "/foreign.ko"), "", "5.4.0");
	fake_write(in_room("lib/modules/" V "/text.ko"), "hello, this is text\n", 20);
	fake_write(in_room("lib/modules/" V "/torn.ko.xz"), "\xfd\x37zXZ\0rest", 10);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct modules modules = { .nr = 77 };
		struct err err = { 0 };

		assert_true(modules_order(folder(), V, WANT(cases[i].wanted), &modules, &err) < 0);
		if (!strstr(err.text, cases[i].says))
			print_message("# %s\n", err.text);
		assert_non_null(strstr(err.text, cases[i].says));
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(modules.nr, 77);
	}
}

static void test_for_guest(void **state)
{
	struct modules modules;
	struct err err = { 0 };

	(void)state;
	put_kernel(".", V, true);
	assert_int_equal(modules_for_guest(folder(), V, &modules, &err), 0);
	assert_int_equal(modules.nr, 4);
	assert_string_equal(modules.list[0].name, "virtio");
	assert_int_equal(modules_for_guest("", V, &modules, &err), -ENOENT);
	assert_non_null(strstr(err.text, "--modules"));
	put_kernel("other", V, false);
	assert_int_equal(modules_for_guest(in_room("other/lib/modules/" V), V, &modules, &err),
	                 -ENOENT);
	assert_non_null(strstr(err.text, "virtio_blk"));
	assert_non_null(strstr(err.text, "--kernel"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),    TEST(test_builtin),   TEST(test_links),
		TEST(test_refusals), TEST(test_for_guest),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

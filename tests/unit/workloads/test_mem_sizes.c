/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_mem_sizes.c - caches as sysfs shows them, and what `mem` walks over on such machines. */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "caches.h"
#include "mem_sizes.h"
#include "text.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

static const struct {
	const char *name;
	struct caches caches;
	uint64_t room;
	int workers;
	const char *sizes; /* as qload is told */
	bool beyond;
} cases[] = {
	{ "large L3",
	  { 48 << 10, 2 << 20, 260 * MIB },
	  16 * GIB,
	  1,
	  "24k,512k,8M,1040M,260M",
	  true },
	{ "its guest of 1G",
	  { 48 << 10, 2 << 20, 260 * MIB },
	  640 * MIB,
	  1,
	  "24k,512k,8M,306M,260M",
	  false },
	{ "and two vCPUs",
	  { 48 << 10, 2 << 20, 260 * MIB },
	  640 * MIB,
	  2,
	  "24k,512k,8M,150M,260M",
	  false },
	{ "desktop", { 32 << 10, 256 << 10, 8 * MIB }, 640 * MIB, 2, "16k,64k,1M,128M,8M", true },
	{ "L3 of 64 MiB",
	  { 32 << 10, 512 << 10, 64 * MIB },
	  640 * MIB,
	  2,
	  "16k,128k,2M,154M,64M",
	  true },
	{ "no L3", { 32 << 10, 1 << 20, 1 << 20 }, 640 * MIB, 1, "16k,256k,0,128M,1M", true },
	{ "more than any machine has",
	  { 32 << 10, 2 << 20, GIB },
	  64 * GIB,
	  1,
	  "16k,512k,8M,2G,1G",
	  true },
	{ "no room at all", { 32 << 10, 1 << 20, 32 * MIB }, 0, 4, "16k,256k,4M,128M,32M", true },
	{ "unknown", { 0 }, 640 * MIB, 2, "16k,256k,4M,128M,0", false },
};

static void test_choose(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mem_sizes sizes, again = { 0 };
		char text[128];
		struct err err;

		mem_sizes_choose(&cases[i].caches, cases[i].room, cases[i].workers, &sizes);
		mem_sizes_format(&sizes, text, sizeof(text));
		if (strcmp(text, cases[i].sizes) != 0 ||
		    mem_sizes_leave_cache(&sizes) != cases[i].beyond)
			fail_msg("%s: %s, beyond %d", cases[i].name, text,
			         mem_sizes_leave_cache(&sizes));
		assert_int_equal(mem_sizes_parse(text, &again, &err), 0);
		assert_memory_equal(&again, &sizes, sizeof(sizes));
		if (sizes.dram > 128 * MIB)
			assert_true(mem_sizes_bytes(&sizes) * (uint64_t)cases[i].workers <=
			            cases[i].room);
	}
}

/* The memory that a warning asks for is enough. */
static void test_wanted(void **state)
{
	const struct caches caches = { 48 << 10, 2 << 20, 260 * MIB };
	struct mem_sizes narrow, wide;

	(void)state;
	for (int workers = 1; workers <= 8; workers *= 2) {
		mem_sizes_choose(&caches, 640 * MIB, workers, &narrow);
		assert_false(mem_sizes_leave_cache(&narrow));
		mem_sizes_choose(&caches, mem_sizes_room(mem_sizes_wanted(&narrow, workers) + MIB),
		                 workers, &wide);
		assert_true(mem_sizes_leave_cache(&wide));
	}
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"1k",
		"16k,256k,8M,128M",
		"16k,256k,8M,128M,1M,1M",
		"16k,256k,8M,129k,1M",
		"0,256k,8M,128M,1M",
		"16k,0,8M,128M,1M",
		"16k,256k,8M,0,1M",
		"16k,256k,8M,1T,1M",
		"16k,256k,256M,128M,1M",
		"16k,256k,x,128M,1M",
		"99999999999999999999,256k,8M,128M,1M",
	};
	struct mem_sizes sizes;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct err err = { 0 };

		if (!mem_sizes_parse(texts[i], &sizes, &err))
			fail_msg("'%s' was taken", texts[i]);
		assert_true(err.text[0]);
	}
}

static void make_folders(const char *root, const char *below)
{
	char path[256];
	size_t used = (size_t)snprintf(path, sizeof(path), "%s/%s", root, below);

	for (size_t i = strlen(root) + 1; i <= used; i++) {
		char cut = path[i];

		if (cut && cut != '/')
			continue;
		path[i] = '\0';
		assert_true(!mkdir(path, 0755) || errno == EEXIST);
		path[i] = cut;
	}
}

static void write_word(const char *root, int index, const char *name, const char *word)
{
	char path[256], below[96];
	FILE *file;

	snprintf(below, sizeof(below), "sys/devices/system/cpu/cpu0/cache/index%d", index);
	make_folders(root, below);
	snprintf(path, sizeof(path), "%s/%s/%s", root, below, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(word, file);
	fclose(file);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static const struct {
	const char *level, *type, *size;
} tree[] = {
	{ "1", "Data\n", "48K\n" },       { "1", "Instruction\n", "64K\n" },
	{ "2", "Unified\n", "2048K\n" },  { "3", "Unified\n", "266240K\n" },
	{ "4", "Instruction\n", "1K\n" }, { "x", "Unified\n", "5K\n" },
};

static void test_read(void **state)
{
	char root[] = "/tmp/qlaunch-test.XXXXXX", text[96];
	struct caches caches;

	(void)state;
	assert_non_null(mkdtemp(root));
	caches_read(root, &caches);
	assert_true(!caches.l1 && !caches.l2 && !caches.llc);
	caches_format(&caches, text, sizeof(text));
	assert_string_equal(text, "unknown");
	for (size_t i = 0; i < ARRAY_SIZE(tree); i++) {
		write_word(root, (int)i, "level", tree[i].level);
		write_word(root, (int)i, "type", tree[i].type);
		write_word(root, (int)i, "size", tree[i].size);
	}
	caches_read(root, &caches);
	caches_format(&caches, text, sizeof(text));
	assert_string_equal(text, "l1 48k, l2 2M, last 260M");
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("mem_sizes", tests, NULL, NULL);
}

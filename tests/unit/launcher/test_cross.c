/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cross.c - axes multiplied out: all, one at a time, from a file, with exceptions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "golden.h"
#include "knobs.h"
#include "matrix.h"
#include "text.h"
#include "topology.h"

static struct topology host;
static struct cmdline cmdline;
static char arms_path[64];

/* The matrix borrows from the line and from the command line. */
static int make(char *line, struct matrix *ret, struct err *err)
{
	cmdline_done(&cmdline);
	if (words_parse(line, &cmdline, err) < 0)
		fail_msg("'%s': %s", line, err->text);
	return matrix_make(&cmdline.spec, &cmdline.axes, &host, ret, err);
}

static int make_file(const char *text, const char *more, struct matrix *ret, struct err *err)
{
	static char line[256];
	FILE *out = fopen(arms_path, "we");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	snprintf(line, sizeof(line), "sweep --control off --arms %s %s", arms_path, more);
	return make(line, ret, err);
}

static void check_names(const struct matrix *matrix, const char *want)
{
	char text[1024] = "";

	for (int i = 0; i < matrix->nr_arms; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "",
		         matrix->arm[i].name);
	}
	assert_string_equal(text, want);
}

static const struct {
	const char *line, *arms;
} lines[] = {
	{ "sweep --control off --pairs --policy other,fifo,rr --aio threads,native --bs 4k",
	  "aio=threads policy=other, aio=threads policy=fifo:1, aio=threads policy=rr:1, "
	  "aio=native policy=other" },
	{ "sweep --control off --pairs --iodepth 1,2,3,4,5,6,7,8 --rwmix 1,2,3,4,5 --bs 4k,8k --repeat 1",
	  "bs=4k iodepth=1 rwmix=1, bs=4k iodepth=2 rwmix=1, bs=4k iodepth=3 rwmix=1, "
	  "bs=4k iodepth=4 rwmix=1, bs=4k iodepth=5 rwmix=1, bs=4k iodepth=6 rwmix=1, "
	  "bs=4k iodepth=7 rwmix=1, bs=4k iodepth=8 rwmix=1, bs=4k iodepth=1 rwmix=2, "
	  "bs=4k iodepth=1 rwmix=3, bs=4k iodepth=1 rwmix=4, bs=4k iodepth=1 rwmix=5, "
	  "bs=8k iodepth=1 rwmix=1" },
	{ "sweep --control off --preset storage",
	  "native, guest, guest aio=native, "
	  "guest aio=io_uring, guest iothreads=1, guest cache=writeback, guest virtio=tuned" },
	{ "sweep --control off --preset realtime",
	  "native, native noise=cpu:1, guest, guest noise=cpu:1, guest policy=fifo:1, "
	  "guest policy=fifo:1 noise=cpu:1, guest policy=rr:1, guest policy=rr:1 noise=cpu:1" },
	{ "sweep --control off --preset overcommit",
	  "vms=1 pin=1, vms=2 pin=1, vms=4 pin=1, vms=2, vms=2 pin=1 policy=rr:1, "
	  "vms=2 pin=1 policy=fifo:1, vms=2 pin=1 neighbour-policy=batch:10, "
	  "vms=2 pin=1 policy=rr:1 neighbour-policy=other" },
	{ "sweep --control off --preset seed", "native, VM, VM pinned, VM virtio, VM fifo, VM rr" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(str_free) char *line = strdup(lines[i].line);
		CLEANUP(matrix_done) struct matrix matrix = { 0 };
		struct err err = { 0 };

		if (make(line, &matrix, &err) < 0)
			fail_msg("%s: %s", lines[i].line, err.text);
		check_names(&matrix, lines[i].arms);
	}
}

static const struct {
	const char *text, *more, *arms;
} axes_files[] = {
	{ "{\"axes\": {\"policy\": [\"other\", \"fifo\"], \"iodepth\": [1, 32]}}", "",
	  "policy=other iodepth=1, policy=other iodepth=32, policy=fifo:1 iodepth=1, "
	  "policy=fifo:1 iodepth=32" },
	{ "{\"axes\": {\"policy\": [\"other\", \"fifo\"], \"iodepth\": [1, 32]}}", "--pairs",
	  "policy=other iodepth=1, policy=fifo:1 iodepth=1, policy=other iodepth=32" },
	{ "{\"axes\": {\"policy\": [\"other\", \"fifo\", \"rr\"], \"iodepth\": [1, 32]},"
	  "\"exclude\": [{\"policy\": \"fifo:1\", \"iodepth\": 32}, {\"policy\": \"rr\"}],"
	  "\"include\": [{\"name\": \"deep\", \"iodepth\": 64}]}",
	  "", "policy=other iodepth=1, policy=other iodepth=32, policy=fifo:1 iodepth=1, deep" },
	/* a pair of values that --pairs never makes */
	{ "{\"axes\": {\"policy\": [\"other\", \"fifo\"], \"iodepth\": [1, 32]},"
	  "\"exclude\": [{\"policy\": \"fifo:1\", \"iodepth\": 32}]}",
	  "--pairs", "policy=other iodepth=1, policy=fifo:1 iodepth=1, policy=other iodepth=32" },
};

static void test_axes_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(axes_files); i++) {
		CLEANUP(matrix_done) struct matrix matrix = { 0 };
		struct err err = { 0 };

		if (make_file(axes_files[i].text, axes_files[i].more, &matrix, &err) < 0)
			fail_msg("%s: %s", axes_files[i].text, err.text);
		check_names(&matrix, axes_files[i].arms);
	}
}

static const struct {
	const char *text, *words;
} bad_files[] = {
	{ "{\"arms\": [], \"x\": 1}", "x: a file of arms has" },
	{ "{\"axes\": {\"bs\": [\"4k\"]}, \"arms\": []}", "arms: a file of arms has" },
	{ "{\"axes\": []}", "axes: is no object of axes" },
	{ "{\"axes\": {}}", "axes: is no object of axes" },
	{ "{\"axes\": {\"bs\": []}}", "axes: bs: is no list of 1 to 64 values" },
	{ "{\"axes\": {\"bs\": [null]}}", "axes: bs: value 1: is no string" },
	{ "{\"axes\": {\"bss\": [1]}}", "axes: bss: unknown option: did you mean 'bs'?" },
	{ "{\"axes\": {\"repeat\": [1]}}", "axes: repeat: is no knob that a sweep varies" },
	{ "{\"axes\": {\"bs\": [\"4k\", \"5k\", \"x\"]}}", "axes: bs: value 3: 'x' is no" },
	{ "{\"axes\": {\"bs\": [\"4k\", 4096]}}", "value 2: '4k' and '4096' are the same value" },
	{ "{\"axes\": {\"bs\": [\"4k\"]}, \"exclude\": {}}", "exclude is no list" },
	{ "{\"axes\": {\"bs\": [\"4k\"]}, \"exclude\": [{}]}",
	  "exclude[0]: is no object of knobs" },
	{ "{\"axes\": {\"bs\": [\"4k\"]}, \"exclude\": [{\"bs\": \"8k\"}]}",
	  "exclude[0]: excludes nothing" },
	{ "{\"axes\": {\"bs\": [\"4k\"]}, \"exclude\": [{\"bss\": 1}]}",
	  "exclude[0]: bss: unknown option" },
	{ "{\"axes\": {\"bs\": [\"4k\"]}, \"exclude\": [{\"bs\": \"4k\"}]}", "no arm is left" },
	{ "{\"axes\": {\"bs\": [\"4k\"]}, \"include\": [5]}", "include[0] is no object" },
	{ "[{}]", "--pairs needs \"axes\" in it" },
};

static void test_bad_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_files); i++) {
		const char *more = strstr(bad_files[i].words, "--pairs") ? "--pairs" : "";
		struct matrix matrix;
		struct err err = { 0 };

		if (make_file(bad_files[i].text, more, &matrix, &err) >= 0)
			fail_msg("'%s' was taken", bad_files[i].text);
		if (!strstr(err.text, bad_files[i].words))
			fail_msg("'%s': '%s' lacks '%s'", bad_files[i].text, err.text,
			         bad_files[i].words);
	}
}

static int set_up(void **state)
{
	struct err err;
	int fd;

	(void)state;
	text_copy(arms_path, sizeof(arms_path), "/tmp/qlaunch-cross.XXXXXX");
	fd = mkstemp(arms_path);
	if (fd < 0)
		return -1;
	close(fd);
	return topology_read("tests/data/sys-2cpu", &host, &err);
}

static int tear_down(void **state)
{
	(void)state;
	cmdline_done(&cmdline);
	return unlink(arms_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_axes_files),
		cmocka_unit_test(test_bad_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

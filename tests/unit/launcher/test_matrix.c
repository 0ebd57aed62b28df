/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_matrix.c - arms out of axes, files and presets. */
#include <errno.h>
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
#include "plan.h"
#include "text.h"
#include "topology.h"

#define DATA "tests/data/"

static struct topology host;
static struct cmdline cmdline;
static char arms_path[64];
static bool is_control_wanted;

/* Without the A/A control, which has a test of its own.
 * The line, and the command line until the next call, must live as long as the matrix: it borrows from them. */
static int make(char *line, const char *tree, struct matrix *ret, struct err *err)
{
	char root[128];

	cmdline_done(&cmdline);
	snprintf(root, sizeof(root), DATA "%s", tree);
	if (topology_read(root, &host, err) < 0 || words_parse(line, &cmdline, err) < 0)
		fail_msg("'%s': %s", line, err->text);
	cmdline.spec.control = is_control_wanted;
	return matrix_make(&cmdline.spec, &cmdline.axes, &host, ret, err);
}

static const struct {
	const char *line, *tree, *arms; /* name:boot, ... */
	int repeats, boots;
} cases[] = {
	{ "bench", "sys-2cpu", "native:-1, guest:0", 8, 8 },
	{ "bench --where guest", "sys-2cpu", "guest:0", 8, 8 },
	{ "bench --where native --repeat 5", "sys-2cpu", "native:-1", 5, 5 },
	{ "sweep", "sys-2cpu", "guest:0", 10, 10 },
	{ "sweep --policy other,fifo", "sys-2cpu", "policy=other:0, policy=fifo:1:0", 10, 10 },
	{ "sweep --policy other,fifo --pin none,[2,3] --repeat 1", "sys-2x8-smt",
	  "pin=none policy=other:0, pin=2-3 policy=other:0, pin=none policy=fifo:1:0, "
	  "pin=2-3 policy=fifo:1:0",
	  1, 1 },
	{ "sweep --where native,guest --aio threads,io_uring", "sys-2cpu",
	  "native:-1, guest aio=threads:0, guest aio=io_uring:1", 10, 10 },
	{ "sweep --where native,guest --policy other,rr", "sys-2cpu",
	  "native policy=other:-1, native policy=rr:1:-1, guest policy=other:0, "
	  "guest policy=rr:1:0",
	  10, 10 },
	{ "sweep --bs 4k,8k --boots 5", "sys-2cpu", "bs=4k:0, bs=8k:0", 10, 5 },
	{ "sweep --poll-max-ns 0,5000 --iothreads 1", "sys-2cpu",
	  "poll-max-ns=0:0, poll-max-ns=5000:0", 10, 10 },
	{ "sweep --vcpus 1,2", "sys-2x8-smt", "vcpus=1:0, vcpus=2:1", 10, 10 },
	{ "sweep --noise none,cpu:2 --where native,guest", "sys-2cpu",
	  "native noise=none:-1, guest noise=none:0, native noise=cpu:2:-1, guest noise=cpu:2:0",
	  10, 10 },
	{ "sweep --vms 1,2 --neighbour-policy other,rr --pin 1", "sys-2cpu",
	  "vms=1:0, vms=2 neighbour-policy=other:1, vms=2 neighbour-policy=rr:1:1", 10, 10 },
	{ "sweep --vms 2 --policy rr --neighbour-policy rr --pin 1", "sys-2cpu", "guest:0", 10,
	  10 },
	{ "sweep --vms 1,2 --where native,guest", "sys-2cpu",
	  "native:-1, guest vms=1:0, guest vms=2:1", 10, 10 },
	{ "sweep --preset quick", "sys-2cpu",
	  "native:-1, guest:0, guest pin=1:0, guest virtio=tuned:1, guest pin=1 policy=fifo:1:0, "
	  "guest pin=1 policy=rr:1:0",
	  9, 9 },
	{ "sweep --preset quick --repeat 2 --where guest", "sys-2x8-smt",
	  "guest:0, pin=12-15:0, virtio=tuned:1, pin=12-15 policy=fifo:1:0, "
	  "pin=12-15 policy=rr:1:0",
	  2, 2 },
	{ "sweep --preset quick --vcpus 2", "sys-2x8-smt",
	  "native:-1, guest:0, guest pin=14-15:0, guest virtio=tuned:1, "
	  "guest pin=14-15 policy=fifo:1:0, guest pin=14-15 policy=rr:1:0",
	  9, 9 },
};

static void test_arms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_free) char *line = strdup(cases[i].line);
		CLEANUP(matrix_done) struct matrix matrix = { 0 };
		char text[1024] = "";
		struct err err = { 0 };

		if (make(line, cases[i].tree, &matrix, &err) < 0)
			fail_msg("'%s': %s", cases[i].line, err.text);
		for (int a = 0; a < matrix.nr_arms; a++) {
			size_t used = strlen(text);

			snprintf(text + used, sizeof(text) - used, "%s%s:%d", a ? ", " : "",
			         matrix.arm[a].name, matrix.arm[a].boot);
			assert_true(matrix.arm[a].spec.vcpus > 0);
			assert_string_equal(matrix.arm[a].refused, "");
		}
		assert_string_equal(text, cases[i].arms);
		assert_int_equal(matrix.repeats, cases[i].repeats);
		assert_int_equal(matrix.boots, cases[i].boots);
	}
}

static const struct {
	const char *line, *control; /* name:boot, or NULL: none */
} controls[] = {
	{ "sweep --policy other,fifo", "policy=other (A/A):0" },
	{ "sweep --policy other,fifo --baseline policy=fifo:1", "policy=fifo:1 (A/A):0" },
	{ "sweep --aio threads,io_uring",
	  "aio=threads (A/A):2" }, /* its own VM, as the others have */
	{ "sweep --preset quick", "native (A/A):-1" },
	{ "sweep --where guest,native", "guest (A/A):0" },
	{ "sweep", NULL }, /* nothing to compare */
};

static void test_control(void **state)
{
	(void)state;
	is_control_wanted = true;
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
		CLEANUP(str_free) char *line = strdup(controls[i].line);
		CLEANUP(matrix_done) struct matrix matrix = { 0 };
		const struct arm *last;
		char text[256];
		struct err err = { 0 };

		assert_int_equal(make(line, "sys-2cpu", &matrix, &err), 0);
		last = &matrix.arm[matrix.nr_arms - 1];
		assert_int_equal(last->is_control, controls[i].control != NULL);
		snprintf(text, sizeof(text), "%s:%d", last->name, last->boot);
		if (controls[i].control)
			assert_string_equal(text, controls[i].control);
		for (int a = 0; a + 1 < matrix.nr_arms; a++)
			assert_false(matrix.arm[a].is_control);
	}
	is_control_wanted = false;
}

static const struct {
	const char *line, *words;
} bad[] = {
	{ "sweep --repeat 3 --boots 4", "--boots 4 is more than --repeat 3" },
	{ "sweep --repeat 10000 --policy other,fifo,rr,idle,batch,batch:1,batch:2",
	  "140000 trials are more than 100000" },
	{ "sweep --baseline native --policy other,fifo",
	  "--baseline: 'native' is no arm; the arms: policy=other, policy=fifo:1" },
	{ "sweep --iodepth 1,2,3,4,5,6,7,8 --rwmix 1,2,3,4,5,6,7,8 --bs 4k,8k,16k,32k,64k",
	  "the axes multiply to more than 256 arms" },
	{ "sweep --arms /no/such/file", "/no/such/file" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(str_free) char *line = strdup(bad[i].line);
		struct matrix matrix;
		struct err err = { 0 };

		if (make(line, "sys-2x8-smt", &matrix, &err) >= 0)
			fail_msg("'%s' was taken", bad[i].line);
		if (!strstr(err.text, bad[i].words))
			fail_msg("'%s': '%s' lacks '%s'", bad[i].line, err.text, bad[i].words);
	}
}

/* More cells than a machine has memory for are refused before they are made. */
static void test_huge(void **state)
{
	char line[1024] = "sweep";
	struct matrix matrix;
	struct err err = { 0 };

	(void)state;
	for (int i = 0; knob_at(i); i++) {
		const struct knob *knob = knob_at(i);
		size_t used = strlen(line);

		if (knob_is_axis(knob) && knob->hint && !strcmp(knob->hint, "N"))
			snprintf(line + used, sizeof(line) - used,
			         " --%s 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", knob->name);
	}
	assert_int_equal(make(line, "sys-2cpu", &matrix, &err), -E2BIG);
}

/* Where --pin varies, the number of vCPUs must not. */
static void test_vcpus_stay(void **state)
{
	char line[] = "sweep --pin none,1,[2,3,4]";
	CLEANUP(matrix_done) struct matrix matrix = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(make(line, "sys-2x8-smt", &matrix, &err), 0);
	assert_int_equal(matrix.nr_arms, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(matrix.arm[i].spec.vcpus, 3);
}

static void write_arms(const char *text)
{
	CLEANUP(file_close) FILE *out = fopen(arms_path, "we");

	assert_non_null(out);
	fputs(text, out);
}

static int make_arms(const char *text, const char *more, struct matrix *ret, struct err *err)
{
	static char line[256]; /* the matrix borrows from it */

	write_arms(text);
	snprintf(line, sizeof(line), "sweep --arms %s %s", arms_path, more);
	return make(line, "sys-2x8-smt", ret, err);
}

static void test_file(void **state)
{
	CLEANUP(matrix_done) struct matrix matrix = { 0 };
	struct err err = { 0 };

	(void)state;
	if (make_arms("{\"arms\": [{\"where\": \"native\"}, {\"name\": \"A\"}, {\"name\": \"A/A\"},"
	              "{\"policy\": \"fifo:2\", \"pin\": \"2,3\", \"force\": true, \"vcpus\": 2,"
	              "\"workload\": \"read\", \"kernel\": \"/boot/x\"}]}",
	              "--allow-paths --vcpus 4 --repeat 2 --workload cpu", &matrix, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(matrix.nr_arms, 4); /* named arms stay, equal or not */
	assert_string_equal(matrix.arm[0].name, "native vcpus=4 workload=cpu");
	assert_string_equal(matrix.arm[1].name, "A");
	assert_string_equal(matrix.arm[2].name, "A/A");
	assert_int_equal(matrix.arm[1].boot, matrix.arm[2].boot);
	assert_true(matrix.arm[3].boot > matrix.arm[1].boot);
	assert_int_equal(matrix.arm[3].spec.policy.level, 2);
	assert_true(matrix.arm[3].spec.force);
	assert_int_equal(matrix.arm[1].spec.vcpus, 4);
	assert_int_equal(matrix.arm[3].spec.vcpus, 2); /* the arm's own wins */
	assert_int_equal(matrix.arm[3].spec.nr_workloads, 1);
	assert_string_equal(matrix.arm[3].spec.workload[0], "read");
	assert_string_equal(matrix.arm[1].spec.workload[0], "cpu");
	assert_string_equal(matrix.arm[3].spec.kernel, "/boot/x");
	assert_int_equal(matrix.repeats, 2);
}

/* Equal texts that mean two things, and equal arms of which one has a name. */
static void test_not_merged(void **state)
{
	CLEANUP(matrix_done) struct matrix tuned = { 0 };
	CLEANUP(matrix_done) struct matrix named = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(make_arms("[{\"virtio\": \"tuned\"},"
	                           "{\"virtio\": \"tuned\", \"aio\": \"threads\"}]",
	                           "", &tuned, &err),
	                 0);
	assert_int_equal(tuned.nr_arms, 2);
	assert_string_equal(tuned.arm[0].name, "guest");
	assert_string_equal(tuned.arm[1].name, "aio=threads");
	assert_int_not_equal(tuned.arm[0].boot, tuned.arm[1].boot);

	assert_int_equal(make_arms("[{}, {\"name\": \"again\"}]", "", &named, &err), 0);
	assert_int_equal(named.nr_arms, 2);
	assert_string_equal(named.arm[0].name, "guest");
	assert_string_equal(named.arm[1].name, "again");
}

static const struct {
	const char *text, *words;
} bad_files[] = {
	{ "[{\"polcy\": \"fifo\"}]", "arms[0].polcy: unknown option: did you mean 'policy'?" },
	{ "[{}, {}, {\"zzzzzzzz\": 1}]", "arms[2].zzzzzzzz: unknown option" },
	{ "[{\"policy\": \"fifo:100\"}]", "arms[0].policy: " },
	{ "[{\"vcpus\": 0}]", "arms[0].vcpus: '0' is not in 1..255" },
	{ "[{\"vcpus\": 1.5}]", "arms[0].vcpus: " },
	{ "[{\"repeat\": 3}]", "arms[0].repeat: not valid in an arm" },
	{ "[{\"output\": \"x\"}]", "not valid in an arm" },
	{ "[{\"hold\": true}]", "not valid in an arm" },
	{ "[{\"disk\": \"x\"}]", "not valid in an arm" },
	{ "[{\"pin\": [0, 1]}]", "arms[0].pin: is no string, number or bool" },
	{ "[{\"pin\": null}]", "is no string, number or bool" },
	{ "[{\"append\": \"a\\u0000b\"}]", "is no string, number or bool" },
	{ "[{\"name\": \"\"}]", "a name has 1 to 191 bytes" },
	{ "[{\"name\": \"a\\nb\"}]", "no control characters" },
	{ "[{\"name\": \"a\"}, {\"name\": \"a\"}]", "'a' is another arm's name" },
	{ "[5]", "arms[0] is no object of knobs" },
	{ "[]", "is no list of arms" },
	{ "{}", "is no list of arms" },
	{ "{\"arms\": {}}", "is no list of arms" },
	{ "[{\"policy\": \"fifo\"}, {\"name\": \"again\", \"policy\": \"fifo\"}, {\"policy\": \"fifo:1\"}]",
	  "configuration 3 of the list equals one before it: change or remove it" },
	{ "[{\"where\": \"native\"}, {\"where\": \"native\", \"aio\": \"native\"}]",
	  "configuration 2 of the list equals one before it (options of the guest" },
	{ "{\"axes\": {\"policy\": [\"other\", \"fifo\"]}, \"include\": [{\"policy\": \"fifo\"}]}",
	  "configuration 1 of the list equals one before it" },
	{ "[{}", "" },
	{ "", "" },
};

static void test_bad_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_files); i++) {
		struct matrix matrix;
		struct err err = { 0 };

		if (make_arms(bad_files[i].text, "", &matrix, &err) >= 0)
			fail_msg("%s was taken", bad_files[i].text);
		if (!strstr(err.text, arms_path) || !strstr(err.text, bad_files[i].words))
			fail_msg("%s: '%s' lacks '%s'", bad_files[i].text, err.text,
			         bad_files[i].words);
	}
}

static void test_many_arms(void **state)
{
	struct matrix none;
	char text[2048] = "[";
	struct err err = { 0 };

	(void)state;
	for (int i = 0; i < MATRIX_ARMS_MAX; i++)
		snprintf(text + 1 + 3 * i, sizeof(text) - 1 - 3 * (size_t)i, "{},");
	snprintf(text + 3 * MATRIX_ARMS_MAX, 8, "]");
	assert_int_equal(make_arms(text, "", &none, &err), -EEXIST); /* all alike */
	snprintf(text + 3 * MATRIX_ARMS_MAX, 8, ",{}]");
	assert_int_equal(make_arms(text, "", &none, &err), -E2BIG);
}

/* The quick preset keeps its promise: with one CPU its real-time arms are refused, and nothing else is. */
static void test_quick_one_cpu(void **state)
{
	static const struct qemu_can can = { .path = "q", .version = 70222, .aio_io_uring = true };
	char line[] = "sweep --preset quick";
	static struct plan plan;
	CLEANUP(matrix_done) struct matrix matrix = { 0 };
	struct cmdline c;
	struct err err = { 0 };
	int refused = 0;

	(void)state;
	memset(&host, 0, sizeof(host));
	cpuset_add(&host.present, 0);
	host.online = host.allowed = host.affinity = host.present;
	assert_int_equal(words_parse(line, &c, &err), 0);
	assert_int_equal(matrix_make(&c.spec, &c.axes, &host, &matrix, &err), 0);
	for (int i = 0; i < matrix.nr_arms; i++) {
		if (plan_make(&matrix.arm[i].spec, &host, &can, &plan, &err) < 0)
			refused++;
		else
			assert_false(policy_is_realtime(&matrix.arm[i].spec.policy));
	}
	assert_int_equal(refused, 2);
	assert_int_equal(matrix.arm[0].spec.duration_ns, 700000000);
	cmdline_done(&c);
}

static int make_file(void **state)
{
	int fd;

	(void)state;
	snprintf(arms_path, sizeof(arms_path), "/tmp/qlaunch-test.XXXXXX");
	fd = mkstemp(arms_path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	cmdline_done(&cmdline);
	return unlink(arms_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arms),       cmocka_unit_test(test_control),
		cmocka_unit_test(test_bad),        cmocka_unit_test(test_huge),
		cmocka_unit_test(test_vcpus_stay), cmocka_unit_test(test_file),
		cmocka_unit_test(test_bad_files),  cmocka_unit_test(test_many_arms),
		cmocka_unit_test(test_not_merged), cmocka_unit_test(test_quick_one_cpu),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_file, remove_file);
}

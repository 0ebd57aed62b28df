/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Typed questions: what a QEMU that is old, new or taken over may answer, and that no lie becomes a TID. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "json.h"
#include "qmp_meet.h"
#include "qmp_query.h"

#define CPU(index, tid)                                                                            \
	"{\"thread-id\": " tid                                                                     \
	", \"props\": {\"core-id\": 0, \"thread-id\": 7, \"socket-id\": 0}, "                      \
	"\"qom-path\": \"/machine/unattached/device[" #index "]\", \"cpu-index\": " #index ", "    \
	"\"target\": \"x86_64\"}"
#define RETURN(text) "{\"return\": " text "}"
#define IO(id, tid)                                                                                \
	"{\"poll-shrink\": 0, \"thread-id\": " tid ", \"aio-max-batch\": 0, \"poll-grow\": 0, "    \
	"\"poll-max-ns\": 32768, \"id\": " id "}"

/* Asks one question of a QEMU that gives one answer. */
static struct qmp *ask(struct fake_qmp *fake, const char *command, const char *reply)
{
	const struct exchange script[] = { FAKE_GREETING,
		                           FAKE_CAPABILITIES,
		                           { .expect = command, .reply = reply } };

	return meet(fake, script, 3, LONG);
}

static void part(struct qmp *qmp, struct fake_qmp *fake)
{
	qmp_close(&qmp);
	assert_int_equal(fake_qmp_end(fake), 0);
}

static const struct {
	const char *reply;
	int rc, tid[3];
	const char *words;
} cpus[] = {
	{ RETURN("[" CPU(0, "9680") "]"), 1, { 9680 }, "" },
	{ RETURN("[" CPU(2, "12") ", " CPU(0, "10") ", " CPU(1, "11") "]"), 3, { 10, 11, 12 }, "" },
	{ RETURN("[" CPU(0, "4194304") "]"), 1, { 4194304 }, "" },
	{ RETURN("[]"), 0, { 0 }, "" },
	{ RETURN("[" CPU(0, "0") "]"),
	  -EINVAL,
	  { 0 },
	  "query-cpus-fast[0].thread-id: 0 is not in" },
	{ RETURN("[" CPU(0, "1") "]"), -EINVAL, { 0 }, "1 is not in 2..4194304" },
	{ RETURN("[" CPU(0, "-5") "]"), -EINVAL, { 0 }, "-5 is not in" },
	{ RETURN("[" CPU(0, "4194305") "]"), -EINVAL, { 0 }, "4194305 is not in" },
	{ RETURN("[" CPU(0, "1099511627776") "]"), -EINVAL, { 0 }, "1099511627776 is not in" },
	{ RETURN("[" CPU(0, "9999999999999999999") "]"),
	  -EINVAL,
	  { 0 },
	  "is not in" }, /* above INT64_MAX */
	{ RETURN("[" CPU(0, "null") "]"), -EINVAL, { 0 }, "expected int, found null" },
	{ RETURN("[" CPU(0, "\"x\"") "]"), -EINVAL, { 0 }, "expected int, found string" },
	{ RETURN("[" CPU(0, "\"9680\"") "]"), -EINVAL, { 0 }, "expected int, found string" },
	{ RETURN("[" CPU(0, "1.5") "]"), -EINVAL, { 0 }, "expected int, found double" },
	{ RETURN("[" CPU(0, "1e3") "]"), -EINVAL, { 0 }, "expected int, found double" },
	{ RETURN("[" CPU(0, "true") "]"), -EINVAL, { 0 }, "expected int, found boolean" },
	{ RETURN("[" CPU(0, "[9680]") "]"), -EINVAL, { 0 }, "expected int, found array" },
	{ RETURN("[" CPU(0, "9, \"thread-id\": 0") "]"), -ECONNRESET, { 0 }, "given twice" },
	{ RETURN("[{\"qom-path\": \"/x\", \"cpu-index\": 0, \"props\": {\"thread-id\": 9}}]"),
	  -ENOENT,
	  { 0 },
	  "query-cpus-fast[0].thread-id: missing" },
	{ RETURN("[" CPU(0, "10") ", " CPU(1, "10") "]"),
	  -EINVAL,
	  { 0 },
	  "vCPUs 0 and 1 are one thread (10), as under TCG with thread=single" },
	{ RETURN("[" CPU(1, "10") ", " CPU(0, "11") ", " CPU(1, "12") "]"),
	  -EINVAL,
	  { 0 },
	  "two vCPUs of index 1" },
	{ RETURN("[" CPU(0, "10") ", 5]"),
	  -EINVAL,
	  { 0 },
	  "query-cpus-fast[1]: expected an object" },
	{ RETURN("[" CPU(0, "1") ", " CPU(1, "2") ", " CPU(2, "3") ", " CPU(3, "4") "]"),
	  -E2BIG,
	  { 0 },
	  "4 entries, at most 3 are expected" },
	{ RETURN("{}"), -EINVAL, { 0 }, "expected array, found object" },
	{ RETURN("null"), -EINVAL, { 0 }, "expected array, found null" },
	{ RETURN("[{\"thread-id\": 9, \"cpu-index\": -1, \"qom-path\": \"/x\"}]"),
	  -EINVAL,
	  { 0 },
	  "cpu-index: -1" },
	{ RETURN("[{\"thread-id\": 9, \"cpu-index\": 0, \"qom-path\": \"/\\u001b[2J\"}]"),
	  -EINVAL,
	  { 0 },
	  "qom-path: control characters" },
	{ RETURN("[{\"thread-id\": 9, \"cpu-index\": 0, \"qom-path\": "
	         "\"/0123456789012345678901234567890123456789012345678901234567890123456789"
	         "01234567890123456789012345678901234567890123456789012345678\"}]"),
	  -EINVAL,
	  { 0 },
	  "query-cpus-fast[0].qom-path: longer than 127 characters" },
	{ RETURN("[{\"thread-id\": 9, \"cpu-index\": 0, \"qom-path\": \"/a\\u0000b\"}]"),
	  -EINVAL,
	  { 0 },
	  "NUL" },
};

static void test_cpus(void **state)
{
	cpu_set_t before, after;

	(void)state;
	sched_getaffinity(0, sizeof(before), &before);
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		struct qmp_vcpu vcpu[3] = { 0 };
		struct err err = { 0 };
		struct fake_qmp fake;
		struct qmp *qmp = ask(&fake, "query-cpus-fast", cpus[i].reply);
		int rc = qmp_query_cpus(qmp, vcpu, 3, &err);

		if (rc != cpus[i].rc || !strstr(err.text, cpus[i].words))
			fail_msg("%s: %d '%s'", cpus[i].reply, rc, err.text);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(vcpu[k].tid, cpus[i].tid[k]);
			assert_int_equal(vcpu[k].index, cpus[i].tid[k] ? k : 0);
		}
		part(qmp, &fake);
	}
	sched_getaffinity(0, sizeof(after), &after);
	assert_true(CPU_EQUAL(&before, &after));
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
}

/* QEMU names qlaunch itself as one of its threads. */
static void test_own_tid(void **state)
{
	struct qmp_vcpu vcpu;
	struct err err = { 0 };
	struct fake_qmp fake;
	struct qmp *qmp;
	char reply[256];

	(void)state;
	snprintf(reply, sizeof(reply),
	         "{\"return\": [{\"thread-id\": %d, \"cpu-index\": 0, \"qom-path\": \"/x\"}]}",
	         (int)getpid());
	qmp = ask(&fake, "query-cpus-fast", reply);
	assert_int_equal(qmp_query_cpus(qmp, &vcpu, 1, &err), -EINVAL);
	assert_non_null(strstr(err.text, "is qlaunch itself"));
	part(qmp, &fake);
}

static const struct {
	const char *reply;
	int rc;
	const char *words;
} iothreads[] = {
	{ RETURN("[" IO("\"io1\"", "7") ", " IO("\"io0\"", "6") "]"), 2, "" },
	{ RETURN("[]"), 0, "" },
	{ RETURN("[" IO("\"io0\"", "0") "]"), -EINVAL,
	  "query-iothreads[0].thread-id: 0 is not in" },
	{ RETURN("[" IO("\"io0\"", "\"6\"") "]"), -EINVAL, "expected int, found string" },
	{ RETURN("[" IO("5", "6") "]"), -EINVAL, "query-iothreads[0].id: expected string" },
	{ RETURN("[" IO("\"io0\"", "6") ", " IO("\"io1\"", "6") "]"), -EINVAL, "the same as io0" },
	{ RETURN("[" IO("\"io0\"", "6") ", " IO("\"io0\"", "7") "]"), -EINVAL, "the same as io0" },
	{ RETURN("[" IO("\"a\"", "6") ", " IO("\"b\"", "7") ", " IO("\"c\"", "8") "]"), -E2BIG,
	  "3 entries" },
	{ RETURN("[{\"id\": \"io0\", \"thread-id\": 7}]"), -ENOENT, "poll-max-ns: missing" },
	{ RETURN("\"\""), -EINVAL, "expected array, found string" },
};

static void test_iothreads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(iothreads); i++) {
		struct qmp_iothread io[2] = { 0 };
		struct err err = { 0 };
		struct fake_qmp fake;
		struct qmp *qmp = ask(&fake, "query-iothreads", iothreads[i].reply);
		int rc = qmp_query_iothreads(qmp, io, 2, &err);

		if (rc != iothreads[i].rc || !strstr(err.text, iothreads[i].words))
			fail_msg("%s: %d '%s'", iothreads[i].reply, rc, err.text);
		if (rc == 2) {
			assert_string_equal(io[0].id, "io1");
			assert_int_equal(io[0].tid, 7);
			assert_int_equal(io[1].poll_max_ns, 32768);
		} else {
			assert_int_equal(io[0].tid, 0);
		}
		part(qmp, &fake);
	}
}

static void test_status(void **state)
{
	static const char block[] =
	        "{\"return\": [{\"device\": \"\", \"stats\": {}}, {\"qdev\": \"/machine/d\", \"stats\": "
	        "{\"rd_bytes\": 1, \"wr_bytes\": 2, \"rd_operations\": 3, \"wr_operations\": 4, "
	        "\"flush_operations\": 18446744073709551615, \"new\": []}}]}";
	const struct exchange script[] = {
		FAKE_GREETING,
		FAKE_CAPABILITIES,
		{ .expect = "query-status", .reply = RETURN("{\"status\": \"prelaunch\"}") },
		{ .expect = "query-status", .reply = RETURN("{\"status\": 1}") },
		{ .expect = "query-kvm",
		  .reply = RETURN("{\"enabled\": true, \"present\": true}") },
		{ .expect = "query-kvm", .reply = RETURN("{\"enabled\": 1}") },
		{ .expect = "query-blockstats", .reply = block },
		{ .expect = "query-blockstats", .reply = RETURN("[{\"qdev\": \"/d\"}]") },
		{ .expect = "cont", .event = "RESUME", .reply = RETURN("{}") },
		{ .expect = "qom-set", .reply = RETURN("{}") },
		{ .expect = "system_powerdown", .reply = RETURN("{}") },
		{ .expect = "quit", .hangup = true },
	};
	struct fake_qmp fake;
	struct qmp *qmp = meet(&fake, script, ARRAY_SIZE(script), LONG);
	struct qmp_block blocks[2];
	bool kvm = false;
	char status[32];

	(void)state;
	assert_int_equal(qmp_query_status(qmp, status, sizeof(status), NULL), 0);
	assert_string_equal(status, "prelaunch");
	assert_int_equal(qmp_query_status(qmp, status, sizeof(status), NULL), -EINVAL);
	assert_int_equal(qmp_query_kvm(qmp, &kvm, NULL), 0);
	assert_true(kvm);
	assert_int_equal(qmp_query_kvm(qmp, &kvm, NULL), -EINVAL);
	assert_int_equal(qmp_query_blocks(qmp, blocks, 2, NULL), 1);
	assert_string_equal(blocks[0].qdev, "/machine/d");
	assert_int_equal(blocks[0].rd_bytes * 1000 + blocks[0].wr_bytes * 100 +
	                         blocks[0].rd_ops * 10 + blocks[0].wr_ops,
	                 1234);
	assert_true(blocks[0].flush_ops == UINT64_MAX);
	assert_int_equal(qmp_query_blocks(qmp, blocks, 2, NULL), -ENOENT);
	assert_int_equal(qmp_cont(qmp, NULL), 0);
	assert_int_equal(qmp_set_poll_max(qmp, "io0", 5, NULL), 0);
	assert_int_equal(qmp_powerdown(qmp, NULL), 0);
	assert_int_equal(qmp_quit(qmp, NULL), 0);
	assert_true(qmp_is_gone(qmp));
	part(qmp, &fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_own_tid),
		cmocka_unit_test(test_iothreads),
		cmocka_unit_test(test_status),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("qmp_query", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM's counters: units by the schema, vCPUs by the path, histograms left out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "qmp_meet.h"
#include "qmp_query.h"

#define RETURN(text) "{\"return\": " text "}"
#define GROUP(path, stats)                                                                         \
	"{\"provider\": \"kvm\", \"qom-path\": \"" path "\", \"stats\": [" stats "]}"
#define SCHEMA                                                                                     \
	RETURN("[{\"provider\": \"kvm\", \"target\": \"vcpu\", \"stats\": ["                       \
	       "{\"name\": \"exits\", \"exponent\": 0, \"type\": \"cumulative\"}, "                \
	       "{\"name\": \"guest_mode\", \"unit\": \"boolean\", \"exponent\": 0, \"type\": "     \
	       "\"instant\"}, "                                                                    \
	       "{\"name\": \"wait_hist\", \"unit\": \"seconds\", \"base\": 10, \"exponent\": -9, " \
	       "\"type\": \"log2-histogram\"}, "                                                   \
	       "{\"name\": \"wait_us\", \"unit\": \"seconds\", \"base\": 10, \"exponent\": -6, "   \
	       "\"type\": \"cumulative\"}, "                                                       \
	       "{\"name\": \"wait_ns\", \"unit\": \"seconds\", \"base\": 10, \"exponent\": -9, "   \
	       "\"type\": \"cumulative\"}, "                                                       \
	       "{\"name\": \"odd\", \"unit\": \"seconds\", \"base\": 2, \"exponent\": -9, "        \
	       "\"type\": \"cumulative\"}, "                                                       \
	       "{\"name\": \"kib\", \"unit\": \"bytes\", \"base\": 2, \"exponent\": 10, "          \
	       "\"type\": \"peak\"}]}, "                                                           \
	       "{\"provider\": \"kvm\", \"target\": \"vm\", \"stats\": [{\"name\": \"pages\", "    \
	       "\"exponent\": 0, \"type\": \"instant\"}]}]")
#define CPUS                                                                                       \
	RETURN("[{\"cpu-index\": 0, \"qom-path\": \"/d0\", \"thread-id\": 5}, "                    \
	       "{\"cpu-index\": 1, \"qom-path\": \"/d2\", \"thread-id\": 6}]")
#define GOOD                                                                                       \
	RETURN("[" GROUP("/d2", "{\"name\": \"exits\", \"value\": 7}") ", " GROUP(                 \
	        "/d0",                                                                             \
	        "{\"name\": \"exits\", \"value\": 8}, {\"name\": \"guest_mode\", \"value\": "      \
	        "true}, {\"name\": \"wait_hist\", \"value\": [1, 2]}, {\"name\": \"wait_us\", "    \
	        "\"value\": 9}, {\"name\": \"wait_ns\", \"value\": 18446744073709551615}, "        \
	        "{\"name\": \"odd\", \"value\": 1}, {\"name\": \"kib\", \"value\": 3}, "           \
	        "{\"name\": \"unheard\", \"value\": 3}") "]")

static const struct exchange good[] = {
	FAKE_GREETING,
	FAKE_CAPABILITIES,
	{ .expect = "query-stats-schemas", .reply = SCHEMA },
	{ .expect = "query-stats", .reply = GOOD },
	{ .expect = "query-cpus-fast", .reply = CPUS },
	{ .expect = "query-stats", .reply = RETURN("[]") }, /* the schema is asked once */
	{ .expect = "query-cpus-fast", .reply = CPUS },
};

static const struct qmp_stat wanted[] = {
	{ 1, "exits", "cumulative", "", 7 },
	{ 0, "exits", "cumulative", "", 8 },
	{ 0, "guest_mode", "instant", "boolean", 1 },
	{ 0, "wait_us", "cumulative", "seconds", 9000 },
	{ 0, "wait_ns", "cumulative", "seconds", UINT64_MAX },
	{ 0, "kib", "peak", "bytes", 3072 },
};

static void test_good(void **state)
{
	struct fake_qmp fake;
	struct qmp *qmp = meet(&fake, good, ARRAY_SIZE(good), LONG);
	struct qmp_stat *list = NULL;

	(void)state;
	assert_int_equal(qmp_query_stats(qmp, &list, NULL), ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_int_equal(list[i].vcpu, wanted[i].vcpu);
		assert_string_equal(list[i].name, wanted[i].name);
		assert_string_equal(list[i].type, wanted[i].type);
		assert_string_equal(list[i].unit, wanted[i].unit);
		assert_true(list[i].value == wanted[i].value);
	}
	free(list);
	assert_int_equal(qmp_query_stats(qmp, &list, NULL), 0);
	assert_null(list);
	qmp_close(&qmp);
	assert_int_equal(fake_qmp_end(&fake), 0);
}

#define STATS(text) .stats = RETURN("[" GROUP("/d0", text) "]")

static const struct {
	const char *schema, *stats;
	int rc;
	const char *words;
} bad[] = {
	{ .schema = RETURN("[]"), .rc = 0, .words = "" },
	{ .schema = RETURN("7"), .rc = -EINVAL, .words = "query-stats-schemas: expected array" },
	{ .schema = RETURN("[7]"), .rc = -EINVAL, .words = "expected an object" },
	{ .schema = "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"-\"}}",
	  .rc = -ENOSYS,
	  .words = "query-stats-schemas: - (CommandNotFound)" },
	{ SCHEMA, RETURN("{}"), -EINVAL, "query-stats: expected array" },
	{ SCHEMA, RETURN("[{\"provider\": \"other\", \"stats\": []}]"), 0, "" },
	{ SCHEMA, RETURN("[{\"provider\": \"kvm\", \"stats\": []}]"), -ENOENT,
	  "qom-path: missing" },
	{ SCHEMA, RETURN("[" GROUP("/d9", "") "]"), -EINVAL, "does not list" },
	{ SCHEMA, STATS("5"), -EINVAL, "expected an object" },
	{ SCHEMA, STATS("{\"name\": \"exits\"}"), -ENOENT, "value: missing" },
	{ SCHEMA, STATS("{\"name\": \"exits\", \"value\": -1}"), -EINVAL, "negative" },
	{ SCHEMA, STATS("{\"name\": \"exits\", \"value\": \"1\"}"), -EINVAL, "expected int" },
	{ SCHEMA, STATS("{\"name\": \"exits\", \"value\": 1.5}"), -EINVAL, "expected int" },
	{ SCHEMA, STATS("{\"name\": 7, \"value\": 1}"), -EINVAL, "expected string" },
	/* what does not fit into 64 bits is left out, never wrapped */
	{ SCHEMA, STATS("{\"name\": \"wait_us\", \"value\": 18446744073709551615}"), 0, "" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct exchange script[] = {
			FAKE_GREETING,
			FAKE_CAPABILITIES,
			{ .expect = "query-stats-schemas", .reply = bad[i].schema },
			{ .expect = "query-stats", .reply = bad[i].stats },
			{ .expect = "query-cpus-fast", .reply = CPUS },
		};
		struct fake_qmp fake;
		struct qmp *qmp = meet(&fake, script, bad[i].stats ? 5 : 3, LONG);
		struct qmp_stat *list = NULL;
		struct err err = { 0 };
		int rc = qmp_query_stats(qmp, &list, &err);

		if (rc != bad[i].rc || !strstr(err.text, bad[i].words))
			fail_msg("%zu: %d '%s'", i, rc, err.text);
		free(list);
		qmp_close(&qmp);
		assert_int_equal(fake_qmp_end(&fake), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("qmp_stats", tests, NULL, NULL);
}

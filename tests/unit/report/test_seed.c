/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_seed.c - the seed study's tables: each claim is answered by the right pair of arms, or says why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "cleanup.h"
#include "json.h"
#include "report_room.h"
#include "text.h"

#define ROUNDS 8
#define HEAD                                                                                       \
	"{\"schema\":\"qlaunch.result/1\",\"arm\":\"%s\",\"workload\":\"%s\",\"block\":%d,"        \
	"\"repeat\":%d,\"seed\":1,\"arm_order\":%zu,\"primary\":\"%s\",\"figures\":{"

static char path[64];

static const struct {
	const char *arm;
	double latency, switches, bandwidth;
} arms[] = {
	{ "native", 100, 1000, 100 },       { "VM", 740, 14800, 50 },
	{ "VM pinned", 592, 10804, 50 },    { "VM virtio", 614.2, 9000, 57 },
	{ "VM fifo", 361.12, 7130.64, 50 }, { "VM rr", 592, 10804, 50 },
};

static void put_lines(FILE *out, size_t arm, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		double wobble = 1 + i * .0001;

		fprintf(out, HEAD, arms[arm].arm, "randrw", i, i, arm, "io_read_iops");
		fprintf(out,
		        "\"io_read_p95_ns\":{\"value\":%f,\"unit\":\"ns\",\"better\":\"lower\"},"
		        "\"context_switches_per_op\":{\"value\":%f,\"unit\":\"1/op\",\"better\":\"lower\"},"
		        "\"io_read_bytes_per_s\":{\"value\":%f,\"unit\":\"B/s\",\"better\":\"higher\"}}}\n",
		        arms[arm].latency * wobble, arms[arm].switches * wobble,
		        arms[arm].bandwidth * wobble);
		fprintf(out, HEAD, arms[arm].arm, "cpu", i, i, arm, "cpu_events_per_s");
		fprintf(out, "\"ipc\":{\"value\":null,\"unit\":\"1\",\"better\":\"higher\","
		             "\"why\":\"this host has no PMU\"}}}\n");
	}
}

static void write_rounds(size_t nr_arms, int rounds)
{
	CLEANUP(file_close) FILE *lines = fopen(path, "we");

	for (size_t i = 0; i < nr_arms; i++)
		put_lines(lines, i, rounds);
	assert_int_equal(fflush(lines), 0);
}

static void write_file(size_t nr_arms)
{
	write_rounds(nr_arms, ROUNDS);
}

static char *report(enum report_format format)
{
	const struct report_wish wish = { .format = format };

	return report_of(&wish, path);
}

static char *tables(size_t nr_arms)
{
	write_file(nr_arms);
	return report(REPORT_TABLE);
}

/* The row that begins so holds the words; its number of columns is bounded. */
static void check_row(const char *text, const char *row, const char *words)
{
	const char *at = strstr(text, row), *end, *found;

	if (!at)
		fail_msg("no row '%s' in\n%s", row, text);
	end = strchr(at, '\n');
	found = strstr(at, words);
	if (!found || found > end)
		fail_msg("'%.*s' lacks '%s'", (int)(end - at), at, words);
	assert_true(end - at <= 98);
}

static void test_rows(void **state)
{
	static const char *const rows[][2] = {
		{ "VM against native: IPC", "n/a: this host has no PMU" },
		{ "VM against native: latency", "x7.4       x7.4  [" },
		{ "VM against native: switches", "x14.8      x14.8  [" },
		{ "VM against native: switches", "worse" },
		{ "pinning: latency", "-20 %    -20.0 %  [" },
		{ "pinning: switches", "-27 %    -27.0 %  [" },
		{ "pinning: switches", "better" },
		{ "VirtIO: bandwidth", "+14 %    +14.0 %  [" },
		{ "VirtIO: latency", "-17 %    -17.0 %  [" },
		{ "FIFO: switches", "-34 %    -34.0 %  [" },
		{ "FIFO against OTHER: latency", "-39 %    -39.0 %  [" },
		{ "RR against OTHER: IPC", "-  n/a: this host has no PMU" },
		{ "RR against OTHER: switches", "-     " },
	};
	CLEANUP(str_free) char *text = tables(ARRAY_SIZE(arms));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(text, rows[i][0], rows[i][1]);
}

/* A sweep that was interrupted early. */
static void test_missing(void **state)
{
	CLEANUP(str_free) char *text = tables(3);

	(void)state;
	check_row(text, "VM against native: latency", "x7.4");
	check_row(text, "VirtIO: latency", "n/a: no trial of it");
	check_row(text, "RR against OTHER: switches", "n/a: no trial of it");
}

static void test_markdown(void **state)
{
	CLEANUP(str_free) char *text = NULL;

	(void)state;
	write_file(ARRAY_SIZE(arms));
	text = report(REPORT_MARKDOWN);
	check_row(text, "| VM against native: IPC", "| -48 % |  |  | n/a: this host has no PMU |");
	check_row(text, "| pinning: switches", "| -27 % | -27.0 % | \\[-27.0, -27.0\\] % | better");
}

static void test_json(void **state)
{
	CLEANUP(str_free) char *text = NULL;
	CLEANUP(json_done) struct json_object *o = NULL;
	struct json_object *seed, *list, *claim;

	(void)state;
	write_file(ARRAY_SIZE(arms));
	text = report(REPORT_JSON);
	assert_int_equal(json_parse(text, strlen(text), &o, NULL), 0);
	seed = json_object_object_get(o, "seed_study");
	list = json_object_object_get(seed, "gains");
	assert_int_equal(json_object_array_length(list), 9);
	assert_int_equal(json_object_array_length(json_object_object_get(seed, "policies")), 6);
	claim = json_object_array_get_idx(list, 0);
	assert_string_equal(json_object_get_string(json_object_object_get(claim, "theirs")),
	                    "-48 %");
	assert_string_equal(json_object_get_string(json_object_object_get(claim, "verdict")),
	                    "n/a");
	assert_string_equal(json_object_get_string(json_object_object_get(claim, "why")),
	                    "this host has no PMU");
	claim = json_object_array_get_idx(list, 4);
	assert_string_equal(json_object_get_string(json_object_object_get(claim, "verdict")),
	                    "better");
	assert_int_equal(json_object_array_length(json_object_object_get(claim, "ci95")), 2);
}

/* A ratio of two medians is marked wherever it stands. */
static void test_rough(void **state)
{
	CLEANUP(str_free) char *table = NULL;
	CLEANUP(str_free) char *markdown = NULL;
	CLEANUP(str_free) char *json = NULL;

	(void)state;
	write_rounds(ARRAY_SIZE(arms), 3);
	table = report(REPORT_TABLE);
	check_row(table, "VM against native: latency", " ~x7.4 ");
	assert_non_null(strstr(table, "the ratio of the two medians: too few"));
	markdown = report(REPORT_MARKDOWN);
	check_row(markdown, "| pinning: switches", "| \\~-27.0 % |");
	json = report(REPORT_JSON);
	assert_non_null(strstr(strstr(json, "seed_study"), "\"ratio_of_medians\": true"));
}

/* The claims come first, with the columns of all other rows. */
static void test_csv(void **state)
{
	CLEANUP(str_free) char *text = NULL;
	const char *first;
	size_t columns = 0, nr = 0;

	(void)state;
	write_file(ARRAY_SIZE(arms));
	text = report(REPORT_CSV);
	first = strchr(text, '\n') + 1;
	assert_memory_equal(first, "VM,cpu,ipc,", 11);
	for (const char *line = text; *line; line = strchr(line, '\n') + 1, nr++) {
		bool is_quoted = false;
		size_t cells = 1;

		for (const char *at = line; *at != '\n'; at++) {
			is_quoted ^= *at == '"';
			cells += *at == ',' && !is_quoted;
		}
		columns = nr ? columns : cells;
		assert_int_equal(cells, columns);
		if (nr && nr <= 15)
			assert_true(strstr(line, ",seed_") &&
			            strstr(line, ",seed_") < strchr(line, '\n'));
	}
	assert_non_null(strstr(text, ",\"pinning: switches\",\"'-27 %\"\n"));
}

/* Other files do not have them. */
static void test_other_files(void **state)
{
	CLEANUP(str_free) char *text = tables(1);

	(void)state;
	assert_null(strstr(text, "seed study"));
}

static int set_up(void **state)
{
	int fd;

	(void)state;
	text_copy(path, sizeof(path), "/tmp/qlaunch-seed.XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),        cmocka_unit_test(test_missing),
		cmocka_unit_test(test_markdown),    cmocka_unit_test(test_json),
		cmocka_unit_test(test_other_files), cmocka_unit_test(test_rough),
		cmocka_unit_test(test_csv),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_html.c - the page's structure: its data block is JSON and complete, nothing of a file gets out of it, and
 * without its libraries it says what to do.  How it looks is for html_e2e.sh.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "hist_sum.h"
#include "html_out.h"
#include "json.h"
#include "report_room.h"

static const char *const asset_names[] = { "page.css", "LICENCES.txt", "d3.js",  "plot.js",
	                                   "plots.js", "sections.js",  "page.js" };
static char folder[] = "/tmp/qlaunch-test-html.XXXXXX";

static void in_folder(const char *name, char *ret, size_t size)
{
	assert_true(snprintf(ret, size, "%s/%s", folder, name) < (int)size);
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	in_folder(name, path, sizeof(path));
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(asset_names); i++)
		put(asset_names[i], "/* \"</script><!-- */");
	return 0;
}

static int remove_folder(void **state)
{
	char path[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(asset_names); i++) {
		in_folder(asset_names[i], path, sizeof(path));
		unlink(path);
	}
	in_folder("results", path, sizeof(path));
	unlink(path);
	return rmdir(folder);
}

static char *page_of(const char *results)
{
	const struct report_wish wish = { .format = REPORT_HTML, .assets = folder };

	return report_of(&wish, results);
}

/* The data of a page; the page without it is left in `text`. */
static struct json_object *data_of(char *text)
{
	static const char open[] = "id=\"data\">\n";
	char *from = strstr(text, open), *to;
	struct json_object *data = NULL;
	struct err err = { 0 };

	assert_non_null(from);
	from += strlen(open);
	to = strstr(from, "</script>");
	assert_non_null(to);
	assert_null(memchr(from, '<', (size_t)(to - from)));
	if (json_parse(from, (size_t)(to - from), &data, &err))
		fail_msg("%s", err.text);
	memmove(from, to, strlen(to) + 1);
	return data;
}

static size_t length(struct json_object *o, const char *key)
{
	struct json_object *list = NULL;
	struct err err = { 0 };

	if (json_get_array(o, "data", key, &list, &err))
		fail_msg("%s", err.text);
	return json_object_array_length(list);
}

static struct json_object *member(struct json_object *o, const char *key, size_t i)
{
	length(o, key);
	return json_object_array_get_idx(json_object_object_get(o, key), i);
}

static void golden_results_have_their_data(void **state)
{
	static const struct {
		const char *results;
	} cases[] = {
		{ "tests/data/results-quick.jsonl" },
		{ "tests/data/results-odd.jsonl" },
		{ "tests/data/results-run.jsonl" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_free) char *text = page_of(cases[i].results);
		CLEANUP(json_done) struct json_object *data = data_of(text);

		assert_true(length(data, "comparisons") > 0);
		assert_true(length(data, "trials") > 0);
		assert_true(length(data, "arms") > 0);
		assert_int_equal(length(data, "columns"),
		                 json_object_array_length(member(data, "comparisons", 0)));
		assert_non_null(strstr(text, "Content-Security-Policy"));
		assert_non_null(strstr(text, "default-src 'none'"));
		assert_null(strstr(text, "http://"));
		assert_null(strstr(text, "https://"));
	}
}

#define HOSTILE "</script><script>alert(1)</script><!--&'\\\"\\u2028\\u0000x"
/* what cannot be an arm's name (a NUL) is no reason to let the rest through as it is */
#define HOSTILE_ARM "</ScRiPt><img src=x onerror=alert(1)>&'\\\"\\u2028"

static const char hostile_line[] =
        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"" HOSTILE_ARM "\",\"workload\":\"cpu\","
        "\"block\":0,\"repeat\":0,\"seed\":1,\"primary\":\"f\",\"started\":\"" HOSTILE "\","
        "\"qlaunch\":\"" HOSTILE "\",\"spec\":{\"where\":\"" HOSTILE
        "\"},\"host\":{\"name\":\"" HOSTILE "\",\"" HOSTILE
        "\":1},\"vm\":{\"qemu\":\"</script>\",\"argv\":[\"" HOSTILE "\"]},"
        "\"threads\":[{\"role\":\"vcpu\",\"index\":0,\"name\":\"" HOSTILE
        "\",\"got\":{\"cpus\":\"\u00ff<\"}},"
        "7,[],{\"role\":{},\"index\":-1}],"
        "\"figures\":{\"f\":{\"value\":1,\"unit\":\"</script>\",\"better\":\"higher\"},"
        "\"cpu_time_s\":{\"value\":1,\"unit\":\"s\",\"by\":{\"vcpu/0\":0.5,\"<b>/1\":2,\"x\":\"y\"}},"
        "\"g\":{\"value\":null,\"unit\":\"1\",\"why\":\"</script>\"}},"
        "\"histograms\":{\"</script>\":[[1000,3],[2000,1]],\"bad\":[7,[1],[\"a\",2],[-5,1],[1,1e300],{}],"
        "\"worse\":{}},\"samples\":[{\"t_s\":1,\"vcpu/0</script>\":{\"cpu_time_s\":1}}],"
        "\"warnings\":[\"</script>\"],\"ended\":\"done\"}\n"
        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"b\",\"workload\":\"cpu\",\"seed\":1,"
        "\"error\":\"</script>\"}\n";

static size_t count(const char *text, const char *word)
{
	size_t nr = 0;

	for (text = strcasestr(text, word); text; text = strcasestr(text + 1, word))
		nr++;
	return nr;
}

static void hostile_strings_stay_strings(void **state)
{
	CLEANUP(json_done) struct json_object *data = NULL;
	CLEANUP(str_free) char *text = NULL;
	struct json_object *arms;
	char path[256];

	(void)state;
	put("results", hostile_line);
	in_folder("results", path, sizeof(path));
	text = page_of(path);
	/* ours: the data and an element an asset, the style's own has no script; the libraries' words are masked */
	assert_int_equal(count(text, "</script"), ARRAY_SIZE(asset_names));
	assert_int_equal(count(text, "<\\/script"), ARRAY_SIZE(asset_names));
	assert_int_equal(count(text, "<img"), 0);
	assert_int_equal(count(text, "<!--"), 0);
	data = data_of(text);
	arms = member(data, "arms", 0);
	assert_string_equal(json_object_get_string(arms),
	                    "</ScRiPt><img src=x onerror=alert(1)>&'\"\xe2\x80\xa8");
	assert_int_equal(length(data, "trials"), 2);
	assert_int_equal(length(data, "threads"), 2);
	assert_int_equal(length(data, "timed"), 1);
	assert_int_equal(length(data, "histograms"), 3);
	assert_int_equal(length(data, "recipes"), 2);
	assert_int_equal(json_object_array_length(
	                         json_object_array_get_idx(member(data, "histograms", 0), 4)),
	                 2);
	assert_int_equal(json_object_array_length(
	                         json_object_array_get_idx(member(data, "histograms", 1), 4)),
	                 0);
}

/* A neighbour's thread and its share of a figure are one row, beside the first VM's. */
static void neighbours_threads_are_rows(void **state)
{
	static const char line[] =
	        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"a\",\"workload\":\"cpu\",\"block\":0,"
	        "\"repeat\":0,\"seed\":1,\"primary\":\"f\",\"threads\":["
	        "{\"role\":\"vcpu\",\"index\":0,\"vm\":0},{\"role\":\"vcpu\",\"index\":0,\"vm\":1}],"
	        "\"figures\":{\"f\":{\"value\":1,\"unit\":\"1\",\"better\":\"higher\"},"
	        "\"cpu_time_s\":{\"value\":1,\"unit\":\"s\",\"better\":\"none\",\"by\":"
	        "{\"vcpu\":1,\"vcpu/0\":1,\"vm1/vcpu/0\":2}}}}\n";
	CLEANUP(json_done) struct json_object *data = NULL;
	CLEANUP(str_free) char *text = NULL;
	struct json_object *row;
	char path[256];

	(void)state;
	put("results", line);
	in_folder("results", path, sizeof(path));
	text = page_of(path);
	data = data_of(text);
	assert_int_equal(length(data, "threads"), 2);
	assert_string_equal(json_object_get_string(member(data, "thread_keys", 0)), "vcpu/0");
	assert_string_equal(json_object_get_string(member(data, "thread_keys", 1)), "vm1/vcpu/0");
	row = member(data, "threads", 1);
	/* what is said of it, and its share */
	assert_true(json_object_get_int(json_object_array_get_idx(row, 2)) >= 0);
	assert_int_equal(json_object_get_int(json_object_array_get_idx(row, 3)), 2);
}

/* A counter that shared the PMU: the share's own column; null where it was counted all the time. */
static void shares_are_a_column(void **state)
{
	static const char line[] =
	        "{\"schema\":\"qlaunch.result/1\",\"arm\":\"a\",\"workload\":\"cpu\",\"block\":0,"
	        "\"repeat\":0,\"seed\":1,\"primary\":\"f\",\"figures\":{"
	        "\"f\":{\"value\":1,\"unit\":\"1\",\"better\":\"higher\"},"
	        "\"ipc\":{\"value\":2,\"unit\":\"1\",\"better\":\"higher\",\"share\":0.25}}}\n";
	CLEANUP(json_done) struct json_object *data = NULL;
	CLEANUP(str_free) char *text = NULL;
	char path[256];
	size_t at = 0;

	(void)state;
	put("results", line);
	in_folder("results", path, sizeof(path));
	text = page_of(path);
	data = data_of(text);
	while (strcmp(json_object_get_string(member(data, "columns", at)), "share"))
		at++;
	assert_null(json_object_array_get_idx(member(data, "comparisons", 0), at));
	assert_true(json_object_get_double(
	                    json_object_array_get_idx(member(data, "comparisons", 1), at)) == 0.25);
}

static void missing_assets_name_the_command(void **state)
{
	struct report_wish wish = { .format = REPORT_HTML };
	char *text = NULL, *paths[] = { (char *)"tests/data/results-run.jsonl" }, path[256];
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(report_write(&wish, paths, 1, out, &err), -ENOENT);
	assert_non_null(strstr(err.text, "make report-assets"));
	in_folder("d3.js", path, sizeof(path));
	assert_int_equal(unlink(path), 0);
	wish.assets = folder;
	err = (struct err){ 0 };
	assert_int_equal(report_write(&wish, paths, 1, out, &err), -ENOENT);
	assert_non_null(strstr(err.text, "d3.js"));
	assert_non_null(strstr(err.text, "make report-assets"));
	put("d3.js", "");
	fclose(out);
	assert_int_equal(size, 0); /* no half page */
	free(text);
}

static void text_is_escaped(void **state)
{
	static const struct {
		const char *text, *html, *json;
	} cases[] = {
		{ "a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;", "\"a\\u003cb\\u003e\\u0026\\\"'\"" },
		{ "tab\tnl\n\x1b", "tab nl  ", "\"tab\\tnl\\n\\u001b\"" },
		{ "\xc3\xa4\xff\xe2\x82", "\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		  "\"\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xc0\xaf\xed\xa0\x80", NULL,
		  NULL }, /* overlong, a surrogate: nothing of them is kept */
		{ "back\\slash", "back\\slash", "\"back\\\\slash\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *html = NULL, *json = NULL;
		size_t html_size, json_size;
		FILE *to_html = open_memstream(&html, &html_size);
		FILE *to_json = open_memstream(&json, &json_size);

		html_out_text(to_html, cases[i].text);
		html_out_json_text(to_json, cases[i].text);
		fclose(to_html);
		fclose(to_json);
		if (cases[i].html)
			assert_string_equal(html, cases[i].html);
		else
			assert_null(strpbrk(html, "\xc0\xaf\xed\xa0\x80"));
		if (cases[i].json)
			assert_string_equal(json, cases[i].json);
		free(html);
		free(json);
	}
}

static void histograms_add_up(void **state)
{
	static const char text[] = "[[0,1],[31,1],[32,1],[1000,50],[1000000,45],[1e18,2]]";
	CLEANUP(json_done) struct json_object *pairs = NULL;
	struct hist_sum *sum = calloc(1, sizeof(*sum));
	double last = -1;

	(void)state;
	assert_non_null(sum);
	assert_int_equal(json_parse(text, strlen(text), &pairs, NULL), 0);
	hist_sum_add(sum, pairs);
	hist_sum_add(sum, pairs);
	assert_true(sum->count == 200);
	for (int i = 0; i < HIST_SUM_BUCKETS; i++) {
		double edge = hist_sum_edge(i);

		assert_true(edge > last);
		assert_true(last < 32 || edge / last < 1.04);
		if (i > 1 && edge > 1000 && last <= 1000)
			assert_true(sum->bucket[i] == 100);
		last = edge;
	}
	assert_true(last == ldexp(1, HIST_SUM_MAX_BITS));
	assert_true(sum->bucket[HIST_SUM_BUCKETS - 1] == 4);
	free(sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_results_have_their_data),
		cmocka_unit_test(hostile_strings_stay_strings),
		cmocka_unit_test(neighbours_threads_are_rows),
		cmocka_unit_test(shares_are_a_column),
		cmocka_unit_test(missing_assets_name_the_command),
		cmocka_unit_test(text_is_escaped),
		cmocka_unit_test(histograms_add_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

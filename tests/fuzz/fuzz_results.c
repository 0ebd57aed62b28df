/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_results.c - any bytes as result lines, through to the formats; what is read as JSON is the same when it is written and read again. */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "csv.h"
#include "html_data.h"
#include "html_detail.h"
#include "json.h"
#include "json_report.h"
#include "markdown.h"
#include "table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
	if (!good)
		abort();
}

/* What is looked for here is no path of the code: counted as one, each byte would cost as much as a line of it. */
#define UNCOUNTED __attribute__((no_sanitize("coverage")))

UNCOUNTED static bool has_unprintable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c != '\n' && (c < ' ' || c > '~'))
			return true;
	}
	return false;
}

/* json-c takes it, but for what JSON has no limit for: huge numbers and the last level of depth; and for a key given twice,
 * which our reading of JSON refuses and JSON does not. */
static void require_json(const char *text, size_t len)
{
	CLEANUP(json_done) struct json_object *o = NULL;
	struct err err = { 0 };

	if (json_parse(text, len, &o, &err))
		require(strstr(err.text, "NaN or Infinity") || strstr(err.text, "nesting") ||
		        strstr(err.text, "given twice"));
}

/* What is taken as JSON is the same after it was written. */
static void check_json(const char *line, size_t len)
{
	CLEANUP(json_done) struct json_object *o = NULL;
	CLEANUP(json_done) struct json_object *again = NULL;
	CLEANUP(str_free) char *text = NULL;
	size_t written;

	if (json_parse(line, len, &o, NULL))
		return;
	text = json_line(o, JSON_C_TO_STRING_PLAIN, &written);
	require(text && !json_parse(text, written, &again, NULL));
	require(json_object_equal(o, again));
}

/* The page's data is JSON again, whatever the lines held, and nothing in it can end a <script>. */
static void write_page(const struct results *results, const struct comparisons *comparisons,
                       const struct details *details)
{
	CLEANUP(str_free) char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	require(out);
	require(!html_data_write(results, comparisons, details, NULL, out));
	fclose(out);
	require(!memchr(text, '<', size));
	require_json(text, size);
}

static int watch_line(void *details, const struct results *results, size_t trial,
                      struct json_object *line)
{
	return details_add(details, results, trial, line);
}

static void write_texts(const struct results *results, const struct comparisons *comparisons)
{
	CLEANUP(str_free) char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	require(out);
	table_write(results, comparisons, 80, true, false, NULL, out);
	table_write(results, comparisons, 80, false, false, NULL, out);
	fflush(out);
	require(!has_unprintable(text, size));
	rewind(out);
	markdown_write(results, comparisons, true, NULL, out);
	rewind(out);
	require(!csv_write(results, comparisons, NULL, out));
	rewind(out);
	require(!json_report_write(results, comparisons, NULL, out));
	fclose(out);
}

/* Which formats is the input's length's to say: all of them for each would be a fraction of the inputs. */
static void write_some(const struct results *results, const struct details *details, bool page)
{
	CLEANUP(comparisons_done) struct comparisons comparisons = { 0 };

	if (compare_make(results, NULL, &comparisons, NULL))
		return;
	if (page)
		write_page(results, &comparisons, details);
	else
		write_texts(results, &comparisons);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(details_free) struct details *details = details_new();
	CLEANUP(str_free) char *text = malloc(size + 1);
	const struct results_watch watch = { .line = watch_line, .context = details };
	char *at = text, *end;

	require(results && text && details);
	results->watch = &watch;
	memcpy(text, data, size);
	text[size] = '\0';
	names_add(&results->files, "a", 1);
	while ((end = memchr(at, '\n', (size_t)(text + size - at)))) {
		if (end == at) /* an empty line begins the next file */
			names_add(&results->files, "b/a", 3);
		require(!results_read_line(results, at, (size_t)(end - at), true));
		check_json(at, (size_t)(end - at));
		at = end + 1;
	}
	require(!results_read_line(results, at, (size_t)(text + size - at), false));
	require(!results_finish(results));
	if (results->nr_trials)
		write_some(results, details, size % 2);
	return 0;
}

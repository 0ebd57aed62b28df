/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.c - files, comparison, format: in this order. */
#include "report.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "csv.h"
#include "json_report.h"
#include "limit.h"
#include "markdown.h"
#include "table.h"
#include "text.h"

static const char *const format_names[] = {
	[REPORT_TABLE] = "table",
	[REPORT_MARKDOWN] = "markdown",
	[REPORT_CSV] = "csv",
	[REPORT_JSON] = "json",
};

int report_format_parse(const char *text, enum report_format *ret, struct err *err)
{
	char safe[64];

	for (size_t i = 0; i < ARRAY_SIZE(format_names); i++) {
		if (!strcmp(text, format_names[i])) {
			*ret = (enum report_format)i;
			return 0;
		}
	}
	text_escape(text, strlen(text), safe, sizeof(safe));
	return err_set(err, EINVAL, "format '%s' is not one of table, markdown, csv, json", safe);
}

static int read_files(struct results *results, char *const *paths, int nr, struct err *err)
{
	for (int i = 0; i < nr; i++) {
		int rc = results_read_file(results, paths[i], err);

		if (rc)
			return rc;
	}
	if (results_finish(results))
		return err_set(err, ENOMEM, "out of memory");
	if (!results->nr_trials)
		return err_set(err, ENODATA, "%s%s: no qlaunch result line (%lu other lines)",
		               nr ? paths[0] : "", nr > 1 ? " and others" : "",
		               results_nr_skipped(results));
	return 0;
}

static int write_format(const struct report_wish *wish, const struct results *results,
                        const struct comparisons *comparisons, FILE *out)
{
	switch (wish->format) {
	case REPORT_MARKDOWN:
		markdown_write(results, comparisons, wish->all_figures, out);
		return 0;
	case REPORT_CSV:
		csv_write(results, comparisons, out);
		return 0;
	case REPORT_JSON:
		return json_report_write(results, comparisons, out);
	case REPORT_TABLE:
		break;
	}
	table_write(results, comparisons, wish->width > 0 ? wish->width : TABLE_WIDTH,
	            wish->all_figures, out);
	return 0;
}

int report_limit_check(const char *text, struct err *err)
{
	struct limit limit;

	return limit_parse(text, &limit, err);
}

int report_write(const struct report_wish *wish, char *const *paths, int nr, FILE *out,
                 struct err *err)
{
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(comparisons_done) struct comparisons comparisons = { 0 };
	struct limit limit = { 0 };
	int rc;

	if (!results)
		return err_set(err, ENOMEM, "out of memory");
	rc = wish->fail_if ? limit_parse(wish->fail_if, &limit, err) : 0;
	if (!rc)
		rc = read_files(results, paths, nr, err);
	if (!rc && wish->fail_if)
		rc = limit_fits(&limit, results, err);
	if (rc)
		return rc;
	rc = compare_make(results, wish->baseline, &comparisons, err);
	if (rc)
		return rc;
	if (write_format(wish, results, &comparisons, out))
		return err_set(err, ENOMEM, "out of memory");
	if (fflush(out) || ferror(out))
		return err_sys(err, "cannot write the report");
	return wish->fail_if ? limit_check(&limit, results, &comparisons, err) : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.c - files, comparison, format: in this order. */
#include "report.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "csv.h"
#include "html.h"
#include "html_detail.h"
#include "json_report.h"
#include "limit.h"
#include "markdown.h"
#include "seed.h"
#include "table.h"
#include "text.h"

static const char *const format_names[] = {
	[REPORT_TABLE] = "table", [REPORT_MARKDOWN] = "markdown", [REPORT_CSV] = "csv",
	[REPORT_JSON] = "json",   [REPORT_HTML] = "html",
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
	return err_set(err, EINVAL, "format '%s' is not one of table, markdown, csv, json, html",
	               safe);
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

/* All that is written about. */
struct subject {
	struct results *results;
	struct comparisons comparisons;
	struct details *details; /* of REPORT_HTML only */
	struct seed *seed;       /* NULL: the files are none of --preset seed */
};

static void subject_done(struct subject *subject)
{
	seed_free(&subject->seed);
	results_free(&subject->results);
	comparisons_done(&subject->comparisons);
	details_free(&subject->details);
}

static int watch_line(void *details, const struct results *results, size_t trial, const char *text,
                      size_t len)
{
	return details_add(details, results, trial, text, len);
}

static int read_subject(const struct report_wish *wish, char *const *paths, int nr,
                        struct subject *ret, struct err *err)
{
	struct results_watch watch = { .line = watch_line };
	int rc;

	ret->results = results_new();
	if (!ret->results)
		return err_set(err, ENOMEM, "out of memory");
	if (wish->format == REPORT_HTML) {
		ret->details = watch.context = details_new();
		if (!ret->details)
			return err_set(err, ENOMEM, "out of memory");
		ret->results->watch = &watch;
	}
	rc = read_files(ret->results, paths, nr, err);
	ret->results->watch = NULL;
	return rc;
}

static int write_format(const struct report_wish *wish, const struct subject *subject, FILE *out,
                        struct err *err)
{
	const struct results *results = subject->results;
	const struct comparisons *comparisons = &subject->comparisons;

	switch (wish->format) {
	case REPORT_MARKDOWN:
		markdown_write(results, comparisons, wish->all_figures, out);
		seed_write_markdown(subject->seed, out);
		return 0;
	case REPORT_CSV:
		return csv_write(results, comparisons, out) ? err_set(err, ENOMEM, "out of memory")
		                                            : 0;
	case REPORT_JSON:
		return json_report_write(results, comparisons, subject->seed, out)
		               ? err_set(err, ENOMEM, "out of memory")
		               : 0;
	case REPORT_HTML:
		return html_write(results, comparisons, subject->details, wish->assets, out, err);
	case REPORT_TABLE:
		break;
	}
	table_write(results, comparisons, wish->width > 0 ? wish->width : TABLE_WIDTH,
	            wish->all_figures, wish->coloured, out);
	seed_write_table(subject->seed, out);
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
	CLEANUP(subject_done) struct subject subject = { 0 };
	struct limit limit = { 0 };
	int rc = wish->fail_if ? limit_parse(wish->fail_if, &limit, err) : 0;

	if (!rc)
		rc = read_subject(wish, paths, nr, &subject, err);
	if (!rc && wish->fail_if)
		rc = limit_fits(&limit, subject.results, err);
	if (!rc)
		rc = compare_make(subject.results, wish->baseline, &subject.comparisons, err);
	if (!rc)
		rc = seed_make(subject.results, &subject.seed, err);
	if (!rc)
		rc = write_format(wish, &subject, out, err);
	if (rc)
		return rc;
	if (fflush(out) || ferror(out))
		return err_sys(err, "cannot write the report");
	return wish->fail_if ? limit_check(&limit, subject.results, &subject.comparisons, err) : 0;
}

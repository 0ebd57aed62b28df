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
#include "json.h"
#include "json_report.h"
#include "limit.h"
#include "markdown.h"
#include "result_files.h"
#include "results.h"
#include "run_table.h"
#include "seed.h"
#include "table.h"
#include "table_cells.h"
#include "text.h"

const char *const report_format_names[] = {
	[REPORT_TABLE] = "table",
	[REPORT_MARKDOWN] = "markdown",
	[REPORT_CSV] = "csv",
	[REPORT_JSON] = "json",
	[REPORT_HTML] = "html",
	[REPORT_JUNIT] = "junit",
	NULL,
};

int report_format_parse(const char *text, enum report_format *ret, struct err *err)
{
	char safe[64];

	for (size_t i = 0; report_format_names[i]; i++) {
		if (!strcmp(text, report_format_names[i])) {
			*ret = (enum report_format)i;
			return 0;
		}
	}
	text_escape(text, strlen(text), safe, sizeof(safe));
	return err_set(err, EINVAL,
	               "format '%s' is not one of table, markdown, csv, json, html, junit", safe);
}

static int finish(struct results *results, const char *first, bool more, struct err *err)
{
	if (results_finish(results))
		return err_set(err, ENOMEM, "out of memory");
	if (!results->nr_trials)
		return err_set(err, ENODATA, "%s%s: no qlaunch result line (%lu other lines)",
		               first, more ? " and others" : "", results_nr_skipped(results));
	return 0;
}

static int side_of(const struct report_wish *wish, int i)
{
	return wish->sides ? wish->sides[i] : SIDE_ALONE;
}

static int read_side(const struct report_wish *wish, struct results *results, char *const *paths,
                     int nr, int side, struct err *err)
{
	for (int i = 0; i < nr; i++) {
		int before = results->files.nr, rc;

		if (side_of(wish, i) != side)
			continue;
		rc = results_read_file(results, paths[i], err);
		if (rc)
			return rc;
		if (results->files.nr > before)
			results->side[before] = (uint8_t)side;
		else
			results->nr_copies++; /* named twice */
	}
	return 0;
}

static int read_files(const struct report_wish *wish, struct results *results, char *const *paths,
                      int nr, struct err *err)
{
	int rc = 0;

	for (int side = 0; side < NR_SIDES && !rc; side++) /* the old ones before the new ones */
		rc = read_side(wish, results, paths, nr, side, err);
	results->session_spread = wish->session_spread;
	if (!rc && wish->by)
		rc = result_files_by_host(results, wish->by, err);
	if (rc)
		return rc;
	return finish(results, nr ? paths[0] : "", nr > 1, err);
}

/* All that is written about. */
struct subject {
	struct results *results;
	struct comparisons comparisons;
	struct details *details; /* of REPORT_HTML only */
	struct seed *seed;       /* NULL: the files are none of --preset seed */
	struct limit limits[LIMITS_MAX];
	struct json_object *run; /* the only line, where it is of a `run`; else NULL */
};

static void subject_done(struct subject *subject)
{
	json_done(&subject->run);
	seed_free(&subject->seed);
	results_free(&subject->results);
	comparisons_done(&subject->comparisons);
	details_free(&subject->details);
}

static int watch_detail(void *details, const struct results *results, size_t trial,
                        struct json_object *line)
{
	return details_add(details, results, trial, line);
}

/* Keeps the line as long as it is the only one. */
static int watch_run(void *run, const struct results *results, size_t trial,
                     struct json_object *line)
{
	struct json_object **only = run;

	json_done(only);
	if (!trial && !strcmp(names_at(&results->workloads, results->trial[0].workload), "run"))
		*only = json_object_get(line);
	return 0;
}

static int new_subject(const struct report_wish *wish, struct results_watch *watch,
                       struct subject *ret, struct err *err)
{
	ret->results = results_new();
	if (ret->results && wish->format == REPORT_HTML)
		ret->details = details_new();
	if (!ret->results || (wish->format == REPORT_HTML && !ret->details))
		return err_set(err, ENOMEM, "out of memory");
	*watch = ret->details ? (struct results_watch){ watch_detail, ret->details }
	                      : (struct results_watch){ watch_run, &ret->run };
	ret->results->watch = watch;
	return 0;
}

static int read_subject(const struct report_wish *wish, char *const *paths, int nr,
                        struct subject *ret, struct err *err)
{
	struct results_watch watch;
	int rc = new_subject(wish, &watch, ret, err);

	if (!rc)
		rc = read_files(wish, ret->results, paths, nr, err);
	if (ret->results)
		ret->results->watch = NULL;
	return rc;
}

/* -ENODATA: the line has no threads. */
static int write_run(const struct report_wish *wish, const struct subject *subject, FILE *out)
{
	struct table table = {
		.results = subject->results,
		.comparisons = &subject->comparisons,
		.all = wish->all_figures,
		.sheet = { .out = out,
		           .width = wish->width > 0 ? wish->width : TABLE_WIDTH,
		           .coloured = wish->coloured },
	};

	if (!subject->run)
		return -ENODATA;
	if (wish->format == REPORT_MARKDOWN)
		return run_table_markdown(subject->run, wish->all_figures, out);
	return run_table_write(subject->run, &table);
}

static int write_format(const struct report_wish *wish, const struct subject *subject, FILE *out,
                        struct err *err)
{
	const struct results *results = subject->results;
	const struct comparisons *comparisons = &subject->comparisons;
	int rc;

	switch (wish->format) {
	case REPORT_MARKDOWN:
		if (write_run(wish, subject, out) == -ENOMEM)
			return err_set(err, ENOMEM, "out of memory");
		markdown_write(results, comparisons, wish->all_figures, subject->seed, out);
		return 0;
	case REPORT_CSV:
		return csv_write(results, comparisons, subject->seed, out)
		               ? err_set(err, ENOMEM, "out of memory")
		               : 0;
	case REPORT_JSON:
		return json_report_write(results, comparisons, subject->seed, out)
		               ? err_set(err, ENOMEM, "out of memory")
		               : 0;
	case REPORT_HTML:
		return html_write(results, comparisons, subject->details, subject->seed,
		                  wish->assets, out, err);
	case REPORT_JUNIT:
		limits_write_junit(subject->limits, wish->nr_fail_ifs, results, comparisons, out);
		return 0;
	case REPORT_TABLE:
		break;
	}
	rc = write_run(wish, subject, out);
	if (rc != -ENODATA)
		return rc ? err_set(err, ENOMEM, "out of memory") : 0;
	table_write(results, comparisons, wish->width > 0 ? wish->width : TABLE_WIDTH,
	            wish->all_figures, wish->coloured, subject->seed, out);
	return 0;
}

int report_limit_check(const char *text, struct err *err)
{
	struct limit limit;

	return limit_parse(text, &limit, err);
}

static int write_subject(const struct report_wish *wish, struct subject *subject, FILE *out,
                         struct err *err)
{
	int rc = compare_make(subject->results, wish->baseline, &subject->comparisons, err);

	if (!rc)
		rc = seed_make(subject->results, &subject->seed, err);
	if (!rc)
		rc = write_format(wish, subject, out, err);
	if (!rc && (fflush(out) || ferror(out)))
		rc = err_sys(err, "cannot write the report");
	return rc;
}

int report_write(const struct report_wish *wish, char *const *paths, int nr, FILE *out,
                 struct err *err)
{
	CLEANUP(subject_done) struct subject subject = { 0 };
	int rc = 0;

	for (int i = 0; i < wish->nr_fail_ifs && !rc; i++)
		rc = limit_parse(wish->fail_if[i], &subject.limits[i], err);
	if (!rc)
		rc = read_subject(wish, paths, nr, &subject, err);
	for (int i = 0; i < wish->nr_fail_ifs && !rc; i++)
		rc = limit_fits(&subject.limits[i], subject.results, err);
	if (!rc)
		rc = write_subject(wish, &subject, out, err);
	return rc ? rc
	          : limits_check(subject.limits, wish->nr_fail_ifs, subject.results,
	                         &subject.comparisons, err);
}

int report_write_line(const struct report_wish *wish, const char *line, FILE *out, struct err *err)
{
	CLEANUP(subject_done) struct subject subject = { 0 };
	struct results_watch watch;
	int rc = new_subject(wish, &watch, &subject, err);

	if (rc)
		return rc;
	if (results_read_line(subject.results, line, strlen(line), true))
		rc = err_set(err, ENOMEM, "out of memory");
	if (!rc)
		rc = finish(subject.results, "this run", false, err);
	subject.results->watch = NULL;
	return rc ? rc : write_subject(wish, &subject, out, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_report.c - comparisons as JSON; unknown is null with its reason, never 0. */
#include "json_report.h"

#include <errno.h>
#include <math.h>

#include "cleanup.h"
#include "compare.h"
#include "hosts.h"
#include "json.h"
#include "scale.h"

static void add_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

static void add_number(struct json_object *o, const char *key, double value)
{
	char text[32];

	scale_format_exact(value, text, sizeof(text));
	json_object_object_add(o, key, isnan(value) ? NULL : json_object_new_double_s(value, text));
}

static void add_count(struct json_object *o, const char *key, size_t count)
{
	json_object_object_add(o, key, json_object_new_uint64(count));
}

static void add_flag(struct json_object *o, const char *key, bool flag)
{
	json_object_object_add(o, key, json_object_new_boolean(flag));
}

static void add_why(struct json_object *o, const char *key, const char *why)
{
	if (why)
		add_text(o, key, why);
}

static struct json_object *row(const struct results *results, const struct comparison *c)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "arm", names_at(&results->arms, c->arm));
	add_text(o, "workload", names_at(&results->workloads, c->workload));
	add_text(o, "figure", names_at(&results->figures, c->figure));
	add_text(o, "unit", results->figure[c->figure].unit);
	add_text(o, "better", results_better_name(results->figure[c->figure].better));
	add_flag(o, "primary", c->primary);
	add_count(o, "n", c->n);
	add_count(o, "trials", c->trials);
	add_number(o, "median", c->median);
	add_number(o, "spread", c->spread);
	add_number(o, "min", c->min);
	add_number(o, "max", c->max);
	add_number(o, "baseline_median", c->baseline_median);
	add_number(o, "ratio", c->ratio);
	add_flag(o, "paired", c->paired);
	add_count(o, "pairs", c->pairs);
	add_flag(o, "page_cache", c->page_cache);
	add_why(o, "why", c->why);
	add_why(o, "why_spread", c->why_spread);
	add_why(o, "why_ratio", c->why_ratio);
	return o;
}

static struct json_object *rows(const struct results *results,
                                const struct comparisons *comparisons)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < comparisons->nr; i++)
		json_object_array_add(list, row(results, &comparisons->list[i]));
	return list;
}

static struct json_object *texts(const struct names *names, const int *order, int nr)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < nr; i++)
		json_object_array_add(
		        list, json_object_new_string(names_at(names, order ? order[i] : i)));
	return list;
}

static struct json_object *skipped(const struct results_skipped *skipped)
{
	struct json_object *o = json_object_new_object();

	add_count(o, "torn", skipped->torn);
	add_count(o, "broken", skipped->broken);
	add_count(o, "foreign", skipped->foreign);
	add_count(o, "other_version", skipped->version);
	add_count(o, "too_long", skipped->too_long);
	add_count(o, "over_limits", skipped->over);
	add_count(o, "duplicates", skipped->duplicates);
	return o;
}

static struct json_object *warnings(const struct results *results)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < results->warnings.nr; i++) {
		struct json_object *o = json_object_new_object();

		add_text(o, "warning", names_at(&results->warnings, i));
		add_count(o, "trials", results->nr_warned[i]);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *whole(const struct results *results,
                                 const struct comparisons *comparisons)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "schema", "qlaunch.report/1");
	add_text(o, "baseline", names_at(&results->arms, comparisons->baseline));
	json_object_object_add(o, "arms",
	                       texts(&results->arms, comparisons->arms, comparisons->nr_arms));
	json_object_object_add(o, "host", hosts_first(results));
	json_object_object_add(o, "hosts_differ_in", hosts_differences(results));
	json_object_object_add(o, "accel", texts(&results->accels, NULL, results->accels.nr));
	json_object_object_add(o, "qemu", texts(&results->qemus, NULL, results->qemus.nr));
	add_count(o, "trials",
	          results->nr_trials - results->skipped.duplicates - results->nr_retried);
	add_count(o, "cut", results->nr_cut);
	json_object_object_add(o, "warnings", warnings(results));
	json_object_object_add(o, "skipped", skipped(&results->skipped));
	json_object_object_add(o, "comparisons", rows(results, comparisons));
	return o;
}

int json_report_write(const struct results *results, const struct comparisons *comparisons,
                      FILE *out)
{
	CLEANUP(json_done) struct json_object *o = whole(results, comparisons);
	const char *text = json_object_to_json_string_ext(
	        o,
	        JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_SPACED);

	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	return 0;
}

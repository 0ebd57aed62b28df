/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_report.c - comparisons as JSON; unknown is null with its reason, never 0. */
#include "json_report.h"

#include <errno.h>
#include <math.h>

#include "cleanup.h"
#include "compare.h"
#include "explain.h"
#include "findings.h"
#include "hosts.h"
#include "json.h"
#include "json_add.h"
#include "json_reasons.h"
#include "judge.h"
#include "outliers.h"
#include "reasons_moved.h"
#include "scale.h"
#include "seed.h"
#include "verdict.h"

static void add_flag(struct json_object *o, const char *key, bool flag)
{
	json_object_object_add(o, key, json_object_new_boolean(flag));
}

static void add_why(struct json_object *o, const char *key, const char *why)
{
	if (why)
		json_add_text(o, key, why);
}

/* [low, high], or null; an end without a limit is null, too. */
static void add_interval(struct json_object *o, const char *key, const double ends[2])
{
	struct json_object *list = isnan(ends[0]) ? NULL : json_object_new_array();

	for (int i = 0; list && i < 2; i++) {
		char text[32];

		scale_format_exact(ends[i], text, sizeof(text));
		json_object_array_add(
		        list, isinf(ends[i]) ? NULL : json_object_new_double_s(ends[i], text));
	}
	json_object_object_add(o, key, list);
}

/* "interval" has its level beside it; "ci95" is there for those who only look for that one. */
static void add_row_interval(struct json_object *o, const struct comparison *c)
{
	static const double none[2] = { NAN, NAN };

	add_interval(o, "ci95", verdict_is_95(c) ? c->ci : none);
	add_interval(o, "interval", c->ci);
	json_add_number(o, "interval_level", c->level);
	add_why(o, "why_unbounded", verdict_unbounded(c));
}

static struct json_object *outliers(const struct comparisons *comparisons,
                                    const struct comparison *c)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < c->nr_outliers && i < OUTLIERS_LISTED; i++) {
		const struct outlier *outlier = &comparisons->outlier[c->first_outlier + i];
		struct json_object *o = json_object_new_object();

		json_add_count(o, "block", outlier->trial->block);
		json_add_count(o, "repeat", outlier->trial->repeat);
		json_add_number(o, "value", outlier->value);
		json_add_number(o, "modified_z", outlier->z);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *companions(const struct results *results,
                                      const struct comparisons *comparisons,
                                      const struct comparison *c)
{
	const struct comparison *with[EXPLAIN_MAX];
	size_t nr = explain_find(results, comparisons, c, with);
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < nr; i++) {
		struct json_object *o = json_object_new_object();

		json_add_text(o, "figure", names_at(&results->figures, with[i]->figure));
		json_add_text(o, "unit", results->figure[with[i]->figure].unit);
		json_add_number(o, "from", with[i]->baseline_median);
		json_add_number(o, "to", with[i]->median);
		json_add_number(o, "ratio", with[i]->ratio);
		add_row_interval(o, with[i]);
		json_add_number(o, "effect", with[i]->effect);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *reasons(const struct results *results, const struct comparison *c)
{
	static const char *const kinds[] = {
		[REASON_EXIT] = "exit", [REASON_PREEMPTOR] = "preemptor"
	};
	struct reason_moved moved[REASONS_MOVED_MAX];
	size_t nr = reasons_moved(results, c, moved);
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < nr; i++) {
		struct json_object *o = json_object_new_object();

		json_add_text(o, "kind", kinds[moved[i].kind]);
		json_add_text(o, "name",
		              names_at(&results->reason_rows.names[moved[i].kind], moved[i].name));
		json_add_number(o, "from_s", moved[i].from);
		json_add_number(o, "to_s", moved[i].to);
		json_add_number(o, "effect", moved[i].effect);
		json_object_array_add(list, o);
	}
	return list;
}

static void add_verdict(struct json_object *o, const struct results *results,
                        const struct comparisons *comparisons, const struct comparison *c)
{
	char words[256];

	json_add_text(o, "baseline", names_at(&results->arms, c->base));
	add_flag(o, "control", c->is_control);
	add_row_interval(o, c);
	json_object_object_add(o, "test", c->test ? json_object_new_string(c->test) : NULL);
	json_add_number(o, "p", c->p);
	json_add_number(o, "p_holm", c->p_holm);
	json_add_number(o, "effect", c->effect);
	json_add_number(o, "mde", c->mde);
	json_add_count(o, "units", c->units);
	json_add_text(o, "unit_of_comparison",
	              c->by_session ? "session"
	              : c->by_boot  ? "boot"
	                            : "round");
	json_add_number(o, "boot_sd", c->boot_sd);
	json_add_number(o, "lag1", c->lag1);
	json_add_text(o, "verdict", verdict_name(c->verdict));
	verdict_words(c, words, sizeof(words));
	json_add_text(o, "words", words);
	json_add_number(o, "gap_recovered", c->gap_why ? NAN : c->gap);
	add_interval(o, "gap_recovered_ci95", c->gap_ci);
	add_why(o, "why_gap_recovered", c->gap_why);
	json_add_number(o, "beyond_control", c->beyond_control > 0 ? c->beyond_control : NAN);
	json_add_count(o, "nr_outliers", c->nr_outliers);
	json_object_object_add(o, "outliers", outliers(comparisons, c));
	json_object_object_add(o, "with", companions(results, comparisons, c));
	if (results->reason_rows.nr)
		json_object_object_add(o, "with_reasons", reasons(results, c));
}

static struct json_object *row(const struct results *results, const struct comparisons *comparisons,
                               const struct comparison *c)
{
	struct json_object *o = json_object_new_object();

	json_add_text(o, "arm", names_at(&results->arms, c->arm));
	json_add_text(o, "workload", names_at(&results->workloads, c->workload));
	json_add_text(o, "figure", names_at(&results->figures, c->figure));
	json_add_text(o, "unit", results->figure[c->figure].unit);
	json_add_text(o, "better", results_better_name(results->figure[c->figure].better));
	add_flag(o, "primary", c->primary);
	json_add_count(o, "n", c->n);
	json_add_count(o, "trials", c->trials);
	json_add_number(o, "median", c->median);
	json_add_number(o, "spread", c->spread);
	json_add_number(o, "min", c->min);
	json_add_number(o, "max", c->max);
	if (c->share < 1)
		json_add_number(o, "share", c->share);
	json_add_number(o, "baseline_median", c->baseline_median);
	json_add_number(o, "ratio", c->ratio);
	add_flag(o, "paired", c->paired);
	add_flag(o, "ratio_of_medians", c->is_rough && !c->is_baseline);
	json_add_count(o, "pairs", c->pairs);
	if (c->at_least)
		add_flag(o, "at_least", true);
	add_flag(o, "page_cache", c->page_cache);
	add_verdict(o, results, comparisons, c);
	add_why(o, "why", c->why);
	add_why(o, "why_spread", c->why_spread);
	add_why(o, "why_ratio", c->why_ratio);
	add_why(o, "why_verdict", c->why_verdict);
	return o;
}

static struct json_object *rows(const struct results *results,
                                const struct comparisons *comparisons)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < comparisons->nr; i++)
		json_object_array_add(list, row(results, comparisons, &comparisons->list[i]));
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

	json_add_count(o, "torn", skipped->torn);
	json_add_count(o, "broken", skipped->broken);
	json_add_count(o, "foreign", skipped->foreign);
	json_add_count(o, "other_version", skipped->version);
	json_add_count(o, "too_long", skipped->too_long);
	json_add_count(o, "over_limits", skipped->over);
	json_add_count(o, "duplicates", skipped->duplicates);
	return o;
}

static struct json_object *warnings(const struct results *results)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < results->warnings.nr; i++) {
		struct json_object *o = json_object_new_object();

		json_add_text(o, "warning", names_at(&results->warnings, i));
		json_add_count(o, "trials", results->nr_warned[i]);
		json_object_array_add(list, o);
	}
	return list;
}

/* Workloads in which the A/A control differs. */
static struct json_object *drifts(const struct results *results,
                                  const struct comparisons *comparisons)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < comparisons->nr_workloads; i++) {
		int workload = comparisons->workloads[i];

		if (verdict_control(comparisons, workload))
			json_object_array_add(list, json_object_new_string(names_at(
			                                    &results->workloads, workload)));
	}
	return list;
}

static struct json_object *method(const struct comparisons *comparisons)
{
	struct json_object *o = json_object_new_object();

	json_add_number(o, "alpha", JUDGE_ALPHA);
	json_add_number(o, "control_alpha", comparisons->control_alpha);
	json_add_text(o, "correction", "Holm over the arms of each workload and figure");
	json_add_text(o, "estimate",
	              "Hodges-Lehmann of log ratios by boot (natively: by round), interval by "
	              "inverting the exact signed-rank test; without pairs Welch's on logs");
	return o;
}

static struct json_object *findings(const struct results *results,
                                    const struct comparisons *comparisons)
{
	struct json_object *o = json_object_new_object();
	char text[FINDINGS_MAX];

	for (int i = 0; i < comparisons->nr_workloads; i++) {
		int workload = comparisons->workloads[i];

		findings_sentence(results, comparisons, workload, text, sizeof(text));
		if (text[0])
			json_add_text(o, names_at(&results->workloads, workload), text);
	}
	return o;
}

static struct json_object *whole(const struct results *results,
                                 const struct comparisons *comparisons, const struct seed *seed)
{
	struct json_object *o = json_object_new_object();

	json_add_text(o, "schema", "qlaunch.report/1");
	json_add_text(o, "baseline", names_at(&results->arms, comparisons->baseline));
	json_object_object_add(o, "arms",
	                       texts(&results->arms, comparisons->arms, comparisons->nr_arms));
	json_object_object_add(o, "host", hosts_first(results));
	json_object_object_add(o, "hosts_differ_in", hosts_differences(results));
	json_object_object_add(o, "accel", texts(&results->accels, NULL, results->accels.nr));
	json_object_object_add(o, "observe",
	                       texts(&results->observers, NULL, results->observers.nr));
	json_object_object_add(o, "qemu", texts(&results->qemus, NULL, results->qemus.nr));
	json_add_count(o, "trials",
	               results->nr_trials - results->skipped.duplicates - results->nr_retried);
	if (results->nr_planned)
		json_add_count(o, "planned", results->nr_planned);
	json_add_count(o, "cut", results->nr_cut);
	json_object_object_add(o, "warnings", warnings(results));
	json_object_object_add(o, "skipped", skipped(&results->skipped));
	json_object_object_add(o, "method", method(comparisons));
	json_object_object_add(o, "order_or_drift_problem", drifts(results, comparisons));
	if (seed)
		json_object_object_add(o, "seed_study", seed_json(seed));
	if (comparisons->reasons.nr) {
		json_object_object_add(o, "exits", json_reasons(results, comparisons, REASON_EXIT));
		json_object_object_add(o, "preemptors",
		                       json_reasons(results, comparisons, REASON_PREEMPTOR));
	}
	json_object_object_add(o, "findings", findings(results, comparisons));
	json_object_object_add(o, "comparisons", rows(results, comparisons));
	return o;
}

int json_report_write(const struct results *results, const struct comparisons *comparisons,
                      const struct seed *seed, FILE *out)
{
	CLEANUP(json_done) struct json_object *o = whole(results, comparisons, seed);

	return json_print(o,
	                  JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE |
	                          JSON_C_TO_STRING_SPACED,
	                  out);
}

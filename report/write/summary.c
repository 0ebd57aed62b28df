/* SPDX-License-Identifier: GPL-2.0-or-later */
/* summary.c - counts and conditions of a set of results. */
#include "summary.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "hosts.h"
#include "json.h"
#include "scale.h"
#include "sheet.h"
#include "stats.h"
#include "text.h"
#include "verdict.h"

#define WARNINGS_SHOWN 3

static const char *plural(unsigned long nr)
{
	return nr == 1 ? "" : "s";
}

static int by_block(const void *left, const void *right)
{
	const struct result_trial *a = *(const struct result_trial *const *)left;
	const struct result_trial *b = *(const struct result_trial *const *)right;

	if (a->seed != b->seed)
		return a->seed < b->seed ? -1 : 1;
	return (a->block > b->block) - (a->block < b->block);
}

static void list_free(const struct result_trial ***list)
{
	free(*list);
	*list = NULL;
}

/* Distinct blocks; 0 where there is no memory to count them. */
static size_t count_blocks(const struct results *results)
{
	CLEANUP(list_free)
	const struct result_trial **list = calloc(results->nr_trials + 1, sizeof(*list));
	size_t nr = 0;

	if (!list)
		return 0;
	for (size_t i = 0; i < results->nr_trials; i++)
		list[i] = &results->trial[i];
	if (results->nr_trials)
		qsort(list, results->nr_trials, sizeof(*list), by_block);
	for (size_t i = 0; i < results->nr_trials; i++)
		nr += !i || by_block(&list[i - 1], &list[i]);
	return nr;
}

static void write_counts(const struct results *results, const struct comparisons *comparisons,
                         struct sheet *sheet)
{
	size_t trials = results->nr_trials - results->skipped.duplicates - results->nr_retried;
	size_t blocks = count_blocks(results);
	const char *name = names_at(&results->arms, comparisons->baseline);
	char safe[256], text[512], part[64] = "";

	text_escape(name, strlen(name), safe, sizeof(safe));
	if (trials < results->nr_planned)
		snprintf(part, sizeof(part), " of %lu planned", results->nr_planned);
	snprintf(
	        text, sizeof(text), "%d arm%s, %d workload%s, %zu%s trial%s in %zu block%s (boots)",
	        comparisons->nr_arms, plural((unsigned long)comparisons->nr_arms),
	        comparisons->nr_workloads, plural((unsigned long)comparisons->nr_workloads), trials,
	        part, plural(part[0] ? results->nr_planned : trials), blocks, plural(blocks));
	sheet_line(sheet, "results", text);
	if (comparisons->nr_arms > 1)
		snprintf(text, sizeof(text), "%s", safe);
	else
		snprintf(text, sizeof(text), "%s (the only arm: nothing to compare it with)", safe);
	sheet_line(sheet, "baseline", text);
}

static void write_sessions(const struct results *results, struct sheet *sheet)
{
	int nr[NR_SIDES] = { 0 };
	char text[640];

	for (int i = 0; i < results->files.nr; i++) {
		nr[results->side[i]]++;
		if (!results->is_copy[i])
			continue;
		snprintf(text, sizeof(text), "%.300s holds only lines of the files before it",
		         names_at(&results->files, i));
		sheet_foreign_line(sheet, "same lines", text);
	}
	if (nr[SIDE_OLD] + nr[SIDE_NEW] == 0)
		return;
	snprintf(text, sizeof(text), "%d old, %d new", nr[SIDE_OLD], nr[SIDE_NEW]);
	if (results->session_spread > 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		         "; the spread between sessions is given as %.3g %%, not measured",
		         results->session_spread * 100);
	else if (nr[SIDE_SAME])
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		         "; the spread between sessions is learned from %d more", nr[SIDE_SAME]);
	sheet_line(sheet, "sessions", text);
}

static void write_machine(const struct results *results, struct sheet *sheet)
{
	CLEANUP(json_done) struct json_object *differ = hosts_differences(results);
	size_t nr = differ ? json_object_array_length(differ) : 0;
	char text[640];

	hosts_describe(results, text, sizeof(text));
	sheet_line(sheet, "machine", text);
	if (!nr)
		return;
	snprintf(text, sizeof(text),
	         "%s %d kinds of host in these results, which differ in", /* more may follow */
	         results->more_hosts ? "at least" : "there are", results->hosts.nr);
	for (size_t i = 0; i < nr; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s %s", i ? "," : "",
		         json_object_get_string(json_object_array_get_idx(differ, i)));
	}
	sheet_foreign_line(sheet, "HOSTS DIFFER", text);
}

void summary_accelerator(const struct results *results, int i, char *buf, size_t size)
{
	const char *qemu = names_at(&results->qemus, 0), *accel = names_at(&results->accels, i);

	/* "7.2.22 (Debian ...)": the package's own name is in the results */
	snprintf(buf, size, "%s%s%.*s%s%s", accel, *qemu ? " of QEMU " : "",
	         (int)strcspn(qemu, " "), qemu,
	         results->qemus.nr > 1 ? " (and other versions)" : "",
	         strcmp(accel, "tcg") ? ""
	                              : ": the guest's CPUs are emulated in software, which says "
	                                "nothing about KVM's speed");
}

static void write_accelerators(const struct results *results, struct sheet *sheet)
{
	for (int i = 0; i < results->accels.nr; i++) {
		char text[320];

		summary_accelerator(results, i, text, sizeof(text));
		sheet_foreign_line(sheet, "accelerator", text);
	}
}

static int find_figure(const struct results *results)
{
	return names_find(&results->figures, "observer_cost", strlen("observer_cost"));
}

/* What watching at a level took, of the trials that were watched so: their median, and why the others do not know. */
static const char *find_cost(const struct results *results, int level, double *cost, size_t *ret_nr)
{
	int figure = find_figure(results);
	/* older files have it as a share of 1 */
	double percent = figure >= 0 && !strcmp(results->figure[figure].unit, "1") ? 100 : 1;
	const char *why = "the lines do not say";

	*ret_nr = 0;
	for (size_t i = 0; i < results->nr_values; i++) {
		const struct result_value *value = &results->value[i];
		const struct result_trial *trial = &results->trial[value->trial];

		if (value->figure != figure || trial->observer != level || trial->duplicate)
			continue;
		if (isfinite(value->value))
			cost[(*ret_nr)++] = value->value * percent;
		else
			why = names_at(&results->reasons, value->why);
	}
	stats_sort(cost, *ret_nr);
	return why;
}

/* "deep, which took 0.4 % of the threads' CPU time, at most 0.6 %" */
static void say_level(const struct results *results, int level, double *cost, char *buf,
                      size_t size)
{
	const char *name = names_at(&results->observers, level);
	size_t nr;
	const char *why = find_cost(results, level, cost, &nr);

	if (!nr)
		snprintf(buf, size, "%.100s, whose cost is not known: %.160s", name, why);
	else if (cost[nr - 1] == 0)
		snprintf(buf, size, "%.100s, at no cost inside the window", name);
	else
		snprintf(buf, size,
		         "%.100s, which took %.2g %% of the threads' CPU time, at most %.2g %%",
		         name, stats_median(cost, nr), cost[nr - 1]);
}

static void cost_free(double **cost)
{
	free(*cost);
}

/* Who watches slows: where all watch alike that cancels out, where not it is a part of the difference. */
void summary_observers(const struct results *results, char *buf, size_t size)
{
	CLEANUP(cost_free) double *cost = calloc(results->nr_values + 1, sizeof(*cost));
	const struct names *levels = &results->observers;
	const bool is_known = find_figure(results) >= 0;

	buf[0] = '\0';
	for (int i = 0; cost && i < levels->nr; i++) {
		char text[320];

		say_level(results, i, cost, text, sizeof(text));
		if (strlen(buf) + strlen(text) + 200 > size)
			break;
		snprintf(buf + strlen(buf), size - strlen(buf), "%s%s", i ? "; " : "", text);
	}
	if (buf[0])
		snprintf(buf + strlen(buf), size - strlen(buf), "%s%s",
		         is_known ? " (figure observer_cost)" : "",
		         levels->nr > 1 ? ": trials watched more cost more, so differences between "
		                          "the levels are no difference of the arms"
		                        : "");
}

static void write_observers(const struct results *results, struct sheet *sheet)
{
	char text[800];

	summary_observers(results, text, sizeof(text));
	if (text[0])
		sheet_foreign_line(sheet, "observed by", text);
}

/* Each arm that could not run, with its first reason. */
static void write_refused(const struct results *results, const struct comparisons *comparisons,
                          struct sheet *sheet)
{
	for (int i = 0; i < comparisons->nr_arms; i++) {
		const struct result_trial *first = NULL;
		unsigned long nr = 0;
		char text[4096];

		for (size_t j = 0; j < results->nr_trials; j++) {
			const struct result_trial *trial = &results->trial[j];

			if (trial->arm != comparisons->arms[i] || trial->error < 0 ||
			    trial->duplicate)
				continue;
			first = first ? first : trial;
			nr++;
		}
		if (!first)
			continue;
		snprintf(text, sizeof(text), "%s: %s (%lu trial%s)",
		         names_at(&results->arms, comparisons->arms[i]),
		         names_at(&results->reasons, first->error), nr, plural(nr));
		sheet_foreign_line(sheet, "not run", text);
	}
}

/* The number of the most frequent warning that is not yet shown, or -1. */
static int next_warning(const struct results *results, unsigned long *left)
{
	int found = -1;

	for (int i = 0; i < results->warnings.nr; i++) {
		if (left[i] && (found < 0 || left[i] > left[found]))
			found = i;
	}
	return found;
}

static void counts_free(unsigned long **counts)
{
	free(*counts);
	*counts = NULL;
}

static void write_warnings(const struct results *results, struct sheet *sheet)
{
	CLEANUP(counts_free)
	unsigned long *left = malloc(sizeof(results->nr_warned));
	char text[1200];
	int nr = results->warnings.nr, shown = sheet->put_line ? nr : WARNINGS_SHOWN;

	if (!left)
		return;
	memcpy(left, results->nr_warned, sizeof(results->nr_warned));
	for (int i = 0; i < nr && i < shown; i++) {
		int at = next_warning(results, left);

		snprintf(text, sizeof(text), "%s (in %lu trial%s)",
		         names_at(&results->warnings, at), left[at], plural(left[at]));
		sheet_foreign_line(sheet,
		                   sheet->put_line ? "warning"
		                   : i             ? ""
		                   : nr == 1       ? "warning"
		                                   : "warnings",
		                   text);
		left[at] = 0;
	}
	if (nr > shown) {
		snprintf(text, sizeof(text),
		         "and %d other kinds: see `warnings` in the JSON report", nr - shown);
		sheet_line(sheet, "", text);
	}
}

static void add_count(char *text, size_t size, unsigned long nr, const char *what)
{
	size_t used = strlen(text);

	if (nr)
		snprintf(text + used, size - used, "%s %lu %s", used ? "," : "", nr, what);
}

static void write_skipped(const struct results *results, struct sheet *sheet)
{
	const struct results_skipped *s = &results->skipped;
	char kinds[300] = "", text[400];

	add_count(kinds, sizeof(kinds), s->torn, "torn at the end of a file");
	add_count(kinds, sizeof(kinds), s->broken, "broken");
	add_count(kinds, sizeof(kinds), s->foreign, "not qlaunch results");
	add_count(kinds, sizeof(kinds), s->version, "of another version");
	add_count(kinds, sizeof(kinds), s->too_long, "longer than 4 MiB");
	add_count(kinds, sizeof(kinds), s->over, "with too many names");
	add_count(kinds, sizeof(kinds), s->duplicates, "there twice");
	if (!kinds[0])
		return;
	snprintf(text, sizeof(text), "%lu line%s:%s", results_nr_skipped(results),
	         plural(results_nr_skipped(results)), kinds);
	sheet_line(sheet, "skipped", text);
}

#define PRIMARY_MAX 8 /* of a workload */

/* The workloads whose controls say the same; each is said once. */
struct said {
	char words[160], workloads[700];
	enum control_state state;
};

static void add_workload(struct said *said, const char *name)
{
	size_t used = strlen(said->workloads);

	if (used + strlen(name) + 8 > sizeof(said->workloads))
		name = "...";
	if (used < 4 || strcmp(said->workloads + used - 3, "..."))
		snprintf(said->workloads + used, sizeof(said->workloads) - used, "%s%.600s",
		         used ? ", " : "", name);
}

static size_t find_controls(const struct results *results, const struct comparisons *comparisons,
                            struct said *said, size_t room)
{
	size_t nr = 0;

	for (size_t i = 0; i < comparisons->nr; i++) {
		const struct comparison *c = &comparisons->list[i];
		size_t at = 0;
		char words[160];

		if (verdict_control_state(c) == CONTROL_NONE)
			continue;
		verdict_control_words(c, words, sizeof(words));
		while (at < nr && strcmp(said[at].words, words))
			at++;
		if (at == room)
			break;
		if (at == nr) {
			said[nr] = (struct said){ .state = verdict_control_state(c) };
			memcpy(said[nr++].words, words, sizeof(words));
		}
		add_workload(&said[at], names_at(&results->workloads, c->workload));
	}
	return nr;
}

static void said_free(struct said **said)
{
	free(*said);
}

/* What the verdicts beside such a control are worth. */
static const char *control_means(enum control_state state)
{
	if (state == CONTROL_DIFFERENT)
		return ": order, drift or noise makes such a difference here; only what lies "
		       "beyond it has a verdict";
	if (state == CONTROL_NOISY)
		return ": verdicts stand by their own tests, but nothing shows that order and "
		       "drift make no difference here";
	return "";
}

/* What the baseline's twin says about the machine: the same words as in its row. */
static void write_controls(const struct results *results, const struct comparisons *comparisons,
                           struct sheet *sheet)
{
	size_t room = (size_t)comparisons->nr_workloads * PRIMARY_MAX;
	CLEANUP(said_free) struct said *said = calloc(room + 1, sizeof(*said));
	size_t nr = said ? find_controls(results, comparisons, said, room) : 0;
	char text[1100];

	for (size_t i = 0; i < nr; i++) {
		snprintf(text, sizeof(text), "%s: %s%s", said[i].workloads, said[i].words,
		         control_means(said[i].state));
		sheet_foreign_line(sheet, "A/A control", text);
	}
}

static void write_outliers(const struct comparisons *comparisons, struct sheet *sheet)
{
	size_t nr = 0;
	char text[200];

	for (size_t i = 0; i < comparisons->nr; i++)
		nr += comparisons->list[i].primary ? comparisons->list[i].nr_outliers : 0;
	if (!nr)
		return;
	snprintf(
	        text, sizeof(text),
	        "%zu value%s of primary figures %s far from the rest (modified z above 3.5): kept; "
	        "which, see `outliers` in the JSON report",
	        nr, plural(nr), nr == 1 ? "is" : "are");
	sheet_line(sheet, "outliers", text);
}

void summary_write_conditions(const struct results *results, struct sheet *sheet)
{
	write_machine(results, sheet);
	write_accelerators(results, sheet);
	write_observers(results, sheet);
	write_warnings(results, sheet);
	write_skipped(results, sheet);
}

void summary_write(const struct results *results, const struct comparisons *comparisons,
                   struct sheet *sheet)
{
	char text[128];

	write_counts(results, comparisons, sheet);
	write_sessions(results, sheet);
	write_machine(results, sheet);
	write_accelerators(results, sheet);
	write_observers(results, sheet);
	write_refused(results, comparisons, sheet);
	if (results->nr_cut) {
		snprintf(text, sizeof(text), "%lu trial%s in which the guest had to be cut",
		         results->nr_cut, plural(results->nr_cut));
		sheet_line(sheet, "cut", text);
	}
	write_controls(results, comparisons, sheet);
	write_outliers(comparisons, sheet);
	write_warnings(results, sheet);
	write_skipped(results, sheet);
}

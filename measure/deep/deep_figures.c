/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deep_figures.c - sums per thread to figures per role.  Pure: knows no kernel. */
#include "deep_figures.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "deep.h"
#include "deep_hist.h"
#include "deep_reasons.h"
#include "figure.h"

enum source { WAKEUP, RUN_DELAY, DELAYED, OFF_CPU, DISPLACED };

#define UNSEEN_SHARE 0.01 /* where more of the waits are missing, /proc's sum is nearer */

#define DELAY   "run_delay_s"
#define MAXIMUM 0 /* instead of a percentile */

static const struct metric {
	const char *name, *unit;
	enum better better;
	enum source source;
	int which; /* percent, or the cause */
} metrics[] = {
	{ "wakeup_delay_p50_ns", "ns", BETTER_LOWER, WAKEUP, 50 },
	{ "wakeup_delay_p99_ns", "ns", BETTER_LOWER, WAKEUP, 99 },
	{ "wakeup_delay_max_ns", "ns", BETTER_LOWER, WAKEUP, MAXIMUM },
	{ "run_delay_p99_ns", "ns", BETTER_LOWER, RUN_DELAY, 99 },
	{ "run_delay_max_ns", "ns", BETTER_LOWER, RUN_DELAY, MAXIMUM },
	{ DELAY, "s", BETTER_NONE, DELAYED, 0 },
	{ "offcpu_preempted_s", "s", BETTER_NONE, OFF_CPU, DEEP_PREEMPTED },
	{ "rt_throttled_s", "s", BETTER_NONE, DISPLACED, 0 },
	{ "offcpu_halted_s", "s", BETTER_NONE, OFF_CPU, DEEP_HALTED },
	{ "offcpu_io_s", "s", BETTER_NONE, OFF_CPU, DEEP_IO },
	{ "offcpu_lock_s", "s", BETTER_NONE, OFF_CPU, DEEP_LOCK },
	{ "offcpu_condition_s", "s", BETTER_NONE, OFF_CPU, DEEP_CONDITION },
	{ "offcpu_other_s", "s", BETTER_NONE, OFF_CPU, DEEP_OTHER },
};

static void merge(struct deep_sums *into, const struct deep_sums *from)
{
	for (int i = 0; i < DEEP_CAUSES; i++)
		into->off_ns[i] += from->off_ns[i];
	into->run_delay_ns += from->run_delay_ns;
	into->displaced_ns += from->displaced_ns;
	if (from->run_delay_max_ns > into->run_delay_max_ns)
		into->run_delay_max_ns = from->run_delay_max_ns;
	if (from->wakeup_max_ns > into->wakeup_max_ns)
		into->wakeup_max_ns = from->wakeup_max_ns;
	deep_hist_merge(&into->run_delay, &from->run_delay);
	deep_hist_merge(&into->wakeup, &from->wakeup);
}

/* Without the exits nobody knows a halt from another sleep. */
static bool is_unseen(const struct metric *metric, const struct deep_reading *reading)
{
	return metric->source == OFF_CPU && metric->which == DEEP_HALTED &&
	       reading->why_no_exits[0];
}

static double off_cpu_s(const struct metric *metric, const struct deep_reading *reading,
                        const struct deep_sums *sums)
{
	uint64_t ns = sums->off_ns[metric->which];

	if (is_unseen(metric, reading))
		return NAN;
	/* the last one, which has not ended, may be known; the others are no less there */
	if (metric->which == DEEP_OTHER && reading->why_no_exits[0])
		ns += sums->off_ns[DEEP_HALTED];
	return (double)ns / 1e9;
}

static double value_of(const struct metric *metric, const struct deep_reading *reading,
                       const struct deep_sums *sums)
{
	const struct deep_hist *hist = metric->source == WAKEUP ? &sums->wakeup : &sums->run_delay;
	uint64_t max_ns = metric->source == WAKEUP ? sums->wakeup_max_ns : sums->run_delay_max_ns;

	if (metric->source == OFF_CPU)
		return off_cpu_s(metric, reading, sums);
	if (metric->source == DELAYED)
		return (double)sums->run_delay_ns / 1e9;
	if (metric->source == DISPLACED)
		return (double)sums->displaced_ns / 1e9;
	if (metric->which == MAXIMUM)
		return deep_hist_count(hist) ? (double)max_ns : NAN;
	return deep_hist_percentile_ns(hist, metric->which, max_ns);
}

static const struct deep_sums *sums_of(const struct deep_reading *reading, pid_t tid)
{
	static const struct deep_sums none;

	for (int i = 0; i < reading->nr_threads; i++) {
		if (reading->threads[i].tid == tid)
			return &reading->threads[i].thread.sums;
	}
	return &none; /* it never left its CPU, nor came */
}

static void say_why(const struct metric *metric, const struct deep_reading *reading,
                    const struct deep_sums *total, char *buf, size_t size)
{
	const struct deep_hist *hist = metric->source == WAKEUP ? &total->wakeup
	                                                        : &total->run_delay;

	if (reading->lost_threads)
		snprintf(
		        buf, size,
		        "more threads at once than there is room for: %llu events were not counted",
		        (unsigned long long)reading->lost_threads);
	else if (is_unseen(metric, reading))
		snprintf(buf, size, "%s%s", reading->why_no_exits,
		         reading->halts_unseen ? "; halts are in offcpu_other_s" : "");
	else
		snprintf(buf, size, "only %llu %s in the window",
		         (unsigned long long)deep_hist_count(hist),
		         metric->source == WAKEUP ? "wake-ups" : "waits");
}

static bool is_sum(const struct metric *metric)
{
	return metric->source >= DELAYED;
}

static bool has_name(const struct deep_name *names, int nr, pid_t tid)
{
	for (int i = 0; i < nr; i++) {
		if (names[i].tid == tid)
			return true;
	}
	return false;
}

static struct json_object *put_total(const struct metric *metric,
                                     const struct deep_reading *reading,
                                     const struct deep_sums *total, struct json_object *figures)
{
	double value = value_of(metric, reading, total);
	char why[280];

	say_why(metric, reading, total, why, sizeof(why));
	if (reading->lost_threads || !isfinite(value))
		return figure_none(figures, metric->name, metric->unit, metric->better, why);
	return figure_put(figures, metric->name, metric->unit, metric->better, value);
}

static void put_part(const struct metric *metric, const struct deep_reading *reading,
                     const struct deep_sums *sums, const char *key, struct json_object *figure)
{
	double value = value_of(metric, reading, sums);
	char why[80];

	if (is_unseen(metric, reading))
		return;
	snprintf(why, sizeof(why), "too few %s for it",
	         metric->source == WAKEUP ? "wake-ups" : "waits");
	figure_part(figure, key, value, why);
}

/* Of a role's threads together; the figures' parts in the order role totals, then threads. */
static void put_parts(const struct deep_reading *reading, const struct deep_name *names, int nr,
                      struct json_object **figure)
{
	for (int i = 0; i < nr; i++) {
		struct deep_sums sums = { 0 };

		if (names[i].is_foreign || !figure_is_first(names[0].role, sizeof(names[0]), i))
			continue;
		for (int j = i; j < nr; j++) {
			if (!strcmp(names[j].role, names[i].role))
				merge(&sums, sums_of(reading, names[j].tid));
		}
		for (size_t m = 0; m < ARRAY_SIZE(metrics); m++)
			put_part(&metrics[m], reading, &sums, names[i].role, figure[m]);
	}
	for (int i = 0; i < nr; i++) {
		const struct deep_sums *sums = sums_of(reading, names[i].tid);

		for (size_t m = 0; m < ARRAY_SIZE(metrics) && !names[i].is_foreign; m++)
			put_part(&metrics[m], reading, sums, names[i].key, figure[m]);
	}
}

/* Threads that ended inside the window, and those that nobody named. */
static void put_unattributed(const struct deep_reading *reading, const struct deep_name *names,
                             int nr, struct json_object **figure)
{
	struct deep_sums sums = { 0 };

	for (int i = 0; i < reading->nr_threads; i++) {
		if (!has_name(names, nr, reading->threads[i].tid))
			merge(&sums, &reading->threads[i].thread.sums);
	}
	for (size_t m = 0; m < ARRAY_SIZE(metrics); m++) {
		if (is_sum(&metrics[m]) && value_of(&metrics[m], reading, &sums) > 0)
			put_part(&metrics[m], reading, &sums, "unattributed", figure[m]);
	}
}

/* Kernel threads (vhost, kvm-pit) are no threads of the process: what /proc said of them stays. */
static void keep_foreign(struct json_object *before, const struct deep_name *names, int nr,
                         struct json_object *figure)
{
	double sum = json_object_get_double(json_object_object_get(figure, "value"));
	struct json_object *by = json_object_object_get(before, "by"), *part;

	for (int i = 0; i < nr; i++) {
		if (!names[i].is_foreign)
			continue;
		if (json_object_object_get_ex(by, names[i].role, &part) && part)
			figure_by(figure, names[i].role, json_object_get_double(part));
		if (!json_object_object_get_ex(by, names[i].key, &part) || !part)
			continue;
		figure_by(figure, names[i].key, json_object_get_double(part));
		sum += json_object_get_double(part);
	}
	json_object_object_add(figure, "value", json_object_new_double(sum));
}

static void put_histograms(const struct deep_sums *total, struct json_object *line)
{
	struct json_object *histograms;

	if (!json_object_object_get_ex(line, "histograms", &histograms)) {
		histograms = json_object_new_object();
		json_object_object_add(line, "histograms", histograms);
	}
	json_object_object_add(histograms, "wakeup_delay", deep_hist_json(&total->wakeup));
	json_object_object_add(histograms, "run_delay", deep_hist_json(&total->run_delay));
}

/* CLOCK_MONOTONIC: what a recording of another tool's has to be cut to before both are compared. */
static void put_window(const struct deep_reading *reading, struct json_object *line)
{
	struct json_object *window = json_object_new_array();

	json_object_array_add(window, json_object_new_int64(reading->start_ns));
	json_object_array_add(window, json_object_new_int64(reading->stop_ns));
	json_object_object_add(line, "deep_window_ns", window);
}

void deep_figures(const struct deep_reading *reading, const struct deep_name *names, int nr,
                  struct json_object *line)
{
	struct json_object *figures = json_object_object_get(line, "figures");
	const bool is_whole = !reading->lost_threads && deep_unseen_share(reading) <= UNSEEN_SHARE;
	struct json_object *figure[ARRAY_SIZE(metrics)];
	struct json_object *before = json_object_get(json_object_object_get(figures, DELAY));
	struct deep_sums total = { 0 };

	for (int i = 0; i < reading->nr_threads; i++)
		merge(&total, &reading->threads[i].thread.sums);
	for (size_t m = 0; m < ARRAY_SIZE(metrics); m++)
		figure[m] = put_total(&metrics[m], reading, &total, figures);
	put_parts(reading, names, nr, figure);
	put_unattributed(reading, names, nr, figure);
	if (before && !is_whole)
		json_object_object_add(figures, DELAY, json_object_get(before));
	else
		keep_foreign(before, names, nr, json_object_object_get(figures, DELAY));
	json_object_put(before);
	put_histograms(&total, line);
	put_window(reading, line);
	deep_preemptors(reading, names, nr, line);
	deep_reasons(reading, names, nr, line);
}

double deep_unseen_share(const struct deep_reading *reading)
{
	uint64_t seen = 0;

	for (int i = 0; i < reading->nr_threads; i++)
		seen += deep_hist_count(&reading->threads[i].thread.sums.run_delay);
	return reading->unseen ? (double)reading->unseen / (double)(seen + reading->unseen) : 0;
}

void deep_figures_none(const char *why, struct json_object *line)
{
	struct json_object *figures = json_object_object_get(line, "figures");

	for (size_t m = 0; m < ARRAY_SIZE(metrics); m++) {
		if (metrics[m].source != DELAYED) /* /proc has it */
			figure_none(figures, metrics[m].name, metrics[m].unit, metrics[m].better,
			            why);
	}
	deep_reasons_none(why, line);
}

void deep_reading_done(struct deep_reading *reading)
{
	free(reading->threads);
	free(reading->preemptors);
	free(reading->reasons);
	*reading = (struct deep_reading){ 0 };
}

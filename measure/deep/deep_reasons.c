/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deep_reasons.c - pairs of TID and number to names.  Pure: knows no kernel. */
#include "deep_reasons.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deep.h"
#include "deep_figures.h"
#include "deep_hist.h"
#include "exit_names.h"
#include "figure.h"
#include "text.h"

#define PREEMPTORS_SHOWN 10

static void key_of(const struct deep_name *names, int nr, unsigned int tid, char *buf, size_t size)
{
	for (int i = 0; i < nr; i++) {
		if (names[i].tid == (pid_t)tid) {
			snprintf(buf, size, "%s", names[i].key);
			return;
		}
	}
	snprintf(buf, size, "thread/%u", tid); /* it has ended */
}

static int by_time(const void *a, const void *b)
{
	const struct deep_preemptor *left = a, *right = b;

	if (left->what.ns != right->what.ns)
		return left->what.ns < right->what.ns ? 1 : -1;
	if (left->what.count != right->what.count)
		return left->what.count < right->what.count ? 1 : -1;
	return left->pair.preemptor < right->pair.preemptor ? -1 : 1;
}

static struct json_object *number(double value)
{
	return isfinite(value) ? json_object_new_double(value) : NULL;
}

static struct json_object *preemptor_row(const struct deep_preemptor *one,
                                         const struct deep_name *names, int nr)
{
	struct json_object *row = json_object_new_object();
	char comm[80], victim[48];

	text_escape(one->what.comm, strnlen(one->what.comm, sizeof(one->what.comm)), comm,
	            sizeof(comm));
	key_of(names, nr, one->pair.victim, victim, sizeof(victim));
	json_object_object_add(row, "comm", json_object_new_string(comm));
	json_object_object_add(row, "tid", json_object_new_int64(one->pair.preemptor));
	json_object_object_add(row, "count", json_object_new_uint64(one->what.count));
	json_object_object_add(row, "time_s", number((double)one->what.ns / 1e9));
	json_object_object_add(row, "victim", json_object_new_string(victim));
	return row;
}

/* What the list does not name: the pairs below its cut, and the preemptions that the map had no room for. */
static struct json_object *rest_of(const struct deep_reading *reading)
{
	struct json_object *rest = json_object_new_object();
	uint64_t count = 0, ns = 0;
	int nr = 0;

	for (int i = PREEMPTORS_SHOWN; i < reading->nr_preemptors; i++) {
		count += reading->preemptors[i].what.count;
		ns += reading->preemptors[i].what.ns;
		nr++;
	}
	json_object_object_add(rest, "pairs", json_object_new_int(nr));
	json_object_object_add(rest, "count", json_object_new_uint64(count));
	json_object_object_add(rest, "time_s", number((double)ns / 1e9));
	json_object_object_add(rest, "lost", json_object_new_uint64(reading->lost_preemptors));
	return rest;
}

void deep_preemptors(const struct deep_reading *reading, const struct deep_name *names, int nr,
                     struct json_object *line)
{
	struct json_object *list = json_object_new_array();

	qsort(reading->preemptors, (size_t)reading->nr_preemptors, sizeof(*reading->preemptors),
	      by_time);
	for (int i = 0; i < reading->nr_preemptors && i < PREEMPTORS_SHOWN; i++)
		json_object_array_add(list, preemptor_row(&reading->preemptors[i], names, nr));
	json_object_object_add(line, "preemptors", list);
	json_object_object_add(line, "preemptors_more", rest_of(reading));
}

/* What a reason is called; a number where the tables are older than the machine. */
static void name_of(const struct deep_exit_key *key, char *buf, size_t size)
{
	const char *name = exit_name(key->isa, key->reason);

	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "0x%x", key->reason);
}

static void merge(struct deep_exit *into, const struct deep_exit *from)
{
	into->count += from->count;
	into->ns += from->ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	deep_hist_merge(&into->time, &from->time);
}

/* The sum over all vCPUs of one reason, or (reason NULL) over all reasons of one thread (tid 0: of all). */
static struct deep_exit sum_up(const struct deep_reading *reading, const struct deep_exit_key *key,
                               unsigned int tid)
{
	struct deep_exit sum = { 0 };

	for (int i = 0; i < reading->nr_reasons; i++) {
		const struct deep_exit_key *other = &reading->reasons[i].key;

		if ((!key || (other->isa == key->isa && other->reason == key->reason)) &&
		    (!tid || other->tid == tid))
			merge(&sum, &reading->reasons[i].what);
	}
	return sum;
}

static struct json_object *reason_row(const struct deep_exit *exit, uint64_t all)
{
	double p50 = deep_hist_percentile_ns(&exit->time, 50, exit->max_ns),
	       p99 = deep_hist_percentile_ns(&exit->time, 99, exit->max_ns);
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "count", json_object_new_uint64(exit->count));
	json_object_object_add(row, "share", number((double)exit->count / (double)all));
	json_object_object_add(row, "total_s", number((double)exit->ns / 1e9));
	json_object_object_add(row, "p50_ns", number(p50));
	json_object_object_add(row, "p99_ns", number(p99));
	json_object_object_add(row, "max_ns", json_object_new_uint64(exit->max_ns));
	/* without their count, which stands beside it: reports number each reason once */
	if (!isfinite(p99))
		json_object_object_add(
		        row, "why",
		        json_object_new_string(isfinite(p50) ? "too few exits for a p99"
		                                             : "too few exits for percentiles"));
	return row;
}

static void put_reasons(const struct deep_reading *reading, const struct deep_name *names, int nr,
                        uint64_t all, struct json_object *line)
{
	struct json_object *reasons = json_object_new_object();

	for (int i = 0; i < reading->nr_reasons; i++) {
		const struct deep_exit_key *key = &reading->reasons[i].key;
		struct json_object *row, *by;
		struct deep_exit sum;
		char name[48], vcpu[48];

		name_of(key, name, sizeof(name));
		if (!json_object_object_get_ex(reasons, name, &row)) {
			sum = sum_up(reading, key, 0);
			row = reason_row(&sum, all);
			json_object_object_add(row, "by", json_object_new_object());
			json_object_object_add(reasons, name, row);
		}
		by = json_object_object_get(row, "by");
		key_of(names, nr, key->tid, vcpu, sizeof(vcpu));
		json_object_object_add(by, vcpu, reason_row(&reading->reasons[i].what, all));
	}
	json_object_object_add(line, "by_reason", reasons);
}

static void put_totals(const struct deep_reading *reading, const struct deep_name *names, int nr,
                       const struct deep_exit *all, struct json_object *figures)
{
	struct json_object *count = figure_put_count(figures, "vm_exits_traced", BETTER_NONE,
	                                             all->count);
	struct json_object *time = figure_put(figures, "vm_exit_time_s", "s", BETTER_NONE,
	                                      (double)all->ns / 1e9);

	for (int i = 0; i < nr; i++) {
		struct deep_exit one;

		if (strcmp(names[i].role, "vcpu"))
			continue;
		one = sum_up(reading, NULL, (unsigned int)names[i].tid);
		figure_by(count, names[i].key, (double)one.count);
		figure_by(time, names[i].key, (double)one.ns / 1e9);
	}
}

void deep_reasons_none(const char *why, struct json_object *line)
{
	struct json_object *figures = json_object_object_get(line, "figures");

	figure_none(figures, "vm_exits_traced", "1", BETTER_NONE, why);
	figure_none(figures, "vm_exit_time_s", "s", BETTER_NONE, why);
}

void deep_reasons(const struct deep_reading *reading, const struct deep_name *names, int nr,
                  struct json_object *line)
{
	struct deep_exit all = sum_up(reading, NULL, 0);
	char why[160];

	if (reading->why_no_exits[0]) {
		deep_reasons_none(reading->why_no_exits, line);
		return;
	}
	if (reading->lost_exits) {
		snprintf(why, sizeof(why),
		         "more than %d pairs of vCPU and reason: %llu exits were not counted",
		         DEEP_EXITS, (unsigned long long)reading->lost_exits);
		deep_reasons_none(why, line);
		return;
	}
	if (!all.count) {
		deep_reasons_none(
		        "the tracepoint kvm_exit stayed silent: no hardware KVM carries these vCPUs",
		        line);
		return;
	}
	put_totals(reading, names, nr, &all, json_object_object_get(line, "figures"));
	put_reasons(reading, names, nr, all.count, line);
}

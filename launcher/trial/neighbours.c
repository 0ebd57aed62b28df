/* SPDX-License-Identifier: GPL-2.0-or-later */
/* neighbours.c - joins the lines of several VMs, and sums up how they shared. */
#include "neighbours.h"

#include <json-c/json.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "catalog.h"
#include "claims.h"
#include "figure.h"
#include "json.h"
#include "result.h"
#include "text.h"

#define OVERLAP_GOOD 0.9 /* below it a warning */
#define OVERLAP_LEAST                                                                              \
	0.5 /* below it the VMs ran one after another: then their figures say nothing of sharing */

/* One figure of all VMs. */
struct over_all {
	const char *name, *unit;
	enum better better;
};

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(o, key, &value);
	return value;
}

static struct json_object *figure_of(const struct vm_part *part, const char *name)
{
	struct json_object *figures = member(part->line, "figures");

	return figures ? member(figures, name) : NULL;
}

static double value_of(const struct vm_part *part, const char *name)
{
	struct json_object *figure = figure_of(part, name);
	double value;

	if (!figure || json_get_double(figure, name, "value", &value, NULL))
		return NAN;
	return value;
}

static const char *text_of(struct json_object *figure, const char *key)
{
	struct json_object *value = figure ? member(figure, key) : NULL;

	return value ? json_object_get_string(value) : "";
}

/* How much of a timed part all VMs had in common. */
static double overlap_of(const struct vm_part *parts, int nr)
{
	int64_t first = parts[0].done_ns, last = first, load_ns = parts[0].load_ns;
	double overlap;

	for (int i = 1; i < nr; i++) {
		first = parts[i].done_ns < first ? parts[i].done_ns : first;
		last = parts[i].done_ns > last ? parts[i].done_ns : last;
		load_ns = parts[i].load_ns > load_ns ? parts[i].load_ns : load_ns;
	}
	overlap = 1 - (double)(last - first) / (double)load_ns;
	return overlap > 0 ? overlap : 0;
}

static const char *why_of(const struct vm_part *part, const char *primary)
{
	const char *why = primary ? text_of(figure_of(part, primary), "why") : "";

	return *why ? why : "not known";
}

static void put_parts(const struct vm_part *parts, int nr, const char *primary,
                      struct json_object *figure)
{
	for (int i = 0; i < nr; i++) {
		double value = primary ? value_of(&parts[i], primary) : parts[i].vcpu_s;
		char key[16];

		snprintf(key, sizeof(key), "vm%d", i);
		figure_part(figure, key, value, why_of(&parts[i], primary));
	}
}

/* Sum, least and most of the values; false where one is unknown, with the reason. */
struct spread {
	double sum, least, most;
};

static bool spread_of(const struct vm_part *parts, int nr, const char *primary, struct spread *ret,
                      char *why, size_t size)
{
	struct spread spread = { 0, INFINITY, -INFINITY };

	for (int i = 0; i < nr; i++) {
		double value = primary ? value_of(&parts[i], primary) : parts[i].vcpu_s;

		if (isnan(value)) {
			snprintf(why, size, "vm%d: %s", i, why_of(&parts[i], primary));
			return false;
		}
		spread.sum += value;
		spread.least = fmin(spread.least, value);
		spread.most = fmax(spread.most, value);
	}
	*ret = spread;
	return true;
}

static void put_shared(const struct over_all *what, const struct vm_part *parts, int nr,
                       const char *primary, double value, const char *why)
{
	struct json_object *figures = member(parts[0].line, "figures");
	struct json_object *figure = isfinite(value) ? figure_put(figures, what->name, what->unit,
	                                                          what->better, value)
	                                             : figure_none(figures, what->name, what->unit,
	                                                           what->better, why);

	put_parts(parts, nr, primary, figure);
}

/* Of the load's primary figure. */
static void put_primary(const struct vm_part *parts, int nr, const char *primary, double overlap)
{
	struct json_object *figure = figure_of(&parts[0], primary);
	bool higher = !strcmp(text_of(figure, "better"), "higher");
	const char *unit = text_of(figure, "unit");
	char total_name[64], worst_name[64], why[300] = "no VM did anything";
	const struct over_all total = { total_name, unit, BETTER_HIGHER };
	const struct over_all worst = { worst_name, unit, higher ? BETTER_HIGHER : BETTER_LOWER };
	const struct over_all fairness = { "vms_fairness", "1", BETTER_HIGHER };
	struct spread spread = { NAN, NAN, NAN };
	size_t len = strlen(unit);

	/* a name has one unit, whatever the load */
	snprintf(total_name, sizeof(total_name), "vms_total_%s", primary);
	snprintf(worst_name, sizeof(worst_name), "vms_worst_%s", primary);
	if (overlap < OVERLAP_LEAST)
		snprintf(why, sizeof(why),
		         "the VMs ran one after another: %.0f %% of their timed parts coincide",
		         overlap * 100);
	else
		(void)spread_of(parts, nr, primary, &spread, why, sizeof(why));
	if (len > 2 && !strcmp(unit + len - 2, "/s"))
		put_shared(&total, parts, nr, primary, spread.sum, why);
	put_shared(&worst, parts, nr, primary, higher ? spread.least : spread.most, why);
	put_shared(&fairness, parts, nr, primary,
	           spread.most > 0 ? spread.least / spread.most : NAN, why);
}

static void put_cpu(const struct vm_part *parts, int nr)
{
	static const struct over_all fairness = { "vms_cpu_fairness", "1", BETTER_HIGHER };
	struct spread spread = { NAN, NAN, NAN };
	char why[300] = "no VM ran";
	bool known = spread_of(parts, nr, NULL, &spread, why, sizeof(why));

	put_shared(&fairness, parts, nr, NULL,
	           known && spread.most > 0 ? spread.least / spread.most : NAN, why);
}

static void judge_overlap(const struct vm_part *parts, int nr, double overlap)
{
	bool last = true;

	for (int i = 1; i < nr; i++)
		last &= parts[i].done_ns < parts[0].done_ns;
	/* it got its CPUs when the others had done with them: what it then did, it did alone */
	if (overlap < OVERLAP_LEAST && last && nr > 1)
		claims_disown(parts[0].line, parts[0].nr_claimed,
		              "this VM was kept from its CPUs until its neighbours were done, and "
		              "then ran alone");
	if (overlap < OVERLAP_GOOD)
		result_warn(parts[0].line,
		            "the VMs' timed parts coincide to %.0f %% only: outside of it some ran "
		            "without the others",
		            overlap * 100);
}

static int64_t number_of(struct json_object *o, const char *key)
{
	struct json_object *value = member(o, key);

	return value ? json_object_get_int64(value) : -1;
}

/* A TID's name among the threads of all VMs, seen from one of them: "vcpu/1" its own, "vm2/vcpu/0" another's. */
static bool name_of(const struct vm_part *parts, int nr, int from, int64_t tid, char *buf,
                    size_t size)
{
	for (int i = 0; i < nr; i++) {
		struct json_object *threads = member(parts[i].line, "threads");
		size_t count = threads ? json_object_array_length(threads) : 0;

		for (size_t t = 0; t < count; t++) {
			struct json_object *thread = json_object_array_get_idx(threads, t);
			char vm[16] = "";

			if (number_of(thread, "tid") != tid)
				continue;
			if (i != from)
				snprintf(vm, sizeof(vm), "vm%d/", i);
			snprintf(buf, size, "%s%s/%d", vm, text_of(thread, "role"),
			         (int)number_of(thread, "index"));
			return true;
		}
	}
	return false;
}

/* All vCPUs are called the same by the kernel ("CPU 0/KVM"): whose it was that took the CPU says "thread". */
static void name_preemptors(const struct vm_part *parts, int nr)
{
	for (int i = 0; i < nr; i++) {
		struct json_object *list = member(parts[i].line, "preemptors");
		size_t count = list ? json_object_array_length(list) : 0;

		for (size_t p = 0; p < count; p++) {
			struct json_object *one = json_object_array_get_idx(list, p);
			char name[64];

			if (name_of(parts, nr, i, number_of(one, "tid"), name, sizeof(name)))
				json_object_object_add(one, "thread", json_object_new_string(name));
		}
	}
}

/* The first VM's threads carry its number too, so that nobody has to know which VM has none. */
static void join_threads(const struct vm_part *parts, int nr)
{
	struct json_object *all = member(parts[0].line, "threads");

	for (int i = 0; all && i < nr; i++) {
		struct json_object *theirs = member(parts[i].line, "threads");
		size_t count = theirs ? json_object_array_length(theirs) : 0;

		for (size_t t = 0; t < count; t++) {
			struct json_object *thread = json_object_array_get_idx(theirs, t);

			json_object_object_add(thread, "vm", json_object_new_int(i));
			if (i)
				json_object_array_add(all, json_object_get(thread));
		}
	}
}

static void join_warnings(const struct vm_part *parts, int nr)
{
	for (int i = 1; i < nr; i++) {
		struct json_object *theirs = member(parts[i].line, "warnings");
		size_t count = theirs ? json_object_array_length(theirs) : 0;

		for (size_t w = 0; w < count; w++)
			result_warn(parts[0].line, "vm%d: %s", i,
			            json_object_get_string(json_object_array_get_idx(theirs, w)));
	}
}

/* "vcpu/0" of a neighbour is "vm1/vcpu/0" beside the first VM's: single threads only, so that roles still add up. */
static void join_by(const struct vm_part *first, const struct vm_part *part, int vm)
{
	json_object_object_foreach(member(first->line, "figures"), name, figure) {
		struct json_object *theirs = figure_of(part, name);
		struct json_object *by = member(figure, "by");

		theirs = theirs ? member(theirs, "by") : NULL;
		if (!by || !theirs)
			continue;
		json_object_object_foreach(theirs, key, value) {
			char ours[64];

			snprintf(ours, sizeof(ours), "vm%d/%s", vm, key);
			if (strchr(key, '/'))
				json_object_object_add(by, ours, json_object_get(value));
		}
	}
}

/* All that is left of a neighbour's line. */
static struct json_object *neighbour_of(struct json_object *line, int vm)
{
	static const char *const known[] = { "arm",       "workload", "block",   "repeat",
		                             "arm_order", "warnings", "threads", "vm" };
	struct json_object *ret = json_object_new_object();

	json_object_object_add(ret, "vm", json_object_new_int(vm));
	json_object_object_foreach(line, key, value) {
		bool is_known = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			is_known |= !strcmp(key, known[i]);
		if (!is_known)
			json_object_object_add(ret, key, json_object_get(value));
	}
	return ret;
}

void neighbours_join(const struct vm_part *parts, int nr, const char *workload)
{
	static const struct over_all overlap_figure = { "vms_overlap", "1", BETTER_NONE };
	const char *primary = workload_find(workload)->primary;
	double overlap = overlap_of(parts, nr);
	struct json_object *neighbours = json_object_new_array();

	for (int i = 1; i < nr; i++) {
		join_by(&parts[0], &parts[i], i);
		json_object_array_add(neighbours, neighbour_of(parts[i].line, i));
	}
	name_preemptors(parts, nr);
	join_threads(parts, nr);
	join_warnings(parts, nr);
	put_primary(parts, nr, primary, overlap);
	put_cpu(parts, nr);
	figure_put(member(parts[0].line, "figures"), overlap_figure.name, overlap_figure.unit,
	           overlap_figure.better, overlap);
	judge_overlap(parts, nr, overlap);
	json_object_object_add(parts[0].line, "neighbours", neighbours);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_reasons.c - a row a reason, with its vCPUs in "by"; a row a preemptor and victim. */
#include "json_reasons.h"

#include <json-c/json.h>

#include "compare.h"
#include "json_add.h"

static void add_numbers(struct json_object *o, const struct reason_sum *sum)
{
	json_add_number(o, "count", sum->count);
	json_add_number(o, "share", sum->share);
	json_add_number(o, "time_s", sum->seconds);
	json_add_number(o, "mean_s", sum->mean_s);
}

static void add_percentiles(struct json_object *o, const struct reason_sum *sum)
{
	json_add_number(o, "p50_ns", sum->p50_ns);
	json_add_number(o, "p99_ns", sum->p99_ns);
	json_add_number(o, "max_ns", sum->max_ns);
	if (sum->why)
		json_add_text(o, "why", sum->why);
}

static struct json_object *by_vcpu(const struct reason_sum *sum)
{
	struct json_object *by = json_object_new_object();

	for (size_t i = 0; i < sum->nr_by; i++) {
		struct json_object *o = json_object_new_object();

		add_numbers(o, &sum->by[i]);
		add_percentiles(o, &sum->by[i]);
		json_object_object_add(by, sum->by[i].of, o);
	}
	return by;
}

static struct json_object *row(const struct results *results, const struct reason_group *group,
                               const struct reason_sum *sum)
{
	struct json_object *o = json_object_new_object();

	json_add_text(o, "arm", names_at(&results->arms, group->arm));
	json_add_text(o, "workload", names_at(&results->workloads, group->workload));
	json_add_count(o, "trials", group->trials);
	json_add_text(o, group->kind == REASON_EXIT ? "reason" : "name", sum->name);
	if (group->kind == REASON_PREEMPTOR) {
		json_object_object_add(o, "tid", sum->tid ? json_object_new_int(sum->tid) : NULL);
		json_object_object_add(o, "victim",
		                       sum->of[0] ? json_object_new_string(sum->of) : NULL);
	}
	add_numbers(o, sum);
	if (group->kind == REASON_EXIT) {
		add_percentiles(o, sum);
		json_object_object_add(o, "by", by_vcpu(sum));
	}
	return o;
}

struct json_object *json_reasons(const struct results *results,
                                 const struct comparisons *comparisons, enum reason_kind kind)
{
	const struct reason_sums *sums = &comparisons->reasons;
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < sums->nr; i++) {
		const struct reason_group *group = &sums->group[i];

		for (size_t j = 0; group->kind == kind && j < group->nr; j++)
			json_object_array_add(list, row(results, group, &group->sum[j]));
	}
	return list;
}

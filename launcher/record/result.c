/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result.c - builds result lines. */
#include "result.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "knobs.h"
#include "placement.h"
#include "plan.h"
#include "spec.h"
#include "text.h"

static struct json_object *time_now(void)
{
	char text[64];
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03ldZ", now.tv_nsec / 1000000);
	return json_object_new_string(text);
}

struct json_object *result_new(struct json_object *host, const struct result_key *key,
                               const struct spec *spec)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "schema", json_object_new_string("qlaunch.result/1"));
	json_object_object_add(line, "qlaunch", json_object_new_string(QLAUNCH_VERSION));
	json_object_object_add(line, "arm", json_object_new_string(key->arm));
	json_object_object_add(line, "workload", json_object_new_string(key->workload));
	json_object_object_add(line, "block", json_object_new_int(key->block));
	json_object_object_add(line, "repeat", json_object_new_int(key->repeat));
	json_object_object_add(line, "order", json_object_new_int(key->order));
	json_object_object_add(line, "seed", json_object_new_uint64(key->seed));
	if (key->baseline)
		json_object_object_add(line, "baseline", json_object_new_string(key->baseline));
	json_object_object_add(line, "arm_order", json_object_new_int(key->arm_order));
	json_object_object_add(line, "boot_group", json_object_new_int(key->boot_group));
	if (key->control_of)
		json_object_object_add(line, "control_of", json_object_new_string(key->control_of));
	if (key->primary)
		json_object_object_add(line, "primary", json_object_new_string(key->primary));
	json_object_object_add(line, "started", time_now());
	json_object_object_add(line, "spec", spec_to_json(spec));
	json_object_object_add(line, "host", json_object_get(host));
	json_object_object_add(line, "warnings", json_object_new_array());
	return line;
}

void result_plan(struct json_object *line, const struct plan *plan, enum cache cache)
{
	struct spec decided = { .vcpus = plan->vcpus,
		                .cpu = plan->cpu,
		                .machine = plan->machine,
		                .iothreads = plan->iothreads,
		                .aio = plan->aio,
		                .cache = cache,
		                .queues = plan->queues };
	static const char *const names[] = { "vcpus", "cpu",   "machine", "iothreads",
		                             "aio",   "cache", "queues" };
	struct json_object *spec;

	for (int i = 0; i < plan->nr_pin_notes; i++)
		result_warn(line, "%s", plan->note[plan->first_pin_note + i]);
	if (!json_object_object_get_ex(line, "spec", &spec))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct knob *knob = knob_find(names[i]);
		char text[300];

		if (!plan->guest && knob->only_guest)
			continue;
		knob_format(knob, &decided, text, sizeof(text));
		if (text[0])
			json_object_object_add(spec, knob->name, json_object_new_string(text));
	}
}

static struct json_object *place_json(bool has_cpus, const struct cpuset *cpus, bool has_policy,
                                      const struct policy *policy)
{
	struct json_object *place = json_object_new_object();
	char text[512];

	if (has_cpus)
		cpuset_format(cpus, text, sizeof(text));
	json_object_object_add(place, "cpus", has_cpus ? json_object_new_string(text) : NULL);
	if (has_policy)
		policy_format(policy, text, sizeof(text));
	json_object_object_add(place, "policy", has_policy ? json_object_new_string(text) : NULL);
	return place;
}

/* "inherited" where nothing was asked for, null where the plan says nothing. */
static struct json_object *want_json(const struct placed *row)
{
	struct json_object *want = place_json(row->has_cpus, &row->want_cpus, row->has_policy,
	                                      &row->want_policy);

	if (row->has_cpus && row->cpus_inherited)
		json_object_object_add(want, "cpus", json_object_new_string("inherited"));
	if (row->has_policy && row->policy_inherited)
		json_object_object_add(want, "policy", json_object_new_string("inherited"));
	return want;
}

void result_threads(struct json_object *line, const struct placed *placed, int nr)
{
	struct json_object *threads = json_object_new_array();

	for (int i = 0; i < nr; i++) {
		const struct placed *row = &placed[i];
		struct json_object *thread = json_object_new_object();
		char name[160];

		text_escape(row->thread.name, strlen(row->thread.name), name, sizeof(name));
		json_object_object_add(thread, "tid", json_object_new_int(row->thread.tid));
		json_object_object_add(thread, "role",
		                       json_object_new_string(role_name(row->thread.role)));
		json_object_object_add(thread, "index", json_object_new_int(row->thread.index));
		json_object_object_add(thread, "name", json_object_new_string(name));
		json_object_object_add(thread, "want", want_json(row));
		json_object_object_add(
		        thread, "got",
		        place_json(row->alive, &row->got_cpus, row->alive, &row->got_policy));
		json_object_object_add(thread, "stray", json_object_new_boolean(row->stray));
		json_object_array_add(threads, thread);
	}
	json_object_object_add(line, "threads", threads);
}

void placed_free(struct placed **placed)
{
	free(*placed);
	*placed = NULL;
}

void result_warn(struct json_object *line, const char *fmt, ...)
{
	struct json_object *warnings;
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (json_object_object_get_ex(line, "warnings", &warnings))
		json_object_array_add(warnings, json_object_new_string(text));
}

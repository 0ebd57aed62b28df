/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hosts.c - host records compared key by key.  Knows the two keys it prints, no other. */
#include "hosts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "err.h"
#include "json.h"
#include "results.h"
#include "text.h"

struct json_object *hosts_at(const struct results *results, int i)
{
	const char *text = names_at(&results->hosts, i);
	struct json_object *host = NULL;

	return *text && !json_parse(text, strlen(text), &host, NULL) ? host : NULL;
}

struct json_object *hosts_first(const struct results *results)
{
	return hosts_at(results, 0);
}

void hosts_describe(const struct results *results, char *buf, size_t size)
{
	CLEANUP(json_done) struct json_object *host = hosts_first(results);
	const char *model = NULL, *kernel = NULL;
	char text[400];
	int64_t cpus = 0;

	if (json_get_string(host, "", "cpu_model", &model, NULL))
		model = "CPU not recorded";
	if (json_get_string(host, "", "kernel", &kernel, NULL))
		kernel = "(not recorded)";
	if (json_get_i64(host, "", "cpus", 1, INT32_MAX, &cpus, NULL))
		snprintf(text, sizeof(text), "%.200s, Linux %.100s", model, kernel);
	else
		snprintf(text, sizeof(text), "%.200s, %d CPU%s, Linux %.100s", model, (int)cpus,
		         cpus == 1 ? "" : "s", kernel);
	text_escape(text, strlen(text), buf, size);
}

static void add_once(struct json_object *list, const char *key)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		if (!strcmp(json_object_get_string(json_object_array_get_idx(list, i)), key))
			return;
	}
	json_object_array_add(list, json_object_new_string(key));
}

/* Keys of a that b has not, or not so. */
static void add_differences(struct json_object *a, struct json_object *b, struct json_object *list)
{
	if (!json_object_is_type(a, json_type_object) ||
	    !json_object_is_type(b, json_type_object)) {
		add_once(list, "host");
		return;
	}
	json_object_object_foreach(a, key, value) {
		struct json_object *other = NULL;

		/* a login's or a job's path is another one each time; its limits are what matters */
		if (!strcmp(key, "cgroup"))
			continue;
		if (!json_object_object_get_ex(b, key, &other) || !json_object_equal(value, other))
			add_once(list, key);
	}
}

struct json_object *hosts_differences(const struct results *results)
{
	CLEANUP(json_done) struct json_object *first = hosts_first(results);
	struct json_object *list = json_object_new_array();

	for (int i = 1; list && i < results->hosts.nr; i++) {
		CLEANUP(json_done) struct json_object *other = hosts_at(results, i);

		add_differences(first, other, list);
		add_differences(other, first, list);
	}
	return list;
}

/* What stays when the same machine boots another kernel. */
static bool same_machine(struct json_object *a, struct json_object *b)
{
	static const char *const keys[] = { "name", "cpu_model", "cpus" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct json_object *of_a = NULL, *of_b = NULL;

		json_object_object_get_ex(a, keys[i], &of_a);
		json_object_object_get_ex(b, keys[i], &of_b);
		if (!json_object_equal(of_a, of_b))
			return false;
	}
	return true;
}

/* The first host that is the same machine. */
static int machine_of(const struct results *results, int host)
{
	CLEANUP(json_done) struct json_object *here = hosts_at(results, host);

	for (int i = 0; i < host; i++) {
		CLEANUP(json_done) struct json_object *other = hosts_at(results, i);

		if (same_machine(here, other))
			return i;
	}
	return host;
}

void hosts_set_machines(struct results *results)
{
	int machine[RESULTS_HOSTS_MAX];

	for (int i = 0; i < results->hosts.nr; i++)
		machine[i] = machine_of(results, i);
	for (size_t i = 0; i < results->nr_trials; i++) {
		int host = results->trial[i].host;

		results->trial[i].machine = (int16_t)(host < 0 ? -1 : machine[host]);
	}
}

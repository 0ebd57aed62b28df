/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_specs.c - the specs of an arm's lines against each other, knob by knob.  Knows three knobs by name. */
#include "result_specs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "result_notes.h"
#include "result_parts.h"
#include "results.h"

/* One arm while its trials pass by. */
struct watch {
	struct results *results;
	int arm;
	int first[RESULTS_FILES_MAX]; /* spec of each file's first line of this workload, -1 */
	int a, b;                     /* the last two that were compared */
	bool differ;                  /* they did */
	struct json_object *knobs;    /* in which, over the whole arm */
	unsigned long nr_lines;
};

int result_note_spec(struct results *results, struct json_object *spec, int *ret_id)
{
	size_t len;
	const char *text = spec ? part_json(spec, &len) : "";
	int rc;

	*ret_id = -1;
	if (!spec)
		return 0;
	if (!text)
		return -ENOMEM;
	rc = names_add(&results->specs, text, len);
	*ret_id = rc < 0 ? -1 : rc;
	return rc == -ENOMEM ? rc : 0;
}

/* How a run was watched over says nothing about what it measured. */
static bool matters(const char *knob)
{
	return strcmp(knob, "hold") != 0 && strcmp(knob, "dry-run") != 0 &&
	       strcmp(knob, "qmp-timeout") != 0;
}

/* Knobs of a that b has not, or not so, as keys of the set. */
static void add_differences(struct json_object *a, struct json_object *b, struct json_object *set)
{
	json_object_object_foreach(a, knob, value) {
		struct json_object *other = NULL;

		if (matters(knob) && (!json_object_object_get_ex(b, knob, &other) ||
		                      !json_object_equal(value, other)))
			json_object_object_add(set, knob, NULL);
	}
}

static int compare(struct watch *watch, int a, int b)
{
	CLEANUP(json_done) struct json_object *one = NULL;
	CLEANUP(json_done) struct json_object *two = NULL;
	CLEANUP(json_done) struct json_object *set = json_object_new_object();
	const char *text_a = names_at(&watch->results->specs, a),
	           *text_b = names_at(&watch->results->specs, b);

	watch->a = a;
	watch->b = b;
	watch->differ = false;
	if (!set)
		return -ENOMEM;
	if (json_parse(text_a, strlen(text_a), &one, NULL) ||
	    json_parse(text_b, strlen(text_b), &two, NULL) ||
	    !json_object_is_type(one, json_type_object) ||
	    !json_object_is_type(two, json_type_object))
		return 0;
	add_differences(one, two, set);
	add_differences(two, one, set);
	json_object_object_foreach(set, knob, ignored) {
		(void)ignored;
		watch->differ = true;
		json_object_object_add(watch->knobs, knob, NULL);
	}
	return 0;
}

/* QEMU's own options are no knob. */
static bool is_words(const char *key)
{
	return !strcmp(key, "qemu-args");
}

/* The arm's warning; then the next arm begins. */
static int close_arm(struct watch *watch)
{
	struct results *results = watch->results;
	char text[512];
	int used, head;

	head = used = snprintf(text, sizeof(text), "the lines of arm '%.200s' differ in",
	                       names_at(&results->arms, watch->arm));
	json_object_object_foreach(watch->knobs, knob, ignored) {
		(void)ignored;
		if ((size_t)used < sizeof(text))
			used += snprintf(text + used, sizeof(text) - (size_t)used, "%s %s%.40s",
			                 used == head ? "" : ",", is_words(knob) ? "" : "--",
			                 is_words(knob) ? "the words after --" : knob);
	}
	json_done(&watch->knobs);
	if (!watch->nr_lines)
		return 0;
	return result_note_warning(results, text, text, watch->nr_lines);
}

static int look_at(struct watch *watch, const struct result_trial *trial)
{
	int *first = &watch->first[trial->file % RESULTS_FILES_MAX], rc = 0;

	if (trial->spec < 0 || trial->duplicate)
		return 0;
	if (*first < 0)
		*first = trial->spec;
	if (*first == trial->spec)
		return 0;
	if (watch->a != *first || watch->b != trial->spec)
		rc = compare(watch, *first, trial->spec);
	watch->nr_lines += watch->differ;
	return rc;
}

int result_specs_compare(struct results *results, struct result_trial *const *list, size_t nr)
{
	struct watch watch = { .results = results };
	int rc = 0;

	for (size_t i = 0; i < nr && !rc; i++) {
		bool new_arm = !i || list[i]->arm != list[i - 1]->arm;

		if (new_arm) {
			watch.arm = list[i]->arm;
			watch.nr_lines = 0;
			watch.knobs = json_object_new_object();
		}
		if (!watch.knobs)
			return -ENOMEM;
		if (new_arm || list[i]->workload != list[i - 1]->workload) {
			memset(watch.first, 0xff, sizeof(watch.first));
			watch.a = watch.b = -1;
		}
		rc = look_at(&watch, list[i]);
		if (i + 1 == nr || list[i + 1]->arm != list[i]->arm || rc)
			rc = close_arm(&watch) ? -ENOMEM : rc;
	}
	return rc;
}

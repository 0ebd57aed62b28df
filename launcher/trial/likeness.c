/* SPDX-License-Identifier: GPL-2.0-or-later */
/* likeness.c - compares what loads had.  Knows of loads only which words are no settings. */
#include "likeness.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "result.h"

/* What comes out of a trial, or is only read; all else is what the load was given. */
static bool is_outcome(const char *name)
{
	return !strcmp(name, "saturated") || !strcmp(name, "caches_seen");
}

static bool is_word(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ||
	       json_object_is_type(value, json_type_boolean);
}

/* Knobs whose arms are meant to differ in their engines. */
static void format_kind(struct json_object *line, char *buf, size_t size)
{
	static const char *const told[] = { "rate", "direct", "iopoll", "sqpoll" };
	struct json_object *spec = json_object_object_get(line, "spec");
	size_t used = (size_t)snprintf(
	        buf, size, "%s", json_object_get_string(json_object_object_get(line, "workload")));

	for (size_t i = 0; i < ARRAY_SIZE(told) && used < size; i++) {
		const char *value = json_object_get_string(json_object_object_get(spec, told[i]));

		used += (size_t)snprintf(buf + used, size - used, " %.60s", value ? value : "");
	}
}

static void add_difference(char *text, size_t size, const char *name, struct json_object *had,
                           struct json_object *other)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%.32s '%.60s' instead of '%.60s'", used ? ", " : "",
	         name, json_object_get_string(had), json_object_get_string(other));
}

static void compare(struct json_object *first, struct json_object *line)
{
	struct json_object *engine = json_object_object_get(line, "engine");
	struct json_object *other = json_object_object_get(first, "engine");
	char text[600] = "";

	json_object_object_foreach(engine, name, had) {
		struct json_object *there;

		if (is_word(had) && !is_outcome(name) &&
		    json_object_object_get_ex(other, name, &there) &&
		    !json_object_equal(had, there))
			add_difference(text, sizeof(text), name, had, there);
	}
	if (text[0])
		result_warn(line,
		            "the configurations' workloads are not alike: here %s as in '%.100s'; "
		            "part of the difference may come from the workload itself: run both "
		            "with the same kernel and rights to compare the configurations alone",
		            text, json_object_get_string(json_object_object_get(first, "arm")));
}

/* The first of its kind, or NULL. */
static struct json_object *first_of(struct json_object *seen, const char *kind)
{
	struct json_object *first = NULL;

	json_object_object_get_ex(seen, kind, &first);
	return first;
}

void likeness_learn(struct json_object **seen, struct json_object *line)
{
	struct json_object *engine = json_object_object_get(line, "engine"), *first, *arm;
	char kind[320];

	format_kind(line, kind, sizeof(kind));
	if (!engine || first_of(*seen, kind))
		return;
	if (!*seen)
		*seen = json_object_new_object();
	first = json_object_new_object();
	/* an A/A control is the baseline under another name */
	arm = json_object_object_get(line, json_has(line, "control_of") ? "control_of" : "arm");
	json_object_object_add(first, "arm", json_object_get(arm));
	json_object_object_add(first, "engine", json_object_get(engine));
	json_object_object_add(*seen, kind, first);
}

void likeness_note(struct json_object **seen, struct json_object *line)
{
	struct json_object *first;
	char kind[320];

	format_kind(line, kind, sizeof(kind));
	first = first_of(*seen, kind);
	if (first && json_has(line, "engine"))
		compare(first, line);
	likeness_learn(seen, line);
}

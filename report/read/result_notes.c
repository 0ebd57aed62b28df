/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_notes.c - host, VM and warnings of a line, each kept once. */
#include "result_notes.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "result_parts.h"
#include "results.h"

/* As JSON without blanks, which do not make another machine. */
int result_note_host(struct results *results, struct json_object *host, int *ret_id)
{
	size_t len;
	const char *text = host ? part_json(host, &len) : "";
	int rc;

	*ret_id = -1;
	if (!host)
		return 0;
	if (!text)
		return -ENOMEM;
	rc = names_add(&results->hosts, text, len);
	results->more_hosts += rc == -E2BIG;
	*ret_id = rc < 0 ? -1 : rc;
	return rc == -ENOMEM ? rc : 0;
}

/* Adds text to a list of things that are only shown: past its limit there is nothing to be done.  ret: its number, or
 * -1. */
static int add_shown(struct names *names, const char *text, int16_t *ret)
{
	int rc = text[0] ? names_add(names, text, strlen(text)) : -ENOENT;

	*ret = (int16_t)(rc < 0 ? -1 : rc);
	return rc == -ENOMEM ? rc : 0;
}

int result_note_vm(struct results *results, struct json_object *vm, int16_t *ret_accel)
{
	char text[64];
	int16_t unused;

	part_member(vm, "accel", text, sizeof(text));
	if (add_shown(&results->accels, text, ret_accel))
		return -ENOMEM;
	part_member(vm, "qemu", text, sizeof(text));
	return add_shown(&results->qemus, text, &unused);
}

static bool is_whole(int n, size_t size)
{
	return n > 0 && (size_t)n < size;
}

int result_note_observer(struct results *results, struct json_object *level,
                         struct json_object *asked, struct json_object *trace, int16_t *ret_level)
{
	char seen[64], wanted[64], text[200] = "";
	double events;

	if (is_whole(part_text(level, seen, sizeof(seen)), sizeof(seen)))
		snprintf(text, sizeof(text), "%s%s", seen,
		         part_member_whole(trace, "events", 0, 1e18, &events) ? "" : " + trace");
	if (text[0] && is_whole(part_text(asked, wanted, sizeof(wanted)), sizeof(wanted)))
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		         " (%s was asked for, and could not watch)", wanted);
	return add_shown(&results->observers, text, ret_level);
}

/* The least that any of the sweeps plans. */
static void note_least(struct json_object *planned, const char *name, int *least)
{
	double nr;

	if (!part_member_whole(planned, name, 1, INT_MAX, &nr) && (!*least || nr < *least))
		*least = (int)nr;
}

int result_note_planned(struct results *results, struct json_object *seed,
                        struct json_object *design, struct json_object *planned)
{
	int nr = results->designs.nr, rc, len;
	double trials, looks;
	char key[128];

	if (part_member_whole(planned, "trials", 1, INT_MAX, &trials) || !seed || !design)
		return 0;
	len = snprintf(key, sizeof(key), "%s %s", json_object_to_json_string(seed),
	               json_object_to_json_string(design));
	if ((size_t)len >= sizeof(key))
		return 0;
	rc = names_add(&results->designs, key, strlen(key));
	if (results->designs.nr > nr) {
		results->nr_planned += (unsigned long)trials;
		note_least(planned, "repeats", &results->planned_repeats);
		note_least(planned, "boots", &results->planned_boots);
		if (!part_member_whole(planned, "looks", 1, INT_MAX, &looks) &&
		    looks > results->planned_looks)
			results->planned_looks = (int)looks;
	}
	return rc == -ENOMEM ? rc : 0;
}

int result_note_warning(struct results *results, const char *kind, const char *text,
                        unsigned long nr_lines)
{
	int nr = results->warning_kinds.nr;
	int id = names_add(&results->warning_kinds, kind, strlen(kind));

	if (id == nr && names_add(&results->warnings, text, strlen(text)) != id)
		return -ENOMEM;
	if (id >= 0)
		results->nr_warned[id] += nr_lines;
	return id == -ENOMEM ? id : 0;
}

/* Warnings that differ only in their numbers are one kind; the first stands for it. */
static int add_warning(struct results *results, struct json_object *string)
{
	char text[1024], kind[sizeof(text)];
	const size_t room = sizeof(text) - strlen("...");
	size_t used = 0;
	int n = part_text(string, text, room);

	if (n < 0)
		return 0;
	if ((size_t)n >= room)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "...");
	for (const char *at = text; *at; at++) {
		if (!isdigit((unsigned char)*at))
			kind[used++] = *at;
	}
	kind[used] = '\0';
	return result_note_warning(results, kind, text, 1);
}

int result_note_warnings(struct results *results, struct json_object *warnings)
{
	size_t nr = part_is_array(warnings) ? json_object_array_length(warnings) : 0;

	for (size_t i = 0; i < nr; i++) {
		if (add_warning(results, json_object_array_get_idx(warnings, i)))
			return -ENOMEM;
	}
	return 0;
}

int result_note_cut(struct results *results)
{
	static const char *const texts[] = {
		[REASON_EXIT] =
		        "more reasons of exits than a report reads: the last ones are left out, "
		        "and shares are of those that are there",
		[REASON_PREEMPTOR] =
		        "more names of preemptors than a report reads: the last ones are "
		        "among '" REASONS_REST "'",
	};

	for (size_t kind = 0; kind < sizeof(texts) / sizeof(texts[0]); kind++) {
		unsigned long nr = results->reason_rows.nr_cut[kind];

		if (nr && result_note_warning(results, texts[kind], texts[kind], nr))
			return -ENOMEM;
	}
	return 0;
}

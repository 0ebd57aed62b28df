/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events.c - a list of events in perf's spelling.  Opens nothing. */
#include "events.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figure.h"
#include "text.h"

/* perf's rule: a level that is named excludes those that are not; nothing named excludes nothing. */
static int set_modifiers(const char *text, struct event *event, struct err *err)
{
	static const char known[] = "ukhGH";

	if (!*text || text[strspn(text, known)])
		return err_set(err, EINVAL,
		               "':%.16s' is no modifier here (u, k, h: level; G, H: guest, host)",
		               text);
	if (strpbrk(text, "ukh")) {
		event->no_user = !strchr(text, 'u');
		event->no_kernel = !strchr(text, 'k');
		event->no_hv = !strchr(text, 'h');
	}
	if (strpbrk(text, "GH")) {
		event->no_guest = !strchr(text, 'G');
		event->no_host = !strchr(text, 'H');
	}
	if (event_needs_kernel(event) && event->no_kernel)
		return err_set(err, EINVAL,
		               "counts in the kernel: without the kernel's part it would read 0");
	if (event->no_host && event_is_software(event))
		return err_set(err, EINVAL,
		               "is counted by the kernel, which has no guest mode: 'G' would count "
		               "all of it");
	event->only_vcpus = event->no_host;
	return 0;
}

static int set_raw(const char *digits, struct event *event)
{
	char *end;

	if (!*digits || strlen(digits) > 16 || digits[strspn(digits, "0123456789abcdefABCDEF")])
		return -EINVAL;
	event->type = PERF_TYPE_RAW;
	event->config = strtoull(digits, &end, 16);
	return *end ? -EINVAL : 0;
}

/* "cpu/event=1/u": the slashes go, what follows is modifiers, also without a colon. */
static int set_pmu(char *text, const char *sysfs, struct event *event, struct err *err)
{
	char *terms = strchr(text, '/'), *end;
	int rc;

	*terms++ = '\0';
	end = strchr(terms, '/');
	if (!end)
		return err_set(err, EINVAL, "the second '/' is missing");
	*end++ = '\0';
	rc = event_pmu_parse(sysfs, text, terms, event, err);
	if (rc || !*end)
		return rc;
	return set_modifiers(end + (*end == ':'), event, err);
}

static int refuse(const char *name, struct err *err)
{
	const char *here = event_name_of_perf(name);

	if (here)
		return err_set(err, EINVAL, "perf takes that from a clock, no counter has it: %s",
		               here);
	return err_set(err, EINVAL,
	               "is no event that perf knows by name, nor rHEX, PMU/TERMS/ or "
	               "SYSTEM:TRACEPOINT");
}

/* "sched:sched_switch", with modifiers behind a second colon. */
static int set_tracepoint(const char *system, char *name, const char *sysfs, struct event *event,
                          struct err *err)
{
	static const char word[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	char *modifiers = strchr(name, ':');
	int rc;

	if (modifiers)
		*modifiers++ = '\0';
	if (strpbrk(name, "*?"))
		return err_set(err, EINVAL, "is a pattern: name each tracepoint");
	if (!*system || system[strspn(system, word)] || !*name || name[strspn(name, word)])
		return refuse(system, err);
	rc = event_tracepoint_find(sysfs, system, name, event, err);
	return rc || !modifiers ? rc : set_modifiers(modifiers, event, err);
}

static int set_named(char *text, const char *sysfs, struct event *event, struct err *err)
{
	char *rest = strchr(text, ':');
	int found;

	if (rest)
		*rest++ = '\0';
	found = event_name_find(text, event) || (text[0] == 'r' && !set_raw(text + 1, event));
	if (!found)
		found = event_pmu_find(sysfs, text, event, err);
	if (found < 0)
		return found;
	if (found)
		return rest ? set_modifiers(rest, event, err) : 0;
	return rest ? set_tracepoint(text, rest, sysfs, event, err) : refuse(text, err);
}

static int parse_one(const char *text, const char *sysfs, int group, struct event_set *set,
                     struct err *err)
{
	struct event *event = &set->event[set->nr];
	char copy[512];
	int rc;

	if (set->nr == EVENTS_MAX)
		return err_set(err, E2BIG, "more than %d events", EVENTS_MAX);
	*event = (struct event){ .group = group };
	if (text_copy(event->name, sizeof(event->name), text) ||
	    text_copy(copy, sizeof(copy), text))
		return err_set(err, ENAMETOOLONG, "'%.32s...' is longer than %d bytes", text,
		               EVENT_NAME - 1);
	for (int i = 0; i < set->nr; i++) {
		if (!strcmp(set->event[i].name, text))
			return err_set(err, EINVAL, "'%s' stands there twice", text);
	}
	rc = strchr(copy, '/') ? set_pmu(copy, sysfs, event, err)
	                       : set_named(copy, sysfs, event, err);
	if (rc)
		return err_in(err, "'%s'", event->name);
	set->nr++;
	return 0;
}

/* Commas between slashes are the PMU's. */
static int split(char *text, char **part, int max)
{
	bool slashes = false;
	int nr = 0, depth = 0;

	part[nr++] = text;
	for (char *p = text; *p; p++) {
		if (*p == '/')
			slashes = !slashes;
		else if (*p == '{' || *p == '}')
			depth += *p == '{' ? 1 : -1;
		if (*p != ',' || slashes || depth > 0)
			continue;
		if (nr == max)
			return -E2BIG;
		*p = '\0';
		part[nr++] = p + 1;
	}
	return nr;
}

/* "{cycles,instructions}:u": the modifiers are those of each. */
static int parse_group(char *text, const char *sysfs, int group, struct event_set *set,
                       struct err *err)
{
	char *end = strrchr(text, '}'), *part[EVENTS_MAX];
	int nr, rc = 0, first = set->nr;

	if (!end || (end[1] && end[1] != ':'))
		return err_set(err, EINVAL, "'%.64s': a '}' is missing, or something follows it",
		               text);
	*end++ = '\0';
	nr = split(text + 1, part, EVENTS_MAX);
	if (nr < 0)
		return err_set(err, E2BIG, "more than %d events", EVENTS_MAX);
	for (int i = 0; i < nr && !rc; i++)
		rc = parse_one(part[i], sysfs, group, set, err);
	for (int i = first; i < set->nr && !rc && *end; i++) {
		char name[2 * EVENT_NAME];

		rc = set_modifiers(end + 1, &set->event[i], err);
		snprintf(name, sizeof(name), "%s%s", set->event[i].name, end);
		if (!rc && text_copy(set->event[i].name, EVENT_NAME, name))
			rc = err_set(err, ENAMETOOLONG, "'%.64s' is too long", name);
	}
	return rc;
}

static bool same_scope(const struct event *a, const struct event *b)
{
	return a->no_user == b->no_user && a->no_kernel == b->no_kernel && a->no_hv == b->no_hv &&
	       a->no_host == b->no_host && a->no_guest == b->no_guest;
}

static int find_generic(const struct event_set *set, uint64_t config, const struct event *like)
{
	for (int i = 0; i < set->nr; i++) {
		if (set->event[i].type == PERF_TYPE_HARDWARE && set->event[i].config == config &&
		    (!like || same_scope(&set->event[i], like)))
			return i;
	}
	return -1;
}

/* The first pair of cycles and instructions that count the same is an IPC; they go on the PMU together. */
static void pair_ipc(struct event_set *set)
{
	for (int i = 0; i < set->nr; i++) {
		struct event *cycles = &set->event[i];
		int instructions;

		if (cycles->type != PERF_TYPE_HARDWARE ||
		    cycles->config != PERF_COUNT_HW_CPU_CYCLES)
			continue;
		instructions = find_generic(set, PERF_COUNT_HW_INSTRUCTIONS, cycles);
		if (instructions < 0)
			continue;
		set->event[instructions].group = cycles->group;
		event_figure_add(set, "ipc", BETTER_HIGHER, (const int[2]){ instructions, -1 },
		                 (const int[2]){ i, -1 });
		return;
	}
}

/* Software events find room always: together they cost a context switch less than each alone. */
static void pack_software(struct event_set *set, const bool *in_braces)
{
	int group = -1;

	for (int i = 0; i < set->nr; i++) {
		struct event *event = &set->event[i];

		if (!event_is_software(event) || in_braces[event->group])
			continue;
		if (group < 0)
			group = event->group;
		event->group = group;
	}
}

int events_parse(const char *text, const char *sysfs, struct event_set *ret, struct err *err)
{
	char copy[1024], *part[EVENTS_MAX];
	struct event_set set = { 0 };
	bool in_braces[EVENTS_MAX] = { 0 };
	int nr, rc = 0;

	if (!*text)
		return err_set(err, EINVAL, "is empty");
	if (text_copy(copy, sizeof(copy), text))
		return err_set(err, ENAMETOOLONG, "longer than %zu bytes", sizeof(copy) - 1);
	nr = split(copy, part, EVENTS_MAX);
	if (nr < 0)
		return err_set(err, E2BIG, "more than %d events", EVENTS_MAX);
	for (int i = 0; i < nr && !rc; i++) {
		in_braces[i] = part[i][0] == '{';
		rc = in_braces[i] ? parse_group(part[i], sysfs, i, &set, err)
		                  : parse_one(part[i], sysfs, i, &set, err);
	}
	if (rc)
		return rc;
	pair_ipc(&set);
	pack_software(&set, in_braces);
	for (int i = 0; i < set.nr; i++)
		event_count_add(&set, set.event[i].name, BETTER_NONE, i);
	*ret = set;
	return 0;
}

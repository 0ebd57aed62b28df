/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_line.c - one result line into the tables.  A line that is no good leaves no trial and no value behind. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "result_figures.h"
#include "result_notes.h"
#include "result_parts.h"
#include "result_specs.h"
#include "results.h"

enum part {
	PART_SCHEMA,
	PART_ARM,
	PART_WORKLOAD,
	PART_BLOCK,
	PART_REPEAT,
	PART_SEED,
	PART_STARTED,
	PART_SPEC,
	PART_HOST,
	PART_VM,
	PART_ENDED,
	PART_WARNINGS,
	PART_ERROR,
	PART_BASELINE,
	PART_ARM_ORDER,
	PART_PRIMARY,
	PART_BOOT_GROUP,
	PART_CONTROL_OF,
	PART_OBSERVE,
	PART_OBSERVE_ASKED,
	PART_TRACE,
	PART_BY_REASON,
	PART_PREEMPTORS,
	PART_PREEMPTORS_MORE,
	PART_DESIGN,
	PART_PLANNED,
	PART_FIGURES, /* read at once; anything but an object is no figure */
	NR_PARTS
};

static const char *const part_names[NR_PARTS] = {
	[PART_SCHEMA] = "schema",
	[PART_ARM] = "arm",
	[PART_WORKLOAD] = "workload",
	[PART_BLOCK] = "block",
	[PART_REPEAT] = "repeat",
	[PART_SEED] = "seed",
	[PART_STARTED] = "started",
	[PART_SPEC] = "spec",
	[PART_HOST] = "host",
	[PART_VM] = "vm",
	[PART_ENDED] = "ended",
	[PART_WARNINGS] = "warnings",
	[PART_ERROR] = "error",
	[PART_BASELINE] = "baseline",
	[PART_ARM_ORDER] = "arm_order",
	[PART_PRIMARY] = "primary",
	[PART_BOOT_GROUP] = "boot_group",
	[PART_CONTROL_OF] = "control_of",
	[PART_OBSERVE] = "observe",
	[PART_OBSERVE_ASKED] = "observe_asked",
	[PART_TRACE] = "trace",
	[PART_BY_REASON] = "by_reason",
	[PART_PREEMPTORS] = "preemptors",
	[PART_PREEMPTORS_MORE] = "preemptors_more",
	[PART_DESIGN] = "design",
	[PART_PLANNED] = "planned",
	[PART_FIGURES] = "figures",
};

/* One line while it is read. */
struct line {
	struct results *results;
	struct json_object *part[NR_PARTS]; /* NULL: not there, or null */
};

static void find_parts(struct line *line, struct json_object *o)
{
	for (int i = 0; i < NR_PARTS; i++)
		line->part[i] = part_at(o, part_names[i]);
}

/* cache=none and directsync pass the host's page cache by; writethrough only reads from it. */
static void find_source(struct json_object *spec, struct result_trial *trial)
{
	char where[16], cache[16], direct[16];
	bool is_guest, through_cache, memory;

	part_member(spec, "where", where, sizeof(where));
	part_member(spec, "cache", cache, sizeof(cache));
	part_member(spec, "direct", direct, sizeof(direct));
	is_guest = !strcmp(where, "guest");
	if ((!is_guest && strcmp(where, "native")) || !direct[0] || (is_guest && !cache[0]))
		return;
	through_cache = is_guest && strcmp(cache, "none") && strcmp(cache, "directsync");
	memory = through_cache || !strcmp(direct, "off");
	trial->reads = memory ? SOURCE_PAGE_CACHE : SOURCE_DISK;
	if (through_cache && !strcmp(cache, "writethrough"))
		memory = !strcmp(direct, "off");
	trial->writes = memory ? SOURCE_PAGE_CACHE : SOURCE_DISK;
}

static int add_name(struct names *names, struct json_object *part, const char *fallback)
{
	char text[256];
	int n = part_text(part, text, sizeof(text));

	if (n == -ENOENT && fallback)
		return names_add(names, fallback, strlen(fallback));
	if (n <= 0 || (size_t)n >= sizeof(text))
		return -EINVAL;
	return names_add(names, text, (size_t)n);
}

/* What belongs to the arm or workload and is said in every line. */
static void note_plan(struct results *results, const struct line *line, struct result_trial *trial)
{
	char primary[sizeof(results->primary[0])];
	double order;
	int n;

	if (!part_whole(line->part[PART_ARM_ORDER], 0, INT_MAX - 1, &order) &&
	    order < results->arm_order[trial->arm])
		results->arm_order[trial->arm] = (int)order;
	n = part_text(line->part[PART_PRIMARY], primary, sizeof(primary));
	if (n > 0 && (size_t)n < sizeof(primary) && !results->primary[trial->workload][0])
		memcpy(results->primary[trial->workload], primary, sizeof(primary));
	if (results->control_of[trial->arm] < 0 && line->part[PART_CONTROL_OF])
		results->control_of[trial->arm] = add_name(&results->arms,
		                                           line->part[PART_CONTROL_OF], NULL);
	if (!results->baseline[0]) {
		n = part_text(line->part[PART_BASELINE], results->baseline,
		              sizeof(results->baseline));
		if (n < 0 || (size_t)n >= sizeof(results->baseline))
			results->baseline[0] = '\0';
	}
}

/* The error of a cell that could not run, -1 for none. */
static int find_error(struct results *results, struct json_object *part, int *ret)
{
	char text[256];
	int n = part_text(part, text, sizeof(text)), id;

	*ret = -1;
	if (n < 0)
		return n == -ENOENT ? 0 : n;
	id = result_reason_add(&results->reasons, text);
	*ret = id;
	return id < 0 ? id : 0;
}

static int make_trial(struct line *line, struct result_trial *ret)
{
	struct results *results = line->results;
	double block = 0, repeat = 0, group;
	int arm, workload, rc;

	if (part_whole(line->part[PART_BLOCK], 0, UINT32_MAX, &block) == -EINVAL ||
	    part_whole(line->part[PART_REPEAT], 0, UINT32_MAX, &repeat) == -EINVAL)
		return -EINVAL;
	arm = add_name(&results->arms, line->part[PART_ARM], NULL);
	workload = arm < 0 ? arm : add_name(&results->workloads, line->part[PART_WORKLOAD], "run");
	rc = workload < 0 ? workload : find_error(results, line->part[PART_ERROR], &ret->error);
	if (rc)
		return rc;
	if (!part_whole(line->part[PART_BOOT_GROUP], -1, INT_MAX - 1, &group))
		ret->boot_group = (int)group;
	ret->file = (uint8_t)(results->files.nr ? results->files.nr - 1 : 0);
	ret->seed = part_hash(line->part[PART_SEED]);
	ret->started = part_hash(line->part[PART_STARTED]);
	ret->block = (uint32_t)block;
	ret->repeat = (uint32_t)repeat;
	ret->arm = (uint16_t)arm;
	ret->workload = (uint16_t)workload;
	find_source(line->part[PART_SPEC], ret);
	return 0;
}

static int add_trial(struct line *line)
{
	struct results *results = line->results;
	struct result_trial trial = {
		.error = -1, .boot_group = RESULT_NO_GROUP, .host = -1, .spec = -1
	};
	char ended[32];
	int host = -1, rc = make_trial(line, &trial);

	if (rc)
		return rc;
	if (results_grow((void **)&results->trial, &results->room_trials, results->nr_trials,
	                 sizeof(trial)) ||
	    result_note_host(results, line->part[PART_HOST], &host) ||
	    result_note_spec(results, line->part[PART_SPEC], &trial.spec) ||
	    result_note_vm(results, line->part[PART_VM], &trial.accel) ||
	    result_note_observer(results, line->part[PART_OBSERVE], line->part[PART_OBSERVE_ASKED],
	                         line->part[PART_TRACE], &trial.observer) ||
	    result_note_warnings(results, line->part[PART_WARNINGS]) ||
	    result_note_planned(results, line->part[PART_SEED], line->part[PART_DESIGN],
	                        line->part[PART_PLANNED]) ||
	    reasons_read(&results->reason_rows, (uint32_t)results->nr_trials,
	                 line->part[PART_BY_REASON], line->part[PART_PREEMPTORS],
	                 line->part[PART_PREEMPTORS_MORE]))
		return -ENOMEM;
	results->nr_cut += part_text(line->part[PART_ENDED], ended, sizeof(ended)) == 3 &&
	                   !strcmp(ended, "cut");
	note_plan(results, line, &trial);
	trial.has_exits = part_is_object(line->part[PART_BY_REASON]);
	trial.has_preemptors = part_is_array(line->part[PART_PREEMPTORS]);
	trial.host = (int16_t)host;
	results->trial[results->nr_trials++] = trial;
	return 0;
}

/* Whose line is it? */
static bool is_ours(const struct line *line, struct results_skipped *skipped)
{
	static const char family[] = "qlaunch.result/";
	char schema[64];

	if (part_text(line->part[PART_SCHEMA], schema, sizeof(schema)) < 0 ||
	    strncmp(schema, family, sizeof(family) - 1)) {
		skipped->foreign++;
		return false;
	}
	if (strcmp(schema, "qlaunch.result/1")) {
		skipped->version++;
		return false;
	}
	return true;
}

static int show(const struct results *results, struct json_object *o)
{
	const struct results_watch *watch = results->watch;

	return watch ? watch->line(watch->context, results, results->nr_trials - 1, o) : 0;
}

/* -EINVAL: it is counted why; -E2BIG, -ENOMEM. */
static int take(struct results *results, struct json_object *o)
{
	struct line line = { .results = results };
	int rc;

	find_parts(&line, o);
	if (!is_ours(&line, &results->skipped))
		return -EINVAL;
	rc = result_figures_read(results, line.part[PART_FIGURES]);
	rc = rc ? rc : add_trial(&line);
	results->skipped.broken += rc == -EINVAL;
	return rc ? rc : show(results, o);
}

int results_read_line(struct results *results, const char *text, size_t len, bool whole)
{
	const size_t first_value = results->nr_values;
	CLEANUP(json_done) struct json_object *o = NULL;
	size_t blank = 0;
	int rc;

	while (blank < len && strchr(" \t\r", text[blank]) && text[blank])
		blank++;
	if (blank == len)
		return 0;
	rc = json_parse(text, len, &o, NULL);
	if (rc == -ENOMEM)
		return rc;
	if (rc || !part_is_object(o)) {
		results->skipped.torn += !whole;
		results->skipped.broken += whole;
		return 0;
	}
	rc = take(results, o);
	results->skipped.over += rc == -E2BIG;
	if (rc)
		results->nr_values = first_value;
	return rc == -ENOMEM ? rc : 0;
}

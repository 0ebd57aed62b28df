/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_line.c - one result line into the tables.  A line that is no good leaves no trial and no value behind. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonscan.h"
#include "result_figures.h"
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
	NR_PARTS
};

static const char *const part_names[NR_PARTS] = {
	[PART_SCHEMA] = "schema",   [PART_ARM] = "arm",           [PART_WORKLOAD] = "workload",
	[PART_BLOCK] = "block",     [PART_REPEAT] = "repeat",     [PART_SEED] = "seed",
	[PART_STARTED] = "started", [PART_SPEC] = "spec",         [PART_HOST] = "host",
	[PART_VM] = "vm",           [PART_ENDED] = "ended",       [PART_WARNINGS] = "warnings",
	[PART_ERROR] = "error",     [PART_BASELINE] = "baseline", [PART_ARM_ORDER] = "arm_order",
	[PART_PRIMARY] = "primary",
};

/* One line while it is read: the parts as they stand in it. */
struct line {
	struct results *results;
	struct jsonscan_view part[NR_PARTS]; /* len 0: not there */
	size_t first_value;                  /* the line's figures start here */
	int rc;                              /* -ENOMEM, -E2BIG, or -EINVAL: no result line */
};

static bool is_null(const struct jsonscan_view *view)
{
	return !view->len || jsonscan_is(view, "null");
}

/* A part that is a string, decoded.  -ENOENT: not there or null.  Else its length, which may be past the buffer's. */
static int text_of(const struct jsonscan_view *view, char *buf, size_t size)
{
	struct jsonscan scan;
	struct jsonscan_view inner;

	if (is_null(view))
		return -ENOENT;
	jsonscan_init(&scan, view->text, view->len);
	return jsonscan_string(&scan, &inner) ? jsonscan_decode(&inner, buf, size) : -EINVAL;
}

static int number_of(const struct jsonscan_view *view, double min, double max, double *ret)
{
	struct jsonscan scan;
	double value;

	if (is_null(view))
		return -ENOENT;
	jsonscan_init(&scan, view->text, view->len);
	if (!jsonscan_number(&scan, &value) || value < min || value > max || value != trunc(value))
		return -EINVAL;
	*ret = value;
	return 0;
}

static uint64_t hash_of(const struct jsonscan_view *view)
{
	return is_null(view) ? 0 : names_hash(view->text, view->len);
}

/* The whole line, once: figures as they come, the other parts as text. */
static bool read_parts(struct line *line, const char *text, size_t len)
{
	struct jsonscan scan;
	struct jsonscan_view key;

	jsonscan_init(&scan, text, len);
	jsonscan_open(&scan, '{');
	while (jsonscan_member(&scan, &key)) {
		struct jsonscan_view *part = NULL;

		if (jsonscan_is(&key, "figures") && jsonscan_peek(&scan) == '{') {
			int rc = result_figures_read(line->results, line->first_value, &scan);

			line->rc = line->rc ? line->rc : rc;
			continue;
		}
		for (int i = 0; i < NR_PARTS && !part; i++)
			part = jsonscan_is(&key, part_names[i]) ? &line->part[i] : NULL;
		jsonscan_skip(&scan, part);
	}
	return jsonscan_finish(&scan);
}

/* The text of member `name` of an object part, decoded; true and false as on and off; "" where it is no word. */
static void member_text(const struct jsonscan_view *object, const char *name, char *buf,
                        size_t size)
{
	struct jsonscan scan;
	struct jsonscan_view key, other, value = { 0 };
	int n;

	buf[0] = '\0';
	if (!object->len || object->text[0] != '{')
		return;
	jsonscan_init(&scan, object->text, object->len);
	jsonscan_open(&scan, '{');
	while (jsonscan_member(&scan, &key))
		jsonscan_skip(&scan, jsonscan_is(&key, name) ? &value : &other);
	n = text_of(&value, buf, size);
	if (n < 0 || (size_t)n >= size)
		buf[0] = '\0';
	if (jsonscan_is(&value, "true") || jsonscan_is(&value, "false"))
		snprintf(buf, size, "%s", value.text[0] == 't' ? "on" : "off");
}

/* cache=none and directsync pass the host's page cache by; writethrough only reads from it. */
static void find_source(const struct jsonscan_view *spec, struct result_trial *trial)
{
	char where[16], cache[16], direct[16];
	bool is_guest, through_cache, memory;

	member_text(spec, "where", where, sizeof(where));
	member_text(spec, "cache", cache, sizeof(cache));
	member_text(spec, "direct", direct, sizeof(direct));
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

/* Blanks outside of strings do not make another machine. */
static int add_host(struct results *results, const struct jsonscan_view *host)
{
	const char *last;
	char *text;
	size_t used = 0;
	bool inside = false;
	int rc;

	if (is_null(host))
		return 0;
	last = names_at(&results->hosts, results->hosts.nr - 1);
	if (!strncmp(last, host->text, host->len) && !last[host->len])
		return 0; /* nearly always: most files are of one machine */
	text = malloc(host->len);
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < host->len; i++) {
		char c = host->text[i];

		if (inside || !strchr(" \t\r\n", c))
			text[used++] = c;
		if (c == '\\' && inside)
			text[used++] = host->text[++i];
		else if (c == '"')
			inside = !inside;
	}
	rc = names_add(&results->hosts, text, used);
	free(text);
	results->more_hosts += rc == -E2BIG;
	return rc == -ENOMEM ? rc : 0;
}

/* Adds text to a list of things that are only shown: past its limit there is nothing to be done. */
static int add_shown(struct names *names, const char *text)
{
	int rc = text[0] ? names_add(names, text, strlen(text)) : 0;

	return rc == -ENOMEM ? rc : 0;
}

static int add_vm(struct results *results, const struct jsonscan_view *vm)
{
	char text[64];

	member_text(vm, "accel", text, sizeof(text));
	if (add_shown(&results->accels, text))
		return -ENOMEM;
	member_text(vm, "qemu", text, sizeof(text));
	return add_shown(&results->qemus, text);
}

static int add_warnings(struct results *results, const struct jsonscan_view *warnings)
{
	struct jsonscan scan;

	if (!warnings->len || warnings->text[0] != '[')
		return 0;
	jsonscan_init(&scan, warnings->text, warnings->len);
	jsonscan_open(&scan, '[');
	while (jsonscan_element(&scan)) {
		struct jsonscan_view string;
		int id;

		if (jsonscan_peek(&scan) != '"') {
			jsonscan_skip(&scan, NULL);
			continue;
		}
		jsonscan_string(&scan, &string);
		id = result_reason_add(&results->warnings, &string);
		if (id == -ENOMEM)
			return id;
		if (id >= 0)
			results->nr_warned[id]++;
	}
	return 0;
}

/* What belongs to the arm or workload and is said in every line. */
static void note_plan(struct results *results, const struct line *line, struct result_trial *trial)
{
	char primary[sizeof(results->primary[0])];
	double order;
	int n;

	if (!number_of(&line->part[PART_ARM_ORDER], 0, INT_MAX - 1, &order) &&
	    order < results->arm_order[trial->arm])
		results->arm_order[trial->arm] = (int)order;
	n = text_of(&line->part[PART_PRIMARY], primary, sizeof(primary));
	if (n > 0 && (size_t)n < sizeof(primary) && !results->primary[trial->workload][0])
		memcpy(results->primary[trial->workload], primary, sizeof(primary));
	if (!results->baseline[0]) {
		n = text_of(&line->part[PART_BASELINE], results->baseline,
		            sizeof(results->baseline));
		if (n < 0 || (size_t)n >= sizeof(results->baseline))
			results->baseline[0] = '\0';
	}
}

static int add_name(struct names *names, const struct jsonscan_view *part, const char *fallback)
{
	char text[256];
	int n = text_of(part, text, sizeof(text));

	if (n == -ENOENT && fallback)
		return names_add(names, fallback, strlen(fallback));
	if (n <= 0 || (size_t)n >= sizeof(text))
		return -EINVAL;
	return names_add(names, text, (size_t)n);
}

/* The error of a cell that could not run, -1 for none. */
static int find_error(struct results *results, const struct jsonscan_view *part, int *ret)
{
	struct jsonscan scan;
	struct jsonscan_view string;
	int id;

	*ret = -1;
	if (is_null(part))
		return 0;
	jsonscan_init(&scan, part->text, part->len);
	if (!jsonscan_string(&scan, &string))
		return -EINVAL;
	id = result_reason_add(&results->reasons, &string);
	*ret = id;
	return id < 0 ? id : 0;
}

static int make_trial(struct line *line, struct result_trial *ret)
{
	struct results *results = line->results;
	double block = 0, repeat = 0;
	int arm, workload, rc;

	if (number_of(&line->part[PART_BLOCK], 0, UINT32_MAX, &block) == -EINVAL ||
	    number_of(&line->part[PART_REPEAT], 0, UINT32_MAX, &repeat) == -EINVAL)
		return -EINVAL;
	arm = add_name(&results->arms, &line->part[PART_ARM], NULL);
	workload = arm < 0 ? arm : add_name(&results->workloads, &line->part[PART_WORKLOAD], "run");
	rc = workload < 0 ? workload : find_error(results, &line->part[PART_ERROR], &ret->error);
	if (rc)
		return rc;
	ret->seed = hash_of(&line->part[PART_SEED]);
	ret->started = hash_of(&line->part[PART_STARTED]);
	ret->block = (uint32_t)block;
	ret->repeat = (uint32_t)repeat;
	ret->arm = (uint16_t)arm;
	ret->workload = (uint16_t)workload;
	find_source(&line->part[PART_SPEC], ret);
	return 0;
}

static int add_trial(struct line *line)
{
	struct results *results = line->results;
	struct result_trial trial = { .error = -1 };
	char ended[32];
	int rc = make_trial(line, &trial);

	if (rc)
		return rc;
	if (results_grow((void **)&results->trial, &results->room_trials, results->nr_trials,
	                 sizeof(trial)) ||
	    add_host(results, &line->part[PART_HOST]) || add_vm(results, &line->part[PART_VM]) ||
	    add_warnings(results, &line->part[PART_WARNINGS]))
		return -ENOMEM;
	results->nr_cut += text_of(&line->part[PART_ENDED], ended, sizeof(ended)) == 3 &&
	                   !strcmp(ended, "cut");
	note_plan(results, line, &trial);
	results->trial[results->nr_trials++] = trial;
	return 0;
}

/* Whose line is it? */
static bool is_ours(const struct line *line, struct results_skipped *skipped)
{
	static const char family[] = "qlaunch.result/";
	char schema[64];

	if (text_of(&line->part[PART_SCHEMA], schema, sizeof(schema)) < 0 ||
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

int results_read_line(struct results *results, const char *text, size_t len, bool whole)
{
	struct line line = { .results = results, .first_value = results->nr_values };
	struct results_skipped *skipped = &results->skipped;
	bool good;

	if (strspn(text, " \t\r") >= len)
		return 0;
	good = read_parts(&line, text, len);
	if (!good && line.rc != -ENOMEM) {
		skipped->torn += !whole;
		skipped->broken += whole;
		line.rc = -EINVAL;
	} else if (line.rc != -ENOMEM && !is_ours(&line, skipped)) {
		line.rc = -EINVAL;
	} else if (!line.rc) {
		line.rc = add_trial(&line);
		skipped->broken += line.rc == -EINVAL;
	} else {
		skipped->broken += line.rc == -EINVAL;
	}
	skipped->over += line.rc == -E2BIG;
	if (line.rc)
		results->nr_values = line.first_value;
	return line.rc == -ENOMEM ? line.rc : 0;
}

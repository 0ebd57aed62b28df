/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reasons.c - lists of names with a count and a time, from a line into rows. */
#include "reasons.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "result_figures.h"
#include "result_parts.h"

/* Foreign numbers: what no window can hold is none. */
static bool is_sane(const struct reason_row *row)
{
	return row->count >= 1 && row->count < 1e15 && row->seconds >= 0 && row->seconds < 1e9;
}

static int add(struct reason_row **rows, size_t *nr, size_t *room, const struct reason_row *row)
{
	if (results_grow((void **)rows, room, *nr, sizeof(*row)))
		return -ENOMEM;
	(*rows)[(*nr)++] = *row;
	return 0;
}

/* 1 + the text's number, 0 for none; -E2BIG: no room for more of them. */
static int add_word(struct reason_rows *rows, const char *text, uint16_t *ret)
{
	int id;

	*ret = 0;
	if (!text[0])
		return 0;
	rows->words.max = REASONS_WORDS_MAX;
	id = names_add(&rows->words, text, strlen(text));
	*ret = (uint16_t)(id < 0 ? 0 : id + 1);
	return id < 0 ? id : 0;
}

/* Why there are no percentiles: past the limit, not why. */
static int add_why(struct reason_rows *rows, const char *text, uint16_t *ret)
{
	return add_word(rows, text, ret) == -ENOMEM ? -ENOMEM : 0;
}

/* Threads that have ended are known by numbers, which no other trial has: together they are one. */
static void fold_ended(char *name, size_t size)
{
	static const char head[] = "thread/";

	if (!strncmp(name, head, strlen(head)) && name[strlen(head)] &&
	    !name[strlen(head) + strspn(name + strlen(head), "0123456789")])
		snprintf(name, size, "%s", REASONS_ENDED);
}

/* What a row says in words. */
struct row_words {
	char comm[64], thread[64],
	        victim[64]; /* who took a CPU, by the kernel and by role; whose */
	char why[160];      /* there are no percentiles */
};

static void read_word(const char *key, struct json_object *text, struct row_words *words)
{
	const struct {
		const char *key;
		char *buf;
		size_t size;
	} known[] = {
		{ "comm", words->comm, sizeof(words->comm) },
		{ "thread", words->thread, sizeof(words->thread) },
		{ "victim", words->victim, sizeof(words->victim) },
		{ "why", words->why, sizeof(words->why) },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!strcmp(key, known[i].key) && part_text(text, known[i].buf, known[i].size) < 0)
			known[i].buf[0] = '\0';
	}
}

static void read_number(const char *key, double value, struct reason_row *row)
{
	double ns = value >= 0 && value < 1e18 ? value : NAN;

	if (!strcmp(key, "count"))
		row->count = value;
	else if (!strcmp(key, "total_s") || !strcmp(key, "time_s"))
		row->seconds = value;
	else if (!strcmp(key, "max_ns"))
		row->max_ns = ns;
	else if (!strcmp(key, "p50_ns"))
		row->p50_ns = ns;
	else if (!strcmp(key, "p99_ns"))
		row->p99_ns = ns;
	else if (!strcmp(key, "tid") && value >= 0 && value < REASONS_TID_MAX)
		row->tid = (int32_t)value;
}

static void read_row(struct json_object *o, struct reason_row *row, struct row_words *words)
{
	row->max_ns = row->p50_ns = row->p99_ns = NAN;
	json_object_object_foreach(o, key, part) {
		double value;

		if (!part_number(part, &value))
			read_number(key, value, row);
		else if (json_object_is_type(part, json_type_string))
			read_word(key, part, words);
	}
}

/* As much of a key as fits. */
static void copy_key(char *buf, size_t size, const char *key)
{
	struct json_object *text = json_object_new_string(key);

	if (part_text(text, buf, size) < 0)
		buf[0] = '\0';
	json_object_put(text);
}

/* One reason's rows of single vCPUs; `of_all` is that of all of them. */
static int read_vcpus(struct reason_rows *rows, const struct reason_row *of_all,
                      struct json_object *by)
{
	if (!part_is_object(by))
		return 0;
	json_object_object_foreach(by, key, one) {
		struct reason_row row = { .trial = of_all->trial, .name = of_all->name };
		struct row_words words = { 0 };
		char vcpu[64];
		int rc;

		if (!part_is_object(one))
			continue;
		copy_key(vcpu, sizeof(vcpu), key);
		fold_ended(vcpu, sizeof(vcpu));
		read_row(one, &row, &words);
		rc = add_word(rows, vcpu, &row.of);
		if (!rc)
			rc = add_why(rows, words.why, &row.word);
		if (!rc && row.of && is_sane(&row))
			rc = add(&rows->vcpu_row, &rows->nr_vcpu, &rows->room_vcpu, &row);
		if (rc)
			return rc;
	}
	return 0;
}

/* -E2BIG: a name past the limit, which is no row. */
static int add_named(struct reason_rows *rows, struct reason_row *row, const char *name,
                     struct json_object *by)
{
	int id;

	if (!is_sane(row))
		return 0;
	rows->names[row->kind].max = REASONS_NAMES_MAX;
	id = names_add(&rows->names[row->kind], name, strlen(name));
	if (id < 0)
		return id;
	row->name = (uint16_t)id;
	if (add(&rows->row, &rows->nr, &rows->room, row))
		return -ENOMEM;
	return read_vcpus(rows, row, by);
}

static int read_exits(struct reason_rows *rows, uint32_t trial, struct json_object *part)
{
	bool cut = false;

	json_object_object_foreach(part, key, one) {
		struct reason_row row = { .trial = trial, .kind = REASON_EXIT };
		struct row_words words = { 0 };
		char name[64];
		int rc;

		if (!part_is_object(one))
			continue;
		copy_key(name, sizeof(name), key);
		read_row(one, &row, &words);
		rc = add_why(rows, words.why, &row.word);
		if (!rc)
			rc = add_named(rows, &row, name, part_at(one, "by"));
		if (rc == -ENOMEM)
			return rc;
		cut |= rc == -E2BIG;
	}
	rows->nr_cut[REASON_EXIT] += cut;
	return 0;
}

static int add_preemptor(struct reason_rows *rows, struct reason_row *row, struct row_words *words)
{
	const char *who = words->thread[0] ? words->thread : words->comm;
	char name[160];
	int rc;

	fold_ended(words->victim, sizeof(words->victim));
	rc = add_word(rows, who, &row->word);
	if (!rc)
		rc = add_word(rows, words->victim, &row->of);
	if (rc)
		return rc;
	snprintf(name, sizeof(name), "%s%s%s", who, words->victim[0] ? ", of " : "", words->victim);
	return add_named(rows, row, name, NULL);
}

/* rest: those whose name is past the limit are added to it. */
static int read_preemptors(struct reason_rows *rows, struct json_object *part,
                           struct reason_row *rest)
{
	bool cut = false;

	for (size_t i = 0; i < json_object_array_length(part); i++) {
		struct json_object *one = json_object_array_get_idx(part, i);
		struct reason_row row = { .trial = rest->trial, .kind = REASON_PREEMPTOR };
		struct row_words words = { 0 };
		int rc;

		if (!part_is_object(one))
			continue;
		read_row(one, &row, &words);
		rc = is_sane(&row) ? add_preemptor(rows, &row, &words) : 0;
		if (rc == -ENOMEM)
			return rc;
		if (rc == -E2BIG) {
			rest->count += row.count;
			rest->seconds += row.seconds;
			cut = true;
		}
	}
	rows->nr_cut[REASON_PREEMPTOR] += cut;
	return 0;
}

/* What the list of preemptors leaves out. */
static void read_more(struct json_object *part, struct reason_row *rest)
{
	struct reason_row row = { .trial = rest->trial };
	struct row_words words = { 0 };

	read_row(part, &row, &words);
	if (!is_sane(&row))
		return;
	rest->count += row.count;
	rest->seconds += row.seconds;
}

/* The rest's own name, without a victim: taken before any other, so that there is always room for it. */
static int name_rest(struct reason_rows *rows, struct reason_row *rest)
{
	int id;

	rows->names[REASON_PREEMPTOR].max = REASONS_NAMES_MAX;
	id = names_add(&rows->names[REASON_PREEMPTOR], REASONS_REST, strlen(REASONS_REST));
	rest->name = (uint16_t)id;
	return id < 0 ? -ENOMEM : add_word(rows, REASONS_REST, &rest->word);
}

int reasons_read(struct reason_rows *rows, uint32_t trial, struct json_object *by_reason,
                 struct json_object *preemptors, struct json_object *more)
{
	struct reason_row rest = { .trial = trial,
		                   .kind = REASON_PREEMPTOR,
		                   .max_ns = NAN,
		                   .p50_ns = NAN,
		                   .p99_ns = NAN };

	if (!by_reason && !preemptors)
		return 0;
	if (name_rest(rows, &rest))
		return -ENOMEM;
	if (part_is_object(by_reason) && read_exits(rows, trial, by_reason))
		return -ENOMEM;
	if (!part_is_array(preemptors))
		return 0;
	if (read_preemptors(rows, preemptors, &rest))
		return -ENOMEM;
	if (part_is_object(more))
		read_more(more, &rest);
	return is_sane(&rest) ? add(&rows->row, &rows->nr, &rows->room, &rest) : 0;
}

void reasons_done(struct reason_rows *rows)
{
	names_done(&rows->names[REASON_EXIT]);
	names_done(&rows->names[REASON_PREEMPTOR]);
	names_done(&rows->words);
	free(rows->row);
	free(rows->vcpu_row);
	*rows = (struct reason_rows){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reasons.c - lists of names with a count and a time, from a line into rows. */
#include "reasons.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* 1 + the text's number; 0 for none, or no room for more of them. */
static int add_word(struct reason_rows *rows, const char *text, uint16_t *ret)
{
	int id = -E2BIG;

	rows->words.max = REASONS_NAMES_MAX;
	if (text[0])
		id = names_add(&rows->words, text, strlen(text));
	*ret = (uint16_t)(id < 0 ? 0 : id + 1);
	return id == -ENOMEM ? id : 0;
}

/* What a row says in words. */
struct row_words {
	char comm[64], thread[64],
	        victim[64]; /* who took a CPU, by the kernel and by role; whose */
	char why[160];      /* there are no percentiles */
};

static void read_word(struct jsonscan *scan, const struct jsonscan_view *key,
                      struct row_words *words)
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
	struct jsonscan_view text;

	if (!jsonscan_string(scan, &text))
		return;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (jsonscan_is(key, known[i].key) &&
		    jsonscan_decode(&text, known[i].buf, known[i].size) < 0)
			known[i].buf[0] = '\0';
	}
}

static void read_number(struct jsonscan *scan, const struct jsonscan_view *key,
                        struct reason_row *row)
{
	double value, ns;

	if (!jsonscan_number(scan, &value))
		return;
	ns = value >= 0 && value < 1e18 ? value : NAN;
	if (jsonscan_is(key, "count"))
		row->count = value;
	else if (jsonscan_is(key, "total_s") || jsonscan_is(key, "time_s"))
		row->seconds = value;
	else if (jsonscan_is(key, "max_ns"))
		row->max_ns = ns;
	else if (jsonscan_is(key, "p50_ns"))
		row->p50_ns = ns;
	else if (jsonscan_is(key, "p99_ns"))
		row->p99_ns = ns;
	else if (jsonscan_is(key, "tid") && value >= 0 && value < REASONS_TID_MAX)
		row->tid = (int32_t)value;
}

/* by: the member of that name, where there is one. */
static void read_row(struct jsonscan *scan, struct reason_row *row, struct row_words *words,
                     struct jsonscan_view *by)
{
	struct jsonscan_view key;

	row->max_ns = row->p50_ns = row->p99_ns = NAN;
	jsonscan_open(scan, '{');
	while (jsonscan_member(scan, &key)) {
		char kind = jsonscan_peek(scan);

		if (kind == '0')
			read_number(scan, &key, row);
		else if (kind == '"')
			read_word(scan, &key, words);
		else
			jsonscan_skip(scan, kind == '{' && jsonscan_is(&key, "by") ? by : NULL);
	}
}

/* One reason's rows of single vCPUs; `of_all` is that of all of them. */
static int read_vcpus(struct reason_rows *rows, const struct reason_row *of_all,
                      const struct jsonscan_view *by)
{
	struct jsonscan scan;
	struct jsonscan_view key, none;
	int rc = 0;

	if (!by->len)
		return 0;
	jsonscan_init(&scan, by->text, by->len);
	jsonscan_open(&scan, '{');
	while (!rc && jsonscan_member(&scan, &key)) {
		struct reason_row row = { .trial = of_all->trial, .name = of_all->name };
		struct row_words words = { 0 };
		char vcpu[64] = "";

		jsonscan_decode(&key, vcpu, sizeof(vcpu));
		if (jsonscan_peek(&scan) != '{') {
			jsonscan_skip(&scan, NULL);
			continue;
		}
		read_row(&scan, &row, &words, &none);
		rc = add_word(rows, vcpu, &row.of);
		if (!rc)
			rc = add_word(rows, words.why, &row.word);
		if (!rc && row.of && is_sane(&row))
			rc = add(&rows->vcpu_row, &rows->nr_vcpu, &rows->room_vcpu, &row);
	}
	return rc;
}

/* A name past the limit is no row: 0. */
static int add_named(struct reason_rows *rows, struct reason_row *row, const char *name,
                     const struct jsonscan_view *by)
{
	int id;

	if (!is_sane(row))
		return 0;
	rows->names.max = REASONS_NAMES_MAX;
	id = names_add(&rows->names, name, strlen(name));
	if (id < 0)
		return id == -ENOMEM ? id : 0;
	row->name = (uint16_t)id;
	if (add(&rows->row, &rows->nr, &rows->room, row))
		return -ENOMEM;
	return read_vcpus(rows, row, by);
}

static int read_exits(struct reason_rows *rows, uint32_t trial, const struct jsonscan_view *part)
{
	struct jsonscan scan;
	struct jsonscan_view key;
	int rc = 0;

	jsonscan_init(&scan, part->text, part->len);
	jsonscan_open(&scan, '{');
	while (!rc && jsonscan_member(&scan, &key)) {
		struct reason_row row = { .trial = trial, .kind = REASON_EXIT };
		struct row_words words = { 0 };
		struct jsonscan_view by = { 0 };
		char name[64] = "";

		jsonscan_decode(&key, name, sizeof(name));
		if (jsonscan_peek(&scan) != '{') {
			jsonscan_skip(&scan, NULL);
			continue;
		}
		read_row(&scan, &row, &words, &by);
		rc = add_word(rows, words.why, &row.word);
		if (!rc)
			rc = add_named(rows, &row, name, &by);
	}
	return rc;
}

static int add_preemptor(struct reason_rows *rows, struct reason_row *row,
                         const struct row_words *words)
{
	static const struct jsonscan_view none = { 0 };
	const char *who = words->thread[0] ? words->thread : words->comm;
	char name[160];

	if (add_word(rows, who, &row->word) || add_word(rows, words->victim, &row->of))
		return -ENOMEM;
	snprintf(name, sizeof(name), "%s%s%s", who, words->victim[0] ? ", of " : "", words->victim);
	return add_named(rows, row, name, &none);
}

static int read_preemptors(struct reason_rows *rows, uint32_t trial,
                           const struct jsonscan_view *part)
{
	struct jsonscan scan;
	int rc = 0;

	jsonscan_init(&scan, part->text, part->len);
	jsonscan_open(&scan, '[');
	while (!rc && jsonscan_element(&scan)) {
		struct reason_row row = { .trial = trial, .kind = REASON_PREEMPTOR };
		struct row_words words = { 0 };
		struct jsonscan_view none;

		if (jsonscan_peek(&scan) != '{') {
			jsonscan_skip(&scan, NULL);
			continue;
		}
		read_row(&scan, &row, &words, &none);
		rc = add_preemptor(rows, &row, &words);
	}
	return rc;
}

/* What the list of preemptors leaves out: a row without a victim. */
static int read_rest(struct reason_rows *rows, uint32_t trial, const struct jsonscan_view *part)
{
	struct reason_row row = { .trial = trial, .kind = REASON_PREEMPTOR };
	struct row_words words = { 0 };
	struct jsonscan_view none;
	struct jsonscan scan;

	jsonscan_init(&scan, part->text, part->len);
	read_row(&scan, &row, &words, &none);
	words = (struct row_words){ .comm = REASONS_REST };
	return add_preemptor(rows, &row, &words);
}

int reasons_read(struct reason_rows *rows, uint32_t trial, const struct jsonscan_view *by_reason,
                 const struct jsonscan_view *preemptors, const struct jsonscan_view *more)
{
	int rc = 0;

	if (!part_is_null(by_reason) && by_reason->text[0] == '{')
		rc = read_exits(rows, trial, by_reason);
	if (!rc && !part_is_null(preemptors) && preemptors->text[0] == '[')
		rc = read_preemptors(rows, trial, preemptors);
	if (!rc && !part_is_null(more) && more->text[0] == '{')
		rc = read_rest(rows, trial, more);
	return rc;
}

void reasons_done(struct reason_rows *rows)
{
	names_done(&rows->names);
	names_done(&rows->words);
	free(rows->row);
	free(rows->vcpu_row);
	*rows = (struct reason_rows){ 0 };
}

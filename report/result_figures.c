/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_figures.c - name, unit, direction, value or reason of every figure. */
#include "result_figures.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure_table.h"
#include "result_memo.h"

/* Reasons are for people: a long one is cut, and past the limit all others share one number. */
int result_reason_add(struct names *names, const struct jsonscan_view *string)
{
	static const char other[] = "another reason";
	char text[256];
	int n;

	if (jsonscan_decode(string, text, sizeof(text)) < 0)
		return -EINVAL;
	if (names->nr == names->max - 1 && names_find(names, text, strlen(text)) < 0)
		return names_add(names, other, strlen(other));
	n = names_add(names, text, strlen(text));
	return n == -E2BIG ? names_find(names, other, strlen(other)) : n;
}

static int reason_plain(struct names *names, const char *text)
{
	struct jsonscan_view view = { text, strlen(text) };

	return result_reason_add(names, &view);
}

int results_grow(void **list, size_t *room, size_t nr, size_t size)
{
	size_t more = *room ? *room + *room / 2 : 1024;
	void *grown;

	if (nr < *room)
		return 0;
	grown = realloc(*list, more * size);
	if (!grown)
		return -ENOMEM;
	*list = grown;
	*room = more;
	return 0;
}

/* A figure as it stands in the line. */
struct figure_read {
	struct jsonscan_view unit, better, why;
	struct jsonscan_view number, by; /* the texts of "value" and "by" */
	double value, share;
	bool at_least; /* a lower bound */
};

static enum result_better better_of(const struct jsonscan_view *view)
{
	if (jsonscan_is(view, "higher"))
		return RESULT_HIGHER;
	return jsonscan_is(view, "lower") ? RESULT_LOWER : RESULT_NONE;
}

/* The figure's number; its unit and direction are those of its first line. */
static int figure_find(struct results *results, const struct jsonscan_view *key,
                       const struct figure_read *read)
{
	int nr = results->figures.nr, id = names_find(&results->figures, key->text, key->len);
	char name[96];

	if (id >= 0)
		return id;
	if (jsonscan_decode(key, name, sizeof(name)) >= (int)sizeof(name) || key->len == 0)
		return -EINVAL;
	id = names_add(&results->figures, name, strlen(name));
	if (id < nr) /* known by another spelling of the same name, or refused */
		return id;
	if (jsonscan_decode(&read->unit, results->figure[id].unit,
	                    sizeof(results->figure[id].unit)) < 0)
		return -EINVAL;
	/* older files call less of a total better */
	results->figure[id].better = figure_table_is_undirected(name) ? RESULT_NONE
	                                                              : better_of(&read->better);
	return id;
}

static bool same_unit(const struct result_figure *figure, const struct jsonscan_view *unit)
{
	char text[sizeof(figure->unit)];

	return jsonscan_is(unit, figure->unit) ||
	       (jsonscan_decode(unit, text, sizeof(text)) >= 0 && !strcmp(text, figure->unit));
}

static int why_of(struct results *results, int id, const struct figure_read *read)
{
	if (!same_unit(&results->figure[id], &read->unit))
		return reason_plain(&results->reasons, "recorded in another unit than before");
	if (read->why.len)
		return result_reason_add(&results->reasons, &read->why);
	return reason_plain(&results->reasons, "no reason given");
}

/* A counter that shared the PMU says how much of the time it was counted; a bound says that it is one. */
static int share_of(const struct figure_read *read)
{
	double share = read->share * RESULT_SHARE;

	if (!(share > 0 && share < RESULT_SHARE)) /* false for NaN */
		share = 0;
	else if (share < 1)
		share = 1;
	return (int)share | (read->at_least ? RESULT_AT_LEAST : 0);
}

/* note: the value's share, or NaN's reason */
static int value_add(struct results *results, int figure, int note, double number)
{
	const struct result_value value = { .trial = (uint32_t)results->nr_trials,
		                            .figure = (uint16_t)figure,
		                            .why = (uint16_t)note,
		                            .value = number };

	if (results->last_line[figure] == results->nr_lines)
		return -EINVAL; /* a figure twice: which one is true? */
	results->last_line[figure] = results->nr_lines;
	if (results_grow((void **)&results->value, &results->room_values, results->nr_values,
	                 sizeof(*results->value)))
		return -ENOMEM;
	results->value[results->nr_values++] = value;
	return 0;
}

static int figure_add(struct results *results, const struct jsonscan_view *key,
                      struct figure_read *read, int *ret_figure)
{
	int id = figure_find(results, key, read), note = share_of(read);

	if (id < 0)
		return id;
	if (isnan(read->value) || !same_unit(&results->figure[id], &read->unit)) {
		read->value = NAN;
		note = why_of(results, id, read);
	}
	*ret_figure = id;
	return note < 0 ? note : value_add(results, id, note, read->value);
}

static void read_figure(struct jsonscan *scan, struct figure_read *ret)
{
	struct jsonscan_view key;

	*ret = (struct figure_read){ .value = NAN, .share = NAN };
	jsonscan_open(scan, '{');
	while (jsonscan_member(scan, &key)) {
		char kind = jsonscan_peek(scan);
		const char *from = scan->at;

		if (jsonscan_is(&key, "value") && kind != 'n')
			jsonscan_number(scan, &ret->value);
		else if (jsonscan_is(&key, "share") &&
		         (kind == '-' || isdigit((unsigned char)kind)))
			jsonscan_number(scan, &ret->share);
		else if (jsonscan_is(&key, "at_least")) {
			ret->at_least = kind == '"' || kind == 't';
			jsonscan_skip(scan, NULL);
		} else if (jsonscan_is(&key, "unit") && kind == '"')
			jsonscan_string(scan, &ret->unit);
		else if (jsonscan_is(&key, "better") && kind == '"')
			jsonscan_string(scan, &ret->better);
		else if (jsonscan_is(&key, "why") && kind == '"')
			jsonscan_string(scan, &ret->why);
		else
			jsonscan_skip(scan, jsonscan_is(&key, "by") ? &ret->by : NULL);
		if (jsonscan_is(&key, "value"))
			ret->number = (struct jsonscan_view){ from, (size_t)(scan->at - from) };
	}
}

/* The next one as the line says it; 1: there is none. */
static int read_anew(struct results *results, struct jsonscan *scan, struct memo_cell *cell,
                     int place, bool wanted)
{
	struct jsonscan_view key, text;
	struct figure_read read;
	int id = -1, rc;

	if (!jsonscan_member(scan, &key))
		return 1;
	read_figure(scan, &read);
	if (scan->bad || !wanted)
		return 0;
	rc = figure_add(results, &key, &read, &id);
	text = (struct jsonscan_view){ key.text - 1, (size_t)(scan->at - key.text) + 1 };
	if (!rc && read.number.len && jsonscan_is(&read.number, "null") == isnan(read.value))
		result_memo_learn_figure(cell, place, &text, &read.number, &read.by, id,
		                         results->value[results->nr_values - 1].why);
	return rc;
}

int result_figures_read(struct results *results, struct memo_cell *cell, struct jsonscan *scan)
{
	double value;
	int rc = 0;

	jsonscan_open(scan, '{');
	for (int place = 0;; place++) {
		int one;

		if (result_memo_pass_figure(cell, place, scan, &value)) {
			const struct memo_figure *figure = &cell->figure[place];

			one = value_add(results, figure->figure, figure->why, value);
		} else {
			one = read_anew(results, scan, cell, place, !rc);
		}
		if (one > 0)
			return rc;
		rc = rc ? rc : one;
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_figures.c - name, unit, direction, value or reason of every figure. */
#include "result_figures.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure_table.h"
#include "json.h"
#include "result_parts.h"

/* As much of the text as fits, in whole characters; a cut one ends in dots. */
static void text_copy_cut(char *buf, size_t size, const char *text)
{
	static const char dots[] = "...";
	size_t len = strnlen(text, size);
	bool cut = len == size;

	if (cut)
		len -= sizeof(dots);
	while (cut && len && (text[len] & 0xc0) == 0x80)
		len--;
	memcpy(buf, text, len);
	snprintf(buf + len, size - len, "%s", cut ? dots : "");
}

/* Reasons are for people: a long one is cut, and past the limit all others share one number. */
int result_reason_add(struct names *names, const char *string)
{
	static const char other[] = "another reason";
	char text[256];
	int n;

	text_copy_cut(text, sizeof(text), string);
	if (names->nr == names->max - 1 && names_find(names, text, strlen(text)) < 0)
		return names_add(names, other, strlen(other));
	n = names_add(names, text, strlen(text));
	return n == -E2BIG ? names_find(names, other, strlen(other)) : n;
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
	const char *unit, *better, *why; /* borrowed from it; NULL */
	double value, share;
	bool at_least; /* a lower bound */
};

static enum result_better better_of(const char *text)
{
	if (text && !strcmp(text, "higher"))
		return RESULT_HIGHER;
	return text && !strcmp(text, "lower") ? RESULT_LOWER : RESULT_NONE;
}

/* The figure's number; its unit and direction are those of its first line. */
static int figure_find(struct results *results, const char *name, const struct figure_read *read)
{
	int id = names_find(&results->figures, name, strlen(name));
	struct result_figure *figure;

	if (id >= 0)
		return id;
	if (!name[0] || strlen(name) >= 128) /* an event's, and _per_op */
		return -EINVAL;
	id = names_add(&results->figures, name, strlen(name));
	if (id < 0)
		return id;
	figure = &results->figure[id];
	text_copy_cut(figure->unit, sizeof(figure->unit), read->unit ? read->unit : "");
	/* older files call less of a total better */
	figure->better = figure_table_is_undirected(name) ? RESULT_NONE : better_of(read->better);
	return id;
}

/* As much of it as is kept. */
static bool same_unit(const struct result_figure *figure, const char *unit)
{
	char text[sizeof(figure->unit)];

	text_copy_cut(text, sizeof(text), unit ? unit : "");
	return !strcmp(text, figure->unit);
}

static int why_of(struct results *results, int id, const struct figure_read *read)
{
	if (!same_unit(&results->figure[id], read->unit))
		return result_reason_add(&results->reasons, "recorded in another unit than before");
	return result_reason_add(&results->reasons,
	                         read->why && read->why[0] ? read->why : "no reason given");
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

	if (results_grow((void **)&results->value, &results->room_values, results->nr_values,
	                 sizeof(*results->value)))
		return -ENOMEM;
	results->value[results->nr_values++] = value;
	return 0;
}

static int figure_add(struct results *results, const char *name, struct figure_read *read)
{
	int id = figure_find(results, name, read), note = share_of(read);

	if (id < 0)
		return id;
	if (isnan(read->value) || !same_unit(&results->figure[id], read->unit)) {
		read->value = NAN;
		note = why_of(results, id, read);
	}
	return note < 0 ? note : value_add(results, id, note, read->value);
}

static const char *string_of(struct json_object *o)
{
	return json_object_is_type(o, json_type_string) ? json_object_get_string(o) : NULL;
}

/* -EINVAL: no figure, or its value is no number. */
static int read_figure(struct json_object *figure, struct figure_read *ret)
{
	*ret = (struct figure_read){ .value = NAN, .share = NAN };
	if (!part_is_object(figure))
		return -EINVAL;
	json_object_object_foreach(figure, key, part) {
		if (!strcmp(key, "value") && part_number(part, &ret->value) == -EINVAL)
			return -EINVAL;
		if (!strcmp(key, "share"))
			(void)!part_number(part, &ret->share);
		else if (!strcmp(key, "at_least"))
			ret->at_least = string_of(part) || json_object_get_boolean(part);
		else if (!strcmp(key, "unit"))
			ret->unit = string_of(part);
		else if (!strcmp(key, "better"))
			ret->better = string_of(part);
		else if (!strcmp(key, "why"))
			ret->why = string_of(part);
	}
	return 0;
}

int result_figures_read(struct results *results, struct json_object *figures)
{
	if (!part_is_object(figures))
		return 0;
	json_object_object_foreach(figures, name, figure) {
		struct figure_read read;
		int rc = read_figure(figure, &read);

		rc = rc ? rc : figure_add(results, name, &read);
		if (rc)
			return rc;
	}
	return 0;
}

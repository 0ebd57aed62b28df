/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_memo.c - texts of the lines before, by place. */
#include "result_memo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

#define PROBES     16
#define MISSES_MAX 3 /* a value that is never alike, as histograms are, is not tried again */

struct memo_cell *result_memo_cell(struct result_memo *memo, const struct jsonscan_view *arm,
                                   const struct jsonscan_view *workload)
{
	uint64_t hash = (arm->len ? names_hash(arm->text, arm->len) : 0) * 31 +
	                (workload->len ? names_hash(workload->text, workload->len) : 0);
	struct memo_cell **cell = NULL;

	for (int i = 0; i < PROBES; i++) {
		cell = &memo->cell[(hash + (uint64_t)i) % MEMO_CELLS];
		if (!*cell || (*cell)->hash == hash)
			break;
	}
	if (!*cell)
		*cell = calloc(1, sizeof(**cell));
	if (*cell)
		(*cell)->hash = hash; /* the last place is shared by all that find none */
	return *cell;
}

bool result_memo_pass(struct memo_cell *cell, int place, struct jsonscan *scan,
                      struct jsonscan_view *ret)
{
	if (!cell || place >= MEMO_MEMBERS || !cell->member[place].len)
		return false;
	if (!jsonshape_pass(&cell->member[place], scan, ret))
		return false;
	cell->missed[place] = 0;
	return true;
}

void result_memo_learn(struct memo_cell *cell, int place, const struct jsonscan_view *value)
{
	if (!cell || place >= MEMO_MEMBERS)
		return;
	if (cell->missed[place] > MISSES_MAX) {
		jsonshape_done(&cell->member[place]);
		return;
	}
	cell->missed[place]++;
	jsonshape_learn(&cell->member[place], value);
}

void result_memo_learn_member(struct result_memo *memo, int place, const struct jsonscan_view *key,
                              int part)
{
	struct memo_member *member = &memo->member[place];

	member->len = 0;
	if (key->len + 3 > sizeof(member->text))
		return;
	member->text[0] = '"';
	memcpy(member->text + 1, key->text, key->len);
	memcpy(member->text + 1 + key->len, "\":", 2);
	member->len = key->len + 3;
	member->part = part;
}

bool result_memo_pass_figure(const struct memo_cell *cell, int place, struct jsonscan *scan,
                             double *ret_value)
{
	const struct memo_figure *figure;
	struct jsonscan at = *scan;

	if (!cell || !cell->figure || place >= MEMO_FIGURES)
		return false;
	figure = &cell->figure[place];
	*ret_value = NAN;
	if (!figure->text || !jsonscan_follow(&at, figure->text, figure->head) ||
	    (!figure->is_null && !jsonscan_number(&at, ret_value)) ||
	    !jsonscan_pass(&at, figure->text + figure->head, figure->tail) ||
	    (figure->by.len &&
	     (!jsonshape_pass(&figure->by, &at, NULL) || !jsonscan_pass(&at, "}", 1))))
		return false;
	*scan = at;
	return true;
}

void result_memo_learn_figure(struct memo_cell *cell, int place, const struct jsonscan_view *text,
                              const struct jsonscan_view *number, const struct jsonscan_view *by,
                              int figure, int why)
{
	struct memo_figure *to;
	const char *tail = number->text + number->len, *end = text->text + text->len;

	if (!cell || place >= MEMO_FIGURES)
		return;
	if (!cell->figure)
		cell->figure = calloc(MEMO_FIGURES, sizeof(*cell->figure));
	if (!cell->figure)
		return;
	to = &cell->figure[place];
	free(to->text);
	to->text = malloc(text->len);
	if (!to->text)
		return;
	to->figure = (uint16_t)figure;
	to->why = (uint16_t)why;
	to->is_null = jsonscan_is(number, "null");
	to->head = (size_t)(to->is_null ? tail - text->text : number->text - text->text);
	memcpy(to->text, text->text, to->head);
	to->by.len = 0;
	/* a part that is not the last, or is none that has a shape, has to be the same to the byte */
	if (by->len && by->text + by->len + 1 == end)
		jsonshape_learn(&to->by, by);
	to->tail = (size_t)((to->by.len ? by->text : end) - tail);
	memcpy(to->text + to->head, tail, to->tail);
}

void result_memo_learn_spec(struct memo_cell *cell, const struct jsonscan_view *spec, uint8_t reads,
                            uint8_t writes)
{
	if (!cell || !spec->len)
		return;
	free(cell->spec);
	cell->spec = strndup(spec->text, spec->len);
	cell->reads = reads;
	cell->writes = writes;
}

static void cell_free(struct memo_cell *cell)
{
	if (!cell)
		return;
	for (int i = 0; cell->figure && i < MEMO_FIGURES; i++) {
		free(cell->figure[i].text);
		jsonshape_done(&cell->figure[i].by);
	}
	for (int i = 0; i < MEMO_MEMBERS; i++)
		jsonshape_done(&cell->member[i]);
	free(cell->figure);
	free(cell->spec);
	free(cell);
}

void result_memo_free(struct result_memo **memo)
{
	if (!*memo)
		return;
	for (int i = 0; i < MEMO_CELLS; i++)
		cell_free((*memo)->cell[i]);
	free(*memo);
	*memo = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result_memo.h - what the reader remembers of the lines before, to pass what is there again without parsing it.
 *
 * Nothing here changes what is read: a text that is not as remembered goes through the parser, and is remembered.
 */
#ifndef REPORT_RESULT_MEMO_H
#define REPORT_RESULT_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jsonscan.h"
#include "jsonshape.h"

#define MEMO_CELLS   1024 /* a power of two; arms and workloads past it share */
#define MEMO_MEMBERS 48   /* of a line, by their place */
#define MEMO_FIGURES 256

/* The name of the member at one place of a line. */
struct memo_member {
	char text[32]; /* "arm": */
	size_t len;
	int part; /* the reader's number for it, -1: none of its parts */
};

/* One figure, by its place: `"name":{"value":` (or with null), the number, what follows, and a part like the last one. */
struct memo_figure {
	char *text;
	size_t head, tail;
	struct jsonshape by;
	uint16_t figure, why; /* its numbers in the tables; why of null, or the value's share */
	bool is_null;
};

/* Lines of one arm and workload. */
struct memo_cell {
	uint64_t hash;
	struct memo_figure *figure; /* MEMO_FIGURES of them, or NULL */
	struct jsonshape member[MEMO_MEMBERS];
	unsigned char missed[MEMO_MEMBERS]; /* times in a row */
	char *spec;                         /* NULL, or the text that the sources below are of */
	uint8_t reads, writes;
};

struct result_memo {
	struct memo_member member[MEMO_MEMBERS];
	struct memo_cell *cell[MEMO_CELLS]; /* NULL until it is wanted */
};

/* NULL: no memory, which only costs time. */
struct memo_cell *result_memo_cell(struct result_memo *memo, const struct jsonscan_view *arm,
                                   const struct jsonscan_view *workload);
/* Passes any value that stands at this place of a line; false: it was not as before, and nothing is passed. */
bool result_memo_pass(struct memo_cell *cell, int place, struct jsonscan *scan,
                      struct jsonscan_view *ret);
/* The value that the parser found good instead. */
void result_memo_learn(struct memo_cell *cell, int place, const struct jsonscan_view *value);
void result_memo_learn_member(struct result_memo *memo, int place, const struct jsonscan_view *key,
                              int part);
/* The figure at this place of `figures`; *ret_value is its number, or NaN. */
bool result_memo_pass_figure(const struct memo_cell *cell, int place, struct jsonscan *scan,
                             double *ret_value);
/* text: from the quote before its name to behind its last brace; number and by (or NULL): where these stand in it. */
void result_memo_learn_figure(struct memo_cell *cell, int place, const struct jsonscan_view *text,
                              const struct jsonscan_view *number, const struct jsonscan_view *by,
                              int figure, int why);
void result_memo_learn_spec(struct memo_cell *cell, const struct jsonscan_view *spec, uint8_t reads,
                            uint8_t writes);
void result_memo_free(struct result_memo **memo);

#endif

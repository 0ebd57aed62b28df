/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * figure_table.h - every figure of a result line: its unit, which way is better, where it comes from and what it means.
 * The source of docs/figures.md and of `qlaunch explain`.  Reports take the direction of a known figure from here, so
 * that an older file with another one is not judged by it.
 */
#ifndef BASE_FIGURE_TABLE_H
#define BASE_FIGURE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* qlaunch's own reading of the threads, the load's timed part, between two answers of KVM. */
enum figure_window { FIGURE_OF_HOST, FIGURE_OF_LOAD, FIGURE_OF_KVM };

struct figure_row {
	const char *name;          /* or an fnmatch(3) pattern */
	const char *unit;          /* "": a pattern whose names have several; so of better */
	const char *better;        /* "higher", "lower", "none" */
	const char *per_op;        /* of a total: the name of its part of one operation, or NULL */
	double per_op_scale;       /* to "ns"; 0: a count, whose unit is then "1/op" */
	enum figure_window window; /* of a total with per_op: the time it was counted in */
	const char *meaning;       /* sentences */
	const char *source;        /* file, call or event, and where that is documented */
	const char *moved_by;      /* what changes it */
	const char *same_as;       /* another program that shows it; "": none does */
};

/* What a name stands for; as_per_op: the name is the row's per_op. */
struct figure_match {
	const struct figure_row *row; /* NULL: not known */
	bool as_per_op;
};

struct figure_match figure_table_find(const char *name);
/* A figure that is known, and of which neither more nor less is better. */
bool figure_table_is_undirected(const char *name);
#define FIGURE_PER_OP                                                                              \
	"_per_op" /* ends the name of an event's part of one operation: see figure_table_event() */
/* A figure of one operation, of a total that is known or of an event. */
bool figure_table_is_per_op(const char *name);
/* The row of what --events counts: the figure has the event's own name.  per_op: its name and FIGURE_PER_OP. */
struct figure_row figure_table_event(const char *name, const char *per_op, bool is_time);
const char *figure_table_unit(const struct figure_match *match);
const char *figure_table_match_better(const struct figure_match *match);
const struct figure_row *figure_table_at(size_t i); /* NULL after the last */
/* The known name that is most like it, or NULL where none is near. */
const char *figure_table_nearest(const char *name);
/* All of them, as docs/figures.md has them. */
void figure_table_markdown(FILE *out);
/* One, for a terminal. */
void figure_table_explain(const struct figure_match *match, const char *name, FILE *out);

#endif

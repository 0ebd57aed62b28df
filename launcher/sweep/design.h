/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * design.h - the identity of a sweep: what has to be the same for its trials to stand in one comparison.  Pure.
 */
#ifndef LAUNCHER_DESIGN_H
#define LAUNCHER_DESIGN_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct json_object;
struct matrix;

#define DESIGN_ID_SIZE 17

struct design {
	char id[DESIGN_ID_SIZE]; /* of the arms with all their knobs, repeats, boots, seed, version */
	int repeats, boots;
	int looks; /* of --until-ci; 0: none */
	long trials;
};

int design_make(const struct matrix *matrix, struct design *ret, struct err *err) MUST_CHECK;
/* Into a result line: "design" and "planned". */
void design_put(const struct design *design, struct json_object *line);
/* In what a result line of another design differs, for people. */
void design_differs(const struct matrix *matrix, struct json_object *line, char *buf, size_t size);

#endif

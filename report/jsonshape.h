/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jsonshape.h - passes a value that differs from one seen before only inside of its numbers and strings.
 *
 * The lines of a sweep are alike but for their figures.  A text that is compared with a good one needs no parser: where
 * all that stands outside of numbers and strings is the same, and each of these is a good one, the whole is good too.
 */
#ifndef REPORT_JSONSHAPE_H
#define REPORT_JSONSHAPE_H

#include <stdbool.h>
#include <stddef.h>

struct jsonscan;
struct jsonscan_view;

#define JSONSHAPE_MAX 65536 /* bytes; a larger text is not worth keeping */

struct jsonshape {
	char *text;
	unsigned char *kind; /* of each byte: enum in jsonshape.c */
	size_t len, room;
};

/* Keeps an object or array that the scanner has found good; empty where there is no memory, or for any other value. */
void jsonshape_learn(struct jsonshape *shape, const struct jsonscan_view *value);
/* Passes the next value if it has the shape; ret (or NULL) is its text.  False: nothing was passed. */
bool jsonshape_pass(const struct jsonshape *shape, struct jsonscan *scan,
                    struct jsonscan_view *ret);
void jsonshape_done(struct jsonshape *shape);

#endif

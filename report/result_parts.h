/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result_parts.h - a piece of a result line read again: as a text, a whole number, a member of an object.
 * The piece has gone through the scanner once, so that its grammar is good; its type may be any.
 */
#ifndef REPORT_RESULT_PARTS_H
#define REPORT_RESULT_PARTS_H

#include <stdint.h>

#include "jsonscan.h"

/* Not there, or null. */
bool part_is_null(const struct jsonscan_view *view);
/* A string, decoded.  -ENOENT: null; -EINVAL; else its length, which may be past the buffer's. */
int part_text(const struct jsonscan_view *view, char *buf, size_t size);
/* A whole number.  -ENOENT, -EINVAL. */
int part_whole(const struct jsonscan_view *view, double min, double max, double *ret);
/* Something to compare by; 0 for null. */
uint64_t part_hash(const struct jsonscan_view *view);
/* The text of an object's member; true and false as on and off; "" where it is no word or there is none. */
void part_member(const struct jsonscan_view *object, const char *name, char *buf, size_t size);
/* A member that is a whole number: see part_whole(). */
int part_member_whole(const struct jsonscan_view *object, const char *name, double min, double max,
                      double *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * result_parts.h - a value of a result line as what it should be: a text, a number, a member of an object.
 * The line has gone through json_parse(); the value's type may be any, and NULL stands for null and for none.
 */
#ifndef REPORT_RESULT_PARTS_H
#define REPORT_RESULT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

bool part_is_object(struct json_object *o);
bool part_is_array(struct json_object *o);
/* NULL where `o` is no object. */
struct json_object *part_at(struct json_object *o, const char *key);
/* A string, cut at a character where it does not fit.  -ENOENT: null; -EINVAL; else its length. */
int part_text(struct json_object *o, char *buf, size_t size);
/* A number of which json-c has kept the value.  -ENOENT, -EINVAL. */
int part_number(struct json_object *o, double *ret);
/* A whole number.  -ENOENT, -EINVAL. */
int part_whole(struct json_object *o, double min, double max, double *ret);
/* JSON without blanks, borrowed from `o`; NULL: no memory. */
const char *part_json(struct json_object *o, size_t *ret_len);
/* Something to compare by; 0 for null. */
uint64_t part_hash(struct json_object *o);
/* The text of an object's member; true and false as on and off; "" where it is no word or there is none. */
void part_member(struct json_object *object, const char *name, char *buf, size_t size);
/* A member that is a whole number: see part_whole(). */
int part_member_whole(struct json_object *object, const char *name, double min, double max,
                      double *ret);

#endif

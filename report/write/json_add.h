/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_add.h - members of an object that is written: base/json.h's getters the other way round.
 */
#ifndef REPORT_JSON_ADD_H
#define REPORT_JSON_ADD_H

#include <stddef.h>

struct json_object;

void json_add_text(struct json_object *o, const char *key, const char *text);
/* In the fewest digits that read back to the same value; null for NaN. */
void json_add_number(struct json_object *o, const char *key, double value);
void json_add_count(struct json_object *o, const char *key, size_t count);

#endif

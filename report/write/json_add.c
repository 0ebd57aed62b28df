/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_add.c - texts, numbers and counts as json-c has them. */
#include "json_add.h"

#include <json-c/json.h>
#include <math.h>

#include "scale.h"

void json_add_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

void json_add_number(struct json_object *o, const char *key, double value)
{
	char text[32];

	scale_format_exact(value, text, sizeof(text));
	json_object_object_add(o, key,
	                       !isfinite(value) ? NULL : json_object_new_double_s(value, text));
}

void json_add_count(struct json_object *o, const char *key, size_t count)
{
	json_object_object_add(o, key, json_object_new_uint64(count));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_parts.c - small typed reads from a line, with the checks that json-c leaves to the caller. */
#include "result_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "names.h"

bool part_is_object(struct json_object *o)
{
	return json_object_is_type(o, json_type_object);
}

bool part_is_array(struct json_object *o)
{
	return json_object_is_type(o, json_type_array);
}

struct json_object *part_at(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	if (part_is_object(o))
		json_object_object_get_ex(o, key, &value);
	return value;
}

int part_text(struct json_object *o, char *buf, size_t size)
{
	const char *text;
	size_t len, used;

	if (!o)
		return -ENOENT;
	if (!json_object_is_type(o, json_type_string))
		return -EINVAL;
	text = json_object_get_string(o);
	len = used = (size_t)json_object_get_string_len(o);
	if (strlen(text) != len)
		return -EINVAL;
	if (used >= size)
		used = size - 1;
	while (used < len && used && (text[used] & 0xc0) == 0x80)
		used--;
	memcpy(buf, text, used);
	buf[used] = '\0';
	return (int)len;
}

int part_number(struct json_object *o, double *ret)
{
	if (!o)
		return -ENOENT;
	if (json_object_is_type(o, json_type_int)) {
		/* past 64 bits json-c keeps the nearest number that fits */
		if (json_object_get_uint64(o) == UINT64_MAX ||
		    json_object_get_int64(o) == INT64_MIN)
			return -EINVAL;
	} else if (!json_object_is_type(o, json_type_double)) {
		return -EINVAL;
	}
	*ret = json_object_get_double(o);
	return 0;
}

int part_whole(struct json_object *o, double min, double max, double *ret)
{
	double value;
	int rc = part_number(o, &value);

	if (rc)
		return rc;
	if (value < min || value > max || value != trunc(value))
		return -EINVAL;
	*ret = value;
	return 0;
}

const char *part_json(struct json_object *o, size_t *ret_len)
{
	return json_object_to_json_string_length(
	        o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, ret_len);
}

uint64_t part_hash(struct json_object *o)
{
	size_t len;
	const char *text = o ? part_json(o, &len) : NULL;

	return text ? names_hash(text, len) : 0;
}

void part_member(struct json_object *object, const char *name, char *buf, size_t size)
{
	struct json_object *value = part_at(object, name);
	int n = part_text(value, buf, size);

	if (n < 0 || (size_t)n >= size)
		buf[0] = '\0';
	if (json_object_is_type(value, json_type_boolean))
		snprintf(buf, size, "%s", json_object_get_boolean(value) ? "on" : "off");
}

int part_member_whole(struct json_object *object, const char *name, double min, double max,
                      double *ret)
{
	return part_whole(part_at(object, name), min, max, ret);
}

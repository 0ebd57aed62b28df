/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_parts.c - small typed reads from pieces of a line that is known to be JSON. */
#include "result_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

bool part_is_null(const struct jsonscan_view *view)
{
	return !view->len || jsonscan_is(view, "null");
}

/* A part that is a string, decoded.  -ENOENT: not there or null.  Else its length, which may be past the buffer's. */
int part_text(const struct jsonscan_view *view, char *buf, size_t size)
{
	struct jsonscan scan;
	struct jsonscan_view inner;

	if (part_is_null(view))
		return -ENOENT;
	jsonscan_init(&scan, view->text, view->len);
	return jsonscan_string(&scan, &inner) ? jsonscan_decode(&inner, buf, size) : -EINVAL;
}

int part_whole(const struct jsonscan_view *view, double min, double max, double *ret)
{
	struct jsonscan scan;
	double value;

	if (part_is_null(view))
		return -ENOENT;
	jsonscan_init(&scan, view->text, view->len);
	if (!jsonscan_number(&scan, &value) || value < min || value > max || value != trunc(value))
		return -EINVAL;
	*ret = value;
	return 0;
}

uint64_t part_hash(const struct jsonscan_view *view)
{
	return part_is_null(view) ? 0 : names_hash(view->text, view->len);
}

/* The text of member `name` of an object part, decoded; true and false as on and off; "" where it is no word. */
static struct jsonscan_view find_member(const struct jsonscan_view *object, const char *name)
{
	struct jsonscan_view key, other, value = { 0 };
	struct jsonscan scan;

	if (!object->len || object->text[0] != '{')
		return value;
	jsonscan_init(&scan, object->text, object->len);
	jsonscan_open(&scan, '{');
	while (!value.len && jsonscan_member(&scan, &key))
		jsonscan_skip(&scan, jsonscan_is(&key, name) ? &value : &other);
	return value;
}

void part_member(const struct jsonscan_view *object, const char *name, char *buf, size_t size)
{
	struct jsonscan_view value = find_member(object, name);
	int n = part_text(&value, buf, size);

	if (n < 0 || (size_t)n >= size)
		buf[0] = '\0';
	if (jsonscan_is(&value, "true") || jsonscan_is(&value, "false"))
		snprintf(buf, size, "%s", value.text[0] == 't' ? "on" : "off");
}

int part_member_whole(const struct jsonscan_view *object, const char *name, double min, double max,
                      double *ret)
{
	struct jsonscan_view value = find_member(object, name);

	return part_whole(&value, min, max, ret);
}

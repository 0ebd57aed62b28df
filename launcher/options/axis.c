/* SPDX-License-Identifier: GPL-2.0-or-later */
/* axis.c - cuts an option's text into the values of an axis.  Knows no command. */
#include "axis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "knob_kinds.h"
#include "text.h"

/* "[0,2]" -> "0,2" */
static char *strip_brackets(char *part)
{
	size_t len = strlen(part);

	if (part[0] != '[' || part[len - 1] != ']')
		return part;
	part[len - 1] = '\0';
	return part + 1;
}

/* Can this part only belong to the one before it?  QEMU's models and machines take KEY=VALUE, +FLAG and -FLAG behind a
 * name; the kernel's options take lists (isolcpus=1,2, mitigations=auto,nosmt). */
static bool is_continuation(const struct knob *knob, const char *before, const char *part)
{
	if (*before == '[' || *part == '[')
		return false;
	if (knob->kind == &kind_words)
		return *part == '+' || *part == '-' || strchr(part, '=');
	if (knob->kind == &kind_text)
		return *part == '+' || *part == '-' || (strchr(before, '=') && !strchr(part, '='));
	return false;
}

/* The parts as one text again, with brackets around those that belong together. */
static void suggest(const struct knob *knob, char *const *part, int nr, char *buf, size_t size)
{
	bool is_open = false;
	size_t used = 0;

	buf[0] = '\0';
	for (int i = 0; i < nr && used < size; i++) {
		bool goes_on = i + 1 < nr && is_continuation(knob, part[i], part[i + 1]);

		used += (size_t)snprintf(buf + used, size - used, "%s%s%.64s%s", i ? "," : "",
		                         goes_on && !is_open ? "[" : "", part[i],
		                         is_open && !goes_on ? "]" : "");
		is_open = goes_on;
	}
}

static int check_parts(const struct knob *knob, char *const *part, int nr, struct err *err)
{
	char bracketed[320];

	for (int i = 1; i < nr; i++) {
		if (!is_continuation(knob, part[i - 1], part[i]))
			continue;
		suggest(knob, part, nr, bracketed, sizeof(bracketed));
		return err_set(err, EINVAL,
		               "a comma separates the values that are compared, and '%.64s' seems "
		               "to belong to '%.64s': write --%s '%s', or bracket each value",
		               part[i], part[i - 1], knob->name, bracketed);
	}
	return 0;
}

static int check_unlike(const struct axis *axis, const char *value, const struct spec *tried,
                        const struct spec *base, struct err *err)
{
	char now[SPEC_KNOB_MAX], other[SPEC_KNOB_MAX];

	knob_format(axis->knob, tried, now, sizeof(now));
	for (int i = 0; i < axis->nr; i++) {
		struct spec spec = *base;
		struct err ignored;

		if (knob_parse(axis->knob, axis->value[i], &spec, &ignored))
			continue;
		knob_format(axis->knob, &spec, other, sizeof(other));
		if (!strcmp(now, other))
			return err_set(err, EINVAL,
			               "'%.64s' and '%.64s' are the same value, so there is "
			               "nothing to compare%s",
			               axis->value[i], value,
			               axis->knob->kind->has_commas
			                       ? ": put a list into brackets, [0,1]"
			                       : " (a sweep adds an A/A configuration by itself)");
	}
	return 0;
}

int axis_add_value(struct axis *axis, const char *value, const struct spec *base, struct err *err)
{
	struct spec tried = *base;
	int rc;

	if (axis->nr == AXIS_VALUES_MAX)
		return err_set(err, E2BIG, "more than %d values", AXIS_VALUES_MAX);
	rc = knob_parse(axis->knob, value, &tried, err);
	if (!rc)
		rc = check_unlike(axis, value, &tried, base, err);
	if (!rc)
		axis->value[axis->nr++] = value;
	return rc;
}

int axis_add_text(struct axis *axis, char *text, const struct spec *base, struct err *err)
{
	CLEANUP(str_free) char *whole = strdup(text);
	char *part[AXIS_VALUES_MAX];
	int rc, nr = text_split(text, ',', part, AXIS_VALUES_MAX);

	if (!whole)
		return err_set(err, ENOMEM, "out of memory");
	if (nr < 0)
		return err_set(err, E2BIG, "more than %d values", AXIS_VALUES_MAX);
	rc = check_parts(axis->knob, part, nr, err);
	for (int i = 0; i < nr && !rc; i++) {
		axis->has_brackets |= part[i][0] == '[';
		rc = axis_add_value(axis, strip_brackets(part[i]), base, err);
		if (rc && nr > 1)
			err_in(err, "value %d of '%.64s'", i + 1, whole);
	}
	return rc;
}

bool axis_is_list(const struct knob *knob, const char *text, const struct spec *base)
{
	CLEANUP(str_free) char *copy = strdup(text);
	char *part[AXIS_VALUES_MAX];
	int nr = copy && !knob->kind->has_commas ? text_split(copy, ',', part, AXIS_VALUES_MAX) : 0;

	for (int i = 0; i < nr; i++) {
		struct spec tried = *base;
		struct err ignored;

		if (knob_parse(knob, part[i], &tried, &ignored))
			return false;
	}
	return nr > 1;
}

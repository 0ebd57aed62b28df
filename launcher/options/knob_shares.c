/* SPDX-License-Identifier: GPL-2.0-or-later */
/* knob_shares.c - values with percent signs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "knob_kinds.h"
#include "report.h"
#include "spec.h"
#include "text.h"

static int limits_parse(const struct knob_kind *kind, const char *text, void *field,
                        struct err *err)
{
	struct spec *spec = field;
	int rc = report_limit_check(text, err);

	(void)kind;
	if (rc)
		return rc;
	if (spec->nr_fail_ifs == SPEC_LIMITS_MAX)
		return err_set(err, E2BIG, "more than %d limits", SPEC_LIMITS_MAX);
	spec->fail_if[spec->nr_fail_ifs++] = text;
	return 0;
}

static void limits_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	const struct spec *spec = field;

	(void)kind;
	text_copy(buf, size, spec->nr_fail_ifs ? spec->fail_if[0] : "");
}

const struct knob_kind kind_limit = { .is_list = true,
	                              .parse = limits_parse,
	                              .format = limits_format };

/* A flag that says what the words after it are. */
static int side_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	if (strcmp(text, "on") != 0)
		return err_set(err, EINVAL, "'%.64s': the files are words of their own", text);
	*(int *)field = (int)kind->min;
	return 0;
}

static void side_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	text_copy(buf, size, *(const int *)field == (int)kind->min ? "on" : "");
}

#define SIDE_KIND(side)                                                                            \
	{                                                                                          \
		.is_flag = true, .min = (side), .parse = side_parse, .format = side_format         \
	}
const struct knob_kind kind_old = SIDE_KIND(FILES_OLD);
const struct knob_kind kind_new = SIDE_KIND(FILES_NEW);
const struct knob_kind kind_same = SIDE_KIND(FILES_SAME);

/* "5%": a whole number */
static int share_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	size_t len = strspn(text, "0123456789");
	char digits[16];
	uint64_t percent;
	int rc;

	if (!len || len >= sizeof(digits) || strcmp(text + len, "%") != 0)
		return err_set(err, EINVAL, "'%.32s' is no share like 5%%", text);
	snprintf(digits, sizeof(digits), "%.*s", (int)len, text);
	rc = text_parse_u64(digits, (uint64_t)kind->min, (uint64_t)kind->max, &percent, err);
	if (rc)
		return rc;
	*(int *)field = (int)percent;
	return 0;
}

static void share_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	(void)kind;
	snprintf(buf, size, "%d%%", *(const int *)field);
}

const struct knob_kind kind_handicap = {
	.min = 0, .max = 1000, .parse = share_parse, .format = share_format
};

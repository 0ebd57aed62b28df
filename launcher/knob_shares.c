/* SPDX-License-Identifier: GPL-2.0-or-later */
/* knob_shares.c - values with percent signs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "knob_kinds.h"
#include "report.h"
#include "text.h"

static int limit_text_parse(const struct knob_kind *kind, const char *text, void *field,
                            struct err *err)
{
	int rc = report_limit_check(text, err);

	(void)kind;
	if (rc)
		return rc;
	*(const char **)field = text;
	return 0;
}

static void limit_text_format(const struct knob_kind *kind, const void *field, char *buf,
                              size_t size)
{
	const char *text = *(const char *const *)field;

	(void)kind;
	text_copy(buf, size, text ? text : "");
}

const struct knob_kind kind_limit = { .parse = limit_text_parse, .format = limit_text_format };

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

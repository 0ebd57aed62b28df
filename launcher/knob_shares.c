/* SPDX-License-Identifier: GPL-2.0-or-later */
/* knob_shares.c - values with percent signs. */
#include <errno.h>

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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - result lines in, a comparison out: as a table, CSV, JSON or a page of HTML; of a single `run` a row a
 * thread.  No VM, no privilege, no clock.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "err.h"

enum report_format {
	REPORT_TABLE,
	REPORT_MARKDOWN,
	REPORT_CSV,
	REPORT_JSON,
	REPORT_HTML,
	REPORT_JUNIT
};

struct report_wish {
	enum report_format format;
	const char *baseline;       /* an arm's name, or NULL: the first arm of the file */
	const char *const *fail_if; /* limits: "FIGURE worse 10%", "FIGURE > 100us" */
	int nr_fail_ifs;
	const int *sides;      /* enum result_side of each path, or NULL: all alone */
	double session_spread; /* SD between sessions as a share, given; 0: to be learned */
	const char *by;        /* the host's field that parts old from new, or NULL */
	bool coloured;         /* table: for a terminal */
	int width;             /* columns of the table; 0: 100 */
	const char *assets;    /* html: the folder of the page's libraries and style, or NULL */
	bool all_figures;      /* table: every figure, not just the chosen ones (-v) */
};

extern const char *const report_format_names[]; /* by enum report_format, NULL-terminated */
int report_format_parse(const char *text, enum report_format *ret, struct err *err) MUST_CHECK;
/* Is it a limit as --fail-if takes it? */
int report_limit_check(const char *text, struct err *err) MUST_CHECK;
/* Reads the files, compares, writes to out.  Bad lines are skipped and counted (said in the output).
 * -ERANGE: written, and a limit is broken, which err says; -ENODATA: no line to write about; or
 * written, and a limit's figure has no value, or values and no verdict. */
int report_write(const struct report_wish *wish, char *const *paths, int nr, FILE *out,
                 struct err *err) MUST_CHECK;
/* The same about one line, which is in no file or among others. */
int report_write_line(const struct report_wish *wish, const char *line, FILE *out, struct err *err)
        MUST_CHECK;

#endif

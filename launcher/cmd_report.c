/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_report.c - a comparison from stored results. */
#include <errno.h>
#include <stdio.h>

#include "cmdline.h"
#include "command.h"
#include "paths.h"
#include "progress.h"
#include "report.h"

static int report_main(const struct cmdline *cmdline, struct err *err)
{
	struct report_wish wish = { .baseline = cmdline->spec.baseline,
		                    .fail_if = cmdline->spec.fail_if,
		                    .nr_fail_ifs = cmdline->spec.nr_fail_ifs,
		                    .sides = cmdline->sides,
		                    .session_spread = cmdline->spec.session_spread,
		                    .by = cmdline->spec.by,
		                    .all_figures = cmdline->spec.verbose > 0,
		                    .coloured = progress_colours() };
	char assets[4096];
	int rc;

	if (!cmdline->nr_files) {
		err_set(err, EINVAL, "report: which results? name at least one FILE.jsonl");
		return EXIT_USAGE;
	}
	if (cmdline->spec.format && report_format_parse(cmdline->spec.format, &wish.format, err))
		return EXIT_USAGE;
	if (wish.format == REPORT_HTML && paths_report_assets(assets, sizeof(assets)))
		wish.assets = assets;
	rc = report_write(&wish, cmdline->files, cmdline->nr_files, stdout, err);
	if (rc == -ENOENT || rc == -EACCES || rc == -EISDIR || rc == -EINVAL)
		return EXIT_USAGE;
	if (rc == -ERANGE)
		return EXIT_LIMIT;
	return rc;
}

const struct command cmd_report = { .name = "report", .run = report_main };

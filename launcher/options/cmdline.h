/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmdline.h - argv into a spec (and, for sweep, axes).  Reads sysfs for --events only; the exit
 * code 2 is the caller's.
 */
#ifndef LAUNCHER_CMDLINE_H
#define LAUNCHER_CMDLINE_H

#include <stdio.h>

#include "axis.h"
#include "err.h"
#include "knobs.h"
#include "spec.h"

struct cmdline {
	enum command_kind command;
	struct spec spec;
	bool is_explicit; /* the command was named */
	struct axes axes; /* knobs with several values: sweep's, and bench's --where */
	char **argv;      /* as it was given */
	char **files;     /* report: the FILE arguments; explain: the figures */
	int *sides;       /* enum spec_side of each */
	int nr_files;
	bool help, version;
	char **owned; /* split copies, freed by cmdline_done */
	int nr_owned;
};

/* run, bench: one value each; a first word that is no command is a disk.  argv ends in NULL and outlives *ret.
 * Where --help or --version stands anywhere, nothing else is looked at. */
int cmdline_parse(int argc, char **argv, struct cmdline *ret, struct err *err) MUST_CHECK;
void cmdline_done(struct cmdline *cmdline);
/* --help: one screen, or all options of the command that was named, from the knob table and the catalog. */
void cmdline_help(const struct cmdline *cmdline, FILE *out);

#endif

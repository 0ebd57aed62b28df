/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tool.h - qload by hand: one workload, here and now, without a host.
 */
#ifndef WORKLOADS_TOOL_H
#define WORKLOADS_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "job.h"

#define TOOL_FILES_MAX 16

struct tool {
	struct job job;
	bool json;
	const char *folder; /* where the scratch is made */
	uint64_t scratch_bytes;
	/* instead of a scratch, only read: worker i on file i mod nr_files */
	const char *file[TOOL_FILES_MAX];
	int nr_files;
};

/* Everything wrong here is bad usage. */
int tool_parse(int argc, char **argv, struct tool *ret, struct err *err) MUST_CHECK;
/* Runs it; the report is the caller's to free. */
int tool_run(const struct tool *tool, char **ret, struct err *err) MUST_CHECK;
extern const char tool_help[];

#endif

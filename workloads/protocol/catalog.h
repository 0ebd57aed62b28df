/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * catalog.h - the built-in workloads by name: what they do, which figure is primary, what they need.
 * Used by qload to run them and by qlaunch to check --workload and to write --help.
 */
#ifndef WORKLOADS_CATALOG_H
#define WORKLOADS_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

/* A figure that the load itself measures. */
struct claim {
	const char *name, *unit, *better;
};

struct workload {
	const char *name;
	const char *does;    /* one line for --help: what it does and what a change in it means */
	const char *primary; /* its primary figures, space separated */
	const char *op;      /* its unit of work, for figures by operation; NULL: it has several */
	bool is_io;          /* needs the scratch */
	uint64_t
	        memory; /* bytes that each worker takes, where that is worth a check; mem has sizes of its own */
	const struct claim *claims; /* its figures; the last one has no name */
};

/* The figure of that name which the workload's load measures; or NULL. */
const struct claim *workload_claim(const struct workload *workload, const char *name);
/* "io_read_ns", where a figure such as io_read_p95_ns comes from it. */
bool workload_has_histogram(const struct workload *workload, const char *name);
const struct workload *workload_find(const char *name); /* or NULL */
const struct workload *workload_at(int i);              /* i = 0, 1, ...; NULL after the last */

#endif

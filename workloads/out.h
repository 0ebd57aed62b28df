/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out.h - text written into a buffer of fixed size; what does not fit sets a flag instead of being cut in silence.
 */
#ifndef WORKLOADS_OUT_H
#define WORKLOADS_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct out {
	char *buf;
	size_t size, used;
	bool full;
};

void out_add(struct out *out, const char *fmt, ...) PRINTF(2, 3);
/* A JSON string with its quotes. */
void out_add_string(struct out *out, const char *text);
/* The length, or -EMSGSIZE. */
int out_end(const struct out *out, struct err *err) MUST_CHECK;

#endif

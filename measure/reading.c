/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reading.c - scales a perf counter's value.  Reads nothing itself. */
#include "reading.h"

enum reading_state reading_scale(const struct reading *reading, double *ret)
{
	if (reading->running_ns > reading->enabled_ns)
		return READING_BROKEN;
	if (reading->running_ns == reading->enabled_ns) {
		*ret = (double)reading->value;
		return READING_EXACT;
	}
	if (!reading->running_ns)
		return READING_NEVER_RAN;
	/* in floating point: value * enabled leaves 64 bits soon */
	*ret = (double)reading->value * ((double)reading->enabled_ns / (double)reading->running_ns);
	return READING_SCALED;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_events.c - any text as a list of events. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const trees[] = { "tests/data/pmu-intel", "tests/data/pmu-amd",
		                             "tests/data/pmu-odd" };
	struct event_set set;
	char text[2048];

	if (!size || size >= sizeof(text))
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (events_parse(text, trees[data[0] % ARRAY_SIZE(trees)], &set, NULL))
		return 0;
	if (set.nr < 1 || set.nr > EVENTS_MAX || set.nr_figures < set.nr)
		abort();
	for (int i = 0; i < set.nr; i++) {
		if (event_needs_kernel(&set.event[i]) && set.event[i].no_kernel)
			abort();
	}
	return 0;
}

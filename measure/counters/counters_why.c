/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters_why.c - why a counter could not be opened: no hardware, no right, no files, in words. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

#include "counters_parts.h"
#include "counters_right.h"
#include "trace_folder.h"

/* Those of the CPU's own PMU.  A type of another number is a device of its own, which stands in sysfs: it is there. */
static bool is_of_cpu(const struct event *event)
{
	return event->type == PERF_TYPE_HARDWARE || event->type == PERF_TYPE_HW_CACHE ||
	       event->type == PERF_TYPE_RAW;
}

static const char *explain_absence(const struct counters *counters, const struct event *event)
{
	if (is_of_cpu(event) && counters->no_pmu)
		return "no hardware PMU";
	if (event->no_host || event->no_guest)
		return "this PMU has no such event, or cannot tell guest from host";
	if (event->no_user || event->no_kernel || event->no_hv)
		return "this PMU has no such event, or cannot tell user mode from the kernel (:u, :k)";
	return "this PMU has no such event";
}

static enum counters_scope scope_of(const struct event *event)
{
	return event->no_kernel ? COUNTERS_OF_USER : COUNTERS_OF_KERNEL;
}

static void explain_lack(const struct event *event, char *buf, size_t size)
{
	char folder[256];

	if (event->lack == EVENT_NO_TRACEFS || trace_folder_find(folder, sizeof(folder)))
		snprintf(
		        buf, size,
		        "tracefs, where a tracepoint's number stands, is not mounted: " TRACE_FOLDER_MOUNT);
	else
		snprintf(buf, size,
		         "a tracepoint's number stands in %.100s, which only root may read here",
		         folder);
}

static bool is_absence(int why)
{
	return why == ENOENT || why == ENODEV || why == ENXIO || why == EOPNOTSUPP || why == EINVAL;
}

void counters_explain(const struct counters *counters, const struct event *event, int why,
                      char *buf, size_t size)
{
	if (event->lack) {
		explain_lack(event, buf, size);
		return;
	}
	if (is_absence(why)) {
		snprintf(buf, size, "%s (%s)", explain_absence(counters, event),
		         strerrorname_np(why));
		return;
	}
	switch (why) {
	case EACCES:
	case EPERM:
	case ENOSYS:
		counters_refusal(why, scope_of(event), buf, size);
		break;
	case EMFILE:
		snprintf(buf, size,
		         "not enough files (EMFILE): it needs %ld more, %ld are left: raise ulimit "
		         "-n",
		         counters->files_wanted,
		         counters->files_left > 0 ? counters->files_left : 0);
		break;
	case EBUSY:
		snprintf(buf, size, "somebody else has the PMU to himself (EBUSY)");
		break;
	default:
		snprintf(buf, size, "perf_event_open: %s", strerror(why));
	}
}

bool counters_refused(const struct counters *counters, char *why, size_t size)
{
	snprintf(why, size, "there was no thread to count on");
	for (int i = 0; i < counters->nr * counters->set.nr; i++) {
		const struct event *event = &counters->set.event[i % counters->set.nr];

		if (!counters->counter[i].why)
			continue;
		counters_explain(counters, event, counters->counter[i].why, why, size);
		return event->lack || !is_absence(counters->counter[i].why);
	}
	return false;
}

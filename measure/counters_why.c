/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters_why.c - why a counter could not be opened: no hardware, no right, no files, in words. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

#include "counters_parts.h"
#include "text.h"

#define PARANOID "/proc/sys/kernel/perf_event_paranoid"

/* "Seccomp:\t2" in our own status: a filter stands between us and the kernel. */
static bool is_filtered(void)
{
	char text[4096];
	const char *line;

	if (text_read_file("/proc/self/status", text, sizeof(text), NULL) < 0)
		return false;
	line = strstr(text, "\nSeccomp:");
	return line && strchr("12", line[strlen("\nSeccomp:\t")]);
}

static void explain_refusal(int why, char *buf, size_t size)
{
	const char *name = why == EACCES ? "EACCES" : "EPERM";
	char paranoid[16];

	if (is_filtered())
		snprintf(buf, size,
		         "perf_event_open was refused (%s): a seccomp filter is in force", name);
	else if (text_read_file(PARANOID, paranoid, sizeof(paranoid), NULL) > 0)
		snprintf(buf, size,
		         "not allowed (%s): needs CAP_PERFMON, or kernel.perf_event_paranoid "
		         "at most 1 (now %s)",
		         name, paranoid);
	else
		snprintf(buf, size, "not allowed (%s): needs CAP_PERFMON", name);
}

static bool is_hardware(const struct event *event)
{
	return event->type != PERF_TYPE_SOFTWARE && event->type != PERF_TYPE_TRACEPOINT;
}

static const char *explain_absence(const struct counters *counters, const struct event *event)
{
	if (is_hardware(event) && counters->no_pmu)
		return "no hardware PMU";
	if (event->no_host || event->no_guest)
		return "this PMU has no such event, or cannot tell guest from host";
	return "this PMU has no such event";
}

void counters_explain(const struct counters *counters, const struct event *event, int why,
                      char *buf, size_t size)
{
	switch (why) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case EOPNOTSUPP:
	case EINVAL:
		snprintf(buf, size, "%s (%s)", explain_absence(counters, event),
		         strerrorname_np(why));
		break;
	case EACCES:
	case EPERM:
		explain_refusal(why, buf, size);
		break;
	case ENOSYS:
		snprintf(buf, size,
		         is_filtered()
		                 ? "perf_event_open was refused (ENOSYS): a seccomp filter is "
		                   "in force"
		                 : "this kernel has no perf_event_open (ENOSYS)");
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

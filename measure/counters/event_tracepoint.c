/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_tracepoint.c - "sched:sched_switch" to the number that tracefs gives it.  Opens no event. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "events.h"
#include "text.h"
#include "trace_folder.h"

/* A recorded tree has it beside its PMUs. */
static int find_tracefs(const char *sysfs, char *ret, size_t size)
{
	if (!strcmp(sysfs, EVENTS_SYSFS))
		return trace_folder_find(ret, size);
	snprintf(ret, size, "%s/tracing", sysfs);
	return access(ret, F_OK);
}

int event_tracepoint_find(const char *sysfs, const char *system, const char *name,
                          struct event *ret, struct err *err)
{
	char tracefs[256], path[512], id[32];
	int len;

	ret->type = PERF_TYPE_TRACEPOINT;
	if (find_tracefs(sysfs, tracefs, sizeof(tracefs))) {
		ret->lack = EVENT_NO_TRACEFS;
		return 0;
	}
	if (snprintf(path, sizeof(path), "%s/events/%s/%s/id", tracefs, system, name) >=
	    (int)sizeof(path))
		return err_set(err, ENAMETOOLONG, "is too long a name");
	len = text_read_file(path, id, sizeof(id), NULL);
	if (len == -EACCES || len == -EPERM) {
		ret->lack = EVENT_TRACEFS_CLOSED;
		return 0;
	}
	if (len < 0)
		return err_set(err, ENOENT,
		               "there is no such tracepoint here (%s/events; a module that is not "
		               "loaded has none)",
		               tracefs);
	return text_parse_u64(id, 0, UINT32_MAX, &ret->config, err) ? err_in(err, "%s", path) : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_tracepoint.c - "sched:sched_switch" to the number that tracefs gives it.  Opens no event. */
#include <errno.h>
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "events.h"
#include "text.h"

/* Where it is mounted, or NULL; a recorded tree has it beside its PMUs. */
static const char *find_tracefs(const char *sysfs, char *buf, size_t size)
{
	static const char *const usual[] = { EVENTS_TRACEFS, "/sys/kernel/debug/tracing" };
	struct statfs fs;

	if (strcmp(sysfs, EVENTS_SYSFS)) {
		snprintf(buf, size, "%s/tracing", sysfs);
		return access(buf, F_OK) ? NULL : buf;
	}
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		if (!statfs(usual[i], &fs) && fs.f_type == TRACEFS_MAGIC)
			return usual[i];
	}
	return NULL;
}

int event_tracepoint_find(const char *sysfs, const char *system, const char *name,
                          struct event *ret, struct err *err)
{
	char folder[256], path[512], id[32];
	const char *tracefs = find_tracefs(sysfs, folder, sizeof(folder));
	int len;

	ret->type = PERF_TYPE_TRACEPOINT;
	if (!tracefs) {
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

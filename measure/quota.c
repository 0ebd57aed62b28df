/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quota.c - cpu.stat of a cgroup and of those above it.  Sets no quota. */
#include "quota.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "figure.h"
#include "text.h"

static bool find_count(const char *text, const char *name, uint64_t *ret)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ' ')
			return sscanf(line + len, "%" SCNu64, ret) == 1;
	}
	return false;
}

bool quota_parse(const char *text, uint64_t *ret_ns)
{
	uint64_t us;

	if (find_count(text, "throttled_time", ret_ns))
		return true;
	if (!find_count(text, "throttled_usec", &us))
		return false;
	*ret_ns = us * 1000;
	return true;
}

static bool read_file(const char *folder, const char *file, char *buf, size_t size)
{
	char path[4352];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return text_read_file(path, buf, size, NULL) > 0;
}

/* Of this folder alone.  false: no quota ("max", "-1"). */
static bool read_limit(const char *folder, struct quota_limit *ret)
{
	char text[64], period[32];
	struct quota_limit limit = { .file = "cpu.max" };
	int nr;

	if (read_file(folder, limit.file, text, sizeof(text))) {
		nr = sscanf(text, "%" SCNu64 " %" SCNu64, &limit.quota_us, &limit.period_us);
	} else {
		limit.file = "cpu.cfs_quota_us";
		if (!read_file(folder, limit.file, text, sizeof(text)) || text[0] == '-' ||
		    !read_file(folder, "cpu.cfs_period_us", period, sizeof(period)))
			return false;
		nr = sscanf(text, "%" SCNu64, &limit.quota_us) +
		     sscanf(period, "%" SCNu64, &limit.period_us);
	}
	if (nr != 2 || !limit.quota_us || !limit.period_us ||
	    text_copy(limit.folder, sizeof(limit.folder), folder))
		return false;
	limit.cpus = (double)limit.quota_us / (double)limit.period_us;
	*ret = limit;
	return true;
}

/* Cuts the last folder's name off; false: nothing is above. */
static bool go_up(char *folder)
{
	char *slash = strrchr(folder, '/');

	if (!slash || slash == folder)
		return false;
	*slash = '\0';
	return true;
}

void quota_limit_read(const char *folder, struct quota_limit *ret)
{
	struct quota_limit here;
	char at[4096];

	*ret = (struct quota_limit){ 0 };
	if (text_copy(at, sizeof(at), folder))
		return;
	do {
		if (read_limit(at, &here) && (!ret->cpus || here.cpus < ret->cpus))
			*ret = here;
	} while (go_up(at));
}

void quota_read(const char *folder, struct quota *ret)
{
	struct quota_limit limit;
	char at[4096], text[4096];
	uint64_t ns;

	*ret = (struct quota){ 0 };
	if (text_copy(at, sizeof(at), folder))
		return;
	do {
		if (!read_file(at, "cpu.stat", text, sizeof(text)) || !quota_parse(text, &ns))
			continue;
		ret->is_kept = true;
		ret->throttled_ns += ns;
		if (!ns || ret->folder[0])
			continue;
		text_copy(ret->folder, sizeof(ret->folder), at);
		if (read_limit(at, &limit))
			snprintf(ret->limit, sizeof(ret->limit), "%" PRIu64 " of %" PRIu64 " us",
			         limit.quota_us, limit.period_us);
	} while (go_up(at));
}

void quota_figure(const struct quota *start, const struct quota *end, struct json_object *figures)
{
	static const char name[] = "quota_throttled_s";

	if (!start->is_kept || !end->is_kept)
		figure_none(figures, name, "s", BETTER_NONE,
		            "no cgroup here counts what a CPU quota takes");
	else if (end->throttled_ns < start->throttled_ns)
		figure_none(figures, name, "s", BETTER_NONE,
		            "the process was moved to another cgroup inside the window");
	else
		figure_put(figures, name, "s", BETTER_NONE,
		           (double)(end->throttled_ns - start->throttled_ns) / 1e9);
}

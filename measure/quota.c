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

/* "100000 of 200000 us": quota and period. */
static void read_limit(const char *folder, char *buf, size_t size)
{
	char path[4352], text[64], period[32] = "";
	uint64_t quota;

	buf[0] = '\0';
	snprintf(path, sizeof(path), "%s/cpu.max", folder);
	if (text_read_file(path, text, sizeof(text), NULL) < 0) {
		snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", folder);
		if (text_read_file(path, text, sizeof(text), NULL) < 0)
			return;
		snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", folder);
		if (text_read_file(path, period, sizeof(period), NULL) < 0)
			return;
	}
	if (sscanf(text, "%" SCNu64 " %31s", &quota, period) < 1)
		return; /* "max", "-1" */
	period[strcspn(period, "\n")] = '\0';
	snprintf(buf, size, "%" PRIu64 " of %.20s us", quota, period);
}

void quota_read(const char *folder, struct quota *ret)
{
	char at[4096], path[4352], text[4096];
	uint64_t ns;

	*ret = (struct quota){ 0 };
	if (text_copy(at, sizeof(at), folder))
		return;
	for (char *slash = NULL;; *slash = '\0') {
		snprintf(path, sizeof(path), "%s/cpu.stat", at);
		if (text_read_file(path, text, sizeof(text), NULL) > 0 && quota_parse(text, &ns)) {
			ret->is_kept = true;
			ret->throttled_ns += ns;
			if (ns && !ret->folder[0]) {
				text_copy(ret->folder, sizeof(ret->folder), at);
				read_limit(at, ret->limit, sizeof(ret->limit));
			}
		}
		slash = strrchr(at, '/');
		if (!slash || slash == at)
			return;
	}
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

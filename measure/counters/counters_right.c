/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters_right.c - perf_event_open refused: as such, by the level, or whatever we hold. */
#include "counters_right.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"

#define PARANOID      "/proc/sys/kernel/perf_event_paranoid"
#define HIGHEST_LEVEL 2 /* that upstream knows */

static const char *after(const char *status, const char *key)
{
	const char *line = strstr(status, key);

	return line ? line + strlen(key) : "";
}

/* "Seccomp:\t2" in our own status: a filter stands between us and the kernel. */
static bool is_filtered(const char *status)
{
	const char *mode = after(status, "\nSeccomp:\t");

	return *mode == '1' || *mode == '2';
}

static bool holds(const char *status, int cap)
{
	return strtoull(after(status, "\nCapPrm:\t"), NULL, 16) >> cap & 1;
}

static void read_level(char *buf, size_t size)
{
	if (text_read_file(PARANOID, buf, size, NULL) < 0)
		buf[0] = '\0';
}

static bool is_above(const char *level)
{
	return strtol(level, NULL, 10) > HIGHEST_LEVEL;
}

bool counters_need_admin(void)
{
	char level[16];

	read_level(level, sizeof(level));
	return is_above(level);
}

static int open_dummy(bool no_kernel)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
		                        .size = sizeof(attr),
		                        .config = PERF_COUNT_SW_DUMMY,
		                        .disabled = 1,
		                        .exclude_kernel = no_kernel,
		                        .exclude_hv = no_kernel };

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

bool counters_user_only_now(void)
{
	CLEANUP(fd_close) int all = open_dummy(false);
	CLEANUP(fd_close) int user = all < 0 ? open_dummy(true) : -1;

	return user >= 0;
}

/* Flags that no kernel knows are the first thing that it looks at: any other answer is not the kernel's. */
static bool is_closed(void)
{
	return syscall(SYS_perf_event_open, NULL, 0, -1, -1, ~0UL) < 0 && errno != EINVAL;
}

/* The level stands in /proc where the kernel has the call (perf_event_open(2)). */
static void explain_closed(const char *status, const char *level, int why, char *buf, size_t size)
{
	const char *name = strerrorname_np(why);

	if (why == ENOSYS && !*level)
		snprintf(buf, size, "this kernel has no perf_event_open (ENOSYS)");
	else if (is_filtered(status))
		snprintf(buf, size,
		         "perf_event_open was refused (%s): a seccomp filter is in force", name);
	else
		snprintf(buf, size,
		         "perf_event_open was refused (%s) whatever is asked: a container or a "
		         "security module forbids it",
		         name);
}

void counters_refusal_of(const char *status, const char *level, bool closed, int why,
                         enum counters_scope scope, char *buf, size_t size)
{
	const char *name = strerrorname_np(why);
	bool above = is_above(level);
	int cap = above ? CAP_SYS_ADMIN : CAP_PERFMON;

	if (closed)
		explain_closed(status, level, why, buf, size);
	else if (holds(status, cap))
		snprintf(
		        buf, size,
		        "refused (%s) in spite of %s: the kernel does not count this event so, or a "
		        "container or a security module forbids it",
		        name, above ? "CAP_SYS_ADMIN" : "CAP_PERFMON");
	else
		snprintf(buf, size,
		         "not allowed (%s): needs %s, or kernel.perf_event_paranoid at most %d "
		         "(now %s)",
		         name, above ? "CAP_SYS_ADMIN (some kernels: CAP_PERFMON)" : "CAP_PERFMON",
		         (int)scope, *level ? level : "not known");
}

void counters_refusal(int why, enum counters_scope scope, char *buf, size_t size)
{
	char status[4096], level[16];

	if (text_read_file("/proc/self/status", status, sizeof(status), NULL) < 0)
		status[0] = '\0';
	read_level(level, sizeof(level));
	counters_refusal_of(status, level, is_closed(), why, scope, buf, size);
}

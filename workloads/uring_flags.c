/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uring_flags.c - bits to words. */
#include "uring_flags.h"

#include <liburing.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

static const struct {
	unsigned flag;
	const char *name;
} setup_names[] = {
	{ IORING_SETUP_SINGLE_ISSUER, "single_issuer" },
	{ IORING_SETUP_DEFER_TASKRUN, "defer_taskrun" },
	{ IORING_SETUP_COOP_TASKRUN, "coop_taskrun" },
	{ IORING_SETUP_TASKRUN_FLAG, "taskrun_flag" },
	{ URING_NO_SQARRAY, "no_sqarray" },
	{ IORING_SETUP_SQPOLL, "sqpoll" },
	{ IORING_SETUP_IOPOLL, "iopoll" },
}, registered_names[] = {
	{ URING_HAS_RING, "ring" },
	{ URING_HAS_FILE, "files" },
	{ URING_HAS_BUFFERS, "buffers" },
};

static void append_name(char *buf, size_t size, const char *name)
{
	size_t used = strlen(buf);

	snprintf(buf + used, size - used, "%s%s", used ? " " : "", name);
}

void uring_format_flags(unsigned setup_flags, char *buf, size_t size)
{
	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(setup_names); i++) {
		if (setup_flags & setup_names[i].flag)
			append_name(buf, size, setup_names[i].name);
	}
}

void uring_format_registered(unsigned registered, char *buf, size_t size)
{
	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(registered_names); i++) {
		if (registered & registered_names[i].flag)
			append_name(buf, size, registered_names[i].name);
	}
}

bool uring_missing(unsigned setup_flags, unsigned registered, char *buf, size_t size)
{
	const unsigned all = URING_HAS_RING | URING_HAS_FILE | URING_HAS_BUFFERS;
	unsigned best = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
	                IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
	char rest[64];

	if (setup_flags & IORING_SETUP_SQPOLL) /* takes none of the others */
		best = IORING_SETUP_SINGLE_ISSUER;
	uring_format_flags(best & ~setup_flags, buf, size);
	uring_format_registered(all & ~registered, rest, sizeof(rest));
	if (buf[0])
		append_name(buf, size, "(Linux 6.1 and later have them)");
	if (rest[0]) {
		append_name(buf, size, buf[0] ? "and registered" : "registered");
		append_name(buf, size, rest);
	}
	if (all & ~registered & URING_HAS_BUFFERS)
		append_name(buf, size, "(a larger memlock limit may allow them: ulimit -l)");
	return buf[0];
}

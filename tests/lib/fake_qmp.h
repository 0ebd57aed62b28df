/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake_qmp.h - a scripted peer on a socketpair that plays QEMU, in a child of its own.  For tests. */
#ifndef TESTS_FAKE_QMP_H
#define TESTS_FAKE_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Played in the order of the fields. */
struct exchange {
	const char *expect; /* waits for this command; NULL: does not wait */
	int delay_ms;
	const char *event; /* sends this event, */
	int nr_events;     /* so often (0: once) */
	const char *raw;   /* sends these bytes as they are, */
	size_t raw_len;    /* so many (0: a string), */
	long raw_times;    /* so often (0: once) */
	const char *reply; /* sends this object, with the command's id added */
	bool bytewise;     /* the reply goes out byte by byte, each read alone */
	bool silent;       /* reads on, says no more, until the other side hangs up */
	bool hangup;       /* leaves, without looking at what was sent to it */
};

#define FAKE_GREETING                                                                                     \
	{                                                                                                 \
		.raw = "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, " \
		       "\"package\": \"Debian 1:7.2+dfsg-7\"}, \"capabilities\": [\"oob\"]}}\r\n"         \
	}
#define FAKE_CAPABILITIES                                                                          \
	{                                                                                          \
		.expect = "qmp_capabilities", .reply = "{\"return\": {}}"                          \
	}

struct fake_qmp {
	pid_t pid;
};

/* Returns the client's end, which the caller owns. */
int fake_qmp_start(struct fake_qmp *ret, const struct exchange *talk, int nr);
/* Reaps the peer (close the client's end first): 0 it played all of it, i+1 it was left at exchange i. */
int fake_qmp_end(struct fake_qmp *fake);

#endif

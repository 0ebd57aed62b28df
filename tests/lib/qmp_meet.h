/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp_meet.h - the first steps of every test that talks to the scripted QEMU. */
#ifndef TESTS_QMP_MEET_H
#define TESTS_QMP_MEET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "fake_qmp.h"
#include "qmp.h"

#define MS    1000000LL
#define LONG  (20000 * MS) /* for what will come, on however busy a machine */
#define SHORT (200 * MS)   /* for what will not */

#ifndef __has_feature /* clang's word for it */
#define __has_feature(x) 0
#endif

/* AddressSanitizer keeps what was freed for a while, so the promise of 64 MiB cannot be seen under it. */
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define PEAK_MAX_KIB (1024 * 1024)
#else
#define PEAK_MAX_KIB (64 * 1024)
#endif

static inline long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static inline int count_events(struct qmp *qmp)
{
	struct qmp_event event;
	int nr = 0;

	for (; qmp_take_event(qmp, &event); nr++) {
		assert_true(event.at_ns > 0);
		qmp_event_done(&event);
	}
	return nr;
}

static inline struct qmp *meet(struct fake_qmp *fake, const struct exchange *talk, int nr,
                               int64_t timeout_ns)
{
	struct qmp *qmp = NULL;
	struct err err = { 0 };
	int fd = fake_qmp_start(fake, talk, nr);

	if (qmp_open(fd, NULL, timeout_ns, &qmp, &err))
		fail_msg("%s", err.text);
	return qmp;
}

#endif

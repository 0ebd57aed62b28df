/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp_meet.h - the first steps of every test that talks to the scripted QEMU. */
#ifndef TESTS_QMP_MEET_H
#define TESTS_QMP_MEET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_qmp.h"
#include "qmp.h"

#define MS 1000000LL

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

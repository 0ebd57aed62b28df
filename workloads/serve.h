/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serve.h - qload's end of the protocol: one host, one trial at a time, until it says bye.
 *
 *   prepare -> parked -> (the host places the threads) -> warm -> ready -> (load runs on) -> go -> done -> result
 *
 * A trial that cannot run is answered by `fail id=N sentence`, and the next prepare is awaited.
 */
#ifndef WORKLOADS_SERVE_H
#define WORKLOADS_SERVE_H

#include <stdbool.h>

#include "err.h"
#include "store.h"

struct serve {
	int channel; /* socket or virtio-serial port; borrowed */
	const char *nonce;
	bool in_guest;                 /* workers place themselves, this thread keeps above them */
	struct store direct, buffered; /* fd -1 where there is none */
};

/* 0 after `bye`; -EPIPE when the host is gone. */
int serve_run(const struct serve *serve, struct err *err) MUST_CHECK;

#endif

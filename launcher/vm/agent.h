/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent.h - asks the QEMU guest agent, by its virtio-serial port, whether it runs.
 *
 * guest-sync-delimited: a 0xff byte and the id that was sent come back (QEMU's qga/qapi-schema.json).  The guest is
 * trusted with nothing else: what is no such answer is counted and dropped, and after the answer nothing is read.
 */
#ifndef LAUNCHER_AGENT_H
#define LAUNCHER_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

#define AGENT_LINE_MAX 256 /* a longer line is no answer */

struct agent;
struct pump;

/* Owns fd, also on failure: the socket of the port's character device.  Asks for the first time. */
int agent_open(struct pump *pump, int fd, struct agent **ret, struct err *err) MUST_CHECK;
/* Sends the request where the guest has read the one before; to be called again until there is an answer. */
void agent_ask(struct agent *agent);
/* False for NULL. */
bool agent_has_answered(const struct agent *agent);
/* What it did instead of an answer. */
void agent_explain(const struct agent *agent, char *buf, size_t size);
void agent_close(struct agent **agent);

#endif

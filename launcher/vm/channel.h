/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * channel.h - the host's end of the conversation with qload, native or in a guest.  What arrives is foreign bytes:
 * always drained, bounded, checked by nonce and CRC (wire.h); the rest is counted.
 */
#ifndef LAUNCHER_CHANNEL_H
#define LAUNCHER_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct channel;
struct pump;

/* Owns fd from the moment of the call, also on failure. */
int channel_open(struct pump *pump, int fd, const char *nonce, struct channel **ret,
                 struct err *err) MUST_CHECK;
/* One line to qload, without its newline. */
int channel_say(struct channel *channel, const char *line, int64_t deadline_ns, struct err *err)
        MUST_CHECK;
/* Waits for the message `kind` of trial `id` (id 0: hello, which has none) and returns what follows the id
 * (malloc'ed).  "fail id=N sentence" becomes -EPROTO with the sentence; a closed channel -ECONNRESET. */
int channel_wait(struct channel *channel, const char *kind, uint64_t id, int64_t deadline_ns,
                 char **ret, struct err *err) MUST_CHECK;
/* Whether channel_wait() would return at once. */
bool channel_has(const struct channel *channel, const char *kind, uint64_t id);
/* When the message that channel_wait() returned last had arrived. */
int64_t channel_heard_ns(const struct channel *channel);
uint64_t channel_dropped_lines(const struct channel *channel);
void channel_close(struct channel **channel);

#endif

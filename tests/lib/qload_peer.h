/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qload_peer.h - the host's side of a conversation with qload, for tests.  The server runs in a child: this very
 * program's serve_run() (so sanitizers see it) or the real binary.  Every wait has a deadline.
 */
#ifndef TESTS_QLOAD_PEER_H
#define TESTS_QLOAD_PEER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire.h"

#define PEER_NONCE   "00112233445566ff"
#define PEER_SCRATCH (8 * 1024 * 1024 + 1536) /* no whole number of 4k blocks */

struct peer {
	int fd, scratch_fd, direct_fd; /* direct_fd -1: refused here */
	pid_t pid;
	struct wire_reader reader;
	char *rest; /* of the last message */
};

/* prepare (may be NULL) runs in the child before the server. */
void peer_start(struct peer *peer, bool real_binary, void (*prepare)(void));
void peer_say(struct peer *peer, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "prepare id=ID" with all keys; extra is added. */
void peer_prepare(struct peer *peer, uint64_t id, const char *workload, bool direct,
                  const char *extra);
/* The next message must be of this kind and about this id; returns what follows the id. */
const char *peer_expect(struct peer *peer, const char *kind, uint64_t id);
/* prepare ... result; the caller puts the object. */
struct json_object *peer_trial(struct peer *peer, uint64_t id, const char *workload, bool direct,
                               const char *extra);
/* The same with one worker, and quicker. */
struct json_object *peer_alone(struct peer *peer, uint64_t id, const char *workload,
                               const char *extra);
/* Closes our end and waits; returns the exit status, or -1 where the child had to be killed after 5 s. */
int peer_hang_up(struct peer *peer);
int peer_bye(struct peer *peer);

/* Parts of a result; each must be there. */
struct json_object *member(struct json_object *o, const char *key);
int64_t number(struct json_object *o, const char *key);
int64_t samples(struct json_object *result, const char *histogram);

#endif

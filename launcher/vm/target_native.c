/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target_native.c - starts qload on the host. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "child.h"
#include "cleanup.h"
#include "nonce.h"
#include "plan.h"
#include "session.h"
#include "target.h"
#include "text.h"

#define HELLO_NS (20 * NSEC_PER_SEC)

int target_start_native(struct session *session, const struct plan *plan, struct target **ret,
                        struct err *err)
{
	CLEANUP(target_end) struct target *target = calloc(1, sizeof(*target));
	CLEANUP(fd_close) int theirs = -1;
	char nonce[NONCE_SIZE], fd_word[32], nonce_word[48], scratch_word[40], buffered_word[48];
	const char *argv[8] = { session->qload, "serve", fd_word, nonce_word };
	struct child_wish wish = { .argv = argv,
		                   .cpus = &plan->emulator,
		                   .soft_files = session->limits.files_inherited };
	int pair[2], nr = 4, rc;

	if (!target)
		return err_set(err, ENOMEM, "out of memory");
	target->session = session;
	if (nonce_make(nonce, err))
		return -err->code;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, "socketpair");
	theirs = pair[1];
	rc = channel_open(session->pump, pair[0], nonce, &target->channel, err);
	if (rc)
		return rc;
	snprintf(nonce_word, sizeof(nonce_word), "--nonce=%s", nonce);
	snprintf(fd_word, sizeof(fd_word), "--fd=%d", child_gets(&wish, theirs));
	if (session->has_scratch) {
		if (session->scratch.direct) {
			snprintf(scratch_word, sizeof(scratch_word), "--scratch-fd=%d",
			         child_gets(&wish, session->scratch.direct_fd));
			argv[nr++] = scratch_word;
		}
		snprintf(buffered_word, sizeof(buffered_word), "--scratch-buffered-fd=%d",
		         child_gets(&wish, session->scratch.fd));
		argv[nr++] = buffered_word;
	}
	rc = child_start(session->pump, &wish, &target->child, err);
	if (rc)
		return rc;
	fd_close(&theirs);
	target->released = true;
	rc = channel_wait(target->channel, "hello", 0, clock_now_ns() + HELLO_NS, NULL, err);
	if (rc)
		return target_explain(target, err);
	*ret = STEAL(&target);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process.h - the one fork() of this program: a child that dies with its parent, whatever ends the parent.
 *
 * PR_SET_PDEATHSIG is set in the child, so a parent that is killed before that is found by the getppid() check.  A
 * change of credentials and the exec of a program with file capabilities clear it without a word: who changes
 * credentials after the fork binds again.  It fires when the *thread* that forked ends.  Source: PR_SET_PDEATHSIG(2const).
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <sys/types.h>

#include "err.h"

/* As fork().  In the child no signal is blocked and those that this program handles or ignores are at their default. */
pid_t process_fork(void) MUST_CHECK;
/* In a child, after a change of credentials: SIGKILL when the parent ends.  Returns 0, or -errno; does not return
 * where the parent has ended already. */
int process_bind(pid_t parent) MUST_CHECK;
/* SIGKILL, and waits for the end; where it cannot be sent, or a signal comes (stop.h), it is not waited for. */
void process_end(pid_t pid);

#endif

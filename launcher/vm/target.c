/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target.c - what both kinds of target share: tuning, holding, explaining an end, ending. */
#include "target.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "channel.h"
#include "child.h"
#include "cleanup.h"
#include "console.h"
#include "json.h"
#include "placement.h"
#include "plan.h"
#include "progress.h"
#include "pump.h"
#include "qmp.h"
#include "qmp_query.h"
#include "result.h"
#include "session.h"
#include "text.h"

#define QUIT_NS (5 * NSEC_PER_SEC)

/* A thread that was not there before the release is a worker; before it, QEMU's own. */
static enum role newcomer(const struct target *target)
{
	if (!target->guest)
		return ROLE_LOADER;
	return target->released ? ROLE_POOL : ROLE_EMULATOR;
}

static bool is_worker(const struct target *target, const struct thread *thread)
{
	return thread->role == ROLE_EMULATOR && thread->tid != target->child->pid &&
	       !strcmp(thread->name, "worker");
}

/*
 * QEMU's pool makes its first worker when a disk is opened, before the release, and then nothing but its name tells it from
 * QEMU's other threads.  QEMU itself gives the name (thread_pool_submit_aio() in util/thread-pool.c); before the release no
 * guest has run that could have had it changed.
 */
static int scan(struct target *target, struct err *err)
{
	struct threads *threads = &target->threads;
	int i = 0, rc = threads_scan(target->child->pid, target->known, target->nr_known,
	                             newcomer(target), threads, err);

	if (rc < 0 || target->released)
		return rc;
	/* the list is sorted by role: what was ahead of a worker stays ahead, and it goes behind */
	while (i < threads->nr) {
		if (is_worker(target, &threads->list[i]))
			threads_set_role(threads, i, ROLE_POOL);
		else
			i++;
	}
	return rc;
}

int target_tune(struct target *target, const struct plan *plan, struct err *err)
{
	int rc = scan(target, err);

	if (rc < 0)
		return rc;
	return placement_apply(plan_rows(plan, target->number), plan->nr_placements,
	                       &target->threads, err);
}

int target_tune_new(struct target *target, const struct plan *plan, struct err *err)
{
	int rc = scan(target, err);

	if (rc <= 0) /* an error, or nobody new */
		return rc;
	return placement_apply(plan_rows(plan, target->number), plan->nr_placements,
	                       &target->threads, err);
}

void target_key(const struct target *target, const struct thread *thread, char *buf, size_t size)
{
	int i = 0;

	/* the first known thread of this role and number is the worker */
	while (i < target->nr_known &&
	       (target->known[i].role != thread->role || target->known[i].index != thread->index))
		i++;
	snprintf(buf, size, "%s/%d%s", role_name(thread->role), thread->index,
	         i < target->nr_known && target->known[i].tid != thread->tid ? ".partner" : "");
}

int target_ask_alive(struct target *target, struct err *err)
{
	char status[32];
	int rc = qmp_query_status(target->qmp, status, sizeof(status), err);

	if (rc || !strcmp(status, "running"))
		return rc;
	return err_set(err, EIO, "the guest stands still: QEMU calls it '%.30s'", status);
}

int target_hear(struct target *target, const char *kind, uint64_t id, int64_t silent_ns,
                int64_t limit_ns, char **ret, struct err *err)
{
	int64_t now = clock_now_ns(), end = now + limit_ns, next = now + silent_ns;

	for (;;) {
		int rc;

		next += target->guest ? target->qmp_timeout_ns : limit_ns;
		rc = channel_wait(target->channel, kind, id, next < end ? next : end, ret, err);
		if (rc != -ETIMEDOUT || next >= end)
			return rc;
		rc = target_ask_alive(target, err);
		if (rc)
			return rc;
	}
}

static void say_held(struct target *const *targets, int nr)
{
	fputs("held pid=", stderr);
	for (int i = 0; i < nr; i++)
		fprintf(stderr, "%s%d", i ? "," : "", targets[i]->child->pid);
	fputc('\n', stderr);
	fflush(stderr);
}

static int check_running(struct target *const *targets, int nr, struct err *err)
{
	for (int i = 0; i < nr; i++) {
		if (targets[i]->child->exited)
			return child_explain(targets[i]->child,
			                     targets[i]->guest ? "QEMU" : "qload", err);
	}
	return 0;
}

int targets_hold(struct target *const *targets, int nr, struct err *err)
{
	struct session *session = targets[0]->session;
	char byte = 0;
	int rc = 0;

	if (!session->hold || targets[0]->held)
		return 0;
	targets[0]->held = true;
	say_held(targets, nr);
	while (!rc && byte != '\n') {
		ssize_t n;

		rc = pump_wait_fd(session->pump, STDIN_FILENO, POLLIN, INT64_MAX, err);
		n = rc ? 0 : read(STDIN_FILENO, &byte, 1);
		if (!rc && n <= 0)
			rc = err_set(
			        err, ECANCELED,
			        "--hold: standard input ended, so the hold cannot be released");
		if (!rc)
			rc = check_running(targets, nr, err);
	}
	return rc;
}

int target_hold(struct target *target, struct err *err)
{
	return targets_hold(&target, 1, err);
}

/* "1234 (qemu-system-x86) T 1 ..." */
static bool is_stopped(pid_t pid)
{
	char path[32], text[256];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (text_read_file(path, text, sizeof(text), NULL) < 0)
		return false;
	state = strrchr(text, ')');
	return state && (state[2] == 'T' || state[2] == 't');
}

int target_explain(struct target *target, struct err *err)
{
	const char *name = target->guest ? "QEMU" : "qload";
	struct err was = *err, ignored;
	bool gone = was.code == ECONNRESET || was.code == EPIPE || was.code == ESRCH ||
	            was.code == ECHILD;
	char words[640] = "";

	if (was.code == EINTR || was.code == EPROTO)
		return -was.code;
	if (gone && !target->child->exited &&
	    child_wait(target->child, clock_now_ns() + 2 * NSEC_PER_SEC, &ignored))
		gone = false;
	if (target->console && target->channel)
		console_last_words(target->console, words, sizeof(words));
	if (gone || target->child->exited) {
		child_explain(target->child, name, err);
		was = *err;
	}
	if (was.code == ETIMEDOUT && is_stopped(target->child->pid)) {
		err_set(err, was.code,
		        "%.300s; its process %d is stopped (SIGCONT would let it go on)", was.text,
		        target->child->pid);
		was = *err;
	}
	if (words[0])
		return err_set(err, was.code, "%.235s; the guest's console ends: %.245s", was.text,
		               words);
	if (target->console && target->channel && target->released)
		return err_set(err, was.code, "%.400s; the guest's console is empty", was.text);
	return -was.code;
}

void target_quit(struct target *target)
{
	struct err ignored;

	target->quits = target->qmp && !qmp_is_gone(target->qmp) &&
	                !qmp_tell(target->qmp, "quit", &ignored);
}

void target_end(struct target **at)
{
	struct target *target = *at;
	struct err ignored;

	if (!target)
		return;
	if (target->qmp && target->child && !target->child->exited &&
	    pump_nr_signals(target->session->pump) < 2) {
		bool leaving = pump_set_leaving(target->session->pump, true);

		/* a stopped QEMU has cost a timeout already */
		qmp_set_timeout(target->qmp, target->qmp_timeout_ns < QUIT_NS
		                                     ? target->qmp_timeout_ns
		                                     : QUIT_NS);
		if ((target->quits ||
		     (!qmp_is_gone(target->qmp) && !qmp_quit(target->qmp, &ignored))) &&
		    child_wait(target->child, clock_now_ns() + QUIT_NS, &ignored))
			progress_warn("QEMU did not obey QMP quit");
		pump_set_leaving(target->session->pump, leaving);
	}
	qmp_close(&target->qmp);
	channel_close(&target->channel); /* a native qload ends by itself at this end of file */
	child_end(&target->child);
	console_close(&target->console);
	agent_close(&target->agent);
	placed_free(&target->placed);
	threads_done(&target->threads);
	json_done(&target->vm);
	free(target);
	*at = NULL;
}

pid_t target_process_of(const struct target *target, const struct thread *thread)
{
	bool is_kthread = thread->role == ROLE_KVM_PIT || thread->role == ROLE_HELPER ||
	                  thread->role == ROLE_VHOST;
	char path[64], line[64];

	if (!is_kthread)
		return target->child->pid;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", target->child->pid, thread->tid);
	return text_read_file(path, line, sizeof(line), NULL) < 0 ? thread->tid
	                                                          : target->child->pid;
}

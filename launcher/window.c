/* SPDX-License-Identifier: GPL-2.0-or-later */
/* window.c - reads both ends.  Joins what qmp asks and what measure reads. */
#include "window.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "exits.h"
#include "qmp.h"
#include "result.h"
#include "target.h"
#include "text.h"

/* The process a thread is read under: a kernel thread is its own. */
static pid_t process_of(const struct target *target, const struct thread *thread)
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

/* Taken as read in the middle of the question: how long that takes is in no window. */
static int read_stats(struct window *window, struct target *target, int end, struct err *err)
{
	const int64_t asked_ns = clock_now_ns();
	int rc = target->kvm ? qmp_query_stats(target->qmp, &window->stat[end], err) : 0;

	window->stat_ns[end] = asked_ns + (clock_now_ns() - asked_ns) / 2;
	if (rc == -ENOSYS) {
		snprintf(window->stat_why, sizeof(window->stat_why),
		         "this QEMU has no query-stats (7.1 is the first)");
		rc = 0;
	}
	if (rc < 0)
		return rc;
	if (rc == 0 && !window->stat_why[0])
		text_copy(window->stat_why, sizeof(window->stat_why),
		          target->kvm
		                  ? "QEMU has no KVM counters here: the kernel is older than 5.14"
		                  : "TCG runs this VM: KVM has nothing to count");
	window->nr_stat[end] = rc;
	return 0;
}

static int read_blocks(struct window *window, struct target *target, int end, struct err *err)
{
	int rc = qmp_query_blocks(target->qmp, window->block[end], WINDOW_BLOCKS_MAX, err);

	if (rc < 0)
		return rc;
	window->nr_block[end] = rc;
	return 0;
}

/* KVM's counters nearest to the timed part. */
static int read_counters(struct window *window, struct target *target, int end, struct err *err)
{
	int rc;

	if (!target->guest) {
		text_copy(window->stat_why, sizeof(window->stat_why), "no VM in this arm");
		return 0;
	}
	rc = end ? read_stats(window, target, end, err) : read_blocks(window, target, end, err);
	if (rc)
		return rc;
	return end ? read_blocks(window, target, end, err) : read_stats(window, target, end, err);
}

static struct sched_watch *watch_of(struct window *window, pid_t tid)
{
	for (int i = 0; i < window->nr; i++) {
		if (window->watch[i].tid == tid)
			return &window->watch[i];
	}
	return NULL;
}

/* QEMU's pool makes its first worker when a disk is opened, before the release: it looks like the emulator's. */
static bool is_passing(const struct target *target, const struct thread *thread)
{
	return thread->role == ROLE_POOL || thread->role == ROLE_HELPER ||
	       (thread->role == ROLE_EMULATOR && thread->tid != target->child->pid);
}

/* Adds a watch for each thread that has none yet. */
static int watch_all(struct window *window, const struct target *target, struct err *err)
{
	struct sched_watch *more = realloc(window->watch,
	                                   (size_t)(window->nr + target->threads.nr + 1) *
	                                           sizeof(*window->watch));

	if (!more)
		return err_set(err, ENOMEM, "out of memory");
	window->watch = more;
	for (int i = 0; i < target->threads.nr; i++) {
		const struct thread *thread = &target->threads.list[i];
		struct sched_watch *watch;

		if (watch_of(window, thread->tid))
			continue;
		watch = &window->watch[window->nr++];
		*watch = (struct sched_watch){ .pid = process_of(target, thread),
			                       .tid = thread->tid,
			                       .passing = is_passing(target, thread) };
		text_copy(watch->role, sizeof(watch->role), role_name(thread->role));
		target_key(target, thread, watch->key, sizeof(watch->key));
	}
	return 0;
}

int window_ask(struct window *window, struct target *target, struct err *err)
{
	int rc;

	window->outer_ns[0] = clock_now_ns();
	rc = read_counters(window, target, 0, err);
	return rc ? rc : watch_all(window, target, err);
}

int window_open(struct window *window, struct target *target, struct err *err)
{
	int rc = watch_all(window, target, err);

	window->start_ns = clock_now_ns();
	for (int i = 0; !rc && i < window->nr; i++)
		rc = sched_read(window->watch[i].pid, window->watch[i].tid, &window->watch[i].start,
		                err);
	return rc;
}

int window_close(struct window *window, struct err *err)
{
	int rc = 0;

	for (int i = 0; !rc && i < window->nr; i++)
		rc = sched_read(window->watch[i].pid, window->watch[i].tid, &window->watch[i].end,
		                err);
	window->end_ns = clock_now_ns();
	return rc;
}

int window_ask_end(struct window *window, struct target *target, struct err *err)
{
	int rc = read_counters(window, target, 1, err);

	window->outer_ns[1] = clock_now_ns();
	return rc;
}

double window_cpu_s(const struct window *window, const char *role)
{
	double sum = 0;

	for (int i = 0; i < window->nr; i++) {
		const struct sched_watch *watch = &window->watch[i];
		struct sched_sample now;
		struct err ignored;

		if (strcmp(watch->role, role) != 0)
			continue;
		if (sched_read(watch->pid, watch->tid, &now, &ignored) || !now.alive ||
		    !now.has_schedstat)
			return NAN;
		sum += (double)(now.cpu_time_ns - watch->start.cpu_time_ns) / 1e9;
	}
	return sum;
}

/* Threads born inside the window count from zero: they are added here, with start.alive false. */
static void read_now(const struct window *window, struct target *target, struct window *now)
{
	struct err ignored;

	now->watch = malloc((size_t)(window->nr + 1) * sizeof(*now->watch));
	if (!now->watch)
		return;
	memcpy(now->watch, window->watch, (size_t)window->nr * sizeof(*now->watch));
	now->nr = window->nr;
	if (watch_all(now, target, &ignored))
		return;
	for (int i = 0; i < now->nr; i++) {
		if (sched_read(now->watch[i].pid, now->watch[i].tid, &now->watch[i].end, &ignored))
			now->watch[i].end.alive = false;
	}
}

int window_adopt(struct window *window, struct target *target, struct err *err)
{
	return watch_all(window, target, err);
}

struct json_object *window_sample(const struct window *window, struct target *target)
{
	struct json_object *sample = json_object_new_object();
	struct window now = { 0 };

	read_now(window, target, &now);
	json_object_object_add(
	        sample, "t_s",
	        json_object_new_double((double)(clock_now_ns() - window->start_ns) / 1e9));
	for (int i = 0; i < now.nr; i++) {
		const struct sched_watch *watch = &now.watch[i];
		struct json_object *one;

		if (!watch->end.alive ||
		    (strcmp(watch->role, "vcpu") && strcmp(watch->role, "iothread") &&
		     strcmp(watch->key, "emulator/0")))
			continue;
		one = json_object_new_object();
		json_object_object_add(
		        one, "cpu_time_s",
		        json_object_new_double(
		                (double)(watch->end.cpu_time_ns - watch->start.cpu_time_ns) / 1e9));
		json_object_object_add(one, "run_delay_s",
		                       json_object_new_double((double)(watch->end.run_delay_ns -
		                                                       watch->start.run_delay_ns) /
		                                              1e9));
		json_object_object_add(
		        one, "context_switches",
		        json_object_new_int64(
		                (int64_t)(watch->end.voluntary + watch->end.involuntary -
		                          watch->start.voluntary - watch->start.involuntary)));
		json_object_object_add(sample, watch->key, one);
	}
	free(now.watch);
	return sample;
}

static int to_exits(const struct qmp_stat *stat, int nr, struct exits_stat **ret)
{
	struct exits_stat *out = calloc((size_t)nr + 1, sizeof(*out));
	int used = 0;

	for (int i = 0; out && i < nr; i++) {
		if (strcmp(stat[i].type, "cumulative"))
			continue;
		out[used].vcpu = stat[i].vcpu;
		out[used].value = stat[i].value;
		text_copy(out[used].name, sizeof(out[used].name), stat[i].name);
		used++;
	}
	*ret = out;
	return used;
}

struct qmp_block window_moved(const struct window *window)
{
	struct qmp_block sum = { 0 };

	for (int end = 0; end < 2; end++) {
		for (int i = 0; i < window->nr_block[end]; i++) {
			const struct qmp_block *block = &window->block[end][i];

			sum.rd_bytes += end ? block->rd_bytes : -block->rd_bytes;
			sum.wr_bytes += end ? block->wr_bytes : -block->wr_bytes;
			sum.rd_ops += end ? block->rd_ops : -block->rd_ops;
			sum.wr_ops += end ? block->wr_ops : -block->wr_ops;
		}
	}
	return sum;
}

/* Seconds between KVM's counters; NaN where there are none. */
static double kvm_s(const struct window *window)
{
	if (!window->nr_stat[0] || !window->nr_stat[1])
		return NAN;
	return (double)(window->stat_ns[1] - window->stat_ns[0]) / 1e9;
}

void window_put_kvm(const struct window *window, struct json_object *line)
{
	struct json_object *windows = json_object_object_get(line, "window_s");
	double host = (double)(window->end_ns - window->start_ns) / 1e9, kvm = kvm_s(window);

	if (isnan(kvm))
		return;
	json_object_object_add(windows, "kvm", json_object_new_double(kvm));
	if (kvm > host * 1.01)
		result_warn(line,
		            "KVM's counters (vm_exits, halt_poll_s, halt_wait_s) cover %.4f s, the "
		            "host's window %.4f s",
		            kvm, host);
}

void window_figures(const struct window *window, struct json_object *figures)
{
	const struct qmp_block moved = window_moved(window);
	struct exits_stat *start, *end;
	int nr_start = to_exits(window->stat[0], window->nr_stat[0], &start);
	int nr_end = to_exits(window->stat[1], window->nr_stat[1], &end);

	sched_figures(window->watch, window->nr, figures);
	exits_figures(start, nr_start, end, nr_end, window->stat_why, figures);
	exits_rates(kvm_s(window), (double)(moved.rd_ops + moved.wr_ops), figures);
	free(start);
	free(end);
}

int window_left_out(const struct window *window)
{
	int nr = 0;

	for (int i = 0; i < window->nr; i++)
		nr += window->watch[i].passing &&
		      !window->watch[i].end.alive; /* also one born inside */
	return nr;
}

void window_done(struct window *window)
{
	free(window->watch);
	free(window->stat[0]);
	free(window->stat[1]);
	*window = (struct window){ 0 };
}

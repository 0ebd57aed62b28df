/* SPDX-License-Identifier: GPL-2.0-or-later */
/* window.c - reads both ends.  Joins what qmp asks and what measure reads. */
#include "window.h"

#include <dirent.h>
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "child.h"
#include "cleanup.h"
#include "exited.h"
#include "exits.h"
#include "open_wait.h"
#include "pump.h"
#include "qmp.h"
#include "result.h"
#include "target.h"
#include "text.h"

/* The share of the CPU time by which the threads' sum may differ from the process's without a warning. */
#define SUM_OFF 0.01

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

static struct sched_watch *add_watch(struct window *window, pid_t pid, pid_t tid, struct err *err)
{
	struct sched_watch *more = realloc(window->watch,
	                                   (size_t)(window->nr + 1) * sizeof(*window->watch));

	if (!more) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	window->watch = more;
	more[window->nr] = (struct sched_watch){ .pid = pid, .tid = tid };
	return &more[window->nr++];
}

static void name_watch(const struct target *target, const struct thread *thread,
                       struct sched_watch *watch)
{
	text_copy(watch->role, sizeof(watch->role), role_name(thread->role));
	target_key(target, thread, watch->key, sizeof(watch->key));
}

/* Adds a watch for each thread that has none yet, and names those that have no name. */
static int watch_all(struct window *window, const struct target *target, struct err *err)
{
	for (int i = 0; i < target->threads.nr; i++) {
		const struct thread *thread = &target->threads.list[i];
		struct sched_watch *watch = watch_of(window, thread->tid);

		if (!watch)
			watch = add_watch(window, target_process_of(target, thread), thread->tid,
			                  err);
		if (!watch)
			return -err->code;
		if (!watch->role[0])
			name_watch(target, thread, watch);
	}
	return 0;
}

/* The process's threads that no scan has met yet. */
static int watch_unnamed(struct window *window, struct err *err)
{
	CLEANUP(dir_close) DIR *dir = NULL;
	const struct dirent *entry;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", window->whole.pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		const pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid > 0 && !watch_of(window, tid) &&
		    !add_watch(window, window->whole.pid, tid, err))
			return -err->code;
	}
	return 0;
}

/* A host that does not tell has lower bounds, but a window. */
static void open_exited(struct window *window)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_NET_ADMIN);
	struct err why = { 0 };

	(void)raised;
	if (exited_open(window->whole.pid, &window->exited, &why))
		text_copy(window->exited_why, sizeof(window->exited_why), why.text);
}

int window_ask(struct window *window, struct target *target, struct err *err)
{
	int rc;

	window->outer_ns[0] = clock_now_ns();
	window->whole.pid = target->child->pid;
	rc = read_counters(window, target, 0, err);
	open_exited(window);
	return rc ? rc : watch_all(window, target, err);
}

static int read_threads(struct window *window, int from, int end, struct err *err)
{
	int rc = 0;

	for (int i = from; !rc && i < window->nr; i++) {
		struct sched_watch *watch = &window->watch[i];

		rc = sched_read(watch->pid, watch->tid, end ? &watch->end : &watch->start, err);
	}
	return rc;
}

int window_open(struct window *window, struct target *target, struct err *err)
{
	int rc = watch_all(window, target, err);

	if (!rc)
		rc = watch_unnamed(window, err);
	if (rc)
		return rc;
	if (window->exited)
		exited_forget(window->exited);
	window->start_ns = clock_now_ns();
	sched_read_process(window->whole.pid, &window->whole.start[0]);
	rc = read_threads(window, 0, 0, err);
	sched_read_process(window->whole.pid, &window->whole.start[1]);
	window->nr_open = window->nr;
	window->sampled_ns = window->start_ns;
	window->look_ns = open_wait_next_ns(window->start_ns, window->start_ns);
	return rc;
}

/* What ended before the window opened left a record too, where it did so just then. */
static int take_record(struct window *window, pid_t tid, const struct sched_sample *last,
                       struct err *err)
{
	struct sched_watch *watch = watch_of(window, tid);

	if (watch &&
	    (watch->end.alive || (watch - window->watch < window->nr_open && !watch->start.alive)))
		return 0;
	if (!watch)
		watch = add_watch(window, window->whole.pid, tid, err);
	if (!watch)
		return -err->code;
	watch->end = *last;
	return 0;
}

static int take_records(struct window *window, struct err *err)
{
	struct sched_sample last;
	pid_t tid;
	int rc = 0;

	while (!rc && window->exited && exited_next(window->exited, &tid, &last))
		rc = take_record(window, tid, &last, err);
	window->whole.has_records = window->exited && exited_is_whole(window->exited);
	if (window->exited && !window->whole.has_records)
		text_copy(window->exited_why, sizeof(window->exited_why),
		          "the kernel dropped records of taskstats");
	return rc;
}

/* The known ones first: the load may go on. */
int window_close(struct window *window, struct err *err)
{
	const int nr = window->nr;
	int rc;

	sched_read_process(window->whole.pid, &window->whole.end[0]);
	rc = read_threads(window, 0, 1, err);
	if (!rc)
		rc = watch_unnamed(window, err);
	if (!rc)
		rc = read_threads(window, nr, 1, err);
	sched_read_process(window->whole.pid, &window->whole.end[1]);
	window->end_ns = window->sampled_ns = clock_now_ns();
	window->look_ns = open_wait_next_ns(window->end_ns, window->end_ns);
	return rc ? rc : take_records(window, err);
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

int window_adopt(struct window *window, struct target *target, struct err *err)
{
	return watch_all(window, target, err);
}

/* One sample of samples[]: its threads, and where they are told. */
struct window_sample {
	int nr;
	struct sched_watch *watch;
	struct json_object *out;
};

static void sample_done(struct window_sample *sample)
{
	free(sample->watch);
	json_object_put(sample->out);
	*sample = (struct window_sample){ 0 };
}

/* Threads born inside the window count from zero: they are added here, with start.alive false. */
static int read_now(const struct window *window, struct target *target, struct window_sample *ret)
{
	struct window now = { .whole.pid = window->whole.pid };
	struct err ignored;
	int rc;

	now.watch = malloc((size_t)(window->nr + 1) * sizeof(*now.watch));
	if (!now.watch)
		return -ENOMEM;
	memcpy(now.watch, window->watch, (size_t)window->nr * sizeof(*now.watch));
	now.nr = window->nr;
	rc = watch_all(&now, target, &ignored);
	for (int i = 0; i < now.nr; i++) {
		if (sched_read(now.watch[i].pid, now.watch[i].tid, &now.watch[i].end, &ignored))
			now.watch[i].end.alive = false;
	}
	*ret = (struct window_sample){ .nr = now.nr, .watch = now.watch };
	return rc;
}

static bool is_sampled(const struct sched_watch *watch)
{
	return watch->end.alive &&
	       (!strcmp(watch->role, "vcpu") || !strcmp(watch->role, "iothread") ||
	        !strcmp(watch->key, "emulator/0"));
}

static struct json_object *thread_json(const struct sched_watch *watch)
{
	const struct sched_sample *start = &watch->start, *end = &watch->end;
	struct json_object *one = json_object_new_object();

	json_object_object_add(
	        one, "cpu_time_s",
	        json_object_new_double((double)(end->cpu_time_ns - start->cpu_time_ns) / 1e9));
	json_object_object_add(
	        one, "run_delay_s",
	        json_object_new_double((double)(end->run_delay_ns + end->open_ns -
	                                        start->run_delay_ns - start->open_ns) /
	                               1e9));
	if (start->open_is_vague || end->open_is_vague)
		json_object_object_add(one, "run_delay_at_least", json_object_new_boolean(true));
	json_object_object_add(
	        one, "context_switches",
	        json_object_new_int64((int64_t)(end->voluntary + end->involuntary -
	                                        start->voluntary - start->involuntary)));
	return one;
}

static bool is_open(const struct sched_watch *list, int nr)
{
	for (int i = 0; i < nr; i++) {
		if (list[i].start.is_open || list[i].end.is_open)
			return true;
	}
	return false;
}

/* Reads the threads again that were runnable, and have not been seen to have run since. */
static void look_at(struct sched_watch *list, int nr)
{
	for (int i = 0; i < nr; i++) {
		struct sched_watch *watch = &list[i];
		struct sched_sample now;
		struct err ignored;

		if (!watch->start.is_open && !watch->end.is_open)
			continue;
		if (sched_look(watch->pid, watch->tid, &now, &ignored))
			now = (struct sched_sample){ .read_ns = clock_now_ns() };
		if (watch->start.is_open)
			open_wait_settle(&watch->start, OPEN_WAIT_START, &now);
		if (watch->end.is_open)
			open_wait_settle(&watch->end, OPEN_WAIT_END, &now);
	}
}

static void finish(struct sched_watch *list, int nr)
{
	for (int i = 0; i < nr; i++)
		open_wait_finish(&list[i].start, &list[i].end);
}

static void tell_sample(struct window_sample *sample)
{
	finish(sample->watch, sample->nr);
	for (int i = 0; i < sample->nr; i++) {
		if (is_sampled(&sample->watch[i]))
			json_object_object_add(sample->out, sample->watch[i].key,
			                       thread_json(&sample->watch[i]));
	}
	sample_done(sample);
}

/* Those of which all is known now, or all of them. */
static void tell_samples(struct window *window, bool all)
{
	int kept = 0;

	for (int i = 0; i < window->nr_samples; i++) {
		struct window_sample *sample = &window->samples[i];

		if (!all && is_open(sample->watch, sample->nr))
			window->samples[kept++] = *sample;
		else
			tell_sample(sample);
	}
	window->nr_samples = kept;
}

struct json_object *window_sample(struct window *window, struct target *target)
{
	struct json_object *out = json_object_new_object();
	struct window_sample *more = realloc(window->samples,
	                                     (size_t)(window->nr_samples + 1) * sizeof(*more));
	const int64_t now = clock_now_ns();

	json_object_object_add(out, "t_s",
	                       json_object_new_double((double)(now - window->start_ns) / 1e9));
	if (!more)
		return out;
	window->samples = more;
	if (read_now(window, target, &more[window->nr_samples])) {
		sample_done(&more[window->nr_samples]);
		return out;
	}
	more[window->nr_samples++].out = json_object_get(out);
	window->sampled_ns = window->look_ns = now;
	tell_samples(window, false);
	return out;
}

int64_t window_next_look(const struct window *window)
{
	return window->nr_samples || is_open(window->watch, window->nr) ? window->look_ns
	                                                                : INT64_MAX;
}

void window_look(struct window *window)
{
	if (clock_now_ns() < window_next_look(window))
		return;
	look_at(window->watch, window->nr);
	for (int i = 0; i < window->nr_samples; i++)
		look_at(window->samples[i].watch, window->samples[i].nr);
	tell_samples(window, false);
	window->look_ns = open_wait_next_ns(window->sampled_ns, clock_now_ns());
}

static bool never(const void *arg)
{
	(void)arg;
	return false;
}

void windows_settle(struct window *const *list, int nr, struct pump *pump)
{
	int64_t next_ns;
	struct err ignored;

	do {
		next_ns = INT64_MAX;
		for (int i = 0; i < nr; i++) {
			const int64_t last_ns = list[i]->end_ns + OPEN_WAIT_MAX_NS;
			int64_t look_ns;

			window_look(list[i]);
			look_ns = window_next_look(list[i]);
			if (look_ns < next_ns && look_ns < last_ns)
				next_ns = look_ns;
		}
	} while (next_ns < INT64_MAX &&
	         pump_until(pump, never, NULL, next_ns, &ignored) == -ETIMEDOUT);
	for (int i = 0; i < nr; i++) {
		tell_samples(list[i], true);
		finish(list[i]->watch, list[i]->nr);
	}
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

void window_put_times(const struct window *window, struct json_object *line)
{
	struct json_object *windows = json_object_object_get(line, "window_s");
	struct json_object *ends = json_object_new_array();
	double host = (double)(window->end_ns - window->start_ns) / 1e9, kvm = kvm_s(window);

	json_object_array_add(ends, json_object_new_int64(window->start_ns));
	json_object_array_add(ends, json_object_new_int64(window->end_ns));
	json_object_object_add(line, "host_window_ns", ends);
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

	sched_figures(window->watch, window->nr, &window->whole, figures);
	exits_figures(start, nr_start, end, nr_end, window->stat_why, figures);
	exits_rates(kvm_s(window), (double)(moved.rd_ops + moved.wr_ops), figures);
	free(start);
	free(end);
}

/* No longer, where --observe deep has replaced it. */
static bool is_lower_bound(struct json_object *line, const char *name)
{
	struct json_object *figures = json_object_object_get(line, "figures");

	return json_object_object_get_ex(json_object_object_get(figures, name), "at_least", NULL);
}

void window_warn(const struct window *window, struct json_object *line)
{
	const struct sched_gaps gaps = sched_gaps(window->watch, window->nr, &window->whole);
	const double all_s = (double)(window->whole.end[1].cpu_time_ns -
	                              window->whole.start[0].cpu_time_ns) *
	                     1e-9;

	if (gaps.is_incomplete)
		result_warn(line,
		            "threads ended inside the window, %d known ones and others that used "
		            "%.6f s of CPU time: context_switches%smigrations are "
		            "without them and at least what is shown (%s)",
		            gaps.lost, gaps.rest_s,
		            is_lower_bound(line, "run_delay_s") ? ", run_delay_s and " : " and ",
		            window->exited_why);
	else if (gaps.rest_s > SUM_OFF * all_s)
		result_warn(line,
		            "the process used %.6f s more CPU time than its threads together "
		            "(unattributed in cpu_time_s)",
		            gaps.rest_s);
	if (gaps.has_vague && is_lower_bound(line, "run_delay_s"))
		result_warn(line, "run_delay_s is at least what is shown: a thread waited for a "
		                  "CPU at an end of the window, and the part of that wait inside "
		                  "it is not known");
	if (gaps.too_much_s > SUM_OFF * all_s)
		result_warn(line,
		            "the threads' CPU times are together %.6f s more than the process's",
		            gaps.too_much_s);
}

void window_done(struct window *window)
{
	exited_close(&window->exited);
	for (int i = 0; i < window->nr_samples; i++)
		sample_done(&window->samples[i]);
	free(window->samples);
	free(window->watch);
	free(window->stat[0]);
	free(window->stat[1]);
	*window = (struct window){ 0 };
}

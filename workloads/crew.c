/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crew.c - threads and what they wait for.  Knows no protocol. */
#include "crew.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cleanup.h"
#include "cpu.h"
#include "uring.h"

struct worker {
	_Alignas(128) struct tally tally; /* its own cache lines: neighbours count too */
	struct crew *crew;
	int index;
	pid_t tid;
	pthread_t thread;
	struct err err;
};

struct crew {
	const struct job *job;
	const struct store *store;
	struct window window;
	int event_fd;
	int nr_started; /* threads to join */
	_Atomic int nr_parked, nr_running, nr_failed;
	sem_t parked, gate, rested, leave;
	bool warmed, stopped;
	struct worker *workers;
};

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) < 0) /* EINTR only */
		;
}

static void notify(struct crew *crew)
{
	uint64_t one = 1;

	/* An eventfd write of 1 only fails where 2^64 - 2 are already in it. */
	if (write(crew->event_fd, &one, sizeof(one)) < 0)
		return;
}

/* The guest's own placing; natively the host does it by TID. */
static int place_self(const struct worker *worker, struct err *err)
{
	const struct job *job = worker->crew->job;
	struct sched_param param = { 0 };
	cpu_set_t cpus;

	if (job->nr_pins) {
		CPU_ZERO(&cpus);
		CPU_SET((size_t)job->pin[worker->index], &cpus);
		if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
			return err_sys(err, "pin to CPU %d", job->pin[worker->index]);
	}
	if (!job->has_policy)
		return 0;
	if (job_is_realtime(job))
		param.sched_priority = job->level;
	if (sched_setscheduler(0, job->policy, &param) < 0)
		return err_sys(err, "scheduling policy");
	if (!job_is_realtime(job) && setpriority(PRIO_PROCESS, (id_t)worker->tid, job->level) < 0)
		return err_sys(err, "nice %d", job->level);
	return 0;
}

static int run_io(struct worker *worker, struct err *err)
{
	struct crew *crew = worker->crew;
	CLEANUP(uring_close) struct uring *uring = NULL;

	if (uring_open(crew->job, crew->store, worker->index, &uring, err) < 0)
		return -err->code;
	crew->nr_running++;
	notify(crew);
	return uring_run(uring, &crew->window, &worker->tally, err);
}

static int run_cpu(struct worker *worker, struct err *err)
{
	worker->crew->nr_running++;
	notify(worker->crew);
	return cpu_run(&worker->crew->window, &worker->tally, err);
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct crew *crew = worker->crew;
	int rc;

	worker->tid = gettid();
	prctl(PR_SET_TIMERSLACK, 1);
	rc = place_self(worker, &worker->err);
	crew->nr_parked++;
	sem_post(&crew->parked);
	wait_for(&crew->gate);
	if (!rc && !window_stopped(&crew->window))
		rc = crew->job->workload->is_io ? run_io(worker, &worker->err)
		                                : run_cpu(worker, &worker->err);
	if (rc) {
		crew->nr_failed++;
		notify(crew);
	}
	/* Idle but there: whoever reads our counters after the window must still find us. */
	sem_post(&crew->rested);
	wait_for(&crew->leave);
	return NULL;
}

static int start_worker(struct crew *crew, int index, struct err *err)
{
	struct worker *worker = &crew->workers[index];
	int rc;

	worker->crew = crew;
	worker->index = index;
	rc = pthread_create(&worker->thread, NULL, worker_main, worker);
	if (rc)
		return err_set(err, rc, "worker %d: %s", index, strerror(rc));
	crew->nr_started++;
	wait_for(&crew->parked);
	if (worker->err.code) {
		*err = worker->err;
		return err_in(err, "worker %d", index);
	}
	return 0;
}

int crew_start(const struct job *job, const struct store *store, struct crew **ret, struct err *err)
{
	CLEANUP(crew_free) struct crew *crew = calloc(1, sizeof(*crew));
	size_t size = (size_t)job->threads * sizeof(*crew->workers);

	if (!crew)
		return err_set(err, ENOMEM, "no memory for %d workers", job->threads);
	crew->event_fd = -1;
	crew->job = job;
	crew->store = store;
	crew->window.begin_ns = INT64_MAX;
	crew->window.end_ns = INT64_MAX;
	sem_init(&crew->parked, 0, 0);
	sem_init(&crew->gate, 0, 0);
	sem_init(&crew->rested, 0, 0);
	sem_init(&crew->leave, 0, 0);
	crew->workers = aligned_alloc(_Alignof(struct worker), size);
	if (!crew->workers)
		return err_set(err, ENOMEM, "no memory for %d workers", job->threads);
	memset(crew->workers, 0, size);
	crew->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (crew->event_fd < 0)
		return err_sys(err, "eventfd");
	for (int i = 0; i < job->threads; i++) {
		if (start_worker(crew, i, err) < 0)
			return -err->code;
	}
	*ret = STEAL(&crew);
	return 0;
}

int crew_rise_above(const struct job *job, struct err *err)
{
	int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
	struct sched_param param = { 0 };

	/* Without a policy of their own the workers have the one that we were started with. */
	if ((policy == SCHED_FIFO || policy == SCHED_RR) && sched_getparam(0, &param) < 0)
		return err_sys(err, "the timer's own priority");
	if (job->has_policy)
		param.sched_priority = job_is_realtime(job) ? job->level : 0;
	if (!param.sched_priority)
		return 0;
	param.sched_priority++;
	if (sched_setscheduler(0, SCHED_FIFO, &param) < 0)
		return err_sys(err, "the timer's own priority %d", param.sched_priority);
	return 0;
}

int crew_step_down(struct err *err)
{
	const struct sched_param param = { 0 };

	if (sched_setscheduler(0, SCHED_OTHER, &param) < 0)
		return err_sys(err, "the timer's own policy");
	return 0;
}

pid_t crew_tid(const struct crew *crew, int worker)
{
	return crew->workers[worker].tid;
}

int crew_fd(const struct crew *crew)
{
	return crew->event_fd;
}

static void open_gate(struct crew *crew)
{
	for (int i = 0; i < crew->nr_started && !crew->warmed; i++)
		sem_post(&crew->gate);
	crew->warmed = true;
}

void crew_warm(struct crew *crew)
{
	open_gate(crew);
}

enum crew_state crew_state(struct crew *crew)
{
	uint64_t taken;

	/* Before the counters are looked at, so that a later change is noticed again; empty is fine. */
	if (read(crew->event_fd, &taken, sizeof(taken)) < 0 && !crew->warmed)
		return CREW_PARKED;
	if (crew->nr_failed)
		return CREW_FAILED;
	return crew->nr_running == crew->job->threads ? CREW_RUNNING : CREW_SETTING_UP;
}

void crew_open_window(struct crew *crew, int64_t now_ns)
{
	crew->window.begin_ns = now_ns;
}

void crew_close_window(struct crew *crew, int64_t now_ns)
{
	crew->window.end_ns = now_ns;
}

int crew_stop(struct crew *crew, struct err *err)
{
	crew->window.stop = true;
	open_gate(crew);
	for (int i = 0; i < crew->nr_started && !crew->stopped; i++)
		wait_for(&crew->rested);
	crew->stopped = true;
	for (int i = 0; i < crew->nr_started; i++) {
		if (!crew->workers[i].err.code)
			continue;
		*err = crew->workers[i].err;
		return err_in(err, "worker %d", i);
	}
	return 0;
}

void crew_total(const struct crew *crew, struct tally *ret)
{
	*ret = (struct tally){ .setup_flags = ~0u, .registered = ~0u };
	for (int i = 0; i < crew->nr_started; i++) {
		const struct tally *from = &crew->workers[i].tally;

		for (int kind = 0; kind < TALLY_KINDS; kind++) {
			hist_merge(&ret->hist[kind], &from->hist[kind]);
			ret->bytes[kind] += from->bytes[kind];
		}
		ret->errors += from->errors;
		ret->shorts += from->shorts;
		ret->enters += from->enters;
		ret->requests += from->requests;
		ret->first_error = ret->first_error ? ret->first_error : from->first_error;
		ret->setup_flags &= from->setup_flags; /* only what all of them have is claimed */
		ret->registered &= from->registered;
	}
}

void crew_free(struct crew **crew)
{
	struct crew *c = *crew;
	struct err unused;

	*crew = NULL;
	if (!c)
		return;
	if (crew_stop(c, &unused) < 0)
		unused.code = 0; /* the caller that wanted to know has asked crew_stop() itself */
	for (int i = 0; i < c->nr_started; i++)
		sem_post(&c->leave);
	for (int i = 0; i < c->nr_started; i++)
		pthread_join(c->workers[i].thread, NULL);
	fd_close(&c->event_fd);
	sem_destroy(&c->parked);
	sem_destroy(&c->gate);
	sem_destroy(&c->rested);
	sem_destroy(&c->leave);
	free(c->workers);
	free(c);
}

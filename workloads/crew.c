/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crew.c - threads and what they wait for.  Knows no protocol. */
#include "crew_part.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cleanup.h"
#include "load.h"
#include "text.h"

void crew_wait_for(sem_t *sem)
{
	while (sem_wait(sem) < 0) {
		if (errno == EINTR)
			continue;
		/* a worker that cannot wait would run before its time: nothing measured so is worth keeping */
		perror("qload: sem_wait");
		_exit(1);
	}
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

static int run_load(struct worker *worker, const struct place *place)
{
	struct crew *crew = worker->crew;
	const struct load *load = crew->load;
	int rc = load->open ? load->open(place, &worker->state, &worker->err) : 0;

	if (rc < 0)
		return rc;
	crew->nr_running++;
	notify(crew);
	rc = load->run(worker->state, &crew->window, &worker->tally, &worker->err);
	worker->is_stuck = rc == -ETIMEDOUT || rc == LOAD_UNFINISHED;
	if (load->close && !worker->is_stuck)
		load->close(worker->state);
	return rc < 0 ? rc : 0;
}

static const struct store *store_of(const struct crew *crew, int worker)
{
	return crew->nr_stores ? &crew->stores[worker % crew->nr_stores] : NULL;
}

static int work(struct worker *worker)
{
	struct crew *crew = worker->crew;
	const struct place place = { .job = crew->job,
		                     .store = store_of(crew, worker->index),
		                     .nr_stores = crew->nr_stores,
		                     .worker = worker->index,
		                     .common = crew->common,
		                     .in = worker->in,
		                     .out = worker->out };

	if (worker->is_partner)
		return crew->load->partner(&place, &worker->err);
	return run_load(worker, &place);
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
	crew_wait_for(&crew->gate);
	if (!rc && !window_stopped(&crew->window))
		rc = work(worker);
	/* Whichever of the two ends first, the other one must not wait for it. */
	fd_close(&worker->in);
	fd_close(&worker->out);
	if (rc) {
		crew->nr_failed++;
		notify(crew);
	}
	/* Idle but there: whoever reads our counters after the window must still find us. */
	worker->has_rested = true;
	sem_post(&crew->rested);
	crew_wait_for(&worker->leave);
	return NULL;
}

static int start_worker(struct crew *crew, int index, struct err *err)
{
	struct worker *worker = &crew->workers[index];
	int rc;

	worker->crew = crew;
	worker->index = index % crew->job->threads;
	worker->is_partner = index >= crew->job->threads;
	rc = pthread_create(&worker->thread, NULL, worker_main, worker);
	if (rc)
		return err_set(err, rc, "worker %d: %s", index, strerror(rc));
	crew->nr_started++;
	crew_wait_for(&crew->parked);
	if (worker->err.code) {
		*err = worker->err;
		return err_in(err, "worker %d", worker->index);
	}
	return 0;
}

static int connect_partners(struct crew *crew, struct err *err)
{
	for (int i = 0; i < crew->nr_threads - crew->job->threads; i++) {
		struct worker *worker = &crew->workers[i];
		struct worker *partner = &crew->workers[crew->job->threads + i];
		int there[2], back[2];

		if (pipe2(there, O_CLOEXEC) < 0)
			return err_sys(err, "a pipe for worker %d", i);
		partner->in = there[0];
		worker->out = there[1];
		if (pipe2(back, O_CLOEXEC) < 0)
			return err_sys(err, "a pipe for worker %d", i);
		worker->in = back[0];
		partner->out = back[1];
	}
	return 0;
}

static int open_rooms(struct crew *crew, struct err *err)
{
	size_t size = (size_t)crew->nr_threads * sizeof(*crew->workers);

	crew->common = mmap(NULL, LOAD_COMMON, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                    -1, 0);
	if (crew->common == MAP_FAILED) {
		crew->common = NULL;
		return err_sys(err, "memory that the workers share");
	}
	crew->workers = aligned_alloc(_Alignof(struct worker), size);
	if (!crew->workers)
		return err_set(err, ENOMEM, "no memory for %d workers", crew->job->threads);
	memset(crew->workers, 0, size);
	for (int i = 0; i < crew->nr_threads; i++) {
		crew->workers[i].in = crew->workers[i].out = -1;
		sem_init(&crew->workers[i].leave, 0, 0);
	}
	return connect_partners(crew, err);
}

int crew_start(const struct job *job, const struct store *stores, int nr_stores, struct crew **ret,
               struct err *err)
{
	CLEANUP(crew_free) struct crew *crew = calloc(1, sizeof(*crew));

	if (!crew)
		return err_set(err, ENOMEM, "no memory for %d workers", job->threads);
	crew->event_fd = -1;
	crew->job = job;
	crew->stores = stores;
	crew->nr_stores = nr_stores;
	crew->load = load_of(job->workload);
	crew->nr_threads = job->threads * (crew->load->partner ? 2 : 1);
	crew->window.begin_ns = INT64_MAX;
	crew->window.end_ns = INT64_MAX;
	sem_init(&crew->parked, 0, 0);
	sem_init(&crew->gate, 0, 0);
	sem_init(&crew->rested, 0, 0);
	if (open_rooms(crew, err) < 0)
		return -err->code;
	crew->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (crew->event_fd < 0)
		return err_sys(err, "eventfd");
	for (int i = 0; i < crew->nr_threads; i++) {
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

pid_t crew_partner_tid(const struct crew *crew, int worker)
{
	return crew->load->partner ? crew->workers[crew->job->threads + worker].tid : 0;
}

int crew_fd(const struct crew *crew)
{
	return crew->event_fd;
}

void crew_open_gate(struct crew *crew)
{
	for (int i = 0; i < crew->nr_started && !crew->warmed; i++)
		sem_post(&crew->gate);
	crew->warmed = true;
}

void crew_warm(struct crew *crew)
{
	crew_open_gate(crew);
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

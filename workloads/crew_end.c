/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crew_end.c - workers that end, and those that cannot. */
#include "crew_part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "cleanup.h"
#include "load.h"
#include "text.h"

/* a worker that only gets no answers says so itself meanwhile, a wait later */
#define LOOK_NS (NSEC_PER_SEC / 10)
#define LOOKS   11
#define IDLE    1 /* no time at which an operation began */

/* Whether nobody came to rest until then, nor within LOOK_NS from now. */
static bool is_quiet(struct crew *crew, int64_t until_ns)
{
	int64_t next_ns = clock_now_ns() + LOOK_NS,
	        end_ns = next_ns > until_ns ? next_ns : until_ns;
	const struct timespec end = { end_ns / NSEC_PER_SEC, end_ns % NSEC_PER_SEC };

	return sem_clockwait(&crew->rested, CLOCK_MONOTONIC, &end) < 0 && errno == ETIMEDOUT;
}

/* A call that only a device can end, an operation that can be given up, or IDLE between two; 0: it always comes back.  A
 * partner is not needed any more once its worker is done. */
static int64_t under_way(const struct crew *crew, const struct worker *worker)
{
	const struct worker *first = &crew->workers[worker->index];
	int64_t since_ns = worker->tally.since_ns;

	if (worker->tally.called_ns)
		return worker->tally.called_ns;
	if (!crew->load->give_up)
		return 0;
	if (worker->is_partner)
		return first->has_rested || first->is_given_up ? IDLE : 0;
	return since_ns ? since_ns : IDLE;
}

/* When its time is up: a device's whole patience, and a third of it for what is given up. */
static int64_t time_of(const struct crew *crew, const struct worker *worker)
{
	int64_t called_ns = worker->tally.called_ns;

	return called_ns ? called_ns + job_patience_ns(crew->job)
	                 : crew->ended_ns + job_patience_ns(crew->job) / 3;
}

/* Whether it may still come to rest; when its time is up lowers *until_ns, where it has one. */
static bool is_awaited(const struct crew *crew, struct worker *worker, int64_t *until_ns)
{
	int64_t since_ns = under_way(crew, worker), end_ns = time_of(crew, worker);

	if (worker->has_rested || worker->is_lost || worker->is_given_up)
		return false;
	if (since_ns != worker->looked_ns)
		worker->looks = 0;
	worker->looked_ns = since_ns;
	if (since_ns && end_ns < *until_ns)
		*until_ns = end_ns;
	return true;
}

/* Its operation is ours to count, unless the worker was first.  One that was kept out while it counted may still add this. */
static void give_up(struct crew *crew, struct worker *worker)
{
	struct tally *tally = &worker->tally;
	int64_t since_ns = worker->looked_ns == IDLE ? 0 : worker->looked_ns;

	if (!atomic_compare_exchange_strong(&tally->since_ns, &since_ns, TALLY_GIVEN_UP))
		return;
	if (since_ns)
		crew->load->give_up(tally, &crew->window, since_ns, clock_now_ns());
	tally->nr_given_up = 1;
	worker->is_given_up = true;
}

static void count_look(struct crew *crew, struct worker *worker)
{
	int64_t since_ns = under_way(crew, worker);

	if (!since_ns || since_ns != worker->looked_ns || worker->has_rested ||
	    worker->is_given_up || clock_now_ns() <= time_of(crew, worker) ||
	    ++worker->looks < LOOKS)
		return;
	if (worker->tally.called_ns)
		worker->is_lost = true;
	else
		give_up(crew, worker);
}

/*
 * Waits for all; those that the kernel keeps, where a call takes a request but its device none any more, are lost.  Those
 * that do not run, where a real-time thread has their CPU, are given up with what they were at.
 * That a worker's time is up is not enough: where all of us were stopped for longer, it has not had its turn yet, and
 * however long we are stopped takes one of the looks alone.
 */
static void await_rest(struct crew *crew)
{
	crew->ended_ns = crew->window.end_ns;
	if (crew->ended_ns == INT64_MAX)
		crew->ended_ns = clock_now_ns();
	for (;;) {
		int64_t until_ns = INT64_MAX;
		int awaited = 0;

		for (int i = 0; i < crew->nr_started; i++)
			awaited += is_awaited(crew, &crew->workers[i], &until_ns);
		if (!awaited)
			return;
		if (until_ns == INT64_MAX) {
			crew_wait_for(&crew->rested);
			continue;
		}
		if (!is_quiet(crew, until_ns))
			continue;
		for (int i = 0; i < crew->nr_started; i++)
			count_look(crew, &crew->workers[i]);
	}
}

static int say_lost(const struct crew *crew, const struct worker *worker, struct err *err)
{
	return err_set(err, ETIMEDOUT,
	               "worker %d: the disk takes no more requests: a call has not come back for "
	               "more than %g s",
	               worker->index, (double)job_patience_ns(crew->job) / NSEC_PER_SEC);
}

int crew_stop(struct crew *crew, struct err *err)
{
	crew->window.stop = true;
	crew_open_gate(crew);
	if (!crew->stopped)
		await_rest(crew);
	crew->stopped = true;
	for (int i = 0; i < crew->nr_started; i++) {
		const struct worker *worker = &crew->workers[i];

		if (worker->is_lost)
			return say_lost(crew, worker, err);
		if (worker->is_given_up || !worker->err.code)
			continue;
		*err = worker->err;
		return err_in(err, "worker %d", worker->index);
	}
	return 0;
}

bool crew_has_rested(const struct crew *crew)
{
	for (int i = 0; i < crew->nr_started; i++) {
		if (!crew->workers[i].has_rested)
			return false;
	}
	return true;
}

static void add_tally(struct tally *into, const struct tally *from)
{
	for (int i = 0; i < TALLY_HISTS; i++)
		hist_merge(&into->hist[i], &from->hist[i]);
	for (int i = 0; i < TALLY_HISTS; i++)
		into->done[i] += from->done[i];
	for (int kind = 0; kind < TALLY_KINDS; kind++)
		into->bytes[kind] += from->bytes[kind];
	for (int i = 0; i < TALLY_SUMS; i++) {
		into->sum[i].ops += from->sum[i].ops;
		into->sum[i].ns += from->sum[i].ns;
		into->sum[i].nr_open += from->sum[i].nr_open;
	}
	for (int i = 0; i < TALLY_FACTS; i++)
		into->fact[i] = from->fact[i] < into->fact[i] ? from->fact[i] : into->fact[i];
	into->late += from->late;
	into->nr_given_up += from->nr_given_up;
	into->errors += from->errors;
	into->shorts += from->shorts;
	into->enters += from->enters;
	into->requests += from->requests;
	into->first_error = into->first_error ? into->first_error : from->first_error;
	into->setup_flags &= from->setup_flags; /* only what all of them have is claimed */
	into->registered &= from->registered;
}

void crew_total(const struct crew *crew, struct tally *ret)
{
	*ret = (struct tally){ .setup_flags = ~0u, .registered = ~0u };
	memset(ret->fact, 0xff, sizeof(ret->fact));
	for (int i = 0; i < crew->nr_started && i < crew->job->threads; i++)
		add_tally(ret, &crew->workers[i].tally);
}

/*
 * Returns how many stay, for good, with their rings and buffers: to them a dead device may still write, and a ring that is
 * closed or a thread that ends may have to wait in the kernel for just these requests.  Only the end of the process does
 * that, when everything has been said.
 */
static int join_all(struct crew *crew)
{
	int nr_left = 0;

	for (int i = 0; i < crew->nr_started; i++) {
		struct worker *worker = &crew->workers[i];

		if (worker->is_stuck || worker->is_lost ||
		    (worker->is_given_up && !worker->has_rested)) {
			nr_left++;
			continue;
		}
		sem_post(&worker->leave);
		pthread_join(worker->thread, NULL);
	}
	return nr_left;
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
	if (join_all(c) > 0)
		return; /* those that are left stand on it */
	fd_close(&c->event_fd);
	for (int i = 0; c->workers && i < c->nr_threads; i++) {
		fd_close(&c->workers[i].in); /* of threads that never came to be */
		fd_close(&c->workers[i].out);
		sem_destroy(&c->workers[i].leave);
	}
	sem_destroy(&c->parked);
	sem_destroy(&c->gate);
	sem_destroy(&c->rested);
	if (c->common)
		munmap(c->common, LOAD_COMMON);
	free(c->workers);
	free(c);
}

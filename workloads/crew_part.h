/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crew_part.h - what the two files of a crew share: crew.c brings it up and keeps its time, crew_end.c ends it.
 */
#ifndef WORKLOADS_CREW_PART_H
#define WORKLOADS_CREW_PART_H

#include <pthread.h>
#include <semaphore.h>

#include "crew.h"

struct load;

struct worker {
	_Alignas(128) struct tally tally; /* its own cache lines: neighbours count too */
	struct crew *crew;
	int index; /* of the workers; a partner has its worker's */
	bool is_partner;
	int in, out;      /* pipes between worker and partner */
	bool is_stuck;    /* its device no longer answers */
	bool is_lost;     /* nor comes its call back, and so it never rests */
	bool is_given_up; /* it did not run again in time, and ends whenever it does */
	int looks;        /* at the end: how often it was still at what it did at looked_ns */
	int64_t looked_ns;
	_Atomic bool has_rested;
	sem_t leave;
	void *state; /* the load's */
	pid_t tid;
	pthread_t thread;
	struct err err;
};

struct crew {
	const struct job *job;
	const struct store *stores;
	int nr_stores;
	const struct load *load;
	void *common;
	struct window window;
	int event_fd;
	int nr_threads; /* workers, then as many partners where the workload has them */
	int nr_started; /* threads to join */
	_Atomic int nr_parked, nr_running, nr_failed;
	sem_t parked, gate, rested;
	bool warmed, stopped;
	int64_t ended_ns; /* the window's end, or where there was none when the load was told to stop */
	struct worker *workers;
};

void crew_wait_for(sem_t *sem);
/* Lets the workers work, once. */
void crew_open_gate(struct crew *crew);

#endif

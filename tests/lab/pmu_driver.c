/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pmu_driver.c - the only process of the pmu lab's Arm machine: work whose instructions are known, counted by
 * measure's own code.  Each case is one line "pmu NAME FIGURES".
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <linux/reboot.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "counters.h"
#include "events.h"

#define TURNS 5000000ULL
#define LONG  (4 * TURNS) /* for counters that take turns, every 4 ms */
#define BABES 3

struct worker {
	int go[2], done[2];
	pid_t tid;
	uint64_t turns;
	int babes; /* threads that it makes, each with the same work */
};

static _Noreturn void die(const char *what)
{
	printf("pmu failed %s: %s\n", what, strerror(errno));
	fflush(stdout);
	reboot(RB_POWER_OFF);
	_exit(1);
}

/* Exactly six instructions a turn, whatever the compiler thinks. */
static void work(uint64_t turns)
{
	__asm__ volatile("1:\n"
	                 "nop\n"
	                 "nop\n"
	                 "nop\n"
	                 "nop\n"
	                 "subs %0, %0, #1\n"
	                 "b.ne 1b\n"
	                 : "+r"(turns)
	                 :
	                 : "cc");
}

static void *babe_main(void *arg)
{
	work(*(uint64_t *)arg);
	return NULL;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	pthread_t babe[BABES];
	char byte = 0;

	worker->tid = (pid_t)syscall(SYS_gettid);
	if (write(worker->done[1], &byte, 1) != 1 || read(worker->go[0], &byte, 1) != 1)
		die("worker");
	for (int i = 0; i < worker->babes; i++) {
		if (pthread_create(&babe[i], NULL, babe_main, &worker->turns))
			die("pthread_create");
	}
	if (!worker->babes)
		work(worker->turns);
	for (int i = 0; i < worker->babes; i++)
		pthread_join(babe[i], NULL);
	if (write(worker->done[1], &byte, 1) != 1 || read(worker->go[0], &byte, 1) != 1)
		die("worker");
	return NULL;
}

static void await(struct worker *worker)
{
	char byte;

	if (read(worker->done[0], &byte, 1) != 1)
		die("await");
}

static void let_go(struct worker *worker)
{
	if (write(worker->go[1], "", 1) != 1)
		die("let_go");
}

static void count(const char *name, const struct event_set *set, struct counters_thread thread,
                  uint64_t turns, int babes)
{
	struct worker worker = { .turns = turns, .babes = babes };
	struct json_object *figures = json_object_new_object();
	struct counters *counters = NULL;
	struct err err = { 0 };
	pthread_t id;

	if (pipe(worker.go) || pipe(worker.done) || pthread_create(&id, NULL, worker_main, &worker))
		die("worker");
	await(&worker);
	thread.tid = worker.tid;
	if (counters_open(set, &thread, 1, &counters, &err))
		die(err.text);
	counters_start(counters);
	let_go(&worker);
	await(&worker);
	counters_stop(counters);
	counters_figures(counters, figures);
	let_go(&worker);
	pthread_join(id, NULL);
	printf("pmu %s %s\n", name,
	       json_object_to_json_string_ext(figures, JSON_C_TO_STRING_PLAIN));
	json_object_put(figures);
	counters_close(&counters);
}

static const struct counters_thread native = { .role = "native", .key = "native/0" };
static const struct counters_thread vcpu = { .is_vcpu = true, .role = "vcpu", .key = "vcpu/0" };

static void count_events(const char *name, const char *events, uint64_t turns, int babes)
{
	struct event_set set;
	struct err err = { 0 };

	if (events_parse(events, EVENTS_SYSFS, &set, &err))
		printf("pmu %s {\"error\":\"%s\"}\n", name, err.text);
	else
		count(name, &set, native, turns, babes);
}

int main(void)
{
	struct event_set builtin;
	char why[200];

	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	if (!freopen("/dev/console", "w", stdout))
		reboot(RB_POWER_OFF);
	if (!counters_have_pmu(why, sizeof(why)))
		printf("pmu none %s\n", why);
	events_builtin(&builtin);
	count("builtin", &builtin, native, TURNS, 0);
	count("vcpu", &builtin, vcpu, TURNS, 0); /* as if it ran a guest: it never is in one */
	count_events("user", "instructions:u,cycles:u,instructions:k,task-clock", TURNS, 0);
	count_events("babes", "instructions:u", TURNS, BABES);
	count_events("spelled", "r8:u,armv8_pmuv3/event=0x8/u,armv8_pmuv3/inst_retired/u", TURNS,
	             0);
	/* more than any Arm PMU has counters for, each alone: they take turns */
	count_events("many",
	             "r8:u,instructions:u,r8:uk,instructions:uk,r8,instructions,r8:h,r8:k,r8:kh,"
	             "instructions:uh,r8:uh,instructions:kh,r8:ukh",
	             LONG, 0);
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	return 1;
}

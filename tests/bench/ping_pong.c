/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ping_pong.c - ping_pong MODE ROUNDS CPU EVENTS: a byte back and forth through two pipes, on one CPU: nothing but
 * context switches, so the worst case for whoever watches.  Prints ns a round trip.
 *
 *   none      unwatched            light     /proc read at both ends, as --observe light does
 *   counters  our counters         perf      `perf stat` on the same two TIDs
 *   deep      our BPF
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "deep.h"
#include "events.h"
#include "sched.h"
#include "text.h"

struct game {
	uint64_t rounds;
	int to[2], from[2], go[2], done[2], tids[2];
	pid_t pid, player[2]; /* two threads of one process, as a VM's are */
};

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void pass(int in, int out)
{
	char byte;

	if (read(in, &byte, 1) != 1 || write(out, &byte, 1) != 1)
		die("pipe");
}

/* The first player times the game: it waits for go, and says done with the time. */
static void *play_first(void *arg)
{
	const struct game *game = arg;
	int64_t ns;
	char byte;

	if (read(game->go[0], &byte, 1) != 1)
		exit(1);
	ns = clock_now_ns();
	for (uint64_t i = 0; i < game->rounds; i++) {
		if (write(game->to[1], &byte, 1) != 1 || read(game->from[0], &byte, 1) != 1)
			die("pipe");
	}
	ns = clock_now_ns() - ns;
	if (write(game->done[1], &ns, sizeof(ns)) != sizeof(ns))
		die("done");
	pause(); /* until it is ended: a watcher may still read it */
	return NULL;
}

static void *play_second(void *arg)
{
	const struct game *game = arg;
	pid_t tid = (pid_t)syscall(SYS_gettid);

	if (write(game->tids[1], &tid, sizeof(tid)) != sizeof(tid))
		die("tids");
	for (uint64_t i = 0; i < game->rounds; i++)
		pass(game->to[0], game->from[1]);
	pause();
	return NULL;
}

static void play(struct game *game, int cpu)
{
	pthread_t second;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
	errno = pthread_create(&second, NULL, play_second, game);
	if (errno)
		die("pthread_create");
	play_first(game);
	exit(0);
}

static void start(struct game *game, int cpu)
{
	if (pipe(game->to) || pipe(game->from) || pipe(game->go) || pipe(game->done) ||
	    pipe(game->tids))
		die("pipe");
	game->pid = game->player[0] = fork();
	if (game->pid < 0)
		die("fork");
	if (!game->pid)
		play(game, cpu);
	if (read(game->tids[0], &game->player[1], sizeof(pid_t)) != sizeof(pid_t))
		die("tids");
}

static double run(struct game *game)
{
	int64_t ns;

	if (write(game->go[1], "", 1) != 1 || read(game->done[0], &ns, sizeof(ns)) != sizeof(ns))
		die("go");
	return (double)ns / (double)game->rounds;
}

static double watch_none(struct game *game, const char *events)
{
	(void)events;
	return run(game);
}

static double watch_light(struct game *game, const char *events)
{
	struct sched_sample sample[4];
	struct err err = { 0 };
	double ns;
	int rc = 0;

	(void)events;
	for (int i = 0; i < 2; i++)
		rc |= sched_read(game->pid, game->player[i], &sample[i], &err);
	ns = run(game);
	for (int i = 0; i < 2; i++)
		rc |= sched_read(game->pid, game->player[i], &sample[2 + i], &err);
	if (rc)
		die(err.text);
	return ns;
}

static double watch_counters(struct game *game, const char *events)
{
	struct counters_thread thread[2] = { { .role = "a", .key = "a/0" },
		                             { .role = "b", .key = "b/0" } };
	struct json_object *figures = json_object_new_object();
	struct counters *counters;
	struct event_set set;
	struct err err = { 0 };
	double ns;

	for (int i = 0; i < 2; i++)
		thread[i].tid = game->player[i];
	if (events_parse(events, EVENTS_SYSFS, &set, &err) ||
	    counters_open(&set, thread, 2, &counters, &err))
		die(err.text);
	counters_start(counters);
	ns = run(game);
	counters_stop(counters);
	counters_figures(counters, figures);
	fprintf(stderr, "%s\n", json_object_to_json_string(figures));
	json_object_put(figures);
	counters_close(&counters);
	return ns;
}

static double watch_deep(struct game *game, const char *events)
{
	struct deep_reading reading;
	struct err err = { 0 };
	struct deep *deep;
	double ns;

	(void)events;
	if (deep_open(&deep, &err))
		die(err.text);
	deep_watch(deep, game->pid, game->player, 2);
	deep_start(deep);
	ns = run(game);
	deep_stop(deep);
	if (deep_read(deep, &reading, &err) || reading.nr_threads < 2)
		die(err.text);
	deep_reading_done(&reading);
	deep_close(&deep);
	return ns;
}

/* perf stat, waiting to be told; its own figures go nowhere. */
static pid_t start_perf(const struct game *game, const char *events, int control[2], int ack[2])
{
	char tids[48], fds[48];
	pid_t pid;

	if (pipe(control) || pipe(ack))
		die("pipe");
	snprintf(tids, sizeof(tids), "%d,%d", game->player[0], game->player[1]);
	snprintf(fds, sizeof(fds), "fd:%d,%d", control[0], ack[1]);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("perf", "perf", "stat", "-o", "/dev/null", "-t", tids, "-e", events, "-D",
		       "-1", "--control", fds, NULL);
		die("perf");
	}
	return pid;
}

static double watch_perf(struct game *game, const char *events)
{
	char answer[16];
	int control[2], ack[2];
	pid_t pid = start_perf(game, events, control, ack);
	double ns;

	close(ack[1]);
	if (write(control[1], "enable\n", 7) != 7 || read(ack[0], answer, sizeof(answer)) < 4)
		die("perf stat --control");
	ns = run(game);
	kill(pid, SIGINT);
	waitpid(pid, NULL, 0);
	return ns;
}

static const struct {
	const char *name;
	double (*watch)(struct game *game, const char *events);
} modes[] = {
	{ "none", watch_none }, { "light", watch_light }, { "counters", watch_counters },
	{ "perf", watch_perf }, { "deep", watch_deep },
};

int main(int argc, char **argv)
{
	struct game game = { 0 };
	uint64_t cpu;
	struct err err = { 0 };

	if (argc != 5 || text_parse_u64(argv[2], 1, 1000000000, &game.rounds, &err) ||
	    text_parse_u64(argv[3], 0, CPU_SETSIZE - 1, &cpu, &err)) {
		fprintf(stderr,
		        "usage: ping_pong none|light|counters|perf|deep ROUNDS CPU EVENTS\n");
		return 2;
	}
	start(&game, (int)cpu);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!strcmp(modes[i].name, argv[1]))
			printf("%.1f\n", modes[i].watch(&game, argv[4]));
	}
	kill(game.pid, SIGKILL);
	waitpid(game.pid, NULL, 0);
	return 0;
}

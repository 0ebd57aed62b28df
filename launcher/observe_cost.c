/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe_cost.c - a ping-pong of two threads on one CPU, alone and watched.  The fastest of several tells. */
#include "observe_cost.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps.h"
#include "child.h"
#include "cleanup.h"
#include "observe.h"
#include "session.h"
#include "spec.h"
#include "target.h"
#include "text.h"

#define ROUNDS      200 /* about a millisecond: some games are played without being preempted */
#define GAMES       25
#define PATIENCE_MS 2000

/* A child of our own, not exec'ed: go is one byte, the answer the ns of one game. */
struct game {
	pid_t pid;
	int go, answer; /* our ends */
	pid_t tid[2];
};

static void game_end(struct game *game)
{
	if (game->pid > 0) {
		kill(game->pid, SIGKILL);
		waitpid(game->pid, NULL, 0);
	}
	fd_close(&game->go);
	fd_close(&game->answer);
	game->pid = 0;
}

static bool pass(int in, int out)
{
	char byte;

	return read(in, &byte, 1) == 1 && write(out, &byte, 1) == 1;
}

struct second {
	int in, out, tid_out;
};

static void *play_second(void *arg)
{
	const struct second *second = arg;
	pid_t tid = (pid_t)syscall(SYS_gettid);

	if (write(second->tid_out, &tid, sizeof(tid)) != sizeof(tid))
		_exit(1);
	while (pass(second->in, second->out))
		;
	return NULL;
}

static void play(int go, int answer, int out, int in)
{
	char byte = 0;

	while (read(go, &byte, 1) == 1) {
		int64_t ns = clock_now_ns();

		for (int i = 0; i < ROUNDS; i++) {
			if (write(out, &byte, 1) != 1 || read(in, &byte, 1) != 1)
				return;
		}
		ns = clock_now_ns() - ns;
		if (write(answer, &ns, sizeof(ns)) != sizeof(ns))
			return;
	}
}

/* Both threads on the first CPU that we may run on. */
static void stay_on_one_cpu(void)
{
	cpu_set_t own, one;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(own), &own))
		return;
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &own))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	(void)!sched_setaffinity(0, sizeof(one), &one);
}

/* The child: gives up what it does not need, says both TIDs, plays until it is ended. */
static void child_main(int go, int answer)
{
	int to[2], from[2];
	struct second second;
	pthread_t id;
	pid_t tid = (pid_t)syscall(SYS_gettid);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(go, 3) < 0 || dup2(answer, 4) < 0)
		_exit(1);
	close_range(5, ~0U, 0); /* QEMU's and the results' files are none of its business */
	if (caps_none() || pipe(to) || pipe(from))
		_exit(1);
	stay_on_one_cpu();
	second = (struct second){ to[0], from[1], 4 };
	if (write(4, &tid, sizeof(tid)) != sizeof(tid) ||
	    pthread_create(&id, NULL, play_second, &second))
		_exit(1);
	play(3, 4, to[1], from[0]);
	_exit(0);
}

/* A child that gets no CPU (real-time threads have them all) is given up. */
static bool answer(const struct game *game, void *buf, size_t size)
{
	struct pollfd poll_fd = { .fd = game->answer, .events = POLLIN };

	return poll(&poll_fd, 1, PATIENCE_MS) == 1 &&
	       read(game->answer, buf, size) == (ssize_t)size;
}

static int game_start(struct game *ret, struct err *err)
{
	CLEANUP(game_end) struct game game = { .go = -1, .answer = -1 };
	CLEANUP(fd_close) int child_go = -1;
	CLEANUP(fd_close) int child_answer = -1;
	int pair[2];

	if (pipe2(pair, O_CLOEXEC))
		return err_sys(err, "pipe");
	child_go = pair[0];
	game.go = pair[1];
	if (pipe2(pair, O_CLOEXEC))
		return err_sys(err, "pipe");
	game.answer = pair[0];
	child_answer = pair[1];
	game.pid = fork();
	if (game.pid < 0)
		return err_sys(err, "fork");
	if (!game.pid) {
		/* above the numbers that it moves them to */
		child_main(fcntl(child_go, F_DUPFD, 10), fcntl(child_answer, F_DUPFD, 10));
	}
	fd_close(&child_answer);
	for (int i = 0; i < 2; i++) {
		if (!answer(&game, &game.tid[i], sizeof(pid_t)))
			return err_set(err, ECHILD, "the ping-pong did not start");
	}
	*ret = game;
	game = (struct game){ .go = -1, .answer = -1 };
	return 0;
}

/* The fastest of several games, ns; NaN where it ended. */
static double fastest(const struct game *game)
{
	double best = NAN;

	for (int i = 0; i < GAMES; i++) {
		int64_t ns;

		if (write(game->go, "", 1) != 1 || !answer(game, &ns, sizeof(ns)))
			return NAN;
		best = fmin(best, (double)ns);
	}
	return best;
}

static int watched(struct session *session, const struct spec *spec, const struct game *game,
                   double *ret, struct err *err)
{
	CLEANUP(observer_close) struct observer *observer = NULL;
	struct thread threads[2] = { { .tid = game->tid[0], .role = ROLE_NATIVE },
		                     { .tid = game->tid[1], .role = ROLE_NATIVE, .index = 1 } };
	struct child child = { .pid = game->pid };
	struct target target = {
		.session = session,
		.child = &child,
		.threads = { .pid = game->pid, .nr = 2, .list = threads },
	};
	int rc = observer_open(&target, spec, &observer, err);

	if (!rc)
		rc = observer_start(observer, &target, err);
	if (rc)
		return rc;
	*ret = fastest(game);
	return observer_stop(observer, err);
}

static int measure(struct session *session, const struct spec *spec, double *ret, struct err *err)
{
	CLEANUP(game_end) struct game game = { .go = -1, .answer = -1 };
	double alone, seen = NAN;
	int rc = game_start(&game, err);

	if (rc)
		return rc;
	alone = fastest(&game);
	rc = watched(session, spec, &game, &seen, err);
	alone = fmin(alone, fastest(&game));
	/* two switches a round; a quiet observer may drown in noise, but none makes anything faster */
	*ret = fmax((seen - alone) / ROUNDS / 2, 0.1);
	return rc;
}

int observe_cost(struct session *session, const struct spec *spec, struct err *err)
{
	int level = observe_level(spec);
	double *cost = &session->observe.ns_per_switch[level];
	struct err why = { 0 };

	if (level <= OBSERVE_LIGHT || *cost != 0)
		return 0;
	if (measure(session, spec, cost, &why))
		*cost = NAN;
	return why.code == ENOMEM ? err_set(err, ENOMEM, "%s", why.text) : 0;
}

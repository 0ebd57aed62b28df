/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe_game.c - a child that does the same again and again on one CPU.  Knows not what. */
#include "observe_game.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "process.h"

#define GAMES       25
#define PATIENCE_MS 2000

void game_end(struct game *game)
{
	if (game->pid > 0)
		process_end(game->pid);
	fd_close(&game->go);
	fd_close(&game->answer);
	game->pid = 0;
}

/* All threads, the kernel's for it too, on the first CPU that we may run on. */
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

/* The child: gives up what it does not need, says who it is, plays until it is ended. */
static void child_main(void (*play)(int go, int answer), int go, int answer)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);

	if (dup2(go, 3) < 0 || dup2(answer, 4) < 0)
		_exit(1);
	close_range(5, ~0U, 0); /* QEMU's and the results' files are none of its business */
	if (caps_none())
		_exit(1);
	stay_on_one_cpu();
	if (write(4, &tid, sizeof(tid)) == sizeof(tid))
		play(3, 4);
	_exit(0);
}

/* A child that gets no CPU (real-time threads have them all) is given up. */
static bool answer(const struct game *game, void *buf, size_t size)
{
	struct pollfd poll_fd = { .fd = game->answer, .events = POLLIN };

	return poll(&poll_fd, 1, PATIENCE_MS) == 1 &&
	       read(game->answer, buf, size) == (ssize_t)size;
}

int game_start(void (*play)(int go, int answer), struct game *ret, struct err *err)
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
	game.pid = process_fork();
	if (game.pid < 0)
		return err_sys(err, "fork");
	if (!game.pid) {
		/* above the numbers that it moves them to */
		child_main(play, fcntl(child_go, F_DUPFD, 10), fcntl(child_answer, F_DUPFD, 10));
	}
	fd_close(&child_answer);
	for (int i = 0; i < 2; i++) {
		if (!answer(&game, &game.tid[i], sizeof(pid_t)))
			return err_set(err, ECHILD, "the game did not start");
	}
	*ret = game;
	game = (struct game){ .go = -1, .answer = -1 };
	return 0;
}

/* The fastest of several games, ns; NaN where it ended. */
double game_fastest(const struct game *game)
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

double game_price(double alone, double seen, double events)
{
	double more = seen - alone;

	/* fmax() and fmin() pass a NaN by */
	return isfinite(more) ? fmax(more / events, 0.1) : NAN;
}

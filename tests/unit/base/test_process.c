/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_process.c - a child of process_fork() starts clean and does not outlive its parent. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "process.h"

static void ignore(int signo)
{
	(void)signo;
}

/* What the child found, as an exit status. */
static int look_around(void)
{
	struct sigaction was;
	sigset_t blocked;
	int at_death = 0;

	if (prctl(PR_GET_PDEATHSIG, &at_death) || at_death != SIGKILL)
		return 1;
	if (sigprocmask(SIG_SETMASK, NULL, &blocked) || sigismember(&blocked, SIGTERM))
		return 2;
	if (sigaction(SIGINT, NULL, &was) || was.sa_handler != SIG_DFL)
		return 3;
	return sigaction(SIGPIPE, NULL, &was) || was.sa_handler != SIG_DFL ? 4 : 0;
}

static void test_clean_start(void **state)
{
	sigset_t term, after;
	int status;
	pid_t pid;

	(void)state;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	signal(SIGINT, ignore);
	signal(SIGPIPE, SIG_IGN);
	pid = process_fork();
	if (!pid)
		_exit(look_around());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	sigprocmask(SIG_SETMASK, NULL, &after);
	assert_true(sigismember(&after, SIGTERM)); /* the parent's mask is what it was */
	assert_false(sigismember(&after, SIGINT));
	signal(SIGINT, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &term, NULL);
}

/* The middle one is killed as nothing can be caught; the pipe's end says when the last one is gone. */
static void test_ends_with_parent(void **state)
{
	int pair[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	pid = fork();
	if (!pid) {
		pid_t child = process_fork();

		if (child)
			write(pair[1], "x", 1) == 1 ? raise(SIGKILL) : _exit(1);
		for (;;)
			pause();
	}
	close(pair[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(read(pair[0], &byte, 1), 1);
	assert_int_equal(read(pair[0], &byte, 1), 0);
	close(pair[0]);
}

/* Bound to a parent that has ended: the child does not go on. */
static void test_late_child(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(process_bind(getppid() + 1) ? 2 : 3);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 125);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean_start),
		cmocka_unit_test(test_ends_with_parent),
		cmocka_unit_test(test_late_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

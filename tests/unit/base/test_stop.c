/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_stop.c - no call that waits outlasts a signal; a second signal ends whatever does. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "package.h"
#include "spawn.h"
#include "stop.h"
#include "text.h"
#include "tree.h"

static char folder[] = "/tmp/qlaunch-test-stop-XXXXXX";

/* Runs `wait` in a child, sends it the signals once it says that it is about to wait; returns its status. */
static int signalled(void (*wait)(int say), int nr_signals)
{
	int pair[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(pair), 0);
	pid = fork();
	if (!pid) {
		if (stop_listen(NULL))
			_exit(99);
		wait(pair[1]);
		_exit(98);
	}
	close(pair[1]);
	assert_int_equal(read(pair[0], &byte, 1), 1);
	for (int i = 0; i < nr_signals; i++)
		assert_int_equal(kill(pid, i ? SIGINT : SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(pair[0]);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void say(int fd)
{
	if (write(fd, "x", 1) != 1)
		_exit(97);
}

/* 0: the call ended, with the signal's name. */
static void ended(int rc, const struct err *err)
{
	_exit(rc == -EINTR && strstr(err->text, "interrupted by SIGTERM") ? 0 : 1);
}

/* The signal may come before the call waits: it is repeated. */
static void write_to_full_pipe(int fd)
{
	static char bytes[1 << 20];
	struct err err;
	int pair[2];

	if (pipe(pair))
		_exit(96);
	say(fd);
	ended(text_write_all(pair[1], bytes, sizeof(bytes), &err), &err);
}

static void write_without_blocking(int fd)
{
	static char bytes[1 << 20];
	struct err err;
	int pair[2];

	if (pipe2(pair, O_NONBLOCK))
		_exit(96);
	say(fd);
	ended(text_write_all(pair[1], bytes, sizeof(bytes), &err), &err);
}

static void read_empty_pipe(int fd)
{
	char path[64], byte[2];
	struct err err;
	int pair[2];

	if (pipe(pair))
		_exit(96);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pair[0]);
	say(fd);
	ended(text_read_file(path, byte, sizeof(byte), &err), &err);
}

static void wait_for_program(int fd)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	char out[64];
	struct err err;

	say(fd);
	ended(spawn_run(argv, "/", out, sizeof(out), &err), &err);
}

/* Another that downloads a kernel holds the cache. */
static void wait_for_lock(int fd)
{
	struct err err;
	int held, wanted;

	if (package_lock(folder, &held, &err))
		_exit(96);
	say(fd);
	ended(package_lock(folder, &wanted, &err), &err);
}

/* Nobody looks at the flag, as in a library of somebody else's. */
static void never_look(int fd)
{
	say(fd);
	for (;;)
		poll(NULL, 0, -1);
}

/* The first is noticed; then nothing gets on. */
static void stall_on_the_way_out(int fd)
{
	say(fd);
	for (;;) {
		poll(NULL, 0, -1);
		stop_take();
	}
}

static void test_waits_end(void **state)
{
	static void (*const waits[])(int) = { write_to_full_pipe, write_without_blocking,
		                              read_empty_pipe, wait_for_program, wait_for_lock };

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++)
		assert_int_equal(signalled(waits[i], 1), 0);
	tree_remove(folder);
}

static void test_last_resort(void **state)
{
	int64_t begun_ns = clock_now_ns();

	(void)state;
	assert_int_equal(signalled(never_look, 1), 128 + SIGTERM);
	/* not at once: the ordinary way gets its time */
	assert_true(clock_now_ns() - begun_ns > (STOP_PATIENCE_MS - 200) * 1000000LL);
	/* of two that are pending the kernel gives the lower number first */
	assert_true(signalled(stall_on_the_way_out, 2) > 128);
}

/* Noticed once, it is not repeated: what puts things in order may wait. */
static void test_taken(void **state)
{
	(void)state;
	assert_int_equal(stop_listen(NULL), 0);
	assert_false(stop_wanted());
	raise(SIGHUP);
	assert_true(stop_wanted());
	assert_int_equal(stop_signal(), SIGHUP);
	stop_take();
	assert_false(stop_wanted());
	poll(NULL, 0, 250); /* the timer's next turn finds that, and is the last */
	assert_int_equal(poll(NULL, 0, 250), 0);
	assert_int_equal(stop_count(), 1);
}

/* nohup's wish stays. */
static void test_nohup(void **state)
{
	(void)state;
	signal(SIGHUP, SIG_IGN);
	assert_int_equal(stop_listen(NULL), 0);
	raise(SIGHUP);
	assert_int_equal(stop_count(), 0);
	signal(SIGHUP, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_end),
		cmocka_unit_test(test_last_resort),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_nohup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

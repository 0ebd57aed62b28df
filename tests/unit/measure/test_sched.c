/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sched.c - what /proc says of real threads: a spinner, a sleeper, a waiter, a wanderer; and perf as a witness. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "affinity.h"
#include "crowd_room.h"
#include "sched.h"
#include "text.h"
#include "victim.h"

#define MSEC 1000000LL

static pid_t rival, perf;

static int tear_down(void **state)
{
	victim_end(&rival);
	victim_end(&perf);
	return crowd_room_close(state);
}

static struct sched_sample sample_of(pid_t tid)
{
	struct sched_sample sample;
	struct err err = { 0 };

	if (sched_read(crowd.pid, tid, &sample, &err))
		fail_msg("%s", err.text);
	return sample;
}

static void assert_between(uint64_t value, uint64_t low, uint64_t high)
{
	if (value < low || value > high)
		fail_msg("%llu is not in %llu..%llu", (unsigned long long)value,
		         (unsigned long long)low, (unsigned long long)high);
}

static void a_spinner_uses_the_cpu(void **state)
{
	pid_t tid = crowd_add(&crowd, "spinner");
	struct sched_sample start = sample_of(tid), end;

	(void)state;
	assert_true(start.alive);
	if (!start.has_schedstat)
		skip();
	assert_int_equal(crowd_spin(&crowd, tid, 200 * MSEC), 0);
	end = sample_of(tid);
	assert_between(end.cpu_time_ns - start.cpu_time_ns, 200 * MSEC, 220 * MSEC);
	assert_true(end.timeslices > start.timeslices);
}

static void a_sleeper_leaves_by_itself(void **state)
{
	pid_t tid = crowd_add(&crowd, "sleeper");
	struct sched_sample start = sample_of(tid), end;

	(void)state;
	assert_int_equal(crowd_nap(&crowd, tid, 100), 0);
	end = sample_of(tid);
	/* a nap each, and the wait for the order before and behind */
	assert_between(end.voluntary - start.voluntary, 95, 105);
}

static void touched_pages_are_faults(void **state)
{
	pid_t tid = crowd_add(&crowd, "toucher");
	struct sched_sample start, end;

	(void)state;
	assert_int_equal(crowd_touch(&crowd, tid, 1), 0);
	start = sample_of(tid);
	assert_int_equal(crowd_touch(&crowd, tid, 1000), 0);
	end = sample_of(tid);
	assert_between(end.minor_faults - start.minor_faults, 1000, 1500);
	assert_between(end.major_faults - start.major_faults, 0, 1);
}

static struct cpuset only(int cpu)
{
	struct cpuset set = { 0 };

	cpuset_add(&set, cpu);
	return set;
}

/* Two that want one CPU: the kernel takes turns, and what the other got is our delay. */
static void waiting_for_the_cpu_is_delay(void **state)
{
	pid_t tid = crowd_add(&crowd, "waiter");
	struct sched_sample start, end;
	struct cpuset mine, cpu;

	(void)state;
	assert_int_equal(affinity_read(0, &mine, NULL), 0);
	cpu = only(cpuset_next(&mine, -1));
	rival = fork();
	if (!rival) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			__asm__ volatile("" ::: "memory");
	}
	assert_int_equal(affinity_apply(rival, &cpu, NULL), 0);
	assert_int_equal(affinity_apply(tid, &cpu, NULL), 0);
	start = sample_of(tid);
	if (!start.has_schedstat)
		skip();
	assert_int_equal(crowd_spin(&crowd, tid, 200 * MSEC), 0);
	end = sample_of(tid);
	assert_between(end.cpu_time_ns - start.cpu_time_ns, 200 * MSEC, 220 * MSEC);
	/* half and half; others may run here too, so there is no upper end */
	assert_true(end.run_delay_ns - start.run_delay_ns > 100 * MSEC);
	assert_true(end.involuntary > start.involuntary);
}

static void a_moved_thread_migrates(void **state)
{
	pid_t tid = crowd_add(&crowd, "wanderer");
	struct sched_sample start, end;
	struct cpuset mine, low, high;

	(void)state;
	assert_int_equal(affinity_read(0, &mine, NULL), 0);
	start = sample_of(tid);
	if (cpuset_count(&mine) < 2 || !start.has_migrations) {
		print_message("# one CPU, or a kernel without /proc/PID/task/TID/sched\n");
		skip();
	}
	low = only(cpuset_next(&mine, -1));
	high = only(cpuset_next(&mine, cpuset_next(&mine, -1)));
	assert_int_equal(affinity_apply(tid, &low, NULL), 0);
	crowd_nap(&crowd, tid, 1);
	start = sample_of(tid);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(affinity_apply(tid, i % 2 ? &low : &high, NULL), 0);
		crowd_nap(&crowd, tid, 1);
	}
	end = sample_of(tid);
	assert_int_equal(end.migrations - start.migrations, 10);
}

static void the_gone_are_not_alive(void **state)
{
	pid_t tid = crowd_add(&crowd, "x"), pid = crowd.pid;
	struct sched_sample sample;

	(void)state;
	crowd_remove(&crowd, tid);
	assert_false(sample_of(tid).alive);
	/* a thread, but not of this process */
	assert_false(sample_of(getpid()).alive);
	kill(pid, SIGKILL);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_false(sample_of(pid).alive);
	crowd_end(&crowd);
	assert_int_equal(sched_read(pid, pid, &sample, NULL), 0);
	assert_false(sample.alive);
}

/* perf's switch: it counts between "enable" and "disable", and says so by an answer. */
struct switchboard {
	int control, answer;
	char path[64];
};

static bool start_perf(pid_t tid, struct switchboard *board)
{
	int control[2], answer[2], out;
	char number[32], fds[64];

	snprintf(board->path, sizeof(board->path), "/tmp/qlaunch-perf-XXXXXX");
	out = mkstemp(board->path);
	if (out < 0 || pipe(control) || pipe(answer))
		return false;
	snprintf(number, sizeof(number), "%d", tid);
	snprintf(fds, sizeof(fds), "fd:%d,%d", control[0], answer[1]);
	perf = fork();
	if (!perf) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(control[1]);
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		execlp("perf", "perf", "stat", "-x", ",", "-o", board->path, "-D", "-1",
		       "--control", fds, "-e", "context-switches", "-t", number, NULL);
		_exit(127);
	}
	close(out);
	close(control[0]);
	close(answer[1]);
	board->control = control[1];
	board->answer = answer[0];
	return perf > 0;
}

static bool tell_perf(const struct switchboard *board, const char *word)
{
	char answer[8];

	/* perf that is not there or may not count: a closed pipe */
	return write(board->control, word, strlen(word)) == (ssize_t)strlen(word) &&
	       read(board->answer, answer, sizeof(answer)) > 0;
}

/* The count out of "10003,,context-switches,...", or 0. */
static uint64_t end_perf(const struct switchboard *board)
{
	char text[4096], *line;
	int rc;

	close(board->control);
	close(board->answer);
	kill(perf, SIGINT);
	waitpid(perf, NULL, 0);
	perf = -1;
	rc = text_read_file(board->path, text, sizeof(text), NULL);
	unlink(board->path);
	line = rc > 0 ? strstr(text, ",,context-switches") : NULL;
	while (line && line > text && line[-1] != '\n')
		line--;
	return line ? strtoull(line, NULL, 10) : 0;
}

static void perf_agrees(void **state)
{
	pid_t tid = crowd_add(&crowd, "pong");
	struct sched_sample start, end;
	struct switchboard board = { 0 };
	uint64_t ours, theirs;
	bool on;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_true(start_perf(tid, &board));
	start = sample_of(tid);
	on = tell_perf(&board, "enable\n");
	for (int i = 0; on && i < 10500; i++)
		assert_int_equal(crowd_nap(&crowd, tid, 0), 0);
	on = on && tell_perf(&board, "disable\n");
	end = sample_of(tid);
	theirs = end_perf(&board);
	if (!on || !theirs) {
		print_message("# no perf (package linux-perf), or it may not count here\n");
		skip();
	}
	ours = end.voluntary + end.involuntary - start.voluntary - start.involuntary;
	print_message("# %llu context switches, perf says %llu\n", (unsigned long long)ours,
	              (unsigned long long)theirs);
	assert_true(ours >= 10000);
	assert_between(ours, theirs * 98 / 100, theirs * 102 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_spinner_uses_the_cpu, crowd_room_open, tear_down),
		cmocka_unit_test_setup_teardown(a_sleeper_leaves_by_itself, crowd_room_open,
		                                tear_down),
		cmocka_unit_test_setup_teardown(touched_pages_are_faults, crowd_room_open,
		                                tear_down),
		cmocka_unit_test_setup_teardown(waiting_for_the_cpu_is_delay, crowd_room_open,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_moved_thread_migrates, crowd_room_open,
		                                tear_down),
		cmocka_unit_test_setup_teardown(the_gone_are_not_alive, crowd_room_open, tear_down),
		cmocka_unit_test_setup_teardown(perf_agrees, crowd_room_open, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}

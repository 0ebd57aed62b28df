/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_threads.c - who is found in a process whose threads come, go, lie about their names or are the kernel's own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crowd_room.h"
#include "task.h"
#include "text.h"
#include "victim.h"

static pid_t guest;

static int tear_down(void **state)
{
	victim_end(&guest);
	return crowd_room_close(state);
}

static const struct thread *find(enum role role, int index)
{
	for (int i = 0; i < threads.nr; i++) {
		if (threads.list[i].role == role && threads.list[i].index == index)
			return &threads.list[i];
	}
	return NULL;
}

static pid_t tid_of(enum role role, int index)
{
	const struct thread *thread = find(role, index);

	return thread ? thread->tid : -1;
}

static void stat_lines(void **state)
{
	static const struct {
		const char *line, *name;
		bool good;
	} cases[] = {
		{ "7 (x) S 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 20 0 1 0 42 0", "x", true },
		{ "7 (a) R 1 (b) c) S 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 20 0 1 0 42 0",
		  "a) R 1 (b) c", true },
		{ "7 () S 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 20 0 1 0 42 0", "", true },
		{ "7 (x) S 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 20 0 1 0", "", false },
		{ "7 (x S 2 0 0 0 -1 69238880", "", false },
		{ "7 )x( S 2", "", false },
		{ "", "", false },
		{ ")", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct task task = { .ppid = 77 };

		assert_int_equal(task_parse(cases[i].line, &task), cases[i].good);
		assert_int_equal(task.ppid, cases[i].good ? 2 : 77);
		if (!cases[i].good)
			continue;
		assert_string_equal(task.name, cases[i].name);
		assert_int_equal(task.state, 'S');
		assert_int_equal(task.flags, 69238880);
		assert_int_equal(task.start_ticks, 42);
	}
}

static void every_role_has_a_name(void **state)
{
	(void)state;
	for (int role = 0; role < NR_ROLES; role++)
		assert_true(strlen(role_name((enum role)role)) > 1);
	assert_string_equal(role_name(NR_ROLES), "?");
}

static void first_scan_and_rescan(void **state)
{
	pid_t cpu1 = crowd_add(&crowd, "CPU 1"), cpu0 = crowd_add(&crowd, "CPU 0");
	pid_t rcu = crowd_add(&crowd, "a) R 1 (b"), pool;
	struct thread known[] = { { .tid = cpu0, .role = ROLE_VCPU, .index = 0 },
		                  { .tid = cpu1, .role = ROLE_VCPU, .index = 1 } };
	uint64_t life;

	(void)state;
	assert_int_equal(threads_scan(crowd.pid, known, 2, ROLE_EMULATOR, &threads, NULL), 4);
	assert_int_equal(threads.pid, crowd.pid);
	assert_int_equal(threads.nr, 4);
	/* sorted by role and index, whatever the order of birth */
	assert_int_equal(threads.list[0].tid, cpu0);
	assert_int_equal(threads.list[1].tid, cpu1);
	assert_int_equal(tid_of(ROLE_EMULATOR, 0), crowd.pid);
	assert_int_equal(tid_of(ROLE_EMULATOR, 1), rcu);
	assert_string_equal(find(ROLE_EMULATOR, 1)->name, "a) R 1 (b");
	life = find(ROLE_EMULATOR, 1)->start_ticks;

	pool = crowd_add(&crowd, "worker");
	assert_int_equal(crowd_remove(&crowd, cpu1), 0);
	assert_int_equal(threads_scan(crowd.pid, known, 2, ROLE_POOL, &threads, NULL), 1);
	assert_int_equal(threads.nr, 4);
	assert_int_equal(tid_of(ROLE_POOL, 0), pool);
	assert_int_equal(tid_of(ROLE_VCPU, 1), -1);
	assert_int_equal(tid_of(ROLE_EMULATOR, 1), rcu);
	assert_int_equal(find(ROLE_EMULATOR, 1)->start_ticks, life);
	assert_int_equal(threads_scan(crowd.pid, NULL, 0, ROLE_POOL, &threads, NULL), 0);
	assert_int_equal(tid_of(ROLE_VCPU, 0), cpu0);
}

/* "pool/0" in one sample must not be another thread than in the sample before. */
static void an_index_is_never_used_again(void **state)
{
	pid_t first, second;

	(void)state;
	assert_int_equal(threads_scan(crowd.pid, NULL, 0, ROLE_EMULATOR, &threads, NULL), 1);
	first = crowd_add(&crowd, "worker");
	assert_int_equal(threads_scan(crowd.pid, NULL, 0, ROLE_POOL, &threads, NULL), 1);
	assert_int_equal(tid_of(ROLE_POOL, 0), first);
	crowd_remove(&crowd, first);
	assert_int_equal(threads_scan(crowd.pid, NULL, 0, ROLE_POOL, &threads, NULL), 0);
	second = crowd_add(&crowd, "worker");
	assert_int_equal(threads_scan(crowd.pid, NULL, 0, ROLE_POOL, &threads, NULL), 1);
	assert_int_equal(tid_of(ROLE_POOL, 0), -1);
	assert_int_equal(tid_of(ROLE_POOL, 1), second);
}

static void io_uring_workers_are_helpers(void **state)
{
	int64_t deadline = clock_now_ns() + 600 * NSEC_PER_SEC;
	int rc = crowd_punt(&crowd);
	struct task task;

	(void)state;
	if (rc == -ENOSYS || rc == -EPERM) {
		print_message("# no io_uring on this machine\n");
		skip();
	}
	assert_int_equal(rc, 0);
	while (tid_of(ROLE_HELPER, 0) < 0 && clock_now_ns() < deadline)
		assert_true(threads_scan(crowd.pid, NULL, 0, ROLE_EMULATOR, &threads, NULL) >= 0);
	assert_true(tid_of(ROLE_HELPER, 0) > 0);
	assert_int_equal(task_read(tid_of(ROLE_HELPER, 0), &task), 0);
	assert_true(task.flags & TASK_IO_WORKER);
	assert_int_equal(tid_of(ROLE_EMULATOR, 0), crowd.pid);
}

static void take_name(const char *name)
{
	prctl(PR_SET_NAME, name);
}

/* A process by the name of a kernel thread; it has the name when this returns. */
static pid_t start_named(const char *name)
{
	pid_t pid = victim_start_as(take_name, name);

	assert_true(pid > 0);
	return pid;
}

/* Threads and processes that call themselves like the kernel's own stay what they are. */
static void names_are_no_evidence(void **state)
{
	char name[32];
	pid_t liar;

	(void)state;
	snprintf(name, sizeof(name), "kvm-pit/%d", crowd.pid);
	guest = start_named(name);
	snprintf(name, sizeof(name), "vhost-%d", crowd.pid);
	liar = crowd_add(&crowd, name);
	assert_int_equal(threads_scan(crowd.pid, NULL, 0, ROLE_EMULATOR, &threads, NULL), 2);
	assert_int_equal(tid_of(ROLE_EMULATOR, 1), liar);
	assert_int_equal(tid_of(ROLE_VHOST, 0), -1);
	assert_int_equal(tid_of(ROLE_KVM_PIT, 0), -1);
}

static void refused(const struct thread *known, int nr, pid_t pid, int code, const char *words)
{
	struct err err = { 0 };
	int rc = threads_scan(pid, known, nr, ROLE_EMULATOR, &threads, &err);

	if (rc != -code || !strstr(err.text, words))
		fail_msg("rc %d '%s', wanted %d '%s'", rc, err.text, -code, words);
	assert_int_equal(threads.nr, 0);
	assert_null(threads.list);
}

/* What a QEMU that lies, or a reply that was misread, may claim. */
static void lies_are_refused(void **state)
{
	pid_t real = crowd_add(&crowd, "CPU 0"), gone = crowd_add(&crowd, "CPU 1");
	struct thread known[] = { { .tid = real, .role = ROLE_VCPU, .index = 0 },
		                  { .tid = 0, .role = ROLE_VCPU, .index = 1 } };

	(void)state;
	crowd_remove(&crowd, gone);
	refused(known, 2, crowd.pid, EINVAL, "vcpu/1: 0 is no thread number");
	known[1].tid = -5;
	refused(known, 2, crowd.pid, EINVAL, "vcpu/1: -5 is no thread number");
	known[1].tid = 1;
	refused(known, 2, crowd.pid, EINVAL, "vcpu/1: 1 is no thread number");
	known[1].tid = real;
	refused(known, 2, crowd.pid, EINVAL, "vcpu/0 and vcpu/1 are said to be the same thread");
	known[1].tid = getpid();
	refused(known, 2, crowd.pid, EINVAL, "belongs to process");
	known[1].tid = getppid();
	refused(known, 2, crowd.pid, EINVAL, "belongs to process");
	known[1].tid = gone;
	refused(known, 2, crowd.pid, ESRCH, "does not exist");
	known[1].tid = INT32_MAX;
	refused(known, 2, crowd.pid, ESRCH, "does not exist");
	refused(NULL, 0, getpid(), EINVAL, "is not ours to tune");
	refused(NULL, 0, 0, EINVAL, "is not ours to tune");
	refused(NULL, 0, 1, EINVAL, "is not ours to tune");
}

static void ended_process(void **state)
{
	pid_t was = crowd.pid;

	(void)state;
	kill(was, SIGKILL);
	/* still a zombie here: the number is there, the threads are not */
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)was, &info, WEXITED | WNOWAIT), 0);
	refused(NULL, 0, was, ESRCH, "has ended");
	crowd_end(&crowd);
	refused(NULL, 0, was, ESRCH, "has ended");
}

static void lives_are_told_apart(void **state)
{
	pid_t tid = crowd_add(&crowd, "x");
	struct thread thread;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(threads_scan(crowd.pid, NULL, 0, ROLE_EMULATOR, &threads, NULL), 2);
	thread = *find(ROLE_EMULATOR, 1);
	assert_int_equal(thread.tid, tid);
	assert_int_equal(thread_check(&thread, NULL), 0);
	thread.start_ticks--;
	assert_int_equal(thread_check(&thread, &err), -ESRCH);
	assert_non_null(strstr(err.text, "its number belongs to another one"));
	crowd_remove(&crowd, tid);
	assert_int_equal(thread_check(find(ROLE_EMULATOR, 1), &err), -ESRCH);
	assert_non_null(strstr(err.text, "emulator/1: thread "));
	assert_non_null(strstr(err.text, "has ended"));
}

/* Makes the kernel give `want` to the next process; other processes race us for it. */
static pid_t start_with_number(pid_t want)
{
	for (int i = 0; i < 500; i++) {
		FILE *file = fopen("/proc/sys/kernel/ns_last_pid", "w");
		pid_t pid;

		if (!file)
			return -1;
		fprintf(file, "%d", want - 1);
		if (fclose(file))
			return -1;
		pid = victim_start();
		if (pid == want)
			return pid;
		victim_end(&pid);
	}
	return -1;
}

static void a_number_used_again(void **state)
{
	const struct timespec tick = { 0, 20000000 }; /* lives are told apart by 1/100 s */
	pid_t tid = crowd_add(&crowd, "x");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(threads_scan(crowd.pid, NULL, 0, ROLE_EMULATOR, &threads, NULL), 2);
	crowd_remove(&crowd, tid);
	nanosleep(&tick, NULL);
	guest = start_with_number(tid);
	if (guest < 0) {
		print_message(
		        "# no right to choose the next process number, or it was always taken\n");
		skip();
	}
	assert_int_equal(guest, tid);
	assert_int_equal(thread_check(find(ROLE_EMULATOR, 1), &err), -ESRCH);
	assert_non_null(strstr(err.text, "belongs to another one"));
}

/* A VM whose guest runs has a kvm-pit (a kernel thread) and, on newer kernels, a helper among its own threads. */
static bool start_vm(void)
{
	if (access("/dev/kvm", R_OK | W_OK))
		return false;
	guest = fork();
	if (guest)
		return guest > 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(STDERR_FILENO);
	execlp("qemu-system-x86_64", "qemu-system-x86_64", "-accel", "kvm", "-machine", "pc", "-m",
	       "32M", "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none",
	       NULL);
	_exit(127);
}

static void the_kernels_own_threads(void **state)
{
	int64_t deadline = clock_now_ns() + 600 * NSEC_PER_SEC;
	struct task task;
	int rc = 0;

	(void)state;
	if (!start_vm()) {
		print_message("# no KVM on this machine\n");
		skip();
	}
	while (rc >= 0 && (tid_of(ROLE_KVM_PIT, 0) < 0 || tid_of(ROLE_HELPER, 0) < 0) &&
	       clock_now_ns() < deadline)
		rc = threads_scan(guest, NULL, 0, ROLE_EMULATOR, &threads, NULL);
	if (rc < 0) {
		print_message("# QEMU ends at once with KVM here\n");
		skip();
	}
	assert_int_equal(task_read(tid_of(ROLE_KVM_PIT, 0), &task), 0);
	assert_true(task.flags & TASK_KTHREAD);
	assert_int_equal(task_read(tid_of(ROLE_HELPER, 0), &task), 0);
	assert_true(task.flags & (TASK_KTHREAD | TASK_USER_WORKER));
	assert_memory_equal(task.name, "kvm-nx-lpage", 12);
	assert_int_equal(thread_check(find(ROLE_KVM_PIT, 0), NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_lines),
		cmocka_unit_test(every_role_has_a_name),
		cmocka_unit_test_setup_teardown(first_scan_and_rescan, crowd_room_open, tear_down),
		cmocka_unit_test_setup_teardown(an_index_is_never_used_again, crowd_room_open,
		                                tear_down),
		cmocka_unit_test_setup_teardown(io_uring_workers_are_helpers, crowd_room_open,
		                                tear_down),
		cmocka_unit_test_setup_teardown(names_are_no_evidence, crowd_room_open, tear_down),
		cmocka_unit_test_setup_teardown(lies_are_refused, crowd_room_open, tear_down),
		cmocka_unit_test_setup_teardown(ended_process, crowd_room_open, tear_down),
		cmocka_unit_test_setup_teardown(lives_are_told_apart, crowd_room_open, tear_down),
		cmocka_unit_test_setup_teardown(a_number_used_again, crowd_room_open, tear_down),
		cmocka_unit_test_setup_teardown(the_kernels_own_threads, crowd_room_open,
		                                tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}

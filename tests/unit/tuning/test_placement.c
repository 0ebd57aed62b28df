/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_placement.c - plans on real threads, compared with what the kernel says by the plain system calls. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crowd_room.h"
#include "placement.h"
#include "task.h"
#include "text.h"

static struct placed *rows;
static struct cpuset all, low, high; /* of this host: every CPU, the first, the second */

static int set_up(void **state)
{
	int first, second;

	assert_int_equal(affinity_read(0, &all, NULL), 0);
	first = cpuset_next(&all, -1);
	second = cpuset_next(&all, first);
	low = high = (struct cpuset){ 0 };
	cpuset_add(&low, first);
	if (second >= 0)
		cpuset_add(&high, second);
	return crowd_room_open(state);
}

static int tear_down(void **state)
{
	free(rows);
	rows = NULL;
	return crowd_room_close(state);
}

static void need(bool real_time)
{
	if (cpuset_count(&all) >= 2 && (!real_time || !geteuid()))
		return;
	print_message("# needs two CPUs and, for real-time policies, root\n");
	skip();
}

static struct policy policy_of(const char *text)
{
	struct policy policy = { 0 };

	assert_int_equal(policy_parse(text, &policy, NULL), 0);
	return policy;
}

static struct placement rule(enum role role, int index, const struct cpuset *cpus,
                             const char *policy)
{
	struct placement row = { .role = role, .index = index };

	row.has_cpus = cpus;
	if (cpus)
		row.cpus = *cpus;
	row.has_policy = policy;
	if (policy)
		row.policy = policy_of(policy);
	return row;
}

static void scan(pid_t vcpu)
{
	struct thread known = { .tid = vcpu, .role = ROLE_VCPU };

	assert_true(threads_scan(crowd.pid, &known, 1, ROLE_EMULATOR, &threads, NULL) >= 0);
}

/* By the plain calls, not by ours. */
static void assert_kernel_says(pid_t tid, const struct cpuset *cpus, int class, int priority)
{
	struct sched_param param;
	cpu_set_t set;

	assert_int_equal(sched_getaffinity(tid, sizeof(set), &set), 0);
	assert_int_equal(CPU_COUNT(&set), cpuset_count(cpus));
	for (int cpu = cpuset_next(cpus, -1); cpu >= 0; cpu = cpuset_next(cpus, cpu))
		assert_true(CPU_ISSET((size_t)cpu, &set));
	assert_int_equal(sched_getscheduler(tid) & ~SCHED_RESET_ON_FORK, class);
	assert_int_equal(sched_getparam(tid, &param), 0);
	assert_int_equal(param.sched_priority, priority);
}

static void apply(const struct placement *plan, int nr)
{
	struct err err = { 0 };

	if (placement_apply(plan, nr, &threads, &err))
		fail_msg("%s", err.text);
}

static int read_rows(const struct placement *plan, int nr)
{
	int n;

	free(rows);
	rows = NULL;
	n = placement_read(plan, nr, &threads, &rows, NULL);
	assert_true(n >= 0);
	return n;
}

static void plans_are_obeyed_again_and_again(void **state)
{
	static const struct {
		const char *policy;
		int class, priority;
		bool wide;
	} steps[] = {
		{ "fifo:3", SCHED_FIFO, 3, false },
		{ "fifo:3", SCHED_FIFO, 3, false },
		{ "rr:2", SCHED_RR, 2, false },
		{ "other", SCHED_OTHER, 0, true },
		{ "deadline:1ms/100ms/100ms", 6, 0, true },
		{ "deadline:1ms/100ms/100ms", 6, 0, true },
		{ "fifo:1", SCHED_FIFO, 1, false },
		{ "batch", SCHED_BATCH, 0, false },
		{ "other", SCHED_OTHER, 0, true },
	};
	pid_t vcpu = crowd_add(&crowd, "vcpu");

	(void)state;
	need(true);
	scan(vcpu);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct cpuset *cpus = steps[i].wide ? &all : &high;
		struct placement plan[] = { rule(ROLE_VCPU, -1, cpus, steps[i].policy),
			                    rule(ROLE_EMULATOR, -1, &low, "other") };

		apply(plan, 2);
		assert_kernel_says(vcpu, cpus, steps[i].class, steps[i].priority);
		assert_kernel_says(crowd.pid, &low, SCHED_OTHER, 0);
		assert_int_equal(read_rows(plan, 2), 2);
		for (int j = 0; j < 2; j++)
			assert_true(rows[j].alive && !rows[j].stray && rows[j].has_cpus &&
			            rows[j].has_policy);
	}
}

static void the_narrower_rule_wins(void **state)
{
	pid_t vcpu = crowd_add(&crowd, "vcpu"), other = crowd_add(&crowd, "other");
	struct placement plan[3];

	(void)state;
	need(false);
	plan[0] = rule(ROLE_EMULATOR, -1, &low, "batch");
	plan[1] = rule(ROLE_EMULATOR, 1, &high, NULL);
	plan[2] = rule(ROLE_IOTHREAD, -1, &low, "idle");
	scan(vcpu);
	apply(plan, 3);
	assert_kernel_says(crowd.pid, &low, SCHED_BATCH, 0);
	assert_kernel_says(other, &high, SCHED_OTHER, 0);
	/* nothing was said of the vCPU: it stays, and is no stray */
	assert_kernel_says(vcpu, &all, SCHED_OTHER, 0);
	assert_int_equal(read_rows(plan, 3), 3);
	assert_int_equal(rows[0].thread.tid, vcpu);
	assert_false(rows[0].has_cpus || rows[0].has_policy || rows[0].stray);
	assert_true(cpuset_is_equal(&rows[0].got_cpus, &all));
	assert_false(rows[2].has_policy);
}

/* A thread born of a real-time one has its CPUs, and, thanks to reset-on-fork, not its policy; a re-scan moves it. */
static void the_newborn_are_moved(void **state)
{
	struct placement plan[3];
	pid_t pool;

	(void)state;
	need(true);
	plan[0] = rule(ROLE_EMULATOR, -1, &high, "fifo:5");
	plan[1] = rule(ROLE_POOL, -1, &low, "other");
	assert_int_equal(threads_scan(crowd.pid, NULL, 0, ROLE_EMULATOR, &threads, NULL), 1);
	apply(plan, 2);
	pool = crowd_add(&crowd, "worker");
	assert_kernel_says(pool, &high, SCHED_OTHER, 0);
	assert_int_equal(threads_scan(crowd.pid, NULL, 0, ROLE_POOL, &threads, NULL), 1);
	assert_int_equal(read_rows(plan, 2), 2);
	assert_true(rows[1].stray);
	apply(plan, 2);
	assert_kernel_says(pool, &low, SCHED_OTHER, 0);
	assert_kernel_says(crowd.pid, &high, SCHED_FIFO, 5);
	assert_int_equal(read_rows(plan, 2), 2);
	assert_false(rows[1].stray);
}

static void strays_are_seen(void **state)
{
	pid_t vcpu = crowd_add(&crowd, "vcpu");
	struct placement plan[] = { rule(ROLE_VCPU, -1, &low, "batch") };
	struct policy idle = policy_of("idle"), batch = policy_of("batch");

	(void)state;
	need(false);
	scan(vcpu);
	apply(plan, 1);
	assert_int_equal(affinity_apply(vcpu, &all, NULL), 0);
	read_rows(plan, 1);
	assert_true(rows[0].stray);
	assert_int_equal(affinity_apply(vcpu, &low, NULL), 0);
	assert_int_equal(policy_apply(vcpu, &idle, NULL), 0);
	read_rows(plan, 1);
	assert_true(rows[0].stray);
	assert_true(policy_is_equal(&rows[0].got_policy, &idle));
	assert_true(policy_is_equal(&rows[0].want_policy, &batch));
}

static void the_ended_are_no_error(void **state)
{
	pid_t vcpu = crowd_add(&crowd, "vcpu");
	struct placement plan[] = { rule(ROLE_VCPU, -1, &low, "batch") };

	(void)state;
	scan(vcpu);
	crowd_remove(&crowd, vcpu);
	apply(plan, 1);
	assert_int_equal(read_rows(plan, 1), 2);
	assert_false(rows[0].alive || rows[0].stray || cpuset_count(&rows[0].got_cpus));
}

/* An inventory that is out of date: the number is somebody else's, who must not be touched. */
static void another_life_is_not_touched(void **state)
{
	pid_t vcpu = crowd_add(&crowd, "vcpu");
	struct placement plan[] = { rule(ROLE_VCPU, -1, &low, "batch") };

	(void)state;
	need(false);
	scan(vcpu);
	threads.list[0].start_ticks++;
	apply(plan, 1);
	assert_kernel_says(vcpu, &all, SCHED_OTHER, 0);
	read_rows(plan, 1);
	assert_false(rows[0].alive);
}

static void refused(const struct placement *plan, int code, const char *words)
{
	struct err err = { 0 };
	int rc = placement_apply(plan, 1, &threads, &err);

	if (rc != -code || !strstr(err.text, words))
		fail_msg("rc %d '%s', wanted %d '%s'", rc, err.text, -code, words);
}

static void refusals_name_the_thread_and_the_cause(void **state)
{
	pid_t vcpu = crowd_add(&crowd, "vcpu");
	struct placement plan[] = { rule(ROLE_VCPU, -1, &low, NULL) };
	char words[96];

	(void)state;
	scan(vcpu);
	plan[0].cpus = (struct cpuset){ 0 };
	cpuset_add(&plan[0].cpus, 1023);
	snprintf(words, sizeof(words), "vcpu/0: thread %d: CPU 1023 is not online", vcpu);
	refused(plan, EINVAL, words);
	need(true);
	plan[0] = rule(ROLE_VCPU, -1, &low, "deadline:1ms/100ms/100ms");
	refused(plan, EPERM, "leave out the pin");
	/* a deadline thread that is to keep its policy cannot be pinned */
	plan[0] = rule(ROLE_VCPU, -1, &all, "deadline:1ms/100ms/100ms");
	apply(plan, 1);
	plan[0] = rule(ROLE_VCPU, -1, &low, NULL);
	refused(plan, EBUSY, "is a deadline thread");
}

/* Whatever an inventory says, our own threads and the small numbers are out of reach. */
static void never_ourselves(void **state)
{
	static const pid_t dangerous[] = { 0, 1, -1 };
	struct placement plan[] = { rule(ROLE_VCPU, -1, &low, "idle") };
	struct thread list = { .role = ROLE_VCPU };
	struct task task;

	(void)state;
	assert_int_equal(task_read(getpid(), &task), 0);
	list.start_ticks = task.start_ticks;
	threads = (struct threads){ .pid = crowd.pid, .nr = 1, .list = malloc(sizeof(list)) };
	assert_non_null(threads.list);
	*threads.list = list;
	for (size_t i = 0; i < ARRAY_SIZE(dangerous); i++) {
		threads.list->tid = dangerous[i];
		refused(plan, EINVAL, "is our own or init's");
	}
	threads.list->tid = getpid();
	refused(plan, EINVAL, "is our own or init's");
	assert_kernel_says(0, &all, SCHED_OTHER, 0);
}

/* A thread that the kernel lets nobody pin (io_uring's workers were such for years; per-CPU kernel threads are). */
static pid_t find_fixed(struct task *ret)
{
	for (pid_t tid = 2; tid < 200; tid++) {
		if (!task_read(tid, ret) && (ret->flags & TASK_FIXED) &&
		    (ret->flags & TASK_KTHREAD))
			return tid;
	}
	return -1;
}

/* They are left alone, and astray only outside the wanted CPUs. */
static void fixed_threads_stay(void **state)
{
	struct placement plan[] = { rule(ROLE_HELPER, -1, &low, "batch") };
	struct cpuset was, now;
	struct task task;
	pid_t tid = find_fixed(&task);

	(void)state;
	need(false);
	if (tid < 0) {
		print_message("# no kernel threads to be seen here\n");
		skip();
	}
	threads = (struct threads){ .pid = crowd.pid,
		                    .nr = 1,
		                    .list = calloc(1, sizeof(struct thread)) };
	assert_non_null(threads.list);
	*threads.list = (struct thread){ .tid = tid,
		                         .role = ROLE_HELPER,
		                         .start_ticks = task.start_ticks };
	assert_int_equal(affinity_read(tid, &was, NULL), 0);
	plan[0].cpus = cpuset_minus(&all, &was);
	apply(plan, 1);
	assert_int_equal(affinity_read(tid, &now, NULL), 0);
	assert_true(cpuset_is_equal(&was, &now));
	assert_int_equal(sched_getscheduler(tid), SCHED_OTHER);
	plan[0].has_policy = false;
	assert_int_equal(read_rows(plan, 1), 1);
	assert_true(rows[0].alive && rows[0].stray);
	plan[0].cpus = all;
	read_rows(plan, 1);
	assert_false(rows[0].stray);
}

/* io_uring's workers: on every kernel they end up where they should, or are reported. */
static void io_uring_workers(void **state)
{
	int64_t deadline = clock_now_ns() + 600 * NSEC_PER_SEC;
	struct placement plan[] = { rule(ROLE_HELPER, -1, &low, NULL) };

	(void)state;
	need(false);
	if (crowd_punt(&crowd)) {
		print_message("# no io_uring on this machine\n");
		skip();
	}
	do {
		assert_true(threads_scan(crowd.pid, NULL, 0, ROLE_EMULATOR, &threads, NULL) >= 0);
	} while (threads.nr < 2 && clock_now_ns() < deadline);
	assert_int_equal(threads.nr, 2);
	apply(plan, 1);
	assert_int_equal(read_rows(plan, 1), 2);
	assert_int_equal(rows[1].thread.role, ROLE_HELPER);
	assert_true(rows[1].alive);
	assert_int_equal(rows[1].stray, !cpuset_is_equal(&rows[1].got_cpus, &low));
}

/* Nobody asked: no call is made, which shows as a missing reset-on-fork, and a change by us is taken back. */
static void the_inherited_is_left_alone(void **state)
{
	struct sched_param param = { .sched_priority = 4 };
	pid_t vcpu = crowd_add(&crowd, "vcpu");
	struct placement plan = rule(ROLE_VCPU, -1, &low, "fifo:4");
	struct placement fifo = rule(ROLE_VCPU, -1, &high, "fifo:7");

	(void)state;
	need(true);
	plan.policy_inherited = true;
	assert_int_equal(sched_setscheduler(vcpu, SCHED_FIFO, &param), 0);
	scan(vcpu);
	apply(&plan, 1); /* a pin is asked for, and only that is set */
	assert_kernel_says(vcpu, &low, SCHED_FIFO, 4);
	assert_int_equal(sched_getscheduler(vcpu), SCHED_FIFO);
	read_rows(&plan, 1);
	assert_true(rows[0].policy_inherited && !rows[0].cpus_inherited && !rows[0].stray);
	apply(&fifo, 1);
	assert_kernel_says(vcpu, &high, SCHED_FIFO, 7);
	apply(&plan, 1);
	assert_kernel_says(vcpu, &low, SCHED_FIFO, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plans_are_obeyed_again_and_again, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(the_narrower_rule_wins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_inherited_is_left_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_newborn_are_moved, set_up, tear_down),
		cmocka_unit_test_setup_teardown(strays_are_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_ended_are_no_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_life_is_not_touched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals_name_the_thread_and_the_cause, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(never_ourselves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(fixed_threads_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(io_uring_workers, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("placement", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_policy.c - policies as text, on a real thread read back, and each refusal in its own words. */
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "affinity.h"
#include "cgroup.h"
#include "policy.h"
#include "text.h"
#include "victim.h"

static const struct {
	const char *text;
	const char *again; /* NULL: refused */
	const char *words; /* part of the refusal */
} cases[] = {
	{ "other", "other", NULL },
	{ "other:0", "other", NULL },
	{ "other:-20", "other:-20", NULL },
	{ "other:19", "other:19", NULL },
	{ "batch", "batch", NULL },
	{ "batch:5", "batch:5", NULL },
	{ "idle", "idle", NULL },
	{ "fifo", "fifo:1", NULL },
	{ "fifo:80", "fifo:80", NULL },
	{ "fifo:99", "fifo:99", NULL },
	{ "rr", "rr:1", NULL },
	{ "rr:2", "rr:2", NULL },
	{ "deadline:2ms/10ms/10ms", "deadline:2ms/10ms/10ms", NULL },
	{ "deadline:2000us/0.01s/10000000ns", "deadline:2ms/10ms/10ms", NULL },
	{ "deadline:1024ns/1ms/1s", "deadline:1024ns/1ms/1s", NULL },
	{ "", NULL, "is no policy" },
	{ "FIFO:1", NULL, "'FIFO:1' is no policy" },
	{ "fif", NULL, "is no policy" },
	{ "fifoo", NULL, "is no policy" },
	{ " fifo", NULL, "is no policy" },
	{ "fifo:", NULL, "fifo priority: '' is not a whole number" },
	{ "fifo:0", NULL, "fifo priority: '0' is not in 1..99" },
	{ "fifo:100", NULL, "fifo priority: '100' is not in 1..99" },
	{ "fifo:-1", NULL, "fifo priority" },
	{ "fifo:1 ", NULL, "fifo priority" },
	{ "rr:x", NULL, "rr priority" },
	{ "other:20", NULL, "other nice: '20' is not in -20..19" },
	{ "batch:-21", NULL, "batch nice" },
	{ "idle:0", NULL, "idle takes no number" },
	{ "deadline", NULL, "is not RUNTIME/DEADLINE/PERIOD" },
	{ "deadline:1ms", NULL, "is not RUNTIME/DEADLINE/PERIOD" },
	{ "deadline:1ms/2ms/3ms/4ms", NULL, "is not RUNTIME/DEADLINE/PERIOD" },
	{ "deadline:1ms/2ms/", NULL, "is not a time" },
	{ "deadline:3ms/2ms/4ms", NULL, "runtime <= deadline <= period" },
	{ "deadline:1ms/5ms/4ms", NULL, "runtime <= deadline <= period" },
	{ "deadline:0s/1ms/1ms", NULL, "below 1024 ns" },
	{ "deadline:1023ns/1ms/1ms", NULL, "below 1024 ns" },
};

static void texts_parse_and_print_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy policy = { .class = 77 }, again;
		struct err err = { 0 };
		char text[128];
		int rc = policy_parse(cases[i].text, &policy, &err);

		if (!cases[i].again) {
			if (rc >= 0 || !strstr(err.text, cases[i].words))
				fail_msg("'%s': rc %d '%s'", cases[i].text, rc, err.text);
			assert_int_equal(policy.class, 77);
			continue;
		}
		assert_int_equal(rc, 0);
		policy_format(&policy, text, sizeof(text));
		assert_string_equal(text, cases[i].again);
		assert_int_equal(policy_parse(text, &again, NULL), 0);
		assert_true(policy_is_equal(&policy, &again));
	}
}

static struct policy policy_of(const char *text)
{
	struct policy policy = { 0 };

	assert_int_equal(policy_parse(text, &policy, NULL), 0);
	return policy;
}

static void realtime_is_known(void **state)
{
	struct policy other = policy_of("other:5"), rr = policy_of("rr"),
	              deadline = policy_of("deadline:1ms/9ms/9ms"), idle = policy_of("idle");

	(void)state;
	assert_false(policy_is_realtime(&other));
	assert_false(policy_is_realtime(&idle));
	assert_true(policy_is_realtime(&rr));
	assert_true(policy_is_realtime(&deadline));
	assert_false(policy_has_priority(&other));
	assert_true(policy_has_priority(&rr));
	assert_false(policy_has_priority(&deadline));
}

/* What the kernel itself says of the thread, by the older call: the flag stands inside the policy there. */
static void assert_kernel_says(pid_t tid, const char *text)
{
	struct policy want = policy_of(text);
	int flag = want.class != SCHED_OTHER || want.level ? SCHED_RESET_ON_FORK : 0;
	struct sched_param param;

	assert_int_equal(sched_getscheduler(tid), want.class | flag);
	assert_int_equal(sched_getparam(tid, &param), 0);
	if (want.class == SCHED_FIFO || want.class == SCHED_RR)
		assert_int_equal(param.sched_priority, want.level);
	else if (want.class != SCHED_DEADLINE)
		assert_int_equal(getpriority(PRIO_PROCESS, (id_t)tid), want.level);
}

static void need_root(void)
{
	if (geteuid()) {
		print_message("# not root: no real-time policy to be had\n");
		skip();
	}
}

/* Gives back every CPU that taskset took; false where a cpuset keeps some, and with them deadline, away. */
static bool may_run_anywhere(pid_t tid)
{
	cpu_set_t every;

	memset(&every, 0xff, sizeof(every));
	sched_setaffinity(tid, sizeof(every), &every);
	sched_getaffinity(tid, sizeof(every), &every);
	if (CPU_COUNT(&every) >= sysconf(_SC_NPROCESSORS_ONLN))
		return true;
	print_message("# a cpuset keeps CPUs away: no deadline to be had\n");
	return false;
}

static void applied_and_read_back(void **state)
{
	static const char *const texts[] = {
		"fifo:3", "rr:2",  "other:5",  "deadline:1ms/100ms/100ms",
		"batch",  "idle",  "batch:7",  "fifo:1",
		"other",  "other", "other:-3", "other"
	};
	CLEANUP(victim_end) pid_t tid = victim_start();
	bool anywhere = may_run_anywhere(tid);

	(void)state;
	need_root();
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct policy want = policy_of(texts[i]), got;
		struct err err = { 0 };

		if (want.class == SCHED_DEADLINE && !anywhere)
			continue;
		if (policy_apply(tid, &want, &err))
			fail_msg("%s: %s", texts[i], err.text);
		assert_kernel_says(tid, texts[i]);
		assert_int_equal(policy_read(tid, &got, NULL), 0);
		assert_true(policy_is_equal(&want, &got));
	}
}

static void refused(pid_t tid, const char *policy, int code, const char *words)
{
	struct policy want = policy_of(policy);
	struct err err = { 0 };
	int rc = policy_apply(tid, &want, &err);

	if (rc != -code || !strstr(err.text, words))
		fail_msg("%s: rc %d '%s', wanted %d '%s'", policy, rc, err.text, -code, words);
}

static void dangerous_numbers(void **state)
{
	int before = sched_getscheduler(0);

	(void)state;
	for (pid_t tid = -2; tid <= 1; tid++)
		refused(tid, "batch", EINVAL, "is no thread to schedule");
	assert_int_equal(sched_getscheduler(0), before);
}

static void ended_thread(void **state)
{
	pid_t tid = victim_start(), was = tid;
	struct policy got;

	(void)state;
	victim_end(&tid);
	refused(was, "batch", ESRCH, "has ended");
	assert_int_equal(policy_read(was, &got, NULL), -ESRCH);
}

/* Runs `body` in a child that is nobody, with these limits; its exit is the verdict. */
static void as_nobody(void (*body)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		const struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_RTPRIO, &none);
		setrlimit(RLIMIT_NICE, &none);
		if (!geteuid() &&
		    (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
			_exit(99);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void expect_words(pid_t tid, const char *policy, const char *words)
{
	struct policy want = policy_of(policy);
	struct err err = { 0 };

	if (policy_apply(tid, &want, &err) == -EPERM && strstr(err.text, words))
		return;
	fprintf(stderr, "# %s: '%s', wanted '%s'\n", policy, err.text, words);
	_exit(1);
}

static pid_t foreign;

static void nobody_asks(void)
{
	struct policy batch = policy_of("batch"), other = policy_of("other");

	expect_words(getpid(), "fifo:80",
	             "priority 80 needs CAP_SYS_NICE or RLIMIT_RTPRIO >= 80 (now 0)");
	expect_words(getpid(), "rr", "priority 1 needs CAP_SYS_NICE or RLIMIT_RTPRIO >= 1 (now 0)");
	expect_words(getpid(), "deadline:1ms/9ms/9ms", "deadline needs CAP_SYS_NICE");
	expect_words(getpid(), "other:-5",
	             "nice -5 needs CAP_SYS_NICE or RLIMIT_NICE >= 25 (now 0)");
	if (foreign)
		expect_words(foreign, "batch:5", "belongs to uid 0");
	/* and back again: the flag that cannot be cleared is no reason to refuse */
	if (policy_apply(getpid(), &batch, NULL) || policy_apply(getpid(), &other, NULL))
		_exit(2);
}

static void without_privilege(void **state)
{
	CLEANUP(victim_end) pid_t tid = victim_start();

	(void)state;
	foreign = geteuid() ? 0 : tid;
	as_nobody(nobody_asks);
}

/* A pinned thread gets no deadline, and a deadline thread no pin: both ways. */
static void deadline_and_pins_exclude_each_other(void **state)
{
	CLEANUP(victim_end) pid_t tid = victim_start();
	struct cpuset all, one = { 0 };
	struct policy deadline = policy_of("deadline:1ms/100ms/100ms");
	struct err err = { 0 };

	(void)state;
	need_root();
	if (!may_run_anywhere(tid))
		skip();
	assert_int_equal(affinity_read(tid, &all, NULL), 0);
	if (cpuset_count(&all) < 2)
		skip();
	cpuset_add(&one, cpuset_next(&all, -1));
	assert_int_equal(affinity_apply(tid, &one, NULL), 0);
	refused(tid, "deadline:1ms/100ms/100ms", EPERM, "leave out the pin");

	assert_int_equal(affinity_apply(tid, &all, NULL), 0);
	assert_int_equal(policy_apply(tid, &deadline, NULL), 0);
	assert_int_equal(affinity_apply(tid, &one, &err), -EBUSY);
	assert_non_null(strstr(err.text, "is a deadline thread"));
}

/* One more than there are CPUs: all together cannot be promised a whole CPU each. */
static void deadline_admission(void **state)
{
	CLEANUP(victim_end) pid_t first = victim_start();
	struct policy whole = policy_of("deadline:99ms/99ms/99ms");
	struct err err = { 0 };
	pid_t tids[64] = { 0 };
	struct cpuset all;
	int rc = 0, cpus;

	(void)state;
	need_root();
	if (!may_run_anywhere(first))
		skip();
	refused(first, "deadline:1ms/20m/20m", EINVAL, "its periods are");
	assert_int_equal(affinity_read(first, &all, NULL), 0);
	cpus = cpuset_count(&all);
	if (cpus >= (int)ARRAY_SIZE(tids))
		skip();
	for (int i = 0; i <= cpus && !rc; i++) {
		tids[i] = victim_start();
		may_run_anywhere(tids[i]);
		rc = policy_apply(tids[i], &whole, &err);
	}
	for (int i = 0; i <= cpus; i++)
		victim_end(&tids[i]);
	assert_int_equal(rc, -EBUSY);
	assert_non_null(strstr(err.text, "asks for 100 % of a CPU, more than is left"));
}

/* A throw-away group of the v1 cpu controller, gone again whatever the test says. */
static struct group {
	char folder[4200];
	pid_t tid;
} group;

static int group_remove(void **state)
{
	(void)state;
	victim_end(&group.tid);
	return group.folder[0] ? rmdir(group.folder) : 0;
}

static bool group_make(void)
{
	char mount[4096], budget[4200];

	if (geteuid() || cgroup_find(getpid(), "cpu", mount, sizeof(mount)))
		return false;
	snprintf(budget, sizeof(budget), "%s/cpu.rt_runtime_us", mount);
	if (access(budget, F_OK))
		return false;
	snprintf(group.folder, sizeof(group.folder), "%s/qlaunch-test-%d", mount, getpid());
	if (!mkdir(group.folder, 0755))
		return true;
	group.folder[0] = '\0';
	return false;
}

static void group_move(pid_t tid)
{
	char path[4300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/tasks", group.folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%d\n", tid);
	assert_int_equal(fclose(file), 0);
}

static void real_time_group_without_budget(void **state)
{
	char words[4300];

	(void)state;
	if (!group_make()) {
		print_message("# no v1 cpu controller with RT_GROUP_SCHED to write to\n");
		skip();
	}
	group.tid = victim_start();
	group_move(group.tid);
	snprintf(words, sizeof(words), "its cgroup %s has cpu.rt_runtime_us 0", group.folder);
	refused(group.tid, "fifo:5", EPERM, words);
	refused(group.tid, "rr:5", EPERM, words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_parse_and_print_back),
		cmocka_unit_test(realtime_is_known),
		cmocka_unit_test(applied_and_read_back),
		cmocka_unit_test(dangerous_numbers),
		cmocka_unit_test(ended_thread),
		cmocka_unit_test(without_privilege),
		cmocka_unit_test(deadline_and_pins_exclude_each_other),
		cmocka_unit_test(deadline_admission),
		cmocka_unit_test_teardown(real_time_group_without_budget, group_remove),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}

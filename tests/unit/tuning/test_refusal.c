/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_refusal.c - a kernel that says yes and does nothing, and one that says no without a reason: both by a seccomp
 * filter, which can make a system call return what it likes.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "affinity.h"
#include "caps.h"
#include "policy.h"
#include "victim.h"

static pid_t victim;
static struct cpuset all, low;

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(affinity_read(0, &all, NULL), 0);
	low = (struct cpuset){ 0 };
	cpuset_add(&low, cpuset_next(&all, -1));
	victim = victim_start();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	victim_end(&victim);
	return 0;
}

/* From now on this process gets `code` for that system call; 0 is a success that did nothing. */
static bool answer(unsigned int number, unsigned int code)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

struct lie {
	unsigned int number, code;
	const char *policy; /* NULL: a pin */
	int rc;
	const char *words;
};

/* Exit 0 where ours saw through it, 77 where the filter cannot be had. */
static int see_through(const struct lie *lie)
{
	struct policy policy = { 0 };
	struct err err = { 0 };
	int rc;

	if (lie->policy && policy_parse(lie->policy, &policy, NULL))
		return 2;
	if (!answer(lie->number, lie->code))
		return 77;
	rc = lie->policy ? policy_apply(victim, &policy, &err) : affinity_apply(victim, &low, &err);
	if (rc == lie->rc && strstr(err.text, lie->words))
		return 0;
	fprintf(stderr, "# rc %d '%s', wanted %d '%s'\n", rc, err.text, lie->rc, lie->words);
	return 1;
}

static void told(const struct lie *lie)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		_exit(see_through(lie));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("# no seccomp filters on this machine\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_pin_that_did_not_take(void **state)
{
	(void)state;
	if (cpuset_count(&all) < 2)
		skip();
	told(&(struct lie){ SYS_sched_setaffinity, 0, NULL, -EINVAL, "the kernel gave" });
}

static void a_policy_that_did_not_take(void **state)
{
	(void)state;
	told(&(struct lie){ SYS_sched_setattr, 0, "batch", -EIO,
	                    "asked for batch, the kernel says other" });
	told(&(struct lie){ SYS_sched_setattr, 0, "fifo:7", -EIO,
	                    "asked for fifo:7, the kernel says other" });
}

/* With the capability in hand and no cgroup to blame, something else stands in the way. */
static void a_refusal_without_a_reason(void **state)
{
	(void)state;
	if (!caps_have(CAP_SYS_NICE))
		skip();
	told(&(struct lie){
	        SYS_sched_setattr, EPERM, "fifo:7", -EPERM,
	        "refused fifo:7 though CAP_SYS_NICE is held: a user namespace, a seccomp" });
	told(&(struct lie){ SYS_sched_setattr, EPERM, "other:-5", -EPERM,
	                    "though CAP_SYS_NICE is held" });
	told(&(struct lie){ SYS_sched_setattr, EINVAL, "idle", -EINVAL, "takes no policy idle" });
	told(&(struct lie){ SYS_sched_setattr, ENOSYS, "idle", -ENOSYS, "not implemented" });
	told(&(struct lie){ SYS_sched_setaffinity, EPERM, NULL, -EPERM, "not permitted" });
	told(&(struct lie){ SYS_sched_setaffinity, EINVAL, NULL, -EINVAL, "does not say why" });
}

static void no_read_back(void **state)
{
	(void)state;
	told(&(struct lie){ SYS_sched_getattr, EPERM, "batch", -EPERM, "reading its policy" });
	told(&(struct lie){ SYS_sched_getaffinity, EPERM, NULL, -EPERM, "reading its affinity" });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_pin_that_did_not_take, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_policy_that_did_not_take, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refusal_without_a_reason, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_read_back, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}

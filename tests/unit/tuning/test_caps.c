/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_caps.c - what is left of our privileges, and that a child has none, as /proc says after the exec. */
#include <setjmp.h>
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
#include "caps.h"
#include "cleanup.h"
#include "text.h"
#include "victim.h"

#define BIT(cap) (1ULL << (cap))

/* The five sets and no_new_privs, out of a status file. */
struct rights {
	uint64_t inherited, permitted, effective, bounding, ambient, no_new_privs;
};

static uint64_t field(const char *text, const char *name, int base)
{
	const char *line = strstr(text, name);

	assert_non_null(line);
	return strtoull(line + strlen(name), NULL, base);
}

static struct rights parse_rights(const char *text)
{
	return (struct rights){
		.inherited = field(text, "\nCapInh:", 16),
		.permitted = field(text, "\nCapPrm:", 16),
		.effective = field(text, "\nCapEff:", 16),
		.bounding = field(text, "\nCapBnd:", 16),
		.ambient = field(text, "\nCapAmb:", 16),
		.no_new_privs = field(text, "\nNoNewPrivs:", 10),
	};
}

static struct rights own_rights(void)
{
	char text[8192];

	assert_true(text_read_file("/proc/self/status", text, sizeof(text), NULL) > 0);
	return parse_rights(text);
}

/* Runs `prepare` in a child, which then becomes `cat /proc/self/status`; comes back with what that says. */
static struct rights rights_after_exec(void (*prepare)(void))
{
	char text[8192];
	size_t used = 0;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dup2(fds[1], STDOUT_FILENO);
		prepare();
		execl("/bin/cat", "cat", "/proc/self/status", NULL);
		_exit(127);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	close(fds[0]);
	text[used] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return parse_rights(text);
}

static void become_nobody(void)
{
	if (!geteuid() && (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
		_exit(98);
}

static void give_up(void)
{
	if (caps_none())
		_exit(99);
}

static void keep_and_give_up(void)
{
	if (caps_keep(NULL))
		_exit(97);
	give_up();
}

static void nobody_gives_up(void)
{
	become_nobody();
	keep_and_give_up();
}

/* The wrong order, and the reason for the right one: root's exec fills the sets from the bounding set. */
static void only_clear(void)
{
	cap_t none = cap_init();

	if (!none || cap_set_proc(none))
		_exit(96);
	cap_free(none);
}

static void assert_nothing(struct rights rights)
{
	assert_int_equal(rights.inherited, 0);
	assert_int_equal(rights.permitted, 0);
	assert_int_equal(rights.effective, 0);
	assert_int_equal(rights.ambient, 0);
	assert_int_equal(rights.no_new_privs, 1);
}

static void a_child_has_nothing(void **state)
{
	struct rights rights = rights_after_exec(give_up);

	(void)state;
	assert_nothing(rights);
	if (caps_have(CAP_SETPCAP))
		assert_int_equal(rights.bounding, 0);
	/* and the same by way of main, where the effective set is empty already */
	rights = rights_after_exec(keep_and_give_up);
	assert_nothing(rights);
	if (caps_have(CAP_SETPCAP))
		assert_int_equal(rights.bounding, 0);
}

/* Without SETPCAP the bounding set stays; no_new_privs makes it worthless. */
static void a_child_of_nobody_has_nothing(void **state)
{
	(void)state;
	assert_nothing(rights_after_exec(nobody_gives_up));
}

static void clearing_alone_does_not_hold(void **state)
{
	(void)state;
	if (geteuid() || !own_rights().bounding)
		skip();
	assert_int_not_equal(rights_after_exec(only_clear).effective, 0);
}

/* Runs `body` in a child, because what is given up does not come back; its exit is the verdict. */
static void in_child(void (*body)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void expect(bool holds, int line)
{
	if (holds)
		return;
	fprintf(stderr, "# test_caps.c:%d does not hold\n", line);
	_exit(1);
}
#define EXPECT(holds) expect(holds, __LINE__)

/* Not only by grace of the exec: what runs in between has nothing either. */
static void none_body(void)
{
	struct rights now;

	EXPECT(!caps_none());
	now = own_rights();
	EXPECT(!now.effective && !now.permitted && !now.inherited && !now.ambient);
	EXPECT(now.no_new_privs == 1);
	/* again, with nothing left: harmless */
	EXPECT(!caps_none());
}

static void nothing_is_left_before_the_exec(void **state)
{
	(void)state;
	in_child(none_body);
}

static void keep_body(void)
{
	uint64_t before = own_rights().permitted;
	uint64_t wanted = BIT(CAP_SYS_NICE) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_PERFMON) |
	                  BIT(CAP_NET_ADMIN) | BIT(CAP_SETPCAP);
	struct rights now;

	EXPECT(!caps_keep(NULL));
	now = own_rights();
	EXPECT(now.permitted == (before & wanted));
	EXPECT(!now.effective && !now.inherited && !now.ambient);
	EXPECT(!now.no_new_privs);
	EXPECT(caps_have(CAP_SYS_NICE) == !!(before & BIT(CAP_SYS_NICE)));
	EXPECT(!caps_have(CAP_SYS_ADMIN));
	/* again: harmless */
	EXPECT(!caps_keep(NULL));
	EXPECT(own_rights().permitted == now.permitted);
}

static void only_what_is_needed_is_kept(void **state)
{
	(void)state;
	in_child(keep_body);
}

/* What one kind of run needs beyond is kept only where it is asked for, and never raised by that. */
static void keep_more_body(void)
{
	const cap_value_t more[] = { CAP_BPF, CAP_SYS_ADMIN };
	uint64_t before = own_rights().permitted, admin = BIT(CAP_BPF) | BIT(CAP_SYS_ADMIN);
	struct rights now;

	EXPECT(!caps_keep_with(more, 2, NULL));
	now = own_rights();
	EXPECT((now.permitted & admin) == (before & admin));
	EXPECT(!(now.permitted & BIT(CAP_SYS_MODULE)));
	EXPECT(!now.effective && !now.inherited && !now.ambient);
	EXPECT(!caps_keep(NULL));
	EXPECT(!(own_rights().permitted & admin));
}

static void more_is_kept_where_asked(void **state)
{
	(void)state;
	in_child(keep_more_body);
}

static void raise_body(void)
{
	EXPECT(!caps_keep(NULL));
	{
		CLEANUP(caps_lower) int outer = caps_raise(CAP_SYS_NICE);

		EXPECT(own_rights().effective == BIT(CAP_SYS_NICE));
		{
			CLEANUP(caps_lower) int inner = caps_raise(CAP_SYS_NICE);

			EXPECT(inner == -1);
		}
		/* the inner one did not raise it, so it does not lower it */
		EXPECT(own_rights().effective == BIT(CAP_SYS_NICE));
		caps_lower(&outer);
		EXPECT(!own_rights().effective);
		caps_lower(&outer);
	}
	EXPECT(caps_raise(CAP_SYS_ADMIN) == -1);
	EXPECT(!own_rights().effective);
}

static void raised_for_one_call(void **state)
{
	(void)state;
	if (!caps_have(CAP_SYS_NICE))
		skip();
	in_child(raise_body);
}

static pid_t foreign;

/* With the effective set empty, a thread of another user is placed by the one capability that is raised for it. */
static void foreign_body(void)
{
	struct cpuset cpus = { 0 };

	EXPECT(!affinity_read(foreign, &cpus, NULL));
	EXPECT(!caps_keep(NULL));
	EXPECT(!affinity_apply(foreign, &cpus, NULL));
	EXPECT(!own_rights().effective);
}

static void be_nobody(const char *ignored)
{
	(void)ignored;
	become_nobody();
}

static void another_users_thread(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	foreign = victim_start_as(be_nobody, NULL);
	assert_true(foreign > 0);
	in_child(foreign_body);
	victim_end(&foreign);
}

static void unprivileged_body(void)
{
	become_nobody();
	EXPECT(!caps_keep(NULL));
	EXPECT(caps_raise(CAP_SYS_NICE) == -1);
	EXPECT(!caps_have(CAP_SYS_NICE));
}

static void nothing_to_give_up(void **state)
{
	(void)state;
	in_child(unprivileged_body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_has_nothing),
		cmocka_unit_test(a_child_of_nobody_has_nothing),
		cmocka_unit_test(clearing_alone_does_not_hold),
		cmocka_unit_test(nothing_is_left_before_the_exec),
		cmocka_unit_test(only_what_is_needed_is_kept),
		cmocka_unit_test(more_is_kept_where_asked),
		cmocka_unit_test(raised_for_one_call),
		cmocka_unit_test(another_users_thread),
		cmocka_unit_test(nothing_to_give_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("caps", tests, NULL, NULL);
}

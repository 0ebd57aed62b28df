/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_confine.c - a child of another uid dies with its parent, and in no other order does it; what Landlock leaves; the
 * uids and the files that words name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "caps.h"
#include "cleanup.h"
#include "confine.h"
#include "confine_words.h"
#include "identity.h"
#include "landlock.h"
#include "process.h"

#define OTHER 61999

static const struct identity other = { .uid = OTHER, .gid = OTHER };
static const cap_value_t needed[] = { CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_SYS_PTRACE };

enum order { RIGHT, BOUND_TOO_EARLY, NO_CAP_KILL };

/* In the grandchild: says that it stands, and waits for ever. */
static void grandchild(enum order order, pid_t parent, int said)
{
	if (caps_none_as(&other) || (order != BOUND_TOO_EARLY && process_bind(parent)) ||
	    write(said, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* In the child, as qlaunch is once it has started QEMU. */
static void parent_main(enum order order, int said)
{
	pid_t me = getpid();

	if (caps_keep_with(needed, ARRAY_SIZE(needed), NULL))
		_exit(1);
	if (order != NO_CAP_KILL)
		(void)caps_raise(CAP_KILL);
	if (!process_fork())
		grandchild(order, me, said);
	for (;;)
		pause();
}

/* What is left of a wrong order must not stay: it is our child now. */
static void end_orphan(void)
{
	char path[64];
	FILE *children;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	children = fopen(path, "re");
	assert_non_null(children);
	while (fscanf(children, "%d", &pid) == 1) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	fclose(children);
}

/* Kills the parent with SIGKILL; whether the grandchild, which is ours then, is dead within two seconds. */
static bool dies_with_parent(enum order order)
{
	int fds[2], status;
	struct pollfd gone = { .events = POLLIN | POLLHUP };
	char byte;
	pid_t pid;
	bool dead;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(fds[0]);
		parent_main(order, fds[1]);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* both had the pipe: its end is theirs */
	gone.fd = fds[0];
	dead = poll(&gone, 1, order == RIGHT ? 60000 : 1000) == 1;
	close(fds[0]);
	end_orphan();
	return dead;
}

static void it_dies_in_the_right_order_only(void **state)
{
	char lacks[24];

	(void)state;
	identity_lacks(lacks, sizeof(lacks));
	if (geteuid() || lacks[0])
		skip();
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_true(dies_with_parent(RIGHT));
	/* what this test would not see if it saw nothing */
	assert_false(dies_with_parent(BOUND_TOO_EARLY));
	assert_false(dies_with_parent(NO_CAP_KILL));
}

/* As a child that is confined: 0, or the line that does not hold. */
static int confined_main(const char *folder)
{
	char read_only[64], written[64], made[64], null[] = "/dev/null";
	char *const reads[] = { read_only, NULL }, *const writes[] = { written, null, NULL };
	const struct landlock_paths paths = { .read = reads, .write = writes };
	int before = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	char byte;

	snprintf(read_only, sizeof(read_only), "%s/read", folder);
	snprintf(written, sizeof(written), "%s/written", folder);
	snprintf(made, sizeof(made), "%s/made", folder);
	if (caps_none() || landlock_restrict(&paths))
		return __LINE__;
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
		return __LINE__;
	if (open(read_only, O_RDONLY) < 0 || open(read_only, O_RDWR) >= 0)
		return __LINE__;
	if (open(written, O_RDWR | O_TRUNC) < 0 || open("/dev/null", O_RDWR) < 0)
		return __LINE__;
	if (open(made, O_WRONLY | O_CREAT, 0600) >= 0 || !unlink(written))
		return __LINE__;
	/* what was open keeps its rights */
	return read(before, &byte, 1) == 1 ? 0 : __LINE__;
}

static void landlock_leaves_what_is_named(void **state)
{
	char folder[] = "/tmp/test_confine.XXXXXX", path[64];
	static const char *const names[] = { "read", "written" };
	int status;
	pid_t pid;

	(void)state;
	if (!landlock_abi())
		skip();
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		close(open(path, O_WRONLY | O_CREAT, 0600));
	}
	pid = fork();
	if (!pid)
		_exit(confined_main(folder) % 255);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

/* /etc/passwd and /etc/group stand for files that are there, and /etc for a folder. */
static const struct {
	const char *option, *value, *read, *write, *output, *socket;
} words[] = {
	{ "-bios", "/etc/passwd", "/etc/passwd", NULL, NULL, NULL },
	{ "-hda", "/etc/passwd", NULL, "/etc/passwd", NULL, NULL },
	{ "-drive", "if=none,file=/etc/passwd,format=raw", NULL, "/etc/passwd", NULL, NULL },
	{ "-drive", "file=/etc/passwd,readonly=on", "/etc/passwd", NULL, NULL, NULL },
	{ "-drive", "media=cdrom,file=/etc/passwd", "/etc/passwd", NULL, NULL, NULL },
	{ "-drive", "file=/etc/none,,of,,these", NULL, NULL, NULL, NULL },
	{ "-drive", "file=fat:/etc", NULL, "/etc", NULL, NULL },
	{ "-blockdev",
	  "{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"/etc/group\"}}", NULL,
	  "/etc/group", NULL, NULL },
	{ "-blockdev",
	  "{\"driver\":\"raw\",\"read-only\":true,\"file\":{\"driver\":\"file\",\"filename\":\"/etc/group\"}}",
	  "/etc/group", NULL, NULL, NULL },
	{ "-blockdev", "qcow2,node-name=n,file.driver=raw,file.file.filename=/etc/group", NULL,
	  "/etc/group", NULL, NULL },
	{ "-blockdev", "quorum,node-name=n,children.0.filename=/etc/group,read-only=on",
	  "/etc/group", NULL, NULL, NULL },
	{ "-drive", "if=none,file=json:{\"driver\":\"host_device\",,\"filename\":\"/etc/group\"}",
	  NULL, "/etc/group", NULL, NULL },
	{ "-drive", "if=none,file=blkdebug:/etc/none:/etc/group", NULL, "/etc/group", NULL, NULL },
	{ "-drive", "if=none,file=/etc/group,snapshot=on", "/etc/group", NULL, NULL, NULL },
	{ "-chardev", "file,id=x,path=/etc/group,append=on", NULL, "/etc/group", NULL, NULL },
	{ "-device", "virtio-net-pci,romfile=/etc/group", "/etc/group", NULL, NULL, NULL },
	{ "-chardev", "file,id=x,path=/etc/none", NULL, "/etc/none", "/etc/none", NULL },
	{ "-chardev", "socket,id=x,path=/etc/none.sock,server=on", NULL, NULL, NULL, "/etc" },
	{ "-serial", "unix:/run/none.sock,server=on", NULL, NULL, NULL, "/run" },
	{ "-serial", "file:none.log", NULL, "none.log", "none.log", NULL },
	{ "-serial", "/dev/null", NULL, "/dev/null", NULL, NULL },
	{ "-netdev", "tap,id=t,ifname=tap0", NULL, "/dev/net/tun", NULL, NULL },
	{ "-netdev", "user,id=capture-tap", NULL, NULL, NULL, NULL },
	{ "-name", "/etc/passwd", NULL, NULL, NULL, NULL },
	{ "-name", "file:/etc/none", NULL, NULL, NULL, NULL },
	{ "-append", "root=/etc/passwd initrd", NULL, NULL, NULL, NULL },
	{ "-object", "memory-backend-file,id=m,mem-path=/etc,size=1M", NULL, "/etc", NULL, NULL },
};

static void expect_only(const struct strv *list, const char *wanted, size_t i)
{
	if (list->nr != !!wanted || (wanted && strcmp(list->v[0], wanted)))
		fail_msg("word %zu: %d entries, the first '%s', wanted '%s'", i, list->nr,
		         list->nr ? list->v[0] : "", wanted ? wanted : "");
}

static void words_name_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		CLEANUP(confine_done) struct confine confine = { 0 };
		char *list[] = { (char *)(uintptr_t)words[i].option,
			         (char *)(uintptr_t)words[i].value, NULL };

		assert_int_equal(confine_words(list, &confine, NULL), 0);
		expect_only(&confine.read, words[i].read, i);
		expect_only(&confine.write, words[i].write, i);
		expect_only(&confine.output, words[i].output, i);
		expect_only(&confine.sockets, words[i].socket, i);
	}
}

static void uids_are_ours_alone(void **state)
{
	struct own_uid a = { 0 }, b = { 0 };
	struct err err;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(own_uid_take(&a, &err), 0);
	assert_int_equal(own_uid_take(&b, &err), 0);
	assert_int_not_equal(a.uid, b.uid);
	assert_in_range(a.uid, IDENTITY_FIRST_UID, IDENTITY_LAST_UID);
	assert_in_range(b.uid, IDENTITY_FIRST_UID, IDENTITY_LAST_UID);
	own_uid_release(&a);
	own_uid_release(&a);
	own_uid_release(&b);
}

static void users_are_named(void **state)
{
	static const char *const wrong[] = { "", "no such user", "-1", "4294967295", "1x" };
	struct identity who;
	struct err err;

	(void)state;
	assert_int_equal(identity_parse("root", &who, &err), 0);
	assert_int_equal(who.uid, 0);
	assert_int_equal(identity_parse("61999", &who, &err), 0);
	assert_int_equal(who.uid, 61999);
	assert_int_equal(who.gid, 61999);
	assert_int_equal(identity_join(&who, 61999, &err), 0);
	assert_int_equal(who.nr_groups, 0);
	assert_int_equal(identity_join(&who, 7, &err), 0);
	assert_int_equal(identity_join(&who, 7, &err), 0);
	assert_int_equal(who.nr_groups, 1);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(identity_parse(wrong[i], &who, &err), -EINVAL);
}

static void rights_are_read_as_the_kernel_does(void **state)
{
	const struct confine confine = {
		.changes_uid = true, .who = { .uid = 5, .gid = 6, .group = { 7 }, .nr_groups = 1 }
	};
	static const struct {
		uid_t uid;
		gid_t gid;
		mode_t mode;
		bool may;
	} files[] = {
		{ 5, 0, 0600, true }, { 5, 0, 0066, false }, { 0, 6, 0660, true },
		{ 0, 7, 0060, true }, { 0, 7, 0606, false }, { 0, 0, 0660, false },
		{ 0, 0, 0666, true }, { 0, 0, 0664, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const struct stat st = { .st_uid = files[i].uid,
			                 .st_gid = files[i].gid,
			                 .st_mode = files[i].mode };

		assert_int_equal(confine_can_open(&confine, &st), files[i].may);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_dies_in_the_right_order_only),
		cmocka_unit_test(landlock_leaves_what_is_named),
		cmocka_unit_test(words_name_files),
		cmocka_unit_test(uids_are_ours_alone),
		cmocka_unit_test(users_are_named),
		cmocka_unit_test(rights_are_read_as_the_kernel_does),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}

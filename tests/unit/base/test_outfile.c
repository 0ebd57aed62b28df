/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_outfile.c - which outputs are opened, while somebody exchanges folders for links below us. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "cleanup.h"
#include "outfile.h"
#include "place.h"
#include "text.h"
#include "tree.h"

enum { NOBODY = 65534, ESCAPES = 20 };

static char room[64];

static char *in_room(const char *name)
{
	static char paths[4][160];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", room, name);
	return path;
}

static int make_room(void **state)
{
	(void)state;
	text_copy(room, sizeof(room), "/tmp/qlaunch-output.XXXXXX");
	if (!mkdtemp(room) || chmod(room, 0755) || chdir(room))
		return -1;
	return mkdir("secret", 0755) || mkdir("theirs", 0755) || mkdir("theirs/real", 0755) ||
	       (!geteuid() &&
	        (chown("theirs", NOBODY, NOBODY) || chown("theirs/real", NOBODY, NOBODY)));
}

static int remove_room(void **state)
{
	(void)state;
	tree_remove(room);
	return chdir("/");
}

/* By turns "a" is a folder of theirs and a link to a folder of ours. */
static _Noreturn void exchange_for_ever(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* which the new uid has cleared */
	for (;;) {
		(void)!rename("theirs/real", "theirs/a");
		(void)!rename("theirs/a", "theirs/real");
		(void)!symlink(in_room("secret"), "theirs/a");
		(void)!unlink("theirs/a");
	}
}

/* What open(2) does in the same race: it shows that there is one. */
static int try_plainly(void)
{
	CLEANUP(fd_close) int fd = open("theirs/a/x", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return !unlink("secret/x");
}

static void nobody_renames_us_elsewhere(void **state)
{
	int64_t deadline = clock_now_ns() + 30 * NSEC_PER_SEC;
	int escaped = 0, opened = 0;
	pid_t parent = getpid(), pid;

	(void)state;
	if (geteuid())
		skip();
	pid = fork();
	if (!pid)
		exchange_for_ever(parent);
	while ((escaped < ESCAPES || !opened) && clock_now_ns() < deadline) {
		CLEANUP(outfile_close) struct outfile file = OUTFILE_NONE;
		CLEANUP(outfile_close) struct outfile part = OUTFILE_NONE;
		CLEANUP(fd_close) int folder = -1;

		escaped += try_plainly();
		if (!outfile_open("theirs/a/x", &file, NULL))
			opened++;
		if (!outfile_begin("theirs/a/y", true, &part, NULL))
			(void)!outfile_finish(&part, "theirs/a/y", true, NULL);
		(void)!place_own_folder(in_room("theirs/a/z"), &folder, NULL);
		assert_int_not_equal(access("secret/x", F_OK), 0);
		assert_int_not_equal(access("secret/y", F_OK), 0);
		assert_int_not_equal(access("secret/z", F_OK), 0);
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(escaped >= ESCAPES && opened);
}

static void parts_get_their_name_once(void **state)
{
	CLEANUP(outfile_close) struct outfile a = OUTFILE_NONE, b = OUTFILE_NONE;
	struct err err;

	(void)state;
	assert_int_equal(outfile_begin("name", false, &a, &err), 0);
	assert_int_equal(outfile_begin("name", false, &b, &err), 0);
	assert_int_equal(outfile_finish(&a, "name", false, &err), 0);
	assert_int_equal(outfile_finish(&b, "name", false, &err), -EEXIST);
	assert_int_equal(outfile_finish(&b, "name", true, &err), 0);
	assert_string_equal(b.place.name, "name");
	outfile_remove(&a); /* the name is no longer its */
	assert_int_equal(access("name", F_OK), 0);
	outfile_remove(&b);
	assert_int_not_equal(access("name", F_OK), 0);
}

static void folders_are_walked(void **state)
{
	static const struct {
		const char *path;
		int rc;
		const char *name;
	} cases[] = {
		{ "x", 0, "x" },
		{ "./secret/../x", 0, "x" },
		{ "secret//x", 0, "x" },
		{ "/x", 0, "x" },
		{ "secret", -EISDIR, NULL },
		{ "secret/x/", -ENOENT, NULL },
		{ "/", -EISDIR, NULL },
		{ ".", -EISDIR, NULL },
		{ "..", -EISDIR, NULL },
		{ "", -ENOENT, NULL },
		{ "none/x", -ENOENT, NULL },
		{ "link", 0, "x" },
		{ "links/x", 0, "x" },
		{ "self", -ELOOP, NULL },
		{ "file/x", -ENOTDIR, NULL },
		{ "links/", -EISDIR, NULL },
	};
	struct err err;

	(void)state;
	assert_int_equal(symlink("secret/x", "link"), 0);
	assert_int_equal(symlink(in_room("secret"), "links"), 0);
	assert_int_equal(symlink("self", "self"), 0);
	close(creat("file", 0600));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(place_done) struct place place = { .folder_fd = -1 };
		int rc = place_find(cases[i].path, &place, &err);

		if (rc != cases[i].rc)
			fail_msg("%s: %d (%s)", cases[i].path, rc, rc ? err.text : "");
		if (!rc)
			assert_string_equal(place.name, cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_are_walked),
		cmocka_unit_test(parts_get_their_name_once),
		cmocka_unit_test(nobody_renames_us_elsewhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_room, remove_room);
}

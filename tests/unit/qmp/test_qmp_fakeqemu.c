/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scripts of the fake QEMU do what they say, and no lie of it gets past the typed questions. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "qemu_child.h"
#include "qmp_meet.h"
#include "qmp_query.h"
#include "text.h"

static char dir[] = "/tmp/test_qmp_fakeqemu.XXXXXX";

struct run {
	int fd;
	pid_t pid;
	char program[PATH_MAX], log[64];
};

/* A program of its own with a script beside it, as qlaunch (which cleans the environment) would meet it. */
static void start(struct run *run, const char *script)
{
	static const char *const argv[] = { "qemu-system-x86_64",
		                            "-smp",
		                            "2",
		                            "-S",
		                            "-object",
		                            "iothread,id=io0",
		                            "-mon",
		                            "chardev=qmp,mode=control",
		                            "-chardev",
		                            "socket,fd=10,id=qmp",
		                            NULL };
	char path[64];
	FILE *file;

	snprintf(run->program, sizeof(run->program), "%s/fakeqemu", dir);
	snprintf(run->log, sizeof(run->log), "%s/log", dir);
	snprintf(path, sizeof(path), "%s/fakeqemu.script", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(script, file);
	fclose(file);
	run->fd = qemu_child_start(run->program, argv, run->log, &run->pid);
}

static const struct {
	const char *script;
	int vcpus, iothreads; /* the count, or -errno */
	const char *words;
} lies[] = {
	{ "# honest\n\n", 2, 1, "" },
	{ "tid vcpu/0 0\n", -EINVAL, 1, "query-cpus-fast[0].thread-id: 0 is not in" },
	{ "tid vcpu/1 missing\n", -ENOENT, 1, "query-cpus-fast[1].thread-id: missing" },
	{ "tid vcpu/1 \"9680\"\n", -EINVAL, 1, "found string" },
	{ "tid vcpu/1 1099511627776\n", -EINVAL, 1, "is not in" },
	{ "tid vcpu/1 -1\n", -EINVAL, 1, "is not in" },
	{ "tid vcpu/1 7.5\n", -EINVAL, 1, "found double" },
	{ "tid vcpu/1 vcpu/0\n", -EINVAL, 1, "are one thread" },
	{ "tid vcpu/0 parent\n", -EINVAL, 1, "is qlaunch itself" },
	{ "tid vcpu/0 1\n", -EINVAL, 1, "1 is not in" },
	{ "tid vcpu/0 null\n", -EINVAL, 1, "found null" },
	{ "vcpus 1\n", 1, 1,
	  "" }, /* too few and too many: who asked knows how many there must be */
	{ "vcpus 5\niothreads 3\n", 5, 3, "" },
	{ "vcpus 0\niothreads 0\n", 0, 0, "" },
	{ "tid vcpu/0 main\ntid vcpu/1 4194000\n", 2, 1, "" }, /* whose thread it is, /proc tells */
	{ "tid iothread/0 parent\n", 2, -EINVAL, "is qlaunch itself" },
	{ "tid iothread/0 0\n", 2, -EINVAL, "query-iothreads[0].thread-id: 0" },
	{ "at query-cpus-fast flood 5000\n", 2, 1, "" },
	{ "at query-cpus-fast error no\n", -EIO, 1, "query-cpus-fast: no (GenericError)" },
	{ "at query-cpus-fast hangup\n", -ECONNRESET, -ECONNRESET, "closed the QMP connection" },
	{ "at query-cpus-fast half\n", -ECONNRESET, -ECONNRESET, "closed the QMP connection" },
	{ "at query-iothreads exit 3\n", 2, -ECONNRESET, "closed the QMP connection" },
	{ "at query-iothreads signal 11\n", 2, -ECONNRESET, "closed the QMP connection" },
	{ "at query-iothreads raw hello\n", 2, -ECONNRESET, "no QMP" },
	{ "at query-cpus-fast silent\n", -ETIMEDOUT, 1, "did not answer for 200ms" },
	{ "at query-cpus-fast stop\n", -ETIMEDOUT, -ETIMEDOUT, "did not answer for 200ms" },
	{ "at query-cpus-fast delay 100\n", 2, 1, "" },
};

static void test_lies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct qmp_iothread io[8];
		struct qmp_vcpu vcpu[8];
		struct qmp *qmp = NULL;
		struct err err = { 0 };
		struct run run;
		int nr, nr_io;

		start(&run, lies[i].script);
		assert_int_equal(qmp_open(run.fd, NULL, LONG, &qmp, &err), 0);
		if (lies[i].vcpus == -ETIMEDOUT)
			qmp_set_timeout(qmp, SHORT);
		nr = qmp_query_cpus(qmp, vcpu, 8, &err);
		nr_io = qmp_query_iothreads(qmp, io, 8, nr < 0 ? NULL : &err);
		if (nr != lies[i].vcpus || nr_io != lies[i].iothreads ||
		    !strstr(err.text, lies[i].words))
			fail_msg("%s: %d %d '%s'", lies[i].script, nr, nr_io, err.text);
		kill(run.pid, SIGKILL);
		qemu_child_end(&run.pid);
		qmp_close(&qmp);
	}
}

static const struct {
	const char *script;
	int signal; /* sent to it, 0: none */
	int rc;     /* of qmp_open */
	bool exited;
	int code; /* exit code or signal in the end */
	const char *log;
} ends[] = {
	{ "at start stderr qemu: no\nat start exit 1\n", 0, -ECONNRESET, true, 1, "qemu: no" },
	{ "at greeting signal 6\n", 0, -ECONNRESET, false, SIGABRT, "" },
	{ "at greeting silent\nat qmp_capabilities exit 7\n", 0, -ECONNRESET, true, 7, "" },
	{ "at qmp_capabilities half\nat qmp_capabilities+ exit 4\n", 0, -ECONNRESET, true, 4, "" },
	{ "", SIGTERM, 0, true, 0, "" },
	{ "ignore term\n", SIGTERM, 0, false, SIGKILL, "" },
	{ "at qmp_capabilities+ hangup\n", 0, 0, false, SIGKILL, "" }, /* lives on */
	{ "at qmp_capabilities+ stop\n", SIGTERM, 0, false, SIGKILL, "" },
	{ "at start dance\n", 0, -ECONNRESET, true, 125, "fakeqemu: script: no action 'dance'" },
	{ "sing\n", 0, -ECONNRESET, true, 125, "fakeqemu: script: 'sing' is not understood" },
};

/* Does it end by itself?  Gives it the time, kills it then. */
static int how_it_ends(struct run *run, int64_t ns)
{
	int status;

	for (int64_t end = clock_now_ns() + ns; clock_now_ns() < end;) {
		if (waitpid(run->pid, &status, WNOHANG) == run->pid)
			return status;
		poll(NULL, 0, 10);
	}
	kill(run->pid, SIGKILL);
	return qemu_child_end(&run->pid);
}

static void test_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct qmp *qmp = NULL;
		siginfo_t info;
		struct run run;
		char log[128];
		int rc, how;

		start(&run, ends[i].script);
		rc = qmp_open(run.fd, NULL, LONG, &qmp, NULL);
		if (strstr(ends[i].script, " stop"))
			waitid(P_PID, (id_t)run.pid, &info, WSTOPPED | WNOWAIT);
		if (ends[i].signal)
			kill(run.pid, ends[i].signal);
		how = how_it_ends(&run, ends[i].code == SIGKILL ? SHORT : LONG);
		assert_true(text_read_file(run.log, log, sizeof(log), NULL) >= 0);
		if (rc != ends[i].rc || WIFEXITED(how) != ends[i].exited ||
		    (ends[i].exited ? WEXITSTATUS(how) : WTERMSIG(how)) != ends[i].code ||
		    strcmp(log, ends[i].log))
			fail_msg("'%s': %d, status 0x%x, '%s'", ends[i].script, rc, how, log);
		qmp_close(&qmp);
	}
}

static int end_of(struct qmp *qmp, const char *name, int64_t ns)
{
	struct qmp_event event;
	int rc = qmp_wait_event(qmp, name, clock_now_ns() + ns, &event, NULL);

	if (!rc)
		qmp_event_done(&event);
	return rc;
}

/* The third press is obeyed, as a guest does that is still booting at the first two. */
static void test_powerdown(void **state)
{
	struct qmp *qmp = NULL;
	struct run run;
	int how;

	(void)state;
	start(&run, "ignore powerdown 2\n");
	assert_int_equal(qmp_open(run.fd, NULL, LONG, &qmp, NULL), 0);
	assert_int_equal(qmp_cont(qmp, NULL), 0);
	assert_int_equal(end_of(qmp, "RESUME", LONG), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(qmp_powerdown(qmp, NULL), 0);
	assert_int_equal(end_of(qmp, "SHUTDOWN", SHORT), -ETIMEDOUT);
	assert_int_equal(qmp_powerdown(qmp, NULL), 0);
	assert_int_equal(end_of(qmp, "POWERDOWN", LONG), 0);
	assert_int_equal(end_of(qmp, "SHUTDOWN", LONG), 0);
	how = how_it_ends(&run, LONG);
	assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
	qmp_close(&qmp);
}

static int copy_program(void **state)
{
	char here[PATH_MAX - 16], from[PATH_MAX], to[64], block[65536];
	CLEANUP(fd_close) int in = -1;
	CLEANUP(fd_close) int out = -1;
	ssize_t n;

	(void)state;
	qemu_child_here(here, sizeof(here));
	snprintf(from, sizeof(from), "%s/fakeqemu", here);
	if (!mkdtemp(dir))
		return -1;
	snprintf(to, sizeof(to), "%s/fakeqemu", dir);
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	while ((n = read(in, block, sizeof(block))) > 0) {
		if (text_write_all(out, block, (size_t)n, NULL))
			return -1;
	}
	return n < 0 || out < 0 ? -1 : 0;
}

static int remove_program(void **state)
{
	static const char *const names[] = { "fakeqemu", "fakeqemu.script", "log" };
	char path[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_powerdown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("qmp_fakeqemu", tests, copy_program, remove_program);
}

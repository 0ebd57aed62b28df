/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_qemu_start.c - QEMU's argv against QEMU itself: it starts without a word, by fds and as pasted into sh. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "args_cases.h"
#include "cleanup.h"
#include "disk.h"
#include "golden.h"
#include "overlay.h"
#include "qmp.h"
#include "qmp_query.h"
#include "text.h"

static void pair(int *ours, int *theirs)
{
	int two[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, two), 0);
	*ours = two[0];
	*theirs = two[1];
	assert_int_equal(fcntl(*ours, F_SETFD, FD_CLOEXEC), 0);
}

/* A file of 1 MiB without a name, opened as --readonly, --cache and --snapshot want it. */
static int disk_fd(bool qcow2, bool readonly)
{
	char name[] = "/var/tmp/qlaunch-test.XXXXXX";
	int fd = -1, again;
	struct err err = { 0 };

	if (qcow2) {
		assert_int_equal(overlay_make("/var/tmp", 1 << 20, &fd, &err), 0);
	} else {
		fd = mkstemp(name);
		assert_true(fd >= 0);
		unlink(name);
		assert_int_equal(ftruncate(fd, 1 << 20), 0);
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	again = open(name, readonly ? O_RDONLY : O_RDWR);
	assert_true(again >= 0);
	if (plan_is_direct(args_plan.disk_cache))
		assert_int_equal(disk_set_direct(again, name, &err), 0);
	close(fd);
	return again;
}

static pid_t start(const struct strv *args, int error_fd)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(error_fd, STDERR_FILENO);
		execvp(args->v[0], args->v);
		_exit(127);
	}
	return pid;
}

static void check_silent(int error_fd, const char *name)
{
	char text[1024];
	ssize_t n = pread(error_fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	if (n)
		fail_msg("%s: QEMU says: %s", name, text);
}

/* QEMU takes the arguments without a word, waits in prelaunch with the vCPUs that were asked for, and quits. */
static void try_case(const struct args_case *c)
{
	CLEANUP(strv_done) struct strv args = { 0 };
	CLEANUP(str_free) char *line = NULL;
	CLEANUP(qmp_close) struct qmp *qmp = NULL;
	struct qemu_inputs in;
	struct qmp_vcpu vcpu[QMP_VCPUS_MAX];
	struct err err = { 0 };
	char status_text[32];
	int ours, console, agent, errors = memfd_create("stderr", MFD_CLOEXEC), status;
	pid_t pid;

	line = args_prepare(c->line, c->qemu, &in);
	args_describe(c, &in);
	pair(&ours, &in.fds.qmp);
	pair(&console, &in.fds.console);
	pair(&agent, &in.fds.agent);
	for (int i = 0; i < args_cmdline.spec.nr_disks; i++) {
		in.fds.disk[i] = disk_fd(c->is & QCOW2,
		                         in.disk[i].readonly || args_cmdline.spec.snapshot);
		if (args_cmdline.spec.snapshot)
			in.fds.overlay[i] = disk_fd(true, false);
		for (int k = 0; k < in.disk[i].nr_layers; k++)
			in.fds.backing[i][k] = disk_fd(in.disk[i].layer[k].qcow2, true);
	}
	assert_int_equal(qemu_args(&in, &args, &err), 0);
	pid = start(&args, errors);
	close(in.fds.qmp);
	close(in.fds.console);
	close(in.fds.agent);
	if (qmp_open(ours, NULL, 20 * NSEC_PER_SEC, &qmp, &err) < 0) {
		check_silent(errors, c->name);
		fail_msg("%s: %s", c->name, err.text);
	}
	assert_int_equal(qmp_query_status(qmp, status_text, sizeof(status_text), &err), 0);
	assert_string_equal(status_text, "prelaunch");
	assert_int_equal(qmp_query_cpus(qmp, vcpu, QMP_VCPUS_MAX, &err), args_plan.vcpus);
	assert_int_equal(qmp_quit(qmp, &err), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	check_silent(errors, c->name);
	assert_int_equal(status, 0);
	for (int i = 0; i < args_cmdline.spec.nr_disks; i++) {
		close(in.fds.disk[i]);
		if (args_cmdline.spec.snapshot)
			close(in.fds.overlay[i]);
		for (int k = 0; k < in.disk[i].nr_layers; k++)
			close(in.fds.backing[i][k]);
	}
	close(console);
	close(agent);
	close(errors);
	cmdline_done(&args_cmdline);
}

static void test_real(void **state)
{
	(void)state;
	if (access("/usr/bin/qemu-system-x86_64", X_OK))
		skip();
	for (int i = 0; i < nr_args_cases; i++) {
		if (!args_cases[i].no_start)
			try_case(&args_cases[i]);
	}
}

/* Makes the image by qemu-img under a name that no careless shell or option parser survives. */
static void make_image(const char *path, const char *backing)
{
	const char *const plain[] = { "qemu-img", "create", "-q", "-f", "qcow2", path, "1M", NULL };
	const char *const over[] = { "qemu-img", "create", "-q",    "-f", "qcow2", "-F",
		                     "raw",      "-b",     backing, path, NULL };
	char out[16];

	assert_int_equal(command_run("/", backing ? over : plain, out, sizeof(out)), 0);
}

/* Pastes the line into sh; the monitor's quit (Ctrl-A C, then the word) ends it. */
static void paste(const struct strv *args, const char *name)
{
	static const char quit[] = "\001cquit\n";
	CLEANUP(str_free) char *text = NULL;
	int in[2], errors = memfd_create("stderr", MFD_CLOEXEC), status;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	pid_t pid;

	strv_print_shell(args, out);
	fclose(out);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(in[0], STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(errors, STDERR_FILENO);
		alarm(600);
		execl("/bin/sh", "sh", "-c", text, NULL);
		_exit(127);
	}
	assert_int_equal(write(in[1], quit, sizeof(quit) - 1), sizeof(quit) - 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(in[0]);
	close(in[1]);
	check_silent(errors, name);
	close(errors);
	if (status)
		fail_msg("%s: status %d: %s", name, status, text);
}

static void test_paste(void **state)
{
	static const struct {
		const char *line;
		bool backing, builtin;
	} pasted[] = {
		{ "--memory 64M d", false, false },
		{ "--memory 64M --snapshot d", false, false },
		{ "--memory 64M --backing allow d", true, false },
		{ "--memory 64M --backing allow --snapshot d", true, false },
		{ "bench --memory 64M --virtio tuned", false, true },
	};
	char folder[] = "/var/tmp/qlaunch test.XXXXXX", base[128], top[128];

	(void)state;
	if (access("/usr/bin/qemu-system-x86_64", X_OK) || access("/usr/bin/qemu-img", X_OK))
		skip();
	assert_non_null(mkdtemp(folder));
	snprintf(base, sizeof(base), "%s/base,x=1.raw", folder);
	snprintf(top, sizeof(top), "%s/a,b='$(x)\" c.qcow2", folder);
	make_image(base, NULL); /* whatever is in it: a raw backing file here */
	for (size_t i = 0; i < ARRAY_SIZE(pasted); i++) {
		CLEANUP(strv_done) struct strv args = { 0 };
		CLEANUP(str_free) char *line = NULL;
		struct qemu_inputs in;
		struct err err = { 0 };

		make_image(top, pasted[i].backing ? "base,x=1.raw" : NULL);
		line = args_prepare(pasted[i].line, &args_qemu, &in);
		in.pastable = true;
		in.builtin_guest = pasted[i].builtin;
		in.disk[0] = (struct qemu_disk){ .file = top,
			                         .qcow2 = true,
			                         .has_backing = pasted[i].backing };
		assert_int_equal(qemu_args(&in, &args, &err), 0);
		paste(&args, pasted[i].line);
		cmdline_done(&args_cmdline);
		unlink(top);
	}
	unlink(base);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_paste),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

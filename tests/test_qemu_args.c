/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_qemu_args.c - QEMU's argv against golden files, and then against QEMU itself. */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <signal.h>
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

#include "cleanup.h"
#include "golden.h"
#include "json.h"
#include "overlay.h"
#include "qemu_args.h"
#include "qmp.h"
#include "qmp_query.h"
#include "text.h"
#include "topology.h"

#define DATA "tests/data/"
#define EVIL "/d/a,readonly=on,id=\n'\"\\$x"

static const struct qemu_can can = {
	.path = "qemu-system-x86_64",
	.version = 70222,
	.aio_io_uring = true,
	.aio_native = true,
};
static const struct qemu_can can_kvm = {
	.path = "qemu-system-x86_64",
	.version = 110000,
	.aio_io_uring = true,
	.aio_native = true,
	.kvm_device = true,
	.kvm_hardware = true,
	.kvm_host_cpu = true,
};

#define BUILTIN  1u
#define PASTABLE 2u
#define BY_NAME  4u
#define QCOW2    8u
#define DEVICE   16u
#define NOFDS    32u

static const struct args_case {
	const char *name, *line;
	const struct qemu_can *qemu;
	unsigned int is;
	bool no_start; /* names no file that exists: not for QEMU itself */
} cases[] = {
	{ "run", "d", &can, QCOW2, false },
	{ "run-raw", "--net none --memory 256M d", &can, 0, false },
	{ "run-two", "--iothreads 2 --poll-max-ns 5000 --vcpus 2 d e f", &can, QCOW2, false },
	{ "run-direct", "--cache directsync --aio native d", &can, 0, false },
	{ "run-unsafe", "--cache unsafe --aio io_uring d", &can, QCOW2, false },
	{ "run-readonly", "--disk file=d,readonly=on", &can, 0, false },
	{ "run-snapshot", "--snapshot --cache none d e", &can, QCOW2, false },
	{ "run-snapshot-raw", "--snapshot d", &can, 0, false },
	{ "run-tail", "d -- -device virtio-rng-pci -vga none", &can, QCOW2, false },
	{ "run-kvm", "--vcpus 4 --queues 2 d", &can_kvm, QCOW2, true },
	{ "run-device", "d", &can, DEVICE, true },
	{ "run-backing", "--backing allow d", &can, QCOW2 | BY_NAME, true },
	{ "run-kernel", "--kernel /boot/vmlinuz --initrd /boot/initrd --append a,b d", &can, QCOW2,
	  true },
	{ "bench", "bench", &can, BUILTIN, true },
	{ "bench-tuned", "bench --virtio tuned --vcpus 2", &can, BUILTIN, true },
	{ "bench-no-scratch", "bench --workload cpu", &can, BUILTIN | NOFDS, true },
	{ "paste-run", "d", &can, QCOW2 | PASTABLE, true },
	{ "paste-snapshot", "--snapshot d", &can, QCOW2 | PASTABLE, true },
	{ "paste-bench", "bench", &can, BUILTIN | PASTABLE, true },
};

/* Big: not on the stack. */
static struct topology host;
static struct plan plan;
static struct cmdline cmdline;

/* Plans a case on the recorded two-CPU machine.  The line is freed by the caller, after the arguments are made. */
static char *prepare(const char *words, const struct qemu_can *qemu, struct qemu_inputs *in)
{
	char *line = strdup(words);
	struct err err = { 0 };

	if (topology_read(DATA "sys-2cpu", &host, &err) < 0 ||
	    words_parse(line, &cmdline, &err) < 0 ||
	    plan_make(&cmdline.spec, &host, qemu, &plan, &err) < 0)
		fail_msg("'%s': %s", words, err.text);
	*in = (struct qemu_inputs){ .qemu = qemu, .spec = &cmdline.spec, .plan = &plan };
	in->kernel = cmdline.spec.kernel;
	in->initrd = cmdline.spec.initrd;
	in->append = cmdline.spec.append;
	return line;
}

static void describe(const struct args_case *c, struct qemu_inputs *in)
{
	in->builtin_guest = c->is & BUILTIN;
	in->pastable = c->is & PASTABLE;
	in->fds = (struct qemu_fds){ .qmp = 10, .console = 11, .load = 12, .scratch = 13 };
	if (c->is & NOFDS)
		in->fds.scratch = -1;
	if (in->builtin_guest) {
		in->kernel = "/boot/vmlinuz";
		in->initrd = "/cache/initramfs";
		in->append = "console=ttyS0 qload.nonce=0123456789abcdef";
	}
	for (int i = 0; i < cmdline.spec.nr_disks; i++) {
		in->fds.disk[i] = 20 + i;
		in->fds.overlay[i] = 30 + i;
		in->disk[i] = (struct qemu_disk){
			.file = EVIL,
			.qcow2 = c->is & QCOW2,
			.readonly = cmdline.spec.disk[i].readonly,
			.block_device = c->is & DEVICE,
			.by_name = c->is & BY_NAME,
		};
	}
}

static void print_args(const struct strv *args, FILE *out)
{
	for (int i = 0; i < args->nr; i++) {
		char line[4096];

		text_escape(args->v[i], strlen(args->v[i]), line, sizeof(line));
		fprintf(out, "%s\n", line);
	}
	assert_null(args->v[args->nr]);
}

static void test_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strv_done) struct strv args = { 0 };
		CLEANUP(str_free) char *line = NULL;
		CLEANUP(str_free) char *text = NULL;
		struct qemu_inputs in;
		struct err err = { 0 };
		size_t size;
		FILE *out = open_memstream(&text, &size);
		char path[128];

		line = prepare(cases[i].line, cases[i].qemu, &in);
		describe(&cases[i], &in);
		if (qemu_args(&in, &args, &err) < 0)
			fail_msg("%s: %s", cases[i].name, err.text);
		print_args(&args, out);
		fclose(out);
		cmdline_done(&cmdline);
		snprintf(path, sizeof(path), DATA "argv-%s.txt", cases[i].name);
		golden_check(path, text);
	}
}

/* Whatever the name: it stands in one argument of JSON, whole, or (passed by fd) nowhere. */
static void test_names(void **state)
{
	static const char *const names[] = { "/a,b",      "/a\nb",     "/a'b",    "/a\"b",
		                             "/a\\b",     "/a b",      "/$(x)",   "/,,",
		                             "/fat:/etc", "/\xc3\xa9", "/json:{}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(strv_done) struct strv args = { 0 };
		CLEANUP(str_free) char *line = NULL;
		struct qemu_inputs in;
		struct err err = { 0 };
		int found = 0;

		line = prepare("d", &can, &in);
		in.disk[0] = (struct qemu_disk){ .file = names[i], .by_name = true };
		assert_int_equal(qemu_args(&in, &args, &err), 0);
		for (int a = 1; a < args.nr; a++) {
			CLEANUP(json_done) struct json_object *node = NULL;
			struct json_object *file;
			const char *name;

			if (strcmp(args.v[a - 1], "-blockdev"))
				continue;
			assert_int_equal(json_parse(args.v[a], strlen(args.v[a]), &node, &err), 0);
			assert_int_equal(json_get_object(node, "", "file", &file, &err), 0);
			assert_int_equal(json_get_string(file, "", "filename", &name, &err), 0);
			assert_string_equal(name, names[i]);
			found++;
		}
		assert_int_equal(found, 1);
		cmdline_done(&cmdline);
	}
}

static void test_refused(void **state)
{
	CLEANUP(strv_done) struct strv args = { 0 };
	struct qemu_inputs in;
	struct err err = { 0 };
	CLEANUP(str_free) char *line = prepare("d", &can, &in);

	(void)state;
	in.fds.qmp = -1;
	assert_int_equal(qemu_args(&in, &args, &err), -EBADF);
	in.fds.qmp = 3;
	in.fds.load = -1;
	in.builtin_guest = true;
	assert_int_equal(qemu_args(&in, &args, &err), -EBADF);
	plan.guest = false;
	assert_int_equal(qemu_args(&in, &args, &err), -EINVAL);
	assert_null(args.v);
	cmdline_done(&cmdline);
}

static void test_shell(void **state)
{
	static const char *const words[] = {
		"plain", "a b", "", "it's", "$(x)", "a\nb", "\"", "~"
	};
	CLEANUP(strv_done) struct strv args = { 0 };
	CLEANUP(str_free) char *text = NULL;
	char command[512], got[64];
	size_t size;
	FILE *out = open_memstream(&text, &size), *sh;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strv_add(&args, words[i]);
	assert_false(args.failed);
	strv_print_shell(&args, out);
	fclose(out);
	/* the shell must hand on the very words */
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n;

		snprintf(command, sizeof(command), "set -- %.*s; shift %zu; printf '%%s' \"$1\"",
		         (int)strlen(text) - 1, text, i);
		sh = popen(command, "re"); /* a test of the shell's own reading */
		n = fread(got, 1, sizeof(got) - 1, sh);
		got[n] = '\0';
		assert_int_equal(pclose(sh), 0);
		assert_string_equal(got, words[i]);
	}
}

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
	int ours, console, errors = memfd_create("stderr", MFD_CLOEXEC), status;
	pid_t pid;

	line = prepare(c->line, c->qemu, &in);
	describe(c, &in);
	pair(&ours, &in.fds.qmp);
	pair(&console, &in.fds.console);
	for (int i = 0; i < cmdline.spec.nr_disks; i++) {
		in.fds.disk[i] = disk_fd(c->is & QCOW2,
		                         in.disk[i].readonly || cmdline.spec.snapshot);
		if (cmdline.spec.snapshot)
			in.fds.overlay[i] = disk_fd(true, false);
	}
	assert_int_equal(qemu_args(&in, &args, &err), 0);
	pid = start(&args, errors);
	close(in.fds.qmp);
	close(in.fds.console);
	if (qmp_open(ours, NULL, 20 * NSEC_PER_SEC, &qmp, &err) < 0) {
		check_silent(errors, c->name);
		fail_msg("%s: %s", c->name, err.text);
	}
	assert_int_equal(qmp_query_status(qmp, status_text, sizeof(status_text), &err), 0);
	assert_string_equal(status_text, "prelaunch");
	assert_int_equal(qmp_query_cpus(qmp, vcpu, QMP_VCPUS_MAX, &err), plan.vcpus);
	assert_int_equal(qmp_quit(qmp, &err), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	check_silent(errors, c->name);
	assert_int_equal(status, 0);
	for (int i = 0; i < cmdline.spec.nr_disks; i++) {
		close(in.fds.disk[i]);
		if (cmdline.spec.snapshot)
			close(in.fds.overlay[i]);
	}
	close(console);
	close(errors);
	cmdline_done(&cmdline);
}

static void test_real(void **state)
{
	(void)state;
	if (access("/usr/bin/qemu-system-x86_64", X_OK))
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!cases[i].no_start)
			try_case(&cases[i]);
	}
}

/* Makes the image by qemu-img under a name that no careless shell or option parser survives. */
static void make_image(const char *path, const char *backing)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (backing)
			execlp("qemu-img", "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw",
			       "-b", backing, path, NULL);
		else
			execlp("qemu-img", "qemu-img", "create", "-q", "-f", "qcow2", path, "1M",
			       NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
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
		alarm(30);
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
		line = prepare(pasted[i].line, &can, &in);
		in.pastable = true;
		in.builtin_guest = pasted[i].builtin;
		in.disk[0] = (struct qemu_disk){ .file = top,
			                         .qcow2 = true,
			                         .by_name = pasted[i].backing };
		assert_int_equal(qemu_args(&in, &args, &err), 0);
		paste(&args, pasted[i].line);
		cmdline_done(&cmdline);
		unlink(top);
	}
	unlink(base);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),  cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_shell),
		cmocka_unit_test(test_real),    cmocka_unit_test(test_paste),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same questions to the real QEMU and to the fake one: threads, statistics, events, the end. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "json.h"
#include "qemu_child.h"
#include "qmp_meet.h"
#include "qmp_query.h"
#include "text.h"

#define TIMEOUT_NS (600000 * MS)

struct run {
	bool fake;
	const char *accel, *cpu;
	struct qmp *qmp;
	pid_t pid;
};

static void start(struct run *run)
{
	char program[PATH_MAX] = "qemu-system-x86_64", chardev[32];
	const char *const argv[] = {
		program,
		"-M",
		"q35,kernel-irqchip=split",
		"-accel",
		run->accel,
		"-cpu",
		run->cpu,
		"-smp",
		"2,sockets=1,cores=2,threads=1",
		"-S",
		"-display",
		"none",
		"-nodefaults",
		"-no-user-config",
		"-object",
		"{\"qom-type\": \"iothread\", \"id\": \"io0\", \"poll-max-ns\": 1000}",
		"-object",
		"iothread,id=io1",
		"-blockdev",
		"{\"driver\": \"null-co\", \"node-name\": \"disk0\", \"size\": 1048576}",
		"-device",
		"{\"driver\": \"virtio-blk-pci\", \"id\": \"disk0\", \"drive\": \"disk0\", "
		"\"iothread\": \"io0\"}",
		"-chardev",
		chardev,
		"-mon",
		"chardev=qmp,mode=control",
		NULL
	};
	struct err err = { 0 };
	int fd;

	snprintf(chardev, sizeof(chardev), "socket,id=qmp,fd=%d", QEMU_CHILD_FD);
	if (run->fake) {
		char here[PATH_MAX - 16];

		qemu_child_here(here, sizeof(here));
		snprintf(program, sizeof(program), "%s/fakeqemu", here);
	}
	fd = qemu_child_start(program, argv, "/dev/null", &run->pid);
	if (qmp_open(fd, NULL, TIMEOUT_NS, &run->qmp, &err))
		fail_msg("%s", err.text);
	assert_true(qmp_version(run->qmp, NULL) >= 70000);
}

/* Every TID must be a thread of that process and none the main one. */
static void assert_thread(const struct run *run, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", (int)run->pid, (int)tid);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_not_equal(tid, run->pid);
}

static void check_threads(const struct run *run)
{
	struct qmp_vcpu vcpu[QMP_VCPUS_MAX];
	struct qmp_iothread io[QMP_IOTHREADS_MAX];
	int io0;

	assert_int_equal(qmp_query_cpus(run->qmp, vcpu, QMP_VCPUS_MAX, NULL), 2);
	assert_int_equal(qmp_query_iothreads(run->qmp, io, QMP_IOTHREADS_MAX, NULL), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(vcpu[i].index, i);
		assert_thread(run, vcpu[i].tid);
		assert_thread(run, io[i].tid);
		assert_int_not_equal(io[i].tid, vcpu[0].tid);
		assert_int_not_equal(io[i].tid, vcpu[1].tid);
	}
	io0 = strcmp(io[0].id, "io0") ? 1 : 0;
	assert_string_equal(io[io0].id, "io0");
	assert_int_equal(io[io0].poll_max_ns, 1000);
	assert_int_equal(io[!io0].poll_max_ns, 32768);
	assert_int_equal(qmp_set_poll_max(run->qmp, "io0", 5000, NULL), 0);
	assert_int_equal(qmp_query_iothreads(run->qmp, io, QMP_IOTHREADS_MAX, NULL), 2);
	assert_int_equal(io[io0].poll_max_ns, 5000);
}

static void check_refusals(const struct run *run)
{
	struct err err = { 0 };
	struct qmp_vcpu one;

	assert_true(qmp_set_poll_max(run->qmp, "none", 5, &err) < 0);
	assert_non_null(strstr(err.text, "qom-set: "));
	assert_int_equal(qmp_call(run->qmp, "no-such", NULL, NULL, &err), -ENOSYS);
	assert_non_null(strstr(err.text, "(CommandNotFound)"));
	assert_int_equal(qmp_query_cpus(run->qmp, &one, 1, &err), -E2BIG);
	assert_int_equal(qmp_call(run->qmp, "qmp_capabilities", NULL, NULL, &err), -ENOSYS);
}

static void check_stats(const struct run *run)
{
	struct qmp_stat *list = NULL;
	struct err err = { 0 };
	bool seen[2] = { false };
	int nr = qmp_query_stats(run->qmp, &list, &err);

	if (strcmp(run->accel, "kvm")) {
		assert_int_equal(nr, 0);
		return;
	}
	if (nr <= 0)
		fail_msg("%d %s", nr, err.text);
	for (int i = 0; i < nr; i++) {
		assert_in_range(list[i].vcpu, 0, 1);
		assert_null(strstr(list[i].name, "_hist"));
		seen[list[i].vcpu] |= !strcmp(list[i].name, "exits");
		if (strstr(list[i].name, "_ns"))
			assert_string_equal(list[i].unit, "seconds");
	}
	assert_true(seen[0] && seen[1]);
	free(list);
}

static void check_end(struct run *run)
{
	struct qmp_event event;
	const char *reason;
	char status[32];
	int how;

	assert_int_equal(qmp_query_status(run->qmp, status, sizeof(status), NULL), 0);
	assert_string_equal(status, "prelaunch");
	assert_int_equal(qmp_cont(run->qmp, NULL), 0);
	assert_int_equal(
	        qmp_wait_event(run->qmp, "RESUME", clock_now_ns() + TIMEOUT_NS, &event, NULL), 0);
	qmp_event_done(&event);
	assert_int_equal(qmp_query_status(run->qmp, status, sizeof(status), NULL), 0);
	assert_string_equal(status, "running");
	check_stats(run);
	assert_int_equal(qmp_quit(run->qmp, NULL), 0);
	assert_int_equal(
	        qmp_wait_event(run->qmp, "SHUTDOWN", clock_now_ns() + TIMEOUT_NS, &event, NULL), 0);
	assert_int_equal(json_get_string(event.data, "SHUTDOWN", "reason", &reason, NULL), 0);
	assert_string_equal(reason, "host-qmp-quit");
	qmp_event_done(&event);
	how = qemu_child_end(&run->pid);
	assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
	assert_int_equal(qmp_call(run->qmp, "query-status", NULL, NULL, NULL), -ECONNRESET);
	qmp_close(&run->qmp);
}

static void check(struct run run)
{
	struct qmp_block block[4];
	bool kvm = false;

	start(&run);
	assert_int_equal(qmp_query_kvm(run.qmp, &kvm, NULL), 0);
	assert_int_equal(kvm, !strcmp(run.accel, "kvm"));
	check_threads(&run);
	check_refusals(&run);
	assert_int_equal(qmp_query_blocks(run.qmp, block, 4, NULL), 1);
	assert_string_equal(block[0].qdev, "/machine/peripheral/disk0/virtio-backend");
	check_stats(&run);
	check_end(&run);
}

static void test_tcg(void **state)
{
	(void)state;
	check((struct run){ .accel = "tcg,thread=multi", .cpu = "max" });
}

static void test_kvm(void **state)
{
	CLEANUP(fd_close) int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	(void)state;
	if (fd < 0) {
		print_message("# /dev/kvm: %s\n", strerror(errno));
		skip();
	}
	check((struct run){ .accel = "kvm", .cpu = "qemu64" });
}

static void test_fake(void **state)
{
	(void)state;
	check((struct run){ .fake = true, .accel = "tcg,thread=multi", .cpu = "max" });
	check((struct run){ .fake = true, .accel = "kvm", .cpu = "qemu64" });
}

/* The largest answer that QEMU gives: one line of 207 kB. */
static void test_schema(void **state)
{
	CLEANUP(json_done) struct json_object *schema = NULL;
	struct run run = { .accel = "tcg,thread=multi", .cpu = "max" };

	(void)state;
	start(&run);
	assert_int_equal(qmp_call(run.qmp, "query-qmp-schema", NULL, &schema, NULL), 0);
	assert_true(json_object_array_length(schema) > 500);
	check_end(&run);
	json_done(&schema);
}

/* All vCPUs are one thread: no answer, rather than a wrong one. */
static void test_single(void **state)
{
	struct run run = { .accel = "tcg,thread=single", .cpu = "max" };
	struct qmp_vcpu vcpu[2];
	struct err err = { 0 };

	(void)state;
	start(&run);
	assert_int_equal(qmp_query_cpus(run.qmp, vcpu, 2, &err), -EINVAL);
	assert_non_null(strstr(err.text, "thread=single"));
	check_end(&run);
}

static void test_killed(void **state)
{
	struct run run = { .accel = "tcg,thread=multi", .cpu = "max" };
	struct err err = { 0 };

	(void)state;
	start(&run);
	kill(run.pid, SIGKILL);
	qemu_child_end(&run.pid);
	assert_int_equal(qmp_call(run.qmp, "query-status", NULL, NULL, &err), -ECONNRESET);
	assert_string_equal(err.text, "query-status: QEMU closed the QMP connection");
	qmp_close(&run.qmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcg),    cmocka_unit_test(test_kvm),
		cmocka_unit_test(test_fake),   cmocka_unit_test(test_schema),
		cmocka_unit_test(test_single), cmocka_unit_test(test_killed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("qmp_qemu", tests, NULL, NULL);
}

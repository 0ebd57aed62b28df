/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu_probe.c - what this host's QEMU and KVM can do. */
#include "qemu_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"
#include "json.h"
#include "plan.h"
#include "pump.h"
#include "qmp.h"
#include "qmp_query.h"
#include "text.h"

#define QEMU_NAME "qemu-system-x86_64"

static int find_on_path(char *ret, size_t size, struct err *err)
{
	const char *path = getenv("PATH");

	for (const char *from = path ? path : "/usr/bin"; *from;) {
		size_t len = strcspn(from, ":");

		if (len && snprintf(ret, size, "%.*s/%s", (int)len, from, QEMU_NAME) < (int)size &&
		    !access(ret, X_OK))
			return 0;
		from += len + (from[len] == ':');
	}
	ret[0] = '\0';
	return err_set(err, ENOENT, "no %s on PATH: apt-get install qemu-system-x86", QEMU_NAME);
}

/* Starts QEMU with the words given and a QMP socket; both are the caller's to end. */
static int start(struct pump *pump, int64_t timeout_ns, const char *qemu, const char *const *words,
                 struct child **ret_child, struct qmp **ret_qmp, struct err *err)
{
	const struct qmp_waiter waiter = { pump_wait_fd, pump };
	CLEANUP(child_end) struct child *child = NULL;
	CLEANUP(fd_close) int theirs = -1;
	static const char *const always[] = { "-nodefaults", "-no-user-config",
		                              "-display",    "none",
		                              "-mon",        "chardev=qmp,mode=control",
		                              "-chardev" };
	const char *argv[32];
	struct err ignored;
	char chardev[64];
	int pair[2], nr = 0, rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, "socketpair");
	theirs = pair[1];
	snprintf(chardev, sizeof(chardev), "socket,id=qmp,fd=%d", CHILD_FD_FIRST);
	argv[nr++] = qemu;
	for (int i = 0; words[i] && nr < 24; i++)
		argv[nr++] = words[i];
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		argv[nr++] = always[i];
	argv[nr++] = chardev;
	argv[nr] = NULL;
	rc = child_start(pump, &(struct child_wish){ .argv = argv, .fds = { theirs }, .nr_fds = 1 },
	                 &child, err);
	fd_close(&theirs);
	if (rc) {
		close(pair[0]);
		return rc;
	}
	rc = qmp_open(pair[0], &waiter, timeout_ns, ret_qmp, err);
	if (rc == -ECONNRESET && !child_wait(child, clock_now_ns() + 2 * NSEC_PER_SEC, &ignored))
		return child_explain(child, QEMU_NAME, err);
	if (rc)
		return rc;
	*ret_child = STEAL(&child);
	return 0;
}

static bool enum_has(struct json_object *entry, const char *word)
{
	struct json_object *values;

	if (json_get_array(entry, "schema", "values", &values, NULL))
		return false;
	for (size_t i = 0; i < json_object_array_length(values); i++) {
		struct json_object *value = json_object_array_get_idx(values, i);

		if (json_object_is_type(value, json_type_string) &&
		    !strcmp(json_object_get_string(value), word))
			return true;
	}
	return false;
}

/* BlockdevAioOptions is the one enum that has both "threads" and "native" (type names are hidden in the schema). */
static int read_aio(struct qmp *qmp, struct qemu_can *can, struct err *err)
{
	CLEANUP(json_done) struct json_object *schema = NULL;
	int rc = qmp_call(qmp, "query-qmp-schema", NULL, &schema, err);

	if (rc)
		return rc;
	if (!json_object_is_type(schema, json_type_array))
		return err_set(err, EPROTO, "query-qmp-schema: no list");
	for (size_t i = 0; i < json_object_array_length(schema); i++) {
		struct json_object *entry = json_object_array_get_idx(schema, i);

		if (!enum_has(entry, "threads") || !enum_has(entry, "native"))
			continue;
		can->aio_native = true;
		can->aio_io_uring = enum_has(entry, "io_uring");
	}
	return 0;
}

static bool cpu_flag(const char *flag)
{
	CLEANUP(file_close) FILE *file = fopen("/proc/cpuinfo", "re");
	CLEANUP(str_free) char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		char *at = strncmp(line, "flags", 5) ? NULL : line;

		while (at && (at = strstr(at, flag))) {
			char after = at[strlen(flag)];

			if (at[-1] == ' ' && (after == ' ' || after == '\n'))
				return true;
			at++;
		}
		if (!strncmp(line, "flags", 5))
			return false;
	}
	return false;
}

static void look_at_kvm(struct qemu_can *can)
{
	CLEANUP(fd_close) int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	can->kvm_hardware = cpu_flag("vmx") || cpu_flag("svm");
	can->kvm_device = fd >= 0;
	if (fd < 0)
		snprintf(can->kvm_why, sizeof(can->kvm_why), "/dev/kvm: %s%s", strerror(errno),
		         errno == ENOENT ? " (is the kvm_intel or kvm_amd module loaded?)"
		                         : " (is this user in the group kvm?)");
	else if (!can->kvm_hardware)
		snprintf(can->kvm_why, sizeof(can->kvm_why),
		         "/proc/cpuinfo has neither vmx nor svm, so /dev/kvm is software KVM");
}

int qemu_probe(struct pump *pump, int64_t timeout_ns, struct qemu_can *ret, struct err *err)
{
	static const char *const words[] = { "-M", "none", "-S", NULL };
	CLEANUP(child_end) struct child *child = NULL;
	CLEANUP(qmp_close) struct qmp *qmp = NULL;
	const char *text;
	int rc;

	*ret = (struct qemu_can){ 0 };
	look_at_kvm(ret);
	rc = find_on_path(ret->path, sizeof(ret->path), err);
	if (!rc)
		rc = start(pump, timeout_ns, ret->path, words, &child, &qmp, err);
	if (!rc)
		rc = read_aio(qmp, ret, err);
	if (rc)
		return rc;
	ret->version = qmp_version(qmp, &text);
	text_copy(ret->version_text, sizeof(ret->version_text), text);
	return qmp_quit(qmp, err);
}

int qemu_probe_kvm_cpu(struct pump *pump, int64_t timeout_ns, struct qemu_can *can, struct err *err)
{
	static const char *const models[] = { "host", "host,-arch-capabilities", "qemu64" };

	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		const char *const words[] = { "-M",      "q35,kernel-irqchip=split",
			                      "-S",      "-accel",
			                      "kvm",     "-cpu",
			                      models[i], NULL };
		CLEANUP(child_end) struct child *child = NULL;
		CLEANUP(qmp_close) struct qmp *qmp = NULL;
		int rc = start(pump, timeout_ns, can->path, words, &child, &qmp, err);

		if (rc == -EINTR)
			return rc;
		if (rc)
			continue;
		text_copy(can->kvm_cpu, sizeof(can->kvm_cpu), models[i]);
		can->kvm_host_cpu = i == 0;
		return qmp_quit(qmp, err);
	}
	return err_in(err, "no CPU model starts under KVM");
}

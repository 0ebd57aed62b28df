/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu_probe.c - what this host's QEMU and KVM can do. */
#include "qemu_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"
#include "confine.h"
#include "json.h"
#include "plan.h"
#include "pump.h"
#include "qmp.h"
#include "qmp_query.h"
#include "text.h"

/* A QEMU that was started to be asked. */
struct asked {
	struct child *child;
	struct qmp *qmp;
};

static void asked_done(struct asked *asked)
{
	qmp_close(&asked->qmp);
	child_end(&asked->child);
}

/* How to start what is asked. */
struct question {
	struct pump *pump;
	int64_t timeout_ns; /* of each answer */
	const struct confine *confine;
	const char *qemu;
	int kvm_fd; /* which QEMU cannot open itself, or -1 */
};

static int start_child(const struct question *question, const char *const *words, int fd,
                       struct child **ret, struct err *err)
{
	static const char *const always[] = {
		"-S",   "-nodefaults", "-no-user-config",          "-display",
		"none", "-mon",        "chardev=qmp,mode=control", "-chardev"
	};
	struct child_wish wish = { .confine = question->confine };
	char chardev[64], set[32];
	const char *argv[32];
	int nr = 0, rc;

	snprintf(chardev, sizeof(chardev), "socket,id=qmp,fd=%d", child_gets(&wish, fd));
	argv[nr++] = question->qemu;
	if (question->kvm_fd >= 0) {
		snprintf(set, sizeof(set), "fd=%d,set=1", child_gets(&wish, question->kvm_fd));
		argv[nr++] = "-add-fd";
		argv[nr++] = set;
	}
	for (int i = 0; words[i] && nr < 20; i++)
		argv[nr++] = words[i];
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		argv[nr++] = always[i];
	argv[nr++] = chardev;
	argv[nr] = NULL;
	wish.argv = argv;
	rc = child_start(question->pump, &wish, ret, err);
	if (rc == -ENOEXEC)
		return err_set(err, ENOEXEC,
		               "--qemu: %.300s is not a program for this machine's CPU",
		               question->qemu);
	return rc;
}

/* -ECHILD with QEMU's last words where it ended: then *ret has the child only. */
static int start(const struct question *question, const char *const *words, struct asked *ret,
                 struct err *err)
{
	const struct qmp_waiter waiter = { pump_wait_fd, question->pump };
	CLEANUP(fd_close) int ours = -1, theirs = -1;
	struct err ignored;
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, "socketpair");
	ours = pair[0];
	theirs = pair[1];
	rc = start_child(question, words, theirs, &ret->child, err);
	fd_close(&theirs);
	if (rc)
		return rc;
	rc = qmp_open(STEAL_FD(&ours), &waiter, question->timeout_ns, &ret->qmp, err);
	if (rc == -ECONNRESET &&
	    !child_wait(ret->child, clock_now_ns() + 2 * NSEC_PER_SEC, &ignored))
		return child_explain(ret->child, question->qemu, err);
	return rc;
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

void qemu_look_at_kvm(const struct confine *confine, struct qemu_can *can)
{
	CLEANUP(fd_close) int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct stat st;

	can->kvm_hardware = cpu_flag("vmx") || cpu_flag("svm");
	can->kvm_device = fd >= 0;
	can->kvm_by_fd = fd >= 0 && !fstat(fd, &st) && !confine_can_open(confine, &st);
	if (fd < 0)
		snprintf(can->kvm_why, sizeof(can->kvm_why), "/dev/kvm: %s%s", strerror(errno),
		         errno == ENOENT ? " (is the kvm_intel or kvm_amd module loaded?)"
		                         : " (is this user in the group kvm?)");
	else if (!can->kvm_hardware)
		snprintf(can->kvm_why, sizeof(can->kvm_why),
		         "/proc/cpuinfo has neither vmx nor svm, so /dev/kvm is software KVM");
}

/* One that emulates other CPUs would start, and end at the first option that it does not know. */
static int check_target(struct qmp *qmp, const char *path, struct err *err)
{
	CLEANUP(json_done) struct json_object *target = NULL;
	const char *arch;
	int rc = qmp_call(qmp, "query-target", NULL, &target, err);

	if (!rc)
		rc = json_get_string(target, "query-target", "arch", &arch, err);
	if (rc || !strcmp(arch, "x86_64"))
		return rc;
	return err_set(err, EINVAL, "--qemu: %.300s emulates %.20s, and qlaunch needs x86_64", path,
	               arch);
}

static int read_answers(struct asked *asked, struct qemu_can *can, struct err *err)
{
	const char *text;
	int rc = check_target(asked->qmp, can->path, err);

	if (!rc)
		rc = read_aio(asked->qmp, can, err);
	if (rc)
		return rc;
	can->version = qmp_version(asked->qmp, &text);
	text_copy(can->version_text, sizeof(can->version_text), text);
	return qmp_quit(asked->qmp, err);
}

/* Asked only of a program that ended where a QEMU would answer. */
static int check_is_qemu(const struct question *question, struct err *err)
{
	static const char sign[] = "QEMU emulator version";
	const char *const argv[] = { question->qemu, "-version", NULL };
	CLEANUP(child_end) struct child *child = NULL;
	const struct child_wish wish = { .argv = argv, .confine = question->confine };
	int rc = child_start(question->pump, &wish, &child, err);

	if (!rc)
		rc = child_wait(child, clock_now_ns() + question->timeout_ns, err);
	if (rc)
		return err_in(err, "--qemu: %.100s -version", question->qemu);
	if (memmem(child->stderr_tail, child->stderr_used, sign, sizeof(sign) - 1))
		return 0;
	return err_set(err, EINVAL, "--qemu: %.300s is not QEMU: its -version does not say '%s'",
	               question->qemu, sign);
}

/* Its own decision, which it will make again: not a signal from outside, and not for want of memory. */
static bool is_refusal(const struct child *child)
{
	static const char memory[] = "memory";

	if (!child->exited || memmem(child->stderr_tail, child->stderr_used, memory, 6))
		return false;
	return child->code == CLD_EXITED || child->status == SIGABRT;
}

/* Newer QEMUs take the device as an fd. */
static const char *kvm_words(const struct question *question)
{
	return question->kvm_fd >= 0 ? "kvm,device=/dev/fdset/1" : "kvm";
}

/* The first of the models that starts.  -ECHILD with the words about the last one where none does. */
static int try_models(const struct question *question, struct qemu_can *can, struct asked *ret,
                      struct err *err)
{
	static const char *const models[] = { "host", "host,-arch-capabilities", "qemu64" };
	int rc = -ECHILD;

	for (size_t i = 0; i < ARRAY_SIZE(models) && rc == -ECHILD; i++) {
		const char *const words[] = { "-M",     "q35,kernel-irqchip=split",
			                      "-cpu",   models[i],
			                      "-accel", kvm_words(question),
			                      NULL };

		asked_done(ret);
		rc = start(question, words, ret, err);
		if (!rc)
			text_copy(can->kvm_cpu, sizeof(can->kvm_cpu), models[i]);
		else if (rc == -ECHILD)
			can->is_unsure |= !is_refusal(ret->child);
	}
	return rc;
}

/* What kept QEMU from KVM where we pass it the device and it knows no such option: its user's rights. */
static void explain_no_fd(const struct confine *confine, struct qemu_can *can)
{
	struct stat st;

	if (!strstr(can->no_kvm, "device") || stat("/dev/kvm", &st))
		return;
	snprintf(can->no_kvm, sizeof(can->no_kvm),
	         "uid %u, which QEMU runs as, may not open /dev/kvm (mode %04o, group %u): give it "
	         "a group (chgrp kvm, chmod 660) or say --user root",
	         confine->who.uid, st.st_mode & 07777, st.st_gid);
}

int qemu_probe(struct pump *pump, int64_t timeout_ns, const struct confine *confine,
               enum probe probe, struct qemu_can *can, struct err *err)
{
	bool by_fd = probe != PROBE_TCG && can->kvm_by_fd;
	CLEANUP(fd_close) int kvm_fd = by_fd ? open("/dev/kvm", O_RDWR | O_CLOEXEC) : -1;
	const struct question question = { pump, timeout_ns, confine, can->path, kvm_fd };
	const char *const words[] = { "-M", "none", "-accel",
		                      probe == PROBE_TCG ? "tcg" : kvm_words(&question), NULL };
	CLEANUP(asked_done) struct asked asked = { 0 };
	struct err why;
	int rc = probe == PROBE_KVM_CPU ? try_models(&question, can, &asked, &why)
	                                : start(&question, words, &asked, &why);

	if (!rc)
		return read_answers(&asked, can, err);
	if (rc != -ECHILD) {
		*err = why;
		return rc;
	}
	text_copy(probe == PROBE_TCG ? can->no_tcg : can->no_kvm, sizeof(can->no_kvm), why.text);
	if (by_fd)
		explain_no_fd(confine, can);
	return check_is_qemu(&question, err);
}

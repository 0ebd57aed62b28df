/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checks.c - asks the host the questions that a launch would stumble over. */
#include "checks.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "confine.h"
#include "counters.h"
#include "counters_right.h"
#include "landlock.h"
#include "observe.h"
#include "paths.h"
#include "plan.h"
#include "policy.h"
#include "predict.h"
#include "process.h"
#include "qemu_probe.h"
#include "rt_limit.h"
#include "session.h"
#include "text.h"

static void check_qemu(struct session *session, const struct spec *spec, struct check *ret)
{
	const struct qemu_can *can;
	struct err err;

	if (session_probe(session, spec, ASK_ONLY, &err)) {
		ret->verdict = CHECK_BAD;
		text_copy(ret->found, sizeof(ret->found), err.text);
		if (!spec->qemu)
			text_copy(ret->mend, sizeof(ret->mend),
			          "apt-get install -y qemu-system-x86");
		return;
	}
	can = session_qemu(session, spec);
	snprintf(ret->found, sizeof(ret->found), "%.200s, version %s", can->path,
	         can->version ? can->version_text : "unknown");
}

static void check_kvm(struct session *session, const struct spec *spec, struct check *ret)
{
	const struct qemu_can *can = session_qemu(session, spec);

	if (can->kvm_device && can->kvm_hardware && !can->no_kvm[0]) {
		snprintf(ret->found, sizeof(ret->found), "hardware KVM%s%s",
		         can->kvm_cpu[0] ? ", -cpu " : "", can->kvm_cpu);
		return;
	}
	ret->verdict = CHECK_LIMITED;
	if (can->no_kvm[0]) {
		snprintf(ret->found, sizeof(ret->found), "%.280s", can->no_kvm);
		text_copy(ret->mend, sizeof(ret->mend),
		          can->kvm_by_fd ? "chgrp kvm /dev/kvm; chmod 660 /dev/kvm; or --user root"
		                         : "use a QEMU that is built with KVM (--qemu FILE)");
		return;
	}
	snprintf(ret->found, sizeof(ret->found), "%.200s; --accel auto takes TCG", can->kvm_why);
	text_copy(
	        ret->mend, sizeof(ret->mend),
	        can->kvm_device
	                ? "use a host with vmx or svm: a stock 64-bit Linux does not boot on software KVM"
	                : "modprobe kvm_intel (or kvm_amd); add yourself to the group kvm");
}

/* Asked also where KVM is taken: a QEMU without it is no fault there, but --accel tcg is refused. */
static void check_tcg(struct session *session, const struct spec *spec, struct check *ret)
{
	const struct qemu_can *can = session_qemu(session, spec);
	struct spec tcg = *spec;
	struct err err;

	tcg.accel = ACCEL_TCG;
	if (!can->path[0] || session_probe(session, &tcg, ASK_ONLY, &err)) {
		ret->verdict = CHECK_LIMITED;
		snprintf(ret->found, sizeof(ret->found), "%.280s",
		         can->path[0] ? err.text : "no QEMU was found to ask");
		return;
	}
	can = session_qemu(session, &tcg);
	if (!can->no_tcg[0]) {
		text_copy(ret->found, sizeof(ret->found), "QEMU has it");
		return;
	}
	ret->verdict = CHECK_LIMITED;
	snprintf(ret->found, sizeof(ret->found), "%.280s", can->no_tcg);
	text_copy(ret->mend, sizeof(ret->mend),
	          "needed without KVM only: apt-get install qemu-system-common "
	          "(accel-tcg-x86_64.so), or a QEMU built with TCG");
}

static void check_confine(struct session *session, const struct spec *spec, struct check *ret)
{
	CLEANUP(confine_done) struct confine confine = { 0 };
	struct err err;

	if (session_confine(session, spec, 0, &confine, &err)) {
		ret->verdict = CHECK_BAD;
		snprintf(ret->found, sizeof(ret->found), "%.280s", err.text);
		text_copy(ret->mend, sizeof(ret->mend), "--user NAME, or --user root");
		return;
	}
	confine_describe(&confine, ret->found, sizeof(ret->found));
	if (!landlock_abi()) {
		ret->verdict = CHECK_LIMITED;
		text_copy(
		        ret->mend, sizeof(ret->mend),
		        "Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK, and landlock in lsm=");
	} else if (!confine.changes_uid && !geteuid()) {
		ret->verdict = CHECK_LIMITED;
		text_copy(ret->mend, sizeof(ret->mend),
		          "uid 0 owns root's files: start qlaunch with CAP_SETUID, CAP_SETGID, "
		          "CAP_KILL and CAP_SYS_NICE, without --user root");
	}
}

static void check_cpus(struct session *session, const struct spec *spec, struct check *ret)
{
	char allowed[100], isolated[64];
	size_t used;

	(void)spec;
	cpuset_format(&session->host.allowed, allowed, sizeof(allowed));
	cpuset_format(&session->host.isolated, isolated, sizeof(isolated));
	snprintf(ret->found, sizeof(ret->found), "allowed %s, isolated %s, %d NUMA nodes", allowed,
	         isolated[0] ? isolated : "none", session->host.nr_nodes);
	used = strlen(ret->found);
	if (session->inherited[0])
		snprintf(ret->found + used, sizeof(ret->found) - used, "; inherited: %.120s",
		         session->inherited);
	if (cpuset_count(&session->host.allowed) > 1)
		return;
	ret->verdict = CHECK_LIMITED;
	text_copy(ret->mend, sizeof(ret->mend),
	          "a pinned vCPU needs a second CPU for the emulator: add CPUs");
}

/* A command that works here as it stands.  The capability of a file is cut by the bounding set and by no_new_privs. */
static void mend_realtime(struct check *ret)
{
	struct rlimit rtprio = { 0 };
	char exe[220] = "";

	getrlimit(RLIMIT_RTPRIO, &rtprio);
	if (rtprio.rlim_max)
		snprintf(ret->mend, sizeof(ret->mend), "ulimit -r %lu",
		         rtprio.rlim_max < 99 ? (unsigned long)rtprio.rlim_max : 99);
	else if (prctl(PR_CAPBSET_READ, CAP_SYS_NICE, 0, 0, 0) != 1 ||
	         prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		text_copy(ret->mend, sizeof(ret->mend),
		          "start it where CAP_SYS_NICE may be had (a container: --cap-add "
		          "SYS_NICE; systemd: CapabilityBoundingSet=, NoNewPrivileges=)");
	else if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0)
		snprintf(ret->mend, sizeof(ret->mend), "as root: setcap cap_sys_nice+ep '%s'", exe);
}

/* FIFO 1 on a child that only waits to be killed: the one honest way to ask. */
static void check_realtime(struct session *session, const struct spec *spec, struct check *ret)
{
	const struct policy fifo = { .class = SCHED_FIFO, .level = 1 };
	struct rt_limit limit;
	char words[300];
	struct err err;
	pid_t pid = process_fork();

	(void)session;
	(void)spec;
	if (pid == 0) {
		pause();
		_exit(0);
	}
	if (pid < 0) {
		ret->verdict = CHECK_BAD;
		text_copy(ret->found, sizeof(ret->found), "fork failed");
		return;
	}
	if (policy_apply(pid, &fifo, &err)) {
		ret->verdict = CHECK_LIMITED;
		snprintf(ret->found, sizeof(ret->found), "%.280s", err.text);
		mend_realtime(ret);
	} else {
		rt_limit_read(&limit);
		rt_limit_format(&limit, words, sizeof(words));
		snprintf(ret->found, sizeof(ret->found), "SCHED_FIFO is allowed; %.270s", words);
	}
	process_end(pid);
}

static void check_pmu(struct session *session, const struct spec *spec, struct check *ret)
{
	CLEANUP(caps_lower) int perfmon = caps_raise(CAP_PERFMON), admin = observe_raise_admin();
	bool have = counters_have_pmu(ret->found, sizeof(ret->found));
	bool user_only = counters_user_only_now();

	(void)session;
	(void)spec;
	(void)perfmon, (void)admin;
	if (have)
		text_copy(ret->found, sizeof(ret->found), "hardware counters open");
	if (user_only)
		snprintf(ret->found + strlen(ret->found), sizeof(ret->found) - strlen(ret->found),
		         "; counted in user mode only, of host and guest");
	if (have && !user_only)
		return;
	ret->verdict = CHECK_LIMITED;
	if (user_only || strstr(ret->found, "perf_event_paranoid"))
		snprintf(ret->mend, sizeof(ret->mend),
		         "run as root (%s), or: sysctl kernel.perf_event_paranoid=1",
		         counters_need_admin() ? "CAP_SYS_ADMIN" : "CAP_PERFMON");
}

static void check_io_uring(struct session *session, const struct spec *spec, struct check *ret)
{
	char value[16];
	int n = text_read_file("/proc/sys/kernel/io_uring_disabled", value, sizeof(value), NULL);
	long fd;

	(void)session;
	(void)spec;
	errno = 0;
	fd = syscall(SYS_io_uring_setup, 0,
	             NULL); /* EINVAL or EFAULT where it is there, EPERM or ENOSYS where not */
	if (fd >= 0)
		close((int)fd);
	if (errno != EPERM && errno != ENOSYS) {
		text_copy(ret->found, sizeof(ret->found), "io_uring is allowed");
		return;
	}
	ret->verdict = CHECK_BAD;
	snprintf(ret->found, sizeof(ret->found), "io_uring is refused (%s)%s%s", strerror(errno),
	         n > 0 ? ", kernel.io_uring_disabled=" : "", n > 0 ? value : "");
	text_copy(ret->mend, sizeof(ret->mend), "sysctl kernel.io_uring_disabled=0");
}

static void check_qload(struct session *session, const struct spec *spec, struct check *ret)
{
	struct err err;

	(void)spec;
	if (!paths_qload(session->qload, sizeof(session->qload), &err)) {
		snprintf(ret->found, sizeof(ret->found), "%.280s", session->qload);
		return;
	}
	ret->verdict = CHECK_BAD;
	snprintf(ret->found, sizeof(ret->found), "%.280s", err.text);
	text_copy(ret->mend, sizeof(ret->mend), "make && make install");
}

/* What bench would boot, without getting it. */
static void check_kernel(struct session *session, const struct spec *spec, struct check *ret)
{
	char cache[4096];
	struct kernel_wish wish = { .kernel = spec->kernel,
		                    .modules = spec->modules,
		                    .cache = cache };
	struct kernel kernel;
	struct err err;
	int rc = paths_cache_name(cache, sizeof(cache), &err);

	(void)session;
	if (!rc)
		rc = kernel_look(&wish, &kernel, &err);
	if (rc < 0) {
		ret->verdict = CHECK_BAD;
		snprintf(ret->found, sizeof(ret->found), "%.280s", err.text);
		text_copy(ret->mend, sizeof(ret->mend), "name a bzImage with --kernel");
		return;
	}
	if (!rc) {
		snprintf(ret->found, sizeof(ret->found), "%.280s", kernel.path);
		return;
	}
	ret->verdict = CHECK_LIMITED;
	snprintf(ret->found, sizeof(ret->found), "none for bench here yet");
	snprintf(ret->mend, sizeof(ret->mend), "none needed: Linux %.100s is downloaded once",
	         kernel.version);
}

static int make_plan(struct session *session, const struct spec *spec, struct plan *plan,
                     struct err *err)
{
	struct spec whole = *spec;
	int rc;

	plan_inherit(&whole, &session->host);
	rc = plan_make(&whole, &session->host, session_qemu(session, spec), plan, err);
	return rc ? rc : rlimits_check(&session->limits, &whole, plan, err);
}

/* Would the knobs that were given be carried out? */
static void check_plan(struct session *session, const struct spec *spec, struct check *ret)
{
	CLEANUP(plan_free) struct plan *plan = calloc(1, sizeof(*plan));
	struct err err = { 0 };

	if (!plan || make_plan(session, spec, plan, &err)) {
		ret->verdict = CHECK_BAD;
		snprintf(ret->found, sizeof(ret->found), "%.280s",
		         plan ? err.text : "out of memory");
		return;
	}
	snprintf(ret->found, sizeof(ret->found), "vCPUs %d, %.200s", plan->vcpus,
	         plan->guest ? plan->accel_why : "native");
}

static void take_prediction(const struct prediction *prediction, struct check *ret)
{
	ret->verdict = prediction->is_short ? CHECK_LIMITED : CHECK_GOOD;
	text_copy(ret->found, sizeof(ret->found), prediction->found);
	text_copy(ret->mend, sizeof(ret->mend), prediction->mend);
}

static void check_quota(struct session *session, const struct spec *spec, struct check *ret)
{
	CLEANUP(plan_free) struct plan *plan = calloc(1, sizeof(*plan));
	struct prediction prediction;
	struct err err;
	bool is_made = plan && !make_plan(session, spec, plan, &err);

	predict_quota(is_made ? plan : NULL, &prediction);
	take_prediction(&prediction, ret);
}

static void check_steal(struct session *session, const struct spec *spec, struct check *ret)
{
	struct prediction prediction;

	(void)session;
	(void)spec;
	predict_steal(&prediction);
	take_prediction(&prediction, ret);
}

static void check_memlock(struct session *session, const struct spec *spec, struct check *ret)
{
	struct rlimit limit;
	char text[32];

	(void)session;
	(void)spec;
	getrlimit(RLIMIT_MEMLOCK, &limit);
	text_format_size(limit.rlim_cur, text, sizeof(text));
	snprintf(ret->found, sizeof(ret->found), "locked memory: %s",
	         limit.rlim_cur == RLIM_INFINITY ? "unlimited" : text);
	if (limit.rlim_cur >= (8 << 20))
		return;
	ret->verdict = CHECK_LIMITED;
	text_copy(ret->mend, sizeof(ret->mend),
	          "ulimit -l 8192: io_uring's registered buffers need it on old kernels");
}

int checks_make(struct session *session, const struct spec *spec, struct check *ret)
{
	static const struct {
		const char *name;
		void (*look)(struct session *session, const struct spec *spec, struct check *ret);
	} questions[] = {
		{ "qemu", check_qemu },       { "kvm", check_kvm },
		{ "tcg", check_tcg },         { "confine", check_confine },
		{ "cpus", check_cpus },       { "realtime", check_realtime },
		{ "quota", check_quota },     { "steal", check_steal },
		{ "pmu", check_pmu },         { "io_uring", check_io_uring },
		{ "qload", check_qload },     { "kernel", check_kernel },
		{ "memlock", check_memlock }, { "plan", check_plan },
	};

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		ret[i] = (struct check){ .name = questions[i].name };
		questions[i].look(session, spec, &ret[i]);
	}
	return ARRAY_SIZE(questions);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target_vm.c - starts QEMU still, learns its threads, places them, lets it go. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"
#include "caps.h"
#include "channel.h"
#include "child.h"
#include "cleanup.h"
#include "confine.h"
#include "confine_words.h"
#include "console.h"
#include "disk.h"
#include "nonce.h"
#include "placement.h"
#include "plan.h"
#include "progress.h"
#include "pump.h"
#include "qemu_args.h"
#include "qmp.h"
#include "result.h"
#include "session.h"
#include "target.h"
#include "text.h"
#include "vm_inputs.h"

/* Of the built-in guest: 3 s under TCG on an idle machine.  On software KVM a guest that boots at all runs about as fast
 * as the host. */
#define BOOT_NS          (180 * NSEC_PER_SEC)
#define BOOT_SOFTWARE_NS (20 * NSEC_PER_SEC)

/* Both ends of the sockets that QEMU gets, while it is being started. */
struct wires {
	int qmp, console, load, agent; /* ours */
	int scratch; /* a description of its own: QEMU sets flags and locks on it */
	int kvm;
	struct qemu_fds theirs;
};

static void wires_done(struct wires *wires)
{
	fd_close(&wires->qmp);
	fd_close(&wires->console);
	fd_close(&wires->load);
	fd_close(&wires->agent);
	fd_close(&wires->scratch);
	fd_close(&wires->kvm);
	fd_close(&wires->theirs.qmp);
	fd_close(&wires->theirs.console);
	fd_close(&wires->theirs.load);
	fd_close(&wires->theirs.agent);
}

static int make_pair(int *ours, int *theirs, struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, "socketpair");
	*ours = pair[0];
	*theirs = pair[1];
	return 0;
}

static int reopen_scratch(const struct session *session, const struct vm_wish *wish,
                          struct wires *wires, struct err *err)
{
	const struct scratch *scratch = session_scratch_of(session, wish->vm);
	bool direct = plan_is_direct(wish->plan->cache);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", scratch->fd);
	wires->scratch = open(path,
	                      O_RDWR | O_CLOEXEC | (direct && scratch->direct ? O_DIRECT : 0));
	if (wires->scratch < 0)
		return err_sys(err, "the scratch");
	return 0;
}

/* QEMU 9.1 and later take a descriptor only where its O_DIRECT is what the cache mode asks for. */
static int open_disks_as_cached(const struct vm_wish *wish, struct err *err)
{
	int rc = 0;

	if (wish->builtin || !plan_is_direct(wish->plan->disk_cache))
		return 0;
	for (int i = 0; i < wish->spec->nr_disks && !rc; i++) {
		rc = disk_set_direct(wish->disks[i].fd, wish->disks[i].path, err);
		if (!rc && wish->spec->snapshot)
			rc = disk_set_direct(wish->overlays[i], "the overlay of --snapshot", err);
		for (int k = 0; k < wish->disks[i].nr_layers && !rc; k++)
			rc = disk_set_direct(wish->disks[i].layer[k].fd, "a backing file", err);
	}
	return rc;
}

static int make_wires(const struct session *session, const struct vm_wish *wish,
                      struct wires *wires, struct err *err)
{
	int rc = make_pair(&wires->qmp, &wires->theirs.qmp, err);

	if (!rc)
		rc = make_pair(&wires->console, &wires->theirs.console, err);
	if (!rc && wish->builtin)
		rc = make_pair(&wires->load, &wires->theirs.load, err);
	if (!rc && spec_waits_for_agent(wish->spec))
		rc = make_pair(&wires->agent, &wires->theirs.agent, err);
	if (!rc && wish->builtin && session_scratch_of(session, wish->vm))
		rc = reopen_scratch(session, wish, wires, err);
	if (!rc && wish->plan->kvm && session_qemu(session, wish->spec)->kvm_by_fd)
		wires->theirs.kvm = wires->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	wires->theirs.scratch = wires->scratch;
	for (int i = 0; i < wish->spec->nr_disks && !wish->builtin; i++) {
		wires->theirs.disk[i] = wish->disks[i].fd;
		wires->theirs.overlay[i] = wish->overlays ? wish->overlays[i] : -1;
		for (int k = 0; k < wish->disks[i].nr_layers; k++)
			wires->theirs.backing[i][k] = wish->disks[i].layer[k].fd;
	}
	return rc ? rc : open_disks_as_cached(wish, err);
}

/* The file that is started; its version is added once it has said it. */
static void record_qemu(struct json_object *vm, const struct qemu_can *can)
{
	json_object_object_add(vm, "qemu_path", json_object_new_string(can->path));
	json_object_object_add(vm, "qemu_sha256",
	                       can->sha256[0] ? json_object_new_string(can->sha256) : NULL);
	if (!can->sha256[0])
		json_object_object_add(vm, "qemu_sha256_why",
		                       json_object_new_string(can->sha256_why));
}

/* Copies for a QEMU of another user, which may not reach the files; else QEMU opens them by name. */
static int give_boot_files(struct session *session, const struct vm_wish *wish,
                           struct confine *confine, struct wires *wires, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);
	const char *kernel = wish->builtin ? session->kernel.path : wish->spec->kernel;
	const char *initrd = wish->builtin ? session->initrd : wish->spec->initrd;
	int rc = 0;

	(void)raised;
	if (!confine->changes_uid) {
		if (kernel)
			strv_add(&confine->read, kernel);
		if (initrd)
			strv_add(&confine->read, initrd);
		return 0;
	}
	if (kernel)
		rc = sealed_copy(&session->kernel_copy, kernel, err);
	if (!rc && kernel)
		wires->theirs.kernel = session->kernel_copy.fd;
	if (!rc && initrd)
		rc = sealed_copy(&session->initrd_copy, initrd, err);
	if (!rc && initrd)
		wires->theirs.initrd = session->initrd_copy.fd;
	return rc;
}

/* What it can write at most: each image whole, once more than it is, and a quarter for a qcow2's tables. */
static uint64_t largest_file(const struct vm_wish *wish)
{
	uint64_t largest = wish->spec->scratch_bytes;
	struct stat st;

	if (wish->spec->qemu_args)
		return 0; /* words may name any file */
	for (int i = 0; i < wish->spec->nr_disks && !wish->builtin; i++) {
		uint64_t bytes = wish->disks[i].bytes;

		bytes += bytes / 4 + (fstat(wish->disks[i].fd, &st) ? 0 : (uint64_t)st.st_size);
		if (bytes > largest)
			largest = bytes;
	}
	return largest + (1ULL << 30);
}

/* Such a backing file is found by QEMU itself, from the disk's name, and so on down the chain.  It locks each. */
static void allow_chain(const struct disk_info *disk, struct confine *confine)
{
	char image[SPEC_PATH_MAX], backing[SPEC_PATH_MAX];

	strv_add(&confine->named, disk->path);
	strv_add(&confine->write, disk->path);
	text_copy(image, sizeof(image), disk->path);
	for (int depth = 0; depth < QEMU_LAYERS_MAX && disk_backing(image, backing); depth++) {
		strv_add(&confine->named, backing);
		strv_add(&confine->read, backing);
		memcpy(image, backing, sizeof(image));
	}
}

static void allow_named_disks(const struct vm_wish *wish, struct confine *confine)
{
	for (int i = 0; i < wish->spec->nr_disks && !wish->builtin; i++) {
		if (wish->disks[i].has_backing && !wish->disks[i].nr_layers)
			allow_chain(&wish->disks[i], confine);
	}
}

static int confine_vm(struct session *session, const struct vm_wish *wish, struct wires *wires,
                      struct confine *ret, struct err *err)
{
	int rc = session_confine(session, wish->spec, wish->vm, ret, err);

	if (!rc)
		rc = give_boot_files(session, wish, ret, wires, err);
	if (!rc)
		rc = confine_words(wish->spec->qemu_args, ret, err);
	if (!rc)
		rc = confine_words_check_servers(ret, true, err);
	allow_named_disks(wish, ret);
	ret->file_bytes = largest_file(wish);
	return rc;
}

static void record_confine(const struct confine *confine, struct json_object *vm)
{
	uid_t uid = confine->changes_uid ? confine->who.uid : geteuid();

	json_object_object_add(vm, "uid", json_object_new_int64(uid));
	json_object_object_add(vm, "landlock",
	                       confine->landlock ? json_object_new_int(confine->landlock) : NULL);
}

/* argv may name copies of them. */
static void record_boot_files(const struct qemu_inputs *in, struct json_object *vm)
{
	if (in->kernel)
		json_object_object_add(vm, "kernel", json_object_new_string(in->kernel));
	if (in->initrd)
		json_object_object_add(vm, "initrd", json_object_new_string(in->initrd));
}

static void record_vm(struct target *target, const struct spec *spec, const struct plan *plan,
                      const struct strv *args)
{
	struct session *session = target->session;
	struct json_object *argv = json_object_new_array();

	for (int i = 0; i < args->nr; i++)
		json_object_array_add(argv, json_object_new_string(args->v[i]));
	target->kvm = plan->kvm;
	target->vm = json_object_new_object();
	record_qemu(target->vm, session_qemu(session, spec));
	json_object_object_add(target->vm, "accel",
	                       json_object_new_string(plan->kvm ? "kvm" : "tcg"));
	json_object_object_add(target->vm, "accel_why", json_object_new_string(plan->accel_why));
	json_object_object_add(target->vm, "kvm_modules",
	                       plan->kvm ? json_object_get(session_kvm_modules(session)) : NULL);
	if (session->kernel.version[0])
		json_object_object_add(target->vm, "guest_kernel",
		                       json_object_new_string(session->kernel.version));
	json_object_object_add(target->vm, "argv", argv);
}

static int start_qemu(struct target *target, const struct vm_wish *wish, struct wires *wires,
                      const char *nonce, struct err *err)
{
	CLEANUP(strv_done) struct strv args = { 0 };
	struct session *session = target->session;
	CLEANUP(confine_done) struct confine confine = { 0 };
	struct child_wish child = { .cpus = &wish->plan->emulator, .confine = &confine };
	struct vm_inputs in;
	struct qemu_fds fds;
	int rc = confine_vm(session, wish, wires, &confine, err);

	if (rc)
		return rc;
	vm_fds(&wires->theirs, &child, &fds);
	session_check_qemu(session, wish->spec);
	rc = vm_inputs(wish, session_qemu(session, wish->spec), &fds, session->kernel.path,
	               session->initrd, nonce, &in, err);
	if (!rc)
		rc = qemu_args(&in.qemu, &args, err);
	if (rc)
		return rc;
	record_vm(target, wish->spec, wish->plan, &args);
	record_boot_files(&in.qemu, target->vm);
	record_confine(&confine, target->vm);
	child.argv = (const char *const *)args.v;
	rc = child_start(session->pump, &child, &target->child, err);
	session_host(
	        session); /* while QEMU starts: a line needs it, a launch must not wait for it */
	return rc;
}

/* The plan was made for another one where the file, or what it executes, was replaced meanwhile. */
static int take_version(struct target *target, const struct qemu_can *can, struct err *err)
{
	const char *text;
	int version = qmp_version(target->qmp, &text);

	json_object_object_add(target->vm, "qemu", json_object_new_string(text));
	if (version == can->version)
		return 0;
	return err_set(err, ESTALE, "%.200s is QEMU %.60s now, and was %.60s when it was asked",
	               can->path, text, can->version_text);
}

/* Sent together: QEMU answers the first only when its machine is built. */
static const char *const first_questions[] = { "query-status", "query-kvm", "query-cpus-fast",
	                                       "query-iothreads" };

/* Greets QEMU and checks that it is what was asked for: stopped, with the accelerator and vCPUs of the plan. */
static int meet_qemu(struct target *target, const struct vm_wish *wish, int qmp_fd, struct err *err)
{
	const struct qmp_waiter waiter = { pump_wait_fd, target->session->pump };
	const struct plan *plan = wish->plan;
	char status[32];
	bool kvm;
	int rc = qmp_open(qmp_fd, &waiter, target->qmp_timeout_ns, &target->qmp, err);

	for (size_t i = 0; !rc && i < ARRAY_SIZE(first_questions); i++)
		rc = qmp_ask(target->qmp, first_questions[i], err);
	if (!rc)
		rc = take_version(target, session_qemu(target->session, wish->spec), err);
	if (!rc)
		rc = qmp_query_status(target->qmp, status, sizeof(status), err);
	if (!rc && strcmp(status, "prelaunch"))
		rc = err_set(err, EPROTO, "QEMU is '%.30s' where it should wait in 'prelaunch'",
		             status);
	if (!rc)
		rc = qmp_query_kvm(target->qmp, &kvm, err);
	if (!rc && kvm != plan->kvm)
		rc = err_set(err, EPROTO, "QEMU took %s where %s was asked for",
		             kvm ? "KVM" : "TCG", plan->kvm ? "KVM" : "TCG");
	return rc;
}

/* The main thread runs QEMU itself: as a vCPU it would get a vCPU's CPU and policy. */
static int check_main(const struct target *target, struct err *err)
{
	for (int i = 0; i < target->nr_known; i++) {
		const struct thread *thread = &target->known[i];

		if (thread->tid == target->child->pid)
			return err_set(err, EPROTO, "QEMU gives its main thread (%d) as %s/%d",
			               thread->tid, role_name(thread->role), thread->index);
	}
	return 0;
}

static int learn_threads(struct target *target, const struct plan *plan, struct err *err)
{
	struct qmp_iothread iothread[QMP_IOTHREADS_MAX];
	int nr = qmp_query_cpus(target->qmp, target->vcpu, QMP_VCPUS_MAX, err), nr_io;

	if (nr < 0)
		return nr;
	if (nr != plan->vcpus)
		return err_set(err, EPROTO, "QEMU has %d vCPUs where %d were asked for", nr,
		               plan->vcpus);
	target->nr_vcpus = nr;
	nr_io = qmp_query_iothreads(target->qmp, iothread, QMP_IOTHREADS_MAX, err);
	if (nr_io < 0)
		return nr_io;
	if (nr_io != plan->iothreads)
		return err_set(err, EPROTO, "QEMU has %d iothreads where %d were asked for", nr_io,
		               plan->iothreads);
	target->nr_known = 0;
	for (int i = 0; i < nr; i++)
		target->known[target->nr_known++] = (struct thread){
			.tid = target->vcpu[i].tid,
			.role = ROLE_VCPU,
			.index = target->vcpu[i].index
		};
	for (int i = 0; i < nr_io; i++) {
		uint64_t index;

		/* our own ids, "io0"; QEMU answers in an order of its own */
		if (strncmp(iothread[i].id, "io", 2) ||
		    text_parse_u64(iothread[i].id + 2, 0, (uint64_t)nr_io - 1, &index, err))
			return err_set(err, EPROTO,
			               "QEMU names an iothread that was not asked for");
		target->poll_max_ns = iothread[i].poll_max_ns;
		target->known[target->nr_known++] = (struct thread){ .tid = iothread[i].tid,
			                                             .role = ROLE_IOTHREAD,
			                                             .index = (int)index };
	}
	return check_main(target, err);
}

/* The kernel must say what the plan says before the first guest instruction. */
static int check_placed(struct target *target, const struct plan *plan, struct err *err)
{
	int nr;

	placed_free(&target->placed);
	nr = placement_read(plan_rows(plan, target->number), plan->nr_placements, &target->threads,
	                    &target->placed, err);
	target->nr_placed = nr < 0 ? 0 : nr;
	for (int i = 0; i < nr; i++) {
		const struct thread *thread = &target->placed[i].thread;

		if (target->placed[i].stray &&
		    (thread->role == ROLE_VCPU || thread->role == ROLE_IOTHREAD))
			return err_set(err, EPROTO, "%s/%d (thread %d) is not where it was put",
			               role_name(thread->role), thread->index, thread->tid);
	}
	return nr < 0 ? nr : 0;
}

/* Every thread discovered, placed and read back; how long that takes is part of the line, as it grows with the VM. */
static int place_all(struct target *target, const struct plan *plan, struct err *err)
{
	int64_t begun_ns = clock_now_ns();
	int rc = learn_threads(target, plan, err);
	double ms;

	if (!rc)
		rc = target_tune(target, plan, err);
	if (!rc)
		rc = check_placed(target, plan, err);
	if (rc)
		return rc;
	ms = (double)(clock_now_ns() - begun_ns) / 1e6;
	json_object_object_add(target->vm, "placing_ms", json_object_new_double(ms));
	if (target->session->verbose > 0)
		progress_say(
		        target->session->verbose,
		        "%d vCPUs and %d other threads discovered, placed and read back in %.1f ms",
		        target->nr_vcpus, target->nr_placed - target->nr_vcpus, ms);
	return 0;
}

/* Of what QEMU was started with, our ends are served and its own are closed. */
static int open_wires(struct target *target, const struct vm_wish *wish, struct wires *wires,
                      const char *nonce, struct err *err)
{
	struct pump *pump = target->session->pump;
	enum console_kind kind = wish->builtin    ? CONSOLE_KEEP
	                         : wish->terminal ? CONSOLE_TERMINAL
	                                          : CONSOLE_LOG;
	int rc;

	fd_close(&wires->theirs.qmp);
	fd_close(&wires->theirs.console);
	fd_close(&wires->theirs.load);
	fd_close(&wires->theirs.agent);
	fd_close(&wires->scratch);
	fd_close(&wires->kvm);
	rc = console_open(pump, STEAL_FD(&wires->console), kind, wish->console_log_fd,
	                  &target->console, err);
	if (!rc && wish->builtin)
		rc = channel_open(pump, STEAL_FD(&wires->load), nonce, &target->channel, err);
	if (!rc && wires->agent >= 0)
		rc = agent_open(pump, STEAL_FD(&wires->agent), &target->agent, err);
	return rc;
}

int target_start_vm(struct session *session, const struct vm_wish *wish, struct target **ret,
                    struct err *err)
{
	CLEANUP(wires_done)
	struct wires wires = {
		.qmp = -1, .console = -1, .load = -1, .agent = -1, .scratch = -1, .kvm = -1
	};
	CLEANUP(target_end) struct target *target = calloc(1, sizeof(*target));
	char nonce[NONCE_SIZE] = "";
	int rc;

	memset(&wires.theirs, 0xff, sizeof(wires.theirs)); /* every fd -1 */
	if (!target)
		return err_set(err, ENOMEM, "out of memory");
	target->session = session;
	target->guest = true;
	target->number = wish->vm;
	target->qmp_timeout_ns = wish->spec->qmp_timeout_ns;
	target->boot_timeout_ns = wish->spec->boot_timeout_ns;
	rc = nonce_make(nonce, err);
	if (!rc)
		rc = make_wires(session, wish, &wires, err);
	if (!rc)
		rc = start_qemu(target, wish, &wires, nonce, err);
	if (rc)
		return rc;
	rc = open_wires(target, wish, &wires, nonce, err);
	if (!rc)
		rc = meet_qemu(target, wish, STEAL_FD(&wires.qmp), err);
	if (!rc)
		rc = place_all(target, wish->plan, err);
	if (rc) {
		rc = target_explain(target, err);
		return rc;
	}
	*ret = STEAL(&target);
	return 0;
}

static int check_same_vcpus(const struct target *target, const struct qmp_vcpu *before,
                            struct err *err)
{
	for (int i = 0; i < target->nr_vcpus; i++) {
		if (target->vcpu[i].tid != before[i].tid)
			return err_set(
			        err, EPROTO,
			        "vcpu/%d was thread %d, and is thread %d after the guest's reset",
			        target->vcpu[i].index, before[i].tid, target->vcpu[i].tid);
	}
	return 0;
}

int target_place_again(struct target *target, const struct plan *plan, struct err *err)
{
	struct qmp_vcpu before[QMP_VCPUS_MAX];
	int rc;

	memcpy(before, target->vcpu, sizeof(before));
	rc = learn_threads(target, plan, err);
	if (!rc)
		rc = check_same_vcpus(target, before, err);
	if (!rc)
		rc = target_tune(target, plan, err);
	return rc ? rc : check_placed(target, plan, err);
}

int target_cont(struct target *target, struct err *err)
{
	int rc = qmp_cont(target->qmp, err);

	target->released = true;
	return rc ? target_explain(target, err) : 0;
}

/* What the guest's console shows is added by target_explain(). */
static int hear_hello(struct target *target, const struct plan *plan, char **ret, struct err *err)
{
	int64_t limit_ns = target->boot_timeout_ns ? target->boot_timeout_ns
	                   : plan->kvm_is_software ? BOOT_SOFTWARE_NS
	                                           : BOOT_NS;
	int rc = target_hear(target, "hello", 0, 0, limit_ns, ret, err);
	char limit[32];

	if (rc != -ETIMEDOUT || target->child->exited)
		return rc;
	text_format_duration(limit_ns, limit, sizeof(limit));
	return err_set(err, ETIMEDOUT,
	               "the built-in guest runs, but qload in it did not say hello within %s "
	               "(--boot-timeout)%s",
	               limit,
	               plan->kvm_is_software
	                       ? ": a stock 64-bit Linux does not boot on software KVM "
	                         "(/proc/cpuinfo has neither vmx nor svm); say --accel tcg"
	                       : "");
}

int target_meet(struct target *target, const struct plan *plan, struct err *err)
{
	CLEANUP(str_free) char *text = NULL;
	int rc = 0;

	if (target->channel)
		rc = hear_hello(target, plan, &text, err);
	if (!rc && target->channel)
		marks_hello(&target->marks, channel_heard_ns(target->channel), text);
	if (!rc)
		rc = target_tune_new(target, plan, err);
	return rc ? target_explain(target, err) : 0;
}

int target_release(struct target *target, const struct plan *plan, struct err *err)
{
	int rc = target_cont(target, err);

	return rc ? rc : target_meet(target, plan, err);
}

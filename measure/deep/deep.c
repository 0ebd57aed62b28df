/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deep.c - loads the programs of measure/bpf, starts and ends their window, reads their maps.  Knows no VM. */
#include "deep.h"

#ifdef HAVE_BPF

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "deep_explain.h"
#include "deep_slots.h"
#include "deep_state.h"
#include "exits.skel.h"
#include "sched.skel.h"
#include "text.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"
/* PROC_PID_INIT_INO: the programs see the TIDs of the first PID namespace only */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

/* No process: 0 would be the idle tasks' */
#define NOBODY (~0u)

struct deep {
	struct sched_bpf *sched;
	struct exits_bpf *exits;
	struct deep_control *control; /* mapped */
	size_t control_bytes;
	struct deep_thread *slots; /* mapped: see deep_slots.h */
	size_t slots_bytes;
	pid_t pid;
	int64_t stop_ns;
	char why_no_exits[200];
	bool halts_unseen;
};

static int threads_fd(const struct deep *deep)
{
	return bpf_map__fd(deep->sched->maps.threads);
}

static void btf_done(struct btf **btf)
{
	btf__free(*btf);
	*btf = NULL;
}

/* How many values a tracepoint passes: raw programs read them by place.  -1: no such tracepoint. */
static int nr_values(const struct btf *btf, const char *name)
{
	const struct btf_type *type;
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);

	type = id < 0 ? NULL : btf__type_by_id(btf, btf__type_by_id(btf, (__u32)id)->type);
	type = type && btf_is_ptr(type) ? btf__type_by_id(btf, type->type) : NULL;
	return type && btf_is_func_proto(type) ? btf_vlen(type) - 1 : -1;
}

/* contended: whether its own locks say when they are waited for, since Linux 5.19; till then that is "other". */
static int check_kernel(bool *ret_contended, struct err *err)
{
	CLEANUP(btf_done) struct btf *btf = NULL;
	char namespace[64] = "";

	if (access(KERNEL_BTF, R_OK))
		return err_set(
		        err, ENOENT,
		        "this kernel shows no BTF (%s; CONFIG_DEBUG_INFO_BTF): BPF cannot find its structures",
		        KERNEL_BTF);
	if (readlink("/proc/self/ns/pid", namespace, sizeof(namespace) - 1) > 0 &&
	    strcmp(namespace, FIRST_PID_NAMESPACE))
		return err_set(err, ENOTSUP,
		               "inside a PID namespace the kernel's thread numbers are others");
	btf = btf__parse(KERNEL_BTF, NULL);
	if (!btf)
		return err_sys(err, "%s", KERNEL_BTF);
	if (nr_values(btf, "btf_trace_sched_switch") != 4)
		return err_set(
		        err, ENOTSUP,
		        "this kernel's sched_switch does not say why a thread leaves (Linux 5.18 is the first)");
	*ret_contended = nr_values(btf, "btf_trace_contention_begin") == 2 &&
	                 nr_values(btf, "btf_trace_contention_end") == 2;
	return 0;
}

/* *ret_bytes: the whole pages that it takes. */
static int map_map(int fd, size_t bytes, void **ret, size_t *ret_bytes, struct err *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *at;

	bytes = (bytes + page - 1) / page * page;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return err_sys(err, "mapping a BPF map");
	*ret = at;
	*ret_bytes = bytes;
	return 0;
}

static int map_maps(struct deep *deep, struct err *err)
{
	void *control, *slots;
	int rc = map_map(bpf_map__fd(deep->sched->maps.control), sizeof(*deep->control), &control,
	                 &deep->control_bytes, err);

	if (rc)
		return rc;
	deep->control = control;
	deep->control->tgid = NOBODY;
	rc = map_map(threads_fd(deep), DEEP_SLOTS_BYTES, &slots, &deep->slots_bytes, err);
	if (!rc)
		deep->slots = slots;
	return rc;
}

static int load(struct deep *deep, bool contended, struct err *err)
{
	int rc;

	deep->sched = sched_bpf__open();
	if (!deep->sched)
		return deep_explain(-errno, "the scheduler's BPF programs", err);
	bpf_program__set_autoload(deep->sched->progs.on_contention, contended);
	bpf_program__set_autoload(deep->sched->progs.on_contention_end, contended);
	rc = sched_bpf__load(deep->sched);
	if (rc)
		return deep_explain(rc, "loading the scheduler's BPF programs", err);
	rc = map_maps(deep, err);
	if (rc)
		return rc;
	rc = sched_bpf__attach(deep->sched);
	return rc ? deep_explain(rc, "attaching the scheduler's BPF programs", err)
	          : deep_check_files("the scheduler's BPF programs", err);
}

int deep_open(struct deep **ret, struct err *err)
{
	CLEANUP(deep_close) struct deep *deep = calloc(1, sizeof(*deep));
	bool contended = false;
	int rc;

	if (!deep)
		return err_set(err, ENOMEM, "out of memory");
	text_copy(deep->why_no_exits, sizeof(deep->why_no_exits), "no VM in this arm");
	libbpf_set_print(NULL); /* it would write to stderr */
	rc = check_kernel(&contended, err);
	if (!rc)
		rc = load(deep, contended, err);
	if (!rc)
		*ret = STEAL(&deep);
	return rc;
}

/* kvm is a part of the kernel or a module with BTF of its own. */
static int check_kvm(struct err *err)
{
	CLEANUP(btf_done) struct btf *base = btf__parse(KERNEL_BTF, NULL);
	CLEANUP(btf_done) struct btf *module = NULL;
	int nr = base ? nr_values(base, "btf_trace_kvm_exit") : -1;

	if (base && nr < 0) {
		module = btf__parse_split("/sys/kernel/btf/kvm", base);
		nr = module ? nr_values(module, "btf_trace_kvm_exit") : -1;
	}
	if (nr < 0)
		return err_set(err, ENOENT,
		               "no kvm_exit tracepoint in BTF: the module kvm is not loaded");
	if (nr != 2)
		return err_set(
		        err, ENOTSUP,
		        "this kernel's kvm_exit has another shape (Linux 5.17 is the first with ours)");
	return 0;
}

static int load_exits(struct deep *deep, struct err *err)
{
	int rc = check_kvm(err);

	if (rc)
		return rc;
	deep->exits = exits_bpf__open();
	if (!deep->exits)
		return deep_explain(-errno, "the exits' BPF programs", err);
	rc = bpf_map__reuse_fd(deep->exits->maps.threads, threads_fd(deep));
	if (!rc)
		rc = bpf_map__reuse_fd(deep->exits->maps.control,
		                       bpf_map__fd(deep->sched->maps.control));
	if (!rc)
		rc = exits_bpf__load(deep->exits);
	if (!rc)
		rc = exits_bpf__attach(deep->exits);
	if (rc == -EPERM)
		return err_set(
		        err, EPERM,
		        "the exits' BPF programs need CAP_SYS_ADMIN too: the BTF of the module kvm is for nobody else");
	return rc ? deep_explain(rc, "the exits' BPF programs", err)
	          : deep_check_files("the exits' BPF programs", err);
}

void deep_open_exits(struct deep *deep)
{
	struct err err = { 0 };

	if (!load_exits(deep, &err)) {
		deep->why_no_exits[0] = '\0';
		return;
	}
	text_copy(deep->why_no_exits, sizeof(deep->why_no_exits), err.text);
	deep->halts_unseen = true;
	exits_bpf__destroy(deep->exits);
	deep->exits = NULL;
}

void deep_watch(struct deep *deep, pid_t pid, const pid_t *tids, int nr)
{
	deep->pid = pid;
	__atomic_store_n(&deep->control->tgid, (unsigned int)pid, __ATOMIC_RELEASE);
	for (int i = 0; i < nr; i++) {
		struct deep_thread thread = { 0 };

		if (deep_state_now(pid, tids[i], &thread))
			deep_slots_put(deep->slots, (unsigned int)tids[i], &thread,
			               deep->control->epoch - 1);
	}
}

int deep_clock_open(void)
{
	return bpf_enable_stats(BPF_STATS_RUN_TIME);
}

static void empty(int fd, size_t key_bytes)
{
	char key[sizeof(struct deep_exit_key)];

	if (key_bytes > sizeof(key))
		return;
	while (!bpf_map_get_next_key(fd, NULL, key) && !bpf_map_delete_elem(fd, key))
		continue;
}

void deep_start(struct deep *deep)
{
	const unsigned int epoch = deep->control->epoch + 1;

	empty(bpf_map__fd(deep->sched->maps.preemptors), sizeof(struct deep_pair));
	if (deep->exits)
		empty(bpf_map__fd(deep->exits->maps.exits), sizeof(struct deep_exit_key));
	deep->slots[0] = (struct deep_thread){ .epoch = epoch };
	deep->control->lost_threads = 0;
	deep->control->lost_preemptors = 0;
	deep->control->lost_exits = 0;
	deep->control->unseen = 0;
	deep->control->start_ns = (uint64_t)clock_now_ns();
	__atomic_store_n(&deep->control->epoch, epoch, __ATOMIC_RELEASE);
}

/* An array of { key, value } with all of a map's entries; the programs have been told to stand still. */
static void *read_map(int fd, size_t step, size_t value_at, int max, int *ret_nr)
{
	char *list = calloc((size_t)max, step), *at = list;
	const char *before = NULL;
	int nr = 0;

	while (list && nr < max && !bpf_map_get_next_key(fd, before, at) &&
	       !bpf_map_lookup_elem(fd, at, at + value_at)) {
		before = at;
		at += step;
		nr++;
	}
	*ret_nr = nr;
	return list;
}

static struct deep_reason *read_reasons(const struct deep *deep, int *ret_nr)
{
	return read_map(bpf_map__fd(deep->exits->maps.exits), sizeof(struct deep_reason),
	                offsetof(struct deep_reason, what), DEEP_EXITS, ret_nr);
}

/* What all of a skeleton's programs took so far. */
static uint64_t run_ns(const struct bpf_object *object)
{
	struct bpf_program *program = NULL;
	uint64_t ns = 0;

	while ((program = bpf_object__next_program(object, program))) {
		struct bpf_prog_info info = { 0 };
		__u32 bytes = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &bytes))
			ns += info.run_time_ns;
	}
	return ns;
}

void deep_took(const struct deep *deep, struct deep_took *ret)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { 0 };

	*ret = (struct deep_took){ .sched_ns = run_ns(deep->sched->obj) };
	if (!deep->exits)
		return;
	ret->exits_ns = run_ns(deep->exits->obj);
	reading.reasons = read_reasons(deep, &reading.nr_reasons);
	for (int i = 0; reading.reasons && i < reading.nr_reasons; i++)
		ret->exits += reading.reasons[i].what.count;
}

static int read_maps(const struct deep *deep, struct deep_reading *ret, struct err *err)
{
	ret->threads = deep_slots_read(deep->slots, &ret->nr_threads);
	ret->preemptors = read_map(bpf_map__fd(deep->sched->maps.preemptors),
	                           sizeof(*ret->preemptors), offsetof(struct deep_preemptor, what),
	                           DEEP_PREEMPTORS, &ret->nr_preemptors);
	if (deep->exits)
		ret->reasons = read_reasons(deep, &ret->nr_reasons);
	if (!ret->threads || !ret->preemptors || (deep->exits && !ret->reasons))
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

void deep_stop(struct deep *deep)
{
	deep->stop_ns = clock_now_ns();
	__atomic_store_n(&deep->control->tgid, NOBODY, __ATOMIC_RELEASE);
}

int deep_read(const struct deep *deep, struct deep_reading *ret, struct err *err)
{
	CLEANUP(deep_reading_done) struct deep_reading reading = { .stop_ns = deep->stop_ns };
	int rc;

	reading.start_ns = (int64_t)deep->control->start_ns;
	reading.lost_threads = deep->control->lost_threads;
	reading.lost_preemptors = deep->control->lost_preemptors;
	reading.lost_exits = deep->control->lost_exits;
	reading.unseen = deep->control->unseen;
	text_copy(reading.why_no_exits, sizeof(reading.why_no_exits), deep->why_no_exits);
	reading.halts_unseen = deep->halts_unseen;
	rc = read_maps(deep, &reading, err);
	if (rc)
		return rc;
	for (int i = 0; i < reading.nr_threads; i++)
		deep_state_close(deep->pid, reading.threads[i].tid, reading.start_ns,
		                 reading.stop_ns, deep->control->epoch, &reading.threads[i].thread);
	*ret = reading;
	reading = (struct deep_reading){ 0 };
	return 0;
}

void deep_close(struct deep **deep)
{
	if (!*deep)
		return;
	exits_bpf__destroy((*deep)->exits);
	if ((*deep)->slots)
		munmap((*deep)->slots, (*deep)->slots_bytes);
	if ((*deep)->control)
		munmap((*deep)->control, (*deep)->control_bytes);
	sched_bpf__destroy((*deep)->sched);
	free(*deep);
	*deep = NULL;
}

#endif

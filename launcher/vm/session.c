/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.c - opens once what every trial needs. */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "caps.h"
#include "catalog.h"
#include "cleanup.h"
#include "confine.h"
#include "host.h"
#include "initramfs.h"
#include "json.h"
#include "paths.h"
#include "placement.h"
#include "progress.h"
#include "pump.h"
#include "qemu_cache.h"
#include "qemu_probe.h"
#include "text.h"

int session_open(const struct spec *spec, struct session **ret, struct err *err)
{
	CLEANUP(session_close) struct session *session = calloc(1, sizeof(*session));
	int rc;

	if (!session)
		return err_set(err, ENOMEM, "out of memory");
	session->opened = tsc_mark();
	session->scratch.fd = session->scratch.direct_fd = -1;
	session->verbose = spec->verbose;
	session->hold = spec->hold;
	session->qmp_timeout_ns = spec->qmp_timeout_ns;
	rc = affinity_read(getpid(), &session->own, err);
	if (!rc)
		rc = topology_read("", &session->host, err);
	if (!rc)
		rc = rlimits_open(spec, &session->host, &session->limits, err);
	if (!rc)
		rc = pump_open(&session->pump, err);
	if (rc)
		return rc;
	host_inherited(&session->host, session->inherited, sizeof(session->inherited));
	*ret = STEAL(&session);
	return 0;
}

struct json_object *session_host(struct session *session)
{
	if (!session->host_record)
		session->host_record = host_record(&session->host);
	return session->host_record;
}

struct json_object *session_kvm_modules(struct session *session)
{
	if (!session->kvm_modules)
		session->kvm_modules = host_kvm_modules();
	return session->kvm_modules;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static struct qemu_answer *find_answer(const struct session *session, const struct spec *spec)
{
	for (int i = 0; i < session->nr_qemu; i++) {
		struct qemu_answer *answer = session->qemu[i];

		if (answer->accel == spec->accel && same(answer->asked, spec->qemu))
			return answer;
	}
	return NULL;
}

const struct qemu_can *session_qemu(const struct session *session, const struct spec *spec)
{
	static const struct qemu_can none;
	const struct qemu_answer *answer = find_answer(session, spec);

	return answer ? &answer->can : &none;
}

static void hash(struct qemu_can *can)
{
	struct err why;

	if (qemu_file_hash(can->path, can->sha256, &why)) {
		can->sha256[0] = '\0';
		text_copy(can->sha256_why, sizeof(can->sha256_why), why.text);
	}
}

int session_confine(struct session *session, const struct spec *spec, int vm, struct confine *ret,
                    struct err *err)
{
	return confine_make(spec, &session->own_uid[vm], session_qemu(session, spec)->path, ret,
	                    err);
}

/* What an answer may be taken from, and whether it is kept. */
struct asking {
	bool dry_run, reads, writes;
};

static bool is_refused(const struct qemu_can *can, bool kvm)
{
	return kvm ? can->no_kvm[0] : can->no_tcg[0];
}

/* One accelerator of one binary: from the cache, or from QEMU itself. */
static int ask_one(struct session *session, struct qemu_answer *answer, bool kvm,
                   const struct confine *confine, const struct asking *how, struct err *err)
{
	enum probe probe = !kvm ? PROBE_TCG : how->dry_run ? PROBE_KVM : PROBE_KVM_CPU;
	struct qemu_can *can = &answer->can;
	struct qemu_key key;
	int rc;

	qemu_cache_key(can, &answer->mark, kvm, kvm ? session_kvm_modules(session) : NULL, &key);
	answer->is_stored = how->reads && qemu_cache_read(&key, can);
	if (answer->is_stored)
		return 0;
	rc = qemu_probe(session->pump, session->qmp_timeout_ns, confine, probe, can, err);
	if (rc || is_refused(can, kvm))
		return rc;
	if (!qemu_cache_hash(&key, can->sha256))
		hash(can);
	if (how->writes && !can->is_unsure)
		qemu_cache_write(&key, can);
	return 0;
}

static int answer_make(struct session *session, const struct spec *spec, struct qemu_answer *answer,
                       const struct asking *how, struct err *err)
{
	CLEANUP(confine_done) struct confine confine = { 0 };
	struct qemu_can *can = &answer->can;
	struct tsc_mark now;
	int rc;

	*can = (struct qemu_can){ 0 };
	rc = qemu_file_find(answer->asked, can->path, sizeof(can->path), err);
	if (!rc) /* as its first VM will be */
		rc = confine_make(spec, &session->own_uid[0], can->path, &confine, err);
	if (rc)
		return rc;
	session->changes_uid = confine.changes_uid;
	if (confine.lacks[0] && !session->nr_qemu)
		progress_warn("QEMU keeps uid 0, which owns root's files, for qlaunch lacks %s "
		              "(--user root: no warning)",
		              confine.lacks);
	answer->mark = file_mark(can->path);
	qemu_look_at_kvm(&confine, can);
	if (plan_takes_kvm(answer->accel, can))
		rc = ask_one(session, answer, true, &confine, how, err);
	/* also where KVM was asked in vain: --accel auto then takes TCG */
	if (!rc && answer->accel != ACCEL_KVM && !plan_takes_kvm(answer->accel, can))
		rc = ask_one(session, answer, false, &confine, how, err);
	now = tsc_mark(); /* a QEMU's start later, where one was asked */
	can->tsc_khz = tsc_khz(&session->opened, &now);
	return rc;
}

static int add_answer(struct session *session, struct qemu_answer *answer, struct err *err)
{
	struct qemu_answer **more = realloc(session->qemu, (size_t)(session->nr_qemu + 1) *
	                                                           sizeof(*session->qemu));

	if (!more)
		return err_set(err, ENOMEM, "out of memory");
	session->qemu = more;
	session->qemu[session->nr_qemu++] = answer;
	return 0;
}

static void answer_free(struct qemu_answer **answer)
{
	free(*answer);
	*answer = NULL;
}

int session_probe(struct session *session, const struct spec *spec, enum ask ask, struct err *err)
{
	const struct asking how = { .dry_run = spec->dry_run,
		                    .reads = ask == ASK_STORED ||
		                             (spec->dry_run && ask != ASK_ONLY),
		                    .writes = ask != ASK_ONLY && !spec->dry_run };
	CLEANUP(answer_free) struct qemu_answer *answer = NULL;
	int rc;

	if (find_answer(session, spec))
		return 0;
	answer = calloc(1, sizeof(*answer));
	if (!answer)
		return err_set(err, ENOMEM, "out of memory");
	answer->asked = spec->qemu;
	answer->accel = spec->accel;
	rc = answer_make(session, spec, answer, &how, err);
	if (!rc)
		rc = add_answer(session, answer, err);
	if (!rc)
		answer = NULL;
	return rc;
}

static bool is_same_answer(const struct qemu_can *a, const struct qemu_can *b)
{
	return same(a->version_text, b->version_text) && same(a->kvm_cpu, b->kvm_cpu) &&
	       same(a->no_kvm, b->no_kvm) && same(a->no_tcg, b->no_tcg) &&
	       a->aio_native == b->aio_native && a->aio_io_uring == b->aio_io_uring;
}

int session_probe_again(struct session *session, const struct spec *spec, struct err *err)
{
	const struct asking how = { .writes = true };
	struct qemu_answer *answer = find_answer(session, spec);
	struct qemu_can was;
	int rc;

	if (!answer || !answer->is_stored)
		return 0;
	was = answer->can;
	rc = answer_make(session, spec, answer, &how, err);
	return rc ? rc : !is_same_answer(&was, &answer->can);
}

void session_check_qemu(struct session *session, const struct spec *spec)
{
	struct qemu_answer *answer = find_answer(session, spec);
	struct file_mark now;

	if (!answer)
		return;
	now = file_mark(answer->can.path);
	if (file_mark_is_same(&now, &answer->mark))
		return;
	progress_warn("%s was replaced since it was asked what it can do", answer->can.path);
	answer->mark = now;
	hash(&answer->can);
}

struct fill {
	struct session *session;
	uint64_t bytes;
};

static void show_fill(void *arg, uint64_t done)
{
	const struct fill *fill = arg;

	progress_show(fill->session->verbose, 0,
	              "filling the scratch: %" PRIu64 " of %" PRIu64 " MiB", done >> 20,
	              fill->bytes >> 20);
}

static int scratch_folder(const struct spec *spec, char *ret, size_t size, struct err *err)
{
	if (!spec->scratch)
		return paths_state(ret, size, err);
	return text_copy(ret, size, spec->scratch)
	               ? err_set(err, ENAMETOOLONG, "--scratch: too long a path")
	               : 0;
}

static void drop_scratches(struct session *session)
{
	for (int i = 0; i < session->nr_more_scratch; i++)
		scratch_done(&session->more_scratch[i]);
	free(session->more_scratch);
	session->more_scratch = NULL;
	session->nr_more_scratch = session->nr_scratch_read = 0;
	scratch_done(&session->scratch);
	session->has_scratch = false;
}

static int make_scratch(struct session *session, const struct spec *spec, const char *folder,
                        struct scratch *ret, struct err *err)
{
	struct fill fill = { session, spec->scratch_bytes };
	int rc = scratch_make(folder, spec->scratch_bytes, show_fill, &fill, ret, err);

	progress_clear();
	return rc;
}

static int make_first(struct session *session, const struct spec *spec, const char *folder,
                      struct err *err)
{
	int rc;

	drop_scratches(session);
	rc = make_scratch(session, spec, folder, &session->scratch, err);
	if (rc)
		return rc;
	session->has_scratch = true;
	session->scratch_asked = spec->scratch_bytes;
	if (!session->scratch.direct && spec->direct)
		progress_warn("--direct on: %s; the scratch is read through the page cache",
		              session->scratch.why);
	return 0;
}

static int make_more(struct session *session, const struct spec *spec, const char *folder,
                     struct err *err)
{
	int rc = 0;

	while (!rc && session->nr_more_scratch < spec->vms - 1) {
		size_t size = (size_t)(session->nr_more_scratch + 1) * sizeof(struct scratch);
		struct scratch *more = realloc(session->more_scratch, size);

		if (!more)
			return err_set(err, ENOMEM, "out of memory");
		session->more_scratch = more;
		rc = make_scratch(session, spec, folder, &more[session->nr_more_scratch], err);
		if (!rc)
			session->nr_more_scratch++;
	}
	return rc;
}

const struct scratch *session_scratch_of(const struct session *session, int vm)
{
	if (vm)
		return vm <= session->nr_more_scratch ? &session->more_scratch[vm - 1] : NULL;
	return session->has_scratch ? &session->scratch : NULL;
}

static int read_scratches(struct session *session, const struct spec *spec, struct err *err)
{
	const double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
	const int nr = session->nr_more_scratch + 1;
	int rc = 0;

	if (session->nr_scratch_read < nr && (double)spec->scratch_bytes * nr > memory * 0.6)
		progress_warn(
		        "the scratch is larger than 60 %% of this host's memory: the page cache cannot hold it");
	while (!rc && session->nr_scratch_read < nr)
		rc = scratch_read_all(session_scratch_of(session, session->nr_scratch_read++), err);
	return rc;
}

int session_scratch(struct session *session, const struct spec *spec, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise_for_path(CAP_DAC_OVERRIDE);
	char folder[4096];
	int rc = scratch_folder(spec, folder, sizeof(folder), err);

	(void)raised;
	if (!rc && (!session->has_scratch || session->scratch_asked != spec->scratch_bytes ||
	            strcmp(session->scratch.folder, folder) != 0))
		rc = make_first(session, spec, folder, err);
	if (!rc)
		rc = make_more(session, spec, folder, err);
	if (rc || (spec->direct && session->scratch.direct))
		return rc;
	return read_scratches(session, spec, err);
}

static void say_kernel(void *arg, const char *sentence)
{
	const struct session *session = arg;

	progress_say(session->verbose, "%s", sentence);
}

int session_guest(struct session *session, const struct spec *spec, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise_for_path(CAP_DAC_OVERRIDE);
	char cache[4096];
	int rc = paths_cache(cache, sizeof(cache), err);
	const struct kernel_wish wish = { .kernel = spec->kernel,
		                          .modules = spec->modules,
		                          .cache = cache,
		                          .say = say_kernel,
		                          .arg = session };

	(void)raised;
	if (session->initrd[0] && same(session->kernel_asked, spec->kernel) &&
	    same(session->modules_asked, spec->modules))
		return 0;
	session->initrd[0] = '\0';
	session->kernel_asked = spec->kernel;
	session->modules_asked = spec->modules;
	if (!rc && !session->qload[0])
		rc = paths_qload(session->qload, sizeof(session->qload), err);
	if (!rc)
		rc = kernel_find(&wish, &session->kernel, err);
	if (!rc)
		rc = initramfs_make(&session->kernel, session->qload, cache, session->initrd,
		                    sizeof(session->initrd), err);
	return rc;
}

int session_check_memory(const struct spec *spec, const struct kernel *kernel, const char *initrd,
                         struct err *err)
{
	uint64_t needed = kernel->memory_bytes, mib;
	char have[32];
	struct stat st;

	if (!needed || stat(initrd, &st)) /* not known, or not there yet */
		return 0;
	needed += (uint64_t)st.st_size;
	if (spec->memory_bytes >= needed)
		return 0;
	mib = needed / 16 * 20 / (16 << 20) * 16 + 16; /* a quarter more, to work in */
	text_format_size(spec->memory_bytes, have, sizeof(have));
	return err_set(err, EINVAL,
	               "--memory %s: the guest's kernel %s and its initramfs alone take %" PRIu64
	               "M: give it %" PRIu64 "M or more",
	               have, kernel->version, (needed >> 20) + 1, mib);
}

int session_fit(struct session *session, const struct spec *spec, struct err *err)
{
	bool is_io = false;
	int rc = spec->where == WHERE_GUEST ? session_guest(session, spec, err) : 0;

	for (int i = 0; i < spec->nr_workloads; i++)
		is_io |= workload_find(spec->workload[i])->is_io;
	return rc || !is_io ? rc : session_scratch(session, spec, err);
}

int session_move(struct session *session, const struct plan *plan, struct err *err)
{
	const struct cpuset *to = cpuset_count(&plan->emulator) ? &plan->emulator : &session->own;
	struct cpuset now;

	/* what was not asked for stays as it was inherited, without a system call */
	if (!affinity_read(0, &now, NULL) && cpuset_is_equal(&now, to))
		return 0;
	if (affinity_apply(getpid(), to, err))
		return err_in(err, "qlaunch itself");
	return 0;
}

void session_close(struct session **at)
{
	struct session *session = *at;

	if (!session)
		return;
	drop_scratches(session);
	for (int i = 0; i < session->nr_qemu; i++)
		free(session->qemu[i]);
	free(session->qemu);
	json_done(&session->host_record);
	json_done(&session->kvm_modules);
	sealed_done(&session->kernel_copy);
	sealed_done(&session->initrd_copy);
	for (int i = 0; i < QL_VMS_MAX; i++)
		own_uid_release(&session->own_uid[i]);
	pump_close(&session->pump);
	free(session);
	*at = NULL;
}

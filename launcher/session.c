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
#include "host.h"
#include "initramfs.h"
#include "json.h"
#include "paths.h"
#include "placement.h"
#include "progress.h"
#include "pump.h"
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
		rc = pump_open(&session->pump, err);
	if (rc)
		return rc;
	session->host_record = host_record();
	session->kvm_modules = host_kvm_modules();
	*ret = STEAL(&session);
	return 0;
}

int session_probe(struct session *session, enum accel accel, bool dry_run, struct err *err)
{
	struct qemu_can *can = &session->qemu;
	struct tsc_mark now;
	bool kvm;
	int rc = qemu_probe(session->pump, session->qmp_timeout_ns, can, err);

	if (rc)
		return rc;
	now = tsc_mark(); /* a QEMU's start later */
	can->tsc_khz = tsc_khz(&session->opened, &now);
	kvm = can->kvm_device && (accel == ACCEL_KVM || (accel == ACCEL_AUTO && can->kvm_hardware));
	if (!kvm)
		return 0;
	if (dry_run) { /* a dry run starts no VM, not even a stopped one: it assumes what hardware KVM gives */
		can->kvm_host_cpu = can->kvm_hardware;
		return 0;
	}
	return qemu_probe_kvm_cpu(session->pump, session->qmp_timeout_ns, can, err);
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
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);
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

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

int session_guest(struct session *session, const struct spec *spec, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);
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
	json_done(&session->host_record);
	json_done(&session->kvm_modules);
	pump_close(&session->pump);
	free(session);
	*at = NULL;
}

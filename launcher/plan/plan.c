/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.c - turns a spec into decisions: accelerator, CPU model, block layer; placements are plan_place.c's. */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "knobs.h"
#include "plan_place.h"
#include "plan_vms.h"
#include "text.h"
#include "topology.h"

/* JSON -device, which carries every name, is new in 6.2 */
#define QEMU_OLDEST 60200

void plan_inherit(struct spec *spec, const struct topology *host)
{
	if (!knob_is_given(spec, "policy"))
		spec->policy = host->policy;
	if (!knob_is_given(spec, "io-policy"))
		spec->io_policy = host->policy;
	if (!knob_is_given(spec, "emulator-policy"))
		spec->emulator_policy = host->policy;
}

int plan_vcpus(const struct spec *spec, const struct topology *host)
{
	int cpus = cpuset_count(&host->affinity);

	if (spec->vcpus)
		return spec->vcpus;
	if (spec->pin.nr)
		return spec->pin.nr;
	return cpus > 2 ? 2 : 1;
}

bool plan_takes_kvm(enum accel accel, const struct qemu_can *qemu)
{
	return qemu->kvm_device && !qemu->no_kvm[0] &&
	       (accel == ACCEL_KVM || (accel == ACCEL_AUTO && qemu->kvm_hardware));
}

static const char *why_no_kvm(const struct qemu_can *qemu)
{
	if (qemu->no_kvm[0])
		return qemu->no_kvm;
	return qemu->kvm_why[0] ? qemu->kvm_why : "/dev/kvm cannot be used";
}

static int refuse_kvm(const struct qemu_can *qemu, struct err *err)
{
	return err_set(err, EINVAL, "--accel kvm: %s (--accel tcg emulates)", why_no_kvm(qemu));
}

static int refuse_tcg(const struct spec *spec, const struct qemu_can *qemu, struct err *err)
{
	static const char mend[] = "where TCG is a module, accel-tcg-x86_64.so must be installed";

	if (spec->accel == ACCEL_TCG)
		return err_set(err, EINVAL, "--accel tcg: %s (%s)", qemu->no_tcg, mend);
	return err_set(err, EINVAL, "no accelerator can be used: KVM: %.160s; TCG: %.180s (%s)",
	               why_no_kvm(qemu), qemu->no_tcg, mend);
}

static int choose_accel(const struct spec *spec, const struct qemu_can *qemu, struct plan *plan,
                        struct err *err)
{
	char *why = plan->accel_why;
	size_t size = sizeof(plan->accel_why);

	if (spec->accel == ACCEL_KVM && (!qemu->kvm_device || qemu->no_kvm[0]))
		return refuse_kvm(qemu, err);
	plan->kvm = plan_takes_kvm(spec->accel, qemu);
	if (!plan->kvm && qemu->no_tcg[0])
		return refuse_tcg(spec, qemu, err);
	if (spec->accel != ACCEL_AUTO)
		snprintf(why, size, "%s, as asked", plan->kvm ? "kvm" : "tcg");
	else if (plan->kvm)
		snprintf(why, size, "auto: kvm, because /dev/kvm opens and the CPU has vmx or svm");
	else if (!qemu->kvm_hardware)
		snprintf(why, size, "auto: tcg, because /proc/cpuinfo has neither vmx nor svm%s",
		         qemu->kvm_device ? " (software KVM)" : "");
	else
		snprintf(why, size, "auto: tcg, because %.220s", why_no_kvm(qemu));
	plan->kvm_is_software = plan->kvm && !qemu->kvm_hardware;
	if (plan->kvm_is_software)
		plan_note(plan,
		          "this KVM is software (/proc/cpuinfo has neither vmx nor svm): a stock "
		          "64-bit Linux does not boot on it, and its figures say little about "
		          "hardware KVM; --accel tcg boots any guest");
	return 0;
}

static void choose_machine(const struct spec *spec, const struct qemu_can *qemu, struct plan *plan)
{
	const char *cpu = spec->cpu, *machine = spec->machine;

	if (!cpu && plan->kvm && qemu->kvm_cpu[0] && strcmp(qemu->kvm_cpu, "host") != 0)
		plan_note(plan, "-cpu host does not start under this KVM: -cpu %s taken",
		          qemu->kvm_cpu);
	if (!cpu && plan->kvm && !qemu->kvm_cpu[0])
		plan_note(plan, "a dry run does not try whether -cpu host starts under this KVM");
	/* `max` asks KVM for what `host` does, and fails with it */
	if (!cpu && plan->kvm)
		cpu = qemu->kvm_cpu[0] ? qemu->kvm_cpu : "host";
	if (!cpu)
		cpu = "max";
	/* With the whole interrupt controller in the kernel there is a kvm-pit thread outside the VM, on any CPU. */
	if (!machine)
		machine = plan->kvm ? "q35,kernel-irqchip=split" : "q35";
	text_copy(plan->cpu, sizeof(plan->cpu), cpu);
	text_copy(plan->machine, sizeof(plan->machine), machine);
}

bool plan_is_direct(enum cache cache)
{
	return cache == CACHE_NONE || cache == CACHE_DIRECTSYNC;
}

static int choose_aio(const struct spec *spec, const struct qemu_can *qemu, struct plan *plan,
                      struct err *err)
{
	bool tuned = spec->virtio == VIRTIO_TUNED;

	plan->aio = spec->aio;
	if (!knob_is_given(spec, "aio") && tuned && qemu->aio_io_uring)
		plan->aio = AIO_IO_URING;
	else if (!knob_is_given(spec, "aio") && tuned)
		plan_note(plan, "this QEMU has no aio=io_uring: --virtio tuned keeps aio=threads");
	if (plan->aio == AIO_IO_URING && !qemu->aio_io_uring)
		return err_set(err, EINVAL, "--aio io_uring: this QEMU was built without it");
	if (plan->aio == AIO_NATIVE && !qemu->aio_native)
		return err_set(err, EINVAL, "--aio native: this QEMU was built without it");
	if (plan->aio == AIO_NATIVE &&
	    !plan_is_direct(spec->nr_disks ? plan->disk_cache : plan->cache))
		return err_set(err, EINVAL,
		               "--aio native works past the page cache only: say --cache none or "
		               "--cache directsync");
	return 0;
}

static int choose_blocks(const struct spec *spec, const struct qemu_can *qemu, struct plan *plan,
                         struct err *err)
{
	bool tuned = spec->virtio == VIRTIO_TUNED;
	bool given = knob_is_given(spec, "cache");

	plan->iothreads = spec->iothreads;
	if (tuned && !knob_is_given(spec, "iothreads"))
		plan->iothreads = spec->nr_disks ? spec->nr_disks : 1; /* 1: the scratch's */
	plan->queues = spec->queues;
	if (tuned && !spec->queues)
		plan->queues = plan->vcpus;
	plan->cache = given ? spec->cache : CACHE_NONE;
	plan->disk_cache = given ? spec->cache : tuned ? CACHE_NONE : CACHE_WRITEBACK;
	return choose_aio(spec, qemu, plan, err);
}

static int choose_vm(const struct spec *spec, const struct qemu_can *qemu, struct plan *plan,
                     struct err *err)
{
	int rc;

	if (!qemu->path[0])
		return err_set(err, ENOENT,
		               "no qemu-system-x86_64 on PATH: apt-get install qemu-system-x86, or "
		               "name one with --qemu FILE");
	if (qemu->version && qemu->version < QEMU_OLDEST)
		return err_set(err, EINVAL,
		               "%s is QEMU %s, and 6.2 is the oldest that qlaunch drives",
		               qemu->path, qemu->version_text);
	rc = choose_accel(spec, qemu, plan, err);
	if (rc < 0)
		return rc;
	choose_machine(spec, qemu, plan);
	return choose_blocks(spec, qemu, plan, err);
}

/* A poller never rests: on a worker's CPU it would take half of it. */
static int check_pollers(const struct spec *spec, const struct topology *host,
                         const struct plan *plan, struct err *err)
{
	int cpus = cpuset_count(spec->pin.nr ? &host->allowed : &host->affinity);

	if (!spec->sqpoll)
		return 0;
	if (plan->guest)
		return err_set(err, EINVAL,
		               "--sqpoll on: the guest has a worker on each vCPU, and none is left "
		               "for the kernel threads that poll: say --where native");
	if (2 * plan->vcpus <= cpus)
		return 0;
	return err_set(err, EINVAL,
	               "--sqpoll on: %d worker%s and as many polling kernel threads need %d CPUs, "
	               "and there %s %d: say --sqpoll off%s",
	               plan->vcpus, plan->vcpus == 1 ? "" : "s", 2 * plan->vcpus,
	               cpus == 1 ? "is" : "are", cpus, cpus > 1 ? ", or fewer --vcpus" : "");
}

int plan_make(const struct spec *spec, const struct topology *host, const struct qemu_can *qemu,
              struct plan *ret, struct err *err)
{
	CLEANUP(plan_free) struct plan *plan = calloc(1, sizeof(*plan));
	int rc = 0;

	if (!plan)
		return err_set(err, ENOMEM, "out of memory");
	plan->guest = spec->where == WHERE_GUEST;
	plan->vcpus = plan_vcpus(spec, host);
	rc = check_pollers(spec, host, plan, err);
	if (!rc && plan->guest)
		rc = choose_vm(spec, qemu, plan, err);
	if (!rc)
		rc = plan_place(spec, host, plan, err);
	plan->vms = 1;
	if (!rc && plan->guest)
		rc = plan_vms(spec, host, plan, err);
	if (!rc)
		*ret = *plan;
	return rc;
}

static void print_head(const struct plan *plan, FILE *out)
{
	static const char *const aios[] = { "threads", "native", "io_uring" };
	char queues[16] = "QEMU's own";

	if (!plan->guest) {
		fprintf(out, "native  workers %d\n", plan->vcpus);
		return;
	}
	if (plan->queues)
		snprintf(queues, sizeof(queues), "%d", plan->queues);
	fprintf(out, "guest  vcpus %d  accelerator %s\n", plan->vcpus, plan->accel_why);
	fputs("machine ", out);
	text_print_plain(plan->machine, strlen(plan->machine), out);
	fputs("  cpu ", out);
	text_print_plain(plan->cpu, strlen(plan->cpu), out);
	fprintf(out, "  iothreads %d  aio %s  queues %s\n", plan->iothreads, aios[plan->aio],
	        queues);
}

int plan_make_neutral(const struct spec *spec, const struct topology *host,
                      const struct qemu_can *qemu, struct plan **ret, struct err *err)
{
	CLEANUP(plan_free) struct plan *plan = calloc(1, sizeof(*plan));
	static const char *const policies[] = { "policy", "neighbour-policy", "io-policy",
		                                "emulator-policy" };
	struct spec loose = *spec;
	int rc;

	if (!plan)
		return err_set(err, ENOMEM, "out of memory");
	if (!loose.vcpus && loose.pin.nr)
		loose.vcpus = loose.pin.nr;
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		loose.given &= ~((unsigned __int128)1 << knob_index(knob_find(policies[i])));
	plan_inherit(&loose, host);
	loose.pin.nr = loose.io_pin.nr = 0;
	loose.has_emulator_pin = false;
	loose.sqpoll = false;
	rc = plan_make(&loose, host, qemu, plan, err);
	if (rc)
		return rc;
	*ret = STEAL(&plan);
	return 0;
}

void plan_free(struct plan **plan)
{
	free(*plan);
	*plan = NULL;
}

void plan_without_direct(struct plan *plan)
{
	if (plan->cache == CACHE_NONE)
		plan->cache = CACHE_WRITEBACK;
	else if (plan->cache == CACHE_DIRECTSYNC)
		plan->cache = CACHE_WRITETHROUGH;
	if (plan->aio == AIO_NATIVE)
		plan->aio = AIO_THREADS; /* it demands O_DIRECT */
}

/* "  other (inherited)" */
static void print_policy(const struct placement *row, FILE *out)
{
	const char *words = "";
	char policy[64];

	if (row->cpus_inherited)
		words = row->policy_inherited ? " (inherited)" : " (CPUs inherited)";
	else if (row->policy_inherited)
		words = " (policy inherited)";
	policy_format(&row->policy, policy, sizeof(policy));
	fprintf(out, "  %s%s", policy, words);
}

void plan_print(const struct plan *plan, FILE *out)
{
	print_head(plan, out);
	plan_vms_print(plan, out);
	for (int i = 0; i < plan->nr_notes; i++) {
		fputs("note: ", out);
		text_print_plain(plan->note[i], strlen(plan->note[i]), out);
		fputc('\n', out);
	}
	for (int i = 0; i < plan->nr_placements; i++) {
		const struct placement *row = &plan->placement[i];
		char who[32], cpus[256];

		if (row->index >= 0)
			snprintf(who, sizeof(who), "%s/%d", role_name(row->role), row->index);
		else
			snprintf(who, sizeof(who), "%s", role_name(row->role));
		cpuset_format(&row->cpus, cpus, sizeof(cpus));
		fprintf(out, "%-12s  cpus %-*s", who, row->has_policy ? 8 : 0, cpus);
		if (row->has_policy)
			print_policy(row, out);
		fputc('\n', out);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_vms.c - several VMs on the same CPUs.
 *
 * Each VM is placed by the same rows, so with --pin the i-th vCPUs of all VMs have one CPU.  Under normal policies the
 * scheduler shares it.  In real time only rr beside rr of the same priority does: fifo has no time slice, so that the
 * first vCPU which computes keeps the others out until it sleeps, and a higher priority always does.  Under KVM such a
 * VM may never become ready (an emulated vCPU sleeps at each tick of its clock); that is refused.  A real-time VM beside normal ones is what somebody wants who favours it: the
 * kernel leaves the others about 5 % (fair server, or real-time throttling on older kernels).
 */
#include "plan_vms.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "knobs.h"
#include "plan_place.h"
#include "text.h"
#include "topology.h"

/* On one CPU. */
static bool keeps_out(const struct policy *a, const struct policy *b)
{
	if (!policy_has_priority(a) || !policy_has_priority(b))
		return false;
	return a->class == SCHED_FIFO || b->class == SCHED_FIFO || a->level != b->level;
}

static int refuse_turns(const struct spec *spec, const struct policy *a, const struct policy *b,
                        struct err *err)
{
	char first[64], other[64], pin[128];

	policy_format(a, first, sizeof(first));
	policy_format(b, other, sizeof(other));
	pinlist_format(&spec->pin, pin, sizeof(pin));
	return err_set(
	        err, EINVAL,
	        "--vms %d with --pin %s puts vCPUs of several VMs at %s%s%s on one CPU, where "
	        "one that computes keeps the others out until it sleeps: rr of one priority takes "
	        "turns (--policy rr), or say --force",
	        spec->vms, pin, first, strcmp(first, other) != 0 ? " and " : "",
	        strcmp(first, other) != 0 ? other : "");
}

static int check_turns(const struct spec *spec, struct err *err)
{
	const struct policy *first = &spec->policy, *other = spec_neighbour_policy(spec);

	if (spec->force || !spec->pin.nr)
		return 0; /* without --pin any real-time vCPU is refused already */
	if (keeps_out(first, other))
		return refuse_turns(spec, first, other, err);
	if (spec->vms > 2 && keeps_out(other, other))
		return refuse_turns(spec, other, other, err);
	return 0;
}

/* The neighbours' policy has to pass what --policy has to. */
static int check_neighbours(const struct spec *spec, const struct topology *host,
                            const struct plan *plan, struct err *err)
{
	CLEANUP(plan_free) struct plan *theirs = calloc(1, sizeof(*theirs));
	struct spec as_first = *spec;

	if (!theirs)
		return err_set(err, ENOMEM, "out of memory");
	as_first.policy = *spec_neighbour_policy(spec);
	theirs->guest = true;
	theirs->vcpus = plan->vcpus;
	theirs->iothreads = plan->iothreads;
	return plan_place(&as_first, host, theirs, err) ? err_in(err, "--neighbour-policy") : 0;
}

static void add_notes(const struct spec *spec, const struct topology *host, struct plan *plan)
{
	const struct policy *other = spec_neighbour_policy(spec);
	const struct cpuset pinned = pinlist_set(&spec->pin);
	int cpus = cpuset_count(spec->pin.nr ? &pinned : &host->affinity);
	int vcpus = spec->vms * plan->vcpus;
	char first[64], theirs[64];

	if (vcpus > cpus)
		plan_note(plan, "%d VMs with %d vCPU%s each have %d CPU%s: %.3g vCPUs a CPU",
		          spec->vms, plan->vcpus, plan->vcpus == 1 ? "" : "s", cpus,
		          cpus == 1 ? "" : "s", (double)vcpus / cpus);
	policy_format(&spec->policy, first, sizeof(first));
	policy_format(other, theirs, sizeof(theirs));
	if (policy_has_priority(&spec->policy) && !policy_is_realtime(other))
		plan_note(plan,
		          "the neighbours, at %s, have what a vCPU at %s leaves them: a busy one "
		          "about 5 %% of the CPU",
		          theirs, first);
	if (!policy_is_realtime(&spec->policy) && policy_has_priority(other))
		plan_note(plan,
		          "the first VM, at %s, has what neighbours at %s leave it: busy ones "
		          "about 5 %% of the CPU",
		          first, theirs);
}

int plan_vms(const struct spec *spec, const struct topology *host, struct plan *plan,
             struct err *err)
{
	int rc;

	plan->vms = spec->vms > 1 ? spec->vms : 1;
	if (plan->vms == 1)
		return 0;
	rc = check_neighbours(spec, host, plan, err);
	if (!rc)
		rc = check_turns(spec, err);
	if (rc)
		return rc;
	memcpy(plan->neighbour, plan->placement, sizeof(plan->neighbour));
	for (int i = 0; i < plan->nr_placements; i++) {
		struct placement *row = &plan->neighbour[i];

		if (row->role != ROLE_VCPU)
			continue;
		row->policy = *spec_neighbour_policy(spec);
		row->policy_inherited &= !knob_is_given(spec, "neighbour-policy");
	}
	add_notes(spec, host, plan);
	return 0;
}

const struct placement *plan_rows(const struct plan *plan, int vm)
{
	return vm ? plan->neighbour : plan->placement;
}

int plan_vms_memory(const struct spec *spec, uint64_t available_bytes, struct err *err)
{
	char each[32], all[32], have[32];

	if (spec->where != WHERE_GUEST || spec->vms < 2 || !available_bytes ||
	    spec->memory_bytes <= available_bytes / (uint64_t)spec->vms)
		return 0;
	text_format_size(spec->memory_bytes, each, sizeof(each));
	text_format_size(spec->memory_bytes * (uint64_t)spec->vms, all, sizeof(all));
	text_format_size(available_bytes >> 20 << 20, have, sizeof(have));
	return err_set(err, EINVAL,
	               "--vms %d with --memory %s want %s, and this host has %s available: say a "
	               "smaller --memory",
	               spec->vms, each, all, have);
}

void plan_vms_print(const struct plan *plan, FILE *out)
{
	const struct policy *theirs = &plan->neighbour[0].policy; /* vCPU 0's row is the first */
	char policy[64];

	if (plan->vms < 2)
		return;
	fprintf(out, "vms %d  each as below, with sockets, nonce and scratch of its own",
	        plan->vms);
	policy_format(theirs, policy, sizeof(policy));
	if (!policy_is_equal(theirs, &plan->placement[0].policy))
		fprintf(out, "; vCPUs of all but the first: %s", policy);
	fputc('\n', out);
}

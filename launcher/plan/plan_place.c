/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_place.c - which thread runs on which CPUs, under which policy, and which wishes are refused.
 *
 * A real-time thread gives its CPU to nobody who waits there under a normal policy.  A vCPU that spins (on port I/O,
 * on a lock) for something that the emulator or an iothread must do on that same CPU waits for ever, and qlaunch
 * could not even end it.  So a real-time thread has its CPUs for itself, unless --force says otherwise.
 *
 * What was not asked for is inherited: CPUs and policy are then those of qlaunch itself (taskset, nice, chrt, systemd).
 *
 * SCHED_DEADLINE admits only threads that may run on their whole root domain: a pinned one is refused by the kernel
 * (EPERM), so it is refused here, --force or not.
 */
#include "plan_place.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>

#include "knobs.h"
#include "topology.h"

#define LIST 128 /* bytes of a CPU list in a sentence; longer ones are cut */

/* Where each kind of thread may run. */
struct rooms {
	struct cpuset all, vcpu, io, emulator;
	bool leaves_none;  /* the vCPUs' pins take every CPU */
	bool is_narrow;    /* our affinity has not every CPU that we may use */
	struct policy own; /* qlaunch's, and of what it starts */
};

/* What one kind of thread gets. */
struct wish {
	const struct pinlist *pin; /* one CPU each, or empty */
	const struct cpuset *cpus;
	bool cpus_inherited;
	const struct policy *policy;
	bool policy_inherited;
};

void plan_note(struct plan *plan, const char *fmt, ...)
{
	va_list args;

	if (plan->nr_notes == PLAN_NOTES_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(plan->note[plan->nr_notes++], sizeof(plan->note[0]), fmt, args);
	va_end(args);
}

static const char *worker_name(const struct plan *plan)
{
	return plan->guest ? "vCPU" : "worker";
}

static const char *others_name(const struct plan *plan)
{
	return plan->guest ? "the emulator and qlaunch" : "qlaunch";
}

/* isolcpus= takes CPUs out of every process's own affinity, and they are the very CPUs to pin to. */
static int check_cpu(const char *knob, int cpu, const struct topology *host, struct err *err)
{
	int rc;

	if (cpuset_has(&host->isolated, cpu) && cpuset_has(&host->online, cpu))
		return 0;
	rc = topology_check_cpu(host, cpu, err);
	return rc < 0 ? err_in(err, "--%s", knob) : 0;
}

static int check_length(const char *knob, const struct pinlist *pin, int wanted, const char *what,
                        const char *other_knob, struct err *err)
{
	char list[LIST];

	if (!pin->nr || pin->nr == wanted)
		return 0;
	pinlist_format(pin, list, sizeof(list));
	return err_set(err, EINVAL, "--%s %s lists %d CPU%s for %d %s%s: list %d, or say --%s %d",
	               knob, list, pin->nr, pin->nr == 1 ? "" : "s", wanted, what,
	               wanted == 1 ? "" : "s", wanted, other_knob, pin->nr);
}

static int check_pins(const char *knob, const struct pinlist *pin, const struct topology *host,
                      struct err *err)
{
	for (int i = 0; i < pin->nr; i++) {
		int rc = check_cpu(knob, pin->cpu[i], host, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_set(const char *knob, const struct cpuset *set, const struct topology *host,
                     struct err *err)
{
	for (int cpu = cpuset_next(set, -1); cpu >= 0; cpu = cpuset_next(set, cpu)) {
		int rc = check_cpu(knob, cpu, host, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_lists(const struct spec *spec, const struct topology *host,
                       const struct plan *plan, struct err *err)
{
	int rc = check_pins("pin", &spec->pin, host, err);

	if (!rc)
		rc = check_length("pin", &spec->pin, plan->vcpus, worker_name(plan), "vcpus", err);
	if (!rc && spec->has_emulator_pin)
		rc = check_set("emulator-pin", &spec->emulator_pin, host, err);
	if (rc || !plan->guest)
		return rc;
	if (spec->io_pin.nr && !plan->iothreads)
		return err_set(err, EINVAL,
		               "--io-pin places iothreads, and there are none: say --iothreads %d",
		               spec->io_pin.nr);
	rc = check_pins("io-pin", &spec->io_pin, host, err);
	if (!rc)
		rc = check_length("io-pin", &spec->io_pin, plan->iothreads, "iothread", "iothreads",
		                  err);
	return rc;
}

static void find_rooms(const struct spec *spec, const struct topology *host, struct plan *plan,
                       struct rooms *ret)
{
	struct cpuset pinned = pinlist_set(&spec->pin);
	struct cpuset rest = cpuset_minus(&host->affinity, &pinned);

	struct cpuset usual = cpuset_minus(&host->allowed, &host->isolated);

	ret->own = host->policy;
	ret->is_narrow = !cpuset_is_subset(&usual, &host->affinity);
	ret->all = host->affinity;
	ret->vcpu = spec->pin.nr ? pinned : host->affinity;
	ret->leaves_none = spec->pin.nr && !cpuset_count(&rest);
	if (spec->has_emulator_pin)
		plan->emulator = spec->emulator_pin;
	else if (spec->pin.nr)
		plan->emulator = rest; /* empty: nothing is left, nobody is confined */
	ret->emulator = cpuset_count(&plan->emulator) ? plan->emulator : host->affinity;
	ret->io = spec->io_pin.nr ? pinlist_set(&spec->io_pin) : ret->emulator;
}

static int check_deadline(const struct policy *policy, const struct cpuset *cpus,
                          const struct rooms *rooms, const char *who, const char *knob,
                          struct err *err)
{
	char list[LIST];

	if (policy->class != SCHED_DEADLINE)
		return 0;
	if (cpuset_is_equal(cpus, &rooms->all) && !rooms->is_narrow)
		return 0;
	if (cpuset_is_equal(cpus, &rooms->all)) {
		cpuset_format(cpus, list, sizeof(list));
		return err_set(err, EINVAL,
		               "%s under deadline needs every CPU of its root domain, and qlaunch "
		               "inherited CPUs %s only: start it without taskset or CPUAffinity=",
		               who, list);
	}
	return err_set(
	        err, EINVAL,
	        "%s under deadline cannot be pinned: the kernel admits deadline threads only "
	        "with every CPU of their root domain; drop --%s",
	        who, knob);
}

static bool overlap(const struct cpuset *a, const struct cpuset *b)
{
	struct cpuset both = cpuset_and(a, b);

	return cpuset_count(&both) > 0;
}

static int refuse_vcpu(const struct spec *spec, const struct plan *plan, const struct rooms *rooms,
                       struct err *err)
{
	char policy[64], pin[LIST], emulator[LIST];

	policy_format(&spec->policy, policy, sizeof(policy));
	if (spec->policy.class == SCHED_DEADLINE) /* a pin is no way out for it */
		return err_set(err, EINVAL,
		               "a %s at %s runs before %s wherever it is, and the kernel lets no "
		               "deadline thread be pinned: say --force",
		               worker_name(plan), policy, others_name(plan));
	if (!spec->pin.nr)
		return err_set(
		        err, EINVAL,
		        "a %s at %s may run on every CPU and keep out %s, which then could "
		        "not even stop it: pin it and leave a CPU free (--pin), or say --force",
		        worker_name(plan), policy, others_name(plan));
	pinlist_format(&spec->pin, pin, sizeof(pin));
	if (rooms->leaves_none && !spec->has_emulator_pin)
		return err_set(
		        err, EINVAL,
		        "--pin %s leaves no CPU for %s, which a %s at %s would keep out: leave "
		        "one free, or say --force",
		        pin, others_name(plan), worker_name(plan), policy);
	cpuset_format(&spec->emulator_pin, emulator, sizeof(emulator));
	return err_set(
	        err, EINVAL,
	        "--emulator-pin %s puts %s beside a %s at %s (--pin %s), which would keep them "
	        "out: take other CPUs, or say --force",
	        emulator, others_name(plan), worker_name(plan), policy, pin);
}

static int refuse_iothread(const struct spec *spec, const struct rooms *rooms, struct err *err)
{
	char policy[64], io[LIST], emulator[LIST];

	policy_format(&spec->io_policy, policy, sizeof(policy));
	cpuset_format(&rooms->io, io, sizeof(io));
	cpuset_format(&rooms->emulator, emulator, sizeof(emulator));
	return err_set(
	        err, EINVAL,
	        "an iothread at %s would share CPUs with the emulator and qlaunch (it: %s, "
	        "they: %s) and keep them out: part them by --io-pin and --emulator-pin, or say "
	        "--force",
	        policy, io, emulator);
}

static int check_realtime(const struct spec *spec, const struct plan *plan,
                          const struct rooms *rooms, struct err *err)
{
	bool vcpu = policy_is_realtime(&spec->policy);
	bool io = plan->guest && plan->iothreads;
	char policy[64];

	if (spec->force)
		return 0;
	if (vcpu && overlap(&rooms->vcpu, &rooms->emulator))
		return refuse_vcpu(spec, plan, rooms, err);
	policy_format(&spec->policy, policy, sizeof(policy));
	if (vcpu && io && overlap(&rooms->vcpu, &rooms->io))
		return err_set(
		        err, EINVAL,
		        "--io-pin puts an iothread on a CPU of a vCPU at %s, which would keep "
		        "it out: take other CPUs, or say --force",
		        policy);
	if (io && policy_is_realtime(&spec->io_policy) && overlap(&rooms->io, &rooms->emulator))
		return refuse_iothread(spec, rooms, err);
	policy_format(&spec->emulator_policy, policy, sizeof(policy));
	if (plan->guest && policy_is_realtime(&spec->emulator_policy))
		return err_set(err, EINVAL,
		               "--emulator-policy %s: the emulator shares its CPUs with qlaunch, "
		               "which it would keep out; --force if that is meant",
		               policy);
	return 0;
}

static int check_policies(const struct spec *spec, const struct plan *plan,
                          const struct rooms *rooms, struct err *err)
{
	int rc = check_deadline(&spec->policy, &rooms->vcpu, rooms,
	                        plan->guest ? "a vCPU" : "a worker", "pin", err);

	if (!rc && plan->guest && plan->iothreads)
		rc = check_deadline(&spec->io_policy, &rooms->io, rooms, "an iothread",
		                    spec->io_pin.nr          ? "io-pin"
		                    : spec->has_emulator_pin ? "emulator-pin"
		                                             : "pin",
		                    err);
	if (!rc && plan->guest)
		rc = check_deadline(&spec->emulator_policy, &rooms->emulator, rooms, "the emulator",
		                    spec->has_emulator_pin ? "emulator-pin" : "pin", err);
	return rc ? rc : check_realtime(spec, plan, rooms, err);
}

static struct placement *put(struct plan *plan, enum role role, int index, const struct wish *wish)
{
	struct placement *row = &plan->placement[plan->nr_placements++];

	*row = (struct placement){
		.role = role,
		.index = index,
		.has_cpus = true,
		.cpus = *wish->cpus,
		.cpus_inherited = wish->cpus_inherited,
		.has_policy = wish->policy,
		.policy_inherited = wish->policy_inherited,
	};
	if (wish->policy)
		row->policy = *wish->policy;
	return row;
}

static void put_each(struct plan *plan, enum role role, int nr, const struct wish *wish)
{
	for (int i = 0; i < nr; i++) {
		struct placement *row = put(plan, role, i, wish);

		if (!wish->pin->nr)
			continue;
		row->cpus = (struct cpuset){ 0 };
		cpuset_add(&row->cpus, wish->pin->cpu[i]);
		row->cpus_inherited = false;
	}
}

/* QEMU's threads beside the vCPUs and iothreads.  kvm-pit is the kernel's own: it inherits nothing from us, and where
 * nothing is asked of it, it has no row. */
static void put_emulator(const struct wish *emulator, const struct wish *helper, struct plan *plan)
{
	const struct wish pit = { .cpus = emulator->cpus };

	put(plan, ROLE_EMULATOR, -1, emulator);
	put(plan, ROLE_POOL, -1, emulator);
	put(plan, ROLE_HELPER, -1, helper);
	put(plan, ROLE_VHOST, -1, emulator);
	if (!emulator->cpus_inherited)
		put(plan, ROLE_KVM_PIT, -1, &pit);
}

/* Every role has a row, also where nothing was asked for: live re-tuning goes from a pinned arm back to one that is not,
 * and from SCHED_FIFO back to what was inherited, by the same rows. */
static void put_all(const struct spec *spec, const struct rooms *rooms, struct plan *plan)
{
	static const struct policy other = { .class = SCHED_OTHER };
	const bool loose = !cpuset_count(&plan->emulator);
	const struct wish vcpu = { &spec->pin, &rooms->all, true, &spec->policy,
		                   !knob_is_given(spec, "policy") };
	const struct wish io = { &spec->io_pin, &rooms->io, loose, &spec->io_policy,
		                 !knob_is_given(spec, "io-policy") };
	const struct wish emulator = { NULL, &rooms->emulator, loose, &spec->emulator_policy,
		                       !knob_is_given(spec, "emulator-policy") };
	/* the kernel's own threads beside a vCPU: not in real time because it is */
	const bool is_plain = knob_is_given(spec, "policy") && policy_is_realtime(&rooms->own);
	const struct wish helper = { NULL, &rooms->emulator, loose, is_plain ? &other : &rooms->own,
		                     true };
	const struct wish loader = { NULL, &rooms->emulator, loose, &rooms->own, true };

	put_each(plan, plan->guest ? ROLE_VCPU : ROLE_NATIVE, plan->vcpus, &vcpu);
	if (plan->guest) {
		put_each(plan, ROLE_IOTHREAD, plan->iothreads, &io);
		put_emulator(&emulator, &helper, plan);
		return;
	}
	put(plan, ROLE_LOADER, -1, &loader);
	if (spec->sqpoll)
		put(plan, ROLE_HELPER, -1, &helper);
}

/* Two pinned vCPUs (natively: workers) on CPUs that are not alike, or that share a core: both are legal and change what is
 * measured. */
static void note_siblings(const struct pinlist *pin, const struct topology *host, struct plan *plan)
{
	for (int i = 0; i < pin->nr; i++) {
		for (int j = 0; j < i; j++) {
			if (pin->cpu[i] == pin->cpu[j] ||
			    !cpuset_has(&host->cpu[pin->cpu[i]].siblings, pin->cpu[j]))
				continue;
			plan_note(
			        plan,
			        "%s/%d and %s/%d are on CPUs %d and %d, which are SMT siblings of "
			        "one core: each has a part of it",
			        plan->guest ? "vcpu" : "native", j, plan->guest ? "vcpu" : "native",
			        i, pin->cpu[j], pin->cpu[i]);
			return;
		}
	}
}

/* Sets of CPUs by their speed, in the words of what the kernel says about them.  False: they are alike. */
static bool note_unlike_speed(const struct cpuset *pinned, const char *pins, const char *threads,
                              const struct topology *host, struct plan *plan)
{
	const bool has_names = cpuset_count(&host->slow);
	struct cpuset slow = topology_slower(host, pinned), fast = cpuset_minus(pinned, &slow);
	char list[LIST], others[LIST];

	if (!cpuset_count(&slow))
		return false;
	cpuset_format(&slow, list, sizeof(list));
	cpuset_format(&fast, others, sizeof(others));
	plan_note(plan, "%s mix %s (%s) with %s (%s): the %s differ in speed", pins,
	          has_names ? "efficiency cores" : "CPUs of less capacity", list,
	          has_names ? "performance cores" : "CPUs of more", others, threads);
	return true;
}

static void note_unlike_cores(const struct spec *spec, const struct topology *host,
                              struct plan *plan)
{
	struct cpuset pinned = pinlist_set(&spec->pin), io = pinlist_set(&spec->io_pin);
	struct cpuset all = cpuset_or(&pinned, &io);
	bool is_noted = note_unlike_speed(&pinned, "the pins", plan->guest ? "vCPUs" : "workers",
	                                  host, plan);

	is_noted |= note_unlike_speed(&io, "the pins of the iothreads", "iothreads", host, plan);
	if (!is_noted)
		note_unlike_speed(&all, "the pins of vCPUs and iothreads", "threads", host, plan);
}

static void note_unlike_nodes(const struct pinlist *pin, const struct topology *host,
                              struct plan *plan)
{
	struct cpuset pinned = pinlist_set(pin);
	int first = cpuset_next(&pinned, -1);

	for (int cpu = first; cpu >= 0; cpu = cpuset_next(&pinned, cpu)) {
		if (host->cpu[cpu].node == host->cpu[first].node)
			continue;
		plan_note(plan,
		          "the pins are on several NUMA nodes (CPU %d on node %d, CPU %d on node "
		          "%d): memory is remote for some %ss",
		          first, host->cpu[first].node, cpu, host->cpu[cpu].node,
		          worker_name(plan));
		return;
	}
}

/* An iothread beside a vCPU on one core takes a part of it as another vCPU would. */
static void note_io_siblings(const struct spec *spec, const struct topology *host,
                             struct plan *plan)
{
	for (int i = 0; i < spec->io_pin.nr; i++) {
		int io = spec->io_pin.cpu[i];

		for (int j = 0; j < spec->pin.nr; j++) {
			int cpu = spec->pin.cpu[j];

			if (io == cpu || !cpuset_has(&host->cpu[io].siblings, cpu))
				continue;
			plan_note(plan,
			          "vcpu/%d and iothread/%d are on CPUs %d and %d, which are SMT "
			          "siblings of one core: each has a part of it",
			          j, i, cpu, io);
			return;
		}
	}
}

/* Of iothreads the node alone matters: queues and rings lie where the vCPUs' memory is. */
static void note_io_node(const struct spec *spec, const struct topology *host, struct plan *plan)
{
	for (int i = 0; i < spec->io_pin.nr && spec->pin.nr; i++) {
		int io = spec->io_pin.cpu[i], cpu = spec->pin.cpu[0];

		if (host->cpu[io].node == host->cpu[cpu].node)
			continue;
		plan_note(plan,
		          "iothread/%d is on CPU %d of node %d, and vcpu/0 on CPU %d of node %d: "
		          "the disk's queues are remote for one of them",
		          i, io, host->cpu[io].node, cpu, host->cpu[cpu].node);
		return;
	}
}

static void add_notes(const struct spec *spec, const struct topology *host,
                      const struct rooms *rooms, struct plan *plan)
{
	struct cpuset pinned = pinlist_set(&spec->pin);
	struct cpuset isolated = cpuset_and(&plan->emulator, &host->isolated);
	char list[LIST], policy[64];

	plan->first_pin_note = plan->nr_notes;
	note_siblings(&spec->pin, host, plan);
	note_unlike_cores(spec, host, plan);
	note_unlike_nodes(&spec->pin, host, plan);
	note_io_siblings(spec, host, plan);
	note_io_node(spec, host, plan);
	plan->nr_pin_notes = plan->nr_notes - plan->first_pin_note;
	if (rooms->leaves_none && !spec->has_emulator_pin)
		plan_note(plan, "no CPU is left for %s: they share the %ss' CPUs",
		          others_name(plan), worker_name(plan));
	if (policy_is_realtime(&spec->policy) && cpuset_count(&pinned) < spec->pin.nr) {
		policy_format(&spec->policy, policy, sizeof(policy));
		plan_note(plan, "%ss at %s share a CPU: one that spins keeps the other out",
		          worker_name(plan), policy);
	}
	/* no load balancing there: a wide mask leaves every thread on one CPU */
	if (cpuset_count(&isolated) > 1) {
		cpuset_format(&isolated, list, sizeof(list));
		plan_note(
		        plan,
		        "CPUs %s are isolated: the kernel does not spread threads over them, all of "
		        "QEMU's may stay on one",
		        list);
	}
}

/* Started by chrt.  At a real-time priority qlaunch's own waits in the kernel can last for ever: release_task() of a
 * child that ended loops in shrink_dcache_parent() until a task that it keeps from this very CPU has let go. */
static int check_own(const struct spec *spec, const struct topology *host, struct err *err)
{
	char policy[64];

	if (spec->force || !policy_is_realtime(&host->policy))
		return 0;
	policy_format(&host->policy, policy, sizeof(policy));
	return err_set(
	        err, EINVAL,
	        "qlaunch itself was started at %s (chrt), where it and QEMU's other threads "
	        "can keep out what they wait for: start it without chrt and say --policy %s, "
	        "which is the vCPUs' alone, or say --force",
	        policy, policy);
}

int plan_place(const struct spec *spec, const struct topology *host, struct plan *plan,
               struct err *err)
{
	struct rooms rooms = { 0 };
	int rc = check_own(spec, host, err);

	if (!rc)
		rc = check_lists(spec, host, plan, err);
	if (rc < 0)
		return rc;
	find_rooms(spec, host, plan, &rooms);
	rc = check_policies(spec, plan, &rooms, err);
	if (rc < 0)
		return rc;
	put_all(spec, &rooms, plan);
	add_notes(spec, host, &rooms, plan);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_cause.c - one sentence from shares of time and from who ran on the vCPU's CPU meanwhile. */
#include "run_cause.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "rt_limit.h"
#include "run_view.h"
#include "scale.h"

#define NOTICED_WAIT 0.01 /* of the time: below it nothing stood in the way */
#define NOTICED_POLL 0.1
#define CPUS_MAX     4096

/* Who else was on the vCPU's CPUs. */
struct others {
	char cpus[96]; /* "CPU 2", "CPUs 0-1": where it runs */
	const struct run_row
	        *own; /* the thread of the same VM that ran most there; NULL: none ran */
	double own_s; /* all of them */
	bool is_seen; /* by deep: the next two are known */
	double own_took_s, foreign_took_s;
	char foreign[140]; /* "cc1 (17309)", the one that took most; "" */
};

static double share_of(const struct run_view *view, const struct run_row *row,
                       enum run_number_kind kind)
{
	return row->number[kind].value / view->window_s;
}

static bool is_vcpu(const struct run_row *row)
{
	return !strcmp(row->role, "vcpu");
}

static void format_cpus(const struct run_row *row, char *buf, size_t size)
{
	snprintf(buf, size, "CPU%s %.80s", strpbrk(row->cpus.got, "-,") ? "s" : "", row->cpus.got);
}

static bool is_real_time(const struct run_row *row)
{
	return !strncmp(row->policy.got, "fifo", 4) || !strncmp(row->policy.got, "rr", 2);
}

static const struct run_row *worst_vcpu(const struct run_view *view)
{
	const struct run_row *worst = NULL;

	for (int i = 0; i < view->nr; i++) {
		const struct run_row *row = &view->row[i];

		if (!is_vcpu(row))
			continue;
		if (isnan(row->number[RUN_WAITING].value))
			return row; /* it may be the worst */
		if (!worst || row->number[RUN_WAITING].value > worst->number[RUN_WAITING].value)
			worst = row;
	}
	return worst;
}

/* A normal thread of the VM does not keep a real-time vCPU waiting. */
static void find_own(const struct run_view *view, const struct run_row *vcpu, struct others *ret)
{
	double most = 0;

	for (int i = 0; i < view->nr; i++) {
		const struct run_row *row = &view->row[i];
		double ran = row->number[RUN_RUNNING].value;

		if (row == vcpu || !(ran > 0) || (is_real_time(vcpu) && !is_real_time(row)) ||
		    !run_cpus_share(row->cpus.got, vcpu->cpus.got))
			continue;
		ret->own_s += ran;
		if (ran > most)
			ret->own = row;
		most = fmax(most, ran);
	}
}

/* Sorted by time: the first foreign one took most. */
static void find_preemptors(const struct run_view *view, const struct run_row *vcpu,
                            struct others *ret)
{
	struct json_object *list;

	if (json_get_array(view->line, "", "preemptors", &list, NULL))
		return;
	ret->is_seen = true;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		const char *victim, *comm;
		int64_t tid;
		double took;

		if (json_get_string(one, "", "victim", &victim, NULL) ||
		    strcmp(victim, vcpu->key) || json_get_string(one, "", "comm", &comm, NULL) ||
		    json_get_i64(one, "", "tid", 0, INT32_MAX, &tid, NULL) ||
		    json_get_double(one, "", "time_s", &took, NULL))
			continue;
		if (run_own_thread(view, tid)) {
			ret->own_took_s += took;
			continue;
		}
		ret->foreign_took_s += took;
		if (!ret->foreign[0])
			snprintf(ret->foreign, sizeof(ret->foreign), "%.80s (%d)", comm, (int)tid);
	}
}

/* Seen where deep watched; else where the VM's own threads ran at least half as long as the vCPU waited. */
static bool is_own_fault(const struct run_row *vcpu, const struct others *others)
{
	if (!others->own)
		return false;
	if (others->is_seen && others->own_took_s + others->foreign_took_s > 0)
		return others->own_took_s > others->foreign_took_s;
	return others->own_s >= vcpu->number[RUN_WAITING].value / 2;
}

static void say_own(const struct run_view *view, const struct others *others, char *buf,
                    size_t size)
{
	const struct run_row *own = others->own;
	char ran[32];

	scale_format_part(share_of(view, own, RUN_RUNNING), ran, sizeof(ran));
	snprintf(buf, size, "%s of the same VM ran on %s too (%s of the time); %s", own->key,
	         others->cpus, ran,
	         is_vcpu(own)
	                 ? "give each vCPU a CPU of its own: a longer --pin list, or fewer --vcpus"
	         : run_text(view, "spec", "pin", NULL) &&
	                         strcmp(run_text(view, "spec", "pin", NULL), "none")
	                 ? "move it off that CPU with --emulator-pin or --io-pin"
	                 : "--pin gives the vCPUs CPUs that QEMU's other threads stay off");
}

/* As the host was when the line was written. */
static void read_limit(const struct run_view *view, struct rt_limit *ret)
{
	const char *kernel = run_text(view, "host", "kernel", NULL);
	bool fair = kernel && rt_limit_is_fair_server(kernel);

	rt_limit_make(
	        kernel ? kernel : "",
	        run_text(view, "host", fair ? "fair_server_runtime_ns" : "rt_runtime_us", NULL),
	        run_text(view, "host", fair ? "fair_server_period_ns" : "rt_period_us", NULL), ret);
}

/* More than the kernel takes from a real-time thread is another one's doing. */
static bool is_bandwidth(const struct run_view *view, const struct run_row *vcpu,
                         const struct rt_limit *limit)
{
	return is_real_time(vcpu) &&
	       rt_limit_covers(limit, share_of(view, vcpu, RUN_WAITING), view->window_s);
}

static void say_bandwidth(const struct rt_limit *limit, const struct others *others, char *buf,
                          size_t size)
{
	char by[180] = "", what[300];

	if (others->foreign[0])
		snprintf(by, sizeof(by), " (most often %s)", others->foreign);
	if (limit->is_fair_server)
		snprintf(what, sizeof(what),
		         "the fair server, which gives normal threads%s %g %% of a CPU", by,
		         100 * limit->share);
	else
		snprintf(what, sizeof(what), "%s (%s), which lets normal threads%s run",
		         limit->name, limit->setting, by);
	snprintf(
	        buf, size,
	        "it is a real-time thread, so this is most likely %s (the kernel keeps no count of it); "
	        "keep them off %s (isolcpus, a cpuset), or %s",
	        what, others->cpus, limit->mend);
}

static void say_neighbour(const struct run_view *view, const struct run_row *vcpu,
                          const struct others *others, char *buf, size_t size)
{
	const char *pin = run_text(view, "spec", "pin", NULL);
	const char *which = is_real_time(vcpu) ? " of its priority or above" : "";
	const char *mend = !pin || !strcmp(pin, "none")
	                           ? "--pin to CPUs that are free, or --policy fifo"
	                   : is_real_time(vcpu)
	                           ? "move it elsewhere, or raise --policy above it"
	                           : "--policy fifo, or move it elsewhere (isolcpus, a cpuset)";

	if (others->foreign[0])
		snprintf(buf, size,
		         "on %s it was preempted most by %s, which is not of this VM; %s",
		         others->cpus, others->foreign, mend);
	else if (others->is_seen)
		snprintf(buf, size,
		         "it was not preempted: it woke up on %s while others ran there; %s",
		         others->cpus, mend);
	else
		snprintf(
		        buf, size,
		        "other threads of this host%s ran on %s, and --observe deep names them; %s",
		        which, others->cpus, mend);
}

static void say_waited(const struct run_view *view, const struct run_row *vcpu, char *buf,
                       size_t size)
{
	struct others others = { 0 };
	struct rt_limit limit;
	char why[700], share[32], longest[64] = "";

	format_cpus(vcpu, others.cpus, sizeof(others.cpus));
	find_own(view, vcpu, &others);
	find_preemptors(view, vcpu, &others);
	read_limit(view, &limit);
	if (is_own_fault(vcpu, &others))
		say_own(view, &others, why, sizeof(why));
	else if (is_bandwidth(view, vcpu, &limit))
		say_bandwidth(&limit, &others, why, sizeof(why));
	else
		say_neighbour(view, vcpu, &others, why, sizeof(why));
	scale_format_part(share_of(view, vcpu, RUN_WAITING), share, sizeof(share));
	if (!isnan(vcpu->number[RUN_LONGEST].value)) {
		char took[48];

		scale_format_value("ns", vcpu->number[RUN_LONGEST].value, took, sizeof(took));
		snprintf(longest, sizeof(longest), " (longest %s)", took);
	}
	snprintf(buf, size, "%s waited for a CPU %s of the time%s: %s.", vcpu->key, share, longest,
	         why);
}

/* Of the CPUs that the vCPU may run on, the one that lost most to the host's own host. */
static double stolen_share(const struct run_view *view, const struct run_row *vcpu)
{
	double most = NAN;

	for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
		char key[24];

		if (!run_cpus_have(vcpu->cpus.got, cpu))
			continue;
		snprintf(key, sizeof(key), "cpu/%d", cpu);
		most = fmax(most, run_figure(view, "host_steal_s", key).value / view->window_s);
	}
	return most;
}

static void say_nothing(const struct run_row *vcpu, double wait, double stolen, char *buf,
                        size_t size)
{
	char share[32], lost[80] = "";

	scale_format_part(wait, share, sizeof(share));
	if (stolen > 0) {
		char text[32];

		scale_format_part(stolen, text, sizeof(text));
		snprintf(lost, sizeof(lost), ", and this host lost %s of a CPU to its own host",
		         text);
	}
	snprintf(
	        buf, size,
	        "nothing on this host kept the vCPUs waiting: %s, which waited most, waited %s of the "
	        "time%s.",
	        vcpu->key, share, lost);
}

static void say_stolen(const struct run_row *vcpu, double stolen, char *buf, size_t size)
{
	char share[32], cpus[96];

	scale_format_part(stolen, share, sizeof(share));
	format_cpus(vcpu, cpus, sizeof(cpus));
	snprintf(
	        buf, size,
	        "this host is itself a virtual machine, and its own host took up to %s of %s's time "
	        "(steal); no setting here changes that: it is the outer host's load.",
	        share, cpus);
}

static void say_polled(const struct run_view *view, const struct run_row *vcpu, double polled,
                       char *buf, size_t size)
{
	struct json_object *vm, *modules, *kvm;
	const char *now = NULL;
	char share[32];

	if (!json_get_object(view->line, "", "vm", &vm, NULL) &&
	    !json_get_object(vm, "", "kvm_modules", &modules, NULL) &&
	    !json_get_object(modules, "", "kvm", &kvm, NULL) &&
	    json_get_string(kvm, "", "halt_poll_ns", &now, NULL))
		now = NULL;
	scale_format_part(polled, share, sizeof(share));
	snprintf(
	        buf, size,
	        "nothing kept the vCPUs waiting, but %s spent %s of the time in KVM's halt polling, which "
	        "keeps its CPU busy while the guest sleeps; as root write 0 to "
	        "/sys/module/kvm/parameters/halt_poll_ns%s%.20s.",
	        vcpu->key, share, now ? ", now " : "", now ? now : "");
}

void run_cause(const struct run_view *view, char *buf, size_t size)
{
	const struct run_row *vcpu = worst_vcpu(view);
	double wait, stolen, polled;

	if (!vcpu || isnan(share_of(view, vcpu, RUN_WAITING))) {
		const char *why = vcpu ? vcpu->number[RUN_WAITING].why : "the line has no vCPU";

		snprintf(buf, size, "not known: %s.", why ? why : "the line has no window");
		return;
	}
	wait = share_of(view, vcpu, RUN_WAITING);
	stolen = stolen_share(view, vcpu);
	polled = (run_figure(view, "halt_poll_success_s", vcpu->key).value +
	          run_figure(view, "halt_poll_fail_s", vcpu->key).value) /
	         view->window_s;
	if (vcpu->stray)
		snprintf(
		        buf, size,
		        "%s was not where it was put at the end (asked for CPUs %s, %s; got %s, %s): "
		        "another program moved it; run without that program (a CPU manager, a cpuset).",
		        vcpu->key, vcpu->cpus.want, vcpu->policy.want, vcpu->cpus.got,
		        vcpu->policy.got);
	else if (stolen >= NOTICED_WAIT && stolen > wait)
		say_stolen(vcpu, stolen, buf, size);
	else if (wait >= NOTICED_WAIT)
		say_waited(view, vcpu, buf, size);
	else if (polled >= NOTICED_POLL)
		say_polled(view, vcpu, polled, buf, size);
	else
		say_nothing(vcpu, wait, stolen, buf, size);
}

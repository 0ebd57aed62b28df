/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_plan.c - what is decided for which machine, against golden files; and what is refused, with its sentence. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "golden.h"
#include "plan.h"
#include "plan_vms.h"
#include "topology.h"

#define DATA "tests/data/"

/* A machine without KVM, one with it, one whose KVM is software, one where /dev/kvm is somebody else's. */
static const struct qemu_can plain = {
	.path = "/usr/bin/qemu-system-x86_64",
	.version = 70222,
	.version_text = "7.2.22",
	.aio_io_uring = true,
	.aio_native = true,
	.kvm_why = "/dev/kvm: No such file or directory",
};
static const struct qemu_can kvm = {
	.path = "/usr/bin/qemu-system-x86_64",
	.version = 70222,
	.version_text = "7.2.22",
	.aio_io_uring = true,
	.aio_native = true,
	.kvm_device = true,
	.kvm_hardware = true,
	.kvm_cpu = "host",
};
static const struct qemu_can soft = {
	.path = "/usr/bin/qemu-system-x86_64",
	.version = 70222,
	.version_text = "7.2.22",
	.kvm_device = true,
	.kvm_cpu = "qemu64",
};
static const struct qemu_can closed = {
	.path = "/usr/bin/qemu-system-x86_64",
	.version = 70222,
	.version_text = "7.2.22",
	.kvm_hardware = true,
	.kvm_why = "/dev/kvm: Permission denied",
};
static const struct qemu_can old = {
	.path = "/usr/bin/qemu-system-x86_64",
	.version = 50200,
	.version_text = "5.2.0",
};
static const struct qemu_can none;

static const struct {
	const char *name, *line, *tree;
	const struct qemu_can *qemu;
} golden[] = {
	{ "default", "d", "sys-2cpu", &plain },
	{ "pin-fifo", "--policy fifo --pin 1 d", "sys-2cpu", &plain },
	{ "pin-plain-all", "--pin 0-1 d", "sys-2cpu", &plain },
	{ "fifo-force", "--policy fifo --pin 0-1 --force d", "sys-2cpu", &plain },
	{ "kvm-pin", "--policy fifo --pin 3,2 d", "sys-2x8-smt", &kvm },
	{ "kvm-soft", "--accel kvm d", "sys-2cpu", &soft },
	{ "auto-soft", "d", "sys-2cpu", &soft },
	{ "auto-closed", "d", "sys-2cpu", &closed },
	{ "tuned", "--virtio tuned --pin 2-3 d e", "sys-2x8-smt", &kvm },
	{ "tuned-explicit", "--virtio tuned --aio native --iothreads 1 --queues 3 d e",
	  "sys-2x8-smt", &kvm },
	{ "tuned-no-uring", "--virtio tuned d", "sys-2cpu", &soft },
	{ "io-pin", "--pin 2-3 --iothreads 2 --io-pin 4,5 --emulator-pin 0-1 --io-policy rr:3 d",
	  "sys-2x8-smt", &kvm },
	{ "smt-siblings", "--pin 1,9 d", "sys-2x8-smt", &kvm },
	{ "two-nodes", "bench --where native --pin 3,4", "sys-2x8-smt", &none },
	{ "hybrid", "--pin 0,2,5 d", "sys-hybrid", &kvm },
	{ "capacity", "--pin 0,2,5 d", "sys-capacity", &kvm },
	{ "emulator-policy", "--emulator-policy batch:5 --pin 2 d", "sys-2x8-smt", &plain },
	{ "isolated", "--policy fifo --pin 4-5 d", "sys-isolated", &kvm },
	{ "deadline", "--policy deadline:1ms/10ms/10ms --force d", "sys-2cpu", &plain },
	{ "shared-cpu", "--policy fifo --pin 1,1 d", "sys-2cpu", &plain },
	{ "machine", "--machine pc --cpu qemu64,+ssse3 --accel tcg --vcpus 3 d", "sys-2cpu", &kvm },
	{ "vms", "sweep --vms 2 --policy rr --pin 1", "sys-2cpu", &plain },
	{ "vms-favoured", "sweep --vms 4 --policy fifo --neighbour-policy batch:5 --pin 2-3",
	  "sys-2x8-smt", &kvm },
	{ "vms-loose", "sweep --vms 2 --vcpus 1", "sys-2cpu", &plain },
	{ "native", "bench --where native --policy rr:5 --pin 1", "sys-2cpu", &none },
	{ "native-sqpoll", "bench --where native --policy fifo --pin 1 --sqpoll on", "sys-2cpu",
	  &none },
	{ "native-default", "bench --where native --emulator-pin 0", "sys-2x8-smt", &none },
};

static const struct {
	const char *line, *tree;
	const struct qemu_can *qemu;
	const char *words;
} refused[] = {
	{ "d", "sys-2cpu", &none, "no qemu-system-x86_64 on PATH" },
	{ "d", "sys-2cpu", &old, "is QEMU 5.2.0, and 6.2 is the oldest" },
	{ "--accel kvm d", "sys-2cpu", &plain, "--accel kvm: /dev/kvm: No such file" },
	{ "--accel kvm d", "sys-2cpu", &closed, "--accel kvm: /dev/kvm: Permission denied" },
	{ "--pin 7 d", "sys-2cpu", &plain, "--pin: CPU 7 does not exist" },
	{ "--pin 3 d", "sys-offline", &plain, "--pin: CPU 3 is offline" },
	{ "--emulator-pin 0,9 d", "sys-2cpu", &plain, "--emulator-pin: CPU 9" },
	{ "--iothreads 1 --io-pin 9 d", "sys-2cpu", &plain, "--io-pin: CPU 9" },
	{ "--pin 2-3 --vcpus 4 d", "sys-2x8-smt", &plain,
	  "--pin 2-3 lists 2 CPUs for 4 vCPUs: list 4, or say --vcpus 2" },
	{ "--pin 2-3 --vcpus 1 d", "sys-2x8-smt", &plain,
	  "--pin 2-3 lists 2 CPUs for 1 vCPU: list 1, or say --vcpus 2" },
	{ "bench --where native --pin 1 --vcpus 2", "sys-2cpu", &none,
	  "lists 1 CPU for 2 workers" },
	{ "--io-pin 1 d", "sys-2cpu", &plain, "there are none: say --iothreads 1" },
	{ "--iothreads 2 --io-pin 1 d", "sys-2cpu", &plain, "lists 1 CPU for 2 iothreads" },
	{ "--policy fifo d", "sys-2cpu", &plain, "a vCPU at fifo:1 may run on every CPU" },
	{ "--policy rr:9 --pin 0-1 d", "sys-2cpu", &plain,
	  "--pin 0-1 leaves no CPU for the emulator and qlaunch, which a vCPU at rr:9" },
	{ "--policy fifo --pin 1 --emulator-pin 0-1 d", "sys-2cpu", &plain,
	  "--emulator-pin 0-1 puts the emulator and qlaunch beside a vCPU at fifo:1" },
	{ "--policy fifo --pin 1 --iothreads 1 --io-pin 1 d", "sys-2cpu", &plain,
	  "--io-pin puts an iothread on a CPU of a vCPU at fifo:1" },
	{ "--iothreads 1 --io-policy fifo d", "sys-2cpu", &plain,
	  "an iothread at fifo:1 would share" },
	{ "--iothreads 1 --io-policy rr --io-pin 0 --pin 1 d", "sys-2cpu", &plain,
	  "(it: 0, they: 0)" },
	{ "--emulator-policy fifo d", "sys-2cpu", &plain,
	  "--emulator-policy fifo:1: the emulator" },
	{ "--policy deadline:1ms/9ms/9ms d", "sys-2cpu", &plain, "say --force" },
	{ "--policy deadline:1ms/9ms/9ms --pin 1 --force d", "sys-2cpu", &plain,
	  "a vCPU under deadline cannot be pinned" },
	{ "--iothreads 1 --io-policy deadline:1ms/9ms/9ms --pin 1 --force d", "sys-2cpu", &plain,
	  "an iothread under deadline cannot be pinned" },
	{ "--emulator-policy deadline:1ms/9ms/9ms --pin 1 --force d", "sys-2cpu", &plain,
	  "the emulator under deadline cannot be pinned" },
	{ "bench --where native --policy fifo", "sys-2cpu", &none,
	  "a worker at fifo:1 may run on every CPU and keep out qlaunch" },
	{ "bench --where native --policy fifo --pin 0-1", "sys-2cpu", &none,
	  "leaves no CPU for qlaunch" },
	{ "bench --where native --vcpus 2 --sqpoll on", "sys-2cpu", &none,
	  "--sqpoll on: 2 workers and as many polling kernel threads need 4 CPUs, and there are 2: "
	  "say --sqpoll off, or fewer --vcpus" },
	{ "bench --where guest --vcpus 1 --sqpoll on", "sys-2x8-smt", &plain,
	  "--sqpoll on: the guest has a worker on each vCPU" },
	{ "sweep --vms 2 --policy fifo --pin 1", "sys-2cpu", &plain,
	  "--vms 2 with --pin 1 puts vCPUs of several VMs at fifo:1 on one CPU" },
	{ "sweep --vms 2 --policy rr:2 --neighbour-policy rr:1 --pin 1", "sys-2cpu", &plain,
	  "at rr:2 and rr:1 on one CPU" },
	{ "sweep --vms 3 --neighbour-policy fifo --pin 1", "sys-2cpu", &plain,
	  "at fifo:1 on one CPU" },
	{ "sweep --vms 2 --neighbour-policy fifo", "sys-2cpu", &plain,
	  "--neighbour-policy: a vCPU at fifo:1 may run on every CPU" },
	{ "sweep --vms 2 --policy fifo --neighbour-policy other", "sys-2cpu", &plain,
	  "a vCPU at fifo:1 may run on every CPU" },
	{ "sweep --vms 2 --pin 1 --neighbour-policy deadline:1ms/9ms/9ms --force", "sys-2cpu",
	  &plain, "--neighbour-policy: a vCPU under deadline cannot be pinned" },
	{ "--aio io_uring d", "sys-2cpu", &soft, "--aio io_uring: this QEMU was built without it" },
	{ "--aio native --cache none d", "sys-2cpu", &soft, "--aio native: this QEMU was built" },
	{ "--aio native d", "sys-2cpu", &plain, "say --cache none or --cache directsync" },
	{ "--aio native --cache unsafe d", "sys-2cpu", &plain, "say --cache none" },
};

/* About 150 KiB and 60 KiB: not on the stack. */
static struct topology host;
static struct plan plan;

static int make(const char *words, const char *tree, const struct qemu_can *qemu, struct err *err)
{
	CLEANUP(str_free) char *line = strdup(words);
	char root[128];
	struct cmdline c;
	int rc;

	snprintf(root, sizeof(root), DATA "%s", tree);
	if (topology_read(root, &host, err) < 0 || words_parse(line, &c, err) < 0)
		fail_msg("'%s': %s", words, err->text);
	rc = plan_make(&c.spec, &host, qemu, &plan, err);
	cmdline_done(&c);
	return rc;
}

static void test_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		CLEANUP(str_free) char *text = NULL;
		struct err err = { 0 };
		size_t size;
		FILE *out = open_memstream(&text, &size);
		char path[128];

		if (make(golden[i].line, golden[i].tree, golden[i].qemu, &err) < 0)
			fail_msg("'%s': %s", golden[i].line, err.text);
		fprintf(out, "# %s on %s\n", golden[i].line, golden[i].tree);
		plan_print(&plan, out);
		fclose(out);
		snprintf(path, sizeof(path), DATA "plan-%s.txt", golden[i].name);
		golden_check(path, text);
	}
}

/* Of the notes, those about pins go into the result's warnings. */
static void test_pin_notes(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_true(make("--pin 1,9 d", "sys-2x8-smt", &soft, &err) >= 0);
	assert_int_equal(plan.nr_pin_notes, 1);
	assert_non_null(strstr(plan.note[plan.first_pin_note], "SMT siblings"));
	assert_true(make("--pin 1 --iothreads 2 --io-pin 2,9 d", "sys-2x8-smt", &soft, &err) >= 0);
	assert_int_equal(plan.nr_pin_notes, 1);
	assert_non_null(
	        strstr(plan.note[plan.first_pin_note],
	               "vcpu/0 and iothread/1 are on CPUs 1 and 9, which are SMT siblings"));
	assert_true(make("--pin 2 --iothreads 1 --io-pin 4 d", "sys-2x8-smt", &soft, &err) >= 0);
	assert_int_equal(plan.nr_pin_notes, 1);
	assert_non_null(strstr(plan.note[plan.first_pin_note],
	                       "iothread/0 is on CPU 4 of node 1, and vcpu/0 on CPU 2 of node 0"));
	assert_true(make("--pin 2 --iothreads 1 --io-pin 3 d", "sys-2x8-smt", &soft, &err) >= 0);
	assert_int_equal(plan.nr_pin_notes, 0);
	assert_true(make("--pin 0,1 --emulator-pin 2 d", "sys-hybrid", &kvm, &err) >= 0);
	assert_int_equal(plan.nr_pin_notes, 1);
	assert_true(make("--pin 0,2 d", "sys-hybrid", &kvm, &err) >= 0);
	assert_int_equal(plan.nr_pin_notes, 0);
	/* the same by capacities, where CPUs 0 to 3 differ less than the scheduler's margin */
	assert_true(make("--pin 0,2 d", "sys-capacity", &kvm, &err) >= 0);
	assert_int_equal(plan.nr_pin_notes, 0);
	assert_true(make("--pin 4,5 d", "sys-capacity", &kvm, &err) >= 0);
	assert_int_equal(plan.nr_pin_notes, 0);
	assert_true(make("bench --where native --pin 3,4", "sys-capacity", &none, &err) >= 0);
	assert_int_equal(plan.nr_pin_notes, 1);
}

/* Iothreads too, among themselves and beside the vCPUs. */
static void test_io_core_notes(void **state)
{
	static const struct {
		const char *line, *tree, *words; /* NULL: no note */
	} cases[] = {
		{ "--pin 2 --iothreads 1 --io-pin 4 d", "sys-hybrid",
		  "the pins of vCPUs and iothreads mix efficiency cores (4) with performance cores (2): "
		  "the threads differ in speed" },
		{ "--iothreads 2 --io-pin 2,4 d", "sys-hybrid",
		  "the pins of the iothreads mix efficiency cores (4) with performance cores (2)" },
		{ "--pin 4 --iothreads 1 --io-pin 5 d", "sys-hybrid", NULL },
		{ "--pin 4 --iothreads 1 --io-pin 3 d", "sys-capacity",
		  "mix CPUs of less capacity (4) with CPUs of more (3)" },
		{ "--pin 0 --iothreads 2 --io-pin 3,5 d", "sys-capacity",
		  "the pins of the iothreads mix CPUs of less capacity (5) with CPUs of more (3): the "
		  "iothreads differ in speed" },
		{ "--pin 0 --iothreads 1 --io-pin 3 d", "sys-capacity", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };
		const char *note;

		if (make(cases[i].line, cases[i].tree, &kvm, &err) < 0)
			fail_msg("'%s': %s", cases[i].line, err.text);
		note = plan.nr_pin_notes ? plan.note[plan.first_pin_note] : NULL;
		if (plan.nr_pin_notes != !!cases[i].words ||
		    (note && !strstr(note, cases[i].words)))
			fail_msg("'%s' on %s: %d notes, '%s'", cases[i].line, cases[i].tree,
			         plan.nr_pin_notes, note ? note : "");
	}
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct err err = { 0 };

		memset(&plan, 0x5a, sizeof(plan));
		if (make(refused[i].line, refused[i].tree, refused[i].qemu, &err) >= 0)
			fail_msg("'%s' was planned", refused[i].line);
		if (!strstr(err.text, refused[i].words) || strchr(err.text, '\n'))
			fail_msg("'%s': '%s' lacks '%s'", refused[i].line, err.text,
			         refused[i].words);
		assert_int_equal(plan.vcpus, 0x5a5a5a5a); /* a refusal leaves the result alone */
	}
}

/* What is refused for real-time's sake is planned with --force. */
static void test_force(void **state)
{
	static const char *const lines[] = {
		"--policy fifo --force d",
		"--policy fifo --pin 0-1 --force d",
		"--policy fifo --pin 1 --emulator-pin 0-1 --force d",
		"--policy fifo --pin 1 --iothreads 1 --io-pin 1 --force d",
		"--iothreads 1 --io-policy fifo --force d",
		"--emulator-policy fifo --force d",
		"bench --where native --policy fifo --force",
		"sweep --vms 2 --policy fifo --pin 1 --force",
		"sweep --vms 2 --neighbour-policy fifo --force",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct err err = { 0 };

		if (make(lines[i], "sys-2cpu", &plain, &err) < 0)
			fail_msg("'%s': %s", lines[i], err.text);
	}
}

/* Without --force no real-time thread may meet the emulator, an iothread or qlaunch, whatever the knobs say. */
static void check_apart(const char *line)
{
	for (int i = 0; i < plan.nr_placements; i++) {
		const struct placement *rt = &plan.placement[i];

		for (int j = 0; j < plan.nr_placements && policy_is_realtime(&rt->policy); j++) {
			const struct placement *other = &plan.placement[j];
			struct cpuset both = cpuset_and(&rt->cpus, &other->cpus);

			if (i == j || other->role == ROLE_VCPU || other->role == ROLE_NATIVE ||
			    (rt->role == ROLE_IOTHREAD && other->role == ROLE_IOTHREAD))
				continue;
			if (cpuset_count(&both))
				fail_msg("'%s': %s/%d meets %s", line, role_name(rt->role),
				         rt->index, role_name(other->role));
		}
	}
}

/* The next digit of a number whose digits have changing bases. */
static unsigned int pick(unsigned int *n, unsigned int base)
{
	unsigned int digit = *n % base;

	*n /= base;
	return digit;
}

static void test_apart(void **state)
{
	static const char *const policy[] = { "other", "fifo", "rr:7" };
	static const char *const pin[] = { "", "--pin 1", "--pin 0-1", "--pin 2-3", "--pin [5,5]" };
	static const char *const io[] = { "", "--iothreads 1", "--iothreads 1 --io-pin 1",
		                          "--iothreads 2 --io-pin [4,5]" };
	static const char *const emulator[] = { "", "--emulator-pin 0", "--emulator-pin 0-2",
		                                "--emulator-pin 1" };
	static const char *const where[] = { "sweep", "sweep --where native" };
	int planned = 0;

	(void)state;
	for (unsigned int n = 0; n < 2 * 3 * 3 * 5 * 4 * 4; n++) {
		struct err err = { 0 };
		unsigned int m = n;
		char line[256];

		snprintf(line, sizeof(line), "%s --policy %s --io-policy %s %s %s %s",
		         where[pick(&m, 2)], policy[pick(&m, 3)], policy[pick(&m, 3)],
		         pin[pick(&m, 5)], io[pick(&m, 4)], emulator[pick(&m, 4)]);
		if (make(line, "sys-2x8-smt", &kvm, &err) < 0)
			continue;
		planned++;
		check_apart(line);
	}
	assert_true(planned > 200);
}

/* A VM in real time beside one that is not, or two that take turns, are what somebody may want. */
static void test_vms(void **state)
{
	static const char *const lines[] = {
		"sweep --vms 2 --policy rr --pin 1",
		"sweep --vms 2 --policy fifo --neighbour-policy other --pin 1",
		"sweep --vms 2 --neighbour-policy fifo --pin 1",
		"sweep --vms 64 --neighbour-policy idle --pin 1",
		"sweep --vms 1 --policy fifo --pin 1",
		"sweep --vms 2 --policy deadline:1ms/9ms/9ms --force",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct err err = { 0 };

		if (make(lines[i], "sys-2cpu", &plain, &err) < 0)
			fail_msg("'%s': %s", lines[i], err.text);
	}
	assert_ptr_equal(plan_rows(&plan, 0), plan.placement);
	assert_ptr_equal(plan_rows(&plan, 63), plan.neighbour);
}

static void test_vms_memory(void **state)
{
	static const struct {
		int vms;
		uint64_t memory, available;
		const char *words; /* NULL: fits */
	} cases[] = {
		{ 2, 1 << 30, 2ULL << 30, NULL },
		{ 2, 1 << 30, (2ULL << 30) - 1,
		  "--vms 2 with --memory 1G want 2G, and this host has 2047M available" },
		{ 64, 1ULL << 44, 1ULL << 40, "want 1024T" },
		{ 1, 1ULL << 44, 1 << 20, NULL }, /* as ever: QEMU itself says it */
		{ 2, 1ULL << 44, 0, NULL },       /* this kernel does not say */
	};
	struct spec spec;

	(void)state;
	spec_init(&spec, COMMAND_SWEEP);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };

		spec.vms = cases[i].vms;
		spec.memory_bytes = cases[i].memory;
		if (!plan_vms_memory(&spec, cases[i].available, &err) != !cases[i].words ||
		    (cases[i].words && !strstr(err.text, cases[i].words)))
			fail_msg("%d VMs: '%s'", cases[i].vms, err.text);
	}
	spec.where = WHERE_NATIVE;
	assert_int_equal(plan_vms_memory(&spec, 1, &(struct err){ 0 }), 0);
}

static void test_vcpus(void **state)
{
	static const struct {
		int cpus, vcpus;
	} cases[] = { { 1, 1 }, { 2, 1 }, { 3, 2 }, { 16, 2 } };
	struct spec spec;

	(void)state;
	spec_init(&spec, COMMAND_RUN);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(&host, 0, sizeof(host));
		for (int cpu = 0; cpu < cases[i].cpus; cpu++)
			cpuset_add(&host.affinity, cpu);
		assert_int_equal(plan_vcpus(&spec, &host), cases[i].vcpus);
	}
	spec.pin.nr = 5;
	assert_int_equal(plan_vcpus(&spec, &host), 5);
	spec.vcpus = 7;
	assert_int_equal(plan_vcpus(&spec, &host), 7);
}

/* Started by taskset, nice or chrt: what a plan says then, or why there is none. */
static const struct {
	const char *name, *line, *policy, *affinity, *words;
} inherited[] = {
	{ "nice", "d", "other:5", "0-15", NULL },
	{ "batch", "--iothreads 1 --io-policy fifo --io-pin 3 --emulator-pin 0 --pin 2 d", "batch",
	  "0-15", NULL },
	{ "narrow", "d", "other", "1-2", NULL },
	{ "narrow-pin", "--pin 4,5 d", "other", "1-2", NULL },
	{ "rr-force", "--force d", "rr:3", "0-15", NULL },
	{ "fifo-other", "--policy other --emulator-policy other --force d", "fifo", "0-15", NULL },
	{ NULL, "d", "fifo:2", "0-15",
	  "qlaunch itself was started at fifo:2 (chrt), where it and QEMU's other threads" },
	{ NULL, "bench --where native --pin 1", "rr", "0-15",
	  "without chrt and say --policy rr:1" },
	{ NULL, "--pin 1-2 --policy fifo d", "other", "1-2", "leaves no CPU for the emulator" },
	{ NULL, "--policy deadline:1ms/9ms/9ms --force d", "other", "1-2",
	  "qlaunch inherited CPUs 1-2 only" },
};

static int make_inherited(size_t i, struct err *err)
{
	CLEANUP(str_free) char *line = strdup(inherited[i].line);
	struct cmdline c;
	int rc;

	if (topology_read(DATA "sys-2x8-smt", &host, err) < 0 || words_parse(line, &c, err) < 0 ||
	    policy_parse(inherited[i].policy, &host.policy, err) < 0 ||
	    cpuset_parse(inherited[i].affinity, &host.affinity, err) < 0)
		fail_msg("'%s': %s", inherited[i].line, err->text);
	plan_inherit(&c.spec, &host);
	rc = plan_make(&c.spec, &host, &kvm, &plan, err);
	cmdline_done(&c);
	return rc;
}

static void test_inherited(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(inherited); i++) {
		CLEANUP(str_free) char *text = NULL;
		struct err err = { 0 };
		char path[128];
		size_t size;
		FILE *out;
		int rc = make_inherited(i, &err);

		if (inherited[i].words) {
			if (rc >= 0 || !strstr(err.text, inherited[i].words))
				fail_msg("'%s' at %s: '%s'", inherited[i].line, inherited[i].policy,
				         err.text);
			continue;
		}
		if (rc < 0)
			fail_msg("'%s' at %s: %s", inherited[i].line, inherited[i].policy,
			         err.text);
		out = open_memstream(&text, &size);
		plan_print(&plan, out);
		fclose(out);
		snprintf(path, sizeof(path), DATA "plan-inherited-%s.txt", inherited[i].name);
		golden_check(path, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),        cmocka_unit_test(test_pin_notes),
		cmocka_unit_test(test_io_core_notes), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_force),         cmocka_unit_test(test_apart),
		cmocka_unit_test(test_vcpus),         cmocka_unit_test(test_inherited),
		cmocka_unit_test(test_vms),           cmocka_unit_test(test_vms_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

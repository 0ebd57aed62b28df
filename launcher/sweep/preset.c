/* SPDX-License-Identifier: GPL-2.0-or-later */
/* preset.c - ready-made lists of arms. */
#include <stdio.h>
#include <string.h>

#include "arms.h"
#include "cpuset.h"
#include "knobs.h"
#include "text.h"
#include "topology.h"

#define QUICK_VCPUS_MAX 4

struct setting {
	const char *knob, *text;
};

/* {pin} stands for the last CPUs, {noise} for one busy process on each of them. */
static const char pin_last[] = "{pin}", noise_each[] = "{noise}";

struct preset_arm {
	const char *name; /* where a report looks for it; NULL: by what varies */
	struct setting set[6];
};

#define GUEST                                                                                      \
	{                                                                                          \
		"where", "guest"                                                                   \
	}
#define NATIVE                                                                                     \
	{                                                                                          \
		"where", "native"                                                                  \
	}
#define PINNED                                                                                     \
	{                                                                                          \
		"pin", pin_last                                                                    \
	}
#define NOISY                                                                                      \
	{                                                                                          \
		"noise", noise_each                                                                \
	}
#define VMS(nr)                                                                                    \
	{                                                                                          \
		"vms", nr                                                                          \
	}

static const struct preset_arm quick[] = {
	{ NULL, { NATIVE } },
	{ NULL, { GUEST } },
	{ NULL, { GUEST, PINNED } },
	{ NULL, { GUEST, { "virtio", "tuned" } } },
	{ NULL, { GUEST, PINNED, { "policy", "fifo" } } },
	{ NULL, { GUEST, PINNED, { "policy", "rr" } } },
	{ NULL, { { NULL, NULL } } },
};

/* Nine boots: so many judge six arms and, with two primary figures, the A/A control. */
static const struct setting quick_common[] = {
	{ "repeat", "9" },
	{ "workload", "cpu,randrw" },
	{ "duration", "700ms" },
	{ "warmup", "250ms" },
	{ "scratch-size", "256M" },
	{ "guest-policy", "other" }, /* only the vCPUs' policy differs from arm to arm */
	{ NULL, NULL },
};

/* The block path, one change at a time and then all. */
static const struct preset_arm storage[] = {
	{ NULL, { NATIVE } },
	{ NULL, { GUEST } },
	{ NULL, { GUEST, { "aio", "native" } } },
	{ NULL, { GUEST, { "aio", "io_uring" } } },
	{ NULL, { GUEST, { "iothreads", "1" } } },
	{ NULL, { GUEST, { "cache", "writeback" } } },
	{ NULL, { GUEST, { "virtio", "tuned" } } },
	{ NULL, { { NULL, NULL } } },
};

static const struct setting storage_common[] = {
	{ "repeat", "10" },         { "workload", "randread,randwrite,read" },
	{ "duration", "2s" },       { "warmup", "500ms" },
	{ "scratch-size", "512M" }, { NULL, NULL },
};

/* How late timers are, on a quiet and on a busy CPU. */
static const struct preset_arm realtime[] = {
	{ NULL, { NATIVE, PINNED } },
	{ NULL, { NATIVE, PINNED, NOISY } },
	{ NULL, { GUEST, PINNED } },
	{ NULL, { GUEST, PINNED, NOISY } },
	{ NULL, { GUEST, PINNED, { "policy", "fifo" } } },
	{ NULL, { GUEST, PINNED, { "policy", "fifo" }, NOISY } },
	{ NULL, { GUEST, PINNED, { "policy", "rr" } } },
	{ NULL, { GUEST, PINNED, { "policy", "rr" }, NOISY } },
	{ NULL, { { NULL, NULL } } },
};

static const struct setting realtime_common[] = {
	{ "repeat", "10" },    { "workload", "wakeup" },    { "duration", "3s" },
	{ "warmup", "500ms" }, { "guest-policy", "other" }, { NULL, NULL },
};

/* A VM alone, then VMs on the same CPUs: all alike, and the first one favoured.  fifo is refused: why is the answer. */
static const struct preset_arm overcommit[] = {
	{ NULL, { GUEST, VMS("1"), PINNED } },
	{ NULL, { GUEST, VMS("2"), PINNED } },
	{ NULL, { GUEST, VMS("4"), PINNED } },
	{ NULL, { GUEST, VMS("2") } },
	{ NULL, { GUEST, VMS("2"), PINNED, { "policy", "rr" } } },
	{ NULL, { GUEST, VMS("2"), PINNED, { "policy", "fifo" } } },
	{ NULL, { GUEST, VMS("2"), PINNED, { "neighbour-policy", "batch:10" } } },
	{ NULL, { GUEST, VMS("2"), PINNED, { "policy", "rr" }, { "neighbour-policy", "other" } } },
	{ NULL, { { NULL, NULL } } },
};

static const struct setting overcommit_common[] = {
	{ "repeat", "9" },       { "workload", "cpu,wakeup" }, { "duration", "1s" },
	{ "warmup", "200ms" },   { "guest-policy", "other" },  { "memory", "256M" },
	{ "place-at", "ready" }, /* a boot may use all CPUs */
	{ NULL, NULL },
};

/* The seed study's questions; report/write/seed.c knows these names. */
static const struct preset_arm seed[] = {
	{ "native", { NATIVE } },
	{ "VM", { GUEST } },
	{ "VM pinned", { GUEST, PINNED } },
	{ "VM virtio", { GUEST, { "virtio", "tuned" } } },
	{ "VM fifo", { GUEST, PINNED, { "policy", "fifo" } } },
	{ "VM rr", { GUEST, PINNED, { "policy", "rr" } } },
	{ NULL, { { NULL, NULL } } },
};

static const struct setting seed_common[] = {
	{ "repeat", "10" },    { "workload", "cpu,randrw" }, { "duration", "2s" },
	{ "warmup", "500ms" }, { "scratch-size", "256M" },   { "guest-policy", "other" },
	{ NULL, NULL },
};

static const struct preset {
	const char *name;
	const struct preset_arm *arm;
	const struct setting *common;
} presets[] = {
	{ "quick", quick, quick_common },
	{ "storage", storage, storage_common },
	{ "realtime", realtime, realtime_common },
	{ "overcommit", overcommit, overcommit_common },
	{ "seed", seed, seed_common },
};

/* The last nr allowed CPUs: device interrupts tend to be served by the first. */
static void last_cpus(const struct topology *host, int nr, char *buf, size_t size)
{
	struct cpuset rest = host->affinity;
	struct pinlist pin = { 0 };
	int skip = cpuset_count(&rest) - nr;

	for (int cpu = cpuset_next(&rest, -1); cpu >= 0; cpu = cpuset_next(&rest, cpu)) {
		if (skip-- <= 0 && pin.nr < PINLIST_MAX)
			pin.cpu[pin.nr++] = (int16_t)cpu;
	}
	pinlist_format(&pin, buf, size);
}

static int quick_vcpus(const struct spec *base, const struct topology *host)
{
	int spare = cpuset_count(&host->affinity) - 1;

	if (base->vcpus)
		return base->vcpus;
	return spare < 1 ? 1 : spare > QUICK_VCPUS_MAX ? QUICK_VCPUS_MAX : spare;
}

static int add_arm(const struct preset_arm *from, const struct spec *base, const char *pin,
                   struct matrix *ret, struct err *err)
{
	char noise[16];
	struct arm *arm;
	int rc = arm_add(ret, base, &arm, err);

	snprintf(noise, sizeof(noise), "cpu:%d", base->vcpus);
	if (!rc && from->name) {
		text_copy(arm->name, sizeof(arm->name), from->name);
		arm->is_named = true;
	}
	for (size_t i = 0; !rc && i < ARRAY_SIZE(from->set) && from->set[i].knob; i++) {
		const char *knob = from->set[i].knob, *text = from->set[i].text;

		if (text == pin_last || text == noise_each)
			text = text == pin_last ? pin : noise;
		if (!knob_is_given(base, knob))
			rc = arm_set(arm, knob, text, err);
	}
	return rc;
}

static int set_common(const struct setting *setting, const struct spec *base, struct spec *ret,
                      struct err *err)
{
	for (; setting->knob; setting++) {
		const struct knob *knob = knob_find(setting->knob);
		int rc = knob_is_given(base, knob->name)
		                 ? 0
		                 : knob_parse(knob, setting->text, ret, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

int preset_make(const struct spec *base, const struct topology *host, struct matrix *ret,
                struct err *err)
{
	const struct preset *preset = presets;
	struct spec common = *base;
	char pin[64];
	int rc;

	while (strcmp(preset->name, base->preset) != 0)
		preset++;
	rc = set_common(preset->common, base, &common, err);
	if (rc < 0)
		return rc;
	common.vcpus = quick_vcpus(base, host);
	ret->repeats = common.repeat;
	last_cpus(host, common.vcpus, pin, sizeof(pin));
	for (const struct preset_arm *arm = preset->arm; arm->set[0].knob; arm++) {
		rc = add_arm(arm, &common, pin, ret, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

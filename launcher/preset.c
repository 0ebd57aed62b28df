/* SPDX-License-Identifier: GPL-2.0-or-later */
/* preset.c - ready-made lists of arms. */
#include "arms.h"
#include "cpuset.h"
#include "knobs.h"
#include "topology.h"

#define QUICK_VCPUS_MAX 4

/* Two knobs at most tell an arm from the next; {pin} stands for the last CPUs. */
static const char pin_last[] = "{pin}";

struct preset_arm {
	struct {
		const char *knob, *text;
	} set[3];
};

static const struct preset_arm quick[] = {
	{ { { "where", "native" } } },
	{ { { "where", "guest" } } },
	{ { { "where", "guest" }, { "pin", pin_last } } },
	{ { { "where", "guest" }, { "virtio", "tuned" } } },
	{ { { "where", "guest" }, { "pin", pin_last }, { "policy", "fifo" } } },
	{ { { "where", "guest" }, { "pin", pin_last }, { "policy", "rr" } } },
};

static const struct {
	const char *knob, *text;
} quick_common[] = {
	{ "repeat", "6" },
	{ "workload", "cpu,randrw" },
	{ "duration", "1300ms" },
	{ "warmup", "400ms" },
	{ "scratch-size", "256M" },
	{ "guest-policy", "other" }, /* only the vCPUs' policy differs from arm to arm */
};

/* The last nr allowed CPUs: device interrupts tend to be served by the first. */
static void last_cpus(const struct topology *host, int nr, char *buf, size_t size)
{
	struct cpuset rest = host->allowed;
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
	int spare = cpuset_count(&host->allowed) - 1;

	if (base->vcpus)
		return base->vcpus;
	return spare < 1 ? 1 : spare > QUICK_VCPUS_MAX ? QUICK_VCPUS_MAX : spare;
}

static int add_arm(const struct preset_arm *from, const struct spec *base, const char *pin,
                   struct matrix *ret, struct err *err)
{
	struct arm *arm;
	int rc = arm_add(ret, base, &arm, err);

	for (size_t i = 0; !rc && i < ARRAY_SIZE(from->set) && from->set[i].knob; i++) {
		const char *knob = from->set[i].knob, *text = from->set[i].text;

		if (!knob_is_given(base, knob))
			rc = arm_set(arm, knob, text == pin_last ? pin : text, err);
	}
	return rc;
}

int preset_quick(const struct spec *base, const struct topology *host, struct matrix *ret,
                 struct err *err)
{
	struct spec common = *base;
	char pin[64];

	for (size_t i = 0; i < ARRAY_SIZE(quick_common); i++) {
		const struct knob *knob = knob_find(quick_common[i].knob);
		int rc = knob_is_given(base, knob->name)
		                 ? 0
		                 : knob_parse(knob, quick_common[i].text, &common, err);

		if (rc < 0)
			return rc;
	}
	common.vcpus = quick_vcpus(base, host);
	ret->repeats = common.repeat;
	last_cpus(host, common.vcpus, pin, sizeof(pin));
	for (size_t i = 0; i < ARRAY_SIZE(quick); i++) {
		int rc = add_arm(&quick[i], &common, pin, ret, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

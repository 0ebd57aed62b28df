/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec.c - the defaults of every command, and a spec as a result line records it. */
#include "spec.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "cleanup.h"
#include "json.h"
#include "knob_kinds.h"
#include "knobs.h"
#include "strv.h"
#include "text.h"
#include "trace.h"

const char *const command_names[] = {
	"run", "bench", "sweep", "report", "doctor", "explain", NULL
};

void spec_init(struct spec *spec, enum command_kind command)
{
	bool trials = command == COMMAND_BENCH || command == COMMAND_SWEEP;

	memset(spec, 0, sizeof(*spec));
	spec->where = WHERE_GUEST;
	spec->confine = true;
	spec->memory_bytes = 1ULL << 30;
	spec->net = command == COMMAND_RUN ? NET_USER : NET_NONE;
	spec->vms = trials ? 1 : 0;
	spec->reboot = command == COMMAND_RUN;
	spec->poll_max_ns = -1;
	spec->workload[0] = "cpu";
	spec->workload[1] = "randrw";
	spec->nr_workloads = trials ? 2 : 0; /* a user's VM brings its own load */
	spec->duration_ns = trials ? 5 * NSEC_PER_SEC : 0;
	spec->warmup_ns = trials || command == COMMAND_DOCTOR ? NSEC_PER_SEC : 0;
	spec->bs_bytes = 4096;
	spec->trace_buffer_bytes = TRACE_RING_BYTES;
	spec->trace_limit_bytes = TRACE_KEPT_BYTES;
	spec->iodepth = 32;
	spec->rwmix = 70;
	spec->direct = true;
	spec->stuck_after_ns = 30 * NSEC_PER_SEC;
	spec->scratch_bytes = 512ULL << 20;
	spec->control = command == COMMAND_SWEEP;
	spec->repeat = command == COMMAND_SWEEP ? 10 : command == COMMAND_BENCH ? 8 : 1;
	spec->qmp_timeout_ns = 30 * NSEC_PER_SEC;
	/* systemd gives a service 90 s to stop, and an emulated guest on a busy host took 78 s in all */
	spec->shutdown_timeout_ns = 180 * NSEC_PER_SEC;
}

const struct policy *spec_neighbour_policy(const struct spec *spec)
{
	return knob_is_given(spec, "neighbour-policy") ? &spec->neighbour_policy : &spec->policy;
}

static struct json_object *knob_to_json(const struct knob *knob, const struct spec *spec)
{
	char text[SPEC_PATH_MAX];

	if (knob->kind == &kind_disk)
		return spec->nr_disks ? disks_to_json(spec) : NULL;
	if (!strcmp(knob->name, "guest-policy") && !knob_is_given(spec, "guest-policy"))
		knob = knob_find("policy");
	if (!strcmp(knob->name, "neighbour-policy") && !knob_is_given(spec, "neighbour-policy"))
		return NULL;
	knob_format(knob, spec, text, sizeof(text));
	return text[0] ? text_to_json(text) : NULL;
}

char *spec_qemu_words(const struct spec *spec)
{
	struct strv words = { .v = spec->qemu_args };
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	while (words.v && words.v[words.nr])
		words.nr++;
	out = words.nr ? open_memstream(&text, &size) : NULL;
	if (!out)
		return NULL;
	strv_print_shell(&words, out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	text[size - 1] = '\0'; /* the newline */
	return text;
}

struct json_object *spec_to_json(const struct spec *spec)
{
	CLEANUP(str_free) char *words = spec_qemu_words(spec);
	struct json_object *o = json_object_new_object();
	const struct knob *knob;

	for (int i = 0; o && (knob = knob_at(i)); i++) {
		struct json_object *text;

		if (knob->scope == SCOPE_REPORT ||
		    (!spec->nr_workloads && !(knob->commands & 1u << COMMAND_RUN)) ||
		    (spec->where == WHERE_NATIVE && knob->only_guest))
			continue;
		text = knob_to_json(knob, spec);
		if (text)
			json_object_object_add(o, knob->name, text);
	}
	if (o && words)
		json_object_object_add(o, "qemu-args", text_to_json(words));
	return o;
}

bool spec_waits_for_agent(const struct spec *spec)
{
	return spec->warmup_until && !strcmp(spec->warmup_until, WARMUP_AGENT);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trial_prepare.c - a target's part of a trial until its load is ready: tuned, prepared, placed, warmed up. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "channel.h"
#include "cleanup.h"
#include "knobs.h"
#include "observe.h"
#include "plan.h"
#include "qmp.h"
#include "result.h"
#include "session.h"
#include "spec.h"
#include "target.h"
#include "text.h"
#include "trial_part.h"
#include "wire.h"

int64_t part_soon(void)
{
	return clock_now_ns() + PART_ANSWER_NS;
}

/* An arm without --poll-max-ns gets QEMU's own back: the arm before it on this VM may have set another. */
static int tune_polling(struct part *part, struct err *err)
{
	struct qmp_iothread iothread[QMP_IOTHREADS_MAX];
	struct target *target = part->target;
	int64_t wanted = part->spec->poll_max_ns >= 0 ? part->spec->poll_max_ns
	                                              : target->poll_max_ns;
	int nr = qmp_query_iothreads(target->qmp, iothread, QMP_IOTHREADS_MAX, err), rc = 0;

	for (int i = 0; i < nr && !rc; i++) {
		if (iothread[i].poll_max_ns != wanted)
			rc = qmp_set_poll_max(target->qmp, iothread[i].id, wanted, err);
	}
	if (!rc && nr > 0)
		nr = qmp_query_iothreads(target->qmp, iothread, QMP_IOTHREADS_MAX, err);
	if (rc || nr <= 0)
		return rc ? rc : nr;
	for (int i = 0; i < nr; i++) {
		if (iothread[i].poll_max_ns != wanted)
			return err_set(err, EPROTO,
			               "iothread %s polls for %" PRId64 " ns where %" PRId64
			               " were set",
			               iothread[i].id, iothread[i].poll_max_ns, wanted);
	}
	json_object_object_add(part->line, "poll_max_ns", json_object_new_int64(wanted));
	return 0;
}

int part_tune(struct part *part, struct err *err)
{
	struct target *target = part->target;
	int rc;

	if (!target->guest)
		return 0; /* native workers do not exist yet */
	rc = tune_polling(part, err);
	return rc ? rc : target_tune(target, part->plan, err);
}

/* Inside the guest worker i gets vCPU i exactly where the native worker i would get CPU i. */
static void guest_words(const struct part *part, char *buf, size_t size)
{
	const struct spec *spec = part->spec;
	const struct policy *outside = part->target->number ? spec_neighbour_policy(spec)
	                                                    : &spec->policy;
	const struct policy *policy = knob_is_given(spec, "guest-policy") ? &spec->guest_policy
	                                                                  : outside;
	char policy_text[64];
	size_t used = 0;

	buf[0] = '\0';
	if (!part->target->guest)
		return;
	for (int i = 0; spec->pin.nr && i < part->plan->vcpus; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%d", i ? "," : " pin=", i);
	if (policy->class == SCHED_DEADLINE) {
		result_warn(
		        part->line,
		        "workers inside the guest run as 'other': qload sets no deadline there");
		return;
	}
	policy_format(policy, policy_text, sizeof(policy_text));
	snprintf(buf + used, size - used, " policy=%s", policy_text);
}

/* "1,2": thread i is native/i.  Returns how many. */
static int know_tids(struct target *target, const char *text, struct err *err)
{
	char copy[PINLIST_MAX * 12], *parts[PINLIST_MAX + 1];
	int nr = text_copy(copy, sizeof(copy), text) < 0
	                 ? -EPROTO
	                 : text_split(copy, ',', parts, PINLIST_MAX);

	for (int i = 0; i < nr; i++) {
		uint64_t tid;

		if (text_parse_u64(parts[i], 2, 4194304, &tid, err))
			return err_in(err, "qload's worker %d", i);
		target->known[target->nr_known++] = (struct thread){ .tid = (pid_t)tid,
			                                             .role = ROLE_NATIVE,
			                                             .index = i };
	}
	return nr < 0 ? err_set(err, EPROTO, "qload's list of workers cannot be read") : nr;
}

/* A worker's partner (a second thread that some loads have) is placed as the worker is. */
static int place_workers(struct part *part, const char *parked, struct err *err)
{
	CLEANUP(str_free) char *text = strdup(parked);
	struct target *target = part->target;
	const char *tids = NULL, *partners = NULL;
	struct wire_words words;
	int nr = 0;

	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	if (!wire_words_parse(text, &words)) {
		tids = wire_word(&words, "tids");
		partners = wire_word(&words, "partners");
	}
	target->nr_known = 0;
	if (tids)
		nr = know_tids(target, tids, err);
	if (nr == part->plan->vcpus && partners)
		nr = know_tids(target, partners, err);
	if (nr < 0)
		return nr;
	if (nr != part->plan->vcpus)
		return err_set(err, EPROTO, "qload has %d workers where %d were asked for", nr,
		               part->plan->vcpus);
	threads_done(&target->threads); /* workers of an earlier trial are gone */
	nr = target_tune(target, part->plan, err);
	return nr < 0 ? nr : target_hold(target, err);
}

/* On the host the scratch's file system must take O_DIRECT; the guest's disk always does. */
static bool is_direct(const struct part *part)
{
	return part->spec->direct && (part->target->guest || part->target->session->scratch.direct);
}

/* The same sizes in every arm of a sweep. */
static void mem_words(const struct part *part, char *buf, size_t size)
{
	const struct mem_sizes *sizes = &part->target->session->mem_sizes;
	char list[128];

	buf[0] = '\0';
	if (strcmp(part->workload, "mem") != 0 || !sizes->dram)
		return;
	mem_sizes_format(sizes, list, sizeof(list));
	snprintf(buf, size, " mem_sizes=%s", list);
}

int part_say_prepare(struct part *part, struct err *err)
{
	const struct spec *spec = part->spec;
	char line[2048], guest[1200], rate[64] = "none", handicap[32] = "", mem[160];
	bool is_io = workload_find(part->workload)->is_io;

	if (is_io)
		arrival_format(&spec->rate, rate, sizeof(rate));
	if (spec->handicap && !strcmp(part->workload, "cpu"))
		snprintf(handicap, sizeof(handicap), " handicap=%d%%", spec->handicap);
	guest_words(part, guest, sizeof(guest));
	mem_words(part, mem, sizeof(mem));
	snprintf(line, sizeof(line),
	         "prepare id=%" PRIu64 " workload=%s threads=%d duration_ns=%" PRId64
	         " warmup_ns=%" PRId64 " bs=%" PRIu64 " iodepth=%d rwmix=%d direct=%d seed=%" PRIu64
	         " rate=%s iopoll=%d sqpoll=%d stuck_after_ns=%" PRId64 "%s%s%s",
	         part->id, part->workload, part->plan->vcpus, spec->duration_ns, spec->warmup_ns,
	         spec->bs_bytes, spec->iodepth, spec->rwmix, is_direct(part), part->seed, rate,
	         is_io && spec->iopoll, is_io && spec->sqpoll, spec->stuck_after_ns, handicap, mem,
	         guest);
	return channel_say(part->target->channel, line, part_soon(), err);
}

int part_hear_parked(struct part *part, struct err *err)
{
	CLEANUP(str_free) char *parked = NULL;
	int rc = target_hear(part->target, "parked", part->id, 0, PART_ANSWER_NS, &parked, err);

	return rc || part->target->guest ? rc : place_workers(part, parked, err);
}

int part_say_warm(struct part *part, struct err *err)
{
	char line[48];

	snprintf(line, sizeof(line), "warm id=%" PRIu64, part->id);
	return channel_say(part->target->channel, line, part_soon(), err);
}

int part_hear_ready(struct part *part, struct err *err)
{
	CLEANUP(str_free) char *text = NULL;
	int rc = target_hear(part->target, "ready", part->id, part->spec->warmup_ns,
	                     PART_ANSWER_NS + 10 * part->spec->warmup_ns +
	                             part->spec->stuck_after_ns,
	                     &text, err);

	if (!rc)
		marks_ready(&part->target->marks, channel_heard_ns(part->target->channel), text);
	/* whoever was born in the warm-up is placed before anything is counted */
	if (!rc)
		rc = target_tune_new(part->target, part->plan, err);
	return rc < 0 ? rc : observer_open(part->target, part->spec, &part->observer, err);
}

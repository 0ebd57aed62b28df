/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trial.c - tune, prepare, place, warm, count, run, collect: the order of the experiment is data. */
#include "trial.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "channel.h"
#include "claims.h"
#include "cleanup.h"
#include "knobs.h"
#include "noise.h"
#include "observe.h"
#include "placement.h"
#include "plan.h"
#include "qmp.h"
#include "result.h"
#include "session.h"
#include "spec.h"
#include "target.h"
#include "text.h"
#include "window.h"
#include "wire.h"

#define ANSWER_NS                                                                                  \
	(60 *                                                                                      \
	 NSEC_PER_SEC) /* for what should take milliseconds: an emulated, loaded guest is slow */

struct trial {
	struct target *target;
	const struct plan *plan;
	const struct spec *spec;
	const char *workload;
	uint64_t seed, id;
	struct json_object *line;
	struct observer *observer;
	struct noises *noises;
	struct window window;
	int64_t go_ns, done_ns;
};

static int64_t soon(void)
{
	return clock_now_ns() + ANSWER_NS;
}

/* An arm without --poll-max-ns gets QEMU's own back: the arm before it on this VM may have set another. */
static int tune_polling(struct trial *trial, struct err *err)
{
	struct qmp_iothread iothread[QMP_IOTHREADS_MAX];
	struct target *target = trial->target;
	int64_t wanted = trial->spec->poll_max_ns >= 0 ? trial->spec->poll_max_ns
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
	json_object_object_add(trial->line, "poll_max_ns", json_object_new_int64(wanted));
	return 0;
}

static int tune(struct trial *trial, struct err *err)
{
	struct target *target = trial->target;
	int rc = session_move(target->session, trial->plan, err);

	/* nothing runs yet that it would disturb */
	if (!rc)
		rc = observe_cost(target->session, trial->spec, err);
	if (rc || !target->guest)
		return rc; /* native workers do not exist yet */
	rc = tune_polling(trial, err);
	return rc ? rc : target_tune(target, trial->plan, err);
}

static int make_noise(struct trial *trial, struct err *err)
{
	return noises_start(trial->target->session, trial->spec, &trial->noises, err);
}

/* Inside the guest worker i gets vCPU i exactly where the native worker i would get CPU i. */
static void guest_words(const struct trial *trial, char *buf, size_t size)
{
	const struct spec *spec = trial->spec;
	const struct policy *policy = knob_is_given(spec, "guest-policy") ? &spec->guest_policy
	                                                                  : &spec->policy;
	char policy_text[64];
	size_t used = 0;

	buf[0] = '\0';
	if (!trial->target->guest)
		return;
	for (int i = 0; spec->pin.nr && i < trial->plan->vcpus; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%d", i ? "," : " pin=", i);
	if (policy->class == SCHED_DEADLINE) {
		result_warn(
		        trial->line,
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
static int place_workers(struct trial *trial, const char *parked, struct err *err)
{
	CLEANUP(str_free) char *text = strdup(parked);
	struct target *target = trial->target;
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
	if (nr == trial->plan->vcpus && partners)
		nr = know_tids(target, partners, err);
	if (nr < 0)
		return nr;
	if (nr != trial->plan->vcpus)
		return err_set(err, EPROTO, "qload has %d workers where %d were asked for", nr,
		               trial->plan->vcpus);
	threads_done(&target->threads); /* workers of an earlier trial are gone */
	nr = target_tune(target, trial->plan, err);
	return nr < 0 ? nr : target_hold(target, err);
}

/* On the host the scratch's file system must take O_DIRECT; the guest's disk always does. */
static bool is_direct(const struct trial *trial)
{
	return trial->spec->direct &&
	       (trial->target->guest || trial->target->session->scratch.direct);
}

static int prepare(struct trial *trial, struct err *err)
{
	CLEANUP(str_free) char *parked = NULL;
	const struct spec *spec = trial->spec;
	char line[2048], guest[1200], rate[64] = "none", handicap[32] = "";
	int rc;

	if (workload_find(trial->workload)->is_io)
		arrival_format(&spec->rate, rate, sizeof(rate));
	if (spec->handicap && !strcmp(trial->workload, "cpu"))
		snprintf(handicap, sizeof(handicap), " handicap=%d%%", spec->handicap);
	guest_words(trial, guest, sizeof(guest));
	snprintf(line, sizeof(line),
	         "prepare id=%" PRIu64 " workload=%s threads=%d duration_ns=%" PRId64
	         " warmup_ns=%" PRId64 " bs=%" PRIu64 " iodepth=%d rwmix=%d direct=%d seed=%" PRIu64
	         " rate=%s%s%s",
	         trial->id, trial->workload, trial->plan->vcpus, spec->duration_ns, spec->warmup_ns,
	         spec->bs_bytes, spec->iodepth, spec->rwmix, is_direct(trial), trial->seed, rate,
	         handicap, guest);
	rc = channel_say(trial->target->channel, line, soon(), err);
	if (!rc)
		rc = channel_wait(trial->target->channel, "parked", trial->id, soon(), &parked,
		                  err);
	if (rc || trial->target->guest)
		return rc;
	return place_workers(trial, parked, err);
}

static int warm(struct trial *trial, struct err *err)
{
	CLEANUP(str_free) char *text = NULL;
	char line[48];
	int rc;

	snprintf(line, sizeof(line), "warm id=%" PRIu64, trial->id);
	rc = channel_say(trial->target->channel, line, soon(), err);
	if (!rc)
		rc = channel_wait(trial->target->channel, "ready", trial->id,
		                  soon() + 10 * trial->spec->warmup_ns, &text, err);
	if (!rc)
		marks_ready(&trial->target->marks, clock_now_ns(), text);
	/* whoever was born in the warm-up is placed before anything is counted */
	if (!rc)
		rc = target_tune_new(trial->target, trial->plan, err);
	return rc < 0 ? rc : observer_open(trial->target, trial->spec, &trial->observer, err);
}

static int count(struct trial *trial, struct err *err)
{
	int rc = window_ask(&trial->window, trial->target, err);

	if (!rc)
		rc = observer_start(trial->observer, trial->target, err);
	return rc ? rc : window_open(&trial->window, trial->target, err);
}

static int run(struct trial *trial, struct err *err)
{
	CLEANUP(str_free) char *text = NULL;
	char line[48];
	int rc;

	snprintf(line, sizeof(line), "go id=%" PRIu64, trial->id);
	trial->go_ns = clock_now_ns();
	rc = channel_say(trial->target->channel, line, soon(), err);
	if (!rc)
		rc = channel_wait(trial->target->channel, "done", trial->id,
		                  soon() + 2 * trial->spec->duration_ns, &text, err);
	trial->done_ns = clock_now_ns();
	if (!rc)
		marks_done(&trial->target->marks, trial->go_ns, trial->done_ns, text);
	return rc;
}

/* Who is there now and where: once qload rests, as a load may move its own threads while it runs. */
static int read_back(struct trial *trial, struct err *err)
{
	CLEANUP(placed_free) struct placed *placed = NULL;
	struct target *target = trial->target;
	int nr, strays = 0, rc = target_tune_new(target, trial->plan, err);

	if (rc < 0)
		return rc;
	nr = placement_read(trial->plan->placement, trial->plan->nr_placements, &target->threads,
	                    &placed, err);
	if (nr < 0)
		return nr;
	result_threads(trial->line, placed, nr);
	rc = noises_record(trial->noises, trial->line, err);
	if (rc)
		return rc;
	for (int i = 0; i < nr; i++)
		strays += placed[i].stray;
	if (strays)
		result_warn(trial->line,
		            "%d threads were not where the plan wants them (stray in threads[])",
		            strays);
	return 0;
}

static void put_window(struct trial *trial, const struct claims *claims)
{
	struct json_object *window = json_object_new_object();
	double host = (double)(trial->window.end_ns - trial->window.start_ns) / 1e9;
	double load = (double)claims->window_ns / 1e9;

	json_object_object_add(window, "host", json_object_new_double(host));
	json_object_object_add(window, "load", json_object_new_double(load));
	json_object_object_add(trial->line, "window_s", window);
	if (host > load * 1.01 || host < load * 0.99)
		result_warn(
		        trial->line,
		        "the host's window (%.4f s) and qload's (%.4f s) are more than 1 %% apart",
		        host, load);
}

static int collect(struct trial *trial, struct err *err)
{
	CLEANUP(str_free) char *text = NULL;
	struct json_object *figures = json_object_new_object();
	struct claims claims;
	int rc = observer_stop(trial->observer, err);

	json_object_object_add(trial->line, "figures", figures);
	if (!rc)
		rc = window_close(&trial->window, trial->target, err);
	if (!rc)
		rc = channel_wait(trial->target->channel, "result", trial->id, soon(), &text, err);
	if (!rc)
		rc = read_back(trial, err);
	if (!rc)
		rc = claims_take(text, trial->line, &claims, err);
	if (rc)
		return rc;
	window_figures(&trial->window, figures);
	observer_figures(trial->observer, trial->line);
	if (window_left_out(&trial->window))
		result_warn(
		        trial->line,
		        "%d pool or helper threads ended inside the window: the sums are without them",
		        window_left_out(&trial->window));
	put_window(trial, &claims);
	if (trial->target->guest && workload_find(trial->workload)->is_io) {
		const struct qmp_block moved = window_moved(&trial->window);

		const double stretch = (double)(trial->window.outer_ns[1] -
		                                trial->window.outer_ns[0]) /
		                       (double)claims.window_ns;

		claims_check(&claims, &moved, stretch,
		             (uint64_t)trial->spec->iodepth * (uint64_t)trial->plan->vcpus,
		             trial->line);
	}
	if (channel_dropped_lines(trial->target->channel))
		result_warn(trial->line, "%" PRIu64 " foreign lines on qload's channel so far",
		            channel_dropped_lines(trial->target->channel));
	json_object_object_add(trial->line, "ended", json_object_new_string("done"));
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct trial *trial, struct err *err);
} steps[] = {
	{ "tune", tune },   { "noise", make_noise }, { "prepare", prepare }, { "warm", warm },
	{ "count", count }, { "run", run },          { "collect", collect },
};

int trial_run(struct target *target, const struct plan *plan, const struct spec *spec,
              const char *workload, uint64_t seed, struct json_object *line, struct err *err)
{
	struct trial trial = { .target = target,
		               .plan = plan,
		               .spec = spec,
		               .workload = workload,
		               .seed = seed,
		               .id = ++target->next_id,
		               .line = line };
	int rc = 0;

	result_plan(line, plan, plan->cache);
	if (target->vm)
		json_object_object_add(line, "vm", json_object_get(target->vm));
	for (size_t i = 0; i < ARRAY_SIZE(steps) && rc >= 0; i++) {
		rc = steps[i].run(&trial, err);
		if (rc >= 0)
			continue;
		target_explain(target, err);
		rc = err_in(err, "%s", steps[i].name);
	}
	noises_end(&trial.noises);
	observer_close(&trial.observer);
	window_done(&trial.window);
	return rc < 0 ? rc : 0;
}

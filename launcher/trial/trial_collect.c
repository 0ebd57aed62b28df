/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trial_collect.c - a target's part of a trial from the window's opening on: counted, timed, read, believed or not. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalog.h"
#include "channel.h"
#include "claims.h"
#include "cleanup.h"
#include "observe.h"
#include "per_op.h"
#include "placement.h"
#include "plan.h"
#include "result.h"
#include "spec.h"
#include "target.h"
#include "text.h"
#include "trial_part.h"

int part_ask(struct part *part, struct err *err)
{
	return window_ask(&part->window, part->target, err);
}

int part_open(struct part *part, struct err *err)
{
	int rc = observer_start(part->observer, part->target, err);

	return rc ? rc : window_open(&part->window, part->target, err);
}

int part_say_go(struct part *part, struct err *err)
{
	char line[48];

	snprintf(line, sizeof(line), "go id=%" PRIu64, part->id);
	part->go_ns = clock_now_ns();
	return channel_say(part->target->channel, line, part_soon(), err);
}

int part_hear_done(struct part *part, struct err *err)
{
	CLEANUP(str_free) char *text = NULL;
	struct target *target = part->target;
	int rc = channel_wait(target->channel, "done", part->id, part_soon(), &text, err);

	if (rc)
		return rc;
	part->done_ns = channel_heard_ns(target->channel);
	marks_done(&target->marks, part->go_ns, part->done_ns, text);
	rc = observer_stop(part->observer, err);
	return rc ? rc : window_close(&part->window, err);
}

/* Who is there now and where: once qload rests, as a load may move its own threads while it runs. */
static int read_back(struct part *part, struct err *err)
{
	CLEANUP(placed_free) struct placed *placed = NULL;
	struct target *target = part->target;
	int nr, strays = 0, rc = target_tune_new(target, part->plan, err);

	if (rc < 0)
		return rc;
	rc = window_adopt(&part->window, target, err);
	if (rc)
		return rc;
	nr = placement_read(plan_rows(part->plan, target->number), part->plan->nr_placements,
	                    &target->threads, &placed, err);
	if (nr < 0)
		return nr;
	result_threads(part->line, placed, nr);
	for (int i = 0; i < nr; i++)
		strays += placed[i].stray;
	if (strays)
		result_warn(part->line,
		            "%d threads were not where the plan wants them (stray in threads[])",
		            strays);
	return 0;
}

/* false: the load's figures are not to be trusted. */
static bool put_window(struct part *part, const struct claims *claims)
{
	const struct marks *marks = part->target->guest ? &part->target->marks : NULL;
	struct json_object *window = json_object_new_object();
	double host = (double)(part->window.end_ns - part->window.start_ns) / 1e9;
	double load = (double)claims->window_ns / 1e9;

	json_object_object_add(window, "host", json_object_new_double(host));
	json_object_object_add(window, "load", json_object_new_double(load));
	json_object_object_add(part->line, "window_s", window);
	if (claims_judge_clock(claims, marks, part->nr_claimed, part->line)) {
		part->load_ns = part->done_ns - part->go_ns;
		return false;
	}
	if (host > load * 1.01 || host < load * 0.99)
		result_warn(
		        part->line,
		        "the host's window (%.4f s) and qload's (%.4f s) are more than 1 %% "
		        "apart: figures of the host's threads cover the first, those of the "
		        "workload the second; the same gap is less than 1 %% of --duration %.0fs",
		        host, load, floor(fabs(host - load) * 100) + 1);
	return true;
}

/* Of a workload that has one unit of work.  A guest whose clock is wrong may count wrong too. */
static void put_ops(const struct part *part, const struct claims *claims)
{
	const struct window *window = &part->window;
	const double load_s = (double)claims->window_ns / 1e9;
	const struct work work = {
		.op = workload_find(part->workload)->op,
		.ops = claims->ops,
		.load_s = load_s,
		.host_s = load_s + (double)(part->go_ns - window->start_ns) / 1e9,
		.kvm_s = load_s + (double)(part->go_ns - window->stat_ns[0]) / 1e9,
	};
	struct json_object *figures = json_object_object_get(part->line, "figures");

	if (!work.op)
		return;
	json_object_object_add(part->line, "op", json_object_new_string(work.op));
	json_object_object_add(part->line, "ops", json_object_new_uint64(work.ops));
	per_op_figures(&work, figures);
}

static void check_claims(const struct part *part, const struct claims *claims)
{
	const struct window *window = &part->window;
	const struct qmp_block moved = window_moved(window);
	double stretch = (double)(window->outer_ns[1] - window->outer_ns[0]) /
	                 (double)claims->window_ns;

	claims_check(claims, &moved, stretch,
	             (uint64_t)part->spec->iodepth * (uint64_t)part->plan->vcpus, part->line);
}

int part_ask_end(struct part *part, struct err *err)
{
	return window_ask_end(&part->window, part->target, err);
}

int part_collect(struct part *part, struct err *err)
{
	CLEANUP(str_free) char *text = NULL;
	struct json_object *figures = json_object_new_object();
	struct target *target = part->target;
	struct claims claims;
	/* one worker may wait for so long, and then another for its own last request */
	int64_t end_ns = part_soon() + 2 * part->spec->stuck_after_ns;
	int rc;

	json_object_object_add(part->line, "figures", figures);
	rc = channel_wait(target->channel, "result", part->id, end_ns, &text, err);
	if (!rc)
		rc = read_back(part, err);
	if (!rc)
		rc = claims_take(text, workload_find(part->workload), part->line, &claims, err);
	if (rc)
		return rc;
	part->load_ns = claims.window_ns;
	part->nr_claimed = json_object_object_length(figures);
	window_figures(&part->window, figures);
	observer_figures(part->observer, part->line);
	window_warn(&part->window, part->line);
	if (put_window(part, &claims))
		put_ops(part, &claims);
	window_put_times(&part->window, part->line);
	if (target->guest && workload_find(part->workload)->is_io)
		check_claims(part, &claims);
	if (channel_dropped_lines(target->channel))
		result_warn(part->line, "%" PRIu64 " foreign lines on qload's channel so far",
		            channel_dropped_lines(target->channel));
	return 0;
}

void part_done(struct part *part)
{
	observer_close(&part->observer);
	window_done(&part->window);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_life.c - serves a running VM until it ends.  Events, timers and signals; no waiting for time to pass. */
#include "vm_life.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "agent.h"
#include "child.h"
#include "cleanup.h"
#include "console.h"
#include "console_match.h"
#include "json.h"
#include "knob_kinds.h"
#include "observe.h"
#include "observe_cost.h"
#include "placement.h"
#include "plan.h"
#include "progress.h"
#include "pump.h"
#include "qmp.h"
#include "result.h"
#include "session.h"
#include "silence.h"
#include "spec.h"
#include "target.h"
#include "text.h"
#include "window.h"

#define TICK_NS (NSEC_PER_SEC / 2)
#define PRESS_NS                                                                                   \
	(2 * NSEC_PER_SEC) /* a press while the guest still boots is lost, so it is repeated */
#define SAMPLES_MAX 512
#define WARMUP_TEXT 240
/* A guest that faults at once boots for ever: the third reboot within so long ends the run. */
#define REBOOTS_WITHIN_NS (10 * NSEC_PER_SEC)
#define REBOOTS_LISTED    256
#define RESETS_MAX        30 /* without a boot; SeaBIOS has been seen to need seven */

struct life {
	struct target *target;
	const struct plan *plan;
	const struct spec *spec;
	struct observer *observer;
	struct window window;
	struct json_object *line; /* borrowed */
	bool measured;            /* the window was closed */
	struct json_object *samples;
	int64_t started_ns, stop_ns /* INT64_MAX: none */, press_ns, cut_ns, sample_ns,
	        sample_step_ns;
	struct json_object *reboot_times; /* seconds from the release */
	int64_t reboot_ns[2];             /* the last but one, the last; 0: none */
	uint64_t signs;                   /* of life, at the last reset */
	int nr_resets;                    /* since the last reboot */
	bool was_reset, loops;
	bool warming;    /* the window is not yet open */
	int64_t warm_ns; /* when it opens; INT64_MAX: not by time */
	bool silence_said, ticked, stopping, stopped;
	struct vm_life result;
};

/* What the window waits for, in words. */
static void format_warmup(const struct spec *spec, char *buf, size_t size)
{
	if (!spec->warmup_until)
		text_format_duration(spec->warmup_ns, buf, size);
	else if (!strcmp(spec->warmup_until, "login"))
		text_copy(buf, size, "a login prompt on its console");
	else if (spec_waits_for_agent(spec))
		text_copy(buf, size, "an answer of the QEMU guest agent");
	else
		snprintf(buf, size, "a console line with '%.200s'",
		         spec->warmup_until + strlen(WARMUP_CONSOLE));
}

/* The timer, or QEMU has spoken: a guest's end is met at once, not at the next tick. */
static int tick(void *arg, short revents, struct err *err)
{
	struct life *life = arg;

	(void)revents;
	(void)err;
	life->ticked = true;
	return 0;
}

/* The event has come that the warm-up waits for; never where it waits for a time. */
static bool is_warm(const struct life *life)
{
	return console_seen(life->target->console) || agent_has_answered(life->target->agent);
}

static bool has_news(const void *arg)
{
	const struct life *life = arg;

	return life->ticked || life->target->child->exited ||
	       console_has_left(life->target->console) ||
	       (life->warming && !life->stopping && is_warm(life)) ||
	       (!life->stopping && console_wants_shutdown(life->target->console));
}

static void take_shutdown(struct life *life, const struct qmp_event *event)
{
	const char *reason = "shutdown";

	if (event->data)
		(void)(json_get_string(event->data, "SHUTDOWN", "reason", &reason, NULL) != 0);
	text_escape(reason, strnlen(reason, 30), life->result.ended, sizeof(life->result.ended));
	life->stopped = true;
}

/* What a guest that boots does, and firmware that only starts again does not. */
static int read_signs(struct life *life, uint64_t *ret, struct err *err)
{
	struct qmp_block block[WINDOW_BLOCKS_MAX];
	int nr = qmp_query_blocks(life->target->qmp, block, WINDOW_BLOCKS_MAX, err);

	*ret = console_bytes(life->target->console);
	for (int i = 0; i < nr; i++)
		*ret += block[i].rd_ops;
	return nr < 0 ? nr : 0;
}

static void count_reboot(struct life *life)
{
	int64_t now = clock_now_ns(), first = life->reboot_ns[0];

	life->nr_resets = 0;
	life->result.reboots++;
	if (json_object_array_length(life->reboot_times) < REBOOTS_LISTED)
		json_object_array_add(
		        life->reboot_times,
		        json_object_new_double((double)(now - life->started_ns) / NSEC_PER_SEC));
	life->reboot_ns[0] = life->reboot_ns[1];
	life->reboot_ns[1] = now;
	if (first && now - first < REBOOTS_WITHIN_NS)
		life->loops = true;
}

/* One reboot is several resets: SeaBIOS tries each way to reset the machine, one after another, before it starts anew
 * (tryReboot() in its resume.c).  A reset counts where the guest had shown a sign of life since the one before. */
static int take_resets(struct life *life, struct err *err)
{
	uint64_t signs;
	int rc = read_signs(life, &signs, err);

	if (!rc && signs > life->signs)
		count_reboot(life);
	life->signs = signs;
	life->loops |= life->nr_resets >= RESETS_MAX;
	life->was_reset = false;
	if (!rc && life->loops && !life->stopped) {
		snprintf(life->result.ended, sizeof(life->result.ended), "reset-loop");
		life->stopped = true;
	}
	return rc || life->stopped ? rc : target_place_again(life->target, life->plan, err);
}

static int take_events(struct life *life, struct err *err)
{
	struct qmp_event event;
	int rc = qmp_drain(life->target->qmp, err);

	while (qmp_take_event(life->target->qmp, &event) == 1) {
		if (!strcmp(event.name, "SHUTDOWN") && !life->stopped)
			take_shutdown(life, &event);
		else if (!strcmp(event.name, "RESET"))
			life->was_reset = ++life->nr_resets;
		else if (!strcmp(event.name, "GUEST_PANICKED"))
			progress_warn("the guest panicked");
		else if (!strcmp(event.name, "BLOCK_IO_ERROR"))
			progress_warn("a disk of the guest had an I/O error");
		qmp_event_done(&event);
	}
	return rc;
}

/* Every second sample is dropped and the step doubled when the list is full: bounded, and even over the run. */
static void thin(struct life *life)
{
	struct json_object *half = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(life->samples); i += 2)
		json_object_array_add(half,
		                      json_object_get(json_object_array_get_idx(life->samples, i)));
	json_object_put(life->samples);
	life->samples = half;
	life->sample_step_ns *= 2;
}

static void sample(struct life *life, int64_t now)
{
	if (now < life->sample_ns)
		return;
	if (json_object_array_length(life->samples) >= SAMPLES_MAX)
		thin(life);
	json_object_array_add(life->samples, window_sample(&life->window, life->target));
	life->sample_ns = now + life->sample_step_ns;
}

static int close_window(struct life *life, struct err *err)
{
	int rc = observer_stop(life->observer, err);

	if (!rc)
		rc = window_close(&life->window, err);
	if (!rc) /* threads born since the last look have a row, too */
		rc = target_tune_new(life->target, life->plan, err);
	if (!rc)
		rc = window_adopt(&life->window, life->target, err);
	if (!rc)
		rc = window_ask_end(&life->window, life->target, err);
	if (!rc)
		windows_settle((struct window *const[]){ &life->window }, 1,
		               life->target->session->pump);
	return rc;
}

static void put_figures(struct life *life, struct json_object *line, struct json_object *figures,
                        struct json_object *window)
{
	window_figures(&life->window, figures);
	observer_figures(life->observer, line);
	window_warn(&life->window, line);
	json_object_object_add(
	        window, "host",
	        json_object_new_double((double)(life->window.end_ns - life->window.start_ns) /
	                               NSEC_PER_SEC));
	window_put_times(&life->window, line);
}

/* The figures' names, each null with the one reason: nothing was measured. */
static void put_no_figures(struct life *life, struct json_object *line, struct json_object *figures)
{
	char text[WARMUP_TEXT], did[200] = "", why[WARMUP_TEXT + 300];

	format_warmup(life->spec, text, sizeof(text));
	if (life->target->agent)
		agent_explain(life->target->agent, did, sizeof(did));
	snprintf(why, sizeof(why), "the warm-up never ended: the run was over before %s%s%s", text,
	         *did ? "; " : "", did);
	window_figures(&life->window, figures);
	json_object_object_foreach(figures, name, figure) {
		(void)name;
		json_object_object_add(figure, "why", json_object_new_string(why));
	}
	result_warn(line, "nothing was measured: %s", why);
	progress_warn("nothing was measured: %s", why);
}

/* Ends the window, once: after --duration, or with the guest.  The line then has its figures and threads. */
static int measure(struct life *life, struct err *err)
{
	CLEANUP(placed_free) struct placed *placed = NULL;
	struct json_object *figures = json_object_new_object(), *window = json_object_new_object();
	int nr, rc = life->warming ? 0 : close_window(life, err);

	life->measured = true;
	json_object_object_add(life->line, "figures", figures);
	json_object_object_add(life->line, "window_s", window);
	json_object_object_add(window, "host", NULL);
	json_object_object_add(window, "load", NULL);
	if (rc)
		return rc;
	if (life->warming)
		put_no_figures(life, life->line, figures);
	else
		put_figures(life, life->line, figures, window);
	nr = placement_read(life->plan->placement, life->plan->nr_placements,
	                    &life->target->threads, &placed, err);
	if (nr < 0)
		return nr;
	result_threads(life->line, placed, nr);
	return 0;
}

/* The wish to stop: presses until the guest obeys or the timeout is over. */
static int ask_to_stop(struct life *life, int64_t now, struct err *err)
{
	if (!life->stopping) {
		life->stopping = true;
		life->press_ns = now;
		life->cut_ns = now + life->spec->shutdown_timeout_ns;
	}
	if (now >= life->cut_ns) {
		snprintf(life->result.ended, sizeof(life->result.ended), "cut");
		life->result.was_cut = true;
		life->stopped = true;
		return 0;
	}
	if (now < life->press_ns)
		return 0;
	life->press_ns = now + PRESS_NS;
	life->result.presses++;
	return qmp_powerdown(life->target->qmp, err);
}

/* A first signal or Ctrl-A P asks the guest to stop; a second signal, or Ctrl-A X, ends it now. */
static int look_at_wishes(struct life *life, int64_t now, struct err *err)
{
	struct pump *pump = life->target->session->pump;

	if (console_has_left(life->target->console) || pump_nr_signals(pump) > 1) {
		snprintf(life->result.ended, sizeof(life->result.ended),
		         pump_nr_signals(pump) ? "interrupted" : "left");
		life->result.was_cut = true;
		life->stopped = true;
		return 0;
	}
	if (now < life->stop_ns && !pump_signal(pump) &&
	    !console_wants_shutdown(life->target->console))
		return 0;
	if (now >= life->stop_ns && !life->measured && measure(life, err))
		return -err->code;
	return ask_to_stop(life, now, err);
}

/* When there is something to do without any news. */
static int64_t next_wish(const struct life *life)
{
	if (!life->stopping)
		return life->warming ? life->warm_ns : life->stop_ns;
	return life->press_ns < life->cut_ns ? life->press_ns : life->cut_ns;
}

/* Until there are news, or something to do; meanwhile threads that waited for a CPU when they were sampled are looked at. */
static int wait_news(struct life *life, struct err *err)
{
	const int64_t wish_ns = next_wish(life);

	for (;;) {
		int64_t look_ns = INT64_MAX;
		int rc;

		if (!life->warming && !life->measured) {
			window_look(&life->window);
			look_ns = window_next_look(&life->window);
		}
		rc = pump_until(life->target->session->pump, has_news, life,
		                look_ns < wish_ns ? look_ns : wish_ns, err);
		if (rc != -ETIMEDOUT || look_ns >= wish_ns)
			return rc;
	}
}

/* Once, of a guest that shows no sign of life where its owner looks for one. */
static void look_for_silence(struct life *life, int64_t now)
{
	char why[300];

	if (life->silence_said || now - life->started_ns < SILENCE_NS ||
	    console_bytes(life->target->console))
		return;
	life->silence_said = true;
	silence_explain(life->spec, why, sizeof(why));
	progress_warn("the guest has written nothing to its serial console for %lld s: %s",
	              SILENCE_NS / NSEC_PER_SEC, why);
}

static int open_window(struct life *life, int64_t now, struct err *err);

/* The window is open, or opens now. */
static int follow(struct life *life, int64_t now, struct err *err)
{
	if (life->warming && !is_warm(life) && now < life->warm_ns) {
		if (life->target->agent)
			agent_ask(life->target->agent);
		return 0;
	}
	if (life->measured)
		return 0;
	if (life->warming) /* a run that is to stop has nothing more to measure */
		return life->stopping ? 0 : open_window(life, now, err);
	if (window_adopt(&life->window, life->target, err))
		return -err->code;
	sample(life, now);
	return 0;
}

static int serve(struct life *life, int timer_fd, struct err *err)
{
	uint64_t expirations;
	int64_t now;
	int rc = wait_news(life, err);

	if (rc == -ETIMEDOUT)
		rc = 0;
	if (life->ticked && read(timer_fd, &expirations, sizeof(expirations)) < 0)
		expirations = 0; /* taken already */
	life->ticked = false;
	now = clock_now_ns();
	if (!rc)
		rc = take_events(life, err);
	if (!rc && life->was_reset)
		rc = take_resets(life, err);
	if (rc || life->stopped)
		return rc;
	rc = target_tune_new(life->target, life->plan, err);
	if (rc < 0)
		return rc;
	if (follow(life, now, err))
		return -err->code;
	look_for_silence(life, now);
	return look_at_wishes(life, now, err);
}

static int open_timer(struct life *life, int *ret_fd, struct err *err)
{
	const struct itimerspec every = { { 0, TICK_NS }, { 0, TICK_NS } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return err_sys(err, "timerfd_create");
	*ret_fd = fd;
	if (timerfd_settime(fd, 0, &every, NULL))
		return err_sys(err, "timerfd_settime");
	return pump_add(life->target->session->pump,
	                &(struct pump_source){ fd, POLLIN, tick, life }, err);
}

/* From before the first guest instruction, or from the end of the warm-up. */
static int watch(struct life *life, struct err *err)
{
	int rc = observer_open(life->target, life->spec, &life->observer, err);

	if (!rc)
		rc = window_ask(&life->window, life->target, err);
	if (!rc)
		rc = observer_start(life->observer, life->target, err);
	return rc ? rc : window_open(&life->window, life->target, err);
}

static int open_window(struct life *life, int64_t now, struct err *err)
{
	char text[WARMUP_TEXT];
	int rc = watch(life, err);

	if (rc)
		return rc;
	life->warming = false;
	life->sample_ns = life->window.start_ns;
	if (life->spec->duration_ns)
		life->stop_ns = life->window.start_ns + life->spec->duration_ns;
	format_warmup(life->spec, text, sizeof(text));
	if (!console_is_shown(life->target->console))
		progress_say(life->spec->verbose, "warm-up: %.1f s, until %s",
		             (double)(now - life->started_ns) / NSEC_PER_SEC, text);
	return 0;
}

/* What the window waits for; without a warm-up it opens before the first guest instruction. */
static int prepare(struct life *life, struct err *err)
{
	const struct spec *spec = life->spec;
	const char *until = spec->warmup_until;
	int rc = observe_cost(life->target->session, spec, life->target->kvm, err);

	const bool by_console = until && !life->target->agent;

	life->warming = until || spec->warmup_ns;
	life->warm_ns = life->stop_ns = INT64_MAX;
	if (!rc && by_console)
		rc = console_expect(life->target->console,
		                    !strcmp(until, "login") ? CONSOLE_LOGIN
		                                            : until + strlen(WARMUP_CONSOLE),
		                    err);
	return rc || life->warming ? rc : watch(life, err);
}

static void put_warmup(const struct life *life, struct json_object *line)
{
	const char *seen = console_seen(life->target->console);
	struct json_object *warmup = json_object_new_object();
	char text[WARMUP_TEXT], safe[400];

	if (!life->spec->warmup_until && !life->spec->warmup_ns) {
		json_object_put(warmup);
		return;
	}
	format_warmup(life->spec, text, sizeof(text));
	text_escape(seen ? seen : "", seen ? strlen(seen) : 0, safe, sizeof(safe));
	json_object_object_add(warmup, "until", text_to_json(text));
	json_object_object_add(warmup, "s",
	                       life->warming
	                               ? NULL
	                               : json_object_new_double((double)(life->window.start_ns -
	                                                                 life->started_ns) /
	                                                        NSEC_PER_SEC));
	json_object_object_add(warmup, "seen", seen ? json_object_new_string(safe) : NULL);
	json_object_object_add(line, "warmup", warmup);
}

static int serve_all(struct life *life, int timer_fd, struct err *err)
{
	struct pump *pump = life->target->session->pump;
	/* from here a signal is a wish to stop, not an error */
	bool leaving = pump_set_leaving(pump, true);
	int rc = 0;

	while (!rc && !life->stopped)
		rc = serve(life, timer_fd, err);
	pump_remove(pump, qmp_fd(life->target->qmp));
	put_warmup(life, life->line);
	if (!rc && !life->measured)
		rc = measure(life, err);
	life->result.seconds = (double)(clock_now_ns() - life->started_ns) / NSEC_PER_SEC;
	pump_set_leaving(pump, leaving);
	return rc;
}

static int live(struct life *life, int timer_fd, struct err *err)
{
	struct pump *pump = life->target->session->pump;
	int rc = prepare(life, err);

	if (rc)
		return target_explain(life->target, err);
	rc = target_release(life->target, life->plan, err);
	if (rc)
		return rc;
	life->started_ns = life->sample_ns = clock_now_ns();
	if (life->warming && !life->spec->warmup_until)
		life->warm_ns = life->started_ns + life->spec->warmup_ns;
	if (!life->warming && life->spec->duration_ns)
		life->stop_ns = life->started_ns + life->spec->duration_ns;
	rc = pump_add(pump, &(struct pump_source){ qmp_fd(life->target->qmp), POLLIN, tick, life },
	              err);
	if (!rc)
		rc = serve_all(life, timer_fd, err);
	return rc ? target_explain(life->target, err) : 0;
}

int vm_live(struct target *target, const struct plan *plan, const struct spec *spec,
            struct json_object *line, struct vm_life *ret, struct err *err)
{
	struct life life = { .target = target,
		             .plan = plan,
		             .spec = spec,
		             .line = line,
		             .sample_step_ns = NSEC_PER_SEC };
	CLEANUP(fd_close) int timer_fd = -1;
	int rc = open_timer(&life, &timer_fd, err);

	life.samples = json_object_new_array();
	life.reboot_times = json_object_new_array();
	if (!rc)
		rc = live(&life, timer_fd, err);
	if (timer_fd >= 0)
		pump_remove(target->session->pump, timer_fd);
	json_object_object_add(line, "samples", life.samples);
	json_object_object_add(line, "reboots", json_object_new_int(life.result.reboots));
	json_object_object_add(line, "reboot_times_s", life.reboot_times);
	json_object_object_add(line, "ended",
	                       json_object_new_string(rc ? "failed" : life.result.ended));
	observer_close(&life.observer);
	window_done(&life.window);
	*ret = life.result;
	return rc < 0 ? rc : 0;
}

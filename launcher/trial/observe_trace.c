/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe_trace.c - --trace: a window's events as a file.  Where that fails in a run, the run goes on to its end and is
 * then a failed one. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "child.h"
#include "cleanup.h"
#include "json.h"
#include "observe.h"
#include "outfile.h"
#include "progress.h"
#include "pump.h"
#include "result.h"
#include "session.h"
#include "spec.h"
#include "target.h"
#include "text.h"
#include "timeline.h"
#include "trace.h"
#include "trace_marks.h"
#include "trace_path.h"
#include "trace_write.h"

struct watch {
	struct trace *trace; /* NULL: why says it */
	struct target *target;
	const char *file; /* as asked for */
	bool may_replace; /* a file that is there already */
	char why[300];
	bool pumped, started, is_counted;
	double nr_recorded; /* where they are counted */
	struct trace_thread *threads;
	int nr_threads;
	int64_t limit_bytes;
	struct trace_marks marks;
};

static void leave_pump(struct watch *watch)
{
	if (watch->pumped)
		pump_remove(watch->target->session->pump, trace_poll_fd(watch->trace));
	watch->pumped = false;
}

static void watch_free(struct watch **watch)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);

	(void)raised;
	if (!*watch)
		return;
	leave_pump(*watch);
	trace_close(&(*watch)->trace);
	free((*watch)->threads);
	free(*watch);
	*watch = NULL;
}

/* From here on there is no trace, and the line will say why. */
static void give_up(struct watch *watch, const struct err *why)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);

	(void)raised;
	leave_pump(watch);
	trace_close(&watch->trace);
	snprintf(watch->why, sizeof(watch->why), "%.280s", why->text);
}

static bool has_thread(const struct watch *watch, pid_t tid)
{
	for (int i = 0; i < watch->nr_threads; i++) {
		if (watch->threads[i].tid == tid)
			return true;
	}
	return false;
}

/* Once before the window and once after it: threads born inside get their names too. */
static int name_threads(struct watch *watch, struct err *err)
{
	const struct threads *now = &watch->target->threads;
	struct trace_thread *more = realloc(watch->threads,
	                                    (size_t)(watch->nr_threads + now->nr + 1) *
	                                            sizeof(*watch->threads));

	if (!more)
		return err_set(err, ENOMEM, "out of memory");
	watch->threads = more;
	for (int i = 0; i < now->nr; i++) {
		const struct thread *thread = &now->list[i];
		struct trace_thread *row = &watch->threads[watch->nr_threads];

		if (has_thread(watch, thread->tid))
			continue;
		row->tid = thread->tid;
		snprintf(row->name, sizeof(row->name), "%s/%d %s", role_name(thread->role),
		         thread->index, thread->name);
		watch->nr_threads++;
	}
	return 0;
}

static int take(void *arg, short revents, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);
	struct watch *watch = arg;
	struct err why;

	(void)raised;
	(void)revents;
	(void)err;
	if (trace_take(watch->trace, &why))
		give_up(watch, &why);
	return 0;
}

static int attach(struct watch *watch, const struct spec *spec, struct err *err)
{
	CLEANUP(fd_close) int folder_fd = -1;
	CLEANUP(caps_lower) int raised = -1;
	CLEANUP(str_free) char *room = calloc((size_t)watch->nr_threads + 1, sizeof(pid_t));
	pid_t *tids = (pid_t *)(void *)room;
	int rc;

	if (!tids)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < watch->nr_threads; i++)
		tids[i] = watch->threads[i].tid;
	/* with the user's own rights, before those that tracefs needs */
	rc = trace_path_folder(spec->trace, &folder_fd, err);
	raised = caps_raise(CAP_DAC_OVERRIDE);
	if (!rc)
		rc = trace_open(folder_fd, spec->trace_buffer_bytes,
		                (int64_t)spec->trace_limit_bytes, &watch->trace, err);
	if (!rc)
		rc = trace_follow(watch->trace, tids, watch->nr_threads, err);
	if (!rc)
		rc = pump_add(
		        watch->target->session->pump,
		        &(struct pump_source){ trace_poll_fd(watch->trace), POLLIN, take, watch },
		        err);
	watch->pumped = watch->trace && !rc;
	return rc;
}

int observe_trace_check(const struct spec *spec, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);

	(void)raised;
	return spec->trace && trace_check(err) ? err_in(err, "--trace") : 0;
}

static int open_trace(struct target *target, const struct spec *spec, int level, void **ret,
                      struct err *err)
{
	CLEANUP(watch_free) struct watch *watch = NULL;
	struct err why;

	(void)level; /* a timeline was asked for, or not, at any level */
	if (!spec->trace)
		return 0;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return err_set(err, ENOMEM, "out of memory");
	watch->target = target;
	watch->file = spec->trace;
	watch->may_replace = spec->overwrite;
	watch->limit_bytes = (int64_t)spec->trace_limit_bytes;
	if (name_threads(watch, err))
		return -err->code;
	if (attach(watch, spec, &why))
		give_up(watch, &why);
	*ret = STEAL(&watch);
	return 0;
}

static int start(void *state, struct target *target, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);
	struct watch *watch = state;
	struct err why;

	(void)raised;
	(void)err;
	if (watch->trace && (trace_follow_process(watch->trace, target->child->pid, &why) ||
	                     trace_start(watch->trace, &why)))
		give_up(watch, &why);
	if (watch->trace)
		trace_say(watch->trace, "qlaunch: the window begins\n");
	watch->started = watch->trace;
	return 0;
}

/* Only the switch: what is left in the rings is taken when the window's other readings are done. */
static int stop(void *state, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);
	struct watch *watch = state;
	struct err why;

	(void)raised;
	(void)err;
	if (!watch->trace)
		return 0;
	trace_say(watch->trace, "qlaunch: the window ends\n");
	if (trace_stop(watch->trace, &why))
		give_up(watch, &why);
	else
		leave_pump(watch);
	return 0;
}

static uint64_t put_lost(const struct watch *watch, struct json_object *about)
{
	struct json_object *by = json_object_new_object();
	uint64_t sum = 0;

	for (int i = 0; i < trace_nr_cpus(watch->trace); i++) {
		uint64_t lost = trace_lost(watch->trace, i);
		char key[16];

		snprintf(key, sizeof(key), "%d", i);
		if (lost)
			json_object_object_add(by, key, json_object_new_uint64(lost));
		sum += lost;
	}
	json_object_object_add(about, "lost", json_object_new_uint64(sum));
	json_object_object_add(about, "lost_by_cpu", by);
	return sum;
}

static struct timeline_facts facts_of(const struct watch *watch, struct json_object *about)
{
	return (struct timeline_facts){
		.pid = watch->target->child->pid,
		.threads = watch->threads,
		.nr_threads = watch->nr_threads,
		.marks = watch->marks.mark,
		.nr_marks = watch->marks.nr,
		.loss = trace_losses(watch->trace),
		.nr_cpus = trace_nr_cpus(watch->trace),
		.about = json_object_to_json_string_ext(about, JSON_C_TO_STRING_PLAIN),
	};
}

/* The file was opened with the user's rights; the kernel's formats need ours. */
static int render(struct watch *watch, const char *path, int fd, struct json_object *about,
                  struct trace_written *ret, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);
	const struct timeline_facts facts = facts_of(watch, about);
	int format = trace_format_of(path, err);

	(void)raised;
	return format < 0
	               ? format
	               : trace_write(watch->trace, (enum trace_format)format, &facts, fd, ret, err);
}

/* Under another name until it is whole. */
static int write_file(struct watch *watch, const char *path, struct json_object *about,
                      struct trace_written *ret, struct err *err)
{
	CLEANUP(outfile_close) struct outfile part = OUTFILE_NONE;
	int rc = outfile_begin(path, watch->may_replace, &part, err);

	if (rc)
		return rc;
	rc = render(watch, path, part.fd, about, ret, err);
	if (!rc)
		rc = outfile_finish(&part, path, watch->may_replace, err);
	if (rc)
		outfile_remove(&part);
	return rc;
}

static void warn(const struct watch *watch, uint64_t lost, struct json_object *line)
{
	if (lost)
		result_warn(line,
		            "trace: %" PRIu64 " events were lost: the ring of %" PRIu64
		            " KiB a CPU was full (--trace-buffer)",
		            lost, trace_ring_bytes(watch->trace) / 1024);
	if (trace_full_ns(watch->trace))
		result_warn(line,
		            "trace: it ends early, at %" PRId64 " KiB of events (--trace-limit)",
		            watch->limit_bytes >> 10);
}

static int finish(struct watch *watch, struct json_object *line, struct json_object *about,
                  struct err *err)
{
	char path[4096];
	struct trace_written written = { 0 };
	uint64_t lost;
	int rc = trace_finish(watch->trace, err);

	if (!rc)
		rc = trace_path_make(watch->file, watch->target->session->nr_trials > 1, line, path,
		                     sizeof(path), err);
	if (!rc)
		rc = name_threads(watch, err);
	if (rc)
		return rc;
	json_object_object_add(about, "file", json_object_new_string(path));
	json_object_object_add(about, "clock", json_object_new_string("CLOCK_MONOTONIC"));
	json_object_object_add(about, "ring_bytes",
	                       json_object_new_uint64(trace_ring_bytes(watch->trace)));
	lost = put_lost(watch, about);
	json_object_object_add(about, "ends_early",
	                       json_object_new_boolean(trace_full_ns(watch->trace) != 0));
	trace_marks_place(&watch->marks, watch->target, about);
	/* a reader of the file alone must not take its end for the window's */
	if (trace_full_ns(watch->trace))
		trace_marks_add_end(&watch->marks, trace_full_ns(watch->trace), watch->limit_bytes);
	rc = write_file(watch, path, about, &written, err);
	json_object_object_add(about, "events", json_object_new_uint64(written.events));
	if (written.why_no_marks[0])
		json_object_object_add(about, "marks_why",
		                       json_object_new_string(written.why_no_marks));
	if (!rc)
		warn(watch, lost, line);
	if (!rc)
		progress_say(watch->target->session->verbose, "trace: %s", path);
	watch->nr_recorded = (double)written.events * (1 + trace_unkept_share(watch->trace)) +
	                     (double)lost;
	watch->is_counted = !rc && isfinite(watch->nr_recorded);
	if (watch->is_counted)
		json_object_object_add(about, "recorded",
		                       json_object_new_int64((int64_t)watch->nr_recorded));
	return rc;
}

static void figures(void *state, struct json_object *line)
{
	struct watch *watch = state;
	struct json_object *about;
	struct err why;

	if (!json_has(line, "arm"))
		return; /* a first visit, which is dropped */
	about = json_object_new_object();
	if (watch->trace && finish(watch, line, about, &why))
		give_up(watch, &why);
	if (!watch->trace) {
		json_object_object_add(about, "file", NULL);
		json_object_object_add(about, "why", json_object_new_string(watch->why));
		result_warn(line, "no trace: %s", watch->why);
		snprintf(watch->target->session->unobserved,
		         sizeof(watch->target->session->unobserved), "--trace: %s", watch->why);
	}
	json_object_object_add(line, "trace", about);
}

/* Of all that was recorded, also what was lost or not kept. */
static double cost_ns(const void *state, struct session *session, const char **why)
{
	const struct watch *watch = state;
	double ns_per_event = session->observe.ns_per_event;

	if (!watch->started)
		return 0;
	if (!watch->is_counted)
		*why = "how much the trace recorded is not known, nor its cost";
	else if (isnan(ns_per_event))
		*why = "what recording an event costs could not be measured";
	return watch->is_counted ? ns_per_event * watch->nr_recorded : NAN;
}

static void close_trace(void **state)
{
	watch_free((struct watch **)state);
}

const struct observer_kind observe_trace = {
	"trace", open_trace, start, stop, figures, close_trace, .cost_ns = cost_ns,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* io.c - joins the engine to the crew, and its counts to figures. */
#include "io.h"

#include <inttypes.h>
#include <string.h>

#include "answer.h"
#include "answer_parts.h"
#include "job.h"
#include "out.h"
#include "store.h"
#include "text.h"
#include "uring.h"

static int io_open(const struct place *place, void **ret, struct err *err)
{
	struct uring *uring = NULL;

	if (uring_open(place, &uring, err) < 0)
		return -err->code;
	*ret = uring;
	return 0;
}

static int io_run(void *state, struct window *window, struct tally *tally, struct err *err)
{
	return uring_run(state, window, tally, err);
}

static void io_close(void *state)
{
	struct uring *uring = state;

	uring_close(&uring);
}

static uint64_t nr_done(const struct tally *total)
{
	return total->done[TALLY_READ] + total->done[TALLY_WRITE];
}

/* What is in flight as the window ends is no sign of it. */
static bool is_saturated(const struct answer *answer)
{
	const struct job *job = answer->job;
	uint64_t offered = answer->total->sum[URING_OFFERED].ops, done = nr_done(answer->total);

	return job->rate.per_s && done + (uint64_t)job->threads * job->iodepth < offered &&
	       (double)done < 0.99 * (double)offered;
}

static void add_kind(const struct answer *answer, int kind, struct figures *figures)
{
	double seconds = (double)answer->window_ns / NSEC_PER_SEC;
	const char *prefix = kind == TALLY_READ ? "io_read" : "io_write";

	struct load_figure *iops = figures_add(figures, "ops/s", "higher",
	                                       (double)answer->total->done[kind] / seconds,
	                                       "%s_iops", prefix);
	iops->why = is_saturated(answer) ? "saturated: fewer requests were done than were due"
	                                 : NULL;
	figures_add(figures, "B/s", "higher", (double)answer->total->bytes[kind] / seconds,
	            "%s_bytes_per_s", prefix);
	figures_add_latencies(figures, prefix, &answer->total->hist[kind]);
}

static void add_open_loop(const struct answer *answer, struct figures *figures)
{
	uint64_t offered = answer->total->sum[URING_OFFERED].ops;
	double ratio = offered ? (double)nr_done(answer->total) / (double)offered : 0;
	struct load_figure *achieved = figures_add(figures, "1", "higher", ratio,
	                                           "io_achieved_ratio");

	achieved->why = offered ? NULL : "no request was due in the window";
	figures_add(figures, "1", "none", (double)answer->total->late, "io_late");
}

static void io_figures(const struct answer *answer, struct figures *figures)
{
	for (int kind = 0; kind < TALLY_KINDS; kind++) {
		if (job_has_kind(answer->job, kind))
			add_kind(answer, kind, figures);
	}
	if (answer->job->rate.per_s)
		add_open_loop(answer, figures);
}

static void io_engine(const struct answer *answer, struct out *out)
{
	const struct tally *total = answer->total;
	char flags[96], registered[32], rate[64];

	uring_format_flags(total->setup_flags, flags, sizeof(flags));
	uring_format_registered(total->registered, registered, sizeof(registered));
	out_add(out,
	        "\"setup_flags\":\"%s\",\"registered\":\"%s\",\"alignment\":%u,\"direct\":%s,"
	        "\"enters\":%" PRIu64 ",\"requests\":%" PRIu64,
	        flags, registered, answer->store->alignment,
	        answer->store->direct ? "true" : "false", total->enters, total->requests);
	if (!answer->job->rate.per_s)
		return;
	arrival_format(&answer->job->rate, rate, sizeof(rate));
	out_add(out,
	        ",\"rate\":\"%s\",\"offered\":%" PRIu64 ",\"late_from_ns\":%d,\"saturated\":%s",
	        rate, total->sum[URING_OFFERED].ops, URING_LATE_NS,
	        is_saturated(answer) ? "true" : "false");
}

static uint64_t nr_open(const struct tally *total)
{
	return total->hist[TALLY_READ].nr_open + total->hist[TALLY_WRITE].nr_open;
}

static void warn_io(const struct answer *answer, struct warnings *warnings)
{
	const struct tally *total = answer->total;
	char missing[256];

	if (total->errors)
		warn(warnings, "%" PRIu64 " requests failed, the first with: %s", total->errors,
		     strerror(total->first_error));
	if (total->shorts)
		warn(warnings, "%" PRIu64 " requests moved fewer bytes than asked", total->shorts);
	if (answer->job->nop)
		warn(warnings, "nop: no request did anything");
	if (answer->job->direct && !answer->store->direct)
		warn(warnings, "the file system refuses direct I/O: the page cache was measured");
	if (answer->store->sparse)
		warn(warnings, "the file has holes: reads of them touch no disk");
	if (nr_open(total))
		warn(warnings,
		     "%" PRIu64 " requests of the window were given up without an answer: the "
		     "latencies marked at_least are lower bounds",
		     nr_open(total));
	if (is_saturated(answer))
		warn(warnings,
		     "saturated: %" PRIu64 " requests were due and %" PRIu64
		     " done in the window, so the latencies are those of a queue; a lower --rate, "
		     "or a longer window where one stall was the cause, gives a throughput",
		     total->sum[URING_OFFERED].ops, nr_done(total));
	if (uring_missing(total->setup_flags, total->registered, missing, sizeof(missing)))
		warn(warnings,
		     "io_uring ran without %s: each request takes more CPU time than with them",
		     missing);
}

const struct load load_io = {
	.name = "io",
	.hist = { "io_read_ns", "io_write_ns" },
	.open = io_open,
	.run = io_run,
	.close = io_close,
	.figures = io_figures,
	.engine = io_engine,
	.warn = warn_io,
};

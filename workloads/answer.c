/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer.c - from counts to figures and text.  Measures nothing. */
#include "answer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "out.h"
#include "text.h"
#include "uring.h"

#define SECONDS(ns) ((double)(ns) / (double)NSEC_PER_SEC)

static const char *const kind_names[TALLY_KINDS] = { "read", "write" };

static const struct {
	const char *name;
	unsigned ppm;
	const char *why;
} percentiles[] = {
	{ "p50", 500000, NULL },
	{ "p95", 950000, "fewer than 200 samples" },
	{ "p99", 990000, "fewer than 1,000 samples" },
	{ "p999", 999000, "fewer than 10,000 samples" },
};

static bool has_kind(const struct job *job, int kind)
{
	return kind == TALLY_READ ? job_read_percent(job) > 0 : job_read_percent(job) < 100;
}

int answer_check(const struct answer *answer, struct err *err)
{
	const struct tally *total = answer->total;

	if (total->hist[TALLY_READ].count || total->hist[TALLY_WRITE].count || !total->errors)
		return 0;
	return err_set(err, total->first_error, "every request failed: %s",
	               strerror(total->first_error));
}

static struct answer_figure *add(struct answer_figure *figures, int *nr, const char *unit,
                                 const char *better, double value)
{
	struct answer_figure *figure = &figures[(*nr)++];

	*figure = (struct answer_figure){ .unit = unit, .better = better, .value = value };
	return figure;
}

static void add_percentile(struct answer_figure *figures, int *nr, const char *prefix, size_t which,
                           const struct hist *hist)
{
	unsigned ppm = percentiles[which].ppm;
	struct answer_figure *figure = add(figures, nr, "ns", "lower",
	                                   (double)hist_percentile_ns(hist, ppm));

	snprintf(figure->name, sizeof(figure->name), "%s_%s_ns", prefix, percentiles[which].name);
	if (!hist->count)
		figure->why = "none in the window";
	else if (percentiles[which].why && !hist_carries(hist, ppm))
		figure->why = percentiles[which].why;
}

static void add_io(const struct answer *answer, int kind, struct answer_figure *figures, int *nr)
{
	const struct hist *hist = &answer->total->hist[kind];
	double seconds = SECONDS(answer->window_ns);
	struct answer_figure *figure;
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "io_%s", kind_names[kind]);
	figure = add(figures, nr, "ops/s", "higher", (double)hist->count / seconds);
	snprintf(figure->name, sizeof(figure->name), "%s_iops", prefix);
	figure = add(figures, nr, "B/s", "higher", (double)answer->total->bytes[kind] / seconds);
	snprintf(figure->name, sizeof(figure->name), "%s_bytes_per_s", prefix);
	for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++)
		add_percentile(figures, nr, prefix, i, hist);
	figure = add(figures, nr, "ns", "lower", (double)hist->max_ns);
	snprintf(figure->name, sizeof(figure->name), "%s_max_ns", prefix);
	figure->why = hist->count ? NULL : "none in the window";
}

int answer_figures(const struct answer *answer, struct answer_figure ret[ANSWER_FIGURES_MAX])
{
	const struct hist *events = &answer->total->hist[TALLY_EVENT];
	struct answer_figure *figure;
	int nr = 0;

	if (!answer->job->workload->is_io) {
		figure = add(ret, &nr, "events/s", "higher",
		             (double)events->count / SECONDS(answer->window_ns));
		snprintf(figure->name, sizeof(figure->name), "cpu_events_per_s");
		add_percentile(ret, &nr, "cpu_event", 1, events);
		return nr;
	}
	for (int kind = 0; kind < TALLY_KINDS; kind++) {
		if (has_kind(answer->job, kind))
			add_io(answer, kind, ret, &nr);
	}
	return nr;
}

static void put_figures(struct out *out, const struct answer *answer)
{
	struct answer_figure figures[ANSWER_FIGURES_MAX];
	int nr = answer_figures(answer, figures);

	out_add(out, "\"figures\":{");
	for (int i = 0; i < nr; i++) {
		out_add(out, "%s\"%s\":{\"value\":", i ? "," : "", figures[i].name);
		if (figures[i].why)
			out_add(out, "null,\"why\":\"%s\"", figures[i].why);
		else
			out_add(out, "%.3f", figures[i].value);
		out_add(out, ",\"unit\":\"%s\",\"better\":\"%s\"}", figures[i].unit,
		        figures[i].better);
	}
	out_add(out, "}");
}

static void put_histogram(struct out *out, const char *name, const struct hist *hist)
{
	const char *comma = "";

	out_add(out, "\"%s\":[", name);
	for (int i = 0; i < HIST_BUCKETS; i++) {
		if (!hist->bucket[i])
			continue;
		out_add(out, "%s[%" PRIu64 ",%" PRIu64 "]", comma, hist_low_ns(i), hist->bucket[i]);
		comma = ",";
	}
	out_add(out, "]");
}

static void put_histograms(struct out *out, const struct answer *answer)
{
	const char *comma = "";
	char name[32];

	out_add(out, ",\"histograms\":{");
	if (!answer->job->workload->is_io) {
		put_histogram(out, "cpu_event_ns", &answer->total->hist[TALLY_EVENT]);
	} else {
		for (int kind = 0; kind < TALLY_KINDS; kind++) {
			if (!has_kind(answer->job, kind))
				continue;
			out_add(out, "%s", comma);
			snprintf(name, sizeof(name), "io_%s_ns", kind_names[kind]);
			put_histogram(out, name, &answer->total->hist[kind]);
			comma = ",";
		}
	}
	out_add(out, "}");
}

static void put_io(struct out *out, const struct answer *answer)
{
	const struct tally *total = answer->total;
	char flags[64], registered[32];

	uring_format_flags(total->setup_flags, flags, sizeof(flags));
	uring_format_registered(total->registered, registered, sizeof(registered));
	out_add(out, ",\"io\":{");
	for (int kind = 0; kind < TALLY_KINDS; kind++)
		out_add(out, "\"%s_ops\":%" PRIu64 ",\"%s_bytes\":%" PRIu64 ",", kind_names[kind],
		        total->hist[kind].count, kind_names[kind], total->bytes[kind]);
	out_add(out, "\"errors\":%" PRIu64 ",\"short\":%" PRIu64 "}", total->errors, total->shorts);
	out_add(out,
	        ",\"engine\":{\"setup_flags\":\"%s\",\"registered\":\"%s\",\"alignment\":%u,"
	        "\"direct\":%s,\"enters\":%" PRIu64 ",\"requests\":%" PRIu64 "}",
	        flags, registered, answer->store->alignment,
	        answer->store->direct ? "true" : "false", total->enters, total->requests);
}

/* The guest's kernel may fall back to a clock that costs an exit a reading. */
static bool is_slow_clock(char *name, size_t size)
{
	if (text_read_file("/sys/devices/system/clocksource/clocksource0/current_clocksource", name,
	                   size, NULL) < 0)
		return false;
	return strcmp(name, "tsc") != 0 && strcmp(name, "kvm-clock") != 0;
}

struct warnings {
	int nr;
	char text[8][256];
};

static void warn(struct warnings *warnings, const char *fmt, ...) PRINTF(2, 3);

static void warn(struct warnings *warnings, const char *fmt, ...)
{
	va_list args;

	if (warnings->nr == (int)ARRAY_SIZE(warnings->text))
		return;
	va_start(args, fmt);
	vsnprintf(warnings->text[warnings->nr++], sizeof(warnings->text[0]), fmt, args);
	va_end(args);
}

static void warn_io(struct warnings *warnings, const struct answer *answer)
{
	const struct tally *total = answer->total;

	if (total->errors)
		warn(warnings, "%" PRIu64 " requests failed, the first with: %s", total->errors,
		     strerror(total->first_error));
	if (total->shorts)
		warn(warnings, "%" PRIu64 " requests moved fewer bytes than asked", total->shorts);
	if (answer->job->direct && !answer->store->direct)
		warn(warnings, "the file system refuses direct I/O: the page cache was measured");
	if (answer->store->sparse)
		warn(warnings, "the file has holes: reads of them touch no disk");
	if (!uring_has_all(total->setup_flags, total->registered))
		warn(warnings, "io_uring ran without all of its fast paths: see engine");
}

static void warn_all(struct warnings *warnings, const struct answer *answer)
{
	char clock[64];

	warnings->nr = 0;
	if (answer->job->workload->is_io)
		warn_io(warnings, answer);
	if (is_slow_clock(clock, sizeof(clock)))
		warn(warnings, "the clock is %.40s: each time stamp is slow", clock);
}

static void put_warnings(struct out *out, const struct answer *answer)
{
	struct warnings warnings;

	warn_all(&warnings, answer);
	out_add(out, ",\"warnings\":[");
	for (int i = 0; i < warnings.nr; i++) {
		out_add(out, "%s", i ? "," : "");
		out_add_string(out, warnings.text[i]);
	}
	out_add(out, "]");
}

int answer_json(const struct answer *answer, char *buf, size_t size, struct err *err)
{
	struct out out = { .buf = buf, .size = size };

	out_add(&out, "{\"window_ns\":%" PRId64 ",", answer->window_ns);
	put_figures(&out, answer);
	put_histograms(&out, answer);
	if (answer->job->workload->is_io)
		put_io(&out, answer);
	put_warnings(&out, answer);
	out_add(&out, "}");
	return out_end(&out, err);
}

static void put_line(struct out *out, const struct answer_figure *figure)
{
	out_add(out, "  %-24s ", figure->name);
	if (figure->why)
		out_add(out, "%14s  (%s)\n", "n/a", figure->why);
	else if (!strcmp(figure->unit, "ns"))
		out_add(out, "%14.1f us\n", figure->value / 1000);
	else if (!strcmp(figure->unit, "B/s"))
		out_add(out, "%14.1f MiB/s\n", figure->value / (1 << 20));
	else
		out_add(out, "%14.1f %s\n", figure->value, figure->unit);
}

int answer_text(const struct answer *answer, char *buf, size_t size, struct err *err)
{
	struct answer_figure figures[ANSWER_FIGURES_MAX];
	struct out out = { .buf = buf, .size = size };
	int nr = answer_figures(answer, figures);
	struct warnings warnings;

	out_add(&out, "%s, %d worker%s, %.3f s\n", answer->job->workload->name,
	        answer->job->threads, answer->job->threads == 1 ? "" : "s",
	        SECONDS(answer->window_ns));
	for (int i = 0; i < nr; i++)
		put_line(&out, &figures[i]);
	warn_all(&warnings, answer);
	for (int i = 0; i < warnings.nr; i++)
		out_add(&out, "  warning: %s\n", warnings.text[i]);
	return out_end(&out, err);
}

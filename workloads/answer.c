/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer.c - from counts to figures and text.  Measures nothing. */
#include "answer.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "answer_parts.h"
#include "load.h"
#include "out.h"
#include "text.h"

#define SECONDS(ns) ((double)(ns) / (double)NSEC_PER_SEC)

int answer_check(const struct answer *answer, struct err *err)
{
	const struct tally *total = answer->total;

	if (total->hist[TALLY_READ].count || total->hist[TALLY_WRITE].count || !total->errors)
		return 0;
	return err_set(err, total->first_error, "every request failed: %s",
	               strerror(total->first_error));
}

static void put_figures(struct out *out, const struct answer *answer)
{
	struct figures figures = { 0 };

	load_of(answer->job->workload)->figures(answer, &figures);
	out_add(out, "\"figures\":{");
	for (int i = 0; i < figures.nr; i++) {
		const struct load_figure *figure = &figures.list[i];

		out_add(out, "%s\"%s\":{\"value\":", i ? "," : "", figure->name);
		if (figure->why)
			out_add(out, "null,\"why\":\"%s\"", figure->why);
		else
			out_add(out, "%.3f%s", figure->value,
			        figure->is_bound ? ",\"at_least\":true" : "");
		out_add(out, ",\"unit\":\"%s\",\"better\":\"%s\"}", figure->unit, figure->better);
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

/* A kind that the workload keeps but did nothing of (reads of a write-only load) is left out. */
static void put_histograms(struct out *out, const struct answer *answer)
{
	const struct load *load = load_of(answer->job->workload);
	const char *comma = "";

	out_add(out, ",\"histograms\":{");
	for (int kind = 0; kind < TALLY_HISTS; kind++) {
		if (!load->hist[kind] || !job_has_kind(answer->job, kind))
			continue;
		out_add(out, "%s", comma);
		put_histogram(out, load->hist[kind], &answer->total->hist[kind]);
		comma = ",";
	}
	out_add(out, "}");
}

static void put_engine(struct out *out, const struct answer *answer)
{
	const struct load *load = load_of(answer->job->workload);

	if (!load->engine)
		return;
	out_add(out, ",\"engine\":{");
	load->engine(answer, out);
	out_add(out, "}");
}

static void put_io(struct out *out, const struct answer *answer)
{
	const struct tally *total = answer->total;

	out_add(out,
	        ",\"io\":{\"read_ops\":%" PRIu64 ",\"read_bytes\":%" PRIu64
	        ",\"write_ops\":%" PRIu64 ",\"write_bytes\":%" PRIu64 ",\"errors\":%" PRIu64
	        ",\"short\":%" PRIu64 "}",
	        total->done[TALLY_READ], total->bytes[TALLY_READ], total->done[TALLY_WRITE],
	        total->bytes[TALLY_WRITE], total->errors, total->shorts);
}

static void put_ops(struct out *out, const struct answer *answer)
{
	const struct load *load = load_of(answer->job->workload);

	if (load->ops)
		out_add(out, ",\"ops\":%" PRIu64, load->ops(answer->total));
}

/* The guest's kernel may fall back to a clock that costs an exit a reading.  tsc-early is the TSC before its rate was
 * refined. */
static bool is_slow_clock(char *name, size_t size)
{
	if (text_read_file("/sys/devices/system/clocksource/clocksource0/current_clocksource", name,
	                   size, NULL) < 0)
		return false;
	return strcmp(name, "tsc") != 0 && strcmp(name, "tsc-early") != 0 &&
	       strcmp(name, "kvm-clock") != 0;
}

static void warn_all(struct warnings *warnings, const struct answer *answer)
{
	char clock[64];
	const struct load *load = load_of(answer->job->workload);

	warnings->nr = 0;
	if (load->warn)
		load->warn(answer, warnings);
	if (answer->total->nr_given_up)
		warn(warnings,
		     "%d of %d workers did not run again within %g s after the window and were "
		     "given up: values marked at_least are lower bounds",
		     answer->total->nr_given_up, answer->job->threads,
		     SECONDS(job_patience_ns(answer->job) / 3));
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
	put_ops(&out, answer);
	put_engine(&out, answer);
	put_warnings(&out, answer);
	out_add(&out, "}");
	return out_end(&out, err);
}

static void put_line(struct out *out, const struct load_figure *figure)
{
	out_add(out, "  %-24s %s", figure->name, figure->is_bound && !figure->why ? ">=" : "  ");
	if (figure->why)
		out_add(out, "%13s  (%s)\n", "n/a", figure->why);
	else if (!strcmp(figure->unit, "ns") && figure->value < 1000)
		out_add(out, "%13.1f ns\n", figure->value);
	else if (!strcmp(figure->unit, "ns"))
		out_add(out, "%13.1f us\n", figure->value / 1000);
	else if (!strcmp(figure->unit, "B/s"))
		out_add(out, "%13.1f MiB/s\n", figure->value / (1 << 20));
	else if (!strcmp(figure->unit, "1"))
		out_add(out, "%13.6g\n", figure->value);
	else
		out_add(out, "%13.1f %s\n", figure->value, figure->unit);
}

/* Members of a JSON object as a person reads them: "a":1,"b":"c" becomes a 1, b c. */
static void put_settings(struct out *out, const struct answer *answer)
{
	const struct load *load = load_of(answer->job->workload);
	char json[2048];
	struct out members = { .buf = json, .size = sizeof(json) };
	bool is_quoted = false;

	if (!load->engine)
		return;
	load->engine(answer, &members);
	out_add(out, "  had: ");
	for (const char *at = json; !members.full && *at; at++) {
		if (*at == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && (*at == ':' || *at == ','))
			out_add(out, "%s", *at == ':' ? " " : ", ");
		else
			out_add(out, "%c", *at);
	}
	out_add(out, "\n");
}

int answer_text(const struct answer *answer, char *buf, size_t size, struct err *err)
{
	struct out out = { .buf = buf, .size = size };
	struct figures figures = { 0 };
	struct warnings warnings;

	out_add(&out, "%s, %d worker%s, %.3f s\n", answer->job->workload->name,
	        answer->job->threads, answer->job->threads == 1 ? "" : "s",
	        SECONDS(answer->window_ns));
	load_of(answer->job->workload)->figures(answer, &figures);
	for (int i = 0; i < figures.nr; i++)
		put_line(&out, &figures.list[i]);
	put_settings(&out, answer);
	warn_all(&warnings, answer);
	for (int i = 0; i < warnings.nr; i++)
		out_add(&out, "  warning: %s\n", warnings.text[i]);
	return out_end(&out, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer_parts.c - builds figures from counts.  Writes no text for anyone. */
#include "answer_parts.h"

#include <stdarg.h>
#include <stdio.h>

static const char none_seen[] = "none in the window";

static const struct {
	unsigned ppm;
	const char *name, *why;
} percentiles[] = {
	{ 500000, "p50", NULL },
	{ 950000, "p95", "fewer than 200 samples" },
	{ 990000, "p99", "fewer than 1,000 samples" },
	{ 999000, "p999", "fewer than 10,000 samples" },
	{ 999900, "p9999", "fewer than 100,000 samples" },
};

struct load_figure *figures_add(struct figures *figures, const char *unit, const char *better,
                                double value, const char *name, ...)
{
	struct load_figure *figure = &figures->list[figures->nr++];
	va_list args;

	*figure = (struct load_figure){ .unit = unit, .better = better, .value = value };
	va_start(args, name);
	vsnprintf(figure->name, sizeof(figure->name), name, args);
	va_end(args);
	return figure;
}

static void add_percentile(struct figures *figures, const char *prefix, size_t i,
                           const struct hist *hist)
{
	unsigned ppm = percentiles[i].ppm;
	struct load_figure *figure = figures_add(figures, "ns", "lower",
	                                         (double)hist_percentile_ns(hist, ppm), "%s_%s_ns",
	                                         prefix, percentiles[i].name);

	figure->is_bound = hist_is_bound(hist, ppm);
	if (!hist->count)
		figure->why = none_seen;
	else if (percentiles[i].why && !hist_carries(hist, ppm))
		figure->why = percentiles[i].why;
}

void figures_add_max(struct figures *figures, const char *prefix, const struct hist *hist)
{
	struct load_figure *figure = figures_add(figures, "ns", "lower", (double)hist->max_ns,
	                                         "%s_max_ns", prefix);

	figure->is_bound = hist_is_bound(hist, 1000000);
	figure->why = hist->count ? NULL : none_seen;
}

void figures_add_latencies(struct figures *figures, const char *prefix, const struct hist *hist)
{
	for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++)
		add_percentile(figures, prefix, i, hist);
	figures_add_max(figures, prefix, hist);
}

struct load_figure *figures_add_sum(struct figures *figures, const char *name,
                                    const struct tally_sum *sum)
{
	uint64_t nr = sum->ops + sum->nr_open;
	struct load_figure *figure = figures_add(figures, "ns", "lower",
	                                         nr ? (double)sum->ns / (double)nr : 0, "%s", name);

	figure->is_bound = sum->nr_open;
	figure->why = nr ? NULL : none_seen;
	return figure;
}

void warn(struct warnings *warnings, const char *fmt, ...)
{
	va_list args;

	if (warnings->nr == (int)ARRAY_SIZE(warnings->text))
		return;
	va_start(args, fmt);
	vsnprintf(warnings->text[warnings->nr++], sizeof(warnings->text[0]), fmt, args);
	va_end(args);
}

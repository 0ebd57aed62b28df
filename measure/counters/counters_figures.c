/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters_figures.c - reads the counters and adds them up by thread, role and in all.  Opens none. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "counters_parts.h"
#include "figure.h"
#include "reading.h"
#include "text.h"

/* A sum that one unknown part makes unknown. */
struct sum {
	double value;
	double enabled_ns, running_ns;
	int nr; /* of counters that were open */
	char why[256];
};

/* One figure: what is above the line, and below it. */
struct ratio {
	struct sum over, under;
};

static void spoil(const struct counters *counters, int thread, const char *why, struct sum *sum)
{
	if (!sum->why[0])
		snprintf(sum->why, sizeof(sum->why), "%s: %s", counters->thread[thread].key, why);
}

static void add_reading(const struct counters *counters, int thread, const struct reading *reading,
                        struct sum *sum)
{
	double value = NAN;

	switch (reading_scale(reading, &value)) {
	case READING_NEVER_RAN:
		spoil(counters, thread,
		      "never on the PMU: it has fewer counters than there are events", sum);
		break;
	case READING_BROKEN:
		spoil(counters, thread, "ran longer than it was enabled, says the kernel", sum);
		break;
	default:
		sum->value += value;
	}
	sum->enabled_ns += (double)reading->enabled_ns;
	sum->running_ns += (double)reading->running_ns;
	sum->nr++;
}

static void add_counter(const struct counters *counters, int thread, int i, struct sum *sum)
{
	const struct counter *counter = counter_at(counters, thread, i);
	char why[200];

	if (counter->fd < 0) {
		/* it ended before it could be watched: nothing of the window is missing */
		if (!counter->why || counter->why == ESRCH)
			return;
		counters_explain(counters, &counters->set.event[i], counter->why, why, sizeof(why));
		spoil(counters, thread, why, sum);
		return;
	}
	if (counter->is_read)
		add_reading(counters, thread, &counter->reading, sum);
	else
		spoil(counters, thread, "the counter cannot be read", sum);
}

/* Where the guest's part could not be opened, the other event counts both: only the whole is known. */
static bool is_whole(const struct counters *counters, int thread, int i)
{
	int part = counters->set.event[i].guest_part;

	return part && counter_at(counters, thread, part - 1)->why &&
	       counter_at(counters, thread, i)->fd >= 0;
}

static bool is_part_of(const struct counters *counters, const int *list, int nr, int part)
{
	for (int i = 0; i < nr; i++) {
		if (counters->set.event[list[i]].guest_part == part + 1)
			return true;
	}
	return false;
}

static void add_list(const struct counters *counters, int thread, const int *list, int nr,
                     struct sum *sum)
{
	for (int n = 0; n < nr; n++) {
		int i = list[n];

		if (nr == 1 && is_whole(counters, thread, i))
			spoil(counters, thread, "guest and host cannot be told apart here", sum);
		else if (is_part_of(counters, list, nr, i) &&
		         counter_at(counters, thread, i)->fd < 0)
			continue; /* in the whole */
		else
			add_counter(counters, thread, i, sum);
	}
}

static bool has_guest(const struct counters *counters)
{
	for (int i = 0; i < counters->nr; i++) {
		if (counters->thread[i].is_vcpu)
			return true;
	}
	return false;
}

static void add_thread(const struct counters *counters, const struct event_figure *figure,
                       int thread, struct ratio *ratio)
{
	if (figure->is_mode && !has_guest(counters))
		return;
	add_list(counters, thread, figure->over, figure->nr_over, &ratio->over);
	add_list(counters, thread, figure->under, figure->nr_under, &ratio->under);
}

static double value_of(const struct event_figure *figure, const struct ratio *ratio)
{
	if (ratio->over.why[0] || ratio->under.why[0] || !ratio->over.nr)
		return NAN;
	if (!figure->nr_under)
		return figure->is_time ? ratio->over.value * 1e-9 : ratio->over.value;
	return ratio->under.value > 0 ? ratio->over.value / ratio->under.value : NAN;
}

static const char *reason(const struct ratio *ratio)
{
	if (ratio->over.why[0])
		return ratio->over.why;
	if (ratio->under.why[0])
		return ratio->under.why;
	if (!ratio->over.nr)
		return "no thread here runs a guest by hardware";
	return "nothing was counted to divide by";
}

/* The same reason for all threads needs no thread's name. */
static const char *shortest(const struct counters *counters, const char *why)
{
	size_t len = counters->nr ? strlen(counters->thread[0].key) : 0;
	bool is_first = len && !strncmp(why, counters->thread[0].key, len) && why[len] == ':';

	return is_first && counters->no_pmu ? why + len + 2 : why;
}

static void put_part(const struct event_figure *figure, const struct ratio *ratio, const char *key,
                     struct json_object *out)
{
	figure_part(out, key, value_of(figure, ratio), reason(ratio));
}

static void put_role(const struct counters *counters, const struct event_figure *figure,
                     const char *role, struct json_object *out)
{
	struct ratio ratio = { 0 };

	for (int i = 0; i < counters->nr; i++) {
		if (!strcmp(role, counters->thread[i].role))
			add_thread(counters, figure, i, &ratio);
	}
	if (ratio.over.nr)
		put_part(figure, &ratio, role, out);
}

static void put_parts(const struct counters *counters, const struct event_figure *figure,
                      struct json_object *out)
{
	for (int i = 0; i < counters->nr; i++) {
		if (figure_is_first(counters->thread[0].role, sizeof(counters->thread[0]), i))
			put_role(counters, figure, counters->thread[i].role, out);
	}
	for (int i = 0; i < counters->nr; i++) {
		struct ratio ratio = { 0 };

		add_thread(counters, figure, i, &ratio);
		if (ratio.over.nr)
			put_part(figure, &ratio, counters->thread[i].key, out);
	}
}

static const char *unit_of(const struct event_figure *figure)
{
	return figure->is_time ? "s" : "1";
}

static struct json_object *put_value(const struct event_figure *figure, const struct ratio *ratio,
                                     struct json_object *figures)
{
	bool exact = !figure->nr_under && !figure->is_time &&
	             ratio->over.running_ns >= ratio->over.enabled_ns;

	if (exact && ratio->over.value < 0x1p63)
		return figure_put_count(figures, figure->name, figure->better,
		                        (uint64_t)ratio->over.value);
	return figure_put(figures, figure->name, unit_of(figure), figure->better,
	                  value_of(figure, ratio));
}

static void put_share(struct counters *counters, const struct ratio *ratio, struct json_object *out)
{
	double enabled = ratio->over.enabled_ns + ratio->under.enabled_ns;
	double running = ratio->over.running_ns + ratio->under.running_ns;
	double share = enabled > 0 ? running / enabled : 1;

	if (share >= 1)
		return;
	json_object_object_add(out, "share", json_object_new_double(share));
	if (share < counters->share)
		counters->share = share;
}

static void put_figure(struct counters *counters, const struct event_figure *figure,
                       struct json_object *figures)
{
	struct ratio ratio = { 0 };
	struct json_object *out;

	for (int i = 0; i < counters->nr; i++)
		add_thread(counters, figure, i, &ratio);
	if (isnan(value_of(figure, &ratio)))
		out = figure_none(figures, figure->name, unit_of(figure), figure->better,
		                  shortest(counters, reason(&ratio)));
	else
		out = put_value(figure, &ratio, figures);
	put_parts(counters, figure, out);
	put_share(counters, &ratio, out);
}

static void read_all(struct counters *counters)
{
	for (int i = 0; i < counters->nr * counters->set.nr; i++) {
		struct counter *counter = &counters->counter[i];
		ssize_t size = (ssize_t)sizeof(counter->reading);

		counter->is_read = counter->fd >= 0 &&
		                   read(counter->fd, &counter->reading, (size_t)size) == size;
	}
}

void counters_figures(struct counters *counters, struct json_object *figures)
{
	read_all(counters);
	for (int i = 0; i < counters->set.nr_figures; i++)
		put_figure(counters, &counters->set.figure[i], figures);
}

double counters_share(const struct counters *counters)
{
	return counters->share;
}

void counters_none(const struct event_set *set, const char *why, struct json_object *figures)
{
	for (int i = 0; i < set->nr_figures; i++)
		figure_none(figures, set->figure[i].name, unit_of(&set->figure[i]),
		            set->figure[i].better, why);
}

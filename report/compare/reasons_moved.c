/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reasons_moved.c - seconds a trial by name, of two arms, tested name by name. */
#include "reasons_moved.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "rank.h"
#include "results.h"
#include "scale.h"
#include "stats.h"
#include "text.h"

#define TRIALS_MIN 4 /* of each side: fewer cannot be told apart */

/* The trials of both sides; those of the arm come first. */
struct sides {
	size_t nr_arm, nr;
	int *place;      /* of each trial of the results, -1 */
	double *seconds; /* of one name */
	double *all;     /* by name: the seconds in all trials, to see whether there are any */
};

static void sides_done(struct sides *sides)
{
	free(sides->place);
	free(sides->seconds);
	free(sides->all);
}

static bool has_list(const struct result_trial *trial, enum reason_kind kind)
{
	return kind == REASON_EXIT ? trial->has_exits : trial->has_preemptors;
}

/* False: too few trials have such a list, or there is no memory. */
static bool find_trials(const struct results *results, const struct comparison *of,
                        enum reason_kind kind, struct sides *ret)
{
	ret->place = malloc((results->nr_trials + 1) * sizeof(*ret->place));
	ret->seconds = calloc(results->nr_trials + 1, sizeof(*ret->seconds));
	ret->all = calloc((size_t)results->reason_rows.names[kind].nr + 1, sizeof(*ret->all));
	if (!ret->place || !ret->seconds || !ret->all)
		return false;
	for (size_t i = 0; i < results->nr_trials; i++)
		ret->place[i] = -1;
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < results->nr_trials; i++) {
			const struct result_trial *trial = &results->trial[i];

			if (!trial->duplicate && trial->workload == of->workload &&
			    trial->arm == (side ? of->base : of->arm) && has_list(trial, kind))
				ret->place[i] = (int)ret->nr++;
		}
		if (!side)
			ret->nr_arm = ret->nr;
	}
	return ret->nr_arm >= TRIALS_MIN && ret->nr - ret->nr_arm >= TRIALS_MIN;
}

/* Adds up one name's seconds, or all names' into `all`; returns how many names there are. */
static size_t add_up(const struct reason_rows *rows, enum reason_kind kind, struct sides *sides,
                     int name)
{
	size_t nr = 0;

	memset(sides->seconds, 0, sides->nr * sizeof(*sides->seconds));
	for (size_t i = 0; i < rows->nr; i++) {
		const struct reason_row *row = &rows->row[i];

		if (row->kind != kind || sides->place[row->trial] < 0)
			continue;
		if (name >= 0 && row->name == name)
			sides->seconds[sides->place[row->trial]] += row->seconds;
		if (name < 0 && row->seconds > 0) {
			nr += sides->all[row->name] == 0;
			sides->all[row->name] += row->seconds;
		}
	}
	return nr;
}

static void keep(const struct reason_moved *one, struct reason_moved *list, size_t *nr)
{
	size_t at = *nr;

	for (; at && fabs(one->to - one->from) > fabs(list[at - 1].to - list[at - 1].from); at--) {
		if (at < REASONS_MOVED_MAX)
			list[at] = list[at - 1];
	}
	if (at < REASONS_MOVED_MAX)
		list[at] = *one;
	*nr += *nr < REASONS_MOVED_MAX;
}

static void find_kind(const struct results *results, const struct comparison *of,
                      enum reason_kind kind, struct reason_moved *ret, size_t *nr)
{
	CLEANUP(sides_done) struct sides sides = { 0 };
	size_t nr_names, nr_base;

	if (!find_trials(results, of, kind, &sides))
		return;
	nr_names = add_up(&results->reason_rows, kind, &sides, -1);
	nr_base = sides.nr - sides.nr_arm;
	for (int name = 0; name < results->reason_rows.names[kind].nr; name++) {
		struct reason_moved one = { .kind = kind, .name = name };
		double *arm = sides.seconds, *base = sides.seconds + sides.nr_arm, p;

		if (sides.all[name] == 0)
			continue;
		add_up(&results->reason_rows, kind, &sides, name);
		rank_sum(arm, sides.nr_arm, base, nr_base, &p, &one.effect);
		if (isnan(p) || p * (double)nr_names >= 0.05)
			continue;
		stats_sort(arm, sides.nr_arm);
		stats_sort(base, nr_base);
		one.to = stats_median(arm, sides.nr_arm);
		one.from = stats_median(base, nr_base);
		keep(&one, ret, nr);
	}
}

size_t reasons_moved(const struct results *results, const struct comparison *of,
                     struct reason_moved ret[REASONS_MOVED_MAX])
{
	size_t nr = 0;

	if (!results->reason_rows.nr ||
	    (of->verdict != VERDICT_BETTER && of->verdict != VERDICT_WORSE))
		return 0;
	find_kind(results, of, REASON_EXIT, ret, &nr);
	find_kind(results, of, REASON_PREEMPTOR, ret, &nr);
	return nr;
}

void reason_moved_format(const struct results *results, const struct reason_moved *moved, char *buf,
                         size_t size)
{
	static const char *const words[] = {
		[REASON_EXIT] = "exits for", [REASON_PREEMPTOR] = "CPU lost to"
	};
	const char *name = names_at(&results->reason_rows.names[moved->kind], moved->name);
	const double seconds[] = { moved->from, moved->to };
	char safe[64], shown[2][48];

	text_escape(name, strlen(name), safe, sizeof(safe));
	for (int i = 0; i < 2; i++)
		scale_format_value("s", seconds[i], shown[i], sizeof(shown[i]));
	snprintf(buf, size, "%s %s %s -> %s", words[moved->kind], safe, shown[0], shown[1]);
}

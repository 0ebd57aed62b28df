/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sessions.c - sessions joined to one value each, and the spread between them. */
#include "sessions.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cells.h"
#include "cleanup.h"
#include "judge.h"
#include "pairs.h"
#include "stats.h"
#include "student.h"

/* The standard error of a median is that of the mean times this, of normal values. */
#define MEDIAN_ERROR 1.2533

struct session {
	const struct cell_sample *first;
	double median, error; /* of the log figure */
};

/* The sessions of one setting. */
struct group {
	size_t nr;
	struct session *list;
};

static void group_done(struct group *group)
{
	free(group->list);
	*group = (struct group){ 0 };
}

static bool same_session(const struct cell_sample *a, const struct cell_sample *b)
{
	return a->trial->file == b->trial->file && a->trial->seed == b->trial->seed;
}

bool sessions_are_apart(const struct cell *cell, const struct cell *base)
{
	for (size_t i = 0; i < cell->nr; i++) {
		if (i && same_session(&cell->sample[i], &cell->sample[i - 1]))
			continue;
		for (size_t j = 0; j < base->nr; j++) {
			if (same_session(&cell->sample[i], &base->sample[j]))
				return false;
		}
	}
	return true;
}

/* Sessions by their first trial; those without a known value are none. */
static int group_find(const struct cell *cell, struct group *ret)
{
	ret->list = calloc(cell->nr + 1, sizeof(*ret->list));
	if (!ret->list)
		return -ENOMEM;
	for (size_t i = 0; i < cell->nr; i++) {
		const struct cell_sample *sample = &cell->sample[i];
		size_t at = 0;

		if (!sample->value || isnan(sample->value->value))
			continue;
		while (at < ret->nr && !same_session(ret->list[at].first, sample))
			at++;
		if (at == ret->nr)
			ret->list[ret->nr++].first = sample;
	}
	return 0;
}

/* Room for one session's samples and units. */
struct room {
	struct cell_sample *sample;
	double *unit, *scratch;
};

static void room_done(struct room *room)
{
	free(room->sample);
	free(room->unit);
	free(room->scratch);
}

static void session_sum_up(const struct cell *cell, struct room *room, struct session *session)
{
	struct cell own = { .sample = room->sample };
	size_t nr;

	for (size_t i = 0; i < cell->nr; i++) {
		if (same_session(session->first, &cell->sample[i]))
			room->sample[own.nr++] = cell->sample[i];
	}
	nr = pairs_side(&own, pairs_by_boot(&own), room->scratch, room->unit);
	session->error = nr > 1 ? MEDIAN_ERROR * stats_deviation(room->unit, nr) / sqrt((double)nr)
	                        : 0;
	stats_sort(room->unit, nr);
	session->median = stats_median(room->unit, nr);
}

static int group_make(const struct cell *cell, struct group *ret)
{
	CLEANUP(room_done)
	struct room room = { .sample = calloc(cell->nr + 1, sizeof(*room.sample)),
		             .unit = calloc(cell->nr + 1, sizeof(double)),
		             .scratch = calloc(cell->nr + 1, sizeof(double)) };

	if (!room.sample || !room.unit || !room.scratch || group_find(cell, ret))
		return -ENOMEM;
	for (size_t i = 0; i < ret->nr; i++)
		session_sum_up(cell, &room, &ret->list[i]);
	return 0;
}

static double mean_of(const struct group *group)
{
	double sum = 0;

	for (size_t i = 0; i < group->nr; i++)
		sum += group->list[i].median / (double)group->nr;
	return sum;
}

/* Of the median of one session, on average. */
static double mean_square_error(const struct group *group)
{
	double sum = 0;

	for (size_t i = 0; i < group->nr; i++)
		sum += group->list[i].error * group->list[i].error / (double)group->nr;
	return sum;
}

static double squares_of(const struct group *group)
{
	double mean = mean_of(group), sum = 0;

	for (size_t i = 0; i < group->nr; i++)
		sum += (group->list[i].median - mean) * (group->list[i].median - mean);
	return sum;
}

/* All that a comparison of sessions is made from. */
struct meeting {
	struct group new, old, same;
};

static void meeting_done(struct meeting *meeting)
{
	group_done(&meeting->new);
	group_done(&meeting->old);
	group_done(&meeting->same);
}

static size_t freedom_of(const struct meeting *meeting)
{
	const struct group *groups[] = { &meeting->new, &meeting->old, &meeting->same };
	size_t freedom = 0;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		freedom += groups[i]->nr ? groups[i]->nr - 1 : 0;
	return freedom;
}

/* The variance of one session's median: pooled, and at least what its own trials make it. */
static double variance_of(const struct meeting *meeting, size_t freedom)
{
	double between = (squares_of(&meeting->new) + squares_of(&meeting->old) +
	                  squares_of(&meeting->same)) /
	                 (double)freedom;
	double within = (mean_square_error(&meeting->new) + mean_square_error(&meeting->old)) / 2;

	return fmax(between, within);
}

static double shares(const struct meeting *meeting)
{
	return 1 / (double)meeting->new.nr + 1 / (double)meeting->old.nr;
}

static void set_interval(double middle, double half, struct evidence *ret)
{
	ret->ci[0] = exp(middle - half);
	ret->ci[1] = exp(middle + half);
}

static void judge_by_given(const struct meeting *meeting, double spread, double difference,
                           double alpha, struct evidence *ret)
{
	double within = mean_square_error(&meeting->new) / (double)meeting->new.nr +
	                mean_square_error(&meeting->old) / (double)meeting->old.nr;
	double error = hypot(log1p(spread) * sqrt(shares(meeting)), sqrt(within));
	double freedom = 1e9; /* normal */

	ret->test = "z, with the spread between sessions given";
	ret->p = student_p(difference / error, freedom);
	ret->mde = expm1(stats_detectable(error, 1000000));
	set_interval(difference, student_t(alpha, freedom) * error, ret);
}

static void judge_by_spread(const struct meeting *meeting, double difference, double alpha,
                            struct evidence *ret)
{
	size_t freedom = freedom_of(meeting);
	double error;

	if (!freedom) {
		ret->why_open =
		        "one session on each side; the spread between sessions is not known";
		return;
	}
	error = sqrt(variance_of(meeting, freedom) * shares(meeting));
	ret->test = "t of sessions";
	ret->mde = expm1(stats_detectable(error, freedom));
	set_interval(difference, student_t(alpha, (double)freedom) * error, ret);
	ret->p = error > 0 ? student_p(difference / error, (double)freedom) : NAN;
	if (freedom < SESSIONS_FREEDOM_MIN)
		ret->why_open = "too few sessions: a verdict takes three on each side, or more "
		                "sessions of one setting to learn their spread from";
}

int sessions_judge(const struct cell *cell, const struct cell *base, const struct cell *same,
                   double spread, double alpha, struct evidence *ret)
{
	CLEANUP(meeting_done) struct meeting meeting = { 0 };
	double difference;

	if (group_make(cell, &meeting.new) || group_make(base, &meeting.old) ||
	    (same && group_make(same, &meeting.same)))
		return -ENOMEM;
	ret->by_session = true;
	ret->paired = false;
	ret->units = meeting.new.nr < meeting.old.nr ? meeting.new.nr : meeting.old.nr;
	ret->pairs = 0;
	if (!ret->units)
		return 0;
	difference = mean_of(&meeting.new) - mean_of(&meeting.old);
	ret->ratio = exp(difference);
	ret->ci[0] = ret->ci[1] = ret->p = ret->least = ret->mde = ret->boot_sd = ret->lag1 = NAN;
	ret->test = NULL;
	if (spread > 0)
		judge_by_given(&meeting, spread, difference, alpha, ret);
	else
		judge_by_spread(&meeting, difference, alpha, ret);
	return 0;
}

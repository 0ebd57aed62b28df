/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict.c - corrects, decides, and holds every difference against the control's. */
#include "verdict.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "holm.h"
#include "judge.h"
#include "scale.h"
#include "signed_rank.h"

#define CONTROL_ALPHA 0.01 /* a clean machine is doubted in one of a hundred sweeps */
#define TARGET        0.05 /* the difference that "so many would settle it" speaks of */
#define LAG1_SAID     0.3  /* a correlation of neighbouring rounds that is worth a remark */
#define TOO_NOISY     0.5  /* of the minimum detectable effect, or of what a control may hide */

static const char *const names[] = {
	[VERDICT_NONE] = "n/a",
	[VERDICT_BETTER] = "better",
	[VERDICT_WORSE] = "worse",
	[VERDICT_UNRESOLVED] = "inconclusive",
};

const char *verdict_name(enum verdict verdict)
{
	return names[verdict];
}

double verdict_control_alpha(size_t nr_primary)
{
	return CONTROL_ALPHA / (double)(nr_primary ? nr_primary : 1);
}

bool verdict_excludes_one(const struct comparison *c)
{
	return c->ci[0] > 1 || c->ci[1] < 1; /* false for NaN */
}

bool verdict_is_95(const struct comparison *c)
{
	return fabs(c->level - 0.95) < 1e-9; /* false for NaN */
}

const char *verdict_unbounded(const struct comparison *c)
{
	return isinf(c->ci[1]) ? "the baseline has values of 0: there is no upper limit" : NULL;
}

const char *verdict_unit(const struct comparison *c, size_t nr)
{
	if (c->by_session)
		return nr == 1 ? "session" : "sessions";
	if (c->by_boot)
		return nr == 1 ? "boot" : "boots";
	if (c->paired)
		return nr == 1 ? "pair" : "pairs";
	return nr == 1 ? "trial" : "trials";
}

/* May there be a verdict at all?  The reason is left in the row where not. */
static bool is_candidate(const struct results *results, struct comparison *c)
{
	if (c->is_baseline)
		c->why_verdict = "it is the baseline";
	else if (c->why_ratio)
		c->why_verdict = c->why_ratio;
	else if (!c->why_verdict && results->figure[c->figure].better == RESULT_NONE)
		c->why_verdict = "neither more nor less of it is better";
	return !c->why_verdict;
}

/* Not even the smallest p that the design can give would pass: what would. */
static void say_too_few(struct comparison *c, size_t members, size_t looks)
{
	size_t needed = c->paired ? judge_units_needed(members * looks) : JUDGE_SIDE_MIN;

	c->needed = needed;
	if (members > 1 && c->paired)
		snprintf(c->why_room, sizeof(c->why_room), "%zu %s; %zu are needed for %zu arms",
		         c->units, verdict_unit(c, c->units), needed, members);
	else
		snprintf(c->why_room, sizeof(c->why_room), "%zu %s%s; %zu are needed", c->units,
		         verdict_unit(c, c->units), c->paired ? "" : " on the smaller side",
		         needed);
	c->why_verdict = c->why_room;
}

static bool has_too_few(const struct comparison *c, size_t members, size_t looks)
{
	if (c->by_session)
		return false;
	return c->paired
	               ? c->units < judge_units_needed(members * looks)
	               : c->units < JUDGE_SIDE_MIN || !(c->least * (double)members <= JUDGE_ALPHA);
}

static void decide(const struct results *results, struct comparison *c, size_t members)
{
	bool is_more = c->ci[0] > 1,
	     wants_more = results->figure[c->figure].better == RESULT_HIGHER;
	size_t looks = results->planned_looks > 1 ? (size_t)results->planned_looks : 1;

	c->verdict = VERDICT_UNRESOLVED;
	if (c->why_open)
		c->why_verdict = c->why_open;
	else if (has_too_few(c, members, looks))
		say_too_few(c, members, looks);
	else if (isnan(c->ci[0]))
		c->why_verdict = "there is no interval for it";
	else if (c->p_holm <= JUDGE_ALPHA && verdict_excludes_one(c))
		c->verdict = is_more == wants_more ? VERDICT_BETTER : VERDICT_WORSE;
}

static void holm_free(struct holm **list)
{
	free(*list);
	*list = NULL;
}

/* The arms of one workload and figure.  A control is no arm that anybody asks about: it stands for itself. */
static int judge_family(const struct results *results, struct comparison *rows, size_t nr)
{
	CLEANUP(holm_free) struct holm *family = calloc(nr + 1, sizeof(*family));
	size_t members = 0;

	if (!family)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		bool is_member = is_candidate(results, &rows[i]) && !rows[i].is_control;

		family[i].p = is_member ? fmin(1, isnan(rows[i].p) ? 1 : rows[i].p) : NAN;
		members += is_member;
	}
	if (holm_adjust(family, nr))
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		rows[i].p_holm = isnan(family[i].adjusted) || isnan(rows[i].p) ? rows[i].p
		                                                               : family[i].adjusted;
		if (!isnan(family[i].adjusted))
			decide(results, &rows[i], members);
	}
	return 0;
}

enum control_state verdict_control_state(const struct comparison *c)
{
	if (!c->is_control || !c->primary || c->why_ratio || !c->units)
		return CONTROL_NONE;
	if (isnan(c->ci[0]) || !(c->least <= 1 - c->level))
		return CONTROL_TOO_FEW;
	if (c->p <= 1 - c->level && verdict_excludes_one(c))
		return CONTROL_DIFFERENT;
	return verdict_control_reach(c) - 1 > TOO_NOISY ? CONTROL_NOISY : CONTROL_SAME;
}

double verdict_control_reach(const struct comparison *c)
{
	return fmax(c->ci[1], 1 / c->ci[0]);
}

static void format_share(double share, char *buf, size_t size)
{
	if (isinf(share))
		snprintf(buf, size, "any factor");
	else if (share >= 1)
		scale_format_change(1 + share, buf, size);
	else
		snprintf(buf, size, "%.*f %%",
		         share < 0.001 ? 3
		         : share < 0.1 ? 1
		                       : 0,
		         share * 100);
}

void verdict_control_words(const struct comparison *c, char *buf, size_t size)
{
	char share[32];
	size_t needed = JUDGE_SIDE_MIN;

	format_share(verdict_control_reach(c) - 1, share, sizeof(share));
	switch (verdict_control_state(c)) {
	case CONTROL_DIFFERENT:
		snprintf(buf, size, "A/A differs by up to %s", share);
		break;
	case CONTROL_SAME:
		snprintf(buf, size, "A/A within %s", share);
		break;
	case CONTROL_NOISY:
		snprintf(buf, size, "A/A too noisy to judge (up to %s)", share);
		break;
	case CONTROL_TOO_FEW:
		while (c->paired && signed_rank_least(needed) > 1 - c->level)
			needed++;
		snprintf(buf, size, "A/A cannot be judged (%zu %s; %zu are needed)", c->units,
		         verdict_unit(c, c->units), needed);
		break;
	default:
		snprintf(buf, size, "no A/A control");
	}
}

const struct comparison *verdict_control(const struct comparisons *comparisons, int workload)
{
	const struct comparison *found = NULL;

	for (size_t i = 0; i < comparisons->nr; i++) {
		const struct comparison *c = &comparisons->list[i];

		if (c->workload == workload && verdict_control_state(c) == CONTROL_DIFFERENT &&
		    (!found || verdict_control_reach(c) > verdict_control_reach(found)))
			found = c;
	}
	return found;
}

/* Where the control differs, only what lies beyond its whole difference is more than order and drift can make. */
static void hold_against(struct comparison *c, double reach)
{
	char share[32];

	format_share(reach - 1, share, sizeof(share));
	if (c->ci[0] > reach || c->ci[1] < 1 / reach) {
		c->beyond_control = reach - 1;
		return;
	}
	c->verdict = VERDICT_UNRESOLVED;
	snprintf(c->why_room, sizeof(c->why_room), "the A/A control differs by up to %s", share);
	c->why_verdict = c->why_room;
}

static void hold_all_against(struct comparisons *comparisons, int workload)
{
	const struct comparison *control = verdict_control(comparisons, workload);
	double reach = control ? verdict_control_reach(control) : 1;

	for (size_t i = 0; control && i < comparisons->nr; i++) {
		struct comparison *c = &comparisons->list[i];

		if (c->workload == workload && !c->is_control &&
		    (c->verdict == VERDICT_BETTER || c->verdict == VERDICT_WORSE))
			hold_against(c, reach);
	}
}

/* A control's own row has the same words as everything else that is said of it. */
static void word_control(struct comparison *c)
{
	if (!c->is_control || c->why_ratio)
		return;
	if (verdict_control_state(c) == CONTROL_NONE) {
		c->why_verdict = "a control is judged by its primary figure only";
		return;
	}
	verdict_control_words(c, c->why_room, sizeof(c->why_room));
	c->why_verdict = c->why_room;
	c->verdict = VERDICT_UNRESOLVED;
}

int verdicts_give(const struct results *results, struct comparisons *comparisons)
{
	size_t from = 0;

	for (size_t i = 1; i <= comparisons->nr; i++) {
		const struct comparison *first = &comparisons->list[from];

		if (i < comparisons->nr && comparisons->list[i].figure == first->figure &&
		    comparisons->list[i].workload == first->workload)
			continue;
		if (judge_family(results, &comparisons->list[from], i - from))
			return -ENOMEM;
		from = i;
	}
	for (int i = 0; i < comparisons->nr_workloads; i++)
		hold_all_against(comparisons, comparisons->workloads[i]);
	for (size_t i = 0; i < comparisons->nr; i++)
		word_control(&comparisons->list[i]);
	return 0;
}

/* What would settle it, where the spread of the units says so. */
static void say_what_settles(const struct comparison *c, char *buf, size_t size)
{
	size_t nr = judge_units_to_find(TARGET, c->mde, c->units);

	buf[0] = '\0';
	if (isnan(c->mde) || c->mde <= TARGET)
		return;
	if (!nr || c->mde > TOO_NOISY)
		snprintf(buf, size, "too noisy, a difference of 5 %% takes %s%zu %s",
		         nr ? "about " : "more than ", nr ? nr : (size_t)100000,
		         verdict_unit(c, 2));
	else if (nr > c->units)
		snprintf(buf, size, "%zu %s more would settle a difference of 5 %%", nr - c->units,
		         verdict_unit(c, nr - c->units));
}

void verdict_reason(const struct comparison *c, char *buf, size_t size)
{
	char share[32];

	if (c->beyond_control > 0) {
		format_share(c->beyond_control, share, sizeof(share));
		snprintf(buf, size, "beyond the A/A difference of %s", share);
	} else if (c->verdict == VERDICT_UNRESOLVED && !c->why_verdict) {
		say_what_settles(c, buf, size);
	} else {
		snprintf(buf, size, "%s", c->why_verdict ? c->why_verdict : "");
	}
}

void verdict_words(const struct comparison *c, char *buf, size_t size)
{
	char reason[160];

	verdict_reason(c, reason, sizeof(reason));
	if (c->is_control && c->verdict == VERDICT_UNRESOLVED)
		snprintf(buf, size, "%s", reason);
	else
		snprintf(buf, size, "%s%s%s", names[c->verdict],
		         !reason[0]              ? ""
		         : c->beyond_control > 0 ? ", "
		                                 : ": ",
		         reason);
}

void verdict_remarks(const struct comparison *c, bool by_looks, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	if (c->spread_given)
		used += (size_t)snprintf(buf, size,
		                         "the spread between sessions was given, not measured");
	if (by_looks && c->lag1 > LAG1_SAID)
		used += (size_t)snprintf(buf + used, size - used,
		                         "%srounds resemble their neighbours (lag-1 correlation "
		                         "%.1f): the interval may be too narrow",
		                         used ? "; " : "", c->lag1);
	if (!isnan(c->boot_sd))
		snprintf(buf + used, size - used,
		         "%sthe effect differs from boot to boot (SD %.*f %%)", used ? "; " : "",
		         c->boot_sd < 0.1 ? 1 : 0, c->boot_sd * 100);
}

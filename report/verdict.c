/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict.c - chooses the test, corrects, decides, and lets the controls speak. */
#include "verdict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "cleanup.h"
#include "holm.h"

static const char *const names[] = {
	[VERDICT_NONE] = "n/a",
	[VERDICT_BETTER] = "better",
	[VERDICT_WORSE] = "worse",
	[VERDICT_UNRESOLVED] = "no difference resolved",
};

const char *verdict_name(enum verdict verdict)
{
	return names[verdict];
}

bool verdict_excludes_one(const struct comparison *c)
{
	return c->ci[0] > 1 || c->ci[1] < 1; /* false for NaN */
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
	else if (!c->why_verdict && isnan(c->ci[0]))
		c->why_verdict = "there is no interval for it";
	return !c->why_verdict;
}

/*
 * Pairs say more than two heaps of values.  But six pairs can give no p below 1/32, which the correction for a second
 * arm lifts above 5 % whatever was measured; six values a side can give 1/462.  The choice looks at the design only.
 */
static void choose_test(struct comparison *c, size_t family)
{
	bool is_signed = c->paired && !isnan(c->p_signed) &&
	                 c->least_signed * (double)family <= VERDICT_ALPHA;

	c->p = is_signed ? c->p_signed : c->p_sum;
	c->test = is_signed ? "Wilcoxon signed-rank" : "Mann-Whitney";
}

static enum verdict decide(const struct results *results, const struct comparison *c)
{
	bool is_more = c->ci[0] > 1,
	     wants_more = results->figure[c->figure].better == RESULT_HIGHER;

	if (!(c->p_holm <= VERDICT_ALPHA) || !verdict_excludes_one(c))
		return VERDICT_UNRESOLVED;
	return is_more == wants_more ? VERDICT_BETTER : VERDICT_WORSE;
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
		family[i].p = is_candidate(results, &rows[i]) ? 1 : NAN;
		members += !isnan(family[i].p) && !rows[i].is_control;
	}
	for (size_t i = 0; i < nr; i++) {
		if (isnan(family[i].p))
			continue;
		choose_test(&rows[i], rows[i].is_control ? 1 : members);
		family[i].p = rows[i].is_control ? NAN : rows[i].p;
		rows[i].p_holm = rows[i].p;
		rows[i].verdict = VERDICT_UNRESOLVED;
	}
	if (holm_adjust(family, nr))
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		if (!isnan(family[i].adjusted))
			rows[i].p_holm = family[i].adjusted;
		if (rows[i].verdict == VERDICT_UNRESOLVED)
			rows[i].verdict = decide(results, &rows[i]);
	}
	return 0;
}

/* So few pairs that nothing is below the level: then the clearest that they can say. */
static bool control_differs(const struct comparison *c)
{
	double least = c->test && c->test[0] == 'W' ? c->least_signed : c->least_sum;

	return c->is_control && c->primary && c->verdict != VERDICT_NONE &&
	       verdict_excludes_one(c) && c->p <= fmax(CONTROL_ALPHA, least) * (1 + 1e-9);
}

const struct comparison *verdict_control(const struct comparisons *comparisons, int workload)
{
	for (size_t i = 0; i < comparisons->nr; i++) {
		const struct comparison *c = &comparisons->list[i];

		if (c->workload == workload && control_differs(c))
			return c;
	}
	return NULL;
}

static void lower(struct comparisons *comparisons, int workload)
{
	for (size_t i = 0; i < comparisons->nr; i++) {
		struct comparison *c = &comparisons->list[i];

		if (c->workload != workload || c->is_control ||
		    (c->verdict != VERDICT_BETTER && c->verdict != VERDICT_WORSE))
			continue;
		c->verdict = VERDICT_UNRESOLVED;
		c->why_verdict = "A/A differs: order or drift problem";
	}
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
	for (int i = 0; i < comparisons->nr_workloads; i++) {
		if (verdict_control(comparisons, comparisons->workloads[i]))
			lower(comparisons, comparisons->workloads[i]);
	}
	return 0;
}

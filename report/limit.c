/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limit.c - a limit's three words, and who is beyond it. */
#include "limit.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "results.h"
#include "scale.h"
#include "text.h"

#define SHARE_MAX 1000 /* percent */

static int not_a_limit(const char *text, struct err *err)
{
	char safe[128];

	text_escape(text, strlen(text), safe, sizeof(safe));
	return err_set(err, EINVAL,
	               "'%s' is no limit: write FIGURE worse PERCENT%%, as in "
	               "'wakeup_p99_ns worse 10%%'",
	               safe);
}

/* Digits, perhaps a point and digits, a percent sign and the end. */
static bool share_parse(const char *text, double *ret)
{
	size_t whole = strspn(text, "0123456789"), part = 0;

	if (text[whole] == '.')
		part = strspn(text + whole + 1, "0123456789") + 1;
	if (!whole || whole > 4 || part == 1 || part > 7 || strcmp(text + whole + part, "%") != 0)
		return false;
	*ret = strtod(text, NULL) / 100;
	return *ret <= SHARE_MAX / 100.0;
}

/* A figure's name is one word of one line: the limit is printed in scripts and messages. */
static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	}
	return false;
}

int limit_parse(const char *text, struct limit *ret, struct err *err)
{
	char copy[160], *words[4];
	struct limit limit = { 0 };
	int nr;

	if (has_control(text) || text_copy(copy, sizeof(copy), text))
		return not_a_limit(text, err);
	nr = text_split(copy, ' ', words, 4);
	if (nr != 3 || strcmp(words[1], "worse") != 0 || !words[0][0] ||
	    text_copy(limit.figure, sizeof(limit.figure), words[0]) ||
	    !share_parse(words[2], &limit.share))
		return not_a_limit(text, err);
	*ret = limit;
	return 0;
}

int limit_fits(const struct limit *limit, const struct results *results, struct err *err)
{
	int figure = names_find(&results->figures, limit->figure, strlen(limit->figure));
	char safe[128];

	text_escape(limit->figure, strlen(limit->figure), safe, sizeof(safe));
	if (figure < 0)
		return err_set(err, EINVAL, "fail-if: there is no figure %s in these results",
		               safe);
	if (results->figure[figure].better == RESULT_NONE)
		return err_set(err, EINVAL, "fail-if: neither more nor less of %s is better", safe);
	return 0;
}

/* By how much a row is worse, as a share of the baseline; 0 where that is not resolved. */
static double worse_by(const struct comparison *c)
{
	return c->verdict == VERDICT_WORSE ? fabs(c->ratio - 1) : 0;
}

/* The arm of a later file against itself in the first. */
static bool is_twin(const struct results *results, const struct comparison *c)
{
	return c->arm != c->base && results->twin_of[c->arm] == c->base;
}

/* With an old and a new file the question is what changed between them, not what was worse than what in the old one. */
static bool has_twins(const struct results *results, const struct comparisons *comparisons)
{
	for (size_t i = 0; i < comparisons->nr; i++) {
		if (is_twin(results, &comparisons->list[i]))
			return true;
	}
	return false;
}

/* Rows of the figure that the limit is about. */
static bool is_meant(const struct results *results, const struct comparison *c, int figure,
                     bool twins_only)
{
	return c->figure == figure && !c->is_control && (!twins_only || is_twin(results, c));
}

static bool has_values(const struct comparison *c)
{
	return !c->is_baseline && c->n && !isnan(c->baseline_median);
}

/* Which knob gives the units that a verdict takes; "" where none does: the sweep planned as many, and its trials failed or
 * were cut. */
static void what_helps(const struct results *results, const struct comparison *c, char *buf,
                       size_t size)
{
	size_t repeats = results->planned_repeats ? (size_t)results->planned_repeats : c->trials;
	bool more_repeats = repeats < c->needed;
	bool more_boots = c->by_boot && (size_t)results->planned_boots < c->needed;
	char both[64];

	buf[0] = '\0';
	if (!more_repeats && !more_boots)
		return;
	snprintf(both, sizeof(both),
	         more_boots && more_repeats ? "--boots %zu --repeat %zu"
	         : more_boots               ? "--boots %zu"
	                                    : "--repeat %zu",
	         c->needed, c->needed);
	snprintf(buf, size, " (%s)", both);
}

/* Not judged: no verdict, or one that the A/A control took away.  What is usually 0 on both sides is not worse, though
 * it has no ratio. */
static bool is_open(const struct comparison *c)
{
	bool both_zero = c->baseline_median == 0 && c->median == 0;

	return has_values(c) && c->why_verdict && !both_zero;
}

static int say_open(const struct limit *limit, const struct results *results,
                    const struct comparison *c, struct err *err)
{
	char arm[100], base[100], why[160], helps[80];

	text_escape(names_at(&results->arms, c->arm), strlen(names_at(&results->arms, c->arm)), arm,
	            sizeof(arm));
	text_escape(names_at(&results->arms, c->base), strlen(names_at(&results->arms, c->base)),
	            base, sizeof(base));
	text_escape(c->why_verdict, strlen(c->why_verdict), why, sizeof(why));
	what_helps(results, c, helps, sizeof(helps));
	return err_set(err, ENODATA,
	               "fail-if: %s of %s against %s has no verdict, so the limit says nothing: "
	               "%s%s",
	               limit->figure, arm, base, why, helps);
}

/* A limit on what nobody measured, or what nothing can be said of, would hold for ever: -ENODATA. */
static int find_verdicts(const struct limit *limit, const struct results *results,
                         const struct comparisons *comparisons, bool twins_only, struct err *err)
{
	int figure = names_find(&results->figures, limit->figure, strlen(limit->figure));
	const char *why = NULL;
	bool any = false, judged = false;
	char safe[120];

	for (size_t i = 0; i < comparisons->nr; i++) {
		const struct comparison *c = &comparisons->list[i];

		if (c->figure != figure)
			continue;
		any |= c->n > 0;
		if (c->why && (!why || !c->is_baseline))
			why = c->why; /* of an arm rather than of the baseline, which may have no VM */
		if (!is_meant(results, c, figure, twins_only))
			continue;
		if (is_open(c))
			return say_open(limit, results, c, err);
		judged |= has_values(c);
	}
	if (judged)
		return 0;
	if (any && comparisons->nr_arms < 2)
		return err_set(
		        err, ENODATA,
		        "fail-if: there is one arm only, so the limit on %s says nothing: name an "
		        "older file before it, or sweep over arms",
		        limit->figure);
	text_escape(why ? why : "", why ? strlen(why) : 0, safe, sizeof(safe));
	return err_set(err, ENODATA, "fail-if: %s has no value %s, so the limit says nothing%s%s",
	               limit->figure,
	               any ? "in an arm and in what it is compared with" : "in any arm",
	               safe[0] ? ": " : "", safe);
}

int limit_check(const struct limit *limit, const struct results *results,
                const struct comparisons *comparisons, struct err *err)
{
	int figure = names_find(&results->figures, limit->figure, strlen(limit->figure));
	const struct comparison *worst = NULL;
	const bool twins_only = has_twins(results, comparisons);
	char change[32], interval[64], arm[256], base[256];

	for (size_t i = 0; i < comparisons->nr; i++) {
		const struct comparison *c = &comparisons->list[i];

		/* a 10 % that was computed as 9.999999999 % is 10 % */
		if (!is_meant(results, c, figure, twins_only) ||
		    worse_by(c) < limit->share * (1 - 1e-9) || worse_by(c) == 0)
			continue;
		worst = !worst || worse_by(c) > worse_by(worst) ? c : worst;
	}
	if (!worst)
		return find_verdicts(limit, results, comparisons, twins_only, err);
	scale_format_change(worst->ratio, change, sizeof(change));
	scale_format_interval(worst->ci, interval, sizeof(interval));
	text_escape(names_at(&results->arms, worst->arm),
	            strlen(names_at(&results->arms, worst->arm)), arm, 120);
	text_escape(names_at(&results->arms, worst->base),
	            strlen(names_at(&results->arms, worst->base)), base, 120);
	return err_set(err, ERANGE,
	               "fail-if: %s of %s is worse than that of %s: %s, 95 %% %s; the "
	               "limit is %g %%",
	               limit->figure, arm, base, change, interval, limit->share * 100);
}

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
	return err_set(
	        err, EINVAL,
	        "'%s' is no limit: write FIGURE worse PERCENT%%, FIGURE > VALUE or FIGURE < VALUE, "
	        "as in 'wakeup_p99_ns worse 10%%' or 'wakeup_max_ns > 100us'",
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

/* What the suffix multiplies by to get the figure's own unit; NAN: they do not go together. */
static double factor_of(const char *suffix, const char *unit)
{
	static const struct {
		const char *suffix;
		double seconds;
	} times[] = { { "ns", 1e-9 }, { "us", 1e-6 }, { "ms", 1e-3 }, { "s", 1 } };
	static const struct {
		const char *suffix;
		double factor;
	} counts[] = { { "", 1 }, { "k", 1e3 }, { "M", 1e6 }, { "G", 1e9 } };
	bool is_ns = !strcmp(unit, "ns"), is_time = is_ns || !strcmp(unit, "s");

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		if (is_time && !strcmp(suffix, times[i].suffix))
			return times[i].seconds * (is_ns ? 1e9 : 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (!strcmp(suffix, counts[i].suffix))
			return is_time && suffix[0] ? NAN : counts[i].factor;
	}
	return !strcmp(suffix, "%") && !strcmp(unit, "%") ? 1 : NAN;
}

/* "100us", "1.5", "20k" */
static bool value_parse(const char *text, struct limit *ret)
{
	size_t len = strspn(text, "0123456789.");
	char *end;

	if (!len || len > 20 || text[0] == '.' ||
	    text_copy(ret->unit, sizeof(ret->unit), text + len))
		return false;
	ret->number = strtod(text, &end);
	return end == text + len && (!ret->unit[0] || !isnan(factor_of(ret->unit, "s")) ||
	                             !isnan(factor_of(ret->unit, "%")));
}

int limit_parse(const char *text, struct limit *ret, struct err *err)
{
	char copy[160], *words[4];
	struct limit limit = { 0 };
	bool is_valid;

	if (has_control(text) || text_copy(copy, sizeof(copy), text))
		return not_a_limit(text, err);
	text_copy(limit.text, sizeof(limit.text), text);
	if (text_split(copy, ' ', words, 4) != 3 || !words[0][0] ||
	    text_copy(limit.figure, sizeof(limit.figure), words[0]))
		return not_a_limit(text, err);
	limit.kind = words[1][0] == '>'   ? LIMIT_ABOVE
	             : words[1][0] == '<' ? LIMIT_BELOW
	                                  : LIMIT_WORSE;
	if (limit.kind == LIMIT_WORSE)
		is_valid = !strcmp(words[1], "worse") && share_parse(words[2], &limit.number);
	else
		is_valid = !words[1][1] && value_parse(words[2], &limit);
	if (!is_valid)
		return not_a_limit(text, err);
	*ret = limit;
	return 0;
}

static int figure_of(const struct limit *limit, const struct results *results)
{
	return names_find(&results->figures, limit->figure, strlen(limit->figure));
}

int limit_fits(const struct limit *limit, const struct results *results, struct err *err)
{
	int figure = figure_of(limit, results);
	char safe[128];

	text_escape(limit->figure, strlen(limit->figure), safe, sizeof(safe));
	if (figure < 0)
		return err_set(err, EINVAL, "fail-if: there is no figure %s in these results",
		               safe);
	if (limit->kind == LIMIT_WORSE && results->figure[figure].better == RESULT_NONE)
		return err_set(err, EINVAL, "fail-if: neither more nor less of %s is better", safe);
	if (limit->kind != LIMIT_WORSE &&
	    isnan(factor_of(limit->unit, results->figure[figure].unit)))
		return err_set(err, EINVAL, "fail-if: %s is in %s, and '%s' is not a unit of that",
		               safe, results->figure[figure].unit, limit->unit);
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

static void name_of(const struct results *results, int arm, char *buf, size_t size)
{
	const char *name = names_at(&results->arms, arm);

	text_escape(name, strlen(name), buf, size);
}

static enum limit_word row_worse(const struct limit *limit, const struct results *results,
                                 const struct comparison *c, char *words, size_t size)
{
	char change[32], interval[64] = "", base[100], why[160], helps[80];

	name_of(results, c->base, base, sizeof(base));
	if (is_open(c)) {
		text_escape(c->why_verdict, strlen(c->why_verdict), why, sizeof(why));
		what_helps(results, c, helps, sizeof(helps));
		snprintf(words, size, "against %s has no verdict, so the limit says nothing: %s%s",
		         base, why, helps);
		return LIMIT_UNKNOWN;
	}
	/* a 10 % that was computed as 9.999999999 % is 10 % */
	if (worse_by(c) == 0 || worse_by(c) < limit->number * (1 - 1e-9))
		return has_values(c) ? LIMIT_KEPT : LIMIT_NOT_MEANT;
	scale_format_change(c->ratio, change, sizeof(change));
	scale_format_interval(c->ci, interval, sizeof(interval));
	snprintf(words, size, "is worse than that of %s: %s, %g %% %s; the limit is %g %%", base,
	         change, c->level * 100, interval, limit->number * 100);
	return LIMIT_BROKEN;
}

static enum limit_word row_beyond(const struct limit *limit, const struct results *results,
                                  const struct comparison *c, char *words, size_t size)
{
	const char *unit = results->figure[c->figure].unit;
	bool is_extreme = strstr(limit->figure, "_max") != NULL;
	double limit_value = limit->number * factor_of(limit->unit, unit);
	double value = !is_extreme ? c->median : limit->kind == LIMIT_ABOVE ? c->max : c->min;
	char shown[48], bound[48];

	if (c->why) {
		text_escape(c->why, strlen(c->why), words, size);
		return LIMIT_UNKNOWN;
	}
	if (limit->kind == LIMIT_ABOVE ? !(value > limit_value) : !(value < limit_value))
		return LIMIT_KEPT;
	scale_format_value(unit, value, shown, sizeof(shown));
	scale_format_value(unit, limit_value, bound, sizeof(bound));
	snprintf(words, size, "is %s (%s); the limit is %s", shown,
	         is_extreme ? "the largest trial" : "median of the trials", bound);
	return LIMIT_BROKEN;
}

enum limit_word limit_row(const struct limit *limit, const struct results *results,
                          const struct comparisons *comparisons, const struct comparison *row,
                          char *words, size_t size)
{
	int figure = figure_of(limit, results);

	words[0] = '\0';
	if (limit->kind != LIMIT_WORSE)
		return row->figure == figure && !row->is_control
		               ? row_beyond(limit, results, row, words, size)
		               : LIMIT_NOT_MEANT;
	if (!is_meant(results, row, figure,
	              has_twins(results, comparisons) || results->nr_copies) ||
	    row->is_baseline)
		return LIMIT_NOT_MEANT;
	return row_worse(limit, results, row, words, size);
}

/* "FIGURE of ARM WORDS", as many as there is room for. */
static void add_sentence(const struct limit *limit, const struct results *results,
                         const struct comparison *row, const char *words, struct err *err)
{
	size_t used = strlen(err->text);
	char arm[100];

	name_of(results, row->arm, arm, sizeof(arm));
	if (used + strlen(limit->figure) + strlen(arm) + strlen(words) + 40 < sizeof(err->text))
		snprintf(err->text + used, sizeof(err->text) - used, "%s%s of %s %s",
		         used ? "; " : "fail-if: ", limit->figure, arm, words);
	else if (used && !strstr(err->text, "; and more"))
		snprintf(err->text + used, sizeof(err->text) - used, "; and more");
}

struct tally {
	int kept, broken, unknown;
};

static struct tally count(const struct limit *limit, const struct results *results,
                          const struct comparisons *comparisons, struct err *broken,
                          struct err *unknown)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < comparisons->nr; i++) {
		const struct comparison *row = &comparisons->list[i];
		char words[320];

		switch (limit_row(limit, results, comparisons, row, words, sizeof(words))) {
		case LIMIT_BROKEN:
			tally.broken++;
			add_sentence(limit, results, row, words, broken);
			break;
		case LIMIT_UNKNOWN:
			/* an arm without a value is left out where another one can be judged */
			if (!row->why)
				add_sentence(limit, results, row, words, unknown);
			tally.unknown += !row->why;
			break;
		case LIMIT_KEPT:
			tally.kept++;
			break;
		case LIMIT_NOT_MEANT:
			break;
		}
	}
	return tally;
}

/* No row says anything: a limit on what nobody measured would hold for ever. */
static int say_nothing(const struct limit *limit, const struct results *results,
                       const struct comparisons *comparisons, struct err *err)
{
	int figure = figure_of(limit, results);
	const char *why = NULL;
	bool any = false;
	char safe[120];

	for (size_t i = 0; i < comparisons->nr; i++) {
		const struct comparison *c = &comparisons->list[i];

		if (c->figure != figure)
			continue;
		any |= c->n > 0;
		if (c->why && (!why || !c->is_baseline))
			why = c->why; /* of an arm rather than of the baseline, which may have no VM */
	}
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

int limits_check(const struct limit *limits, int nr, const struct results *results,
                 const struct comparisons *comparisons, struct err *err)
{
	struct err broken = { 0 }, unknown = { 0 };
	int nr_broken = 0;

	for (int i = 0; i < nr; i++) {
		struct tally tally = count(&limits[i], results, comparisons, &broken, &unknown);

		nr_broken += tally.broken;
		if (!tally.broken && !tally.kept && !tally.unknown && !results->nr_copies &&
		    !unknown.code)
			say_nothing(&limits[i], results, comparisons, &unknown);
	}
	if (nr_broken)
		return err_set(err, ERANGE, "%s", broken.text);
	return unknown.text[0] ? err_set(err, ENODATA, "%s", unknown.text) : 0;
}

static void put_xml(const char *text, FILE *out)
{
	char safe[512];

	text_escape(text, strlen(text), safe, sizeof(safe));
	for (const char *at = safe; *at; at++) {
		switch (*at) {
		case '<':
			fputs("&lt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*at, out);
		}
	}
}

static void put_case(const struct limit *limit, const struct results *results,
                     const struct comparison *row, enum limit_word word, const char *words,
                     FILE *out)
{
	fputs("  <testcase classname=\"", out);
	put_xml(names_at(&results->workloads, row->workload), out);
	fputs("\" name=\"", out);
	put_xml(names_at(&results->arms, row->arm), out);
	fputs(": ", out);
	put_xml(limit->text, out);
	fputs("\">", out);
	if (word != LIMIT_KEPT) {
		fputs(word == LIMIT_BROKEN ? "<failure message=\"" : "<error message=\"", out);
		put_xml(limit->figure, out);
		fputc(' ', out);
		put_xml(words, out);
		fputs("\"/>", out);
	}
	fputs("</testcase>\n", out);
}

void limits_write_junit(const struct limit *limits, int nr, const struct results *results,
                        const struct comparisons *comparisons, FILE *out)
{
	struct err ignored = { 0 };
	struct tally all = { 0 };

	for (int i = 0; i < nr; i++) {
		struct tally one = count(&limits[i], results, comparisons, &ignored, &ignored);

		all.kept += one.kept;
		all.broken += one.broken;
		all.unknown += one.unknown;
	}
	fprintf(out,
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	        "<testsuite name=\"qlaunch\" tests=\"%d\" failures=\"%d\" errors=\"%d\">\n",
	        all.kept + all.broken + all.unknown, all.broken, all.unknown);
	for (int i = 0; i < nr; i++) {
		for (size_t j = 0; j < comparisons->nr; j++) {
			const struct comparison *row = &comparisons->list[j];
			char words[320];
			enum limit_word word = limit_row(&limits[i], results, comparisons, row,
			                                 words, sizeof(words));

			if (word == LIMIT_NOT_MEANT || (word == LIMIT_UNKNOWN && row->why))
				continue;
			put_case(&limits[i], results, row, word, words, out);
		}
	}
	fputs("</testsuite>\n", out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* findings.c - resolved differences with their numbers, then who has none and what would settle it. */
#include "findings.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "scale.h"
#include "text.h"
#include "verdict.h"

struct sentence {
	char *text;
	size_t used, size;
	bool is_cut;
};

/* Whole clauses only: one that does not fit is left out, and that is said. */
static void add(struct sentence *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct sentence *to, const char *format, ...)
{
	char clause[700];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(clause, sizeof(clause), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(clause) || to->used + (size_t)n + 32 > to->size) {
		to->is_cut = true;
		return;
	}
	memcpy(to->text + to->used, clause, (size_t)n + 1);
	to->used += (size_t)n;
}

static bool is_asked(const struct comparison *c, int workload, int figure)
{
	return c->workload == workload && c->figure == figure && c->primary && !c->is_baseline &&
	       !c->is_control && !c->why && !c->why_ratio;
}

static void name_of(const struct results *results, int arm, char *buf, size_t size)
{
	const char *name = names_at(&results->arms, arm);

	text_escape(name, strlen(name), buf, size);
}

static void add_resolved(struct sentence *to, const struct results *results,
                         const struct comparison *c)
{
	const char *figure = names_at(&results->figures, c->figure),
	           *unit = results->figure[c->figure].unit;
	char arm[160], safe[100], from[48], what[48], interval[64], change[48];

	name_of(results, c->arm, arm, sizeof(arm));
	text_escape(figure, strlen(figure), safe, sizeof(safe));
	scale_format_value(unit, c->baseline_median, from, sizeof(from));
	scale_format_value(unit, c->median, what, sizeof(what));
	scale_format_interval(c->ci, interval, sizeof(interval));
	scale_format_change(c->ratio, change, sizeof(change));
	add(to, "%s%s %s %s %s %s (%s -> %s), %g %% %s", to->used ? "; " : "", arm,
	    c->ratio < 1 ? "lowers" : "raises", safe, change[0] == 'x' ? "to" : "by",
	    change + (change[0] == '-' || change[0] == '+'), from, what, c->level * 100, interval);
}

/* The arms without a resolved difference, and the most that any of them says of why. */
static void add_open(struct sentence *to, const struct results *results,
                     const struct comparisons *comparisons, int workload, int figure)
{
	bool any = false;

	for (size_t i = 0; i < comparisons->nr; i++) {
		const struct comparison *c = &comparisons->list[i];
		char arm[160], reason[160];

		if (!is_asked(c, workload, figure) || c->verdict != VERDICT_UNRESOLVED)
			continue;
		name_of(results, c->arm, arm, sizeof(arm));
		verdict_reason(c, reason, sizeof(reason));
		add(to, "%s%s%s%s%s",
		    !any ? (to->used ? "; inconclusive: " : "inconclusive: ") : ", ", arm,
		    reason[0] ? " (" : "", reason, reason[0] ? ")" : "");
		any = true;
	}
}

static int primary_figure(const struct comparisons *comparisons, int workload)
{
	for (size_t i = 0; i < comparisons->nr; i++) {
		if (comparisons->list[i].workload == workload && comparisons->list[i].primary)
			return comparisons->list[i].figure;
	}
	return -1;
}

void findings_sentence(const struct results *results, const struct comparisons *comparisons,
                       int workload, char *buf, size_t size)
{
	struct sentence sentence = { .text = buf, .size = size };
	int figure = primary_figure(comparisons, workload);

	buf[0] = '\0';
	for (size_t i = 0; i < comparisons->nr && figure >= 0; i++) {
		const struct comparison *c = &comparisons->list[i];

		if (is_asked(c, workload, figure) &&
		    (c->verdict == VERDICT_BETTER || c->verdict == VERDICT_WORSE))
			add_resolved(&sentence, results, c);
	}
	add_open(&sentence, results, comparisons, workload, figure);
	if (sentence.used)
		snprintf(buf + sentence.used, size - sentence.used, "%s",
		         sentence.is_cut ? "; and more below." : ".");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.c - picks and ranks the companions of a verdict. */
#include "explain.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "err.h"
#include "figure_table.h"
#include "scale.h"
#include "text.h"
#include "verdict.h"

/* Figures that can say why another one moved, by how their names begin. */
static const char *const causes[] = { "run_delay",  "wakeup_delay", "context_switches",
	                              "migrations", "vm_exit",      "halt_",
	                              "exits_",     "preempt",      "offcpu_" };

/* Of a total and its part of one operation the latter: the total also falls where less work is done. */
static bool is_cause(const struct results *results, const char *name)
{
	const struct figure_match match = figure_table_find(name);
	const char *per_op = match.row && !match.as_per_op ? match.row->per_op : NULL;

	if (strstr(name, "_per_s") || strstr(name, "_per_io"))
		return false; /* another one's figure again, by the second or the request */
	if (per_op && names_find(&results->figures, per_op, strlen(per_op)) >= 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (!strncmp(name, causes[i], strlen(causes[i])))
			return true;
	}
	return false;
}

static bool is_stronger(const struct comparison *a, const struct comparison *b)
{
	if (fabs(a->effect) != fabs(b->effect))
		return fabs(a->effect) > fabs(b->effect);
	return fabs(log(a->ratio)) > fabs(log(b->ratio));
}

size_t explain_find(const struct results *results, const struct comparisons *comparisons,
                    const struct comparison *of, const struct comparison *ret[EXPLAIN_MAX])
{
	size_t nr = 0;

	if (of->verdict != VERDICT_BETTER && of->verdict != VERDICT_WORSE)
		return 0;
	for (size_t i = 0; i < comparisons->nr; i++) {
		const struct comparison *c = &comparisons->list[i];
		size_t at = nr;

		if (c->arm != of->arm || c->workload != of->workload || c->figure == of->figure ||
		    !verdict_excludes_one(c) ||
		    !is_cause(results, names_at(&results->figures, c->figure)))
			continue;
		for (; at && is_stronger(c, ret[at - 1]); at--) {
			if (at < EXPLAIN_MAX)
				ret[at] = ret[at - 1];
		}
		if (at < EXPLAIN_MAX)
			ret[at] = c;
		nr += nr < EXPLAIN_MAX;
	}
	return nr;
}

void explain_format(const struct results *results, const struct comparison *with, char *buf,
                    size_t size)
{
	const char *name = names_at(&results->figures, with->figure),
	           *unit = results->figure[with->figure].unit;
	char safe[100], from[48], to[48], change[32];

	text_escape(name, strlen(name), safe, sizeof(safe));
	scale_format_value(unit, with->baseline_median, from, sizeof(from));
	scale_format_value(unit, with->median, to, sizeof(to));
	scale_format_change(with->ratio, change, sizeof(change));
	snprintf(buf, size, "%s %s -> %s (%s)", safe, from, to, change);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* markdown_reasons.c - a table a kind, a row a name. */
#include "markdown_reasons.h"

#include <math.h>
#include <stdio.h>

#include "compare.h"
#include "markdown.h"
#include "scale.h"
#include "sheet.h"

#define SHOWN_MAX 10

static void put_time(struct sheet *sheet, const char *unit, double value, const char *why)
{
	char text[64] = "";

	if (!isnan(value))
		scale_format_value(unit, value, text, sizeof(text));
	else if (why)
		sheet_reason(sheet, why, text, sizeof(text));
	fprintf(sheet->out, " %s |", text);
}

static void put_cell(const char *text, FILE *out)
{
	fputc(' ', out);
	markdown_text(text, out);
	fputs(" |", out);
}

static void put_numbers(struct sheet *sheet, enum reason_kind kind, const struct reason_sum *sum)
{
	char count[32], share[32];

	scale_format_count(sum->count, count, sizeof(count));
	scale_format_part(sum->share, share, sizeof(share));
	put_cell(count, sheet->out);
	put_cell(share, sheet->out);
	put_time(sheet, "s", sum->seconds, NULL);
	put_time(sheet, "s", sum->mean_s, NULL);
	if (kind == REASON_EXIT) {
		put_time(sheet, "ns", sum->p50_ns, sum->why);
		put_time(sheet, "ns", sum->p99_ns, sum->why);
		put_time(sheet, "ns", sum->max_ns, NULL);
	}
	fputc('\n', sheet->out);
}

static void put_sum(const struct results *results, struct sheet *sheet,
                    const struct reason_group *group, const struct reason_sum *sum)
{
	fputc('|', sheet->out);
	put_cell(names_at(&results->arms, group->arm), sheet->out);
	put_cell(sum->name, sheet->out);
	if (group->kind == REASON_EXIT) {
		put_cell(sum->of[0] ? sum->of : "all", sheet->out);
	} else {
		if (sum->tid)
			fprintf(sheet->out, " %d |", sum->tid);
		else
			fputs(" |", sheet->out);
		put_cell(sum->of, sheet->out);
	}
	put_numbers(sheet, group->kind, sum);
}

static void put_group(const struct results *results, struct sheet *sheet,
                      const struct reason_group *group, bool all)
{
	size_t shown = all || group->nr <= SHOWN_MAX + 1 ? group->nr : SHOWN_MAX;

	for (size_t i = 0; i < shown; i++) {
		const struct reason_sum *sum = &group->sum[i];

		put_sum(results, sheet, group, sum);
		for (size_t j = 0; all && sum->nr_by > 1 && j < sum->nr_by; j++)
			put_sum(results, sheet, group, &sum->by[j]);
	}
	if (shown < group->nr) {
		struct reason_sum rest = reason_sums_rest(group, shown);
		char name[48];

		snprintf(name, sizeof(name), "%zu more (-v)", group->nr - shown);
		rest.name = name;
		put_sum(results, sheet, group, &rest);
	}
}

void markdown_reasons_write(const struct results *results, const struct comparisons *comparisons,
                            int workload, bool all, struct sheet *sheet)
{
	static const char *const heads[] = {
		[REASON_EXIT] =
		        "**exits by reason** (count and time: mean of the trials; p50, p99: the "
		        "median trial's; longest: of all)\n\n"
		        "| arm | reason | vCPU | a trial | share | time | mean | p50 | p99 | longest |\n"
		        "|---|---|---|--:|--:|--:|--:|--:|--:|--:|\n",
		[REASON_PREEMPTOR] =
		        "**who took the CPU** (count and time: mean of the trials)\n\n"
		        "| arm | preemptor | TID | of | a trial | share | time | mean |\n"
		        "|---|---|--:|---|--:|--:|--:|--:|\n",
	};
	bool at_least = false;
	size_t nr;
	const struct reason_group *group = reason_sums_of(&comparisons->reasons, workload, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (!i || group[i].kind != group[i - 1].kind)
			fprintf(sheet->out, "%s%s", i ? "\n" : "", heads[group[i].kind]);
		put_group(results, sheet, &group[i], all);
		at_least |= reason_sums_at_least(&group[i]);
	}
	if (nr)
		fputc('\n', sheet->out);
	if (at_least)
		fputs(REASONS_REST
		      ": preemptors that a trial's line does not name; one that another "
		      "trial's line names has at least what is shown.\n\n",
		      sheet->out);
}

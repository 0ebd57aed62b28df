/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html_reasons.c - groups of rows: numbers in the page's order of columns. */
#include "html_reasons.h"

#include "compare.h"
#include "html_out.h"

static void write_sum(const struct reason_sum *sum, FILE *out)
{
	const double numbers[] = { sum->count,  sum->share,  sum->seconds, sum->mean_s,
		                   sum->p50_ns, sum->p99_ns, sum->max_ns };

	fputc('[', out);
	html_out_json_text(out, sum->name);
	fputc(',', out);
	html_out_json_text(out, sum->of);
	fprintf(out, ",%d", sum->tid);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		fputc(',', out);
		html_out_number(out, numbers[i]);
	}
	fputc(',', out);
	if (sum->why)
		html_out_json_text(out, sum->why);
	else
		fputs("null", out);
	fputs(",[", out);
	for (size_t i = 0; i < sum->nr_by; i++) {
		fputs(i ? "," : "", out);
		write_sum(&sum->by[i], out);
	}
	fputs("]]", out);
}

void html_reasons_write(const struct comparisons *comparisons, const int *arm_at, FILE *out)
{
	const struct reason_sums *sums = &comparisons->reasons;
	size_t left_out = 0, room = HTML_REASONS_MAX;

	fputs("\"reason_columns\":[\"name\",\"of\",\"tid\",\"count\",\"share\",\"time_s\","
	      "\"mean_s\",\"p50_ns\",\"p99_ns\",\"max_ns\",\"why\",\"by\"],\n\"reason_groups\":[",
	      out);
	for (size_t i = 0; i < sums->nr; i++) {
		const struct reason_group *group = &sums->group[i];
		const char *comma = "\n";

		fprintf(out,
		        "%s\n{\"workload\":%d,\"arm\":%d,\"kind\":\"%s\",\"trials\":%zu,\"rows\":[",
		        i ? "," : "", group->workload, arm_at[group->arm],
		        group->kind == REASON_EXIT ? "exit" : "preemptor", group->trials);
		for (size_t j = 0; j < group->nr; j++) {
			const size_t needed = 1 + group->sum[j].nr_by;

			if (needed > room) {
				left_out++;
				continue;
			}
			room -= needed;
			fputs(comma, out);
			comma = ",\n";
			write_sum(&group->sum[j], out);
		}
		fputs("]}", out);
	}
	fprintf(out, "],\n\"reasons_left_out\":%zu,\n", left_out);
}

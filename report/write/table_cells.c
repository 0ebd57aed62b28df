/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_cells.c - names, medians, spreads and changes as text of a known width. */
#include "table_cells.h"

#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "scale.h"
#include "text.h"

bool table_format_arm(const struct table *table, int arm, int room, char *buf, size_t size)
{
	const char *name = names_at(&table->results->arms, arm);
	char safe[1024];
	int rank = 0;

	text_escape(name, strlen(name), safe, sizeof(safe));
	if ((int)strlen(safe) <= room) {
		snprintf(buf, size, "%s", safe);
		return false;
	}
	while (table->comparisons->arms[rank] != arm)
		rank++;
	snprintf(buf, size, "[%d] ", rank + 1);
	room -= (int)strlen(buf) + 3;
	snprintf(buf + strlen(buf), size - strlen(buf), "%.*s...", room > 0 ? room : 0, safe);
	return true;
}

void table_format_change(struct table *table, const struct comparison *c, char *buf, size_t size)
{
	size_t used;

	if (c->is_baseline) {
		snprintf(buf, size, "baseline");
	} else if (c->why) {
		snprintf(buf, size, "-"); /* the median says why */
	} else if (c->median == 0 && c->baseline_median == 0) {
		snprintf(buf, size, "0.0 %%"); /* no ratio, and no change */
	} else if (c->why_ratio) {
		sheet_reason(&table->sheet, c->why_ratio, buf, size);
	} else {
		table->unpaired |= c->is_rough;
		used = (size_t)snprintf(buf, size, "%s", c->is_rough ? "~" : "");
		scale_format_change(c->ratio, buf + used, size - used);
	}
}

void table_format_spread(struct table *table, const struct comparison *c, char *buf, size_t size)
{
	if (c->why)
		snprintf(buf, size, "-");
	else if (c->why_spread)
		sheet_reason(&table->sheet, c->why_spread, buf, size);
	else
		snprintf(buf, size, c->spread < 1000 ? "%.1f %%" : "%.0e %%", c->spread * 100);
}

bool table_scale(const struct table *table, const struct comparison *rows, size_t nr,
                 struct scale *ret)
{
	double *medians = calloc(nr, sizeof(*medians));
	bool shared = false;

	for (size_t i = 0; medians && i < nr; i++)
		medians[i] = rows[i].median;
	if (medians)
		shared = scale_choose(table->results->figure[rows->figure].unit, medians, nr, ret);
	free(medians);
	return shared;
}

void table_format_median(struct table *table, const struct scale *shared,
                         const struct comparison *comparison, struct scale *ret, char *buf,
                         size_t size)
{
	const char *unit = table->results->figure[comparison->figure].unit;
	size_t used;

	*ret = (struct scale){ .unit = "" };
	if (comparison->why) {
		sheet_reason(&table->sheet, comparison->why, buf, size);
		return;
	}
	if (shared)
		*ret = *shared;
	else
		scale_choose(unit, &comparison->median, 1, ret);
	used = comparison->at_least ? (size_t)snprintf(buf, size, ">=") : 0;
	scale_format(ret, comparison->median, buf + used, size - used);
}

void table_write_section_head(const struct table *table, const char *name)
{
	char safe[200];
	int rest;

	text_escape(name, strlen(name), safe, sizeof(safe));
	sheet_cut(safe, table->sheet.width - 4);
	rest = table->sheet.width - 4 - (int)strlen(safe);
	fprintf(table->sheet.out, "%s== %s ", sheet_colour(&table->sheet, SHEET_BOLD), safe);
	for (int i = 0; i < rest; i++)
		fputc('=', table->sheet.out);
	fprintf(table->sheet.out, "%s\n\n", sheet_colour(&table->sheet, SHEET_PLAIN));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scale.c - SI prefixes and digits. */
#include "scale.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "text.h"

#define DECIMALS_MAX 6
#define FARTHEST     1e6 /* a column shows at most six digits before the point */

struct prefix {
	double factor;
	const char *text;
};

static const struct prefix of_counts[] = {
	{ 1e12, "T" }, { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" }, { 1, "" },
};
static const struct prefix of_ns[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" }, { 1, "ns" } };
static const struct prefix of_s[] = { { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "us" }, { 1e-9, "ns" } };

/* The largest prefix that leaves at least one before the point, else the smallest. */
static const struct prefix *find(const struct prefix *list, size_t nr, double least)
{
	size_t i = 0;

	while (i + 1 < nr && least < list[i].factor)
		i++;
	return &list[i];
}

static void set_unit(const char *unit, double least, struct scale *ret)
{
	const struct prefix *prefix;
	char safe[21];
	bool bare = !strcmp(unit, "1") || !unit[0];

	if (!strcmp(unit, "ns") || !strcmp(unit, "s")) {
		prefix = unit[0] == 'n' ? find(of_ns, ARRAY_SIZE(of_ns), least)
		                        : find(of_s, ARRAY_SIZE(of_s), least);
		snprintf(ret->unit, sizeof(ret->unit), "%s", prefix->text);
	} else {
		prefix = find(of_counts, ARRAY_SIZE(of_counts), least);
		if (!strncmp(unit, "1/", 2))
			unit++;
		text_escape(unit, strlen(unit), safe, sizeof(safe));
		/* kB/s, but k ops/s */
		snprintf(ret->unit, sizeof(ret->unit), "%s%s%s", prefix->text,
		         *prefix->text && !bare && *unit != 'B' && *unit != '/' ? " " : "",
		         bare ? "" : safe);
	}
	ret->factor = prefix->factor;
}

/* Two at least below 10, and of what is far below 1 two digits that say something. */
static int decimals_of(double least)
{
	int decimals = least >= 10 ? 1 : 2;

	while (decimals < DECIMALS_MAX && least * pow(10, decimals - 1) < 1)
		decimals++;
	return decimals;
}

int scale_choose(const char *unit, const double *values, size_t nr, struct scale *ret)
{
	double least = INFINITY, most = 0;
	bool whole = true;

	for (size_t i = 0; i < nr; i++) {
		double value = fabs(values[i]);

		if (value > 0 && value < least) /* false for NaN */
			least = value;
		if (value > most)
			most = value;
	}
	set_unit(unit, isinf(least) ? 1 : least, ret);
	for (size_t i = 0; i < nr; i++)
		whole = whole && (isnan(values[i]) ||
		                  values[i] / ret->factor == trunc(values[i] / ret->factor));
	least /= ret->factor;
	ret->decimals = whole || least >= 100 ? 0 : decimals_of(least);
	return isinf(least) || most / ret->factor < FARTHEST;
}

void scale_format(const struct scale *scale, double value, char *buf, size_t size)
{
	double shown = value / scale->factor;

	if (shown == 0)
		snprintf(buf, size, "0"); /* whatever stands beside it */
	else
		snprintf(buf, size, fabs(shown) < FARTHEST ? "%.*f" : "%.*e", scale->decimals,
		         shown);
}

void scale_format_share(double share, char *buf, size_t size)
{
	if (share < 0.01)
		snprintf(buf, size, "<1 %%");
	else
		snprintf(buf, size, "%d %%", (int)(share * 100 + 1e-9));
}

/* One decimal. */
static void format_tenths(double value, char *buf, size_t size)
{
	snprintf(buf, size, "%.1f", value);
	if (value > 0 && !strcmp(buf, "0.0"))
		snprintf(buf, size, "<0.1");
}

void scale_format_part(double share, char *buf, size_t size)
{
	char number[32];

	format_tenths(share * 100, number, sizeof(number));
	snprintf(buf, size, "%s %%", number);
}

void scale_format_count(double count, char *buf, size_t size)
{
	if (count < 10 && count != trunc(count))
		format_tenths(count, buf, size);
	else
		snprintf(buf, size, "%.0f", count);
}

/* Three digits, and zeros in the places of the others: 14023 is 14000. */
static double three_digits(double value)
{
	double step = pow(10, floor(log10(value)) - 2);

	return round(value / step) * step;
}

void scale_format_change(double ratio, char *buf, size_t size)
{
	double percent = (ratio - 1) * 100;

	if (ratio >= 1000 && ratio < FARTHEST)
		snprintf(buf, size, "x%.0f", three_digits(ratio));
	else if (ratio >= FARTHEST || (ratio < 0.01 && ratio != 0))
		snprintf(buf, size, "x%.3g", ratio);
	else if (ratio >= 2)
		snprintf(buf, size, ratio < 100 ? "x%.1f" : "x%.0f", ratio);
	else if (fabs(percent) < 0.05)
		snprintf(buf, size, "0.0 %%");
	else
		snprintf(buf, size, "%+.1f %%", percent);
}

void scale_format_interval(const double ratio[2], char *buf, size_t size)
{
	char low[32], high[32];

	if (ratio[0] >= 0.01 && ratio[1] < 2) {
		double from = (ratio[0] - 1) * 100, to = (ratio[1] - 1) * 100;
		/* an end near none must show on which side of it it is */
		int decimals = fmin(fabs(from), fabs(to)) < 0.1 ? 2 : 1;

		snprintf(buf, size, "[%+.*f, %+.*f] %%", decimals, from, decimals, to);
		return;
	}
	scale_format_change(ratio[0], low, sizeof(low));
	scale_format_change(ratio[1], high, sizeof(high));
	if (isinf(ratio[1]))
		snprintf(high, sizeof(high), "no limit");
	snprintf(buf, size, "[%s, %s]", low, high);
}

void scale_format_exact(double value, char *buf, size_t size)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(buf, size, "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			return;
	}
}

void scale_format_value(const char *unit, double value, char *buf, size_t size)
{
	struct scale scale;
	char number[48];

	if (!scale_choose(unit, &value, 1, &scale)) {
		snprintf(buf, size, "n/a");
		return;
	}
	scale_format(&scale, value, number, sizeof(number));
	snprintf(buf, size, "%s%s%s", number, scale.unit[0] ? " " : "", scale.unit);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scale.h - numbers as people read them: one prefix for a column of values, digits that line up.
 */
#ifndef REPORT_SCALE_H
#define REPORT_SCALE_H

#include <stddef.h>

struct scale {
	double factor; /* shown = value / factor */
	int decimals;
	char unit[24]; /* with its prefix: "us", "MB/s", "k ops/s" */
};

/* One scale for all of values (NaN: left out), from the smallest; 0 where they are too far apart for one. */
int scale_choose(const char *unit, const double *values, size_t nr, struct scale *ret);
void scale_format(const struct scale *scale, double value, char *buf, size_t size);
/* "43 %" of the time, of a share below 1; never rounded up to all of it. */
void scale_format_share(double share, char *buf, size_t size);
/* "99.8 %" of a sum; "<0.1 %": less, and not nothing. */
void scale_format_part(double share, char *buf, size_t size);
/* A mean of counts: "1200", "7", "1.5"; "<0.1": less, and not nothing. */
void scale_format_count(double count, char *buf, size_t size);
/* The change that a ratio means: "+13.2 %", "x7.4" from two times on, "x0.0012" below a hundredth. */
void scale_format_change(double ratio, char *buf, size_t size);
/* Two ratios as the changes they mean: "[-12.3, +4.0] %", "[x2.1, x3.4]", "[-12.3 %, no limit]". */
void scale_format_interval(const double ratio[2], char *buf, size_t size);
/* The shortest decimal text that reads back to the same double. */
void scale_format_exact(double value, char *buf, size_t size);
/* A value alone, with its unit: "3.10 s", "20 ms"; "n/a" for none. */
void scale_format_value(const char *unit, double value, char *buf, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hist_sum.c - log-linear buckets of doubles: counts of many files never overflow. */
#include "hist_sum.h"

#include <math.h>
#include <stdint.h>

#include "html_out.h"
#include "jsonscan.h"

#define SUB       (1 << HIST_SUM_SUB_BITS)
#define VALUE_MAX 17592186044416.0 /* 2^44 */
#define COUNT_MAX 1e15

static int bucket_of(double value)
{
	uint64_t whole = (uint64_t)value;
	int shift;

	if (value >= VALUE_MAX)
		return HIST_SUM_BUCKETS - 1;
	if (whole < SUB)
		return (int)whole;
	shift = 63 - __builtin_clzll(whole) - HIST_SUM_SUB_BITS;
	return (shift << HIST_SUM_SUB_BITS) + (int)(whole >> shift);
}

double hist_sum_edge(int bucket)
{
	int shift = bucket < SUB ? 0 : (bucket >> HIST_SUM_SUB_BITS) - 1;

	return ldexp((double)(bucket - (shift << HIST_SUM_SUB_BITS) + 1), shift);
}

/* One [low, count]; false where it is none. */
static bool read_pair(struct jsonscan *scan, double *ret_low, double *ret_count)
{
	double pair[2] = { -1, -1 };
	int nr = 0;

	if (jsonscan_peek(scan) != '[' || !jsonscan_open(scan, '['))
		return jsonscan_skip(scan, NULL) && false;
	while (jsonscan_element(scan)) {
		if (nr < 2 && jsonscan_peek(scan) == '0')
			jsonscan_number(scan, &pair[nr]);
		else
			jsonscan_skip(scan, NULL);
		nr++;
	}
	*ret_low = pair[0];
	*ret_count = pair[1];
	return !scan->bad && nr == 2 && pair[0] >= 0 && pair[1] > 0 && pair[1] <= COUNT_MAX;
}

/* "[12345,6]" as qload writes it, without the general scanner: most bytes of a results file are these.  Returns its
 * length, 0 where it is of another form. */
static size_t read_plain_pair(const char *at, const char *end, double *ret_low, double *ret_count)
{
	const char *from = at;
	uint64_t number[2] = { 0, 0 };

	for (int i = 0; i < 2; i++) {
		const char *digits = ++at; /* past the bracket, then past the comma */

		for (; at < end && at - digits < 15 && *at >= '0' && *at <= '9'; at++)
			number[i] = number[i] * 10 + (uint64_t)(*at - '0');
		if (at == digits || at >= end || *at != (i ? ']' : ','))
			return 0;
	}
	*ret_low = (double)number[0];
	*ret_count = (double)number[1];
	return number[1] ? (size_t)(at + 1 - from) : 0;
}

static void add(struct hist_sum *sum, double low, double count)
{
	sum->bucket[bucket_of(low)] += count;
	sum->count += count;
}

void hist_sum_add(struct hist_sum *sum, const struct jsonscan_view *sparse)
{
	struct jsonscan scan;
	double low, count;

	jsonscan_init(&scan, sparse->text, sparse->len);
	if (jsonscan_peek(&scan) != '[' || !jsonscan_open(&scan, '['))
		return;
	while (jsonscan_element(&scan)) {
		size_t len = jsonscan_peek(&scan) == '['
		                     ? read_plain_pair(scan.at, scan.end, &low, &count)
		                     : 0;

		if (len) {
			scan.at += len;
			add(sum, low, count);
		} else if (read_pair(&scan, &low, &count)) {
			add(sum, low, count);
		}
	}
}

/* A point each 2 % up to the median's surroundings, then each time a tenth of the rest is gone. */
static double step_after(double share)
{
	double rest = (1 - share) / 10;

	return rest < 0.02 ? rest : 0.02;
}

int hist_sum_write(const struct hist_sum *sum, FILE *out)
{
	double seen = 0, said = -1;
	int nr = 0;

	fputc('[', out);
	for (int i = 0; i < HIST_SUM_BUCKETS; i++) {
		double share;

		if (!(sum->bucket[i] > 0))
			continue;
		seen += sum->bucket[i];
		share = seen / sum->count;
		if (said >= 0 && share - said < step_after(said) && share < 1)
			continue;
		fprintf(out, "%s[", nr++ ? "," : "");
		html_out_number(out, hist_sum_edge(i));
		fputc(',', out);
		html_out_number(out, share);
		fputc(']', out);
		said = share;
	}
	fputc(']', out);
	return nr;
}

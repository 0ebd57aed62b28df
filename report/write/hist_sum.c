/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hist_sum.c - log-linear buckets of doubles: counts of many files never overflow. */
#include "hist_sum.h"

#include <math.h>
#include <stdint.h>

#include "html_out.h"
#include "json.h"
#include "result_parts.h"

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
static bool read_pair(struct json_object *pair, double *ret_low, double *ret_count)
{
	return part_is_array(pair) && json_object_array_length(pair) == 2 &&
	       !part_number(json_object_array_get_idx(pair, 0), ret_low) &&
	       !part_number(json_object_array_get_idx(pair, 1), ret_count) && *ret_low >= 0 &&
	       *ret_count > 0 && *ret_count <= COUNT_MAX;
}

static void add(struct hist_sum *sum, double low, double count)
{
	sum->bucket[bucket_of(low)] += count;
	sum->count += count;
}

void hist_sum_add(struct hist_sum *sum, struct json_object *sparse)
{
	size_t nr = part_is_array(sparse) ? json_object_array_length(sparse) : 0;
	double low, count;

	for (size_t i = 0; i < nr; i++) {
		if (read_pair(json_object_array_get_idx(sparse, i), &low, &count))
			add(sum, low, count);
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

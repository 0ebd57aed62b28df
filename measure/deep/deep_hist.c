/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deep_hist.c - buckets to numbers.  Filled in the kernel (bpf/maps.bpf.h), read here. */
#include "deep_hist.h"

#include <json-c/json.h>
#include <math.h>

#include "deep_shared.h"

#define SUB (1 << DEEP_SUB_BITS)

uint64_t deep_hist_low_ns(int bucket)
{
	int shift = bucket / SUB - 1;

	if (shift <= 0)
		return (uint64_t)bucket;
	return (uint64_t)(bucket % SUB + SUB) << shift;
}

void deep_hist_add(struct deep_hist *hist, uint64_t ns)
{
	int bucket = 0;

	while (bucket < DEEP_BUCKETS - 1 && deep_hist_low_ns(bucket + 1) <= ns)
		bucket++;
	hist->bucket[bucket]++;
}

uint64_t deep_hist_count(const struct deep_hist *hist)
{
	uint64_t count = 0;

	for (int i = 0; i < DEEP_BUCKETS; i++)
		count += hist->bucket[i];
	return count;
}

void deep_hist_merge(struct deep_hist *into, const struct deep_hist *from)
{
	for (int i = 0; i < DEEP_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

double deep_hist_percentile_ns(const struct deep_hist *hist, int percent, uint64_t max_ns)
{
	uint64_t count = deep_hist_count(hist), seen = 0;
	uint64_t rank = (count * (uint64_t)percent + 99) / 100;
	double middle;
	int i = 0;

	if (count * (uint64_t)(100 - percent) < 1000)
		return NAN;
	while (i < DEEP_BUCKETS - 1 && seen + hist->bucket[i] < rank)
		seen += hist->bucket[i++];
	middle = (double)(deep_hist_low_ns(i) + deep_hist_low_ns(i + 1) - 1) / 2;
	return middle > (double)max_ns ? (double)max_ns : middle;
}

struct json_object *deep_hist_json(const struct deep_hist *hist)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < DEEP_BUCKETS; i++) {
		struct json_object *pair;

		if (!hist->bucket[i])
			continue;
		pair = json_object_new_array();
		json_object_array_add(pair, json_object_new_uint64(deep_hist_low_ns(i)));
		json_object_array_add(pair, json_object_new_int64(hist->bucket[i]));
		json_object_array_add(list, pair);
	}
	return list;
}

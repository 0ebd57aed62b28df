/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpuset.c - lists of CPU numbers as text and as bits.  Knows no host: whether a CPU exists is topology's matter. */
#include "cpuset.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct range {
	int first, last;
};

/* A number at *at, which moves behind it.  The words of a refusal quote the item, not the rest of the list. */
static int scan_number(const char **at, const char *item, int len, const char *what, int max,
                       int *ret, struct err *err)
{
	const char *start = *at;
	int value = 0;

	for (; isdigit((unsigned char)**at); (*at)++) {
		if (value <= max)
			value = value * 10 + (**at - '0');
	}
	if (*at == start)
		return err_set(err, EINVAL, "'%.*s' is no CPU number or range such as 3 or 0-3",
		               len, item);
	if (value > max)
		return err_set(err, ERANGE, "%s %.*s is above %d", what, (int)(*at - start), start,
		               max);
	*ret = value;
	return 0;
}

/* "3" or "0-3", and nothing behind it but the end of the item. */
static int scan_range(const char *at, const char *item, int len, struct range *ret, struct err *err)
{
	struct range range;
	int rc = scan_number(&at, item, len, "CPU", CPUSET_CPUS - 1, &range.first, err);

	if (rc)
		return rc;
	range.last = range.first;
	if (*at == '-') {
		at++;
		rc = scan_number(&at, item, len, "CPU", CPUSET_CPUS - 1, &range.last, err);
		if (rc)
			return rc;
	}
	if (at != item + len)
		return err_set(err, EINVAL, "'%.*s' is no CPU number or range such as 3 or 0-3",
		               len, item);
	if (range.last < range.first)
		return err_set(err, EINVAL, "'%.*s' counts down", len, item);
	*ret = range;
	return 0;
}

/* What a message shows of one item. */
static int item_len(const char *item)
{
	return (int)strcspn(item, ",");
}

static int check_item(const char *text, const char *item, struct err *err)
{
	if (!*text)
		return err_set(err, EINVAL, "an empty CPU list names no CPU");
	if (!item_len(item))
		return err_set(err, EINVAL, "'%.64s' has a comma with no CPU beside it", text);
	if (item_len(item) > 64)
		return err_set(err, EINVAL, "'%.64s...' is no CPU number or range such as 3 or 0-3",
		               item);
	return 0;
}

/* In a list of several the reader wants to know which. */
static int in_item(const char *text, int nr, int rc, struct err *err)
{
	return rc && strchr(text, ',') ? err_in(err, "item %d of '%.64s'", nr, text) : rc;
}

static void set_range(struct cpuset *set, const struct range *range)
{
	for (int cpu = range->first; cpu <= range->last; cpu++)
		cpuset_add(set, cpu);
}

int cpuset_parse(const char *text, struct cpuset *ret, struct err *err)
{
	struct cpuset in = { 0 }, out = { 0 };
	int nr = 0;

	for (const char *item = text;; item++) {
		int rc = check_item(text, item, err), len = item_len(item);
		bool except = *item == '^';
		struct range range;

		if (!rc)
			rc = in_item(text, ++nr, scan_range(item + except, item, len, &range, err),
			             err);
		if (rc)
			return rc;
		set_range(except ? &out : &in, &range);
		item += len;
		if (!*item)
			break;
	}
	in = cpuset_minus(&in, &out);
	if (!cpuset_count(&in))
		return err_set(err, EINVAL, "'%.64s' leaves no CPU", text);
	*ret = in;
	return 0;
}

/* Text that is put together in a bounded buffer; what does not fit ends in "..." rather than in half a number. */
struct out {
	char *buf;
	size_t size, used;
};

static void out_put(struct out *out, const char *fmt, ...) PRINTF(2, 3);

static void out_put(struct out *out, const char *fmt, ...)
{
	char item[32];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(item, sizeof(item), fmt, args);
	va_end(args);
	if (out->used + (size_t)n + sizeof("...") <= out->size) {
		memcpy(out->buf + out->used, item, (size_t)n + 1);
		out->used += (size_t)n;
	} else if (out->used < out->size) {
		snprintf(out->buf + out->used, out->size - out->used, "...");
		out->used = out->size;
	}
}

static void out_range(struct out *out, int first, int last)
{
	const char *comma = out->used ? "," : "";

	if (first == last)
		out_put(out, "%s%d", comma, first);
	else
		out_put(out, "%s%d-%d", comma, first, last);
}

void cpuset_format(const struct cpuset *set, char *buf, size_t size)
{
	struct out out = { buf, size, 0 };

	if (size)
		buf[0] = '\0';
	for (int cpu = cpuset_next(set, -1); cpu >= 0; cpu = cpuset_next(set, cpu)) {
		int first = cpu;

		while (cpuset_has(set, cpu + 1))
			cpu++;
		out_range(&out, first, cpu);
	}
}

void cpuset_add(struct cpuset *set, int cpu)
{
	assert(cpu >= 0 && cpu < CPUSET_CPUS);
	set->bits[cpu / 64] |= 1ULL << (cpu % 64);
}

void cpuset_remove(struct cpuset *set, int cpu)
{
	assert(cpu >= 0 && cpu < CPUSET_CPUS);
	set->bits[cpu / 64] &= ~(1ULL << (cpu % 64));
}

bool cpuset_has(const struct cpuset *set, int cpu)
{
	return cpu >= 0 && cpu < CPUSET_CPUS && (set->bits[cpu / 64] >> (cpu % 64) & 1);
}

int cpuset_count(const struct cpuset *set)
{
	int nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(set->bits); i++)
		nr += __builtin_popcountll(set->bits[i]);
	return nr;
}

int cpuset_next(const struct cpuset *set, int after)
{
	for (int cpu = after + 1; cpu < CPUSET_CPUS; cpu++) {
		if (cpuset_has(set, cpu))
			return cpu;
	}
	return -1;
}

bool cpuset_is_equal(const struct cpuset *a, const struct cpuset *b)
{
	return !memcmp(a->bits, b->bits, sizeof(a->bits));
}

bool cpuset_is_subset(const struct cpuset *inner, const struct cpuset *outer)
{
	struct cpuset rest = cpuset_minus(inner, outer);

	return cpuset_count(&rest) == 0;
}

struct cpuset cpuset_and(const struct cpuset *a, const struct cpuset *b)
{
	struct cpuset both;

	for (size_t i = 0; i < ARRAY_SIZE(both.bits); i++)
		both.bits[i] = a->bits[i] & b->bits[i];
	return both;
}

struct cpuset cpuset_or(const struct cpuset *a, const struct cpuset *b)
{
	struct cpuset any;

	for (size_t i = 0; i < ARRAY_SIZE(any.bits); i++)
		any.bits[i] = a->bits[i] | b->bits[i];
	return any;
}

struct cpuset cpuset_minus(const struct cpuset *a, const struct cpuset *b)
{
	struct cpuset rest;

	for (size_t i = 0; i < ARRAY_SIZE(rest.bits); i++)
		rest.bits[i] = a->bits[i] & ~b->bits[i];
	return rest;
}

static int put_range(struct pinlist *list, const struct range *range, struct err *err)
{
	for (int cpu = range->first; cpu <= range->last; cpu++) {
		if (list->nr == PINLIST_MAX)
			return err_set(err, E2BIG, "the list names more than %d CPUs", PINLIST_MAX);
		list->cpu[list->nr++] = (int16_t)cpu;
	}
	return 0;
}

/* "1:3" of "0:2,1:3".  Places not named yet hold -1. */
static int put_pair(struct pinlist *list, const char *item, int len, struct err *err)
{
	const char *at = item;
	struct range range;
	int thread, rc;

	rc = scan_number(&at, item, len, "thread", PINLIST_MAX - 1, &thread, err);
	if (!rc && *at != ':')
		return err_set(err, EINVAL, "'%.*s' is no thread:CPU pair such as 0:2", len, item);
	if (!rc)
		rc = scan_range(at + 1, item, len, &range, err);
	if (rc)
		return rc;
	if (range.first != range.last)
		return err_set(err, EINVAL, "'%.*s' gives thread %d more than one CPU", len, item,
		               thread);
	while (list->nr <= thread)
		list->cpu[list->nr++] = -1;
	if (list->cpu[thread] >= 0)
		return err_set(err, EINVAL, "thread %d is named twice", thread);
	list->cpu[thread] = (int16_t)range.first;
	return 0;
}

static int put_item(struct pinlist *list, const char *item, int len, bool pairs, struct err *err)
{
	struct range range;
	int rc;

	if ((memchr(item, ':', (size_t)len) != NULL) != pairs)
		return err_set(err, EINVAL,
		               "'%.*s': plain CPUs and thread:CPU pairs cannot be mixed", len,
		               item);
	if (pairs)
		return put_pair(list, item, len, err);
	if (*item == '^')
		return err_set(err, EINVAL, "'%.*s': an ordered list takes nothing out", len, item);
	rc = scan_range(item, item, len, &range, err);
	return rc ? rc : put_range(list, &range, err);
}

static int check_gaps(const struct pinlist *list, struct err *err)
{
	for (int i = 0; i < list->nr; i++) {
		if (list->cpu[i] < 0)
			return err_set(err, EINVAL, "thread %d has no CPU though thread %d has", i,
			               list->nr - 1);
	}
	return 0;
}

int pinlist_parse(const char *text, struct pinlist *ret, struct err *err)
{
	struct pinlist list = { 0 };
	bool pairs = text[strcspn(text, ":,")] == ':';
	int rc, nr = 0;

	if (!strcmp(text, "none")) {
		*ret = list;
		return 0;
	}
	for (const char *item = text;; item++) {
		int len = item_len(item);

		rc = check_item(text, item, err);
		if (!rc)
			rc = in_item(text, ++nr, put_item(&list, item, len, pairs, err), err);
		if (rc)
			return rc;
		item += len;
		if (!*item)
			break;
	}
	rc = check_gaps(&list, err);
	if (!rc)
		*ret = list;
	return rc;
}

void pinlist_format(const struct pinlist *list, char *buf, size_t size)
{
	struct out out = { buf, size, 0 };

	if (size)
		buf[0] = '\0';
	if (!list->nr)
		out_put(&out, "none");
	for (int i = 0; i < list->nr; i++) {
		int first = list->cpu[i];

		while (i + 1 < list->nr && list->cpu[i + 1] == list->cpu[i] + 1)
			i++;
		out_range(&out, first, list->cpu[i]);
	}
}

struct cpuset pinlist_set(const struct pinlist *list)
{
	struct cpuset set = { 0 };

	for (int i = 0; i < list->nr; i++)
		cpuset_add(&set, list->cpu[i]);
	return set;
}

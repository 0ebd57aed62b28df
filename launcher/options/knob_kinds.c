/* SPDX-License-Identifier: GPL-2.0-or-later */
/* knob_kinds.c - values of one field: flags, words, numbers, sizes, times.  Knows no knob by name. */
#include "knob_kinds.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpuset.h"
#include "events.h"
#include "policy.h"
#include "report.h"
#include "spec.h"
#include "text.h"

/* "a, b, c" of a NULL-terminated list */
static void names_join(const char *const *names, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int i = 0; names[i] && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? ", " : "", names[i]);
}

static int names_find(const char *const *names, const char *text, struct err *err)
{
	char all[160];

	for (int i = 0; names[i]; i++) {
		if (!strcmp(names[i], text))
			return i;
	}
	names_join(names, all, sizeof(all));
	return err_set(err, EINVAL, "'%.64s' is not one of %s", text, all);
}

static int enum_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	int value = names_find(kind->names, text, err);

	if (value < 0)
		return value;
	*(int *)field = value;
	return 0;
}

static void enum_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	text_copy(buf, size, kind->names[*(const int *)field]);
}

static int bool_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	int value = names_find(kind->names, text, err);

	if (value < 0)
		return value;
	*(bool *)field = value;
	return 0;
}

static void bool_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	text_copy(buf, size, kind->names[*(const bool *)field]);
}

/* -v adds up, -q ends it: one number behind two flags */
static int verbose_parse(const struct knob_kind *kind, const char *text, void *field,
                         struct err *err)
{
	int value = names_find(kind->names, text, err);
	int *verbose = field;

	if (value < 0)
		return value;
	if (value)
		*verbose = kind->min < 0 ? -1 : *verbose < 0 ? 1 : *verbose + 1;
	return 0;
}

static void verbose_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	int verbose = *(const int *)field;

	text_copy(buf, size, kind->names[kind->min < 0 ? verbose < 0 : verbose > 0]);
}

static int count_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	int64_t value;
	int rc = text_parse_i64(text, kind->min, kind->max, &value, err);

	if (!rc)
		*(int *)field = (int)value;
	return rc;
}

static void count_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	int value = *(const int *)field;

	if (value == kind->unset)
		text_copy(buf, size, "");
	else
		snprintf(buf, size, "%d", value);
}

static int wide_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	return text_parse_i64(text, kind->min, kind->max, field, err);
}

static void wide_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	int64_t value = *(const int64_t *)field;

	if (value == kind->unset)
		text_copy(buf, size, "");
	else
		snprintf(buf, size, "%" PRId64, value);
}

static int seed_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	return text_parse_u64(text, (uint64_t)kind->min, UINT64_MAX, field, err);
}

static void seed_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	uint64_t seed = *(const uint64_t *)field;

	(void)kind;
	if (seed)
		snprintf(buf, size, "%" PRIu64, seed);
	else
		text_copy(buf, size, "");
}

static int size_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	char low[32], high[32], step[32];
	uint64_t bytes;
	int rc = text_parse_size(text, &bytes, err);

	if (rc < 0)
		return rc;
	text_format_size((uint64_t)kind->min, low, sizeof(low));
	text_format_size((uint64_t)kind->max, high, sizeof(high));
	text_format_size((uint64_t)kind->step, step, sizeof(step));
	if (bytes < (uint64_t)kind->min || bytes > (uint64_t)kind->max)
		return err_set(err, ERANGE, "'%.64s' is not in %s..%s", text, low, high);
	if (kind->step && bytes % (uint64_t)kind->step)
		return err_set(err, EINVAL, "'%.64s' is no multiple of %s bytes", text, step);
	*(uint64_t *)field = bytes;
	return 0;
}

static void size_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	(void)kind;
	text_format_size(*(const uint64_t *)field, buf, size);
}

static int time_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	char low[32], high[32];
	int64_t ns;
	int rc = text_parse_duration(text, &ns, err);

	if (rc < 0)
		return rc;
	text_format_duration(kind->min, low, sizeof(low));
	text_format_duration(kind->max, high, sizeof(high));
	if (ns < kind->min || ns > kind->max)
		return err_set(err, ERANGE, "'%.64s' is not in %s..%s", text, low, high);
	*(int64_t *)field = ns;
	return 0;
}

static void time_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	int64_t ns = *(const int64_t *)field;

	if (ns < kind->min) /* not given */
		text_copy(buf, size, "");
	else
		text_format_duration(ns, buf, size);
}

static int text_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	size_t len = strlen(text);

	if (len < (size_t)kind->min)
		return err_set(err, EINVAL, "is empty");
	if (len > (size_t)kind->max)
		return err_set(err, ENAMETOOLONG, "'%.32s...' is longer than %" PRId64 " bytes",
		               text, kind->max);
	*(const char **)field = text;
	return 0;
}

static void text_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	const char *text = *(const char *const *)field;

	(void)kind;
	text_copy(buf, size, text ? text : "");
}

static int policy_knob_parse(const struct knob_kind *kind, const char *text, void *field,
                             struct err *err)
{
	(void)kind;
	return policy_parse(text, field, err);
}

static void policy_knob_format(const struct knob_kind *kind, const void *field, char *buf,
                               size_t size)
{
	(void)kind;
	policy_format(field, buf, size);
}

static int pinlist_knob_parse(const struct knob_kind *kind, const char *text, void *field,
                              struct err *err)
{
	(void)kind;
	return pinlist_parse(text, field, err);
}

static void pinlist_knob_format(const struct knob_kind *kind, const void *field, char *buf,
                                size_t size)
{
	const struct pinlist *list = field;

	(void)kind;
	if (list->nr)
		pinlist_format(list, buf, size);
	else
		text_copy(buf, size, "none");
}

static int report_parse(const struct knob_kind *kind, const char *text, void *field,
                        struct err *err)
{
	enum report_format format;
	int rc = report_format_parse(text, &format, err);

	return rc < 0 ? rc : text_parse(kind, text, field, err);
}

/* By this host's PMUs; that the text is kept, and read again where it is used, spares the spec a large array. */
static int events_knob_parse(const struct knob_kind *kind, const char *text, void *field,
                             struct err *err)
{
	struct event_set set;
	int rc = events_parse(text, EVENTS_SYSFS, &set, err);

	return rc < 0 ? rc : text_parse(kind, text, field, err);
}

static const char *const presets[] = { "quick", "storage", "realtime", "overcommit", "seed", NULL };

static int preset_parse(const struct knob_kind *kind, const char *text, void *field,
                        struct err *err)
{
	int i = names_find(kind->names, text, err);

	if (i < 0)
		return i;
	*(const char **)field = kind->names[i];
	return 0;
}

/* A card's options are QEMU's. */
static int net_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	static const char *const types[] = { "user",       "tap",    "bridge",  "socket",
		                             "stream",     "dgram",  "passt",   "vde",
		                             "nic",        "l2tpv3", "hubport", "vhost-user",
		                             "vhost-vdpa", NULL };
	size_t len = strcspn(text, ",");

	for (int i = 0; types[i] && strcmp(text, "user"); i++) {
		if (strlen(types[i]) == len && !strncmp(text, types[i], len))
			return err_set(err, EINVAL,
			               "'%.64s' is what QEMU's -nic takes: use --net none -- -nic "
			               "%.200s",
			               text, text);
	}
	return enum_parse(kind, text, field, err);
}

static const char *const off_on[] = { "off", "on", NULL };
static const char *const wheres[] = { "native", "guest", NULL };
static const char *const accels[] = { "auto", "kvm", "tcg", NULL };
static const char *const nets[] = { "none", "user", NULL };
static const char *const aios[] = { "threads", "native", "io_uring", NULL };
static const char *const caches[] = {
	"none", "writeback", "writethrough", "directsync", "unsafe", NULL,
};
static const char *const virtios[] = { "default", "tuned", NULL };
static const char *const places[] = { "start", "ready", NULL };
const char *const observe_names[] = { "auto", "light", "counters", "deep", NULL };
static const char *const backings[] = { "refuse", "allow", NULL };

#define ENUM_KIND(list)                                                                            \
	{                                                                                          \
		.names = (list), .parse = enum_parse, .format = enum_format                        \
	}
const struct knob_kind kind_where = ENUM_KIND(wheres);
const struct knob_kind kind_accel = ENUM_KIND(accels);
const struct knob_kind kind_net = { .names = nets, .parse = net_parse, .format = enum_format };
const struct knob_kind kind_aio = ENUM_KIND(aios);
const struct knob_kind kind_cache = ENUM_KIND(caches);
const struct knob_kind kind_virtio = ENUM_KIND(virtios);
const struct knob_kind kind_observe = ENUM_KIND(observe_names);
const struct knob_kind kind_place_at = ENUM_KIND(places);

#define BOOL_KIND(list, flag)                                                                      \
	{                                                                                          \
		.is_flag = (flag), .names = (list), .parse = bool_parse, .format = bool_format     \
	}
const struct knob_kind kind_flag = BOOL_KIND(off_on, true);
const struct knob_kind kind_on_off = BOOL_KIND(off_on, false);
const struct knob_kind kind_backing = BOOL_KIND(backings, false);

#define VERBOSE_KIND(sign)                                                                         \
	{                                                                                          \
		.is_flag = true, .min = (sign), .names = off_on, .parse = verbose_parse,           \
		.format = verbose_format                                                           \
	}
const struct knob_kind kind_verbose = VERBOSE_KIND(1);
const struct knob_kind kind_quiet = VERBOSE_KIND(-1);

#define COUNT_KIND(low, high, none)                                                                \
	{                                                                                          \
		.min = (low), .max = (high), .unset = (none), .parse = count_parse,                \
		.format = count_format                                                             \
	}
const struct knob_kind kind_vcpus = COUNT_KIND(1, 255, 0);
const struct knob_kind kind_vms = COUNT_KIND(1, QL_VMS_MAX, 0);
const struct knob_kind kind_iothreads = COUNT_KIND(0, 64, -1);
const struct knob_kind kind_queues = COUNT_KIND(1, 1024, 0);
const struct knob_kind kind_iodepth = COUNT_KIND(1, 4096, 0);
const struct knob_kind kind_percent = COUNT_KIND(0, 100, -1);
const struct knob_kind kind_repeat = COUNT_KIND(1, 10000, 0);
const struct knob_kind kind_slurm = COUNT_KIND(1, 10000, 0);
const struct knob_kind kind_boots = COUNT_KIND(1, 10000, 0);
const struct knob_kind kind_poll = {
	.min = 0,
	.max = NSEC_PER_SEC,
	.unset = -1,
	.parse = wide_parse,
	.format = wide_format,
};
const struct knob_kind kind_seed = { .min = 1, .parse = seed_parse, .format = seed_format };

#define SIZE_KIND(low, high, by)                                                                   \
	{                                                                                          \
		.min = (low), .max = (high), .step = (by), .parse = size_parse,                    \
		.format = size_format                                                              \
	}
const struct knob_kind kind_memory = SIZE_KIND(16 << 20, 1LL << 44, 1 << 20);
const struct knob_kind kind_block = SIZE_KIND(512, 16 << 20, 512);
const struct knob_kind kind_trace_buffer = SIZE_KIND(4096, 1LL << 30, 4096);
const struct knob_kind kind_trace_limit = SIZE_KIND(1 << 20, 1LL << 40, 4096);
const struct knob_kind kind_scratch_size = SIZE_KIND(1 << 20, 1LL << 44, 4096);

#define TIME_KIND(low, high)                                                                       \
	{                                                                                          \
		.min = (low), .max = (high), .parse = time_parse, .format = time_format            \
	}
const struct knob_kind kind_time = TIME_KIND(0, 1000 * 3600 * NSEC_PER_SEC);
const struct knob_kind kind_budget = TIME_KIND(NSEC_PER_SEC, 1000 * 3600 * NSEC_PER_SEC);
const struct knob_kind kind_timeout = {
	.is_whole = true, /* how patient we are is nothing to compare */
	.min = NSEC_PER_SEC,
	.max = 24 * 3600 * NSEC_PER_SEC,
	.parse = time_parse,
	.format = time_format,
};

#define TEXT_KIND(low, high)                                                                       \
	{                                                                                          \
		.min = (low), .max = (high), .parse = text_parse, .format = text_format            \
	}
const struct knob_kind kind_text = TEXT_KIND(0, SPEC_KNOB_MAX - 1);
const struct knob_kind kind_words = TEXT_KIND(1, 255);
const struct knob_kind kind_file = {
	.is_path = true,
	.min = 1,
	.max = SPEC_PATH_MAX - 1,
	.parse = text_parse,
	.format = text_format,
};
const struct knob_kind kind_user = {
	.is_whole = true, /* whose rights QEMU has is nothing to compare */
	.min = 1,
	.max = 255,
	.parse = text_parse,
	.format = text_format,
};
const struct knob_kind kind_events = {
	.is_whole = true,
	.min = 1,
	.max = SPEC_KNOB_MAX - 1,
	.parse = events_knob_parse,
	.format = text_format,
};
const struct knob_kind kind_report_format = {
	.names = report_format_names,
	.min = 1,
	.max = 255,
	.parse = report_parse,
	.format = text_format,
};

const struct knob_kind kind_preset = {
	.names = presets,
	.parse = preset_parse,
	.format = text_format,
};

const struct knob_kind kind_policy = { .parse = policy_knob_parse, .format = policy_knob_format };
const struct knob_kind kind_pinlist = {
	.has_commas = true,
	.parse = pinlist_knob_parse,
	.format = pinlist_knob_format,
};

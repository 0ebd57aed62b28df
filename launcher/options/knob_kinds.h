/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_kinds.h - the kinds of values that knobs have: each parses and formats its own field of a spec.
 */
#ifndef LAUNCHER_KNOB_KINDS_H
#define LAUNCHER_KNOB_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* `field` points at the knob's field, or at the whole spec for kinds that fill several fields. */
struct knob_kind {
	bool is_flag, is_list;
	bool is_path;             /* names a file or folder of this host */
	bool is_whole;            /* a sweep cannot vary it, and its commas are its own */
	bool has_commas;          /* a value is a list itself: 0,2 */
	int64_t min, max;         /* of numbers, sizes and times */
	int64_t step;             /* sizes: a multiple of this; 0 any */
	int64_t unset;            /* the number that means "not given": formatted as "" */
	const char *const *names; /* of enums: NULL-terminated, by value */
	int (*parse)(const struct knob_kind *kind, const char *text, void *field, struct err *err);
	void (*format)(const struct knob_kind *kind, const void *field, char *buf, size_t size);
};

extern const struct knob_kind kind_flag, kind_verbose, kind_quiet;
extern const struct knob_kind kind_where, kind_accel, kind_net, kind_aio, kind_cache, kind_virtio,
        kind_place_at, kind_observe, kind_on_off, kind_backing, kind_preset, kind_report_format;
extern const struct knob_kind kind_vcpus, kind_vms, kind_iothreads, kind_queues, kind_poll,
        kind_iodepth, kind_percent, kind_repeat, kind_boots, kind_seed;
extern const struct knob_kind kind_memory, kind_block, kind_scratch_size;
extern const struct knob_kind kind_time, kind_timeout;
extern const struct knob_kind kind_events, kind_limit, kind_old, kind_new, kind_same, kind_handicap,
        kind_trace_buffer, kind_trace_limit;
extern const struct knob_kind kind_text, kind_file, kind_words, kind_user;
extern const struct knob_kind kind_policy, kind_pinlist, kind_rate;
extern const struct knob_kind kind_noise, kind_share, kind_shard, kind_slurm, kind_budget;
/* These take the whole spec. */
extern const struct knob_kind kind_warmup, kind_cpus, kind_workloads, kind_disk;

extern const char *const observe_names[]; /* by enum observe */

struct spec;
struct json_object;
/* The disks as a JSON array; NULL: no memory. */
struct json_object *disks_to_json(const struct spec *spec);
/* Text that is no UTF-8 is escaped. */
struct json_object *text_to_json(const char *text);

#endif

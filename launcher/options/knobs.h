/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knobs.h - the one knob table: command line, arms file, sweep axes, result keys, --help and the man page.
 */
#ifndef LAUNCHER_KNOBS_H
#define LAUNCHER_KNOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "err.h"
#include "spec.h"

enum scope { SCOPE_BOOT, SCOPE_LIVE, SCOPE_LOAD, SCOPE_HOST, SCOPE_REPORT };

#define KNOB_HINT_MAX 128

struct knob_kind; /* knob_kinds.h: the value's own two functions */

struct knob {
	const char *name;
	char letter; /* 'o' for -o; 0 */
	const struct knob_kind *kind;
	size_t offset; /* of the field in struct spec; 0 where the kind takes the whole spec */
	enum scope scope;
	unsigned commands; /* bit per enum command_kind that takes it */
	bool only_guest;   /* means nothing natively: dropped from native arms */
	const char *hint; /* "N", "SIZE", "none|LIST"; "" for a flag; NULL: the names of the kind */
	const char *
	        fallback; /* the default in words where it is no constant: "run: 0s; else 1s"; or NULL */
	const char *help;
};

const struct knob *knob_find(const char *name); /* without the dashes; or NULL */
const struct knob *knob_at(int i);              /* NULL after the last */
int knob_index(const struct knob *knob);
/* What stands for the value in --help: "SIZE", "native|guest"; "" for a flag. */
const char *knob_hint(const struct knob *knob, char *buf, size_t size);
bool knob_is_flag(const struct knob *knob);
/* May a sweep vary it?  Not reports, flags and lists (--workload): these are the same for every arm. */
bool knob_is_axis(const struct knob *knob);
/* May it stand several times in one command, each time adding to its list? */
bool knob_is_list(const struct knob *knob);
/* Does this value name a file or folder of this host?  Of QEMU's own words: one of its options that takes a file. */
bool knob_names_path(const struct knob *knob, const char *text);
bool knob_is_given(const struct spec *spec, const char *name);
/* Sets the field and its `given` bit; a list grows.  Words name the value, not the knob: the caller knows the place. */
int knob_parse(const struct knob *knob, const char *text, struct spec *ret, struct err *err)
        MUST_CHECK;
/* What knob_parse() reads back to the same value; "" where nothing is set. */
void knob_format(const struct knob *knob, const struct spec *spec, char *buf, size_t size);
/* The nearest knob name for "unknown option" messages, or NULL. */
const char *knob_suggest(const char *name);
extern const char *const scope_names[];

#endif

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

struct knob_kind; /* { hint, parse, format }: the value's own two functions */

struct knob {
	const char *name;
	char letter; /* 'o' for -o; 0 */
	const struct knob_kind *kind;
	size_t offset; /* of the field in struct spec */
	enum scope scope;
	unsigned commands; /* bit per enum command_kind that takes it */
	bool only_guest;   /* means nothing natively: dropped from native arms */
	const char *hint;  /* "N", "SIZE", "none|LIST" in --help */
	const char *help;
};

const struct knob *knob_find(const char *name); /* without the dashes; or NULL */
const struct knob *knob_at(int i);              /* NULL after the last */
int knob_index(const struct knob *knob);
bool knob_is_flag(const struct knob *knob);
bool knob_is_given(const struct spec *spec, const char *name);
int knob_parse(const struct knob *knob, const char *text, struct spec *ret, struct err *err)
        MUST_CHECK;
/* What knob_parse() reads back to the same value. */
void knob_format(const struct knob *knob, const struct spec *spec, char *buf, size_t size);
/* The nearest knob name for "unknown knob" messages, or NULL. */
const char *knob_suggest(const char *name);

#endif

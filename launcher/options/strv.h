/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * strv.h - a growing list of owned strings: somebody's argv.
 */
#ifndef LAUNCHER_STRV_H
#define LAUNCHER_STRV_H

#include <stdbool.h>
#include <stdio.h>

struct json_object;

struct strv {
	char **v; /* NULL-terminated */
	int nr;
	bool failed; /* no memory at some point: checked once, at the end */
};

void strv_add(struct strv *list, const char *text);
void strv_addf(struct strv *list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The object as one line of JSON; consumed. */
void strv_add_json(struct strv *list, struct json_object *o);
/* One line, quoted for sh. */
void strv_print_shell(const struct strv *args, FILE *out);
void strv_done(struct strv *args);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.h - strict JSON: bounded parsing and typed getters that name the place in their message.
 *
 * json-c returns 0 for NULL, for "x" and for a missing key, and 0 as a TID means the caller.  So nothing in
 * qlaunch calls json_object_get_int() on foreign data: these getters check presence, type and range.
 * `where` is the place of the object for the message ("query-cpus-fast[1]", "arms.json: arms[3]").
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "err.h"

#define JSON_DEPTH_MAX 16

/* Strict (no comments, no NaN, valid UTF-8, nothing after the value, no key twice in an object), at most JSON_DEPTH_MAX deep. */
int json_parse(const char *text, size_t len, struct json_object **ret, struct err *err) MUST_CHECK;
/* The same from a regular file of at most max_bytes; path names it in messages. */
int json_parse_fd(int fd, const char *path, size_t max_bytes, struct json_object **ret,
                  struct err *err) MUST_CHECK;

/* Each: -ENOENT missing, -EINVAL wrong type or out of range.  Strings and objects are borrowed from `o`. */
int json_get_i64(struct json_object *o, const char *where, const char *key, int64_t min,
                 int64_t max, int64_t *ret, struct err *err) MUST_CHECK;
int json_get_u64(struct json_object *o, const char *where, const char *key, uint64_t *ret,
                 struct err *err) MUST_CHECK;
int json_get_double(struct json_object *o, const char *where, const char *key, double *ret,
                    struct err *err) MUST_CHECK;
int json_get_bool(struct json_object *o, const char *where, const char *key, bool *ret,
                  struct err *err) MUST_CHECK;
int json_get_string(struct json_object *o, const char *where, const char *key, const char **ret,
                    struct err *err) MUST_CHECK;
int json_get_object(struct json_object *o, const char *where, const char *key,
                    struct json_object **ret, struct err *err) MUST_CHECK;
int json_get_array(struct json_object *o, const char *where, const char *key,
                   struct json_object **ret, struct err *err) MUST_CHECK;

/* The text of o (json-c's flags) and a line end, malloc'd: as a terminal may show it.  json-c escapes C0 only; here DEL, C1
 * and what changes the direction or the end of a line are \u escapes too, and what is no UTF-8 is U+FFFD. */
char *json_line(struct json_object *o, int flags, size_t *ret_len);
/* -ENOMEM, else 0: whether it was written the stream says. */
int json_print(struct json_object *o, int flags, FILE *out) MUST_CHECK;

/* True where the key exists (also as null). */
bool json_has(struct json_object *o, const char *key);

/* Cleanup: json_object_put and NULL. */
void json_done(struct json_object **o);

#endif

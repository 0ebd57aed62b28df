/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp_envelope.h - the words around every command and answer (docs/interop/qmp-spec.rst).  Knows no socket. */
#ifndef QMP_QMP_ENVELOPE_H
#define QMP_QMP_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct json_object;

/* {"execute": ..., "arguments": ..., "id": ...} and a newline, malloc'ed; consumes args (or NULL). */
int qmp_command_format(const char *command, struct json_object *args, int64_t id, char **ret,
                       struct err *err) MUST_CHECK;
/* {"class": ..., "desc": ...} -> "COMMAND: DESC (CLASS)", escaped; returns -errno by the class. */
int qmp_refusal(const char *command, struct json_object *error, struct err *err) MUST_CHECK;
/* {"QMP": {"version": ...}} -> 70222 and "7.2.22 (PACKAGE)". */
int qmp_greeting_read(struct json_object *greeting, int *ret_version, char *ret_text, size_t size,
                      struct err *err) MUST_CHECK;
/* A string that fits into ret and can be printed. */
int qmp_get_text(struct json_object *o, const char *where, const char *key, char *ret, size_t size,
                 struct err *err) MUST_CHECK;

#endif

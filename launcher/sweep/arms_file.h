/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arms_file.h - reads the file of --arms as JSON.  Knows no knob.
 */
#ifndef LAUNCHER_ARMS_FILE_H
#define LAUNCHER_ARMS_FILE_H

#include "err.h"

struct json_object;

/* Root takes it only from root, or from the user who called sudo: it decides what root runs.  -EPERM where somebody else
 * may write to it or put another in its place. */
int arms_file_read(const char *path, struct json_object **ret, struct err *err) MUST_CHECK;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paths.h - where qlaunch keeps and finds its files: state, cache, and qload and the report's assets beside the program.
 */
#ifndef LAUNCHER_PATHS_H
#define LAUNCHER_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "outfile.h"

/* $XDG_STATE_HOME/qlaunch or ~/.local/state/qlaunch; made (0700) where missing, refused where another user could put
 * files there (place.h).  Likewise $XDG_CACHE_HOME. */
int paths_state(char *ret, size_t size, struct err *err) MUST_CHECK;
int paths_cache(char *ret, size_t size, struct err *err) MUST_CHECK;
/* Their names; nothing is made. */
int paths_state_name(char *ret, size_t size, struct err *err) MUST_CHECK;
int paths_cache_name(char *ret, size_t size, struct err *err) MUST_CHECK;
/* Makes the new file STATE/results/DATE-TIME-COMMAND.SUFFIX, and the folder.  DATE is local time. */
int paths_result(const char *command, const char *suffix, struct outfile *ret, char *ret_path,
                 size_t size, struct err *err) MUST_CHECK;
/* Beside /proc/self/exe, then ../libexec/qlaunch. */
int paths_qload(char *ret, size_t size, struct err *err) MUST_CHECK;
/* The folder of the HTML report's libraries: beside the program, then ../share/qlaunch.  False: neither is there. */
bool paths_report_assets(char *ret, size_t size);

#endif

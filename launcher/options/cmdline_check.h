/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmdline_check.h - what is wrong with a command line whose every word is right; cmdline.c alone calls it.
 */
#ifndef LAUNCHER_CMDLINE_CHECK_H
#define LAUNCHER_CMDLINE_CHECK_H

#include "cmdline.h"

int cmdline_check(const struct cmdline *cmdline, struct err *err) MUST_CHECK;

#endif

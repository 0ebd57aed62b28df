/* SPDX-License-Identifier: GPL-2.0-or-later */
/* redirected.h - stdout and stderr as the shell opened them: what is said must not overwrite a disk. */
#ifndef LAUNCHER_REDIRECTED_H
#define LAUNCHER_REDIRECTED_H

#include "err.h"

/*
 * Before the first byte is written: refuses a stdout or stderr that is a block device, or a file that a word of the
 * command line names too (`qlaunch vm.img 2>>vm.img`), or a backing file of one.  The refused descriptor is replaced,
 * stderr by stdout where that is another file, so the message can be printed as usual.
 */
int redirected_check(char **argv, struct err *err) MUST_CHECK;

#endif

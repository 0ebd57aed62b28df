/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_folder.h - where tracefs is: the same for all who need it.
 */
#ifndef MEASURE_TRACE_FOLDER_H
#define MEASURE_TRACE_FOLDER_H

#include <stddef.h>

#include "err.h"

/* Where it is mounted by custom, and what to say where it is nowhere. */
#define TRACE_FOLDER_USUAL "/sys/kernel/tracing"
#define TRACE_FOLDER_MOUNT "mount -t tracefs nodev " TRACE_FOLDER_USUAL

/* -ENOENT: nowhere.  Of several the first that we may read; where we may read none, the first.  Where it is mounted
 * nowhere, the one that trace_folder_mount() holds. */
int trace_folder_find(char *ret, size_t size);
/* Where tracefs is mounted nowhere: mounts it for this process alone, in no namespace, where no other can see it; it is
 * gone with the process.  Needs CAP_SYS_ADMIN.  What is mounted already, or held, is no error and changes nothing. */
int trace_folder_mount(struct err *err) MUST_CHECK;

#endif

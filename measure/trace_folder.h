/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_folder.h - where tracefs is mounted: the same for all who need it.  Mounts nothing.
 */
#ifndef MEASURE_TRACE_FOLDER_H
#define MEASURE_TRACE_FOLDER_H

#include <stddef.h>

/* Where it is mounted by custom, and what to say where it is nowhere. */
#define TRACE_FOLDER_USUAL "/sys/kernel/tracing"
#define TRACE_FOLDER_MOUNT "mount -t tracefs nodev " TRACE_FOLDER_USUAL

/* -ENOENT: nowhere.  Of several the first that we may read; where we may read none, the first. */
int trace_folder_find(char *ret, size_t size);

#endif

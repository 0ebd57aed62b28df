/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup.h - the folder of a thread's cgroup for one controller, under cgroup v1 or v2.  Only reads; used to name the
 * cause of a refusal.  Source: cgroups(7), proc(5) on /proc/PID/cgroup and mountinfo.
 */
#ifndef TUNING_CGROUP_H
#define TUNING_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* "/sys/fs/cgroup/cpu/name".  -ENOENT where the controller is not mounted, -ENAMETOOLONG. */
int cgroup_find(pid_t tid, const char *controller, char *buf, size_t size);

/* The pure halves.  lines: /proc/TID/cgroup; version 1 or 2 comes back with the path in the hierarchy. */
int cgroup_parse_path(char *lines, const char *controller, int *version, char *buf, size_t size);
/* lines: /proc/self/mountinfo.  Both root (what part of the hierarchy is mounted) and mount point. */
int cgroup_parse_mount(char *lines, const char *controller, int version, char *root, char *mount,
                       size_t size);

#endif

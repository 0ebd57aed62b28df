/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hosts.h - the machines that the lines came from, and in what they differ.
 */
#ifndef REPORT_HOSTS_H
#define REPORT_HOSTS_H

#include <stddef.h>

struct json_object;
struct results;

/* "AMD EPYC, 2 CPUs, Linux 6.18.44", printable; "not recorded". */
void hosts_describe(const struct results *results, char *buf, size_t size);
/* The record of host i, or NULL.  The caller's. */
struct json_object *hosts_at(const struct results *results, int i);
/* The record of the first machine, or NULL.  The caller's. */
struct json_object *hosts_first(const struct results *results);
/* Keys whose values differ between the lines, as an array of strings (empty: one machine).  The caller's; NULL: no memory. */
struct json_object *hosts_differences(const struct results *results);

/* Sets each trial's machine: hosts of the same name, CPU model and CPUs are one. */
void hosts_set_machines(struct results *results);

#endif

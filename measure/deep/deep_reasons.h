/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deep_reasons.h - who took a thread's CPU and why its vCPU left the guest, as members of a result line:
 * "preemptors", "preemptors_more" and "by_reason", and the figures vm_exits_traced and vm_exit_time_s.
 */
#ifndef MEASURE_DEEP_REASONS_H
#define MEASURE_DEEP_REASONS_H

struct deep_name;
struct deep_reading;
struct json_object;

void deep_preemptors(const struct deep_reading *reading, const struct deep_name *names, int nr,
                     struct json_object *line);
void deep_reasons(const struct deep_reading *reading, const struct deep_name *names, int nr,
                  struct json_object *line);
void deep_reasons_none(const char *why, struct json_object *line);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * likeness.h - whether the loads of two arms had the same of what they asked for; where not, their figures differ for
 * another reason than the arms.
 */
#ifndef LAUNCHER_LIKENESS_H
#define LAUNCHER_LIKENESS_H

struct json_object;

/* Warns in the line where its `engine` has other words than the first line of this kind that was seen: the same
 * workload, told the same.  Counts may differ.  *seen is NULL at first, and the caller's to put. */
void likeness_note(struct json_object **seen, struct json_object *line);
/* Of a line that was written by an earlier run: only remembers it, where it is the first of its kind. */
void likeness_learn(struct json_object **seen, struct json_object *line);

#endif

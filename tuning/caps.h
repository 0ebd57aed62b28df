/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * caps.h - capabilities, in the order they leave us (theory of operation in caps.c).
 */
#ifndef TUNING_CAPS_H
#define TUNING_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/capability.h>

#include "err.h"

struct identity;

/* Once, first thing in main: permitted = what is needed of what we have, effective = {}. */
int caps_keep(struct err *err) MUST_CHECK;
/* The same, and of what we have also these: for a run that needs them. */
int caps_keep_with(const cap_value_t *more, size_t nr, struct err *err) MUST_CHECK;
/* Around one kernel call; returns a token for caps_lower().  Raising what we do not hold is no error: the kernel
 * will say so, and then the refusal is explained. */
int caps_raise(cap_value_t cap);
/* The same around a path that the user named: nothing is raised that the program's file has and the user has not. */
int caps_raise_for_path(cap_value_t cap);
void caps_lower(int *token); /* CLEANUP(caps_lower) int raised = caps_raise(CAP_SYS_NICE); */
/* Gives these up for good. */
int caps_drop(const cap_value_t *list, size_t nr, struct err *err) MUST_CHECK;
/* In a child between fork and exec (async-signal-safe calls only): bounding set emptied, sets cleared, no_new_privs. */
int caps_none(void) MUST_CHECK;
/* The same, and under another uid from then on.  It clears PR_SET_PDEATHSIG. */
int caps_none_as(const struct identity *identity) MUST_CHECK;
bool caps_have(cap_value_t cap);

#endif

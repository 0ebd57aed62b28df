/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise.h - competing load on the vCPUs' CPUs, for as long as one trial: policies matter only where CPUs are contended.
 *
 * Each process of it is a qload that does nothing but compute, as a child and in a session of its own: under the
 * kernel's autogroups, threads of one session would share one share, processes of a busy host do not.
 */
#ifndef LAUNCHER_NOISE_H
#define LAUNCHER_NOISE_H

#include "err.h"

struct json_object;
struct noises;
struct session;
struct spec;

/* Process i stands on the CPU of vCPU i, round and round; without --pin on any.  NULL where the spec wants none. */
int noises_start(struct session *session, const struct spec *spec, struct noises **ret,
                 struct err *err) MUST_CHECK;
/* The workers as the kernel says them: "noise" of a result line. */
int noises_record(const struct noises *noises, struct json_object *line, struct err *err)
        MUST_CHECK;
void noises_end(struct noises **noises);

#endif

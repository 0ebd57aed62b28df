/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * matrix.h - a sweep as a list of specs: axes, arms file, presets; and the order of its trials.  Reads the file
 * of --arms; starts nothing.
 */
#ifndef LAUNCHER_MATRIX_H
#define LAUNCHER_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "spec.h"

struct topology;

#define MATRIX_ARMS_MAX   256
#define MATRIX_TRIALS_MAX 100000
#define ARM_NAME_MAX      192

struct json_object;

struct arm {
	char name
	        [ARM_NAME_MAX]; /* the knobs that vary and apply: "native", "guest pin=1 policy=fifo" */
	bool is_named;          /* by the arms file: never merged with an equal one */
	bool is_listed;   /* by itself in the arms file: equal to another one only by mistake */
	struct spec spec; /* vcpus is set */
	/* Why plan_make() refused it, "" where it can run (the caller fills it): each planned trial becomes an error
	 * line. */
	char refused[512];
	bool is_control; /* the baseline once more under another name: what differs from it is order or drift */
	int boot; /* arms with the same number share a boot configuration; native arms: -1 */
};

struct matrix {
	int nr_arms;
	struct arm *arm;
	int repeats, boots; /* of an arm; repeats are spread over boots */
	uint64_t
	        seed; /* the spec's; 0 where it gave none: the caller draws one before matrix_order() */
	struct json_object *file; /* the arms file: specs borrow its strings */
};

/* What one command line holds before it is multiplied out: knob -> values. */
struct axes; /* opaque list built by the command line (cmdline.h) */

/* One step of the whole experiment, in the order in which it runs. */
struct step {
	int block;    /* 0..boots-1 */
	int repeat;   /* of this arm, 0..repeats-1 */
	int arm;      /* index */
	int workload; /* index into the arm's spec.workload */
	int boot;     /* arm[].boot */
};

/* A sweep of several arms gets its A/A control as the last one, unless --control is off.
 * axes may be NULL (a single arm).  base names the preset or the arms file, which is read here.  Equal arms are merged.
 * boots, where not given: one a repeat, at most 10 (with --until-ci: one a repeat). */
int matrix_make(const struct spec *base, const struct axes *axes, const struct topology *host,
                struct matrix *ret, struct err *err) MUST_CHECK;
/* Randomised complete blocks by seed: in each block the boot groups (and native arms) in random order, inside a boot
 * rounds of its arms in random order, the workloads of a cell one after another.  malloc'ed; returns the count. */
int matrix_order(const struct matrix *matrix, struct step **ret, struct err *err) MUST_CHECK;
/* The boots of so many repeats, by --boots or without it. */
int matrix_boots(const struct spec *spec, int repeats);
void matrix_done(struct matrix *matrix);
/* Every knob that applies, one a line: equal texts are equal arms.  malloc'ed; NULL: no memory. */
char *arm_signature(const struct spec *spec);
/* Of a run, which has no other arms to differ from: the knobs that were given, the disks' file names and the
 * words after "--".  ret: ARM_NAME_MAX bytes. */
void arm_name_alone(const struct spec *spec, char *ret);

#endif

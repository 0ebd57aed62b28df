/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * design_power.h - what a design can find, said before anything is measured: the units (boots, natively rounds) that a
 * verdict takes, those that the design has, the minimum detectable effect, the time.  Pure: knows arms and numbers, no
 * result.
 */
#ifndef LAUNCHER_DESIGN_POWER_H
#define LAUNCHER_DESIGN_POWER_H

#include <stdbool.h>
#include <stdio.h>

struct arm;
struct course;
struct matrix;
struct spec;

struct design_power {
	int arms; /* compared with the baseline in one workload, at most; 0: no verdict is asked for */
	bool by_boot;       /* some comparison's unit is a boot */
	int units;          /* of the comparison that has the fewest */
	int needed;         /* for a verdict on so many arms */
	int control_needed; /* for the A/A control; 0: there is none */
};

/* Does the report compare the two?  An arm that cannot run has no value, and is left out there. */
bool design_compares(const struct arm *arm, const struct arm *base);
/* After plans_make(): refused arms do not count.  baseline: an arm's name.  --until-ci asks for more units by itself:
 * stopping_make(). */
void design_power_make(const struct matrix *matrix, const struct spec *spec, const char *baseline,
                       struct design_power *ret);
/* The smallest change of options that brings verdicts and the control, as a sentence; "" where none is needed. */
void design_power_advise(const struct design_power *power, const struct matrix *matrix,
                         const struct spec *spec, char *buf, size_t size);
/* For --dry-run: time, verdicts and effect.  is_kvm: of the VMs.  drops_first: each boot has a discarded trial. */
void design_power_print(const struct design_power *power, const struct course *course,
                        const struct spec *spec, bool is_kvm, bool drops_first, FILE *out);

#endif

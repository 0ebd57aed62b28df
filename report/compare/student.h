/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * student.h - Student's t distribution, any number of degrees of freedom above 0, and what is made of it: Welch's
 * comparison of two means.
 */
#ifndef REPORT_STUDENT_H
#define REPORT_STUDENT_H

#include <stdbool.h>
#include <stddef.h>

/* P(|T| > |t|). */
double student_p(double t, double freedom);
/* The t > 0 with P(|T| > t) = p; 0 < p < 1. */
double student_t(double p, double freedom);

/* Mean of a minus mean of b without equal variances, with Welch's and Satterthwaite's degrees of freedom. */
struct welch {
	double difference, error, freedom, p;
};

/* false: a side has fewer than two values, or neither side varies. */
bool welch(const double *a, size_t nr_a, const double *b, size_t nr_b, struct welch *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* interval.c - the binomial's tail, summed from its end: terms are small there and never cancel. */
#include "interval.h"

#include <math.h>

bool interval_median(const double *sorted, size_t nr, double alpha, struct interval *ret)
{
	double log_term = -(double)nr * M_LN2, tail = 0; /* of 0 successes */
	size_t j = 0;

	for (; j < nr / 2; j++) {
		tail += exp(log_term);
		if (2 * tail > alpha)
			break;
		log_term += log((double)(nr - j)) - log((double)(j + 1));
	}
	if (!j)
		return false;
	*ret = (struct interval){ sorted[j - 1], sorted[nr - j] };
	return true;
}

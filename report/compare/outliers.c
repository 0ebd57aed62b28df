/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outliers.c - the modified z of each value of a cell. */
#include "outliers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "cells.h"
#include "cleanup.h"
#include "compare.h"
#include "result_figures.h"
#include "stats.h"

static void doubles_free(double **list)
{
	free(*list);
	*list = NULL;
}

static int list_one(struct comparisons *to, const struct cell_sample *sample, double z)
{
	if (results_grow((void **)&to->outlier, &to->room_outliers, to->nr_outliers,
	                 sizeof(*to->outlier)))
		return -ENOMEM;
	to->outlier[to->nr_outliers++] = (struct outlier){ sample->trial, sample->value->value, z };
	return 0;
}

int outliers_find(const struct cell *cell, const double *sorted, struct comparisons *to,
                  struct comparison *ret)
{
	CLEANUP(doubles_free) double *values = calloc(cell->nr + 1, sizeof(*values));
	CLEANUP(doubles_free) double *z = calloc(cell->nr + 1, sizeof(*z));
	size_t nr = 0, at = 0;

	ret->first_outlier = to->nr_outliers;
	if (!ret->n)
		return 0;
	if (!values || !z)
		return -ENOMEM;
	for (size_t i = 0; i < cell->nr; i++) {
		if (cell->sample[i].value && !isnan(cell->sample[i].value->value))
			values[nr++] = cell->sample[i].value->value;
	}
	stats_modified_z(values, sorted, nr, z);
	for (size_t i = 0; i < cell->nr; i++) {
		if (!cell->sample[i].value || isnan(cell->sample[i].value->value))
			continue;
		if (fabs(z[at]) > OUTLIER_Z && ret->nr_outliers++ < OUTLIERS_LISTED &&
		    list_one(to, &cell->sample[i], z[at]))
			return -ENOMEM;
		at++;
	}
	return 0;
}

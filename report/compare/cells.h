/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cells.h - the values of a results file by what is compared: one cell an arm, workload and figure, its samples in
 * the order of seed, block and repeat, so that two cells can be paired by walking along both.
 */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include <stddef.h>

#include "results.h"

struct cell_sample {
	const struct result_trial *trial;
	const struct result_value *value;
};

struct cell {
	int arm, workload,
	        figure; /* figure -1: the arm's trials could not run here; samples have no value */
	size_t nr;
	const struct cell_sample *sample;
};

struct cells {
	size_t nr, room;
	struct cell *list; /* by workload, arm, figure */
	struct cell_sample *samples;
};

int cells_make(const struct results *results, struct cells *ret) MUST_CHECK;
/* The cell or NULL. */
const struct cell *cells_find(const struct cells *cells, int workload, int arm, int figure);
/* Orders two samples by what pairs them: seed, block, repeat. */
int cell_sample_order(const struct cell_sample *a, const struct cell_sample *b);
void cells_done(struct cells *cells);

#endif

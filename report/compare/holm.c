/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holm.c - the smallest of m p values times m, the next times m - 1, and never below the one before. */
#include "holm.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "cleanup.h"

static void list_free(struct holm ***list)
{
	free(*list);
	*list = NULL;
}

static int by_p(const void *left, const void *right)
{
	const struct holm *a = *(struct holm *const *)left, *b = *(struct holm *const *)right;

	return (a->p > b->p) - (a->p < b->p);
}

int holm_adjust(struct holm *family, size_t nr)
{
	CLEANUP(list_free) struct holm **list = calloc(nr + 1, sizeof(*list));
	size_t known = 0;
	double floor = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		family[i].adjusted = NAN;
		if (!isnan(family[i].p))
			list[known++] = &family[i];
	}
	if (known)
		qsort(list, known, sizeof(struct holm *), by_p);
	for (size_t i = 0; i < known; i++) {
		floor = fmax(floor, fmin(1, (double)(known - i) * list[i]->p));
		list[i]->adjusted = floor;
	}
	return 0;
}

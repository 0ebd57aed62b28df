/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_files.c - the same experiment is the same seed without a trial that was run twice. */
#include "result_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "results.h"

/* What is known of an arm while its trials are walked along. */
struct seen {
	uint64_t seed;
	int file;      /* of its first trial, -1 */
	bool is_apart; /* measured in several experiments */
	int *name;     /* by file: its new number; NULL */
};

static void seen_free(struct seen **list)
{
	free(*list);
	*list = NULL;
}

static void trials_free(const struct result_trial ***list)
{
	free(*list);
	*list = NULL;
}

#define COMPARE(a, b)                                                                              \
	do {                                                                                       \
		if ((a) != (b))                                                                    \
			return (a) < (b) ? -1 : 1;                                                 \
	} while (0)

static int by_key(const void *left, const void *right)
{
	const struct result_trial *a = *(const struct result_trial *const *)left;
	const struct result_trial *b = *(const struct result_trial *const *)right;

	COMPARE(a->arm, b->arm);
	COMPARE(a->seed, b->seed);
	COMPARE(a->workload, b->workload);
	COMPARE(a->block, b->block);
	COMPARE(a->repeat, b->repeat);
	return 0;
}

/* Somebody gave the same seed to both: then a trial is there twice, at different times. */
static int find_repeated(const struct results *results, struct seen *seen)
{
	CLEANUP(trials_free)
	const struct result_trial **list = calloc(results->nr_trials + 1, sizeof(*list));
	size_t nr = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < results->nr_trials; i++) {
		if (!results->trial[i].duplicate)
			list[nr++] = &results->trial[i];
	}
	if (nr)
		qsort(list, nr, sizeof(*list), by_key);
	for (size_t i = 1; i < nr; i++) {
		if (!by_key(&list[i - 1], &list[i]) && list[i - 1]->file != list[i]->file)
			seen[list[i]->arm].is_apart = true;
	}
	return 0;
}

static int find_apart(const struct results *results, struct seen *seen)
{
	for (int i = 0; i < results->arms.nr; i++)
		seen[i].file = -1;
	for (size_t i = 0; i < results->nr_trials; i++) {
		const struct result_trial *trial = &results->trial[i];
		struct seen *arm = &seen[trial->arm];

		if (trial->duplicate)
			continue;
		if (arm->file < 0) {
			arm->file = trial->file;
			arm->seed = trial->seed;
		}
		arm->is_apart |= arm->file != trial->file && arm->seed != trial->seed;
	}
	return find_repeated(results, seen);
}

/* The end of the path, or all of it where another file is called the same. */
static const char *short_name(const struct results *results, int file)
{
	const char *path = names_at(&results->files, file), *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (int i = 0; i < results->files.nr; i++) {
		const char *other = names_at(&results->files, i);
		size_t len = strlen(other), tail = strlen(name);

		if (i != file && len >= tail && !strcmp(other + len - tail, name) &&
		    (len == tail || other[len - tail - 1] == '/'))
			return path;
	}
	return name;
}

/* The arm's number in one file. */
static int part_arm(struct results *results, struct seen *seen, int arm, int file)
{
	char name[512];
	int id, first = seen[arm].file;

	if (!seen[arm].name) {
		seen[arm].name = calloc(RESULTS_FILES_MAX, sizeof(int));
		if (!seen[arm].name)
			return -ENOMEM;
	}
	if (seen[arm].name[file])
		return seen[arm].name[file] - 1;
	snprintf(name, sizeof(name), "%s [%s]", names_at(&results->arms, arm),
	         short_name(results, file));
	id = names_add(&results->arms, name, strlen(name));
	if (id < 0)
		return id == -E2BIG ? arm : id;
	seen[arm].name[file] = id + 1;
	results->is_parted[id] = true;
	results->arm_order[id] = results->arm_order[arm];
	results->twin_of[id] = file == first ? -1 : seen[arm].name[first] - 1;
	return id;
}

static void part_baseline(struct results *results, const struct seen *seen)
{
	int arm = names_find(&results->arms, results->baseline, strlen(results->baseline));

	if (arm >= 0 && seen[arm].is_apart && seen[arm].name)
		snprintf(results->baseline, sizeof(results->baseline), "%s",
		         names_at(&results->arms, seen[arm].name[seen[arm].file] - 1));
}

/* A control repeats the arm of its own file. */
static void part_controls(struct results *results, const struct seen *seen, int nr)
{
	for (int arm = 0; arm < nr; arm++) {
		int of = results->control_of[arm];

		if (of < 0 || of >= nr || !seen[of].name)
			continue;
		for (int file = 0; file < results->files.nr; file++) {
			int control = seen[arm].name ? seen[arm].name[file] - 1 : arm;

			if (control >= 0 && seen[of].name[file] &&
			    (seen[arm].name || seen[arm].file == file))
				results->control_of[control] = seen[of].name[file] - 1;
		}
	}
}

int result_files_part(struct results *results)
{
	CLEANUP(seen_free) struct seen *seen = calloc((size_t)results->arms.nr + 1, sizeof(*seen));
	int rc, nr = results->arms.nr;

	if (!seen)
		return -ENOMEM;
	rc = results->files.nr > 1 ? find_apart(results, seen) : 0;
	for (size_t i = 0; i < results->nr_trials && !rc; i++) {
		struct result_trial *trial = &results->trial[i];
		int arm = trial->arm;

		if (trial->duplicate || !seen[arm].is_apart)
			continue;
		arm = part_arm(results, seen, arm, trial->file);
		rc = arm == -ENOMEM ? arm : 0;
		if (!rc)
			trial->arm = (uint16_t)arm;
	}
	if (!rc) {
		part_baseline(results, seen);
		part_controls(results, seen, nr);
	}
	for (int i = 0; i < nr; i++)
		free(seen[i].name);
	return rc;
}

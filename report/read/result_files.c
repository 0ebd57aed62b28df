/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_files.c - the same experiment is the same seed without a trial that was run twice. */
#include "result_files.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "hosts.h"
#include "json.h"
#include "results.h"

/* What is known of an arm while its trials are walked along. */
struct seen {
	uint64_t seed;
	int file;      /* of its first trial, -1 */
	bool is_apart; /* measured in several experiments */
	int *name;     /* by part: its new number plus 1; NULL */
};

/* A part is a file, or a side where the files have sides. */
#define PARTS_MAX (RESULTS_FILES_MAX > NR_SIDES ? RESULTS_FILES_MAX : NR_SIDES)

static int part_of(const struct results *results, int file)
{
	return results->side[0] == SIDE_ALONE ? file : results->side[file];
}

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
		arm->is_apart |= results->side[0] != SIDE_ALONE ||
		                 (arm->file != trial->file && arm->seed != trial->seed);
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

static const char *part_name(const struct results *results, int file)
{
	static const char *const sides[] = {
		[SIDE_OLD] = "old", [SIDE_NEW] = "new", [SIDE_SAME] = "same"
	};
	const char *side = sides[results->side[file] % NR_SIDES];

	return side ? side : short_name(results, file);
}

/* What the part is to the arm's other parts. */
static void relate_part(struct results *results, const struct seen *seen, int id, int file)
{
	int first = part_of(results, seen->file);

	results->is_same[id] = results->side[file] == SIDE_SAME;
	results->twin_of[id] = part_of(results, file) == first || results->is_same[id]
	                               ? -1
	                               : seen->name[first] - 1;
	for (int part = 0; results->is_same[id] && part < NR_SIDES; part++) {
		if (part != SIDE_SAME && seen->name[part])
			results->same_of[seen->name[part] - 1] = id;
	}
}

/* The arm's number in one part. */
static int part_arm(struct results *results, struct seen *seen, int arm, int file)
{
	int id, part = part_of(results, file);
	char name[512];

	if (!seen[arm].name) {
		seen[arm].name = calloc(PARTS_MAX, sizeof(int));
		if (!seen[arm].name)
			return -ENOMEM;
	}
	if (seen[arm].name[part])
		return seen[arm].name[part] - 1;
	snprintf(name, sizeof(name), "%s [%s]", names_at(&results->arms, arm),
	         part_name(results, file));
	id = names_add(&results->arms, name, strlen(name));
	if (id < 0)
		return id == -E2BIG ? arm : id;
	seen[arm].name[part] = id + 1;
	results->is_parted[id] = true;
	results->arm_order[id] = results->arm_order[arm];
	relate_part(results, &seen[arm], id, file);
	return id;
}

static void part_baseline(struct results *results, const struct seen *seen)
{
	int arm = names_find(&results->arms, results->baseline, strlen(results->baseline));

	if (arm >= 0 && seen[arm].is_apart && seen[arm].name)
		snprintf(results->baseline, sizeof(results->baseline), "%s",
		         names_at(&results->arms,
		                  seen[arm].name[part_of(results, seen[arm].file)] - 1));
}

/* A control repeats the arm of its own file. */
static void part_controls(struct results *results, const struct seen *seen, int nr)
{
	for (int arm = 0; arm < nr; arm++) {
		int of = results->control_of[arm];

		if (of < 0 || of >= nr || !seen[of].name)
			continue;
		for (int part = 0; part < PARTS_MAX; part++) {
			int control = seen[arm].name ? seen[arm].name[part] - 1 : arm;

			if (control >= 0 && seen[of].name[part] &&
			    (seen[arm].name || part_of(results, seen[arm].file) == part))
				results->control_of[control] = seen[of].name[part] - 1;
		}
	}
}

int result_files_part(struct results *results)
{
	CLEANUP(seen_free) struct seen *seen = calloc((size_t)results->arms.nr + 1, sizeof(*seen));
	int rc, nr = results->arms.nr;

	if (!seen)
		return -ENOMEM;
	rc = results->files.nr > 1 || results->side[0] != SIDE_ALONE ? find_apart(results, seen)
	                                                             : 0;
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

/* Of the first trial of the file that has one; the caller's. */
static struct json_object *host_of_file(const struct results *results, int file)
{
	for (size_t i = 0; i < results->nr_trials; i++) {
		const struct result_trial *trial = &results->trial[i];

		if (trial->file == file && trial->host >= 0)
			return hosts_at(results, trial->host);
	}
	return NULL;
}

int result_files_by_host(struct results *results, const char *field, struct err *err)
{
	struct json_object *values[2] = { NULL, NULL };
	int nr = 0, rc = 0;

	for (int file = 0; file < results->files.nr && !rc; file++) {
		CLEANUP(json_done) struct json_object *host = host_of_file(results, file);
		struct json_object *value = NULL;
		int at = 0;

		if (!host || !json_object_object_get_ex(host, field, &value) || !value)
			rc = err_set(err, EINVAL,
			             "--by %.40s: %.200s has no such field in its host record",
			             field, names_at(&results->files, file));
		while (at < nr && !json_object_equal(values[at], value))
			at++;
		if (at == 2 && !rc)
			rc = err_set(err, EINVAL,
			             "--by %.40s: these files have more than two values of it",
			             field);
		if (at == nr && !rc)
			values[nr++] = json_object_get(value);
		results->side[file] = at ? SIDE_NEW : SIDE_OLD;
	}
	if (!rc && nr < 2)
		rc = err_set(err, EINVAL, "--by %.40s: all files have the same value of it", field);
	json_object_put(values[0]);
	json_object_put(values[1]);
	return rc;
}

void result_files_find_copies(struct results *results)
{
	bool has_own[RESULTS_FILES_MAX] = { false }, has_any[RESULTS_FILES_MAX] = { false };

	for (size_t i = 0; i < results->nr_trials; i++) {
		int file = results->trial[i].file % RESULTS_FILES_MAX;

		has_any[file] = true;
		has_own[file] |= !results->trial[i].duplicate;
	}
	for (int file = 0; file < results->files.nr; file++) {
		results->is_copy[file] = has_any[file] && !has_own[file];
		results->nr_copies += results->is_copy[file];
	}
}

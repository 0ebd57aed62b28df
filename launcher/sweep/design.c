/* SPDX-License-Identifier: GPL-2.0-or-later */
/* design.c - hashes a matrix, and says what is different about a line that carries another hash. */
#include "design.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "matrix.h"
#include "text.h"

#define FNV_OFFSET 0xcbf29ce484222325ULL
#define FNV_PRIME  0x100000001b3ULL

/* FNV-1a, with the terminating NUL: "ab","c" is not "a","bc". */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
	while (*text++);
	return hash;
}

int design_make(const struct matrix *matrix, struct design *ret, struct err *err)
{
	uint64_t hash = hash_text(FNV_OFFSET, QLAUNCH_VERSION);
	struct design design = { .repeats = matrix->repeats, .boots = matrix->boots };
	char numbers[96];

	snprintf(numbers, sizeof(numbers), "%d %d %" PRIu64, matrix->repeats, matrix->boots,
	         matrix->seed);
	hash = hash_text(hash, numbers);
	for (int i = 0; i < matrix->nr_arms; i++) {
		const struct arm *arm = &matrix->arm[i];
		CLEANUP(str_free) char *knobs = arm_signature(&arm->spec);

		if (!knobs)
			return err_set(err, ENOMEM, "out of memory");
		hash = hash_text(hash_text(hash, arm->name), knobs);
		design.trials += (long)matrix->repeats * arm->spec.nr_workloads;
	}
	snprintf(design.id, sizeof(design.id), "%016" PRIx64, hash);
	*ret = design;
	return 0;
}

void design_put(const struct design *design, struct json_object *line)
{
	struct json_object *planned = json_object_new_object();

	json_object_object_add(line, "design", json_object_new_string(design->id));
	json_object_object_add(planned, "repeats", json_object_new_int(design->repeats));
	json_object_object_add(planned, "boots", json_object_new_int(design->boots));
	if (design->looks)
		json_object_object_add(planned, "looks", json_object_new_int(design->looks));
	json_object_object_add(planned, "trials", json_object_new_int64(design->trials));
	json_object_object_add(line, "planned", planned);
}

static const struct arm *find_arm(const struct matrix *matrix, const char *name)
{
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (!strcmp(matrix->arm[i].name, name))
			return &matrix->arm[i];
	}
	return NULL;
}

static bool planned_differs(const struct matrix *matrix, struct json_object *line, char *buf,
                            size_t size)
{
	struct json_object *planned;
	int64_t repeats, boots;
	struct err err;

	if (json_get_object(line, "line", "planned", &planned, &err) ||
	    json_get_i64(planned, "planned", "repeats", 0, INT32_MAX, &repeats, &err) ||
	    json_get_i64(planned, "planned", "boots", 0, INT32_MAX, &boots, &err))
		return false;
	if (repeats == matrix->repeats && boots == matrix->boots)
		return false;
	snprintf(buf, size, "%" PRId64 " repeats in %" PRId64 " boots there, %d in %d here",
	         repeats, boots, matrix->repeats, matrix->boots);
	return true;
}

static const char *text_of(struct json_object *spec, const char *knob)
{
	struct json_object *value;

	return json_object_object_get_ex(spec, knob, &value) ? json_object_get_string(value) : NULL;
}

static bool spec_differs(const struct arm *arm, struct json_object *theirs, char *buf, size_t size)
{
	CLEANUP(json_done) struct json_object *ours = spec_to_json(&arm->spec);
	struct json_object *const both[] = { theirs, ours };

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		json_object_object_foreach(both[i], knob, ignored) {
			const char *there = text_of(theirs, knob), *here = text_of(ours, knob);

			(void)ignored;
			if (there && here && !strcmp(there, here))
				continue;
			if (!strcmp(knob, "hold") || !strcmp(knob, "dry-run") ||
			    !strcmp(knob, "qmp-timeout"))
				continue;
			snprintf(buf, size, "arm '%.64s' has --%.32s %.64s there, %.64s here",
			         arm->name, knob, there ? there : "not given",
			         here ? here : "not given");
			return true;
		}
	}
	return false;
}

void design_differs(const struct matrix *matrix, struct json_object *line, char *buf, size_t size)
{
	const char *version = NULL, *name = NULL;
	struct json_object *spec = NULL;
	const struct arm *arm;
	uint64_t seed;
	struct err err;

	if (json_get_string(line, "line", "qlaunch", &version, &err) ||
	    json_get_string(line, "line", "arm", &name, &err) ||
	    json_get_object(line, "line", "spec", &spec, &err) || !json_has(line, "design"))
		snprintf(buf, size, "its lines name no design");
	else if (strcmp(version, QLAUNCH_VERSION) != 0)
		snprintf(buf, size, "qlaunch %.32s there, %s here", version, QLAUNCH_VERSION);
	else if (!json_get_u64(line, "line", "seed", &seed, &err) && seed != matrix->seed)
		snprintf(buf, size, "seed %" PRIu64 " there, %" PRIu64 " here", seed, matrix->seed);
	/* a knob first: repeats may follow from it (--budget) */
	else if ((arm = find_arm(matrix, name)) && spec_differs(arm, spec, buf, size))
		return;
	else if (planned_differs(matrix, line, buf, size))
		return;
	else if (!arm)
		snprintf(buf, size, "there it has an arm '%.64s', here it has none of that name",
		         name);
	else
		snprintf(buf, size, "other arms there than the %d here", matrix->nr_arms);
}

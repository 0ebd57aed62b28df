/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arms.c - the arms file: a JSON list of knob sets.  Every key is checked, every value goes through its knob. */
#include "arms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arms_axes.h"
#include "json.h"
#include "knobs.h"
#include "text.h"

int arm_add(struct matrix *matrix, const struct spec *base, struct arm **ret, struct err *err)
{
	struct arm *arm;

	if (matrix->nr_arms == MATRIX_ARMS_MAX)
		return err_set(err, E2BIG, "more than %d arms", MATRIX_ARMS_MAX);
	arm = realloc(matrix->arm, sizeof(*arm) * (size_t)(matrix->nr_arms + 1));
	if (!arm)
		return err_set(err, ENOMEM, "out of memory");
	matrix->arm = arm;
	arm += matrix->nr_arms++;
	memset(arm, 0, sizeof(*arm));
	arm->spec = *base;
	*ret = arm;
	return 0;
}

/* What the whole sweep has in common (repeats, files, ...) is no arm's. */
static bool is_of_an_arm(const struct knob *knob)
{
	if (!(knob->commands >> COMMAND_SWEEP & 1))
		return false;
	if (knob->scope == SCOPE_HOST && knob_is_flag(knob))
		return !strcmp(knob->name, "force");
	return knob->scope <= SCOPE_HOST;
}

int arm_check_path(const struct spec *spec, const struct knob *knob, const char *text,
                   struct err *err)
{
	if (spec->allow_paths)
		return 0;
	if (!strcmp(knob->name, "user") || !strcmp(knob->name, "confine"))
		return err_set(err, EPERM,
		               "decides what QEMU may reach, which only the command line may: "
		               "--allow-paths, if you trust the file");
	if (!knob_names_path(knob, text))
		return 0;
	return err_set(err, EPERM,
	               "'%.64s' names a path of this host, which only the command line may: "
	               "--allow-paths, if you trust the file",
	               text);
}

int arm_set(struct arm *arm, const char *name, const char *text, struct err *err)
{
	const struct knob *knob = knob_find(name);
	const char *near = knob ? NULL : knob_suggest(name);
	int rc;

	if (!knob && near)
		return err_set(err, EINVAL, "unknown option: did you mean '%s'?", near);
	if (!knob)
		return err_set(err, EINVAL, "unknown option");
	if (!is_of_an_arm(knob))
		return err_set(err, EINVAL, "not valid in an arm");
	rc = arm_check_path(&arm->spec, knob, text, err);
	if (rc)
		return rc;
	arm->spec.given &= ~((unsigned __int128)1 << knob_index(knob)); /* a list starts anew */
	return knob_parse(knob, text, &arm->spec, err);
}

const char *arm_text(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_boolean:
		return json_object_get_boolean(value) ? "on" : "off";
	case json_type_int:
	case json_type_double:
		return json_object_get_string(value);
	case json_type_string:
		if (strlen(json_object_get_string(value)) ==
		    (size_t)json_object_get_string_len(value))
			return json_object_get_string(value);
		return NULL; /* a NUL inside */
	default:
		return NULL;
	}
}

static int set_name(struct matrix *matrix, struct arm *arm, const char *text, struct err *err)
{
	if (!*text || text_copy(arm->name, sizeof(arm->name), text) < 0)
		return err_set(err, EINVAL, "a name has 1 to %d bytes", ARM_NAME_MAX - 1);
	if (!text_is_plain(text))
		return err_set(err, EINVAL, "a name has no control characters");
	arm->is_named = true;
	for (struct arm *other = matrix->arm; other != arm; other++) {
		if (other->is_named && !strcmp(other->name, arm->name))
			return err_set(err, EEXIST, "'%.64s' is another arm's name", text);
	}
	return 0;
}

static int parse_value(struct matrix *matrix, struct arm *arm, const char *key,
                       struct json_object *value, struct err *err)
{
	const char *text = arm_text(value);

	if (!text)
		return err_set(err, EINVAL, "is no string, number or bool");
	if (!strcmp(key, "name"))
		return set_name(matrix, arm, text, err);
	return arm_set(arm, key, text, err);
}

static int parse_arm(struct json_object *o, const char *where, size_t i, const struct spec *base,
                     struct matrix *ret, struct err *err)
{
	struct arm *arm;
	int rc = arm_add(ret, base, &arm, err);

	if (rc < 0)
		return rc;
	arm->is_listed = true;
	if (!json_object_is_type(o, json_type_object))
		return err_set(err, EINVAL, "%s[%zu] is no object of knobs", where, i);
	json_object_object_foreach(o, key, value) {
		rc = parse_value(ret, arm, key, value, err);
		if (rc < 0)
			return err_in(err, "%s[%zu].%.64s", where, i, key);
	}
	return 0;
}

static int parse_list(struct json_object *list, const char *where, const struct spec *base,
                      struct matrix *ret, struct err *err)
{
	if (!json_object_is_type(list, json_type_array) || !json_object_array_length(list))
		return err_set(err, EINVAL, "is no list of arms: [{\"policy\": \"fifo\"}, ...]");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		int rc = parse_arm(json_object_array_get_idx(list, i), where, i, base, ret, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_keys(struct json_object *root, bool has_axes, struct err *err)
{
	json_object_object_foreach(root, key, ignored) {
		bool known = has_axes ? !strcmp(key, "axes") || !strcmp(key, "exclude") ||
		                                !strcmp(key, "include")
		                      : !strcmp(key, "arms");

		(void)ignored;
		if (!known)
			return err_set(err, EINVAL,
			               "%.64s: a file of arms has \"arms\", or \"axes\" with "
			               "\"exclude\" and \"include\"",
			               key);
	}
	return 0;
}

int arms_parse(struct json_object *root, const char *where, const struct spec *base,
               struct matrix *ret, struct err *err)
{
	struct json_object *list = root, *axes = NULL;
	const char *name = "arms";
	int rc = 0;

	if (json_object_is_type(root, json_type_object)) {
		list = NULL;
		json_object_object_get_ex(root, "axes", &axes);
		rc = check_keys(root, axes, err);
		name = axes ? "include" : "arms";
		json_object_object_get_ex(root, name, &list);
	}
	if (!rc && !axes && base->pairs)
		rc = err_set(err, EINVAL, "--pairs needs \"axes\" in it");
	if (!rc && axes)
		rc = arms_axes_parse(root, base, ret, err);
	if (!rc && (!axes || list))
		rc = parse_list(list, name, base, ret, err);
	if (!rc && !ret->nr_arms)
		rc = err_set(err, EINVAL, "no arm is left");
	return rc < 0 ? err_in(err, "%s", where) : 0;
}

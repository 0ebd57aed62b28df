/* SPDX-License-Identifier: GPL-2.0-or-later */
/* knob_lists.c - values that fill several fields of a spec: CPU sets, workloads, disks. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "catalog.h"
#include "cleanup.h"
#include "console_match.h"
#include "json.h"
#include "knob_kinds.h"
#include "knobs.h"
#include "text.h"
#include "utf8.h"

static int cpus_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	struct spec *spec = field;
	int rc = cpuset_parse(text, &spec->emulator_pin, err);

	(void)kind;
	if (!rc)
		spec->has_emulator_pin = true;
	return rc;
}

static void cpus_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	const struct spec *spec = field;

	(void)kind;
	text_copy(buf, size, "");
	if (spec->has_emulator_pin)
		cpuset_format(&spec->emulator_pin, buf, size);
}

static int unknown_workload(const char *name, struct err *err)
{
	char all[256] = "";
	size_t used = 0;

	for (int i = 0; workload_at(i) && used < sizeof(all); i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "",
		                         workload_at(i)->name);
	return err_set(err, EINVAL, "'%.64s' is no workload: take %s", name, all);
}

static int workload_add(struct spec *spec, const char *name, struct err *err)
{
	const struct workload *workload = workload_find(name);

	if (!workload)
		return unknown_workload(name, err);
	for (int i = 0; i < spec->nr_workloads; i++) {
		if (!strcmp(spec->workload[i], workload->name))
			return err_set(err, EINVAL, "'%s' is named twice", name);
	}
	if (spec->nr_workloads == SPEC_WORKLOADS_MAX)
		return err_set(err, E2BIG, "more than %d workloads", SPEC_WORKLOADS_MAX);
	spec->workload[spec->nr_workloads++] = workload->name; /* the catalog's: it stays */
	return 0;
}

static int workloads_parse(const struct knob_kind *kind, const char *text, void *field,
                           struct err *err)
{
	char copy[SPEC_KNOB_MAX], *part[SPEC_WORKLOADS_MAX];
	struct spec *spec = field;
	int nr;

	(void)kind;
	if (text_copy(copy, sizeof(copy), text) < 0)
		return err_set(err, ENAMETOOLONG, "the list is too long");
	nr = text_split(copy, ',', part, SPEC_WORKLOADS_MAX);
	if (nr < 0)
		return err_set(err, E2BIG, "more than %d workloads", SPEC_WORKLOADS_MAX);
	if (!knob_is_given(spec, "workload"))
		spec->nr_workloads = 0; /* the first word replaces the default */
	for (int i = 0; i < nr; i++) {
		int rc = workload_add(spec, part[i], err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static void workloads_format(const struct knob_kind *kind, const void *field, char *buf,
                             size_t size)
{
	const struct spec *spec = field;
	size_t used = 0;

	(void)kind;
	text_copy(buf, size, "");
	for (int i = 0; i < spec->nr_workloads && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? "," : "",
		                         spec->workload[i]);
}

static int disk_set_file(struct disk *disk, const char *file, struct err *err)
{
	if (!*file)
		return err_set(err, EINVAL, "file is empty");
	if (text_copy(disk->file, sizeof(disk->file), file) < 0)
		return err_set(err, ENAMETOOLONG, "the file's name is longer than %d bytes",
		               SPEC_PATH_MAX - 1);
	return 0;
}

static int disk_set(struct disk *disk, const char *key, const char *value, struct err *err)
{
	if (!strcmp(key, "file"))
		return disk_set_file(disk, value, err);
	if (!strcmp(key, "format") && !strcmp(value, "raw"))
		disk->format = DISK_RAW;
	else if (!strcmp(key, "format") && !strcmp(value, "qcow2"))
		disk->format = DISK_QCOW2;
	else if (!strcmp(key, "format"))
		return err_set(err, EINVAL, "format '%.64s' is not one of qcow2, raw", value);
	else if (!strcmp(key, "readonly") && (!strcmp(value, "on") || !strcmp(value, "off")))
		disk->readonly = value[1] == 'n';
	else if (!strcmp(key, "readonly"))
		return err_set(err, EINVAL, "readonly '%.64s' is not one of on, off", value);
	else
		return err_set(err, EINVAL, "'%.64s' is not one of file, format, readonly", key);
	return 0;
}

/* file=NAME,format=raw,readonly=on; a name with a comma needs the JSON form or a plain DISK word */
static int disk_words(const char *text, struct disk *ret, struct err *err)
{
	char copy[SPEC_PATH_MAX + 64], *rest = copy;

	if (text_copy(copy, sizeof(copy), text) < 0)
		return err_set(err, ENAMETOOLONG, "the file's name is longer than %d bytes",
		               SPEC_PATH_MAX - 1);
	while (rest) {
		char *word = strsep(&rest, ","), *value = strchr(word, '=');
		int rc;

		if (!value)
			return err_set(err, EINVAL,
			               "'%.64s' is no KEY=VALUE (a name with commas needs JSON: "
			               "{\"file\": \"a,b\"})",
			               word);
		*value++ = '\0';
		rc = disk_set(ret, word, value, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int disk_object(struct json_object *o, struct disk *ret, struct err *err)
{
	json_object_object_foreach(o, key, value) {
		const char *text = NULL;
		int rc;

		if (json_object_is_type(value, json_type_boolean) && !strcmp(key, "readonly"))
			text = json_object_get_boolean(value) ? "on" : "off";
		else if (json_object_is_type(value, json_type_string) &&
		         strlen(json_object_get_string(value)) ==
		                 (size_t)json_object_get_string_len(value))
			text = json_object_get_string(value);
		if (!text)
			return err_set(err, EINVAL, "'%.64s' is no string without NUL", key);
		rc = disk_set(ret, key, text, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int disk_add(struct spec *spec, const struct disk *disk, struct err *err)
{
	if (!disk->file[0])
		return err_set(err, EINVAL, "has no file");
	if (spec->nr_disks == SPEC_DISKS_MAX)
		return err_set(err, E2BIG, "more than %d disks", SPEC_DISKS_MAX);
	spec->disk[spec->nr_disks++] = *disk;
	return 0;
}

static int disk_add_object(struct spec *spec, struct json_object *o, struct err *err)
{
	struct disk disk = { 0 };
	int rc;

	if (!json_object_is_type(o, json_type_object))
		return err_set(err, EINVAL, "is no JSON object");
	rc = disk_object(o, &disk, err);
	return rc < 0 ? rc : disk_add(spec, &disk, err);
}

static int disk_json(struct spec *spec, const char *text, struct err *err)
{
	CLEANUP(json_done) struct json_object *o = NULL;
	int rc = json_parse(text, strlen(text), &o, err);

	if (rc < 0 || !json_object_is_type(o, json_type_array))
		return rc < 0 ? rc : disk_add_object(spec, o, err);
	for (size_t i = 0; i < json_object_array_length(o); i++) {
		rc = disk_add_object(spec, json_object_array_get_idx(o, i), err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* A word without '=' is a file's name as it stands. */
static int disk_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	struct disk disk = { 0 };
	int rc;

	(void)kind;
	if (text[0] == '{' || text[0] == '[')
		return disk_json(field, text, err);
	rc = strchr(text, '=') ? disk_words(text, &disk, err) : disk_set_file(&disk, text, err);
	return rc < 0 ? rc : disk_add(field, &disk, err);
}

/* JSON is UTF-8, a file's name need not be. */
struct json_object *text_to_json(const char *text)
{
	char escaped[SPEC_KNOB_MAX];
	size_t len = strlen(text);
	uint32_t code;

	for (size_t at = 0; at < len;) {
		int n = utf8_read(text + at, len - at, &code);

		if (n < 0) {
			text_escape(text, len, escaped, sizeof(escaped));
			return json_object_new_string(escaped);
		}
		at += (size_t)n;
	}
	return json_object_new_string(text);
}

struct json_object *disks_to_json(const struct spec *spec)
{
	static const char *const formats[] = { NULL, "raw", "qcow2" };
	struct json_object *list = json_object_new_array();

	for (int i = 0; list && i < spec->nr_disks; i++) {
		const struct disk *disk = &spec->disk[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "file", text_to_json(disk->file));
		if (disk->format != DISK_AUTO)
			json_object_object_add(o, "format",
			                       json_object_new_string(formats[disk->format]));
		if (disk->readonly)
			json_object_object_add(o, "readonly", json_object_new_string("on"));
		json_object_array_add(list, o);
	}
	return list;
}

static void disk_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	const struct spec *spec = field;
	CLEANUP(json_done) struct json_object *list = NULL;

	(void)kind;
	text_copy(buf, size, "");
	list = spec->nr_disks ? disks_to_json(spec) : NULL;
	if (list)
		text_copy(buf, size, json_object_to_json_string(list));
}

static int rate_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	(void)kind;
	return arrival_parse(text, field, err);
}

static void rate_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	(void)kind;
	arrival_format(field, buf, size);
}

const struct knob_kind kind_rate = { .parse = rate_parse, .format = rate_format };
const struct knob_kind kind_cpus = {
	.has_commas = true,
	.parse = cpus_parse,
	.format = cpus_format,
};
/* Takes the words' text, which lives to the end.  Without a load of ours the guest is a user's: a run, or doctor. */
static int warmup_parse(const struct knob_kind *kind, const char *text, void *field,
                        struct err *err)
{
	CLEANUP(console_match_free) struct console_match *match = NULL;
	struct spec *spec = field;
	bool is_pattern = !strncmp(text, WARMUP_CONSOLE, strlen(WARMUP_CONSOLE));
	int rc = 0;

	if (!is_pattern && strcmp(text, "login") && strcmp(text, WARMUP_AGENT)) {
		spec->warmup_until = NULL;
		return kind_time.parse(kind, text, &spec->warmup_ns, err);
	}
	if (spec->nr_workloads)
		return err_set(
		        err, EINVAL,
		        "'%.64s': only run waits for its guest's console or agent; give bench and "
		        "sweep a time",
		        text);
	if (is_pattern && !text[strlen(WARMUP_CONSOLE)])
		return err_set(err, EINVAL, "'%s' has no pattern behind the colon", text);
	if (is_pattern)
		rc = console_match_new(text + strlen(WARMUP_CONSOLE), &match, err);
	if (!rc)
		spec->warmup_until = text;
	return rc;
}

static void warmup_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	const struct spec *spec = field;

	if (spec->warmup_until)
		text_copy(buf, size, spec->warmup_until);
	else
		kind_time.format(kind, &spec->warmup_ns, buf, size);
}

const struct knob_kind kind_warmup = {
	.max = 1000 * 3600 * NSEC_PER_SEC,
	.parse = warmup_parse,
	.format = warmup_format,
};
const struct knob_kind kind_workloads = {
	.is_list = true,
	.parse = workloads_parse,
	.format = workloads_format,
};
const struct knob_kind kind_disk = {
	.is_path = true,
	.is_list = true,
	.parse = disk_parse,
	.format = disk_format,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result.c - builds and appends result lines. */
#include "result.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "paths.h"
#include "placement.h"
#include "session.h"
#include "spec.h"
#include "text.h"

/* An older run that was cut off may have left half a line. */
static int end_torn_line(int fd, const char *path, struct err *err)
{
	struct stat st;
	char last;

	if (fstat(fd, &st))
		return err_sys(err, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return 0;
	if (pread(fd, &last, 1, st.st_size - 1) != 1)
		return err_sys(err, "%s", path);
	return last == '\n' ? 0 : text_write_all(fd, "\n", 1, err);
}

int result_file_open(const char *path, const char *command, struct result_file *ret,
                     struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);
	const int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
	int rc = 0;

	(void)raised;
	if (path && !strcmp(path, "-")) {
		*ret = (struct result_file){ .fd = STDOUT_FILENO, .path = "-" };
		return 0;
	}
	if (!path)
		rc = paths_result(command, "jsonl", ret->path, sizeof(ret->path), err);
	else if (text_copy(ret->path, sizeof(ret->path), path))
		rc = err_set(err, ENAMETOOLONG, "-o: too long a path");
	if (rc)
		return rc;
	ret->fd = open(ret->path, flags | O_EXCL, 0600);
	ret->made = ret->fd >= 0;
	if (!ret->made && errno == EEXIST)
		ret->fd = open(ret->path, flags, 0600);
	if (ret->fd < 0)
		return err_sys(err, "cannot write results to %s", ret->path);
	rc = end_torn_line(ret->fd, ret->path, err);
	if (rc)
		fd_close(&ret->fd);
	return rc;
}

void result_file_close(struct result_file *file)
{
	struct stat st;

	if (file->made && file->fd >= 0 && !fstat(file->fd, &st) && !st.st_size)
		unlink(file->path);
	if (file->fd > STDERR_FILENO)
		fd_close(&file->fd);
	file->fd = -1;
}

int result_append(struct result_file *file, struct json_object *line, struct err *err)
{
	CLEANUP(str_free) char *text = NULL;
	size_t len;
	const char *json = json_object_to_json_string_length(
	        line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	text = json ? malloc(len + 1) : NULL;
	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	memcpy(text, json, len);
	text[len] = '\n';
	if (text_write_all(file->fd, text, len + 1, err))
		return err_in(err, "results in %s", file->path);
	/* a pipe or a terminal has nothing to sync */
	if (fsync(file->fd) && errno != EINVAL && errno != EROFS)
		return err_sys(err, "results in %s", file->path);
	return 0;
}

static struct json_object *time_now(void)
{
	char text[64];
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03ldZ", now.tv_nsec / 1000000);
	return json_object_new_string(text);
}

struct json_object *result_new(const struct session *session, const struct result_key *key,
                               const struct spec *spec)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "schema", json_object_new_string("qlaunch.result/1"));
	json_object_object_add(line, "qlaunch", json_object_new_string(QLAUNCH_VERSION));
	json_object_object_add(line, "arm", json_object_new_string(key->arm));
	json_object_object_add(line, "workload", json_object_new_string(key->workload));
	json_object_object_add(line, "block", json_object_new_int(key->block));
	json_object_object_add(line, "repeat", json_object_new_int(key->repeat));
	json_object_object_add(line, "order", json_object_new_int(key->order));
	json_object_object_add(line, "seed", json_object_new_uint64(key->seed));
	if (key->baseline)
		json_object_object_add(line, "baseline", json_object_new_string(key->baseline));
	json_object_object_add(line, "arm_order", json_object_new_int(key->arm_order));
	if (key->primary)
		json_object_object_add(line, "primary", json_object_new_string(key->primary));
	json_object_object_add(line, "started", time_now());
	json_object_object_add(line, "spec", spec_to_json(spec));
	json_object_object_add(line, "host", json_object_get(session->host_record));
	json_object_object_add(line, "warnings", json_object_new_array());
	return line;
}

static struct json_object *place_json(bool has_cpus, const struct cpuset *cpus, bool has_policy,
                                      const struct policy *policy)
{
	struct json_object *place = json_object_new_object();
	char text[512];

	if (has_cpus)
		cpuset_format(cpus, text, sizeof(text));
	json_object_object_add(place, "cpus", has_cpus ? json_object_new_string(text) : NULL);
	if (has_policy)
		policy_format(policy, text, sizeof(text));
	json_object_object_add(place, "policy", has_policy ? json_object_new_string(text) : NULL);
	return place;
}

void result_threads(struct json_object *line, const struct placed *placed, int nr)
{
	struct json_object *threads = json_object_new_array();

	for (int i = 0; i < nr; i++) {
		const struct placed *row = &placed[i];
		struct json_object *thread = json_object_new_object();
		char name[160];

		text_escape(row->thread.name, strlen(row->thread.name), name, sizeof(name));
		json_object_object_add(thread, "tid", json_object_new_int(row->thread.tid));
		json_object_object_add(thread, "role",
		                       json_object_new_string(role_name(row->thread.role)));
		json_object_object_add(thread, "index", json_object_new_int(row->thread.index));
		json_object_object_add(thread, "name", json_object_new_string(name));
		json_object_object_add(thread, "want",
		                       place_json(row->has_cpus, &row->want_cpus, row->has_policy,
		                                  &row->want_policy));
		json_object_object_add(
		        thread, "got",
		        place_json(row->alive, &row->got_cpus, row->alive, &row->got_policy));
		json_object_object_add(thread, "stray", json_object_new_boolean(row->stray));
		json_object_array_add(threads, thread);
	}
	json_object_object_add(line, "threads", threads);
}

void placed_free(struct placed **placed)
{
	free(*placed);
	*placed = NULL;
}

void result_warn(struct json_object *line, const char *fmt, ...)
{
	struct json_object *warnings;
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (json_object_object_get_ex(line, "warnings", &warnings))
		json_object_array_add(warnings, json_object_new_string(text));
}

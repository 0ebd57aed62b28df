/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resume.c - reads a results file back: its seed, its design, its finished trials. */
#include "resume.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "course.h"
#include "design.h"
#include "json.h"
#include "likeness.h"
#include "measured.h"
#include "progress.h"
#include "result_file.h"
#include "stopping.h"

#define LINE_MAX_BYTES (4 << 20)

/* NULL: no result line, or half of one. */
static struct json_object *parse(const char *line, size_t len)
{
	CLEANUP(json_done) struct json_object *o = NULL;
	const char *schema;
	struct err ignored;

	if (!len || len > LINE_MAX_BYTES || json_parse(line, len, &o, &ignored))
		return NULL;
	if (!json_object_is_type(o, json_type_object) ||
	    json_get_string(o, "line", "schema", &schema, &ignored) ||
	    strcmp(schema, RESULT_SCHEMA) != 0)
		return NULL;
	return STEAL(&o);
}

static int take_seed(void *arg, const char *line, size_t len, struct err *err)
{
	CLEANUP(json_done) struct json_object *o = NULL;
	uint64_t *seed = arg;
	struct err ignored;

	(void)err;
	if (*seed || !(o = parse(line, len)))
		return 0;
	if (json_get_u64(o, "line", "seed", seed, &ignored))
		*seed = 0;
	return 0;
}

int resume_seed(const char *path, uint64_t *ret, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct result_file file = { .out = { .fd = fd, .place = { .folder_fd = -1 } } };
	struct stat st;
	int64_t bytes;

	*ret = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0; /* result_file_reopen() says so */
	bytes = result_file_lines(&file, take_seed, ret, err);
	return bytes < 0 ? (int)bytes : 0;
}

struct reader {
	const struct result_file *file;
	const struct design *design;
	struct course *course;
	struct stopping *stopping;
	struct measured *measured;
	struct json_object **engines;
	unsigned long nr_results, nr_foreign;
};

/* A cell that failed for a passing reason is tried again; a refused one would be refused again. */
static bool is_finished(struct json_object *line)
{
	const char *ended;
	struct err ignored;

	if (!json_has(line, "error"))
		return json_has(line, "figures");
	return !json_get_string(line, "line", "ended", &ended, &ignored) &&
	       !strcmp(ended, "refused");
}

static int take_line(void *arg, const char *line, size_t len, struct err *err)
{
	CLEANUP(json_done) struct json_object *o = parse(line, len);
	struct reader *reader = arg;
	const char *id = NULL, *arm, *workload;
	int64_t block, repeat;
	struct err ignored;
	char what[400];
	int step;

	if (!o) {
		reader->nr_foreign++;
		return 0;
	}
	if (json_get_string(o, "line", "design", &id, &ignored) ||
	    strcmp(id, reader->design->id) != 0) {
		design_differs(reader->course->matrix, o, what, sizeof(what));
		return err_set(err, EINVAL, "%s holds another design: %s", reader->file->path,
		               what);
	}
	if (json_get_string(o, "line", "arm", &arm, &ignored) ||
	    json_get_string(o, "line", "workload", &workload, &ignored) ||
	    json_get_i64(o, "line", "block", 0, INT32_MAX, &block, &ignored) ||
	    json_get_i64(o, "line", "repeat", 0, INT32_MAX, &repeat, &ignored)) {
		reader->nr_foreign++;
		return 0;
	}
	reader->nr_results++;
	step = course_find(reader->course, arm, workload, block, repeat);
	if (step < 0 || !is_finished(o))
		return 0;
	reader->course->state[step] = STEP_KEPT;
	measured_take(reader->measured, o);
	likeness_learn(reader->engines, o);
	return reader->stopping ? stopping_take(reader->stopping, step, o, err) : 0;
}

int resume_read(const struct result_file *file, const struct design *design, struct course *course,
                struct stopping *stopping, struct measured *measured, struct json_object **engines,
                struct err *err)
{
	struct reader reader = { .file = file,
		                 .design = design,
		                 .course = course,
		                 .stopping = stopping,
		                 .measured = measured,
		                 .engines = engines };
	struct stat st;
	int64_t whole;

	if (fstat(file->out.fd, &st))
		return err_sys(err, "%s", file->path);
	whole = result_file_lines(file, take_line, &reader, err);
	if (whole < 0)
		return (int)whole;
	if (whole && !reader.nr_results)
		return err_set(err, EINVAL, "%s holds no result line of qlaunch", file->path);
	if (reader.nr_foreign)
		progress_warn("%s: %lu lines are no result lines", file->path, reader.nr_foreign);
	/* the writer was cut off inside its last line: that trial has none */
	return st.st_size > whole ? result_file_cut(file, whole, err) : 0;
}

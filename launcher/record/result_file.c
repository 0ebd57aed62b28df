/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result_file.c - opens, locks, reads and appends to a results file. */
#include "result_file.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "json.h"
#include "paths.h"
#include "text.h"

#define LINE_MAX_BYTES (4 << 20)

static const char line_start[] = "{\"schema\":\"" RESULT_SCHEMA "\"";

/* As qlaunch writes it, also where it was cut off; or as another JSON tool has written it again. */
static bool is_result_line(const char *line, size_t len)
{
	CLEANUP(json_done) struct json_object *o = NULL;
	size_t start = strlen(line_start);
	const char *schema;

	if (!memcmp(line, line_start, len < start ? len : start))
		return true;
	return !json_parse(line, len, &o, NULL) &&
	       !json_get_string(o, "line", "schema", &schema, NULL) &&
	       !strcmp(schema, RESULT_SCHEMA);
}

/* The line that begins (or ends, where at is the file's end) there. */
static bool has_result_line(int fd, off_t at, bool ends)
{
	CLEANUP(str_free) char *bytes = malloc(LINE_MAX_BYTES);
	off_t from = !ends ? at : at > LINE_MAX_BYTES ? at - LINE_MAX_BYTES : 0;
	ssize_t len = bytes ? pread(fd, bytes, LINE_MAX_BYTES, from) : -1;
	const char *line = bytes, *cut;

	if (len <= 0)
		return false;
	if (ends && len > 1 && (cut = memrchr(bytes, '\n', (size_t)len - 1)))
		line = cut + 1;
	else if (ends && from)
		return false; /* longer than any result line */
	len -= line - bytes;
	cut = memchr(line, '\n', (size_t)len);
	return is_result_line(line, cut ? (size_t)(cut - line) : (size_t)len);
}

/* Before the first byte is written to a file that was there already. */
static int check_content(const struct result_file *file, struct err *err)
{
	struct stat st;
	char byte;

	if (file->out.made || file->out.is_stream)
		return 0;
	if (fstat(file->out.fd, &st))
		return err_sys(err, "%s", file->path);
	if (!st.st_size && !pread(file->out.fd, &byte, 1, 0))
		return 0;
	if (st.st_size && has_result_line(file->out.fd, 0, false) &&
	    has_result_line(file->out.fd, st.st_size, true))
		return 0;
	return err_set(err, EINVAL,
	               "%s holds something else than qlaunch's results, which are not appended to "
	               "it: name a new file",
	               file->path);
}

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
	if (last == '\n' || !text_write_all(fd, "\n", 1, err))
		return 0;
	return err_in(err, "results in %s: half a line of an earlier run", path);
}

/* Only a regular file; a file system without locks (some network ones) is written to without. */
static int lock(struct result_file *file, struct err *err)
{
	struct stat st;

	if (fstat(file->out.fd, &st))
		return err_sys(err, "%s", file->path);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (!flock(file->out.fd, (file->alone ? LOCK_EX : LOCK_SH) | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return 0;
	return err_set(err, EBUSY, "%s: another qlaunch is writing to it", file->path);
}

static int open_file(struct result_file *file, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise_for_path(CAP_DAC_OVERRIDE);
	int rc = outfile_open(file->path, &file->out, err);

	(void)raised;
	if (rc)
		return rc;
	if (file->out.is_stdout)
		text_copy(file->path, sizeof(file->path), "-");
	rc = check_content(file, err);
	return rc ? rc : lock(file, err);
}

int result_file_open(const char *path, const char *command, struct result_file *ret,
                     struct err *err)
{
	int rc;

	*ret = RESULT_FILE_NONE;
	ret->alone = strcmp(command, "run") != 0;
	if (!path)
		rc = paths_result(command, "jsonl", &ret->out, ret->path, sizeof(ret->path), err);
	else if (text_copy(ret->path, sizeof(ret->path), path))
		rc = err_set(err, ENAMETOOLONG, "-o: too long a path");
	else if ((rc = open_file(ret, err)))
		err_in(err, "-o");
	if (!rc && !path)
		rc = lock(ret, err);
	if (!rc && !ret->out.is_stream)
		rc = end_torn_line(ret->out.fd, ret->path, err);
	if (rc)
		result_file_close(ret);
	return rc;
}

int result_file_reopen(const char *path, struct result_file *ret, struct err *err)
{
	int rc;

	*ret = RESULT_FILE_NONE;
	ret->alone = true;
	if (text_copy(ret->path, sizeof(ret->path), path))
		return err_set(err, ENAMETOOLONG, "too long a path");
	rc = open_file(ret, err);
	if (!rc && ret->out.is_stream)
		rc = err_set(err, EINVAL, "cannot resume from %s: not a regular file", path);
	if (rc)
		result_file_close(ret);
	return rc;
}

int64_t result_file_lines(const struct result_file *file,
                          int (*take)(void *arg, const char *line, size_t len, struct err *err),
                          void *arg, struct err *err)
{
	CLEANUP(str_free) char *line = NULL;
	CLEANUP(file_close) FILE *in = NULL;
	int64_t bytes = 0;
	size_t room = 0;
	ssize_t len;
	int copy = fcntl(file->out.fd, F_DUPFD_CLOEXEC, 0);

	in = copy < 0 ? NULL : fdopen(copy, "r");
	if (!in)
		return err_sys(err, "%s", file->path);
	rewind(in); /* what is appended goes to the end in any case */
	while ((len = getline(&line, &room, in)) > 0) {
		int rc = line[len - 1] == '\n' ? take(arg, line, (size_t)len - 1, err) : 0;

		if (rc < 0)
			return rc;
		bytes += line[len - 1] == '\n' ? len : 0;
	}
	return ferror(in) ? err_sys(err, "%s", file->path) : bytes;
}

int result_file_cut(const struct result_file *file, int64_t bytes, struct err *err)
{
	return ftruncate(file->out.fd, bytes) ? err_sys(err, "%s", file->path) : 0;
}

/* The folder was removed below us: what was measured is still there behind the descriptor. */
static int save_elsewhere(struct result_file *file, struct err *err)
{
	CLEANUP(outfile_close) struct outfile to = OUTFILE_NONE;
	char path[sizeof(file->path)], bytes[65536];
	off_t at = 0;
	ssize_t n;

	if (paths_result("saved", "jsonl", &to, path, sizeof(path), err))
		return -err->code;
	while ((n = pread(file->out.fd, bytes, sizeof(bytes), at)) > 0) {
		if (text_write_all(to.fd, bytes, (size_t)n, err))
			return err_in(err, "%s", path);
		at += n;
	}
	if (n < 0 || fsync(to.fd))
		return err_sys(err, "%s", path);
	outfile_sync_name(&to);
	return err_set(err, ENOENT,
	               "results in %s: the file was removed; what is measured is in %s", file->path,
	               path);
}

/* Where others may append too (`run`) the file is not cut: what follows begins a new line, and readers skip this one. */
static bool ends_torn(int fd)
{
	struct stat st;
	char last;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size &&
	       pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
}

static int append(struct result_file *file, const char *text, size_t len, struct err *err)
{
	struct stat before, after;
	bool can_cut = file->alone && !fstat(file->out.fd, &before) && S_ISREG(before.st_mode);

	if (text_write_all(file->out.fd, text, len, err)) {
		if (can_cut && !ftruncate(file->out.fd, before.st_size))
			return err_in(err, "results in %s", file->path);
		return err_in(err, "results in %s%s", file->path,
		              ends_torn(file->out.fd) ? ": half a line is left" : "");
	}
	/* a pipe or a terminal has nothing to sync */
	if (fsync(file->out.fd) && errno != EINVAL && errno != EROFS)
		return err_sys(err, "results in %s", file->path);
	if (file->out.made && !file->name_is_kept)
		outfile_sync_name(&file->out); /* without a line there is nothing to lose */
	file->name_is_kept = true;
	if (!fstat(file->out.fd, &after) && S_ISREG(after.st_mode) && !after.st_nlink)
		return save_elsewhere(file, err);
	return 0;
}

int result_append(struct result_file *file, struct json_object *line, struct err *err)
{
	size_t len;
	CLEANUP(str_free)
	char *text = json_line(line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	return append(file, text, len, err);
}

void result_file_close(struct result_file *file)
{
	struct stat st;

	if (file->out.made && !fstat(file->out.fd, &st) && !st.st_size)
		outfile_remove(&file->out);
	outfile_close(&file->out);
}

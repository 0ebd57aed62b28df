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
#include "paths.h"
#include "text.h"

#define OPEN_FLAGS (O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY)

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

/* Only a regular file; a file system without locks (some network ones) is written to without. */
static int lock(struct result_file *file, struct err *err)
{
	struct stat st;

	if (fstat(file->fd, &st))
		return err_sys(err, "%s", file->path);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (!flock(file->fd, (file->alone ? LOCK_EX : LOCK_SH) | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return 0;
	return err_set(err, EBUSY, "%s: another qlaunch is writing to it", file->path);
}

/* So that a power loss does not take the new name with it. */
static void sync_folder(const char *path)
{
	char folder[4096];
	char *slash;
	CLEANUP(fd_close) int fd = -1;

	text_copy(folder, sizeof(folder), path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fsync(fd);
}

static int open_file(struct result_file *file, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_DAC_OVERRIDE);

	(void)raised;
	file->fd = open(file->path, OPEN_FLAGS | O_EXCL, 0600);
	file->made = file->fd >= 0;
	if (!file->made && errno == EEXIST)
		file->fd = open(file->path, OPEN_FLAGS, 0600);
	if (file->fd < 0)
		return err_sys(err, "cannot write results to %s", file->path);
	if (file->made)
		sync_folder(file->path);
	if (!lock(file, err))
		return 0;
	fd_close(&file->fd);
	return -err->code;
}

int result_file_open(const char *path, const char *command, struct result_file *ret,
                     struct err *err)
{
	int rc = 0;

	if (path && !strcmp(path, "-")) {
		*ret = (struct result_file){ .fd = STDOUT_FILENO, .path = "-" };
		return 0;
	}
	*ret = (struct result_file){ .fd = -1, .alone = strcmp(command, "run") != 0 };
	if (!path)
		rc = paths_result(command, "jsonl", ret->path, sizeof(ret->path), err);
	else if (text_copy(ret->path, sizeof(ret->path), path))
		rc = err_set(err, ENAMETOOLONG, "-o: too long a path");
	if (!rc)
		rc = open_file(ret, err);
	if (!rc)
		rc = end_torn_line(ret->fd, ret->path, err);
	if (rc)
		result_file_close(ret);
	return rc;
}

int result_file_reopen(const char *path, struct result_file *ret, struct err *err)
{
	struct stat st;

	*ret = (struct result_file){ .fd = -1, .alone = true };
	if (text_copy(ret->path, sizeof(ret->path), path))
		return err_set(err, ENAMETOOLONG, "too long a path");
	if (open_file(ret, err))
		return -err->code;
	if (!fstat(ret->fd, &st) && S_ISREG(st.st_mode))
		return 0;
	result_file_close(ret);
	return err_set(err, EINVAL, "%s: is no file that could be gone on with", path);
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
	int copy = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);

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
	return ftruncate(file->fd, bytes) ? err_sys(err, "%s", file->path) : 0;
}

/* The folder was removed below us: what was measured is still there behind the descriptor. */
static int save_elsewhere(struct result_file *file, struct err *err)
{
	CLEANUP(fd_close) int to = -1;
	char path[sizeof(file->path)], bytes[65536];
	off_t at = 0;
	ssize_t n;

	if (paths_result("saved", "jsonl", path, sizeof(path), err))
		return -err->code;
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return err_sys(err, "%s", path);
	while ((n = pread(file->fd, bytes, sizeof(bytes), at)) > 0) {
		if (text_write_all(to, bytes, (size_t)n, err))
			return err_in(err, "%s", path);
		at += n;
	}
	if (n < 0 || fsync(to))
		return err_sys(err, "%s", path);
	return err_set(err, ENOENT,
	               "results in %s: the file was removed; what is measured is in %s", file->path,
	               path);
}

static int append(struct result_file *file, const char *text, size_t len, struct err *err)
{
	struct stat before, after;
	bool can_cut = file->alone && !fstat(file->fd, &before) && S_ISREG(before.st_mode);

	if (text_write_all(file->fd, text, len, err)) {
		if (can_cut && ftruncate(file->fd, before.st_size))
			return err_in(err, "results in %s: half a line is left", file->path);
		return err_in(err, "results in %s", file->path);
	}
	/* a pipe or a terminal has nothing to sync */
	if (fsync(file->fd) && errno != EINVAL && errno != EROFS)
		return err_sys(err, "results in %s", file->path);
	if (!fstat(file->fd, &after) && S_ISREG(after.st_mode) && !after.st_nlink)
		return save_elsewhere(file, err);
	return 0;
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
	return append(file, text, len + 1, err);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* redirected.c - compares stdout and stderr with the files that the command line names. */
#include "redirected.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "disk.h"
#include "spec.h"
#include "text.h"

#define BACKING_MAX 64

static bool is_file(const char *path, const struct stat *st)
{
	struct stat named;

	return !stat(path, &named) && named.st_dev == st->st_dev && named.st_ino == st->st_ino;
}

/*
 * How many files are opened behind one another for the name of the next.  A guest may write such a name into a raw disk:
 * none is looked for in what is said to be raw, and without --backing allow what a disk names is not opened.
 */
static int depth_of(const char *word, char **argv)
{
	if (strstr(word, "format=raw"))
		return 0;
	for (int i = 1; argv[i]; i++) {
		if (!strcmp(argv[i], "--backing=allow") ||
		    (!strcmp(argv[i], "--backing") && argv[i + 1] && !strcmp(argv[i + 1], "allow")))
			return BACKING_MAX;
	}
	return 1;
}

/* /dev/stdout is a name of the redirection itself. */
static bool names_file(const char *path, int depth, const struct stat *st)
{
	char image[SPEC_PATH_MAX], backing[SPEC_PATH_MAX];
	struct stat named;

	if (!strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6))
		return false;
	if (stat(path, &named) || !S_ISREG(named.st_mode) || text_copy(image, sizeof(image), path))
		return false;
	for (; !is_file(image, st); depth--) {
		if (!depth || disk_backing(image, backing) <= 0)
			return false;
		memcpy(image, backing, sizeof(image));
	}
	return true;
}

/* A path may be the whole word, what follows the first =, or a value of file=PATH,... or of JSON. */
static bool word_names(const char *word, int depth, const struct stat *st)
{
	CLEANUP(str_free) char *copy = strdup(word);
	const char *value = strchr(word, '=');
	char *rest = copy;

	if (names_file(word, depth, st) || (value && names_file(value + 1, depth, st)))
		return true;
	for (char *part; rest && (part = strsep(&rest, "=,\""));) {
		if (names_file(part, depth, st))
			return true;
	}
	return false;
}

static int check(int fd, char **argv, struct err *err)
{
	const char *name = fd == STDOUT_FILENO ? "stdout" : "stderr";
	struct stat st;

	if (fstat(fd, &st))
		return 0;
	if (S_ISBLK(st.st_mode))
		return err_set(err, EINVAL,
		               "%s is redirected to a block device: redirect it to a file", name);
	for (int i = 1; S_ISREG(st.st_mode) && argv[i]; i++) {
		if (word_names(argv[i], depth_of(argv[i], argv), &st))
			return err_set(err, EINVAL,
			               "%s is redirected to a file that '%.120s' names, or that "
			               "backs it: redirect it to another file",
			               name, argv[i]);
	}
	return 0;
}

static void replace(int fd, int by)
{
	CLEANUP(fd_close) int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (dup2(by >= 0 ? by : null, fd) < 0)
		_exit(EXIT_FAILURE);
}

int redirected_check(char **argv, struct err *err)
{
	struct err ignored = { 0 };
	int of_stderr = check(STDERR_FILENO, argv, err);
	int of_stdout = check(STDOUT_FILENO, argv, of_stderr ? &ignored : err);

	if (of_stdout)
		replace(STDOUT_FILENO, -1);
	if (of_stderr)
		replace(STDERR_FILENO, of_stdout ? -1 : STDOUT_FILENO);
	return of_stderr ? of_stderr : of_stdout;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tree.c - folders.  Knows not what is in them. */
#include "tree.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "text.h"

int tree_path(char *buf, size_t size, struct err *err, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= size)
		return err_set(err, ENAMETOOLONG, "%.80s...: the path is too long", buf);
	return 0;
}

bool tree_is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int newest_first(const void *a, const void *b)
{
	return strverscmp(*(char *const *)b, *(char *const *)a);
}

int tree_list(const char *folder, const char *prefix, char **names, int max)
{
	CLEANUP(dir_close) DIR *dir = opendir(folder);
	struct dirent *entry;
	int nr = 0;

	while (dir && nr < max && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		names[nr] = strdup(entry->d_name);
		nr += names[nr] != NULL;
	}
	qsort(names, (size_t)nr, sizeof(*names), newest_first);
	return nr;
}

void tree_list_free(char **names, int nr)
{
	for (int i = 0; i < nr; i++)
		str_free(&names[i]);
}

int tree_make(const char *folder, struct err *err)
{
	char path[PATH_MAX];

	if (text_copy(path, sizeof(path), folder) < 0)
		return err_set(err, ENAMETOOLONG, "%.80s...: the path is too long", folder);
	for (char *slash = path;;) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return err_sys(err, "%s: cannot make the folder", path);
		if (!slash)
			return 0;
		*slash = '/';
	}
}

void tree_remove(const char *path)
{
	char name[PATH_MAX];
	char *const roots[] = { name, NULL };
	FTSENT *entry;
	FTS *fts;

	if (text_copy(name, sizeof(name), path) < 0)
		return;
	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	while (fts && (entry = fts_read(fts))) {
		if (entry->fts_info == FTS_DP)
			rmdir(entry->fts_accpath);
		else if (entry->fts_info != FTS_D)
			unlink(entry->fts_accpath);
	}
	if (fts)
		fts_close(fts);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup.c - finds the folder of a thread's cgroup.  Knows no controller's files. */
#include "cgroup.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"

#define LINES_MAX (256 * 1024) /* mountinfo of a container host has thousands of lines */

static bool list_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL) {
		if (!strncmp(list, word, len) && (list[len] == ',' || !list[len]))
			return true;
	}
	return false;
}

/* "4:cpu,cpuacct:/a/b" is version 1; "0::/a/b" is version 2, which serves the controllers that version 1 has not. */
int cgroup_parse_path(char *lines, const char *controller, int *version, char *buf, size_t size)
{
	const char *unified = NULL;
	char *save = NULL;

	for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *names = strchr(line, ':');
		char *path = names ? strchr(names + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		if (names[1] && list_has(names + 1, controller)) {
			*version = 1;
			return text_copy(buf, size, path);
		}
		if (!names[1])
			unified = path;
	}
	if (!unified)
		return -ENOENT;
	*version = 2;
	return text_copy(buf, size, unified);
}

struct mount {
	const char *root, *point, *type, *options;
};

/* "31 23 0:28 ROOT POINT options [tag]... - TYPE source OPTIONS" */
static bool split_mount(char *line, struct mount *ret)
{
	char *tail = strstr(line, " - "), *save = NULL;
	const char *words[5];

	if (!tail)
		return false;
	*tail = '\0';
	for (int i = 0; i < 5; i++) {
		words[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!words[i])
			return false;
	}
	ret->root = words[3];
	ret->point = words[4];
	ret->type = strtok_r(tail + 3, " ", &save);
	strtok_r(NULL, " ", &save);
	ret->options = strtok_r(NULL, " ", &save);
	return ret->options;
}

int cgroup_parse_mount(char *lines, const char *controller, int version, char *root, char *mount,
                       size_t size)
{
	char *save = NULL;

	for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct mount found;

		if (!split_mount(line, &found) ||
		    strcmp(found.type, version == 1 ? "cgroup" : "cgroup2"))
			continue;
		if (version == 1 && !list_has(found.options, controller))
			continue;
		if (text_copy(root, size, found.root) || text_copy(mount, size, found.point))
			return -ENAMETOOLONG;
		return 0;
	}
	return -ENOENT;
}

/* A container may see only a part of the hierarchy: `root` of it is what `mount` shows. */
static int join(const char *mount, const char *root, const char *path, char *buf, size_t size)
{
	size_t skip = strcmp(root, "/") ? strlen(root) : 0;
	const char *rest = strncmp(path, root, skip) ? path : path + skip;
	int n = snprintf(buf, size, "%s%s", mount, strcmp(rest, "/") ? rest : "");

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int cgroup_find(pid_t tid, const char *controller, char *buf, size_t size)
{
	CLEANUP(str_free) char *lines = malloc(LINES_MAX);
	char path[PATH_MAX], root[PATH_MAX], mount[PATH_MAX], name[64];
	int version, rc;

	if (!lines)
		return -ENOMEM;
	snprintf(name, sizeof(name), "/proc/%d/cgroup", tid);
	rc = text_read_file(name, lines, LINES_MAX, NULL);
	if (rc >= 0)
		rc = cgroup_parse_path(lines, controller, &version, path, sizeof(path));
	if (!rc)
		rc = text_read_file("/proc/self/mountinfo", lines, LINES_MAX, NULL);
	if (rc >= 0)
		rc = cgroup_parse_mount(lines, controller, version, root, mount, sizeof(path));
	return rc ? rc : join(mount, root, path, buf, size);
}

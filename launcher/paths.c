/* SPDX-License-Identifier: GPL-2.0-or-later */
/* paths.c - the few places in the file system that belong to qlaunch. */
#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

/* mkdir -p, 0700 for what it makes. */
static int make_folder(const char *path, struct err *err)
{
	char part[4096];

	if (text_copy(part, sizeof(part), path))
		return err_set(err, ENAMETOOLONG, "%.100s...: too long a path", path);
	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0700) && errno != EEXIST)
			return err_sys(err, "cannot make the folder %s", part);
		*p = '/';
	}
	if (mkdir(part, 0700) && errno != EEXIST)
		return err_sys(err, "cannot make the folder %s", part);
	return 0;
}

static int xdg_name(const char *variable, const char *below_home, char *ret, size_t size,
                    struct err *err)
{
	const char *xdg = secure_getenv(variable), *home = secure_getenv("HOME");
	int n;

	if (xdg && xdg[0] == '/')
		n = snprintf(ret, size, "%s/qlaunch", xdg);
	else if (home && home[0] == '/')
		n = snprintf(ret, size, "%s/%s/qlaunch", home, below_home);
	else
		return err_set(err, ENOENT,
		               "neither %s nor HOME names a folder for qlaunch's files", variable);
	if (n < 0 || (size_t)n >= size)
		return err_set(err, ENAMETOOLONG, "%s: too long a path", variable);
	return 0;
}

static int xdg_folder(const char *variable, const char *below_home, char *ret, size_t size,
                      struct err *err)
{
	int rc = xdg_name(variable, below_home, ret, size, err);

	return rc ? rc : make_folder(ret, err);
}

int paths_state(char *ret, size_t size, struct err *err)
{
	return xdg_folder("XDG_STATE_HOME", ".local/state", ret, size, err);
}

int paths_cache(char *ret, size_t size, struct err *err)
{
	return xdg_folder("XDG_CACHE_HOME", ".cache", ret, size, err);
}

int paths_state_name(char *ret, size_t size, struct err *err)
{
	return xdg_name("XDG_STATE_HOME", ".local/state", ret, size, err);
}

int paths_cache_name(char *ret, size_t size, struct err *err)
{
	return xdg_name("XDG_CACHE_HOME", ".cache", ret, size, err);
}

int paths_result(const char *command, const char *suffix, char *ret, size_t size, struct err *err)
{
	char state[3800], when[32];
	time_t now = time(NULL);
	struct tm tm;
	int rc = paths_state(state, sizeof(state), err);

	if (rc)
		return rc;
	if (strlen(state) + strlen("/results") >= sizeof(state))
		return err_set(err, ENAMETOOLONG, "%.100s...: too long a path", state);
	strncat(state, "/results", sizeof(state) - strlen(state) - 1);
	rc = make_folder(state, err);
	if (rc)
		return rc;
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	for (int i = 0; i < 100; i++) {
		char again[8] = "";

		if (i)
			snprintf(again, sizeof(again), "-%d", i);
		if (snprintf(ret, size, "%s/%s-%s%s.%s", state, when, command, again, suffix) >=
		    (int)size)
			return err_set(err, ENAMETOOLONG, "%.100s...: too long a path", state);
		if (access(ret, F_OK))
			return 0;
	}
	return err_set(err, EEXIST, "%s: a hundred results of this second exist already", state);
}

/* The first of the places, from the program's own folder, where such a file may be used; 0 or -ENOENT.  ret is the
 * program's folder where there is none. */
static int find_beside(const char *const *places, size_t nr, int access_mode, char *ret,
                       size_t size, struct err *err)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n < 0)
		return err_sys(err, "/proc/self/exe");
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < nr; i++) {
		if (snprintf(ret, size, "%s/%s", exe, places[i]) < (int)size &&
		    !access(ret, access_mode))
			return 0;
	}
	return err_set(err, ENOENT, "%.300s", exe);
}

int paths_qload(char *ret, size_t size, struct err *err)
{
	static const char *const places[] = { "qload", "../libexec/qlaunch/qload" };
	struct err where = { 0 };
	int rc = find_beside(places, ARRAY_SIZE(places), X_OK, ret, size, &where);

	if (!rc)
		return 0;
	if (rc != -ENOENT)
		return err_set(err, -rc, "%s", where.text);
	return err_set(
	        err, ENOENT,
	        "qload is neither beside qlaunch in %s nor in ../libexec/qlaunch: build or install both",
	        where.text);
}

bool paths_report_assets(char *ret, size_t size)
{
	static const char *const places[] = { "report-assets", "../share/qlaunch" };

	return !find_beside(places, ARRAY_SIZE(places), R_OK | X_OK, ret, size, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* paths.c - the few places in the file system that belong to qlaunch. */
#include "paths.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "place.h"
#include "text.h"

/* secure_getenv() hides the environment from a qlaunch whose file has capabilities: the user database says the same. */
static const char *home_folder(void)
{
	const char *home = secure_getenv("HOME");
	const struct passwd *entry = home && home[0] == '/' ? NULL : getpwuid(getuid());

	return entry ? entry->pw_dir : home;
}

static int xdg_name(const char *variable, const char *below_home, char *ret, size_t size,
                    struct err *err)
{
	const char *xdg = secure_getenv(variable), *home = home_folder();
	int n;

	if (xdg && xdg[0] == '/')
		n = snprintf(ret, size, "%s/qlaunch", xdg);
	else if (home && home[0] == '/')
		n = snprintf(ret, size, "%s/%s/qlaunch", home, below_home);
	else
		return err_set(err, ENOENT,
		               "no folder for qlaunch's files: set HOME or %s (uid %u has no home "
		               "folder in the user database)",
		               variable, getuid());
	if (n < 0 || (size_t)n >= size)
		return err_set(err, ENAMETOOLONG, "%s: too long a path", variable);
	return 0;
}

static int make_own(const char *path, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;

	return place_own_folder(path, &fd, err);
}

int paths_state(char *ret, size_t size, struct err *err)
{
	int rc = paths_state_name(ret, size, err);

	return rc ? rc : make_own(ret, err);
}

int paths_cache(char *ret, size_t size, struct err *err)
{
	int rc = paths_cache_name(ret, size, err);

	return rc ? rc : make_own(ret, err);
}

int paths_state_name(char *ret, size_t size, struct err *err)
{
	return xdg_name("XDG_STATE_HOME", ".local/state", ret, size, err);
}

int paths_cache_name(char *ret, size_t size, struct err *err)
{
	return xdg_name("XDG_CACHE_HOME", ".cache", ret, size, err);
}

/* The first name of this second that nobody has. */
static int make_result(int folder_fd, const char *command, const char *suffix, struct outfile *ret,
                       struct err *err)
{
	char when[32], name[NAME_MAX + 1];
	time_t now = time(NULL);
	struct tm tm;
	int rc = -EEXIST;

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	for (int i = 0; i < 100 && rc == -EEXIST; i++) {
		char again[8] = "";

		if (i)
			snprintf(again, sizeof(again), "-%d", i);
		snprintf(name, sizeof(name), "%s-%s%s.%s", when, command, again, suffix);
		rc = outfile_new(folder_fd, name, ret, err);
	}
	return rc;
}

int paths_result(const char *command, const char *suffix, struct outfile *ret, char *ret_path,
                 size_t size, struct err *err)
{
	CLEANUP(fd_close) int folder_fd = -1;
	char state[3800], folder[3800];
	int rc = paths_state_name(state, sizeof(state), err);

	if (!rc && snprintf(folder, sizeof(folder), "%s/results", state) >= (int)sizeof(folder))
		rc = err_set(err, ENAMETOOLONG, "%.100s...: too long a path", state);
	if (rc)
		return rc;
	rc = place_own_folder(folder, &folder_fd, err);
	if (!rc)
		rc = make_result(folder_fd, command, suffix, ret, err);
	if (rc)
		return err_in(err, "%s", folder);
	if (snprintf(ret_path, size, "%s/%s", folder, ret->place.name) < (int)size)
		return 0;
	outfile_remove(ret);
	outfile_close(ret);
	return err_set(err, ENAMETOOLONG, "%.100s...: too long a path", folder);
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

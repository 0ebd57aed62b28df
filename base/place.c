/* SPDX-License-Identifier: GPL-2.0-or-later */
/* place.c - walks paths.  Knows no file's content. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"

enum { LINKS_MAX = 40, OVERFLOW_UID = 65534 };

struct walk {
	const char *path; /* as it was asked for */
	int fd;           /* the folder so far */
	bool is_own;      /* make what is missing, trust nobody else */
	int nr_links;
	char rest[2 * PATH_MAX];
};

/* In a user namespace that maps only some users, all others look like this one: they are outside of the namespace, and
 * the system's own folders belong to them. */
static bool is_outside(uid_t uid)
{
	char map[4096], *line = map, *next;
	unsigned int first, parent, nr;

	if (uid != OVERFLOW_UID || text_read_file("/proc/self/uid_map", map, sizeof(map), NULL) < 0)
		return false;
	for (; line; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : NULL;
		if (sscanf(line, "%u %u %u", &first, &parent, &nr) == 3 && uid >= first &&
		    uid - first < nr)
			return false;
	}
	return true;
}

bool place_is_trusted(const struct stat *st)
{
	return st->st_uid == geteuid() || st->st_uid == 0 || is_outside(st->st_uid);
}

bool place_others_write(const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return false; /* its mode bits mean nothing */
	return (st->st_mode & S_IWOTH) ||
	       ((st->st_mode & S_IWGRP) && st->st_gid != 0 && st->st_gid != getegid());
}

static int check_own(const struct walk *walk, const char *name, const struct stat *st,
                     struct err *err)
{
	bool sticky = st->st_mode & S_ISVTX; /* only an entry's owner may replace it */

	if (!walk->is_own)
		return 0;
	if (!place_is_trusted(st))
		return err_set(
		        err, EPERM,
		        "%s: '%s' belongs to uid %u, and qlaunch runs as uid %u: sudo -H, or "
		        "set HOME to a folder of this user",
		        walk->path, name, st->st_uid, geteuid());
	if (place_others_write(st) && !sticky)
		return err_set(err, EPERM,
		               "%s: other users may write to '%s' (mode %04o): chmod go-w it, or "
		               "set XDG_STATE_HOME or XDG_CACHE_HOME to another folder",
		               walk->path, name, st->st_mode & 07777);
	return 0;
}

/* Its own target first, then what is left of the path. */
static int follow(struct walk *walk, int link, const char *name, const struct stat *st,
                  struct err *err)
{
	char target[PATH_MAX], rest[sizeof(walk->rest)];
	struct stat folder;
	ssize_t len;

	if (fstat(walk->fd, &folder))
		return err_sys(err, "%s", walk->path);
	/* a hard link to somebody else's symbolic link is theirs and stands where others put it */
	if (!place_is_trusted(st) ||
	    (st->st_nlink > 1 && (!place_is_trusted(&folder) || place_others_write(&folder))))
		return err_set(err, EPERM,
		               "%s: '%s' is a symbolic link of another user (uid %u): only your "
		               "own links are followed",
		               walk->path, name, st->st_uid);
	if (++walk->nr_links > LINKS_MAX)
		return err_set(err, ELOOP, "%s: %s", walk->path, strerror(ELOOP));
	len = readlinkat(link, "", target, sizeof(target) - 1);
	if (len < 0)
		return err_sys(err, "%s", walk->path);
	target[len] = '\0';
	/* the rest is empty or starts with a slash */
	if (snprintf(rest, sizeof(rest), "%s%s", target, walk->rest) >= (int)sizeof(rest))
		return err_set(err, ENAMETOOLONG, "%s: the path is too long", walk->path);
	memcpy(walk->rest, rest, sizeof(rest));
	return 0;
}

static int open_start(struct walk *walk, struct err *err)
{
	int fd = open(walk->rest[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "%s", walk->path);
	fd_close(&walk->fd);
	walk->fd = fd;
	return 0;
}

/* Takes the next component off the rest; false at the end.  *last: nothing follows, also no slash. */
static bool next_name(struct walk *walk, char *name, size_t size, bool *last)
{
	char *at = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(at, "/");

	if (!len)
		return false;
	snprintf(name, size, "%.*s", (int)len, at);
	*last = !at[len];
	memmove(walk->rest, at + len, strlen(at + len) + 1);
	return true;
}

static int open_child(const struct walk *walk, const char *name, bool make, struct err *err)
{
	int fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && make) {
		if (mkdirat(walk->fd, name, 0700) && errno != EEXIST)
			return err_sys(err, "%s: cannot make the folder '%s'", walk->path, name);
		fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	}
	return fd < 0 ? err_sys(err, "%s", walk->path) : fd;
}

/* One component deeper.  ret_name: where the last one is wanted as a name; 1 when it is there. */
static int step(struct walk *walk, const char *name, bool last, char *ret_name, struct err *err)
{
	CLEANUP(fd_close) int child = -1;
	struct stat st;
	struct err why = { 0 };
	int rc;

	child = open_child(walk, name, walk->is_own, &why);
	if (child == -ENOENT && last && ret_name)
		return text_copy(ret_name, NAME_MAX + 1, name) ? -ENAMETOOLONG : 1;
	if (child < 0)
		return err_set(err, -child, "%s", why.text);
	if (fstat(child, &st))
		return err_sys(err, "%s", walk->path);
	if (S_ISLNK(st.st_mode)) {
		rc = follow(walk, child, name, &st, err);
		return rc || walk->rest[0] != '/' ? rc : open_start(walk, err);
	}
	if (last && ret_name && !S_ISDIR(st.st_mode)) {
		text_copy(ret_name, NAME_MAX + 1, name);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "%s: '%s' is not a folder", walk->path, name);
	rc = check_own(walk, name, &st, err);
	if (rc)
		return rc;
	fd_close(&walk->fd);
	walk->fd = STEAL_FD(&child);
	return 0;
}

static int walk_path(struct walk *walk, char *ret_name, struct err *err)
{
	char name[PATH_MAX];
	bool last;
	int rc;

	if (!walk->path[0] || text_copy(walk->rest, PATH_MAX, walk->path))
		return err_set(err, walk->path[0] ? ENAMETOOLONG : ENOENT, "%.100s: %s", walk->path,
		               walk->path[0] ? "the path is too long" : "the path is empty");
	rc = open_start(walk, err);
	while (!rc && next_name(walk, name, sizeof(name), &last)) {
		rc = step(walk, name, last, ret_name, err);
		if (rc == 1)
			return 0;
	}
	if (!rc && ret_name)
		rc = err_set(err, EISDIR, "%s is a folder", walk->path);
	return rc;
}

int place_find(const char *path, struct place *ret, struct err *err)
{
	struct walk walk = { .path = path, .fd = -1 };
	int rc;

	*ret = (struct place){ .folder_fd = -1 };
	rc = walk_path(&walk, ret->name, err);
	if (rc)
		fd_close(&walk.fd);
	ret->folder_fd = walk.fd;
	return rc;
}

void place_done(struct place *place)
{
	fd_close(&place->folder_fd);
}

int place_folder(const char *path, int *ret, struct err *err)
{
	struct walk walk = { .path = path, .fd = -1 };
	int rc = walk_path(&walk, NULL, err);

	if (rc)
		fd_close(&walk.fd);
	else
		*ret = walk.fd;
	return rc;
}

int place_own_folder(const char *path, int *ret, struct err *err)
{
	struct walk walk = { .path = path, .fd = -1, .is_own = true };
	struct stat st;
	int rc = walk_path(&walk, NULL, err);

	if (!rc && fstat(walk.fd, &st))
		rc = err_sys(err, "%s", path);
	if (!rc && (st.st_uid != geteuid() || place_others_write(&st)))
		rc = err_set(err, EPERM,
		             "%s belongs to uid %u with mode %04o: it must be yours (uid %u) alone",
		             path, st.st_uid, st.st_mode & 07777, geteuid());
	if (rc)
		fd_close(&walk.fd);
	else
		*ret = walk.fd;
	return rc;
}

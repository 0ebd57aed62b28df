/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arms_file.c - whose file is it? */
#include "arms_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "json.h"
#include "place.h"
#include "text.h"

#define BYTES_MAX (1 << 20)

/* sudo sets it, and nobody but root can set it for root. */
static bool is_sudo_caller(uid_t uid)
{
	const char *text = secure_getenv("SUDO_UID");
	uint64_t caller;

	return text && !text_parse_u64(text, 1, UINT32_MAX - 1, &caller, NULL) && uid == caller;
}

/* In a sticky folder only its owner can replace a file. */
static int check(const struct stat *st, const char *path, const char *what, struct err *err)
{
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);

	if (!place_is_trusted(st) && !is_sudo_caller(st->st_uid))
		return err_set(err, EPERM,
		               "%s%s belongs to uid %u: root takes a file of arms only from root "
		               "(or from the user who called sudo); copy it",
		               what, path, st->st_uid);
	if (place_others_write(st) && !sticky)
		return err_set(err, EPERM,
		               "%s%s may be written by other users (mode %04o): chmod "
		               "go-w it, or copy it",
		               what, path, st->st_mode & 07777);
	return 0;
}

static int open_as_root(const char *path, int *ret, struct err *err)
{
	CLEANUP(place_done) struct place place = { .folder_fd = -1 };
	struct stat folder, file;
	int rc = place_find(path, &place, err);

	if (rc)
		return rc;
	*ret = openat(place.folder_fd, place.name,
	              O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (*ret < 0 || fstat(*ret, &file) || fstat(place.folder_fd, &folder))
		return err_sys(err, "%s", path);
	rc = check(&file, path, "", err);
	return rc ? rc : check(&folder, path, "the folder of ", err);
}

int arms_file_read(const char *path, struct json_object **ret, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise_for_path(CAP_DAC_OVERRIDE);
	CLEANUP(fd_close) int fd = -1;
	int rc = 0;

	(void)raised;
	if (!geteuid())
		rc = open_as_root(path, &fd, err);
	else if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) < 0)
		rc = err_sys(err, "%s", path);
	return rc ? rc : json_parse_fd(fd, path, BYTES_MAX, ret, err);
}

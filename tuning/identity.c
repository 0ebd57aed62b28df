/* SPDX-License-Identifier: GPL-2.0-or-later */
/* identity.c - looks up accounts, and finds and locks a uid that nobody has. */
#include "identity.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "text.h"

#define LOCK_FOLDER "/run/qlaunch"
#define LOCK_FILE   LOCK_FOLDER "/uids"
#define NR_UIDS     (IDENTITY_LAST_UID - IDENTITY_FIRST_UID + 1)

int identity_join(struct identity *identity, gid_t group, struct err *err)
{
	if (group == identity->gid)
		return 0;
	for (int i = 0; i < identity->nr_groups; i++) {
		if (identity->group[i] == group)
			return 0;
	}
	if (identity->nr_groups == IDENTITY_GROUPS_MAX)
		return err_set(err, E2BIG, "uid %u is in more than %d groups", identity->uid,
		               IDENTITY_GROUPS_MAX);
	identity->group[identity->nr_groups++] = group;
	return 0;
}

static int from_account(const struct passwd *account, struct identity *ret, struct err *err)
{
	struct identity identity = { .uid = account->pw_uid, .gid = account->pw_gid };

	identity.nr_groups = IDENTITY_GROUPS_MAX;
	if (getgrouplist(account->pw_name, account->pw_gid, identity.group, &identity.nr_groups) <
	    0)
		return err_set(err, E2BIG, "'%.64s' is in more than %d groups", account->pw_name,
		               IDENTITY_GROUPS_MAX);
	*ret = identity;
	return 0;
}

int identity_parse(const char *text, struct identity *ret, struct err *err)
{
	const struct passwd *account = getpwnam(text);
	uint64_t uid;

	if (account)
		return from_account(account, ret, err);
	/* -1 (32 bits) means "no change" to setresuid() */
	if (!isdigit((unsigned char)text[0]) || text_parse_u64(text, 0, UINT32_MAX - 1, &uid, NULL))
		return err_set(err, EINVAL, "'%.64s' is neither an account of this host nor a uid",
		               text);
	account = getpwuid((uid_t)uid);
	if (account)
		return from_account(account, ret, err);
	*ret = (struct identity){ .uid = (uid_t)uid, .gid = (gid_t)uid };
	return 0;
}

bool identity_is_mapped(void)
{
	CLEANUP(file_close) FILE *file = fopen("/proc/self/uid_map", "re");
	unsigned long inside, outside, nr;

	while (file && fscanf(file, "%lu %lu %lu", &inside, &outside, &nr) == 3) {
		if (inside <= IDENTITY_FIRST_UID && inside + nr > IDENTITY_LAST_UID)
			return true;
	}
	return false;
}

void identity_lacks(char *buf, size_t size)
{
	static const struct {
		cap_value_t cap;
		const char *name;
	} needed[] = {
		{ CAP_SETUID, "CAP_SETUID" },
		{ CAP_SETGID, "CAP_SETGID" },
		{ CAP_KILL, "CAP_KILL" },
		{ CAP_SYS_NICE, "CAP_SYS_NICE" },
	};

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(needed) && !buf[0]; i++) {
		if (!caps_have(needed[i].cap))
			text_copy(buf, size, needed[i].name);
	}
}

/* Its folder in /proc belongs to the process's uid.  One that may not be dumped shows as root's there, but no QEMU is. */
static int has_process(uid_t uid, bool *ret, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_SYS_PTRACE); /* for hidepid= */
	CLEANUP(dir_close) DIR *dir = opendir("/proc");
	const struct dirent *entry;
	struct stat st;

	(void)raised;
	if (!dir)
		return err_sys(err, "/proc");
	*ret = false;
	while (!*ret && (entry = readdir(dir)))
		*ret = isdigit((unsigned char)entry->d_name[0]) &&
		       !fstatat(dirfd(dir), entry->d_name, &st, 0) && st.st_uid == uid;
	return 0;
}

static int open_folder(struct err *err)
{
	struct stat st;
	int fd;

	if (mkdir(LOCK_FOLDER, 0700) && errno != EEXIST)
		return err_sys(err, "%s, where uids are locked", LOCK_FOLDER);
	fd = open(LOCK_FOLDER, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "%s, where uids are locked", LOCK_FOLDER);
	if (!fstat(fd, &st) && st.st_uid == geteuid() && !(st.st_mode & 077))
		return fd;
	close(fd);
	return err_set(err, EPERM, "%s, where uids are locked, must be root's with mode 0700",
	               LOCK_FOLDER);
}

/* 1: locked, 0: somebody else has it.  Byte N of one file stands for uid N: nothing is left to be removed, whichever way
 * the owner ends. */
static int lock(int folder, uid_t uid, struct own_uid *ret, struct err *err)
{
	CLEANUP(fd_close)
	int fd = openat(folder, "uids", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct flock byte = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = uid,
		.l_len = 1,
	};

	if (fd < 0)
		return err_sys(err, "%s", LOCK_FILE);
	if (fcntl(fd, F_OFD_SETLK, &byte))
		return errno == EAGAIN || errno == EACCES ? 0 : err_sys(err, "%s: lock", LOCK_FILE);
	*ret = (struct own_uid){ .uid = uid, .lock_fd = STEAL_FD(&fd) };
	return 1;
}

int own_uid_take(struct own_uid *ret, struct err *err)
{
	CLEANUP(fd_close) int folder = open_folder(err);
	uid_t from = (uid_t)getpid(); /* two that start together begin at different numbers */

	if (folder < 0)
		return folder;
	for (uid_t i = 0; i < NR_UIDS; i++) {
		uid_t uid = IDENTITY_FIRST_UID + (from * 64 + i) % NR_UIDS;
		struct own_uid own = { .lock_fd = -1 };
		bool taken = true;
		int rc;

		if (getpwuid(uid) || getgrgid(uid))
			continue;
		rc = lock(folder, uid, &own, err);
		if (rc < 0)
			return rc;
		if (!rc)
			continue;
		rc = has_process(uid, &taken, err);
		if (!rc && !taken) {
			*ret = own;
			return 0;
		}
		own_uid_release(&own);
		if (rc)
			return rc;
	}
	return err_set(err, EAGAIN, "each uid from %d to %d is in use", IDENTITY_FIRST_UID,
	               IDENTITY_LAST_UID);
}

void own_uid_release(struct own_uid *own)
{
	if (!own->uid)
		return;
	fd_close(&own->lock_fd);
	own->uid = 0;
}

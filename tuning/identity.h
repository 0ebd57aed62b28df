/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity.h - the user that a child of root runs as: a named one, or a uid that nobody else has.  Knows no child.
 *
 * An unused uid is taken from 61184..65519, which no distribution gives to an account (systemd's UIDS-GIDS.md).  It is
 * locked as a byte of /run/qlaunch/uids, and is refused where an account or a group has it, or a process runs under it.
 */
#ifndef TUNING_IDENTITY_H
#define TUNING_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"

#define IDENTITY_FIRST_UID  61184
#define IDENTITY_LAST_UID   65519
#define IDENTITY_GROUPS_MAX 32

struct identity {
	uid_t uid;
	gid_t gid;
	gid_t group[IDENTITY_GROUPS_MAX]; /* supplementary */
	int nr_groups;
};

/* A uid that is ours alone, and the lock that keeps it so. */
struct own_uid {
	uid_t uid; /* 0: none taken */
	int lock_fd;
};

/* The account NAME, or a number, which needs no account: its uid, group and supplementary groups. */
int identity_parse(const char *text, struct identity *ret, struct err *err) MUST_CHECK;
/* Gives *identity one more group, where it has not got it. */
int identity_join(struct identity *identity, gid_t group, struct err *err) MUST_CHECK;

/* Whether these uids exist in this user namespace: where only uid 0 is mapped, setresuid() fails (EINVAL). */
bool identity_is_mapped(void);
/* "" where this process can start children under another uid and place and end them; else what it lacks. */
void identity_lacks(char *buf, size_t size);

/* Hold it until the last process under this uid has ended. */
int own_uid_take(struct own_uid *ret, struct err *err) MUST_CHECK;
void own_uid_release(struct own_uid *own);

#endif

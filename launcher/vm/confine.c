/* SPDX-License-Identifier: GPL-2.0-or-later */
/* confine.c - the user, the files and the limits of a QEMU. */
#include "confine.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "landlock.h"
#include "spec.h"
#include "text.h"

static int take_named(const char *user, struct confine *ret, struct err *err)
{
	char lacks[64];

	if (identity_parse(user, &ret->who, err))
		return err_in(err, "--user");
	ret->changes_uid = ret->who.uid != geteuid();
	if (!ret->changes_uid)
		return 0;
	if (geteuid())
		return err_set(err, EPERM, "--user %.64s: only root can start QEMU as another user",
		               user);
	identity_lacks(lacks, sizeof(lacks));
	return lacks[0] ? err_set(err, EPERM, "--user %.64s: qlaunch lacks %s", user, lacks) : 0;
}

static int take_own(struct own_uid *own, struct confine *ret, struct err *err)
{
	identity_lacks(ret->lacks, sizeof(ret->lacks));
	if (ret->lacks[0])
		return 0;
	if (!own->uid && own_uid_take(own, err))
		return err_in(err, "no uid for QEMU (--user names one)");
	ret->changes_uid = true;
	ret->who = (struct identity){ .uid = own->uid, .gid = own->uid };
	return 0;
}

/* The group of the device is the usual way to it.  Root's own group would give more than the device. */
static int join_kvm(struct confine *ret, struct err *err)
{
	const mode_t group = S_IRGRP | S_IWGRP;
	struct stat st;

	if (stat("/dev/kvm", &st) || (st.st_mode & group) != group || !st.st_gid ||
	    confine_can_open(ret, &st))
		return 0;
	return identity_join(&ret->who, st.st_gid, err);
}

static int take_user(const struct spec *spec, struct own_uid *own, struct confine *ret,
                     struct err *err)
{
	int rc = 0;

	/* where only uid 0 is mapped, it is the uid of an ordinary user outside */
	if (spec->user)
		rc = take_named(spec->user, ret, err);
	else if (!geteuid() && identity_is_mapped())
		rc = take_own(own, ret, err);
	if (!rc && ret->changes_uid && !spec->user)
		rc = join_kvm(ret, err);
	return rc;
}

/* What every QEMU reads: its own and its libraries' files, and what these ask about the machine. */
static const char *const always_read[] = {
	"/usr",
	"/opt",
	"/lib",
	"/lib32",
	"/lib64",
	"/nix/store",
	"/gnu/store",
	"/etc/ld.so.cache",
	"/etc/localtime",
	"/etc/gnutls",
	"/etc/crypto-policies",
	"/dev/urandom",
	"/sys/devices/system/cpu",
	"/sys/devices/system/node",
	"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
};

/* QEMU's own NAT hands the host's resolver on to the guest; systemd's file is renamed over. */
static const char *const net_read[] = {
	"/etc/resolv.conf", "/run/systemd/resolve", "/etc/hosts",    "/etc/nsswitch.conf",
	"/etc/host.conf",   "/etc/gai.conf",        "/etc/services",
};

static const char *const always_written[] = { "/dev/null", "/dev/kvm" };

static void add_all(struct strv *list, const char *const *paths, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		strv_add(list, paths[i]);
}

static void add_found(struct strv *list, const char *pattern)
{
	glob_t found = { 0 };

	if (!glob(pattern, 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			strv_add(list, found.gl_pathv[i]);
	}
	globfree(&found);
}

/* Up to the last slash, without it; false at the root. */
static bool cut(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return false;
	*slash = '\0';
	return true;
}

/* Where QEMU looks from its binary's folder: as installed in PREFIX/bin or PREFIX/libexec, with the libraries that
 * came with it, and in its build folder.  The folders above may be a user's home. */
static const char *const beside_qemu[] = {
	"../share/qemu",  "../share/seabios", "../lib/ipxe/qemu", "../lib/qemu",
	"../lib/*/qemu",  "../lib64/qemu",    "../lib/*.so*",     "../lib/*/lib*.so*",
	"../lib64/*.so*", "qemu-bundle",      "pc-bios",          "../pc-bios",
	"*.so",
};

static void add_qemu(struct strv *list, const char *qemu)
{
	char path[PATH_MAX], pattern[PATH_MAX + 32];

	if (!realpath(qemu, path))
		return;
	strv_add(list, path);
	/* these are open whole: see always_read */
	if (!strncmp(path, "/usr/", 5) || !strncmp(path, "/opt/", 5) || !cut(path))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(beside_qemu); i++) {
		snprintf(pattern, sizeof(pattern), "%s/%s", path, beside_qemu[i]);
		add_found(list, pattern);
	}
}

int confine_make(const struct spec *spec, struct own_uid *own, const char *qemu,
                 struct confine *ret, struct err *err)
{
	int rc = take_user(spec, own, ret, err);

	if (rc)
		return rc;
	ret->landlock = spec->confine ? landlock_abi() : 0;
	add_all(&ret->read, always_read, ARRAY_SIZE(always_read));
	if (spec->net == NET_USER || spec->qemu_args)
		add_all(&ret->read, net_read, ARRAY_SIZE(net_read));
	add_all(&ret->write, always_written, ARRAY_SIZE(always_written));
	add_found(&ret->write, "/dev/vhost-*");
	add_qemu(&ret->read, qemu);
	return ret->read.failed || ret->write.failed ? err_set(err, ENOMEM, "out of memory") : 0;
}

void confine_describe(const struct confine *confine, char *buf, size_t size)
{
	char landlock[48] = "no Landlock", who[48];

	if (confine->landlock)
		snprintf(landlock, sizeof(landlock), "Landlock ABI %d", confine->landlock);
	else if (landlock_abi())
		text_copy(landlock, sizeof(landlock), "Landlock off (--confine off)");
	else
		text_copy(landlock, sizeof(landlock), "no Landlock in this kernel");
	/* another one each time: what is printed twice should be the same twice */
	if (confine->changes_uid && confine->who.uid >= IDENTITY_FIRST_UID &&
	    confine->who.uid <= IDENTITY_LAST_UID)
		snprintf(who, sizeof(who), "a uid of its own (%d to %d)", IDENTITY_FIRST_UID,
		         IDENTITY_LAST_UID);
	else
		snprintf(who, sizeof(who), "uid %u",
		         confine->changes_uid ? confine->who.uid : geteuid());
	snprintf(buf, size, "QEMU runs as %s, without capabilities, seccomp, %s", who, landlock);
}

bool confine_can_open(const struct confine *confine, const struct stat *st)
{
	const struct identity *who = &confine->who;
	mode_t both = S_IROTH | S_IWOTH;

	if (!confine->changes_uid)
		return true;
	if (st->st_uid == who->uid)
		return (st->st_mode >> 6 & both) == both;
	if (st->st_gid == who->gid)
		return (st->st_mode >> 3 & both) == both;
	for (int i = 0; i < who->nr_groups; i++) {
		if (st->st_gid == who->group[i])
			return (st->st_mode >> 3 & both) == both;
	}
	return (st->st_mode & both) == both;
}

void confine_hint(const struct confine *confine, char *buf, size_t size)
{
	buf[0] = '\0';
	if (confine->changes_uid && confine->landlock)
		snprintf(buf, size,
		         " (QEMU runs as uid %u, confined by Landlock: see --user root and "
		         "--confine off)",
		         confine->who.uid);
	else if (confine->changes_uid)
		snprintf(buf, size, " (QEMU runs as uid %u: see --user root)", confine->who.uid);
	else if (confine->landlock)
		snprintf(buf, size, " (QEMU is confined by Landlock: see --confine off)");
}

void confine_done(struct confine *confine)
{
	strv_done(&confine->read);
	strv_done(&confine->write);
	strv_done(&confine->sockets);
	strv_done(&confine->named);
	strv_done(&confine->output);
	strv_done(&confine->servers);
	strv_done(&confine->replaced);
}

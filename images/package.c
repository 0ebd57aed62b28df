/* SPDX-License-Identifier: GPL-2.0-or-later */
/* package.c - apt-get and the cache.  Knows no kernel header. */
#include "package.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "spawn.h"
#include "stop.h"
#include "text.h"
#include "tree.h"
#include "unpack.h"

enum { OUTPUT_MAX = 32 << 10 };

#define OR_NAME_ONE "or name a kernel with --kernel FILE and its modules with --modules FOLDER"

struct package {
	char name[128], version[128];
};

static size_t word_length(const char *text, const char *more)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || (text[n] && strchr(more, text[n])))
		n++;
	return n;
}

static int copy_word(char *buf, size_t size, const char *from, size_t len)
{
	if (len == 0 || len >= size || from[0] == '.' || from[0] == '-')
		return -ENOENT;
	memcpy(buf, from, len);
	buf[len] = '\0';
	return 0;
}

/* "Depends: linux-image-6.1.0-38-cloud-amd64 (= 6.1.147-1)".  Both words go onto a command line and into a path. */
int package_parse(const char *record, char *name, size_t name_size, char *version,
                  size_t version_size)
{
	const char *at = strncmp(record, "Depends: ", 9) == 0 ? record
	                                                      : strstr(record, "\nDepends: ");
	const char *end;

	if (!at)
		return -ENOENT;
	end = at + 1 + strcspn(at + 1, "\n");
	at = strstr(at, "linux-image-");
	if (!at || at >= end || copy_word(name, name_size, at, word_length(at, "+.-")) < 0)
		return -ENOENT;
	at += strlen(name);
	if (strncmp(at, " (= ", 4) != 0)
		return -ENOENT;
	return copy_word(version, version_size, at + 4, word_length(at + 4, "+.~:-"));
}

/* The small cloud kernel boots faster and has all that a VM needs; elsewhere the general one will do.  apt builds its
 * own cache in memory: a question writes nothing. */
static int ask_apt(const char *folder, char *out, struct package *ret, struct err *err)
{
	static const char *const metas[] = { "linux-image-cloud-amd64", "linux-image-amd64" };

	for (size_t i = 0; i < ARRAY_SIZE(metas); i++) {
		const char *const argv[] = { "apt-cache",
			                     "show",
			                     "--no-all-versions",
			                     metas[i],
			                     "-o",
			                     "Dir::Cache::pkgcache=",
			                     "-o",
			                     "Dir::Cache::srcpkgcache=",
			                     NULL };
		int r = spawn_run(argv, folder, out, OUTPUT_MAX, err);

		if (r == -ENOENT)
			return err_set(
			        err, ENOENT,
			        "there is no apt here to download a kernel: install one, " OR_NAME_ONE);
		if (r == 0 && package_parse(out, ret->name, sizeof(ret->name), ret->version,
		                            sizeof(ret->version)) == 0)
			return 0;
	}
	return err_set(err, ENOENT,
	               "apt knows no kernel package: run `apt-get update` (as root), " OR_NAME_ONE);
}

/* Root's downloads would be made by user _apt, who may not write into our cache. */
static int download(const struct package *package, const char *folder, char *out, struct err *err)
{
	char what[260];
	const char *const argv[] = { "apt-get",
		                     "download",
		                     "-q",
		                     "-o",
		                     "APT::Sandbox::User=root",
		                     "-o",
		                     "Acquire::Retries=2",
		                     "-o",
		                     "Acquire::http::Timeout=30",
		                     "-o",
		                     "Acquire::https::Timeout=30",
		                     what,
		                     NULL };
	int r;

	snprintf(what, sizeof(what), "%s=%s", package->name, package->version);
	r = spawn_run(argv, folder, out, OUTPUT_MAX, err);
	if (r == -ENOENT)
		return err_set(err, ENOENT,
		               "there is no apt-get here: install a kernel, " OR_NAME_ONE);
	if (r < 0)
		return err_in(err, "no kernel could be downloaded (is there a network? an old "
		                   "list needs `apt-get update`; " OR_NAME_ONE ")");
	return 0;
}

static int unpack_downloaded(const char *folder, struct err *err)
{
	CLEANUP(fd_close) int folder_fd = open(folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	char path[PATH_MAX], *name = NULL;
	int r;

	if (tree_list(folder, "linux-image-", &name, 1) != 1)
		return err_set(err, EIO, "apt-get downloaded nothing into %s", folder);
	r = tree_path(path, sizeof(path), err, "%s/%s", folder, name);
	str_free(&name);
	if (r == 0)
		r = unpack_kernel_deb(path, folder, err);
	if (r < 0)
		return r;
	unlink(path);
	/* A rename may reach the disk before what it names does. */
	if (folder_fd < 0 || syncfs(folder_fd) < 0)
		return err_sys(err, "%s", folder);
	return 0;
}

static int fetch_into(const struct package *package, const char *tmp, const char *final, char *out,
                      struct err *err)
{
	int r;

	if (mkdir(tmp, 0755) < 0)
		return err_sys(err, "%s", tmp);
	r = download(package, tmp, out, err);
	if (r == 0)
		r = unpack_downloaded(tmp, err);
	if (r < 0) {
		tree_remove(tmp);
		return r;
	}
	/* What stands there is broken, or nobody would have asked for a download. */
	tree_remove(final);
	if (rename(tmp, final) < 0)
		return err_sys(err, "%s", final);
	return 0;
}

int package_list(const char *cache, char **names, int max)
{
	char kernels[PATH_MAX];

	if (tree_path(kernels, sizeof(kernels), NULL, "%s/kernel", cache) < 0)
		return 0;
	return tree_list(kernels, "linux-image-", names, max);
}

/* Whoever holds the lock owns every tmp-: a download that was killed leaves one. */
static void remove_left_overs(const char *kernels)
{
	char path[PATH_MAX], *names[PACKAGE_CACHED_MAX];
	int nr = tree_list(kernels, "tmp-", names, PACKAGE_CACHED_MAX);

	for (int i = 0; i < nr; i++) {
		if (tree_path(path, sizeof(path), NULL, "%s/%s", kernels, names[i]) == 0)
			tree_remove(path);
	}
	tree_list_free(names, nr);
}

int package_lock(const char *cache, int *ret, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char kernels[PATH_MAX], path[PATH_MAX];
	int r = tree_path(kernels, sizeof(kernels), err, "%s/kernel", cache);

	if (r == 0)
		r = tree_path(path, sizeof(path), err, "%s/.lock", kernels);
	if (r == 0)
		r = tree_make(kernels, err);
	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "%s", path);
	while (flock(fd, LOCK_EX) < 0) {
		if (errno != EINTR || stop_wanted())
			return err_sys(err, "%s: lock", path);
	}
	remove_left_overs(kernels);
	*ret = STEAL_FD(&fd);
	return 0;
}

/* What apt would download, and the folder that it would be unpacked into. */
static int choose(const char *cache, const char *folder, char *out, struct package *ret,
                  char *ret_tree, size_t size, struct err *err)
{
	int r = ask_apt(folder, out, ret, err);

	return r < 0 ? r
	             : tree_path(ret_tree, size, err, "%s/kernel/%s_%s", cache, ret->name,
	                         ret->version);
}

int package_look(const char *cache, char *ret_tree, size_t size, char *ret_version,
                 size_t version_size, struct err *err)
{
	CLEANUP(str_free) char *out = malloc(OUTPUT_MAX);
	struct package package;
	int r;

	if (!out)
		return err_set(err, ENOMEM, "out of memory");
	r = choose(cache, "/", out, &package, ret_tree, size, err);
	if (r < 0)
		return r;
	return tree_path(ret_version, version_size, err, "%s",
	                 package.name + strlen("linux-image-"));
}

int package_fetch(const char *cache, void (*say)(void *arg, const char *sentence), void *arg,
                  char *ret, size_t size, struct err *err)
{
	CLEANUP(str_free) char *out = malloc(OUTPUT_MAX);
	char tmp[PATH_MAX], final[PATH_MAX], sentence[512];
	struct package package;
	int r;

	if (!out)
		return err_set(err, ENOMEM, "out of memory");
	r = choose(cache, cache, out, &package, final, sizeof(final), err);
	if (r == 0)
		r = tree_path(tmp, sizeof(tmp), err, "%s/kernel/tmp-%d", cache, getpid());
	if (r < 0)
		return r;
	snprintf(sentence, sizeof(sentence),
	         "downloading the kernel package %s %s (once, kept in %s)", package.name,
	         package.version, cache);
	if (say)
		say(arg, sentence);
	r = fetch_into(&package, tmp, final, out, err);
	return r < 0 ? r : tree_path(ret, size, err, "%s", final);
}

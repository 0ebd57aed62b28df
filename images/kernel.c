/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel.c - where kernels are found, in which order, and which of them will do.  Runs no program itself. */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "bzimage.h"
#include "cleanup.h"
#include "modules.h"
#include "package.h"
#include "text.h"
#include "tree.h"

enum { BOOT_MAX = 64 };

static void say(const struct kernel_wish *wish, const char *fmt, ...) PRINTF(2, 3);

static void say(const struct kernel_wish *wish, const char *fmt, ...)
{
	char sentence[640];
	va_list args;

	if (!wish->say)
		return;
	va_start(args, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	wish->say(wish->arg, sentence);
}

static int read_header(const char *path, char *ret, size_t size, uint64_t *ret_memory,
                       struct err *err)
{
	/* A FIFO would block here for ever without O_NONBLOCK. */
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CLEANUP(str_free) char *bytes = malloc(BZIMAGE_SETUP_MAX);
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (!bytes)
		return err_set(err, ENOMEM, "out of memory");
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "%s: the kernel cannot be read", path);
	if (S_ISDIR(st.st_mode))
		return err_set(err, EISDIR, "%s: is a folder: name the vmlinuz-VERSION file", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: is not a file: name a bzImage", path);
	while ((n = read(fd, bytes + len, BZIMAGE_SETUP_MAX - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return err_sys(err, "%s: the kernel cannot be read", path);
	if (bzimage_version(bytes, len, ret, size, err) < 0)
		return err_in(err, "%s", path);
	*ret_memory = bzimage_memory(bytes, len);
	return 0;
}

int kernel_read_version(const char *path, char *ret, size_t size, struct err *err)
{
	uint64_t memory;

	return read_header(path, ret, size, &memory, err);
}

/* The folder may be lib/modules/VERSION itself, what holds it, or a whole root. */
static int modules_asked(const char *asked, const char *version, char *ret, size_t size,
                         struct err *err)
{
	int r;

	if (!tree_is_folder(asked))
		return err_set(err, ENOTDIR, "%s: there is no such folder of modules", asked);
	r = tree_path(ret, size, err, "%s/lib/modules/%s", asked, version);
	if (r < 0 || tree_is_folder(ret))
		return r;
	r = tree_path(ret, size, err, "%s/%s", asked, version);
	if (r < 0 || tree_is_folder(ret))
		return r;
	return tree_path(ret, size, err, "%s", asked);
}

static bool modules_in_cache(const char *cache, const char *version, char *ret, size_t size)
{
	char *names[PACKAGE_CACHED_MAX];
	int nr = package_list(cache, names, PACKAGE_CACHED_MAX);
	bool found = false;

	for (int i = 0; i < nr && !found; i++)
		found = tree_path(ret, size, NULL, "%s/kernel/%s/lib/modules/%s", cache, names[i],
		                  version) == 0 &&
		        tree_is_folder(ret);
	tree_list_free(names, nr);
	return found;
}

/* TREE/boot/vmlinuz has its modules in TREE/lib/modules, in an installed system and in an unpacked package alike. */
static int find_modules(const struct kernel_wish *wish, struct kernel *kernel, struct err *err)
{
	char tree[sizeof(kernel->path)];
	size_t size = sizeof(kernel->modules);
	char *slash;

	if (wish->modules)
		return modules_asked(wish->modules, kernel->version, kernel->modules, size, err);
	text_copy(tree, sizeof(tree), kernel->path);
	for (int up = 0; up < 2; up++) {
		slash = strrchr(tree, '/');
		*(slash ? slash : tree) = '\0';
	}
	if (tree_path(kernel->modules, size, NULL, "%s/lib/modules/%s", tree, kernel->version) ==
	            0 &&
	    tree_is_folder(kernel->modules))
		return 0;
	if (tree_path(kernel->modules, size, NULL, "%s/lib/modules/%s",
	              wish->root ? wish->root : "", kernel->version) == 0 &&
	    tree_is_folder(kernel->modules))
		return 0;
	if (modules_in_cache(wish->cache, kernel->version, kernel->modules, size))
		return 0;
	kernel->modules[0] = '\0';
	return 0;
}

static int kernel_at(const struct kernel_wish *wish, const char *path, struct kernel *ret,
                     struct err *err)
{
	CLEANUP(str_free) char *real = realpath(path, NULL);
	struct kernel kernel = { 0 };
	int r;

	if (!real)
		return err_sys(err, "%s: the kernel cannot be read", path);
	if (text_copy(kernel.path, sizeof(kernel.path), real) < 0)
		return err_set(err, ENAMETOOLONG, "%s: the path is too long", path);
	r = read_header(kernel.path, kernel.version, sizeof(kernel.version), &kernel.memory_bytes,
	                err);
	if (r == 0)
		r = find_modules(wish, &kernel, err);
	if (r == 0)
		*ret = kernel;
	return r;
}

/* One that nobody asked for by name must also have what the guest needs. */
static int usable_at(const struct kernel_wish *wish, const char *path, struct kernel *ret,
                     struct err *err)
{
	struct modules modules;
	struct kernel kernel;
	int r = kernel_at(wish, path, &kernel, err);

	if (r == 0)
		r = modules_for_guest(kernel.modules, kernel.version, &modules, err);
	if (r == 0)
		*ret = kernel;
	return r;
}

/* 1 where found.  A kernel that is passed over is mentioned: it explains a download. */
static int find_in(const struct kernel_wish *wish, const char *boot, const char *prefix,
                   struct kernel *ret)
{
	char *names[BOOT_MAX];
	int nr = tree_list(boot, prefix, names, BOOT_MAX), found = 0;

	for (int i = 0; i < nr && !found; i++) {
		char path[PATH_MAX];
		struct err err = { 0 };

		if (tree_path(path, sizeof(path), NULL, "%s/%s", boot, names[i]) < 0)
			continue;
		found = usable_at(wish, path, ret, &err) == 0;
		if (!found)
			say(wish, "kernel passed over: %s", err.text);
	}
	tree_list_free(names, nr);
	return found;
}

static int find_installed(const struct kernel_wish *wish, struct kernel *ret)
{
	struct utsname host;
	char boot[PATH_MAX], path[PATH_MAX];
	const char *root = wish->root ? wish->root : "";

	if (tree_path(boot, sizeof(boot), NULL, "%s/boot", root) < 0)
		return 0;
	if (uname(&host) == 0 &&
	    tree_path(path, sizeof(path), NULL, "%s/vmlinuz-%s", boot, host.release) == 0 &&
	    usable_at(wish, path, ret, NULL) == 0)
		return 1;
	return find_in(wish, boot, "vmlinuz-", ret);
}

static int find_cached(const struct kernel_wish *wish, struct kernel *ret)
{
	char *names[PACKAGE_CACHED_MAX], boot[PATH_MAX];
	int nr = package_list(wish->cache, names, PACKAGE_CACHED_MAX), found = 0;

	for (int i = 0; i < nr && !found; i++) {
		if (tree_path(boot, sizeof(boot), NULL, "%s/kernel/%s/boot", wish->cache,
		              names[i]) == 0)
			found = find_in(wish, boot, "vmlinuz-", ret);
	}
	tree_list_free(names, nr);
	return found;
}

static int fetch(const struct kernel_wish *wish, struct kernel *ret, struct err *err)
{
	CLEANUP(fd_close) int lock = -1;
	char tree[PATH_MAX], path[PATH_MAX], *name = NULL;
	int r = package_lock(wish->cache, &lock, err);

	if (r < 0)
		return r;
	/* Another qlaunch may have got it while we waited. */
	if (find_cached(wish, ret))
		return 0;
	r = package_fetch(wish->cache, wish->say, wish->arg, tree, sizeof(tree), err);
	if (r < 0)
		return r;
	r = tree_path(path, sizeof(path), err, "%s/boot", tree);
	if (r < 0)
		return r;
	if (tree_list(path, "vmlinuz-", &name, 1) != 1)
		return err_set(err, ENOENT, "%s: the package has no kernel in it", tree);
	r = tree_path(path, sizeof(path), err, "%s/boot/%s", tree, name);
	str_free(&name);
	return r < 0 ? r : usable_at(wish, path, ret, err);
}

/* 1 where one is here already. */
static int find_here(const struct kernel_wish *wish, struct kernel *ret, struct err *err)
{
	struct kernel kernel;
	int r;

	/* no kernel fits a folder that is not there: that is no reason to look for another, or to download one */
	if (wish->modules && !tree_is_folder(wish->modules))
		return err_set(err, ENOTDIR, "--modules: %s: there is no such folder",
		               wish->modules);
	if (wish->kernel) {
		r = kernel_at(wish, wish->kernel, ret, err);
		return r < 0 ? r : 1;
	}
	if (find_installed(wish, ret))
		return 1;
	if (!find_cached(wish, &kernel))
		return 0;
	kernel.from_package = true;
	*ret = kernel;
	return 1;
}

int kernel_find(const struct kernel_wish *wish, struct kernel *ret, struct err *err)
{
	struct kernel kernel;
	int r = find_here(wish, ret, err);

	if (r)
		return r < 0 ? r : 0;
	r = fetch(wish, &kernel, err);
	if (r < 0)
		return r;
	kernel.from_package = true;
	*ret = kernel;
	return 0;
}

int kernel_look(const struct kernel_wish *wish, struct kernel *ret, struct err *err)
{
	struct kernel kernel = { .from_package = true };
	char tree[PATH_MAX];
	int r = find_here(wish, ret, err);

	if (r)
		return r < 0 ? r : 0;
	r = package_look(wish->cache, tree, sizeof(tree), kernel.version, sizeof(kernel.version),
	                 err);
	if (r == 0)
		r = tree_path(kernel.path, sizeof(kernel.path), err, "%s/boot/vmlinuz-%s", tree,
		              kernel.version);
	if (r == 0 && wish->modules)
		r = modules_asked(wish->modules, kernel.version, kernel.modules,
		                  sizeof(kernel.modules), err);
	else if (r == 0)
		r = tree_path(kernel.modules, sizeof(kernel.modules), err, "%s/lib/modules/%s",
		              tree, kernel.version);
	if (r < 0)
		return r;
	*ret = kernel;
	return 1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image_tool.c - for scripts: `image_tool kernel CACHE [KERNEL [MODULES]]` prints kernel, version and modules' folder, a
 * line each; `image_tool initramfs CACHE QLOAD [KERNEL [MODULES]]` prints the initramfs.
 */
#include <stdio.h>
#include <string.h>

#include "initramfs.h"
#include "kernel.h"
#include "tree.h"

static void say(void *arg, const char *sentence)
{
	(void)arg;
	fprintf(stderr, "%s\n", sentence);
}

static int print(const char *what, const char *cache, const char *qload,
                 const struct kernel *kernel, struct err *err)
{
	char path[4096];
	int r;

	if (strcmp(what, "kernel") == 0) {
		printf("%s\n%s\n%s\n", kernel->path, kernel->version, kernel->modules);
		return 0;
	}
	r = initramfs_make(kernel, qload, cache, path, sizeof(path), err);
	if (r == 0)
		printf("%s\n", path);
	return r;
}

int main(int argc, char **argv)
{
	struct kernel_wish wish = { .say = say };
	const char *qload = "";
	struct kernel kernel;
	struct err err = { 0 };
	int at = 3, r;

	if (argc > 1 && strcmp(argv[1], "initramfs") == 0 && argc > 3)
		qload = argv[at++];
	else if (argc < 3 || strcmp(argv[1], "kernel") != 0)
		return fprintf(stderr, "image_tool kernel|initramfs CACHE [QLOAD] ...\n"), 2;
	wish.cache = argv[2];
	wish.kernel = at < argc ? argv[at] : NULL;
	wish.modules = at + 1 < argc ? argv[at + 1] : NULL;
	r = tree_make(wish.cache, &err);
	if (r == 0)
		r = kernel_find(&wish, &kernel, &err);
	if (r == 0)
		r = print(argv[1], wish.cache, qload, &kernel, &err);
	if (r < 0)
		fprintf(stderr, "%s\n", err.text);
	return r < 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_room.c - the room and what stands in it.  For tests alone. */
#include "kernel_room.h"
#include "text.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "cleanup.h"
#include "fake_kernel.h"
#include "tree.h"

struct room room;

const char *in_room(const char *fmt, ...)
{
	static char path[PATH_MAX];
	char tail[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(tail, sizeof(tail), fmt, args);
	va_end(args);
	assert_int_equal(tree_path(path, sizeof(path), NULL, "%s/%s", room.at, tail), 0);
	return path;
}

int room_open(void **state)
{
	(void)state;
	text_copy(room.at, sizeof(room.at), "/tmp/qlaunch-test-XXXXXX");
	if (!mkdtemp(room.at))
		return -1;
	snprintf(room.cache, sizeof(room.cache), "%s/cache", room.at);
	snprintf(room.root, sizeof(room.root), "%s/root", room.at);
	snprintf(room.bin, sizeof(room.bin), "%s/bin", room.at);
	room.path = strdup(getenv("PATH"));
	setenv("PATH", room.bin, 1);
	return mkdir(room.cache, 0700) + mkdir(room.bin, 0700);
}

int room_close(void **state)
{
	(void)state;
	setenv("PATH", room.path, 1);
	str_free(&room.path);
	tree_remove(room.at);
	return 0;
}

void put_script(const char *name, const char *body)
{
	char text[4096];
	int n = snprintf(text, sizeof(text), "#!/bin/bash\nPATH=/usr/bin:/bin\ncd %s || exit 9\n%s",
	                 room.at, body);

	fake_write(in_room("bin/%s", name), text, (size_t)n);
}

void put_kernel(const char *tree, const char *version, bool with_disk)
{
	static const struct {
		const char *file, *depends;
	} modules[] = {
		{ "virtio_pci.ko", "virtio" },
		{ "virtio.ko", "" },
		{ "virtio_console.ko", "virtio" },
		{ "virtio_blk.ko", "virtio" },
	};
	unsigned char bytes[FAKE_BZIMAGE_BYTES];

	fake_bzimage(bytes, version);
	fake_write(in_room("%s/boot/vmlinuz-%s", tree, version), bytes, sizeof(bytes));
	for (size_t i = 0; i < ARRAY_SIZE(modules) - !with_disk; i++)
		fake_module(in_room("%s/lib/modules/%s/kernel/%s", tree, version, modules[i].file),
		            modules[i].depends, version);
}

void note(void *arg, const char *sentence)
{
	char *said = arg;
	size_t used = strlen(said);

	snprintf(said + used, 4096 - used, "%s\n", sentence);
}

void assert_finds(const struct kernel_wish *wish, const char *tail, const char *modules)
{
	struct kernel kernel;
	struct err err = { 0 };
	int r = kernel_find(wish, &kernel, &err);

	if (r < 0)
		print_message("# %s\n", err.text);
	assert_int_equal(r, 0);
	assert_string_equal(kernel.path, in_room("%s", tail));
	if (modules)
		assert_string_equal(kernel.modules, in_room("%s", modules));
	else
		assert_string_equal(kernel.modules, "");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_room.h - a fresh folder for each test: root/ is a host, cache/ the cache, bin/ alone is $PATH.
 */
#ifndef TESTS_KERNEL_ROOM_H
#define TESTS_KERNEL_ROOM_H

#include <stdbool.h>

#include "err.h"
#include "kernel.h"

#define V "6.1.0-9-cloud-amd64"

struct room {
	char at[64], cache[80], root[80], bin[80];
	char *path;
};

extern struct room room;

int room_open(void **state);
int room_close(void **state);

/* A path in it; good until the next call. */
const char *in_room(const char *fmt, ...) PRINTF(1, 2);
/* A bash script in bin/ that runs in the room. */
void put_script(const char *name, const char *body);
/* A kernel in TREE/boot with what the guest needs in TREE/lib/modules. */
void put_kernel(const char *tree, const char *version, bool with_disk);
/* kernel_wish.say: appends lines to a char[4096]. */
void note(void *arg, const char *sentence);
/* kernel_find() gives the file at tail and modules at modules, NULL for none. */
void assert_finds(const struct kernel_wish *wish, const char *tail, const char *modules);

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_cache.h - what a QEMU binary has answered, kept for the next launch: asking takes as long as a small VM lives.
 *
 * An answer holds for one binary, accelerator and user on one host as it is: the key covers the file (device, inode, size,
 * times), the folders its modules may come from, kernel, CPU, microcode, KVM's parameters and access, and qlaunch's version.
 * A file that is not the user's own, that others may write, that is too large or not exactly what is written here is
 * ignored.  Failures are never kept, so a QEMU that is mended is asked again.
 */
#ifndef LAUNCHER_QEMU_CACHE_H
#define LAUNCHER_QEMU_CACHE_H

#include <stdbool.h>

#include "sha256.h"

struct file_mark;
struct json_object;
struct qemu_can;

struct qemu_key {
	char name[24];            /* of the file: one of a few, by binary and accelerator */
	char all[SHA256_TEXT];    /* of everything that an answer depends on */
	char binary[SHA256_TEXT]; /* of what the hash of the binary depends on */
};

/* From can->path and what /dev/kvm was found to be. */
void qemu_cache_key(const struct qemu_can *can, const struct file_mark *mark, bool kvm,
                    struct json_object *kvm_modules, struct qemu_key *ret);
/* True: can has the answer of this key. */
bool qemu_cache_read(const struct qemu_key *key, struct qemu_can *can);
/* The binary's own hash alone, which a new kernel does not change. */
bool qemu_cache_hash(const struct qemu_key *key, char ret[SHA256_TEXT]);
/* What cannot be written is asked again the next time. */
void qemu_cache_write(const struct qemu_key *key, const struct qemu_can *can);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_blocks.c - disks and the scratch as -add-fd, -blockdev and -device.
 *
 * The driver is always named and a backing file is always said (null: none), because QEMU would else believe the
 * image, and a guest writes its image.
 */
#include "qemu_blocks.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "knob_kinds.h" /* text_to_json */

#define SET_SCRATCH 1
#define SET_DISK    2
#define SET_OVERLAY (SET_DISK + SPEC_DISKS_MAX)
#define SET_LAYER   (SET_OVERLAY + SPEC_DISKS_MAX + 1) /* behind qemu_args.c's */

/* One medium on its way to QEMU. */
struct medium {
	const char *id;
	char filename[SPEC_PATH_MAX]; /* /dev/fdset/N, or a name */
	bool qcow2, block_device, readonly, follow_backing;
	enum cache cache;
	struct json_object *backing; /* the node behind it; owned */
};

static void put_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, text_to_json(text));
}

static void put_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

static void put_cache(struct json_object *node, enum cache cache)
{
	struct json_object *o = json_object_new_object();

	put_bool(o, "direct", plan_is_direct(cache));
	put_bool(o, "no-flush", cache == CACHE_UNSAFE);
	json_object_object_add(node, "cache", o);
}

static void add_fd(struct strv *args, int fd, int set, char *filename, size_t size)
{
	strv_add(args, "-add-fd");
	strv_addf(args, "fd=%d,set=%d", fd, set);
	snprintf(filename, size, "/dev/fdset/%d", set);
}

/* The node of the file itself, without a name: it is nobody's but its format node's. */
static struct json_object *file_node(const struct qemu_inputs *in, const struct medium *medium)
{
	static const char *const aios[] = { "threads", "native", "io_uring" };
	struct json_object *o = json_object_new_object();

	put_text(o, "driver", medium->block_device ? "host_device" : "file");
	put_text(o, "filename", medium->filename);
	put_text(o, "aio", aios[in->plan->aio]);
	put_bool(o, "read-only", medium->readonly);
	put_cache(o, medium->cache);
	return o;
}

static struct json_object *format_node(const struct qemu_inputs *in, const struct medium *medium,
                                       const char *name)
{
	struct json_object *o = json_object_new_object();

	if (name)
		put_text(o, "node-name", name);
	put_text(o, "driver", medium->qcow2 ? "qcow2" : "raw");
	put_bool(o, "read-only", medium->readonly);
	put_cache(o, medium->cache);
	if (medium->qcow2 && !medium->follow_backing)
		json_object_object_add(o, "backing", medium->backing);
	json_object_object_add(o, "file", file_node(in, medium));
	return o;
}

static void add_blockdev(struct strv *args, struct json_object *node)
{
	strv_add(args, "-blockdev");
	strv_add_json(args, node);
}

static void add_device(const struct qemu_inputs *in, struct strv *args, const char *id, int i,
                       enum cache cache, const char *serial, int bootindex)
{
	struct json_object *o = json_object_new_object();
	bool sync = cache == CACHE_WRITETHROUGH || cache == CACHE_DIRECTSYNC;
	char iothread[16];

	put_text(o, "driver", "virtio-blk-pci");
	put_text(o, "id", id);
	put_text(o, "drive", id);
	put_text(o, "write-cache", sync ? "off" : "on");
	if (in->plan->queues)
		json_object_object_add(o, "num-queues", json_object_new_int(in->plan->queues));
	if (in->plan->iothreads) {
		snprintf(iothread, sizeof(iothread), "io%d", i % in->plan->iothreads);
		put_text(o, "iothread", iothread);
	}
	if (serial)
		put_text(o, "serial", serial);
	if (bootindex >= 0)
		json_object_object_add(o, "bootindex", json_object_new_int(bootindex));
	strv_add(args, "-device");
	strv_add_json(args, o);
}

/* In the pastable line no file can be there yet: a device that takes writes and gives zeroes. */
static void add_null_scratch(const struct qemu_inputs *in, struct strv *args)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "node-name", "scratch");
	put_text(o, "driver", "null-co");
	json_object_object_add(o, "size", json_object_new_int64((int64_t)in->spec->scratch_bytes));
	put_bool(o, "read-zeroes", true);
	add_blockdev(args, o);
}

static void add_scratch(const struct qemu_inputs *in, struct strv *args)
{
	struct medium medium = { .id = "scratch", .cache = in->plan->cache };

	if (in->pastable) {
		add_null_scratch(in, args);
	} else {
		add_fd(args, in->fds.scratch, SET_SCRATCH, medium.filename,
		       sizeof(medium.filename));
		add_blockdev(args, format_node(in, &medium, medium.id));
	}
	add_device(in, args, medium.id, 0, medium.cache, QEMU_SCRATCH_SERIAL, -1);
}

/* Reads go through to the disk, which is only read; writes stay in the overlay. */
static void add_overlay(const struct qemu_inputs *in, struct strv *args, int i,
                        struct medium *medium)
{
	struct medium overlay = { .id = medium->id, .qcow2 = true, .cache = medium->cache };
	struct json_object *node;
	char base[32];

	snprintf(base, sizeof(base), "%s-base", medium->id);
	medium->readonly = true;
	add_blockdev(args, format_node(in, medium, base));
	add_fd(args, in->fds.overlay[i], SET_OVERLAY + i, overlay.filename,
	       sizeof(overlay.filename));
	node = format_node(in, &overlay, overlay.id);
	json_object_object_del(node, "backing");
	put_text(node, "backing", base);
	add_blockdev(args, node);
}

/* -drive can make its overlay itself, -blockdev cannot.  Its text form wants commas doubled. */
static void add_pastable_overlay(const struct qemu_inputs *in, struct strv *args,
                                 struct medium *medium)
{
	struct json_object *node = format_node(in, medium, medium->id);
	const char *json;
	size_t used = 0;
	char *text;

	json_object_object_del(node, "node-name");
	json = json_object_to_json_string_ext(node, JSON_C_TO_STRING_PLAIN |
	                                                    JSON_C_TO_STRING_NOSLASHESCAPE);
	text = json ? malloc(2 * strlen(json) + 1) : NULL;
	for (; text && *json; json++) {
		text[used++] = *json;
		if (*json == ',')
			text[used++] = ',';
	}
	if (text) {
		text[used] = '\0';
		strv_add(args, "-drive");
		strv_addf(args, "if=none,id=%s,snapshot=on,file=json:%s", medium->id, text);
	} else {
		args->failed = true;
	}
	free(text);
	json_object_put(node);
}

/* The nodes of the backing files, each within the one before; NULL: the disk has none. */
static struct json_object *layer_nodes(const struct qemu_inputs *in, struct strv *args, int i)
{
	struct json_object *behind = NULL;

	for (int k = in->disk[i].nr_layers - 1; k >= 0; k--) {
		const struct qemu_layer *layer = &in->disk[i].layer[k];
		struct medium medium = {
			.qcow2 = layer->qcow2,
			.block_device = layer->block_device,
			.readonly = true,
			.cache = in->plan->disk_cache,
			.backing = behind,
		};

		add_fd(args, in->fds.backing[i][k], SET_LAYER + QEMU_LAYERS_MAX * i + k,
		       medium.filename, sizeof(medium.filename));
		behind = format_node(in, &medium, NULL);
	}
	return behind;
}

static void add_disk(const struct qemu_inputs *in, struct strv *args, int i)
{
	const struct qemu_disk *disk = &in->disk[i];
	bool by_name = in->pastable || (disk->has_backing && !disk->nr_layers);
	char id[16];
	struct medium medium = {
		.id = id,
		.qcow2 = disk->qcow2,
		.block_device = disk->block_device,
		.readonly = disk->readonly,
		.follow_backing = disk->has_backing && by_name,
		.cache = in->plan->disk_cache,
	};

	snprintf(id, sizeof(id), "disk%d", i);
	if (by_name)
		snprintf(medium.filename, sizeof(medium.filename), "%s", disk->file);
	else
		add_fd(args, in->fds.disk[i], SET_DISK + i, medium.filename,
		       sizeof(medium.filename));
	if (!by_name)
		medium.backing = layer_nodes(in, args, i);
	if (in->spec->snapshot && in->pastable)
		add_pastable_overlay(in, args, &medium);
	else if (in->spec->snapshot)
		add_overlay(in, args, i, &medium);
	else
		add_blockdev(args, format_node(in, &medium, id));
	add_device(in, args, id, i, medium.cache, NULL, i == 0 && !in->kernel ? 0 : -1);
}

void qemu_blocks(const struct qemu_inputs *in, struct strv *args)
{
	if (in->builtin_guest && in->fds.scratch >= 0)
		add_scratch(in, args);
	for (int i = 0; i < in->spec->nr_disks && !in->builtin_guest; i++)
		add_disk(in, args, i);
}

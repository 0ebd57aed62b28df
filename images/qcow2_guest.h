/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qcow2_guest.h - the first bytes of a qcow2's disk, as its guest sees them: through the image's own map, within bounds.
 */
#ifndef IMAGES_QCOW2_GUEST_H
#define IMAGES_QCOW2_GUEST_H

#include <stdbool.h>
#include <stddef.h>

struct qcow2_header;

#define QCOW2_GUEST_MAX                                                                            \
	(32 * 1024) /* the map's first table covers as much with the smallest clusters */

/* Fills buf with the first size bytes; what lies behind the disk's end is zero.  Returns false where they are not in
 * this image (a backing file, another data file, encrypted, subclusters) or the map is damaged. */
bool qcow2_guest_read(int fd, const struct qcow2_header *header, void *buf, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* caches.c - reads cpu0/cache/index*.  Decides nothing. */
#include "caches.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

#define INDEX_MAX 16
#define LEVEL_MAX 8
#define BYTES_MAX ((uint64_t)1 << 40)

static int read_word(const char *root, int index, const char *name, char *buf, size_t size)
{
	char path[512];

	if (snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/cpu0/cache/index%d/%s", root,
	             index, name) >= (int)sizeof(path))
		return -1;
	return text_read_file(path, buf, size, NULL);
}

/* The size of one cache, its level through *ret_level; 0 where it holds no data. */
static uint64_t read_one(const char *root, int index, uint64_t *ret_level)
{
	char level[16], type[32], size[32];
	uint64_t bytes;

	if (read_word(root, index, "level", level, sizeof(level)) < 0 ||
	    read_word(root, index, "type", type, sizeof(type)) < 0 ||
	    read_word(root, index, "size", size, sizeof(size)) < 0 ||
	    !strcmp(type, "Instruction") || text_parse_u64(level, 1, LEVEL_MAX, ret_level, NULL) ||
	    text_parse_size(size, &bytes, NULL) || bytes > BYTES_MAX)
		return 0;
	return bytes;
}

void caches_read(const char *root, struct caches *ret)
{
	uint64_t last = 0;

	*ret = (struct caches){ 0 };
	for (int i = 0; i < INDEX_MAX; i++) {
		uint64_t level, bytes = read_one(root, i, &level);

		if (!bytes)
			continue;
		if (level == 1)
			ret->l1 = bytes;
		if (level == 2)
			ret->l2 = bytes;
		if (level >= last)
			ret->llc = bytes;
		last = level > last ? level : last;
	}
}

void caches_format(const struct caches *caches, char *buf, size_t size)
{
	char l1[24], l2[24], llc[24];

	text_format_size(caches->l1, l1, sizeof(l1));
	text_format_size(caches->l2, l2, sizeof(l2));
	text_format_size(caches->llc, llc, sizeof(llc));
	if (caches->llc)
		snprintf(buf, size, "l1 %s, l2 %s, last %s", l1, l2, llc);
	else
		snprintf(buf, size, "unknown");
}

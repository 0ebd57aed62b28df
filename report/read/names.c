/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.c - an open hash table over an array of texts. */
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint64_t names_hash(const char *text, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

/* The slot that holds the text or would take it. */
static uint32_t slot_of(const struct names *names, const char *text, size_t len)
{
	uint32_t mask = names->nr_slots - 1, slot = (uint32_t)names_hash(text, len) & mask;

	while (names->slots[slot]) {
		const char *other = names->list[names->slots[slot] - 1];

		if (!strncmp(other, text, len) && !other[len])
			break;
		slot = (slot + 1) & mask;
	}
	return slot;
}

static int grow(struct names *names)
{
	int room = names->room ? names->room * 2 : 16;
	char **list = realloc(names->list, (size_t)room * sizeof(*list));
	uint32_t *slots;

	if (!list)
		return -ENOMEM;
	names->list = list;
	slots = calloc((size_t)room * 2, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(names->slots);
	names->slots = slots;
	names->nr_slots = (uint32_t)room * 2;
	names->room = room;
	for (int i = 0; i < names->nr; i++)
		slots[slot_of(names, list[i], strlen(list[i]))] = (uint32_t)i + 1;
	return 0;
}

int names_find(const struct names *names, const char *text, size_t len)
{
	uint32_t slot;

	if (!names->nr_slots)
		return -ENOENT;
	slot = slot_of(names, text, len);
	return names->slots[slot] ? (int)names->slots[slot] - 1 : -ENOENT;
}

int names_add(struct names *names, const char *text, size_t len)
{
	int at = names_find(names, text, len);
	char *copy;

	if (at >= 0)
		return at;
	if (names->nr >= names->max)
		return -E2BIG;
	if (names->nr == names->room && grow(names))
		return -ENOMEM;
	copy = strndup(text, len);
	if (!copy)
		return -ENOMEM;
	names->list[names->nr] = copy;
	names->slots[slot_of(names, text, len)] = (uint32_t)names->nr + 1;
	return names->nr++;
}

const char *names_at(const struct names *names, int i)
{
	return i >= 0 && i < names->nr ? names->list[i] : "";
}

void names_done(struct names *names)
{
	for (int i = 0; i < names->nr; i++)
		free(names->list[i]);
	free(names->list);
	free(names->slots);
	*names = (struct names){ .max = names->max };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names.h - texts as small numbers, in order of first appearance.  Bounded: foreign files choose the texts.
 */
#ifndef REPORT_NAMES_H
#define REPORT_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names {
	int max; /* set by the owner; 0 takes nothing */
	int nr, room;
	char **list;
	uint32_t *slots; /* hash table: number + 1, or 0 */
	uint32_t nr_slots;
};

uint64_t names_hash(const char *text, size_t len);
/* The text's number, a new one where it is not there; -E2BIG where the list is full, -ENOMEM. */
int names_add(struct names *names, const char *text, size_t len);
/* The number or -ENOENT. */
int names_find(const struct names *names, const char *text, size_t len);
const char *names_at(const struct names *names, int i); /* "" out of range */
void names_done(struct names *names);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem_walk.c BYTES MS - ns a load of a pointer chase over so many bytes of small pages: the peer of one level of
 * `qload mem`.  Walks nothing else, for so many milliseconds; prints the median of the walks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "text.h"

#define LINE  64
#define BLOCK 16384 /* loads that are timed together */

static void **line_at(void *memory, size_t i)
{
	return (void **)memory + i * LINE / sizeof(void *);
}

/* Sattolo's shuffle: one cycle through all lines. */
static void link_lines(void *memory, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		*line_at(memory, i) = line_at(memory, i);
	for (size_t i = nr - 1; i > 0; i--) {
		void **a = line_at(memory, i);
		void **b = line_at(memory, (size_t)random() % i);
		void *other = *a;

		*a = *b;
		*b = other;
	}
}

static void **walk(void **at, size_t loads)
{
	for (size_t i = 0; i < loads; i += 8) {
		at = *(void *volatile *)at, at = *(void *volatile *)at;
		at = *(void *volatile *)at, at = *(void *volatile *)at;
		at = *(void *volatile *)at, at = *(void *volatile *)at;
		at = *(void *volatile *)at, at = *(void *volatile *)at;
	}
	return at;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	enum { WALKS_MAX = 1 << 20 };
	uint64_t bytes, ms;
	double *took = malloc(WALKS_MAX * sizeof(*took));
	size_t nr = 0;
	void *memory;
	void **at;
	int64_t end;

	if (argc != 3 || !took || text_parse_size(argv[1], &bytes, NULL) || bytes < 4096 ||
	    text_parse_u64(argv[2], 1, 60000, &ms, NULL))
		return 2;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	(void)madvise(memory, bytes, MADV_NOHUGEPAGE);
	link_lines(memory, bytes / LINE);
	/* a whole round, or a block, fills the cache */
	at = walk((void **)memory, bytes / LINE > BLOCK ? bytes / LINE / 8 * 8 : BLOCK);
	for (end = clock_now_ns() + (int64_t)ms * 1000000; nr < WALKS_MAX && clock_now_ns() < end;
	     nr++) {
		int64_t begin = clock_now_ns();

		at = walk(at, BLOCK);
		took[nr] = (double)(clock_now_ns() - begin) / BLOCK;
	}
	qsort(took, nr, sizeof(*took), compare);
	printf("%.3f\n", nr && at ? took[nr / 2] : 0);
	return nr ? 0 : 1;
}

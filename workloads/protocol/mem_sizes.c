/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mem_sizes.c - arithmetic on cache sizes.  Touches no memory. */
#include "mem_sizes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/sysinfo.h>

#include "text.h"

#define PAGE      ((uint64_t)4 << 10)
#define HUGE_PAGE ((uint64_t)2 << 20)
#define DRAM_MIN  ((uint64_t)128 << 20)
#define DRAM_MAX  ((uint64_t)2 << 30) /* a chain is made in about a second a GiB */
#define LINE      64
#define ORDER     4 /* bytes a line, while its chain is made */

static uint64_t at_least(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* L2 by a quarter: the pages of more would miss the first TLB as well.  The last level by four times L2, which is
 * little of what it has, as other workers want their share. */
void mem_sizes_choose(const struct caches *caches, uint64_t room, int workers,
                      struct mem_sizes *ret)
{
	uint64_t l1 = caches->l1 ? caches->l1 : 32 << 10, l2 = caches->l2 ? caches->l2 : 1 << 20;
	uint64_t llc = caches->llc ? caches->llc : 32 << 20, small, fits;
	struct mem_sizes sizes = { .cache = caches->llc };

	sizes.l1 = at_least(l1 / 2 / PAGE * PAGE, PAGE);
	sizes.l2 = at_least(l2 / 4, 2 * l1) / PAGE * PAGE;
	sizes.llc = at_most(4 * l2, llc / 2) / PAGE * PAGE;
	if (sizes.llc < 2 * l2)
		sizes.llc = 0;
	small = sizes.l1 + sizes.l2 + sizes.llc;
	fits = room / (uint64_t)workers;
	fits = fits > small ? (fits - small) / (2 * LINE + ORDER) * LINE : 0;
	sizes.dram = at_most(at_least(4 * llc, DRAM_MIN),
	                     at_most(at_least(fits, DRAM_MIN), DRAM_MAX));
	sizes.dram = sizes.dram / HUGE_PAGE * HUGE_PAGE;
	*ret = sizes;
}

void mem_sizes_here(int workers, struct mem_sizes *ret)
{
	struct sysinfo info = { 0 };
	struct caches caches;

	caches_read("", &caches);
	if (sysinfo(&info))
		info.totalram = 0;
	mem_sizes_choose(&caches, mem_sizes_room((uint64_t)info.totalram * info.mem_unit), workers,
	                 ret);
}

int mem_sizes_parse(const char *text, struct mem_sizes *ret, struct err *err)
{
	struct mem_sizes sizes = { 0 };
	uint64_t *const size[] = { &sizes.l1, &sizes.l2, &sizes.llc, &sizes.dram, &sizes.cache };
	char copy[160], *part[ARRAY_SIZE(size) + 1];
	int nr = text_copy(copy, sizeof(copy), text) < 0
	                 ? -1
	                 : text_split(copy, ',', part, ARRAY_SIZE(size) + 1);

	if (nr != ARRAY_SIZE(size))
		return err_set(err, EINVAL, "'%.64s' is no list of %zu sizes", text,
		               ARRAY_SIZE(size));
	for (int i = 0; i < nr; i++) {
		if (text_parse_size(part[i], size[i], err) < 0)
			return -err->code;
	}
	/* whole pages, and a chain wants more than one line */
	if (sizes.l1 < PAGE || sizes.l2 < PAGE || (sizes.llc && sizes.llc < PAGE) ||
	    sizes.dram < HUGE_PAGE || sizes.dram > 8 * DRAM_MAX || sizes.l1 > sizes.dram ||
	    sizes.l2 > sizes.dram || sizes.llc > sizes.dram || sizes.dram % HUGE_PAGE)
		return err_set(err, EINVAL,
		               "'%.64s': each is 4k or more, and the fourth, the largest, whole "
		               "huge pages of 2M up to 16G",
		               text);
	*ret = sizes;
	return 0;
}

void mem_sizes_format(const struct mem_sizes *sizes, char *buf, size_t size)
{
	const uint64_t list[] = { sizes->l1, sizes->l2, sizes->llc, sizes->dram, sizes->cache };
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(list) && used < size; i++) {
		char one[24];

		text_format_size(list[i], one, sizeof(one));
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? "," : "", one);
	}
}

uint64_t mem_sizes_bytes(const struct mem_sizes *sizes)
{
	return sizes->l1 + sizes->l2 + sizes->llc + 2 * sizes->dram + sizes->dram / LINE * ORDER;
}

uint64_t mem_sizes_room(uint64_t memory)
{
	return memory / 8 * 5;
}

uint64_t mem_sizes_wanted(const struct mem_sizes *sizes, int workers)
{
	struct mem_sizes full = *sizes;

	full.dram = at_most(4 * sizes->cache, DRAM_MAX);
	return mem_sizes_bytes(&full) * (uint64_t)workers / 5 * 8;
}

bool mem_sizes_leave_cache(const struct mem_sizes *sizes)
{
	return sizes->cache && sizes->dram >= 2 * sizes->cache;
}

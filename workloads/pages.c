/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages.c - mmap and madvise.  Touches no page. */
#include "pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#include "cleanup.h"

#define HUGE_PAGE (2ul << 20)

int pages_map(size_t bytes, bool huge, struct pages *ret, struct err *err)
{
	struct pages pages = { .bytes = bytes, .mapped = bytes + HUGE_PAGE };
	uintptr_t start;

	pages.base = mmap(NULL, pages.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                  -1, 0);
	if (pages.base == MAP_FAILED)
		return err_sys(err, "%zu MiB of memory", bytes >> 20);
	start = ((uintptr_t)pages.base + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	pages.map = (char *)pages.base + (start - (uintptr_t)pages.base);
	/* Refused by a kernel without huge pages; what was given is read back, not believed. */
	(void)madvise(pages.base, pages.mapped, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	*ret = pages;
	return 0;
}

uint64_t pages_huge_bytes(const struct pages *pages)
{
	CLEANUP(file_close) FILE *file = fopen("/proc/self/smaps", "re");
	uintptr_t from = (uintptr_t)pages->map, to = from + pages->bytes;
	uint64_t low, high, kib, sum = 0;
	bool inside = false;
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &low, &high) == 2)
			inside = low < to && high > from;
		else if (inside && sscanf(line, "AnonHugePages: %" SCNu64 " kB", &kib) == 1)
			sum += kib << 10;
	}
	return sum < pages->bytes ? sum : pages->bytes;
}

void pages_unmap(struct pages *pages)
{
	if (pages->base)
		munmap(pages->base, pages->mapped);
	*pages = (struct pages){ 0 };
}

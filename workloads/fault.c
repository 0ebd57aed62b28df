/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fault.c - maps, touches, unmaps.  Only the touching is timed. */
#include "fault.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "answer.h"
#include "answer_parts.h"
#include "text.h"

#define ROUND_BYTES (4ul << 20)

static long minor_faults(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? -1 : usage.ru_minflt;
}

int faults_round(size_t bytes, struct tally *tally, struct tally_sum *ret, struct err *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	volatile char *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                          -1, 0);
	long before, after;
	int64_t begin, end;

	if (map == MAP_FAILED)
		return err_sys(err, "%zu bytes of memory", bytes);
	/* One fault for each page, also where huge ones are the rule. */
	(void)madvise((void *)(uintptr_t)map, bytes, MADV_NOHUGEPAGE);
	before = minor_faults();
	begin = clock_now_ns();
	tally->detail = begin;
	for (size_t at = 0; at < bytes; at += page)
		map[at] = 1;
	end = clock_now_ns();
	tally->detail = 0;
	after = minor_faults();
	munmap((void *)(uintptr_t)map, bytes);
	if (before < 0 || after - before < (long)(bytes / page))
		return err_set(err, EIO, "%zu pages were touched, and the kernel counts %ld faults",
		               bytes / page, after - before);
	*ret = (struct tally_sum){ (uint64_t)(after - before), (uint64_t)(end - begin), 0 };
	return 0;
}

static int faults_run(void *state, struct window *window, struct tally *tally, struct err *err)
{
	struct tally_sum round;

	(void)state;
	while (!window_stopped(window)) {
		int64_t begin = clock_now_ns();

		if (!tally_begin(tally, begin))
			return 0;
		if (faults_round(ROUND_BYTES, tally, &round, err) < 0)
			return -err->code;
		if (!tally_end(tally))
			return 0;
		if (!window_meets(window, begin, clock_now_ns()))
			continue;
		tally->sum[0].ops += round.ops;
		tally->sum[0].ns += round.ns;
	}
	return 0;
}

static void faults_give_up(struct tally *tally, struct window *window, int64_t since_ns,
                           int64_t now_ns)
{
	int64_t begin_ns = tally->detail; /* of the touching, where it is under way */

	(void)since_ns;
	if (begin_ns && window_meets(window, begin_ns, now_ns))
		tally_sum_open(&tally->sum[0], ROUND_BYTES / (size_t)sysconf(_SC_PAGESIZE),
		               now_ns - begin_ns);
}

static void faults_figures(const struct answer *answer, struct figures *figures)
{
	figures_add_sum(figures, "fault_ns", &answer->total->sum[0]);
}

static uint64_t faults_ops(const struct tally *total)
{
	return total->sum[0].ops;
}

const struct load load_fault = {
	.name = "fault",
	.run = faults_run,
	.give_up = faults_give_up,
	.figures = faults_figures,
	.ops = faults_ops,
};

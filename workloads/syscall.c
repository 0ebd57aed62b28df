/* SPDX-License-Identifier: GPL-2.0-or-later */
/* syscall.c - getppid through syscall(2), which no library answers by itself. */
#include "syscall.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "answer.h"
#include "answer_parts.h"
#include "text.h"

#define BATCH 1000

static int syscalls_run(void *state, struct window *window, struct tally *tally, struct err *err)
{
	(void)state;
	while (!window_stopped(window)) {
		const long parent = getppid();
		long same = 0;
		int64_t begin = clock_now_ns(), end;

		if (!tally_begin(tally, begin))
			return 0;
		for (int i = 0; i < BATCH; i++)
			same += syscall(SYS_getppid) == parent;
		end = clock_now_ns();
		if (!tally_end(tally))
			return 0;
		/* A parent that ends in a batch changes the answer, and the next one knows it. */
		if (same < BATCH && parent == getppid())
			return err_set(err, EIO, "%ld of %d answers were wrong", BATCH - same,
			               BATCH);
		if (window_meets(window, begin, end)) {
			tally->sum[0].ops += BATCH;
			tally->sum[0].ns += (uint64_t)(end - begin);
		}
	}
	return 0;
}

static void syscalls_give_up(struct tally *tally, struct window *window, int64_t since_ns,
                             int64_t now_ns)
{
	if (window_meets(window, since_ns, now_ns))
		tally_sum_open(&tally->sum[0], BATCH, now_ns - since_ns);
}

static void syscalls_figures(const struct answer *answer, struct figures *figures)
{
	figures_add_sum(figures, "syscall_ns", &answer->total->sum[0]);
}

static uint64_t syscalls_ops(const struct tally *total)
{
	return total->sum[0].ops;
}

const struct load load_syscall = {
	.name = "syscall",
	.run = syscalls_run,
	.give_up = syscalls_give_up,
	.figures = syscalls_figures,
	.ops = syscalls_ops,
};

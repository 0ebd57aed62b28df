/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu.c - the prime loop; figures compare with `sysbench cpu --cpu-max-prime=20000`. */
#include "cpu.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#include "answer.h"
#include "answer_parts.h"
#include "job.h"
#include "out.h"
#include "text.h"

/*
 * The first number from 3 on that divides the candidate or is above its root.
 *
 * sysbench's cost is a 64-bit division, the root compared as a double, and the branch that is guessed wrong at the end.
 * A compiler may do each of them another way (clang divides in 32 bits where both operands are small), and each way is
 * another workload.  So the loop of sysbench as Debian builds it is spelled out where we know it, on a cache line of its
 * own: what is linked before it moves nothing.
 */
static uint64_t seek_divisor(uint64_t candidate, double root)
{
	uint64_t divisor = 2;

#ifdef __x86_64__
	__asm__("jmp 2f\n"
	        ".p2align 6\n"
	        "1:	pxor %%xmm15, %%xmm15\n"
	        "	cvtsi2sdq %[divisor], %%xmm15\n"
	        "	comisd %%xmm15, %[root]\n"
	        "	jb 3f\n"
	        "	movq %[candidate], %%rax\n"
	        "	xorl %%edx, %%edx\n"
	        "	divq %[divisor]\n"
	        "	testq %%rdx, %%rdx\n"
	        "	je 3f\n"
	        "2:	addq $1, %[divisor]\n"
	        "	jns 1b\n"
	        "3:"
	        : [divisor] "+r"(divisor)
	        : [candidate] "r"(candidate), [root] "x"(root)
	        : "rax", "rdx", "xmm15", "cc");
#else
	do
		divisor++;
	while ((double)divisor <= root && candidate % divisor);
#endif
	return divisor;
}

/* The remainder by 2 is a modulo operation as well, but every compiler, also sysbench's, makes a test of one bit of it. */
static void divide(uint64_t candidate, struct cpu_event *event)
{
	double root = sqrt((double)(int64_t)candidate);
	uint64_t divisor = 2;
	bool is_prime;

	if (root >= 2 && candidate % 2)
		divisor = seek_divisor(candidate, root);
	is_prime = (double)(int64_t)divisor > root;
	event->primes += is_prime;
	event->divisions += divisor - 1 - is_prime;
}

struct cpu_event cpu_event_run(uint64_t max_prime)
{
	struct cpu_event event = { 0 };

	for (uint64_t candidate = 3; candidate < max_prime; candidate++)
		divide(candidate, &event);
	return event;
}

uint64_t cpu_extra_run(uint64_t divisions)
{
	struct cpu_event event = { 0 };

	while (event.divisions < divisions) {
		for (uint64_t candidate = CPU_MAX_PRIME - 1;
		     candidate >= 3 && event.divisions < divisions; candidate--)
			divide(candidate, &event);
	}
	return event.divisions;
}

static int cpu_open(const struct place *place, void **ret, struct err *err)
{
	(void)err;
	*ret = (void *)(uintptr_t)place->job; /* only read */
	return 0;
}

static int cpu_run(void *state, struct window *window, struct tally *tally, struct err *err)
{
	const struct job *job = state;
	int64_t begin = clock_now_ns(), end, owed = 0;

	while (!window_stopped(window)) {
		struct cpu_event event;

		if (!tally_begin(tally, begin))
			return 0;
		event = cpu_event_run(CPU_MAX_PRIME);
		/* a candidate is done whole: what that is too much is owed less next time */
		owed += (int64_t)CPU_DIVISIONS * job->handicap;
		if (owed >= 100)
			owed -= 100 * (int64_t)cpu_extra_run((uint64_t)owed / 100);
		end = clock_now_ns();
		if (!tally_end(tally))
			return 0;
		if (event.primes != CPU_PRIMES || event.divisions != CPU_DIVISIONS)
			return err_set(err, EIO,
			               "this CPU counted %" PRIu64 " primes in %" PRIu64
			               " divisions, not %d in %d",
			               event.primes, event.divisions, CPU_PRIMES, CPU_DIVISIONS);
		tally->done[TALLY_EVENT] += window_holds(window, end);
		if (window_meets(window, begin, end))
			hist_add(&tally->hist[TALLY_EVENT], (uint64_t)(end - begin), 1);
		begin = end;
	}
	return 0;
}

static void cpu_give_up(struct tally *tally, struct window *window, int64_t since_ns,
                        int64_t now_ns)
{
	if (window_meets(window, since_ns, now_ns))
		hist_add_open(&tally->hist[TALLY_EVENT], (uint64_t)(now_ns - since_ns));
}

static void cpu_figures(const struct answer *answer, struct figures *figures)
{
	figures_add(figures, "events/s", "higher",
	            (double)answer->total->done[TALLY_EVENT] * NSEC_PER_SEC /
	                    (double)answer->window_ns,
	            "cpu_events_per_s");
	figures_add_latencies(figures, "cpu_event", &answer->total->hist[TALLY_EVENT]);
}

static void cpu_engine(const struct answer *answer, struct out *out)
{
	out_add(out, "\"handicap_percent\":%d", answer->job->handicap);
}

static void cpu_warn(const struct answer *answer, struct warnings *warnings)
{
	if (answer->job->handicap)
		warn(warnings, "a handicap was asked for: each event does %d %% more work",
		     answer->job->handicap);
}

static uint64_t cpu_ops(const struct tally *total)
{
	return total->done[TALLY_EVENT];
}

const struct load load_cpu = {
	.name = "cpu",
	.hist = { "cpu_event_ns" },
	.open = cpu_open,
	.engine = cpu_engine,
	.warn = cpu_warn,
	.run = cpu_run,
	.give_up = cpu_give_up,
	.figures = cpu_figures,
	.ops = cpu_ops,
};

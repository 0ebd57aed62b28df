/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu.c - the prime loop; figures compare with `sysbench cpu --cpu-max-prime=20000`. */
#include "cpu.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "answer.h"
#include "answer_parts.h"
#include "job.h"
#include "out.h"
#include "text.h"

/*
 * sysbench's cost is the latency of a 64-bit division.  clang would test for small operands and divide in 32 bits,
 * which is another workload, so the instruction is spelled out where we know it.
 */
static inline uint64_t remainder64(uint64_t dividend, uint64_t divisor)
{
#ifdef __x86_64__
	uint64_t rest = 0;

	__asm__("divq %2" : "+a"(dividend), "+d"(rest) : "r"(divisor) : "cc");
	return rest;
#else
	return dividend % divisor;
#endif
}

static void divide(uint64_t candidate, struct cpu_event *event)
{
	uint64_t root = (uint64_t)sqrt((double)candidate), divisor = 2;

	while (divisor <= root && remainder64(candidate, divisor))
		divisor++;
	event->primes += divisor > root;
	event->divisions += divisor - 1 - (divisor > root);
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
		struct cpu_event event = cpu_event_run(CPU_MAX_PRIME);

		/* a candidate is done whole: what that is too much is owed less next time */
		owed += (int64_t)CPU_DIVISIONS * job->handicap;
		if (owed >= 100)
			owed -= 100 * (int64_t)cpu_extra_run((uint64_t)owed / 100);
		end = clock_now_ns();
		if (event.primes != CPU_PRIMES || event.divisions != CPU_DIVISIONS)
			return err_set(err, EIO,
			               "this CPU counted %" PRIu64 " primes in %" PRIu64
			               " divisions, not %d in %d",
			               event.primes, event.divisions, CPU_PRIMES, CPU_DIVISIONS);
		if (window_holds(window, end))
			hist_add(&tally->hist[TALLY_EVENT], (uint64_t)(end - begin), 1);
		begin = end;
	}
	return 0;
}

static void cpu_figures(const struct answer *answer, struct figures *figures)
{
	const struct hist *events = &answer->total->hist[TALLY_EVENT];

	figures_add(figures, "events/s", "higher",
	            (double)events->count * NSEC_PER_SEC / (double)answer->window_ns,
	            "cpu_events_per_s");
	figures_add_percentile(figures, "cpu_event", 950000, events);
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

const struct load load_cpu = {
	.name = "cpu",
	.hist = { "cpu_event_ns" },
	.open = cpu_open,
	.engine = cpu_engine,
	.warn = cpu_warn,
	.run = cpu_run,
	.figures = cpu_figures,
};

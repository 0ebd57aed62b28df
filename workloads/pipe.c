/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pipe.c - two threads that wake each other.  The crew owns the pipes. */
#include "pipe.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "answer.h"
#include "answer_parts.h"
#include "cleanup.h"
#include "job.h"
#include "out.h"
#include "text.h"

#define TRIPS 20 /* between two looks at the window */

enum { SAME, CROSS, SUMS };
enum { FACT_TWO_CPUS };

struct pingpong {
	int in, out;
	unsigned char ball;
	pid_t partner;
	cpu_set_t allowed, cpu[2]; /* at the start; the one of the worker, the other */
	bool has_two;
};

/* The n-th of the allowed CPUs, counted round and round. */
static void pick_cpu(const cpu_set_t *allowed, int n, cpu_set_t *ret)
{
	n %= CPU_COUNT(allowed);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, allowed) || n-- > 0)
			continue;
		CPU_ZERO(ret);
		CPU_SET(cpu, ret);
		return;
	}
}

static int read_all(int fd, void *bytes, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, (char *)bytes + used, size - used);

		if (n <= 0)
			return -1;
		used += (size_t)n;
	}
	return 0;
}

static int pingpong_open(const struct place *place, void **ret, struct err *err)
{
	CLEANUP(str_free) char *memory = calloc(1, sizeof(struct pingpong));
	struct pingpong *pingpong = (void *)memory;

	if (!pingpong)
		return err_set(err, ENOMEM, "no memory for a ping-pong");
	pingpong->in = place->in;
	pingpong->out = place->out;
	if (read_all(place->in, &pingpong->partner, sizeof(pingpong->partner)) < 0)
		return err_set(err, EPIPE, "the partner is gone");
	if (sched_getaffinity(0, sizeof(pingpong->allowed), &pingpong->allowed) < 0)
		return err_sys(err, "CPUs of the worker");
	pingpong->has_two = CPU_COUNT(&pingpong->allowed) > 1;
	pick_cpu(&pingpong->allowed, place->worker, &pingpong->cpu[SAME]);
	pick_cpu(&pingpong->allowed, place->worker + 1, &pingpong->cpu[CROSS]);
	memory = NULL;
	*ret = pingpong;
	return 0;
}

static int trips(struct pingpong *pingpong, int nr, struct err *err)
{
	for (int i = 0; i < nr; i++) {
		unsigned char sent = ++pingpong->ball, back;

		if (write(pingpong->out, &sent, 1) != 1 || read(pingpong->in, &back, 1) != 1)
			return err_set(err, EPIPE, "the partner is gone");
		if (back != (unsigned char)~sent)
			return err_set(err, EIO, "%d came back for %d", back, sent);
	}
	return 0;
}

/* Both are ours: no right is needed to move them within the CPUs they have. */
static int place_both(const struct pingpong *pingpong, const cpu_set_t *worker,
                      const cpu_set_t *partner, struct err *err)
{
	if (!pingpong->has_two)
		return 0;
	if (sched_setaffinity(0, sizeof(*worker), worker) < 0 ||
	    sched_setaffinity(pingpong->partner, sizeof(*partner), partner) < 0)
		return err_sys(err, "CPUs of worker and partner");
	return 0;
}

static int round_of(struct pingpong *pingpong, int where, struct window *window,
                    struct tally *tally, struct err *err)
{
	int64_t begin, end;

	/* the first trip moves the threads */
	if (place_both(pingpong, &pingpong->cpu[SAME], &pingpong->cpu[where], err) < 0 ||
	    trips(pingpong, 1, err) < 0)
		return -err->code;
	begin = clock_now_ns();
	tally->detail = where;
	if (!tally_begin(tally, begin))
		return 0; /* the load has been told to stop long ago */
	if (trips(pingpong, TRIPS, err) < 0)
		return -err->code;
	end = clock_now_ns();
	if (!tally_end(tally))
		return 0;
	if (window_meets(window, begin, end)) {
		tally->sum[where].ops += TRIPS;
		tally->sum[where].ns += (uint64_t)(end - begin);
	}
	return 0;
}

static int pingpong_run(void *state, struct window *window, struct tally *tally, struct err *err)
{
	struct pingpong *pingpong = state;
	int rc = 0;

	tally->fact[FACT_TWO_CPUS] = pingpong->has_two;
	for (int i = 0; !rc && !window_stopped(window); i++)
		rc = round_of(pingpong, pingpong->has_two ? i % SUMS : SAME, window, tally, err);
	/* as they were placed: the host reads it back */
	return rc ? rc : place_both(pingpong, &pingpong->allowed, &pingpong->allowed, err);
}

static void pingpong_give_up(struct tally *tally, struct window *window, int64_t since_ns,
                             int64_t now_ns)
{
	if (window_meets(window, since_ns, now_ns))
		tally_sum_open(&tally->sum[tally->detail], TRIPS, now_ns - since_ns);
}

static void pingpong_close(void *state)
{
	free(state);
}

/* The end of the worker's pipe is the end of the partner. */
static int pingpong_partner(const struct place *place, struct err *err)
{
	pid_t self = gettid();
	unsigned char ball;

	if (write(place->out, &self, sizeof(self)) != sizeof(self))
		return err_sys(err, "partner: first word");
	while (read(place->in, &ball, 1) == 1) {
		ball = (unsigned char)~ball;
		if (write(place->out, &ball, 1) != 1)
			break; /* the worker has left first */
	}
	return 0;
}

static void pingpong_figures(const struct answer *answer, struct figures *figures)
{
	const struct tally *total = answer->total;
	struct load_figure *cross;

	figures_add_sum(figures, "pipe_ns", &total->sum[SAME]);
	cross = figures_add_sum(figures, "pipe_cross_ns", &total->sum[CROSS]);
	if (!total->fact[FACT_TWO_CPUS])
		cross->why = "worker and partner have only one CPU";
}

static void pingpong_engine(const struct answer *answer, struct out *out)
{
	out_add(out, "\"partners\":%d,\"cross_cpu\":%s", answer->job->threads,
	        answer->total->fact[FACT_TWO_CPUS] ? "true" : "false");
}

static uint64_t pingpong_ops(const struct tally *total)
{
	return total->sum[SAME].ops + total->sum[CROSS].ops;
}

const struct load load_pipe = {
	.name = "pipe",
	.open = pingpong_open,
	.run = pingpong_run,
	.give_up = pingpong_give_up,
	.close = pingpong_close,
	.partner = pingpong_partner,
	.figures = pingpong_figures,
	.ops = pingpong_ops,
	.engine = pingpong_engine,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bare_nop.c [SECONDS [DEPTH [BATCH]]] - IORING_OP_NOP as fast as liburing goes: the peer of `qload randread --nop`.
 * Measures nothing but its own rate, which it prints.
 */
#include <liburing.h>
#include <stdio.h>

#include "text.h"

static int open_ring(struct io_uring *ring, unsigned depth)
{
	int rc = io_uring_queue_init(depth, ring,
	                             IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
	                                     IORING_SETUP_COOP_TASKRUN);

	if (rc < 0)
		rc = io_uring_queue_init(depth, ring, 0);
	if (rc >= 0)
		io_uring_register_ring_fd(ring);
	return rc;
}

/* At most `depth` in flight, `batch` a call, as the engine has it; the clock is read once a call. */
static int run(struct io_uring *ring, unsigned depth, unsigned batch, int64_t end, uint64_t *ret)
{
	unsigned idle = depth;

	while (clock_now_ns() < end) {
		struct io_uring_cqe *cqes[64];
		unsigned nr = idle < batch ? idle : batch;

		for (unsigned i = 0; i < nr; i++)
			io_uring_prep_nop(io_uring_get_sqe(ring));
		idle -= nr;
		if (io_uring_submit_and_wait(ring, idle ? 0 : 1) < 0)
			return -1;
		nr = io_uring_peek_batch_cqe(ring, cqes, 64);
		io_uring_cq_advance(ring, nr);
		idle += nr;
		*ret += nr;
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t seconds = 1, depth = 32, batch = 16, nr = 0;
	struct io_uring ring;
	int64_t begin;
	struct err err;

	if ((argc > 1 && text_parse_u64(argv[1], 1, 100, &seconds, &err)) ||
	    (argc > 2 && text_parse_u64(argv[2], 1, 4096, &depth, &err)) ||
	    (argc > 3 && text_parse_u64(argv[3], 1, depth, &batch, &err))) {
		fprintf(stderr, "bare_nop: %s\n", err.text);
		return 2;
	}
	if (open_ring(&ring, (unsigned)depth) < 0) {
		fputs("bare_nop: no io_uring here\n", stderr);
		return 1;
	}
	begin = clock_now_ns();
	if (run(&ring, (unsigned)depth, (unsigned)batch, begin + (int64_t)seconds * NSEC_PER_SEC,
	        &nr) < 0)
		return 1;
	printf("%.0f\n", (double)nr * 1e9 / (double)(clock_now_ns() - begin));
	io_uring_queue_exit(&ring);
	return 0;
}

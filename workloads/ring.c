/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ring.c - sets a ring up, and makes its calls. */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "text.h"
#include "uring_flags.h"

#define POLLER_IDLE_MS 1000 /* until a poller without requests sleeps and must be woken */

static int explain_refusal(int rc, struct err *err)
{
	struct rlimit limit = { 0 };
	char value[16] = "?";

	if (rc == -EPERM &&
	    text_read_file("/proc/sys/kernel/io_uring_disabled", value, sizeof(value), NULL) >= 0)
		return err_set(err, EPERM,
		               "io_uring is switched off here: kernel.io_uring_disabled is %.8s",
		               value);
	if (rc == -ENOMEM && !getrlimit(RLIMIT_MEMLOCK, &limit))
		return err_set(err, ENOMEM,
		               "io_uring: no memory, or the memlock limit (%lu KiB) is used up",
		               (unsigned long)limit.rlim_cur / 1024);
	if (rc == -ENOSYS)
		return err_set(err, ENOSYS, "this kernel has no io_uring");
	return err_set(err, -rc, "io_uring: %s", strerror(-rc));
}

/*
 * Not io_uring_queue_init_params(): liburing 2.3 to 2.5 write the array that IORING_SETUP_NO_SQARRAY leaves out, later
 * versions set that flag by themselves.  io_uring_queue_mmap() maps the same in all versions, but 2.5 to 2.14 leave the
 * descriptors and the flags 0 (axboe/liburing 435e6b28), and 2.3 the features.
 */
static int try_setup(unsigned slots, unsigned flags, struct ring *ring)
{
	struct io_uring_params params = { .flags = flags, .sq_thread_idle = POLLER_IDLE_MS };
	int fd = io_uring_setup(slots, &params), rc;

	if (fd < 0)
		return fd;
	if (!(params.features & IORING_FEAT_EXT_ARG)) { /* a wait could not be ended */
		close(fd);
		return -ENOSYS;
	}
	rc = io_uring_queue_mmap(fd, &params, &ring->uring);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	ring->uring.ring_fd = ring->uring.enter_ring_fd = fd;
	ring->uring.flags = params.flags;
	ring->uring.features = params.features;
	ring->setup_flags = flags;
	ring->is_open = true;
	return 0;
}

/* Older kernels refuse flags they do not know with EINVAL; DEFER_TASKRUN also needs SINGLE_ISSUER. */
static int setup(const struct ring_wish *wish, struct ring *ring)
{
	static const unsigned plain[] = {
		URING_NO_SQARRAY | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
		        IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
		        IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
		IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
		0,
	};
	/* a poller of the kernel's takes none of the others */
	static const unsigned polled[] = { IORING_SETUP_SQPOLL | IORING_SETUP_SINGLE_ISSUER,
		                           IORING_SETUP_SQPOLL };
	const unsigned *sets = wish->sqpoll ? polled : plain;
	size_t nr = wish->sqpoll ? ARRAY_SIZE(polled) : ARRAY_SIZE(plain);
	int rc = -EINVAL;

	for (size_t i = 0; i < nr && rc == -EINVAL; i++)
		rc = try_setup(wish->slots, sets[i] | (wish->iopoll ? IORING_SETUP_IOPOLL : 0),
		               ring);
	return rc;
}

/* Each only makes a request cheaper: where the kernel refuses (memlock, seccomp) we go on without, and say so. */
static void register_all(const struct ring_wish *wish, struct ring *ring)
{
	struct iovec vec = { wish->buffers, wish->slots * wish->bs };

	if (io_uring_register_ring_fd(&ring->uring) == 1) {
		ring->registered |= URING_HAS_RING;
		ring->enter_flags = IORING_ENTER_REGISTERED_RING;
	}
	if (!io_uring_register_files(&ring->uring, &wish->fd, 1))
		ring->registered |= URING_HAS_FILE;
	if (!io_uring_register_buffers(&ring->uring, &vec, 1))
		ring->registered |= URING_HAS_BUFFERS;
}

static void choose_ops(const struct ring_wish *wish, struct ring *ring)
{
	ring->read_op = ring->registered & URING_HAS_BUFFERS ? IORING_OP_READ_FIXED
	                                                     : IORING_OP_READ;
	ring->write_op = ring->registered & URING_HAS_BUFFERS ? IORING_OP_WRITE_FIXED
	                                                      : IORING_OP_WRITE;
	if (wish->nop)
		ring->read_op = ring->write_op = IORING_OP_NOP;
}

/* There may be more entries than slots: a power of two. */
static void write_entries(const struct ring_wish *wish, struct ring *ring)
{
	unsigned nr = ring->slot ? ring->uring.sq.ring_entries : wish->slots;
	bool file = ring->registered & URING_HAS_FILE && !wish->nop;

	for (unsigned slot = 0; slot < nr; slot++) {
		struct io_uring_sqe *sqe = &ring->uring.sq.sqes[slot];

		*sqe = (struct io_uring_sqe){
			0
		}; /* newer versions of liburing leave the rest as it is */
		if (wish->nop)
			io_uring_prep_nop(sqe);
		else
			io_uring_prep_rw(ring->read_op, sqe, file ? 0 : wish->fd,
			                 wish->buffers + slot % wish->slots * wish->bs,
			                 (unsigned)wish->bs, 0);
		sqe->flags = file ? IOSQE_FIXED_FILE : 0;
		io_uring_sqe_set_data64(sqe, slot);
	}
}

static int make_slots(const struct ring_wish *wish, struct ring *ring, struct err *err)
{
	if (!(ring->setup_flags & URING_NO_SQARRAY))
		return 0;
	ring->slot = calloc(wish->slots, sizeof(*ring->slot));
	if (!ring->slot)
		return err_set(err, ENOMEM, "no memory for %u requests", wish->slots);
	for (unsigned i = 0; i < wish->slots; i++)
		ring->slot[i] = (struct ring_slot){ .buffer = (uint64_t)(uintptr_t)(wish->buffers +
			                                                            i * wish->bs),
			                            .op = ring->read_op };
	return 0;
}

int ring_open(const struct ring_wish *wish, struct ring *ret, struct err *err)
{
	int rc;

	*ret = (struct ring){ .iopoll = wish->iopoll, .sqpoll = wish->sqpoll, .nop = wish->nop };
	rc = setup(wish, ret);
	if (rc < 0)
		return explain_refusal(rc, err);
	ret->flags_work = ret->setup_flags & IORING_SETUP_TASKRUN_FLAG || wish->sqpoll;
	ret->tail = *ret->uring.sq.ktail;
	register_all(wish, ret);
	choose_ops(wish, ret);
	rc = make_slots(wish, ret, err);
	if (rc < 0)
		return rc;
	write_entries(wish, ret);
	return 0;
}

void ring_done(struct ring *ring)
{
	if (ring->is_open)
		io_uring_queue_exit(&ring->uring);
	ring->is_open = false;
	free(ring->slot);
	ring->slot = NULL;
}

int ring_wait(struct ring *ring, unsigned nr, unsigned wait_nr, int64_t timeout_ns, unsigned flags)
{
	struct __kernel_timespec timeout = { .tv_sec = timeout_ns / NSEC_PER_SEC,
		                             .tv_nsec = timeout_ns % NSEC_PER_SEC };
	struct io_uring_getevents_arg arg = { .ts = (uint64_t)(uintptr_t)&timeout };

	return io_uring_enter2((unsigned)ring->uring.enter_ring_fd, nr, wait_nr,
	                       flags | IORING_ENTER_EXT_ARG, (sigset_t *)(void *)&arg, sizeof(arg));
}

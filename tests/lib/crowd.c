/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crowd.c - the child behind crowd.h: its main thread obeys, one order at a time. */
#include "crowd.h"

#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "text.h"

#define MEMBERS_MAX 64

enum verb { VERB_ADD, VERB_REMOVE, VERB_SPIN, VERB_NAP, VERB_TOUCH, VERB_PUNT };

struct order {
	enum verb verb;
	pid_t tid;
	int64_t amount;
	char name[16];
};

/* A thread and the socket over which it takes its orders: [0] is the main thread's end, [1] its own. */
struct member {
	pthread_t thread;
	pid_t tid;
	int fd[2];
	char name[16];
};

static struct member members[MEMBERS_MAX];

static void spin(int64_t ns)
{
	struct timespec ts;
	int64_t end;

	/* its own CPU time: how much it got is what the test asks the kernel */
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	end = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec + ns;
	while (ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec < end)
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
}

/* A fault for each: huge pages would make it one. */
static void touch(int64_t pages)
{
	size_t page = (size_t)getpagesize(), size = (size_t)pages * page;
	volatile char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                           -1, 0);

	if (area == MAP_FAILED)
		return;
	madvise((void *)area, size, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < size; at += page)
		area[at] = 1;
	munmap((void *)area, size);
}

static void *member_run(void *arg)
{
	const struct timespec nap = { 0, 1000000 };
	struct member *self = arg;
	struct order order;

	prctl(PR_SET_NAME, self->name);
	self->tid = gettid();
	do {
		pid_t reply = self->tid;

		if (write(self->fd[1], &reply, sizeof(reply)) != sizeof(reply) ||
		    read(self->fd[1], &order, sizeof(order)) != sizeof(order))
			break;
		if (order.verb == VERB_SPIN)
			spin(order.amount);
		if (order.verb == VERB_TOUCH)
			touch(order.amount);
		for (int64_t i = 0; order.verb == VERB_NAP && i < order.amount; i++)
			nanosleep(&nap, NULL);
	} while (order.verb != VERB_REMOVE);
	return NULL;
}

static pid_t add(const struct order *order)
{
	struct member *member = members;
	pid_t tid;

	while (member->tid)
		member++;
	memcpy(member->name, order->name, sizeof(member->name));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, member->fd) ||
	    pthread_create(&member->thread, NULL, member_run, member) ||
	    read(member->fd[0], &tid, sizeof(tid)) != sizeof(tid))
		return -EIO;
	return tid;
}

static pid_t pass_on(const struct order *order)
{
	struct member *member = members;
	char path[64];
	pid_t tid;

	while (member < members + MEMBERS_MAX && member->tid != order->tid)
		member++;
	if (member == members + MEMBERS_MAX)
		return -ESRCH;
	if (write(member->fd[0], order, sizeof(*order)) != sizeof(*order))
		return -EIO;
	if (order->verb != VERB_REMOVE)
		return read(member->fd[0], &tid, sizeof(tid)) == sizeof(tid) ? 0 : -EIO;
	pthread_join(member->thread, NULL);
	close(member->fd[0]);
	close(member->fd[1]);
	member->tid = 0;
	/* joined is a little before gone */
	snprintf(path, sizeof(path), "/proc/self/task/%d", order->tid);
	while (!access(path, F_OK))
		sched_yield();
	return 0;
}

/* A read that must be done by a worker and never ends: nobody writes to the pipe. */
static int punt(void)
{
	static struct io_uring ring;
	static char byte;
	struct io_uring_sqe *sqe;
	int fds[2], rc = io_uring_queue_init(4, &ring, 0);

	if (rc || pipe(fds))
		return rc ? rc : -errno;
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_read(sqe, fds[0], &byte, 1, 0);
	io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
	rc = io_uring_submit(&ring);
	return rc < 0 ? rc : 0;
}

static void obey(int fd)
{
	struct order order;

	while (read(fd, &order, sizeof(order)) == sizeof(order)) {
		pid_t reply = order.verb == VERB_ADD    ? add(&order)
		              : order.verb == VERB_PUNT ? punt()
		                                        : pass_on(&order);

		if (write(fd, &reply, sizeof(reply)) != sizeof(reply))
			break;
	}
	_exit(0);
}

void crowd_start(struct crowd *ret)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	ret->pid = fork();
	assert_true(ret->pid >= 0);
	if (!ret->pid) {
		/* the other end closes with the test, and obey() returns */
		close(fds[0]);
		obey(fds[1]);
	}
	close(fds[1]);
	ret->fd = fds[0];
}

void crowd_end(struct crowd *crowd)
{
	if (crowd->pid > 1) {
		kill(crowd->pid, SIGKILL);
		waitpid(crowd->pid, NULL, 0);
		close(crowd->fd);
	}
	*crowd = (struct crowd){ .fd = -1 };
}

static pid_t ask(struct crowd *crowd, const struct order *order)
{
	pid_t reply;

	assert_int_equal(write(crowd->fd, order, sizeof(*order)), sizeof(*order));
	assert_int_equal(read(crowd->fd, &reply, sizeof(reply)), sizeof(reply));
	return reply;
}

pid_t crowd_add(struct crowd *crowd, const char *name)
{
	struct order order = { .verb = VERB_ADD };
	pid_t tid;

	snprintf(order.name, sizeof(order.name), "%s", name);
	tid = ask(crowd, &order);
	assert_true(tid > 1);
	return tid;
}

int crowd_remove(struct crowd *crowd, pid_t tid)
{
	return ask(crowd, &(struct order){ .verb = VERB_REMOVE, .tid = tid });
}

int crowd_spin(struct crowd *crowd, pid_t tid, int64_t ns)
{
	return ask(crowd, &(struct order){ .verb = VERB_SPIN, .tid = tid, .amount = ns });
}

int crowd_nap(struct crowd *crowd, pid_t tid, int64_t times)
{
	return ask(crowd, &(struct order){ .verb = VERB_NAP, .tid = tid, .amount = times });
}

int crowd_punt(struct crowd *crowd)
{
	return ask(crowd, &(struct order){ .verb = VERB_PUNT });
}

int crowd_touch(struct crowd *crowd, pid_t tid, int64_t pages)
{
	return ask(crowd, &(struct order){ .verb = VERB_TOUCH, .tid = tid, .amount = pages });
}

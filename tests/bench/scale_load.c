/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scale_load.c - scale_load PROCESSES CPU,CPU ROUNDS MS FILE [FILE]: what a second worker of randread brings, beside none.
 * Two workers read 4 KiB of the page cache all the while, of one process or of one each; a signal's handler holds one of
 * them up for a window of MS milliseconds, then lets it go, so that nothing else differs: not the processes, nor their
 * memory, nor their rings.  A round is a window of the first alone, of both, of the second alone, of both, and every
 * second round goes backwards.  Prints a line a round, reads a second: of both, and the mean of what each did alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "crew_part.h"
#include "text.h"

#define WORKERS 2

struct worker_at {
	pid_t pid, tid;
	const uint64_t *count; /* its reads, in that process */
	bool held;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "scale_load: %s\n", what);
	exit(1);
}

static void wait_for_go(int signal)
{
	sigset_t go;

	(void)signal;
	sigemptyset(&go);
	sigaddset(&go, SIGUSR2);
	while (sigwaitinfo(&go, NULL) < 0)
		;
}

static void open_stores(char *const *files, int nr, struct store *ret)
{
	struct err err = { 0 };

	for (int i = 0; i < nr; i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0 || store_inspect(fd, &ret[i], &err))
			die(fd < 0 ? files[i] : err.text);
	}
}

static struct crew *start(const struct job *job, const struct store *stores, int nr_stores)
{
	struct pollfd fd = { .events = POLLIN };
	enum crew_state state;
	struct crew *crew;
	struct err err = { 0 };

	if (crew_start(job, stores, nr_stores, &crew, &err))
		die(err.text);
	fd.fd = crew_fd(crew);
	crew_warm(crew);
	while ((state = crew_state(crew)) != CREW_RUNNING) {
		if (state == CREW_FAILED)
			die("a worker failed");
		poll(&fd, 1, -1);
	}
	crew_open_window(crew, clock_now_ns());
	return crew;
}

/* A child with some of the workers: says where they are, and works until it is killed. */
static _Noreturn void work(const struct job *job, char *const *files, int nr_files, int out)
{
	struct store stores[WORKERS];
	const struct crew *crew;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_stores(files, nr_files, stores);
	crew = start(job, stores, nr_files);
	for (int i = 0; i < job->threads; i++) {
		const struct worker_at at = {
			.pid = getpid(),
			.tid = crew_tid(crew, i),
			.count = &crew->workers[i].tally.hist[TALLY_READ].count,
		};

		if (write(out, &at, sizeof(at)) != sizeof(at))
			die("the pipe is gone");
	}
	for (;;)
		pause();
}

static void start_workers(int processes, const int *cpus, char *const *files, int nr_files,
                          struct worker_at *ret)
{
	struct job job = { .workload = workload_find("randread"),
		           .threads = WORKERS / processes,
		           .bs = 4096,
		           .iodepth = 32,
		           .seed = 1,
		           .nr_pins = WORKERS / processes };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		die("no pipe");
	for (int i = 0; i < processes; i++) {
		for (int k = 0; k < job.threads; k++)
			job.pin[k] = cpus[i + k];
		/* each process reads a file of its own where there are as many */
		if (!fork())
			work(&job, files + i % nr_files, processes == 1 ? nr_files : 1, ends[1]);
	}
	close(ends[1]);
	for (int i = 0; i < WORKERS; i++) {
		if (read(ends[0], &ret[i], sizeof(*ret)) != sizeof(*ret))
			die("a worker did not start");
	}
}

static uint64_t reads_of(const struct worker_at *at)
{
	uint64_t nr;
	const struct iovec ours = { .iov_base = &nr, .iov_len = sizeof(nr) };
	const struct iovec theirs = { .iov_base = (void *)at->count, .iov_len = sizeof(nr) };

	if (process_vm_readv(at->pid, &ours, 1, &theirs, 1, 0) != sizeof(nr))
		die("a worker is gone");
	return nr;
}

static void rest(int64_t ns)
{
	const struct timespec time = { .tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

/* Reads a second of the workers in the set, the others held. */
static double window(struct worker_at *workers, unsigned set, int64_t ns)
{
	uint64_t before = 0, after = 0;
	int64_t begin, end;

	for (int i = 0; i < WORKERS; i++) {
		bool held = !(set & 1u << i);

		if (held != workers[i].held &&
		    tgkill(workers[i].pid, workers[i].tid, held ? SIGUSR1 : SIGUSR2))
			die("a worker is gone");
		workers[i].held = held;
	}
	rest(ns / 10); /* till caches and clocks are as they will be */
	begin = clock_now_ns();
	for (int i = 0; i < WORKERS; i++)
		before += reads_of(&workers[i]);
	rest(ns);
	end = clock_now_ns();
	for (int i = 0; i < WORKERS; i++)
		after += reads_of(&workers[i]);
	if (after == before)
		die("a window without a read");
	return (double)(after - before) * NSEC_PER_SEC / (double)(end - begin);
}

static void play_round(struct worker_at *workers, bool backwards, int64_t ns)
{
	static const unsigned sets[] = { 1, 3, 2, 3 };
	double alone = 0, both = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(sets); i++) {
		unsigned set = sets[backwards ? ARRAY_SIZE(sets) - 1 - i : i];
		double rate = window(workers, set, ns);

		*(set == 3 ? &both : &alone) += rate / 2;
	}
	printf("%.0f %.0f\n", both, alone);
}

/* Before the threads are there: they have it from us. */
static void prepare_signals(void)
{
	const struct sigaction action = { .sa_handler = wait_for_go };
	sigset_t go;

	sigemptyset(&go);
	sigaddset(&go, SIGUSR2);
	if (sigprocmask(SIG_BLOCK, &go, NULL) || sigaction(SIGUSR1, &action, NULL))
		die("no signals");
}

int main(int argc, char **argv)
{
	struct worker_at workers[WORKERS];
	uint64_t processes, rounds, ms;
	int cpus[WORKERS];
	struct err err;

	if ((argc != 6 && argc != 7) || text_parse_u64(argv[1], 1, WORKERS, &processes, &err) ||
	    sscanf(argv[2], "%d,%d", &cpus[0], &cpus[1]) != WORKERS ||
	    text_parse_u64(argv[3], 1, 100000, &rounds, &err) ||
	    text_parse_u64(argv[4], 1, 10000, &ms, &err)) {
		fprintf(stderr, "usage: scale_load PROCESSES CPU,CPU ROUNDS MS FILE [FILE]\n");
		return 2;
	}
	prepare_signals();
	start_workers((int)processes, cpus, argv + 5, argc - 5, workers);
	for (uint64_t i = 0; i < rounds; i++)
		play_round(workers, i % 2, (int64_t)ms * NSEC_PER_SEC / 1000);
	return 0;
}

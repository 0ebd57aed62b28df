/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_tool.c - FOLDER: two processes play ping-pong and read a file under one trace, which each writer then renders:
 * FOLDER/x.json, x.pftrace, x.dat.  Prints what the kernel counted of each: "TID SWITCHES", and the trace's losses.
 * No file without a name is to be had for the marks of x.dat.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <liburing.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"
#include "timeline.h"
#include "trace.h"
#include "trace_write.h"

#define ROUNDS 3000
#define READS  500

#define NAPS 50

struct player {
	int in, out, go; /* go: one byte starts it; it ends with us */
	bool serves;     /* and has a thread that naps, on a byte of its own */
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_by_ring(int fd)
{
	struct io_uring ring;
	char buf[512];

	if (io_uring_queue_init(4, &ring, 0))
		exit(1);
	for (int i = 0; i < READS; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
		struct io_uring_cqe *cqe;

		io_uring_prep_read(sqe, fd, buf, sizeof(buf), 0);
		if (io_uring_submit_and_wait(&ring, 1) < 0 || io_uring_wait_cqe(&ring, &cqe))
			exit(1);
		io_uring_cqe_seen(&ring, cqe);
	}
}

static void *nap(void *arg)
{
	const struct player *player = arg;
	char ball;

	if (read(player->go, &ball, 1) != 1)
		exit(1);
	for (int i = 0; i < NAPS; i++)
		usleep(100);
	for (;;)
		pause();
}

static void play(const struct player *player)
{
	pthread_t thread;

	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char ball = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (player->serves && pthread_create(&thread, NULL, nap, (void *)(uintptr_t)player))
		exit(1);
	if (read(player->go, &ball, 1) != 1)
		exit(1);
	if (player->serves && write(player->out, &ball, 1) != 1)
		exit(1);
	for (int i = 0; i < ROUNDS; i++) {
		if (read(player->in, &ball, 1) != 1 || pread(fd, &ball, 1, 0) != 1 ||
		    write(player->out, &ball, 1) != 1)
			exit(1);
	}
	read_by_ring(fd);
	for (;;)
		pause();
}

static pid_t start(const struct player *player)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		play(player);
	return pid;
}

/* All that it ever switched, once it sleeps where only we can wake it. */
static uint64_t count_switches(pid_t tid, const char *where)
{
	char path[64], text[4096];
	struct err err;
	uint64_t sum = 0;

	for (int tries = 0; tries < 5000; tries++) {
		snprintf(path, sizeof(path), "/proc/%d/wchan", (int)tid);
		if (text_read_file(path, text, sizeof(text), &err) < 0)
			exit(1);
		if (strstr(text, where))
			break;
		usleep(2000);
	}
	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	if (text_read_file(path, text, sizeof(text), &err) < 0)
		exit(1);
	for (const char *at = text; (at = strstr(at, "ctxt_switches:\t")); at++)
		sum += strtoull(at + strlen("ctxt_switches:\t"), NULL, 10);
	return sum;
}

/* In front of libc's: only the marks of x.dat need one, and there is none. */
int memfd_create(const char *name, unsigned flags)
{
	(void)name;
	(void)flags;
	errno = EMFILE;
	return -1;
}

static void render(const struct trace *trace, const struct timeline_facts *facts,
                   const char *folder)
{
	static const char *const endings[] = { "json", "pftrace", "dat" };

	for (int i = 0; i < NR_TRACE_FORMATS; i++) {
		char path[4096];
		struct trace_written written;
		struct err err;
		int fd;

		snprintf(path, sizeof(path), "%s/x.%s", folder, endings[i]);
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (fd < 0)
			die(path);
		if (trace_write(trace, (enum trace_format)i, facts, fd, &written, &err)) {
			fprintf(stderr, "%s: %s\n", path, err.text);
			exit(1);
		}
		printf("events %s %" PRIu64 "\n", endings[i], written.events);
		printf("marks %s %s\n", endings[i], written.why_no_marks);
		close(fd);
	}
}

static void must(int rc, const struct err *err)
{
	if (rc) {
		fprintf(stderr, "%s\n", err->text);
		exit(1);
	}
}

/* The other thread of a process: nobody lists it, so only trace_follow_process() finds it. */
static pid_t other_thread(pid_t pid)
{
	CLEANUP(dir_close) DIR *dir = NULL;
	const struct dirent *entry;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	for (int tries = 0; tries < 5000; tries++) {
		dir_close(&dir);
		dir = opendir(path);
		while (dir && (entry = readdir(dir))) {
			pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

			if (tid > 0 && tid != pid)
				return tid;
		}
		usleep(2000);
	}
	exit(1);
}

int main(int argc, char **argv)
{
	int there[2], back[2], go[2][2];
	pid_t pid[2], tid[3];
	uint64_t before[3];
	struct trace_thread threads[3] = { { 0, "player/0" },
		                           { 0, "player/1" },
		                           { 0, "napper/0" } };
	const struct trace_mark go_mark = { .ts_ns = clock_now_ns(), .name = "go" };
	struct trace *trace = NULL;
	struct err err;
	int folder_fd = argc == 2 ? open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	if (folder_fd < 0 || pipe(there) || pipe(back) || pipe(go[0]) || pipe(go[1]))
		die("usage: trace_tool FOLDER");
	pid[0] = start(&(struct player){ back[0], there[1], go[0][0], true });
	pid[1] = start(&(struct player){ there[0], back[1], go[1][0], false });
	tid[0] = pid[0];
	tid[1] = pid[1];
	tid[2] = other_thread(pid[0]);
	for (int i = 0; i < 3; i++) {
		threads[i].tid = tid[i];
		before[i] = count_switches(tid[i], "pipe_read");
	}
	must(trace_open(folder_fd, 16 << 20, TRACE_KEPT_BYTES, &trace, &err), &err);
	must(trace_follow(trace, pid, 2, &err), &err);
	must(trace_follow_process(trace, pid[0], &err), &err);
	must(trace_start(trace, &err), &err);
	for (int i = 0; i < 2; i++) {
		if (write(go[i][1], "xx", 1 + (i == 0)) < 1)
			die("go");
	}
	for (int i = 0; i < 3; i++)
		printf("switches %d %" PRIu64 "\n", (int)tid[i],
		       count_switches(tid[i], "pause") - before[i]);
	must(trace_stop(trace, &err), &err);
	must(trace_finish(trace, &err), &err);
	for (int i = 0; i < trace_nr_cpus(trace); i++)
		printf("lost %" PRIu64 "\n", trace_lost(trace, i));
	render(trace,
	       &(struct timeline_facts){ .pid = pid[0],
	                                 .threads = threads,
	                                 .nr_threads = 3,
	                                 .loss = trace_losses(trace),
	                                 .nr_cpus = trace_nr_cpus(trace),
	                                 .marks = &go_mark,
	                                 .nr_marks = 1,
	                                 .about = "{}" },
	       argv[1]);
	trace_close(&trace);
	for (int i = 0; i < 2; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	return 0;
}

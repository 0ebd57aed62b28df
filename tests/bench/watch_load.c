/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch_load.c - watch_load none|deep|share PID PAIRS MS: what our BPF costs a process that reads and writes 4 KiB past the page
 * cache.  PID goes on all the while; windows of MS milliseconds with the programs in the kernel and without them take
 * turns, so that nothing else differs: not the process, its memory, its scratch.  Before each window the programs are
 * loaded, before one without they are taken out again: what loading does to the machine comes before both.  None: never in.
 * Prints a line a pair, ns an I/O: of CPU time with and without, of time with and without.
 * Share: what the programs themselves took by the kernel's own count, beside the CPU time; two windows each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deep.h"
#include "text.h"

#define IO_BYTES 4096
/* Read by then, the load is past its warm-up: its scratch is only written. */
#define BEGUN_BYTES (64u << 20)
#define BEGUN_MS    60000

struct look {
	int64_t cpu_ns, ns;
	uint64_t read_bytes,
	        bytes; /* that its I/Os moved; both are /proc/PID/io's, see proc_pid_io(5) */
};

struct each {
	double cpu_ns, ns, bpf_ns; /* an I/O */
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "watch_load: %s\n", what);
	exit(1);
}

static void rest(int64_t ns)
{
	const struct timespec time = { .tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

static uint64_t field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static struct look look(pid_t pid)
{
	struct look look = { 0 };
	struct timespec cpu;
	clockid_t clock;
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/io", pid);
	if (text_read_file(path, text, sizeof(text), NULL) < 0 ||
	    clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &cpu))
		die("the load is gone");
	look.ns = clock_now_ns();
	look.cpu_ns = cpu.tv_sec * NSEC_PER_SEC + cpu.tv_nsec;
	look.read_bytes = field(text, "\nread_bytes: ");
	look.bytes = look.read_bytes + field(text, "\nwrite_bytes: ");
	return look;
}

static void wait_begun(pid_t pid)
{
	for (int ms = 0; look(pid).read_bytes < BEGUN_BYTES; ms++) {
		if (ms == BEGUN_MS)
			die("the load reads nothing from a disk");
		rest(NSEC_PER_SEC / 1000);
	}
}

/* deep: NULL, or what watches. */
static struct each measure(pid_t pid, int64_t ns, const struct deep *deep)
{
	struct deep_took took[2] = { 0 };
	struct look before, after;
	double nr;

	rest(ns / 10); /* till code and caches are as they will be */
	before = look(pid);
	if (deep)
		deep_took(deep, &took[0]);
	rest(ns);
	after = look(pid);
	if (deep)
		deep_took(deep, &took[1]);
	nr = (double)(after.bytes - before.bytes) / IO_BYTES;
	if (nr < 1)
		die("a window without an I/O");
	return (struct each){ (double)(after.cpu_ns - before.cpu_ns) / nr,
		              (double)(after.ns - before.ns) / nr,
		              (double)(took[1].sched_ns - took[0].sched_ns) / nr };
}

static struct each window(pid_t pid, int64_t ns, bool watched)
{
	struct deep *deep;
	struct err err = { 0 };
	struct each each;

	if (deep_open(&deep, &err))
		die(err.text);
	if (!watched) {
		deep_close(&deep);
		return measure(pid, ns, NULL);
	}
	deep_watch(deep, pid, &pid, 1);
	deep_start(deep);
	each = measure(pid, ns, deep);
	deep_stop(deep);
	deep_close(&deep);
	return each;
}

int main(int argc, char **argv)
{
	uint64_t pid, pairs, ms;
	struct err err = { 0 };
	struct each each[2];
	bool share, deep;

	if (argc != 5 || text_parse_u64(argv[2], 1, INT32_MAX, &pid, &err) ||
	    text_parse_u64(argv[3], 1, 100000, &pairs, &err) ||
	    text_parse_u64(argv[4], 1, 10000, &ms, &err)) {
		fprintf(stderr, "usage: watch_load none|deep|share PID PAIRS MS\n");
		return 2;
	}
	share = !strcmp(argv[1], "share");
	deep = share || !strcmp(argv[1], "deep");
	if (share && deep_clock_open() < 0)
		die("the kernel does not count what BPF takes");
	wait_begun((pid_t)pid);
	for (uint64_t i = 0; i < 2 * pairs; i++) {
		/* with, without, without, with, ... */
		bool with = (i % 4 == 0) || (i % 4 == 3);

		each[with] = window((pid_t)pid, (int64_t)ms * NSEC_PER_SEC / 1000,
		                    share || (deep && with));
		if (share)
			printf("%.1f %.1f\n", each[with].bpf_ns, each[with].cpu_ns);
		else if (i % 2)
			printf("%.1f %.1f %.1f %.1f\n", each[1].cpu_ns, each[0].cpu_ns, each[1].ns,
			       each[0].ns);
	}
	return 0;
}

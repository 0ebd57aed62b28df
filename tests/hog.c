/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hog.c - hog CPU PRIORITY DELAY_MS FOR_MS: keeps a CPU for itself as SCHED_FIFO after a delay, and says from when to when
 * (CLOCK_MONOTONIC, ns). */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

#define NS_PER_MS 1000000LL

static int claim_cpu(int cpu, int priority)
{
	const struct sched_param param = { .sched_priority = priority };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET((size_t)cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return -1;
	return sched_setscheduler(0, SCHED_FIFO, &param);
}

int main(int argc, char **argv)
{
	int64_t wait_ns, start_ns, now_ns, long_ns;
	struct timespec delay;

	if (argc != 5)
		return 2;
	wait_ns = strtol(argv[3], NULL, 10) * NS_PER_MS;
	long_ns = strtol(argv[4], NULL, 10) * NS_PER_MS;
	delay = (struct timespec){ wait_ns / NSEC_PER_SEC, wait_ns % NSEC_PER_SEC };
	if (claim_cpu((int)strtol(argv[1], NULL, 10), (int)strtol(argv[2], NULL, 10))) {
		perror("hog");
		return 1;
	}
	clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);
	start_ns = now_ns = clock_now_ns();
	while (now_ns - start_ns < long_ns)
		now_ns = clock_now_ns();
	printf("%" PRId64 " %" PRId64 "\n", start_ns, now_ns);
	return 0;
}

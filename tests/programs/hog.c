/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hog.c - hog CPU PRIORITY: keeps a CPU for itself as SCHED_FIFO until SIGTERM, a minute at most, and says from when to when
 * (CLOCK_MONOTONIC, ns). */
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

#define LIMIT_NS (60 * NSEC_PER_SEC)

static volatile sig_atomic_t is_over;

static void end(int signal)
{
	(void)signal;
	is_over = 1;
}

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
	const struct sigaction action = { .sa_handler = end };
	int64_t start_ns, now_ns;

	if (argc != 3 || sigaction(SIGTERM, &action, NULL))
		return 2;
	if (claim_cpu((int)strtol(argv[1], NULL, 10), (int)strtol(argv[2], NULL, 10))) {
		perror("hog");
		return 1;
	}
	start_ns = now_ns = clock_now_ns();
	while (!is_over && now_ns - start_ns < LIMIT_NS)
		now_ns = clock_now_ns();
	printf("%" PRId64 " %" PRId64 "\n", start_ns, now_ns);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* steal.c - the eighth number of each "cpuN" line. */
#include "steal.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "figure.h"
#include "text.h"

/* Not the total, which comes first as "cpu  ...": sscanf() would skip its blanks. */
static bool is_cpu(const char *line)
{
	return !strncmp(line, "cpu", 3) && line[3] >= '0' && line[3] <= '9';
}

/* "cpu2 user nice system idle iowait irq softirq steal ..." */
static int add_line(const char *line, struct steal *steal, struct err *err)
{
	uint64_t ticks;
	int cpu;

	if (sscanf(line, "cpu%d %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &cpu, &ticks) != 2 ||
	    cpu < 0 || cpu >= STEAL_CPUS_MAX)
		return err_set(err, EPROTO, "/proc/stat: not as the kernel writes it");
	steal->ticks[cpu] = ticks;
	if (cpu >= steal->nr)
		steal->nr = cpu + 1;
	return 0;
}

int steal_parse(FILE *in, struct steal *ret, struct err *err)
{
	CLEANUP(steal_done) struct steal steal = { 0 };
	CLEANUP(str_free) char *line = NULL;
	size_t size = 0;
	int rc = 0;

	steal.ticks = malloc(STEAL_CPUS_MAX * sizeof(*steal.ticks));
	if (!steal.ticks)
		return err_set(err, ENOMEM, "out of memory");
	memset(steal.ticks, 0xff, STEAL_CPUS_MAX * sizeof(*steal.ticks));
	/* the CPUs come first: what follows is long, and is not read */
	while (!rc && getline(&line, &size, in) > 0 && !strncmp(line, "cpu", 3))
		rc = is_cpu(line) ? add_line(line, &steal, err) : 0;
	if (!rc && !steal.nr)
		rc = err_set(err, EPROTO, "/proc/stat: it names no CPU");
	if (rc)
		return rc;
	*ret = steal;
	steal = (struct steal){ 0 };
	return 0;
}

int steal_read(struct steal *ret, struct err *err)
{
	CLEANUP(file_close) FILE *in = fopen("/proc/stat", "re");

	return in ? steal_parse(in, ret, err) : err_sys(err, "/proc/stat");
}

/* "cpu user nice system idle iowait irq softirq steal ...", in ticks of all CPUs.  A CPU that is stolen had work. */
static int read_total(const char *text, uint64_t *ret_stolen, uint64_t *ret_wanted, struct err *err)
{
	uint64_t user, nice, system, irq, softirq, stolen;

	if (sscanf(text,
	           "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %*u %" SCNu64 " %" SCNu64
	           " %" SCNu64,
	           &user, &nice, &system, &irq, &softirq, &stolen) != 6)
		return err_set(err, EPROTO, "/proc/stat: not as the kernel writes it");
	*ret_stolen = stolen;
	*ret_wanted = user + nice + system + irq + softirq + stolen;
	return 0;
}

int steal_share(const char *first, const char *second, struct steal_share *ret, struct err *err)
{
	uint64_t stolen[2] = { 0 }, wanted[2] = { 0 };
	int rc = read_total(first, &stolen[0], &wanted[0], err);

	if (!rc && second)
		rc = read_total(second, &stolen[1], &wanted[1], err);
	if (rc)
		return rc;
	ret->since_boot = wanted[0] ? (double)stolen[0] / (double)wanted[0] : NAN;
	ret->lately = wanted[1] > wanted[0] && stolen[1] >= stolen[0]
	                      ? (double)(stolen[1] - stolen[0]) / (double)(wanted[1] - wanted[0])
	                      : NAN;
	return 0;
}

int steal_look(int64_t apart_ns, struct steal_share *ret, struct err *err)
{
	char first[256], second[256];
	struct timespec apart = { .tv_sec = apart_ns / NSEC_PER_SEC,
		                  .tv_nsec = apart_ns % NSEC_PER_SEC };
	int rc = text_read_file("/proc/stat", first, sizeof(first), err);

	rc = rc < 0 ? rc : steal_share(first, NULL, ret, err);
	if (rc || !(ret->since_boot > 0))
		return rc;
	(void)nanosleep(&apart, NULL); /* the length of the look; a signal only shortens it */
	rc = text_read_file("/proc/stat", second, sizeof(second), err);
	return rc < 0 ? rc : steal_share(first, second, ret, err);
}

/* NaN: not there at both ends. */
static double stolen_s(const struct steal *start, const struct steal *end, int cpu)
{
	if (cpu >= start->nr || cpu >= end->nr || start->ticks[cpu] == UINT64_MAX ||
	    end->ticks[cpu] == UINT64_MAX || end->ticks[cpu] < start->ticks[cpu])
		return NAN;
	return (double)(end->ticks[cpu] - start->ticks[cpu]) / (double)sysconf(_SC_CLK_TCK);
}

void steal_figure(const struct steal *start, const struct steal *end, const char *why,
                  struct json_object *figures)
{
	struct json_object *figure;
	double sum = 0;

	if (why) {
		figure_none(figures, "host_steal_s", "s", BETTER_NONE, why);
		return;
	}
	for (int cpu = 0; cpu < end->nr; cpu++)
		sum += end->ticks[cpu] == UINT64_MAX ? 0 : stolen_s(start, end, cpu);
	if (isnan(sum))
		figure = figure_none(
		        figures, "host_steal_s", "s", BETTER_NONE,
		        "a CPU came online, or its count went back, inside the window");
	else
		figure = figure_put(figures, "host_steal_s", "s", BETTER_NONE, sum);
	for (int cpu = 0; cpu < end->nr; cpu++) {
		char key[24];

		if (end->ticks[cpu] == UINT64_MAX)
			continue;
		snprintf(key, sizeof(key), "cpu/%d", cpu);
		figure_part(figure, key, stolen_s(start, end, cpu),
		            "the CPU was not there at both ends");
	}
}

void steal_done(struct steal *steal)
{
	free(steal->ticks);
	*steal = (struct steal){ 0 };
}

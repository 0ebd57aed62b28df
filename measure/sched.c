/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sched.c - what the scheduler did to a thread, as /proc keeps the count.  Changes nothing. */
#include "sched.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "figure.h"
#include "text.h"

#define TEXT_MAX 16384 /* `sched` of a big machine: a line a field and NUMA node */

/* "name" at the start of a line, blanks, ':', blanks, a whole number. */
static bool find_count(const char *text, const char *name, uint64_t *ret)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		uint64_t value;
		int used = 0;

		line += *line == '\n';
		if (strncmp(line, name, len))
			continue;
		if (sscanf(line + len, " : %" SCNu64 "%n", &value, &used) != 1 || !used)
			continue;
		*ret = value;
		return true;
	}
	return false;
}

/* The file is there only with CONFIG_SCHED_INFO. */
static bool parse_schedstat(const char *text, struct sched_sample *sample)
{
	sample->has_schedstat = true;
	return sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64, &sample->cpu_time_ns,
	              &sample->run_delay_ns, &sample->timeslices) == 3;
}

static bool parse_status(const char *text, struct sched_sample *sample)
{
	return find_count(text, "voluntary_ctxt_switches", &sample->voluntary) &&
	       find_count(text, "nonvoluntary_ctxt_switches", &sample->involuntary);
}

/* Fields 3, 10 and 12, counted from the last ')': the name before it may hold anything. */
static bool parse_stat(const char *text, struct sched_sample *sample)
{
	const char *tail = strrchr(text, ')');
	char state;

	if (!tail || sscanf(tail, ") %c %*d %*d %*d %*d %*d %*u %" SCNu64 " %*u %" SCNu64, &state,
	                    &sample->minor_faults, &sample->major_faults) != 3)
		return false;
	/* one that only waits to be reaped runs no more */
	sample->alive = state != 'Z' && state != 'X';
	return true;
}

/* The file exists only with CONFIG_SCHED_DEBUG, and its names have changed over the years. */
static bool parse_sched(const char *text, struct sched_sample *sample)
{
	sample->has_migrations = find_count(text, "se.nr_migrations", &sample->migrations);
	return true;
}

static const struct {
	const char *name;
	bool (*parse)(const char *text, struct sched_sample *sample);
	bool may_be_missing;
} files[] = {
	{ "schedstat", parse_schedstat, true },
	{ "status", parse_status, false },
	{ "stat", parse_stat, false },
	{ "sched", parse_sched, true },
};

static bool is_gone(int rc)
{
	return rc == -ENOENT || rc == -ESRCH;
}

/* 0, or -ESRCH where the thread ended before the last of its files was read. */
static int read_files(int dirfd, struct sched_sample *sample, struct err *err)
{
	char text[TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int rc = text_read_at(dirfd, files[i].name, text, sizeof(text), err);

		if (rc < 0 && files[i].may_be_missing)
			continue;
		if (is_gone(rc))
			return faccessat(dirfd, "stat", F_OK, 0) ? -ESRCH : rc;
		if (rc < 0)
			return rc;
		if (!files[i].parse(text, sample))
			return err_set(err, EPROTO, "%s: not as the kernel writes it",
			               files[i].name);
	}
	return faccessat(dirfd, "stat", F_OK, 0) ? -ESRCH : 0;
}

int sched_read(pid_t pid, pid_t tid, struct sched_sample *ret, struct err *err)
{
	CLEANUP(fd_close) int dirfd = -1;
	struct sched_sample sample = { 0 };
	struct err why = { 0 };
	char path[64];
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
	dirfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0 && !is_gone(-errno))
		return err_sys(err, "%s", path);
	rc = dirfd < 0 ? -ESRCH : read_files(dirfd, &sample, &why);
	if (rc == -ESRCH || (!rc && !sample.alive)) {
		*ret = (struct sched_sample){ 0 };
		return 0;
	}
	if (rc < 0)
		return err_set(err, -rc, "%s/%s", path, why.text);
	*ret = sample;
	return 0;
}

enum verdict { COUNTED, ABSENT, ENDED, WENT_BACK, NOT_KEPT };

static const char *const reasons[] = {
	[ENDED] = "ended inside the window",
	[WENT_BACK] = "has counters that went back: its number belongs to another thread now",
	[NOT_KEPT] = "has no such counter on this kernel",
};

static uint64_t cpu_time(const struct sched_sample *sample)
{
	return sample->cpu_time_ns;
}

static uint64_t run_delay(const struct sched_sample *sample)
{
	return sample->run_delay_ns;
}

static uint64_t voluntary(const struct sched_sample *sample)
{
	return sample->voluntary;
}

static uint64_t involuntary(const struct sched_sample *sample)
{
	return sample->involuntary;
}

static uint64_t switches(const struct sched_sample *sample)
{
	return sample->voluntary + sample->involuntary;
}

static uint64_t migrations(const struct sched_sample *sample)
{
	return sample->migrations;
}

static uint64_t faults(const struct sched_sample *sample)
{
	return sample->minor_faults + sample->major_faults;
}

static bool always(const struct sched_sample *sample)
{
	(void)sample;
	return true;
}

static bool has_schedstat(const struct sched_sample *sample)
{
	return sample->has_schedstat;
}

static bool has_migrations(const struct sched_sample *sample)
{
	return sample->has_migrations;
}

static const struct metric {
	const char *name, *unit;
	enum better better;
	uint64_t (*get)(const struct sched_sample *sample);
	bool (*is_kept)(const struct sched_sample *sample);
	double scale; /* 0: a count */
} metrics[] = {
	{ "cpu_time_s", "s", BETTER_NONE, cpu_time, has_schedstat, 1e-9 },
	{ "run_delay_s", "s", BETTER_LOWER, run_delay, has_schedstat, 1e-9 },
	{ "context_switches_voluntary", "1", BETTER_NONE, voluntary, always, 0 },
	{ "context_switches_involuntary", "1", BETTER_LOWER, involuntary, always, 0 },
	{ "context_switches", "1", BETTER_LOWER, switches, always, 0 },
	{ "migrations", "1", BETTER_LOWER, migrations, has_migrations, 0 },
	{ "page_faults", "1", BETTER_LOWER, faults, always, 0 },
};

static enum verdict count(const struct metric *metric, const struct sched_watch *watch,
                          uint64_t *ret)
{
	uint64_t start = watch->start.alive ? metric->get(&watch->start) : 0;
	uint64_t end = metric->get(&watch->end);

	/* gone before the window opened */
	if (!watch->start.alive && !watch->end.alive)
		return ABSENT;
	if (!watch->end.alive)
		return ENDED;
	if (!metric->is_kept(&watch->end) ||
	    (watch->start.alive && !metric->is_kept(&watch->start)))
		return NOT_KEPT;
	if (end < start)
		return WENT_BACK;
	*ret = end - start;
	return COUNTED;
}

/* A sum that one unknown part makes unknown. */
struct sum {
	uint64_t value;
	const struct sched_watch *spoilt_by;
	enum verdict why;
};

/* Over the threads of `role`, or over all where it is NULL. */
static struct sum sum_up(const struct metric *metric, const struct sched_watch *list, int nr,
                         const char *role)
{
	struct sum sum = { 0 };

	for (int i = 0; i < nr; i++) {
		uint64_t part = 0;
		enum verdict verdict;

		if (role && strcmp(role, list[i].role))
			continue;
		verdict = count(metric, &list[i], &part);
		if (verdict == ENDED && list[i].passing)
			continue;
		sum.value += part;
		if (verdict > ABSENT && !sum.spoilt_by) {
			sum.spoilt_by = &list[i];
			sum.why = verdict;
		}
	}
	return sum;
}

static double scaled(const struct metric *metric, const struct sum *sum)
{
	if (sum->spoilt_by)
		return NAN;
	return (double)sum->value * (metric->scale > 0 ? metric->scale : 1);
}

static struct json_object *put_total(const struct metric *metric, const struct sum *sum,
                                     struct json_object *figures)
{
	char why[160];

	if (sum->spoilt_by) {
		snprintf(why, sizeof(why), "%s (thread %d) %s", sum->spoilt_by->key,
		         sum->spoilt_by->tid, reasons[sum->why]);
		return figure_none(figures, metric->name, metric->unit, metric->better, why);
	}
	if (metric->scale > 0)
		return figure_put(figures, metric->name, metric->unit, metric->better,
		                  scaled(metric, sum));
	return figure_put_count(figures, metric->name, metric->better, sum->value);
}

static void put_part(const struct metric *metric, const struct sum *sum, const char *key,
                     struct json_object *figure)
{
	figure_part(figure, key, sum->spoilt_by ? NAN : scaled(metric, sum), reasons[sum->why]);
}

static void put_parts(const struct metric *metric, const struct sched_watch *list, int nr,
                      struct json_object *figure)
{
	for (int i = 0; i < nr; i++) {
		struct sum sum;

		if (!figure_is_first(list[0].role, sizeof(list[0]), i))
			continue;
		sum = sum_up(metric, list, nr, list[i].role);
		put_part(metric, &sum, list[i].role, figure);
	}
	for (int i = 0; i < nr; i++) {
		struct sum sum = { 0 };

		sum.why = count(metric, &list[i], &sum.value);
		if (sum.why > ABSENT)
			sum.spoilt_by = &list[i];
		if (list[i].start.alive || list[i].end.alive)
			put_part(metric, &sum, list[i].key, figure);
	}
}

void sched_figures(const struct sched_watch *list, int nr, struct json_object *figures)
{
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		const struct metric *metric = &metrics[i];
		struct sum sum = sum_up(metric, list, nr, NULL);

		if (nr)
			put_parts(metric, list, nr, put_total(metric, &sum, figures));
		else
			figure_none(figures, metric->name, metric->unit, metric->better,
			            "no thread was watched");
	}
}

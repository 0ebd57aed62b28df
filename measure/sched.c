/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sched.c - what the scheduler did to a thread, as /proc keeps the count.  Changes nothing. */
#include "sched.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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
	sample->read_ns = sample->looked_ns = clock_now_ns();
	sample->is_open = sample->is_runnable;
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
	sample->is_runnable = state == 'R';
	return true;
}

/* The file exists only with CONFIG_SCHED_DEBUG, and its names have changed over the years. */
static bool parse_sched(const char *text, struct sched_sample *sample)
{
	sample->has_migrations = find_count(text, "se.nr_migrations", &sample->migrations);
	return true;
}

#define LOOKED_AT 2 /* files that tell whether a thread has run */

/* The state first: a wait that ends between the two files is in the second one's count. */
static const struct {
	const char *name;
	bool (*parse)(const char *text, struct sched_sample *sample);
	bool may_be_missing;
} files[] = {
	{ "stat", parse_stat, false },
	{ "schedstat", parse_schedstat, true },
	{ "status", parse_status, false },
	{ "sched", parse_sched, true },
};

static bool is_gone(int rc)
{
	return rc == -ENOENT || rc == -ESRCH;
}

/* 0, or -ESRCH where the thread ended before the last of its files was read. */
static int read_files(int dirfd, size_t nr, struct sched_sample *sample, struct err *err)
{
	char text[TEXT_MAX];

	for (size_t i = 0; i < nr; i++) {
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

static int read_thread(pid_t pid, pid_t tid, size_t nr_files, struct sched_sample *ret,
                       struct err *err)
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
	rc = dirfd < 0 ? -ESRCH : read_files(dirfd, nr_files, &sample, &why);
	if (rc == -ESRCH || (!rc && !sample.alive)) {
		*ret = (struct sched_sample){ 0 };
		return 0;
	}
	if (rc < 0)
		return err_set(err, -rc, "%s/%s", path, why.text);
	*ret = sample;
	return 0;
}

int sched_read(pid_t pid, pid_t tid, struct sched_sample *ret, struct err *err)
{
	return read_thread(pid, tid, ARRAY_SIZE(files), ret, err);
}

int sched_look(pid_t pid, pid_t tid, struct sched_sample *ret, struct err *err)
{
	return read_thread(pid, tid, LOOKED_AT, ret, err);
}

void sched_read_process(pid_t pid, struct sched_process *ret)
{
	struct sched_sample sample = { 0 };
	char path[64], text[1024];
	struct timespec time;
	clockid_t clock;

	*ret = (struct sched_process){ 0 };
	if (!clock_getcpuclockid(pid, &clock) && !clock_gettime(clock, &time)) {
		ret->has_cpu_time = true;
		ret->cpu_time_ns = (uint64_t)time.tv_sec * NSEC_PER_SEC + (uint64_t)time.tv_nsec;
	}
	/* not the one of a thread, which has its own faults only */
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (text_read_file(path, text, sizeof(text), NULL) < 0 || !parse_stat(text, &sample))
		return;
	ret->has_faults = true;
	ret->faults = sample.minor_faults + sample.major_faults;
}

enum verdict { COUNTED, ABSENT, ENDED, WENT_BACK, NOT_KEPT };

static const char *const reasons[] = {
	[ENDED] = "ended inside the window, and its count with it",
	[WENT_BACK] = "has counters that went back: its number belongs to another thread now",
	[NOT_KEPT] = "has no such counter on this kernel",
};

static uint64_t cpu_time(const struct sched_sample *sample)
{
	return sample->cpu_time_ns;
}

static uint64_t run_delay(const struct sched_sample *sample)
{
	return sample->run_delay_ns + sample->open_ns;
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

static bool whole_cpu_time(const struct sched_process *process, uint64_t *ret)
{
	*ret = process->cpu_time_ns;
	return process->has_cpu_time;
}

static bool whole_faults(const struct sched_process *process, uint64_t *ret)
{
	*ret = process->faults;
	return process->has_faults;
}

static const struct metric {
	const char *name, *unit;
	uint64_t (*get)(const struct sched_sample *sample);
	bool (*is_kept)(const struct sched_sample *sample);
	double scale;                                                      /* 0: a count */
	bool (*whole)(const struct sched_process *process, uint64_t *ret); /* or NULL */
} metrics[] = {
	{ "cpu_time_s", "s", cpu_time, has_schedstat, 1e-9, whole_cpu_time },
	{ "run_delay_s", "s", run_delay, has_schedstat, 1e-9, NULL },
	{ "context_switches_voluntary", "1", voluntary, always, 0, NULL },
	{ "context_switches_involuntary", "1", involuntary, always, 0, NULL },
	{ "context_switches", "1", switches, always, 0, NULL },
	{ "migrations", "1", migrations, has_migrations, 0, NULL },
	{ "page_faults", "1", faults, always, 0, whole_faults },
};

static bool has_ended(const struct sched_watch *watch)
{
	return !watch->end.alive;
}

static enum verdict count(const struct metric *metric, const struct sched_watch *watch,
                          uint64_t *ret)
{
	uint64_t start = watch->start.alive ? metric->get(&watch->start) : 0;
	uint64_t end = metric->get(&watch->end);

	/* gone before the window opened */
	if (!watch->start.alive && has_ended(watch) && !watch->end.is_last)
		return ABSENT;
	/* a record has no migrations */
	if (has_ended(watch) && !(watch->end.is_last && metric->is_kept(&watch->end)))
		return ENDED;
	if (!metric->is_kept(&watch->end) ||
	    (watch->start.alive && !metric->is_kept(&watch->start)))
		return NOT_KEPT;
	if (end < start)
		return WENT_BACK;
	*ret = end - start;
	return COUNTED;
}

/* A sum that one part without such a counter makes unknown; what ended without a record is left out. */
struct sum {
	uint64_t value;
	int nr, ended;
	const struct sched_watch *spoilt_by;
	enum verdict why;
};

static void add(const struct metric *metric, const struct sched_watch *watch, struct sum *sum)
{
	uint64_t part = 0;
	enum verdict verdict = count(metric, watch, &part);

	sum->nr += verdict != ABSENT;
	sum->value += part;
	sum->ended += verdict == ENDED;
	if (verdict > ENDED && !sum->spoilt_by) {
		sum->spoilt_by = watch;
		sum->why = verdict;
	}
}

/* Over the threads of `role`, or over all where it is NULL. */
static struct sum sum_up(const struct metric *metric, const struct sched_watch *list, int nr,
                         const char *role)
{
	struct sum sum = { 0 };

	for (int i = 0; i < nr; i++) {
		if (!role || !strcmp(role, list[i].role))
			add(metric, &list[i], &sum);
	}
	return sum;
}

static bool read_whole(const struct metric *metric, const struct sched_whole *whole,
                       uint64_t start[2], uint64_t end[2])
{
	bool is_known = whole && metric->whole;

	for (int i = 0; i < 2 && is_known; i++)
		is_known = metric->whole(&whole->start[i], &start[i]) &&
		           metric->whole(&whole->end[i], &end[i]);
	return is_known;
}

/* What the process has at least and at most beyond its threads: they were read between its own two readings. */
struct rest {
	uint64_t value, too_much;
};

static struct rest rest_of(const struct metric *metric, const struct sched_watch *list, int nr,
                           const struct sched_whole *whole)
{
	uint64_t start[2], end[2];
	struct sum sum = { 0 };
	struct rest rest = { 0 };

	if (!read_whole(metric, whole, start, end))
		return rest;
	for (int i = 0; i < nr; i++) {
		if (list[i].pid == whole->pid)
			add(metric, &list[i], &sum);
	}
	if (sum.spoilt_by)
		return rest;
	if (end[0] > start[1] + sum.value)
		rest.value = end[0] - start[1] - sum.value;
	if (sum.value > end[1] - start[0])
		rest.too_much = sum.value - (end[1] - start[0]);
	return rest;
}

static bool has_vague(const struct sched_watch *list, int nr)
{
	for (int i = 0; i < nr; i++) {
		if (list[i].start.open_is_vague || list[i].end.open_is_vague)
			return true;
	}
	return false;
}

struct sched_gaps sched_gaps(const struct sched_watch *list, int nr,
                             const struct sched_whole *whole)
{
	const struct rest rest = rest_of(&metrics[0], list, nr, whole);
	struct sched_gaps gaps = { .rest_s = (double)rest.value * 1e-9,
		                   .too_much_s = (double)rest.too_much * 1e-9 };

	for (int i = 0; i < nr; i++)
		gaps.lost += list[i].start.alive && has_ended(&list[i]) && !list[i].end.is_last;
	gaps.has_vague = has_vague(list, nr);
	gaps.is_incomplete = gaps.lost || (rest.value && !whole->has_records);
	return gaps;
}

static double scaled(const struct metric *metric, uint64_t value)
{
	return (double)value * (metric->scale > 0 ? metric->scale : 1);
}

static struct json_object *put_total(const struct metric *metric, const struct sum *sum,
                                     uint64_t rest, struct json_object *figures)
{
	char why[160];

	if (sum->spoilt_by) {
		snprintf(why, sizeof(why), "%s (thread %d) %s", sum->spoilt_by->key,
		         sum->spoilt_by->tid, reasons[sum->why]);
		return figure_none(figures, metric->name, metric->unit, BETTER_NONE, why);
	}
	if (metric->scale > 0)
		return figure_put(figures, metric->name, metric->unit, BETTER_NONE,
		                  scaled(metric, sum->value + rest));
	return figure_put_count(figures, metric->name, BETTER_NONE, sum->value + rest);
}

static void put_part(const struct metric *metric, const struct sum *sum, const char *key,
                     struct json_object *figure)
{
	figure_part(figure, key, sum->spoilt_by ? NAN : scaled(metric, sum->value),
	            reasons[sum->why]);
}

static void put_roles(const struct metric *metric, const struct sched_watch *list, int nr,
                      struct json_object *figure)
{
	for (int i = 0; i < nr; i++) {
		struct sum sum;

		if (!list[i].role[0] || !figure_is_first(list[0].role, sizeof(list[0]), i))
			continue;
		sum = sum_up(metric, list, nr, list[i].role);
		put_part(metric, &sum, list[i].role, figure);
	}
}

static void put_threads(const struct metric *metric, const struct sched_watch *list, int nr,
                        struct json_object *figure)
{
	for (int i = 0; i < nr; i++) {
		struct sum sum = { 0 };

		sum.why = count(metric, &list[i], &sum.value);
		if (sum.why > ABSENT)
			sum.spoilt_by = &list[i];
		if (list[i].role[0] && sum.why != ABSENT)
			put_part(metric, &sum, list[i].key, figure);
	}
}

static void put_rest(const struct metric *metric, const struct sched_watch *list, int nr,
                     uint64_t rest, struct json_object *figure)
{
	struct sum sum = sum_up(metric, list, nr, "");

	sum.value += rest;
	if (sum.nr || rest)
		put_part(metric, &sum, "unattributed", figure);
}

/* Whether a part of the total is missing. */
static bool is_short(const struct metric *metric, const struct sched_watch *list, int nr,
                     const struct sched_whole *whole)
{
	uint64_t start[2], end[2];
	const bool has_whole = read_whole(metric, whole, start, end);
	struct sum sum = { 0 };

	for (int i = 0; i < nr; i++) {
		if (!has_whole || list[i].pid != whole->pid)
			add(metric, &list[i], &sum);
	}
	return sum.ended || (!has_whole && sched_gaps(list, nr, whole).is_incomplete);
}

static void put_figure(const struct metric *metric, const struct sched_watch *list, int nr,
                       const struct sched_whole *whole, struct json_object *figures)
{
	const struct sum sum = sum_up(metric, list, nr, NULL);
	const uint64_t rest = rest_of(metric, list, nr, whole).value;
	struct json_object *figure = put_total(metric, &sum, rest, figures);

	if (!sum.spoilt_by && is_short(metric, list, nr, whole))
		figure_at_least(figure,
		                "threads ended inside the window, and their counts with them");
	else if (!sum.spoilt_by && metric->get == run_delay && has_vague(list, nr))
		figure_at_least(figure,
		                "a thread waited for a CPU at an end of the window, and the part "
		                "of that wait inside it is not known");
	put_roles(metric, list, nr, figure);
	put_threads(metric, list, nr, figure);
	put_rest(metric, list, nr, rest, figure);
}

void sched_figures(const struct sched_watch *list, int nr, const struct sched_whole *whole,
                   struct json_object *figures)
{
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		if (nr)
			put_figure(&metrics[i], list, nr, whole, figures);
		else
			figure_none(figures, metrics[i].name, metrics[i].unit, BETTER_NONE,
			            "no thread was watched");
	}
}

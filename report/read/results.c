/* SPDX-License-Identifier: GPL-2.0-or-later */
/* results.c - files of result lines, cut into lines within a fixed buffer. */
#include "results.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "hosts.h"
#include "result_files.h"
#include "result_notes.h"
#include "result_specs.h"
#include "stop.h"

#define READ_BYTES (256 * 1024)

struct results *results_new(void)
{
	struct results *results = calloc(1, sizeof(*results));

	if (!results)
		return NULL;
	results->arms.max = RESULTS_ARMS_MAX;
	results->workloads.max = RESULTS_WORKLOADS_MAX;
	results->figures.max = RESULTS_FIGURES_MAX;
	results->reasons.max = RESULTS_REASONS_MAX;
	results->warnings.max = results->warning_kinds.max = RESULTS_REASONS_MAX;
	results->hosts.max = RESULTS_HOSTS_MAX;
	results->accels.max = results->qemus.max = RESULTS_HOSTS_MAX;
	results->specs.max = RESULTS_SPECS_MAX;
	results->observers.max = RESULTS_HOSTS_MAX;
	results->files.max = results->designs.max = RESULTS_FILES_MAX;
	memset(results->control_of, -1, sizeof(results->control_of));
	memset(results->twin_of, -1, sizeof(results->twin_of));
	memset(results->same_of, -1, sizeof(results->same_of));
	for (int i = 0; i < RESULTS_ARMS_MAX; i++)
		results->arm_order[i] = INT_MAX;
	return results;
}

void results_free(struct results **results)
{
	struct results *r = *results;

	*results = NULL;
	if (!r)
		return;
	names_done(&r->arms);
	names_done(&r->workloads);
	names_done(&r->figures);
	names_done(&r->reasons);
	names_done(&r->hosts);
	names_done(&r->accels);
	names_done(&r->qemus);
	names_done(&r->specs);
	names_done(&r->observers);
	names_done(&r->designs);
	names_done(&r->files);
	names_done(&r->warnings);
	names_done(&r->warning_kinds);
	reasons_done(&r->reason_rows);
	free(r->trial);
	free(r->value);
	free(r);
}

/* Bytes of a file that are not yet lines. */
struct feed {
	char *buf;
	size_t used;
	bool skipping; /* inside a line that is too long */
};

static int take_line(struct results *results, struct feed *feed, const char *text, size_t len)
{
	if (feed->skipping) {
		feed->skipping = false;
		return 0;
	}
	return results_read_line(results, text, len, true);
}

/* Takes all whole lines; what is left moves to the front. */
static int take_lines(struct results *results, struct feed *feed, size_t from)
{
	char *start = feed->buf, *end = feed->buf + feed->used, *at = feed->buf + from, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		int rc = take_line(results, feed, start, (size_t)(newline - start));

		if (rc)
			return rc;
		at = start = newline + 1;
	}
	feed->used = (size_t)(end - start);
	if (feed->used > RESULTS_LINE_MAX || feed->skipping) {
		results->skipped.too_long += !feed->skipping;
		feed->skipping = true;
		feed->used = 0;
	}
	memmove(feed->buf, start, feed->used);
	return 0;
}

static int read_all(struct results *results, struct feed *feed, int fd, const char *path,
                    struct err *err)
{
	for (;;) {
		ssize_t n = read(fd, feed->buf + feed->used, READ_BYTES);
		size_t from = feed->used;

		if (n < 0 && errno == EINTR && !stop_wanted())
			continue;
		if (n < 0)
			return err_sys(err, "%s", path);
		if (n == 0)
			break;
		feed->used += (size_t)n;
		if (take_lines(results, feed, from))
			return err_set(err, ENOMEM, "%s: out of memory", path);
	}
	if (feed->used && results_read_line(results, feed->buf, feed->used, false))
		return err_set(err, ENOMEM, "%s: out of memory", path);
	return 0;
}

int results_read_file(struct results *results, const char *path, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	CLEANUP(str_free) char *buf = malloc(RESULTS_LINE_MAX + READ_BYTES);
	struct feed feed = { .buf = buf };

	if (fd < 0)
		return err_sys(err, "%s", path);
	if (!buf || names_add(&results->files, path, strlen(path)) == -ENOMEM)
		return err_set(err, ENOMEM, "%s: out of memory", path);
	return read_all(results, &feed, fd, path, err);
}

#define COMPARE(a, b)                                                                              \
	do {                                                                                       \
		if ((a) != (b))                                                                    \
			return (a) < (b) ? -1 : 1;                                                 \
	} while (0)

/* By what makes a trial the same one, then by place: the first of equals stays. */
static int by_key(const void *left, const void *right)
{
	const struct result_trial *a = *(struct result_trial *const *)left;
	const struct result_trial *b = *(struct result_trial *const *)right;

	COMPARE(a->arm, b->arm);
	COMPARE(a->workload, b->workload);
	COMPARE(a->seed, b->seed);
	COMPARE(a->block, b->block);
	COMPARE(a->repeat, b->repeat);
	COMPARE(a->started, b->started);
	COMPARE(a, b);
	return 0;
}

static bool same_key(const struct result_trial *a, const struct result_trial *b)
{
	return a->arm == b->arm && a->workload == b->workload && a->seed == b->seed &&
	       a->block == b->block && a->repeat == b->repeat;
}

static bool same_trial(const struct result_trial *a, const struct result_trial *b)
{
	return a->started && a->started == b->started && same_key(a, b);
}

/* A cell that failed and was run again by a resumed sweep: the failure is history.  list is sorted by key. */
static size_t drop_failures(struct result_trial **list, size_t nr)
{
	size_t dropped = 0;

	for (size_t from = 0, to; from < nr; from = to) {
		bool has_run = false;

		for (to = from; to < nr && same_key(list[from], list[to]); to++)
			has_run |= list[to]->error < 0;
		for (size_t i = from; i < to && has_run; i++) {
			if (list[i]->duplicate || list[i]->error < 0)
				continue;
			list[i]->duplicate = true;
			dropped++;
		}
	}
	return dropped;
}

static void list_free(struct result_trial ***list)
{
	free(*list);
	*list = NULL;
}

int results_finish(struct results *results)
{
	CLEANUP(list_free) struct result_trial **list = NULL;

	if (!results->nr_trials)
		return 0;
	list = malloc(results->nr_trials * sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < results->nr_trials; i++)
		list[i] = &results->trial[i];
	qsort(list, results->nr_trials, sizeof(*list), by_key);
	for (size_t i = 1; i < results->nr_trials; i++) {
		list[i]->duplicate = same_trial(list[i - 1], list[i]);
		results->skipped.duplicates += list[i]->duplicate;
	}
	results->nr_retried = drop_failures(list, results->nr_trials);
	result_files_find_copies(results);
	hosts_set_machines(results);
	if (result_specs_compare(results, list, results->nr_trials) || result_note_cut(results))
		return -ENOMEM;
	return result_files_part(results);
}

unsigned long results_nr_skipped(const struct results *results)
{
	const struct results_skipped *s = &results->skipped;

	return s->torn + s->broken + s->foreign + s->version + s->too_long + s->over +
	       s->duplicates;
}

const char *results_better_name(enum result_better better)
{
	return better == RESULT_HIGHER ? "higher" : better == RESULT_LOWER ? "lower" : "none";
}

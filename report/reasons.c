/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reasons.c - lists of names with a count and a time, summed up over an arm's trials. */
#include "reasons.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "result_figures.h"
#include "result_parts.h"
#include "results.h"
#include "scale.h"
#include "table_cells.h"
#include "text.h"

#define SHOWN_MAX 10

/* Foreign numbers: what no window can hold is none. */
static bool is_sane(const struct reason_row *row)
{
	return row->count >= 1 && row->count < 1e15 && row->seconds >= 0 && row->seconds < 1e9 &&
	       row->max_ns >= 0 && row->max_ns < 1e18;
}

static int add(struct reason_rows *rows, const struct reason_row *row, const char *name)
{
	int id;

	if (!is_sane(row))
		return 0;
	rows->names.max = REASONS_NAMES_MAX;
	id = names_add(&rows->names, name, strlen(name));
	if (id == -E2BIG)
		return 0;
	if (id < 0 || results_grow((void **)&rows->row, &rows->room, rows->nr, sizeof(*row)))
		return -ENOMEM;
	rows->row[rows->nr] = *row;
	rows->row[rows->nr++].name = (uint16_t)id;
	return 0;
}

/* Who took a CPU, and whose: by the kernel's name, and by role where it is a thread of a VM of ours. */
struct preemptor_names {
	char comm[64], thread[64], victim[64];
};

static void read_name(struct jsonscan *scan, const struct jsonscan_view *key,
                      struct preemptor_names *names)
{
	struct jsonscan_view text;

	if (!jsonscan_string(scan, &text))
		return;
	if (jsonscan_is(key, "comm"))
		jsonscan_decode(&text, names->comm, sizeof(names->comm));
	else if (jsonscan_is(key, "thread"))
		jsonscan_decode(&text, names->thread, sizeof(names->thread));
	else if (jsonscan_is(key, "victim"))
		jsonscan_decode(&text, names->victim, sizeof(names->victim));
}

/* The numbers of one row, and a preemptor's names. */
static void read_row(struct jsonscan *scan, struct reason_row *row, struct preemptor_names *names)
{
	struct jsonscan_view key;

	jsonscan_open(scan, '{');
	while (jsonscan_member(scan, &key)) {
		const bool is_number = jsonscan_peek(scan) == '0';

		if (is_number && jsonscan_is(&key, "count"))
			jsonscan_number(scan, &row->count);
		else if (is_number && (jsonscan_is(&key, "total_s") || jsonscan_is(&key, "time_s")))
			jsonscan_number(scan, &row->seconds);
		else if (is_number && jsonscan_is(&key, "max_ns"))
			jsonscan_number(scan, &row->max_ns);
		else if (jsonscan_peek(scan) == '"')
			read_name(scan, &key, names);
		else
			jsonscan_skip(scan, NULL);
	}
}

static int read_exits(struct reason_rows *rows, uint32_t trial, const struct jsonscan_view *part)
{
	struct jsonscan scan;
	struct jsonscan_view key;
	int rc = 0;

	jsonscan_init(&scan, part->text, part->len);
	jsonscan_open(&scan, '{');
	while (!rc && jsonscan_member(&scan, &key)) {
		struct reason_row row = { .trial = trial, .kind = REASON_EXIT };
		struct preemptor_names unused;
		char name[64] = "";

		jsonscan_decode(&key, name, sizeof(name));
		if (jsonscan_peek(&scan) == '{') {
			read_row(&scan, &row, &unused);
			rc = add(rows, &row, name);
		} else {
			jsonscan_skip(&scan, NULL);
		}
	}
	return rc;
}

static int read_preemptors(struct reason_rows *rows, uint32_t trial,
                           const struct jsonscan_view *part)
{
	struct jsonscan scan;
	int rc = 0;

	jsonscan_init(&scan, part->text, part->len);
	jsonscan_open(&scan, '[');
	while (!rc && jsonscan_element(&scan)) {
		struct reason_row row = { .trial = trial, .kind = REASON_PREEMPTOR };
		struct preemptor_names names = { 0 };
		char name[160];

		if (jsonscan_peek(&scan) != '{') {
			jsonscan_skip(&scan, NULL);
			continue;
		}
		read_row(&scan, &row, &names);
		snprintf(name, sizeof(name), "%s, of %s",
		         names.thread[0] ? names.thread : names.comm, names.victim);
		rc = add(rows, &row, name);
	}
	return rc;
}

int reasons_read(struct reason_rows *rows, uint32_t trial, const struct jsonscan_view *by_reason,
                 const struct jsonscan_view *preemptors)
{
	int rc = 0;

	if (!part_is_null(by_reason) && by_reason->text[0] == '{')
		rc = read_exits(rows, trial, by_reason);
	if (!rc && !part_is_null(preemptors) && preemptors->text[0] == '[')
		rc = read_preemptors(rows, trial, preemptors);
	return rc;
}

void reasons_done(struct reason_rows *rows)
{
	names_done(&rows->names);
	free(rows->row);
	*rows = (struct reason_rows){ 0 };
}

/* One name's sum over the trials of an arm. */
struct sum {
	int name;
	double count, seconds, max_ns;
};

static int by_time(const void *a, const void *b)
{
	const struct sum *left = a, *right = b;

	if (left->seconds != right->seconds)
		return left->seconds < right->seconds ? 1 : -1;
	return left->name - right->name;
}

static bool is_of(const struct results *results, const struct reason_row *row, int arm,
                  int workload, enum reason_kind kind)
{
	const struct result_trial *trial = row->trial < results->nr_trials
	                                           ? &results->trial[row->trial]
	                                           : NULL;

	return trial && row->kind == kind && !trial->duplicate && trial->arm == arm &&
	       trial->workload == workload;
}

/* Returns how many names; ret has room for all of them. */
static size_t sum_up(const struct results *results, int arm, int workload, enum reason_kind kind,
                     struct sum *ret, size_t *ret_trials)
{
	const struct reason_rows *rows = &results->reason_rows;
	uint32_t last = UINT32_MAX;
	size_t nr = 0;

	*ret_trials = 0;
	for (size_t i = 0; i < rows->nr; i++) {
		const struct reason_row *row = &rows->row[i];
		size_t at = 0;

		if (!is_of(results, row, arm, workload, kind))
			continue;
		*ret_trials += row->trial != last;
		last = row->trial;
		while (at < nr && ret[at].name != row->name)
			at++;
		if (at == nr)
			ret[nr++] = (struct sum){ .name = row->name };
		ret[at].count += row->count;
		ret[at].seconds += row->seconds;
		ret[at].max_ns = fmax(ret[at].max_ns, row->max_ns);
	}
	qsort(ret, nr, sizeof(*ret), by_time);
	return nr;
}

static void format(const char *unit, double value, char *buf, size_t size)
{
	struct scale scale;
	char number[32];

	if (scale_choose(unit, &value, 1, &scale)) {
		scale_format(&scale, value, number, sizeof(number));
		snprintf(buf, size, "%s %s", number, scale.unit);
	} else {
		snprintf(buf, size, "n/a");
	}
}

static void write_rows(const struct table *table, const struct sum *sums, size_t nr,
                       size_t nr_trials, enum reason_kind kind)
{
	const struct names *names = &table->results->reason_rows.names;
	double all = 0;

	for (size_t i = 0; i < nr; i++)
		all += sums[i].count;
	for (size_t i = 0; i < nr && i < SHOWN_MAX; i++) {
		const char *name = names_at(names, sums[i].name);
		char safe[48], time[64], mean[64], longest[64], max[72] = "";

		text_escape(name, strlen(name), safe, sizeof(safe));
		format("s", sums[i].seconds / (double)nr_trials, time, sizeof(time));
		format("s", sums[i].seconds / sums[i].count, mean, sizeof(mean));
		format("ns", sums[i].max_ns, longest, sizeof(longest));
		if (kind == REASON_EXIT)
			snprintf(max, sizeof(max), " %11s", longest);
		fprintf(table->sheet.out, "%*s%-32.32s %9.0f %6.1f %% %11s %11s%s\n", INDENT, "",
		        safe, sums[i].count / (double)nr_trials, sums[i].count / all * 100, time,
		        mean, max);
	}
}

static void write_arm(const struct table *table, int arm, int workload, enum reason_kind kind,
                      struct sum *room)
{
	static const char *const titles[] = {
		[REASON_EXIT] = "left the guest for", [REASON_PREEMPTOR] = "lost their CPU to"
	};
	size_t nr_trials, nr = sum_up(table->results, arm, workload, kind, room, &nr_trials);
	char name[64], head[100];

	if (!nr)
		return;
	table_format_arm(table, arm, 16, name, sizeof(name));
	snprintf(head, sizeof(head), "%s: %s", name, titles[kind]);
	fprintf(table->sheet.out, "  %-34.34s %9s %8s %11s %11s%s\n", head, "a trial", "share",
	        "time", "mean", kind == REASON_EXIT ? "     longest" : "");
	write_rows(table, room, nr, nr_trials, kind);
	fputc('\n', table->sheet.out);
}

void reasons_write(const struct table *table, int workload)
{
	const struct reason_rows *rows = &table->results->reason_rows;
	struct sum *room = rows->nr ? calloc((size_t)rows->names.nr + 1, sizeof(*room)) : NULL;

	for (int kind = 0; room && kind <= REASON_PREEMPTOR; kind++) {
		for (int i = 0; i < table->comparisons->nr_arms; i++)
			write_arm(table, table->comparisons->arms[i], workload,
			          (enum reason_kind)kind, room);
	}
	free(room);
}

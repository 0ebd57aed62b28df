/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html_threads.c - threads[] and figures.*.by of a line, joined by "role/index" ("vm1/role/index"). */
#include "html_threads.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "html_detail.h"
#include "result_figures.h"
#include "result_parts.h"

const char *const detail_metrics[DETAIL_METRICS] = {
	"cpu_time_s",
	"run_delay_s",
	"context_switches",
	"migrations",
};

/* The rows of this trial: those from `first` on. */
static struct detail_thread *find(struct details *details, size_t first, int key)
{
	for (size_t i = first; i < details->nr_threads; i++) {
		if (details->thread[i].key == key)
			return &details->thread[i];
	}
	return NULL;
}

/* ret NULL: past the limits. */
static int row_of(struct details *details, size_t trial, size_t first, const char *name,
                  struct detail_thread **ret)
{
	int key = names_add(&details->keys, name, strlen(name));

	*ret = NULL;
	if (key == -ENOMEM)
		return key;
	*ret = key < 0 ? NULL : find(details, first, key);
	if (key < 0 || *ret || details->nr_threads == DETAIL_THREADS_MAX)
		return 0;
	if (results_grow((void **)&details->thread, &details->room_threads, details->nr_threads,
	                 sizeof(*details->thread)))
		return -ENOMEM;
	*ret = &details->thread[details->nr_threads++];
	**ret = (struct detail_thread){ .trial = trial, .key = key, .about = -1 };
	for (int i = 0; i < DETAIL_METRICS; i++)
		(*ret)->value[i] = NAN;
	return 0;
}

/* What the page says about the thread: the pieces of its object that are not of this one trial (its tid is). */
static int about_of(struct details *details, const struct jsonscan_view *thread)
{
	static const char *const kept[] = { "name", "want", "got", "stray" };
	CLEANUP(str_free) char *text = NULL;
	struct jsonscan_view key, value;
	struct jsonscan scan;
	size_t size;
	int nr = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	fputc('{', out);
	jsonscan_init(&scan, thread->text, thread->len);
	jsonscan_open(&scan, '{');
	while (jsonscan_member(&scan, &key) && jsonscan_skip(&scan, &value)) {
		for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
			if (jsonscan_is(&key, kept[i]) && value.len < 256)
				fprintf(out, "%s\"%s\":%.*s", nr++ ? "," : "", kept[i],
				        (int)value.len, value.text);
		}
	}
	fputc('}', out);
	if (fclose(out))
		return -ENOMEM;
	return names_add(&details->abouts, text, strlen(text));
}

static int add_thread(struct details *details, size_t trial, size_t first,
                      const struct jsonscan_view *thread)
{
	struct detail_thread *row;
	char role[32], vm[16] = "", name[64];
	struct jsonscan_view key, value, at = { 0 }, of = { 0 };
	struct jsonscan scan;
	double number = 0, vm_number = 0;

	if (thread->text[0] != '{')
		return 0;
	part_member(thread, "role", role, sizeof(role));
	jsonscan_init(&scan, thread->text, thread->len);
	jsonscan_open(&scan, '{');
	while (jsonscan_member(&scan, &key))
		jsonscan_skip(&scan, jsonscan_is(&key, "index") ? &at
		                     : jsonscan_is(&key, "vm")  ? &of
		                                                : &value);
	if (!role[0] || part_whole(&at, 0, 1e6, &number))
		return 0;
	/* of several VMs the first one's threads are called as an only VM's are */
	if (of.len && !part_whole(&of, 1, 1e6, &vm_number))
		snprintf(vm, sizeof(vm), "vm%d/", (int)vm_number);
	snprintf(name, sizeof(name), "%s%s/%d", vm, role, (int)number);
	if (row_of(details, trial, first, name, &row))
		return -ENOMEM;
	details->left_out += !row;
	if (row)
		row->about = about_of(details, thread);
	return row && row->about == -ENOMEM ? -ENOMEM : 0;
}

/* "by": {"vcpu": 3, "vcpu/0": 1, ...}: the ones with a slash are single threads. */
static int add_shares(struct details *details, size_t trial, size_t first, int metric,
                      struct jsonscan *scan)
{
	struct jsonscan_view key;

	jsonscan_open(scan, '{');
	while (jsonscan_member(scan, &key)) {
		struct detail_thread *row = NULL;
		char name[64];
		int len = jsonscan_decode(&key, name, sizeof(name));
		double value = NAN;

		if (jsonscan_peek(scan) == '0')
			jsonscan_number(scan, &value);
		else
			jsonscan_skip(scan, NULL);
		if (len <= 0 || len >= (int)sizeof(name) || !strchr(name, '/'))
			continue;
		if (row_of(details, trial, first, name, &row))
			return -ENOMEM;
		if (row)
			row->value[metric] = value;
	}
	return 0;
}

static int metric_of(const struct jsonscan_view *key)
{
	for (int i = 0; i < DETAIL_METRICS; i++) {
		if (jsonscan_is(key, detail_metrics[i]))
			return i;
	}
	return -1;
}

static int add_figure(struct details *details, size_t trial, size_t first, int metric,
                      struct jsonscan *scan)
{
	struct jsonscan_view key;

	jsonscan_open(scan, '{');
	while (jsonscan_member(scan, &key)) {
		if (!jsonscan_is(&key, "by") || jsonscan_peek(scan) != '{')
			jsonscan_skip(scan, NULL);
		else if (add_shares(details, trial, first, metric, scan))
			return -ENOMEM;
	}
	return 0;
}

int html_threads_add(struct details *details, size_t trial, const struct jsonscan_view *threads,
                     const struct jsonscan_view *figures)
{
	size_t first = details->nr_threads;
	struct jsonscan_view key, value;
	struct jsonscan scan;

	if (first == DETAIL_THREADS_MAX) {
		details->left_out++;
		return 0;
	}
	if (threads->len && threads->text[0] == '[') {
		jsonscan_init(&scan, threads->text, threads->len);
		jsonscan_open(&scan, '[');
		while (jsonscan_element(&scan) && jsonscan_skip(&scan, &value)) {
			if (add_thread(details, trial, first, &value))
				return -ENOMEM;
		}
	}
	if (!figures->len || figures->text[0] != '{')
		return 0;
	jsonscan_init(&scan, figures->text, figures->len);
	jsonscan_open(&scan, '{');
	while (jsonscan_member(&scan, &key)) {
		int metric = metric_of(&key);

		if (metric < 0 || jsonscan_peek(&scan) != '{')
			jsonscan_skip(&scan, NULL);
		else if (add_figure(details, trial, first, metric, &scan))
			return -ENOMEM;
	}
	return 0;
}

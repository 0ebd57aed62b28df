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
#include "json.h"
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
static int about_of(struct details *details, struct json_object *thread)
{
	static const char *const kept[] = { "name", "want", "got", "stray" };
	CLEANUP(str_free) char *text = NULL;
	size_t size;
	int nr = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	fputc('{', out);
	json_object_object_foreach(thread, key, value) {
		for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
			size_t len = 0;
			const char *json = strcmp(key, kept[i]) ? NULL : part_json(value, &len);

			if (json && len < 256)
				fprintf(out, "%s\"%s\":%s", nr++ ? "," : "", kept[i], json);
		}
	}
	fputc('}', out);
	if (fclose(out))
		return -ENOMEM;
	return names_add(&details->abouts, text, strlen(text));
}

static int add_thread(struct details *details, size_t trial, size_t first,
                      struct json_object *thread)
{
	struct detail_thread *row;
	char role[32], vm[16] = "", name[64];
	double number, vm_number;

	part_member(thread, "role", role, sizeof(role));
	if (!role[0] || part_member_whole(thread, "index", 0, 1e6, &number))
		return 0;
	/* of several VMs the first one's threads are called as an only VM's are */
	if (!part_member_whole(thread, "vm", 1, 1e6, &vm_number))
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
                      struct json_object *by)
{
	if (!part_is_object(by))
		return 0;
	json_object_object_foreach(by, name, part) {
		struct detail_thread *row = NULL;
		double value = NAN;

		if (strlen(name) >= 64 || !strchr(name, '/'))
			continue;
		(void)!part_number(part, &value);
		if (row_of(details, trial, first, name, &row))
			return -ENOMEM;
		if (row)
			row->value[metric] = value;
	}
	return 0;
}

static int metric_of(const char *name)
{
	for (int i = 0; i < DETAIL_METRICS; i++) {
		if (!strcmp(name, detail_metrics[i]))
			return i;
	}
	return -1;
}

int html_threads_add(struct details *details, size_t trial, struct json_object *threads,
                     struct json_object *figures)
{
	size_t first = details->nr_threads,
	       nr = part_is_array(threads) ? json_object_array_length(threads) : 0;

	if (first == DETAIL_THREADS_MAX) {
		details->left_out++;
		return 0;
	}
	for (size_t i = 0; i < nr; i++) {
		if (add_thread(details, trial, first, json_object_array_get_idx(threads, i)))
			return -ENOMEM;
	}
	if (!part_is_object(figures))
		return 0;
	json_object_object_foreach(figures, name, figure) {
		int metric = metric_of(name);

		if (metric >= 0 && add_shares(details, trial, first, metric, part_at(figure, "by")))
			return -ENOMEM;
	}
	return 0;
}

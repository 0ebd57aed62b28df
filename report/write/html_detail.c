/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html_detail.c - one more look at a line that was good. */
#include "html_detail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "html_threads.h"
#include "json.h"
#include "result_parts.h"

enum part {
	PART_QLAUNCH,
	PART_STARTED,
	PART_SPEC,
	PART_VM,
	PART_THREADS,
	PART_FIGURES,
	PART_HISTOGRAMS,
	PART_SAMPLES,
	NR_PARTS
};

static const char *const part_names[NR_PARTS] = {
	[PART_QLAUNCH] = "qlaunch",
	[PART_STARTED] = "started",
	[PART_SPEC] = "spec",
	[PART_VM] = "vm",
	[PART_THREADS] = "threads",
	[PART_FIGURES] = "figures",
	[PART_HISTOGRAMS] = "histograms",
	[PART_SAMPLES] = "samples",
};

struct details *details_new(void)
{
	struct details *details = calloc(1, sizeof(*details));

	if (!details)
		return NULL;
	details->hist_names.max = 256;
	details->keys.max = 4096;
	details->abouts.max = 8192;
	return details;
}

void details_free(struct details **details)
{
	struct details *d = *details;

	*details = NULL;
	if (!d)
		return;
	for (int i = 0; i < d->nr_hists; i++)
		free(d->hist[i].sum);
	for (int i = 0; i < d->nr_arms; i++) {
		free(d->arm[i].spec);
		free(d->arm[i].vm);
	}
	for (int i = 0; i < d->nr_timed; i++)
		json_done(&d->timed[i].samples);
	names_done(&d->hist_names);
	names_done(&d->keys);
	names_done(&d->abouts);
	free(d->thread);
	free(d);
}

/* Arms of the same name in two files may become two arms when all are read. */
static bool same_arm(const struct results *results, size_t a, size_t b)
{
	return results->trial[a].arm == results->trial[b].arm &&
	       results->trial[a].file == results->trial[b].file;
}

static bool same_cell(const struct results *results, size_t a, size_t b)
{
	return same_arm(results, a, b) && results->trial[a].workload == results->trial[b].workload;
}

/* Where the histogram of this name and cell is summed; NULL with 0: past the limit. */
static int hist_find(struct details *details, const struct results *results, size_t trial, int name,
                     struct hist_sum **ret)
{
	struct detail_hist *hist;

	*ret = NULL;
	for (int i = 0; i < details->nr_hists; i++) {
		hist = &details->hist[i];
		if (hist->name == name && same_cell(results, hist->trial, trial)) {
			*ret = hist->sum;
			return 0;
		}
	}
	if (details->nr_hists == DETAIL_HISTS_MAX)
		return 0;
	hist = &details->hist[details->nr_hists];
	*hist = (struct detail_hist){ .trial = trial,
		                      .name = name,
		                      .sum = calloc(1, sizeof(*hist->sum)) };
	if (!hist->sum)
		return -ENOMEM;
	details->nr_hists++;
	*ret = hist->sum;
	return 0;
}

static int add_histograms(struct details *details, const struct results *results, size_t trial,
                          struct json_object *part)
{
	if (!part_is_object(part))
		return 0;
	json_object_object_foreach(part, key, value) {
		size_t len = strlen(key);
		struct hist_sum *sum = NULL;
		int name;

		if (!len || len >= 96)
			continue;
		name = names_add(&details->hist_names, key, len);
		if (name == -ENOMEM ||
		    (name >= 0 && hist_find(details, results, trial, name, &sum)))
			return -ENOMEM;
		details->left_out += !sum;
		if (sum)
			hist_sum_add(sum, value);
	}
	return 0;
}

static int keep(struct json_object *o, char **ret)
{
	size_t len = 0;
	const char *text = part_is_object(o) ? part_json(o, &len) : "";

	if (!text)
		return -ENOMEM;
	if (!len || len > DETAIL_RECIPE_MAX)
		return 0;
	*ret = strndup(text, len);
	return *ret ? 0 : -ENOMEM;
}

/* How to do it again, once an arm. */
static int add_arm(struct details *details, const struct results *results, size_t trial,
                   struct json_object *const *part)
{
	struct detail_arm *arm;

	for (int i = 0; i < details->nr_arms; i++) {
		if (same_arm(results, details->arm[i].trial, trial) &&
		    (details->arm[i].vm || !part_is_object(part[PART_VM])))
			return 0;
	}
	if (details->nr_arms == DETAIL_ARMS_MAX)
		return 0;
	arm = &details->arm[details->nr_arms++];
	arm->trial = trial;
	if (keep(part[PART_SPEC], &arm->spec) || keep(part[PART_VM], &arm->vm))
		return -ENOMEM;
	return 0;
}

static int add_timed(struct details *details, size_t trial, struct json_object *part)
{
	struct detail_timed *timed = &details->timed[details->nr_timed];
	size_t len;

	if (!part_is_array(part) || !json_object_array_length(part))
		return 0;
	if (details->nr_timed == DETAIL_TIMED_MAX || !part_json(part, &len) ||
	    len > DETAIL_SAMPLES_MAX) {
		details->left_out++;
		return 0;
	}
	timed->trial = trial;
	timed->samples = json_object_get(part);
	details->nr_timed++;
	return 0;
}

/* ISO 8601 in UTC sorts as text. */
static void note_times(struct details *details, struct json_object *const *part)
{
	char text[sizeof(details->first)];
	int n = part_text(part[PART_STARTED], text, sizeof(text));

	if (!details->version[0] &&
	    part_text(part[PART_QLAUNCH], details->version, sizeof(details->version)) < 0)
		details->version[0] = '\0';
	if (n <= 0 || (size_t)n >= sizeof(text))
		return;
	if (!details->first[0] || strcmp(text, details->first) < 0)
		memcpy(details->first, text, sizeof(text));
	if (strcmp(text, details->last) > 0)
		memcpy(details->last, text, sizeof(text));
}

int details_add(struct details *details, const struct results *results, size_t trial,
                struct json_object *line)
{
	struct json_object *part[NR_PARTS];

	for (int i = 0; i < NR_PARTS; i++)
		part[i] = part_at(line, part_names[i]);
	note_times(details, part);
	if (add_arm(details, results, trial, part) ||
	    add_histograms(details, results, trial, part[PART_HISTOGRAMS]) ||
	    add_timed(details, trial, part[PART_SAMPLES]) ||
	    html_threads_add(details, trial, part[PART_THREADS], part[PART_FIGURES]))
		return -ENOMEM;
	return 0;
}

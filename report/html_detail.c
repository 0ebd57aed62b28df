/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html_detail.c - one more look at a line that was good. */
#include "html_detail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "html_threads.h"
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
		free(d->timed[i].samples);
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
                          const struct jsonscan_view *part)
{
	struct jsonscan_view key, value;
	struct jsonscan scan;

	if (!part->len || part->text[0] != '{')
		return 0;
	jsonscan_init(&scan, part->text, part->len);
	jsonscan_open(&scan, '{');
	while (jsonscan_member(&scan, &key) && jsonscan_skip(&scan, &value)) {
		struct hist_sum *sum = NULL;
		char text[96];
		int len = jsonscan_decode(&key, text, sizeof(text)), name;

		if (len <= 0 || len >= (int)sizeof(text))
			continue;
		name = names_add(&details->hist_names, text, (size_t)len);
		if (name == -ENOMEM ||
		    (name >= 0 && hist_find(details, results, trial, name, &sum)))
			return -ENOMEM;
		details->left_out += !sum;
		if (sum)
			hist_sum_add(sum, &value);
	}
	return 0;
}

static bool is_kind(const struct jsonscan_view *view, char kind)
{
	return view->len && view->text[0] == kind;
}

static int keep(const struct jsonscan_view *view, char kind, char **ret)
{
	if (!is_kind(view, kind) || view->len > DETAIL_RECIPE_MAX)
		return 0;
	*ret = strndup(view->text, view->len);
	return *ret ? 0 : -ENOMEM;
}

/* How to do it again, once an arm. */
static int add_arm(struct details *details, const struct results *results, size_t trial,
                   const struct jsonscan_view *part)
{
	struct detail_arm *arm;

	for (int i = 0; i < details->nr_arms; i++) {
		if (same_arm(results, details->arm[i].trial, trial) &&
		    (details->arm[i].vm || !is_kind(&part[PART_VM], '{')))
			return 0;
	}
	if (details->nr_arms == DETAIL_ARMS_MAX)
		return 0;
	arm = &details->arm[details->nr_arms++];
	arm->trial = trial;
	if (keep(&part[PART_SPEC], '{', &arm->spec) || keep(&part[PART_VM], '{', &arm->vm))
		return -ENOMEM;
	return 0;
}

static int add_timed(struct details *details, size_t trial, const struct jsonscan_view *part)
{
	struct detail_timed *timed = &details->timed[details->nr_timed];

	if (!is_kind(part, '[') || part->len < 3)
		return 0;
	if (details->nr_timed == DETAIL_TIMED_MAX || part->len > DETAIL_SAMPLES_MAX) {
		details->left_out++;
		return 0;
	}
	timed->trial = trial;
	timed->samples = strndup(part->text, part->len);
	if (!timed->samples)
		return -ENOMEM;
	details->nr_timed++;
	return 0;
}

/* ISO 8601 in UTC sorts as text. */
static void note_times(struct details *details, const struct jsonscan_view *part)
{
	char text[sizeof(details->first)];
	int n = part_text(&part[PART_STARTED], text, sizeof(text));

	if (!details->version[0] &&
	    part_text(&part[PART_QLAUNCH], details->version, sizeof(details->version)) < 0)
		details->version[0] = '\0';
	if (n <= 0 || (size_t)n >= sizeof(text))
		return;
	if (!details->first[0] || strcmp(text, details->first) < 0)
		memcpy(details->first, text, sizeof(text));
	if (strcmp(text, details->last) > 0)
		memcpy(details->last, text, sizeof(text));
}

int details_add(struct details *details, const struct results *results, size_t trial,
                const char *text, size_t len)
{
	struct jsonscan_view part[NR_PARTS] = { 0 }, key;
	struct jsonscan scan;

	jsonscan_init(&scan, text, len);
	jsonscan_open(&scan, '{');
	while (jsonscan_member(&scan, &key)) {
		struct jsonscan_view *to = NULL;

		for (int i = 0; i < NR_PARTS && !to; i++)
			to = jsonscan_is(&key, part_names[i]) ? &part[i] : NULL;
		jsonscan_skip(&scan, to);
	}
	note_times(details, part);
	if (add_arm(details, results, trial, part) ||
	    add_histograms(details, results, trial, &part[PART_HISTOGRAMS]) ||
	    add_timed(details, trial, &part[PART_SAMPLES]) ||
	    html_threads_add(details, trial, &part[PART_THREADS], &part[PART_FIGURES]))
		return -ENOMEM;
	return 0;
}

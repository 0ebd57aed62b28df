/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arm_order.c - the order of arms and workloads.  A sweep runs them at random: the file's order means nothing. */
#include "arm_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "text.h"

static bool goes_before(const struct results *results, int baseline, int a, int b)
{
	if (a == baseline || b == baseline)
		return a == baseline;
	if (results->arm_order[a] != results->arm_order[b])
		return results->arm_order[a] < results->arm_order[b];
	return a < b;
}

/* Arms that no trial has: named by a line that was refused later on. */
static bool *arms_used(const struct results *results)
{
	bool *used = calloc((size_t)results->arms.nr + 1, sizeof(*used));

	for (size_t i = 0; used && i < results->nr_trials; i++)
		used[results->trial[i].arm] |= !results->trial[i].duplicate &&
		                               !results->is_same[results->trial[i].arm];
	return used;
}

/* Insertion: a few arms, and stable. */
static void sort_arms(const struct results *results, struct comparisons *ret)
{
	for (int i = 1; i < ret->nr_arms; i++) {
		int arm = ret->arms[i], at = i;

		for (; at && goes_before(results, ret->baseline, arm, ret->arms[at - 1]); at--)
			ret->arms[at] = ret->arms[at - 1];
		ret->arms[at] = arm;
	}
}

static int order_workloads(const struct results *results, struct comparisons *ret)
{
	ret->workloads = calloc((size_t)results->workloads.nr + 1, sizeof(int));
	if (!ret->workloads)
		return -ENOMEM;
	for (int i = 0; i < results->workloads.nr; i++) {
		int at = ret->nr_workloads++;

		for (; at && strcmp(names_at(&results->workloads, i),
		                    names_at(&results->workloads, ret->workloads[at - 1])) < 0;
		     at--)
			ret->workloads[at] = ret->workloads[at - 1];
		ret->workloads[at] = i;
	}
	return 0;
}

static int no_such_arm(const struct results *results, const struct comparisons *arms,
                       const char *baseline, struct err *err)
{
	char list[300] = "", name[128];

	for (int i = 0; i < arms->nr_arms; i++) {
		size_t used = strlen(list);
		const char *text = names_at(&results->arms, arms->arms[i]);

		text_escape(text, strlen(text), name, sizeof(name));
		if (used + strlen(name) + 8 > sizeof(list)) {
			snprintf(list + used, sizeof(list) - used, ", ...");
			break;
		}
		snprintf(list + used, sizeof(list) - used, "%s'%s'", i ? ", " : "", name);
	}
	text_escape(baseline, strlen(baseline), name, sizeof(name));
	return err_set(err, ENOENT, "baseline '%s': no such arm; there is %s", name, list);
}

static int find_baseline(const struct results *results, const char *wanted, struct comparisons *ret,
                         struct err *err)
{
	const char *name = wanted ? wanted : results->baseline;
	size_t len = strlen(name);

	for (int i = 0; i < ret->nr_arms; i++) {
		if (!strcmp(names_at(&results->arms, ret->arms[i]), name)) {
			ret->baseline = ret->arms[i];
			return 0;
		}
	}
	/* of several files: the first one's */
	for (int i = 0; i < ret->nr_arms; i++) {
		const char *arm = names_at(&results->arms, ret->arms[i]);

		if (results->is_parted[ret->arms[i]] && !strncmp(arm, name, len) &&
		    !strncmp(arm + len, " [", 2)) {
			ret->baseline = ret->arms[i];
			return 0;
		}
	}
	if (wanted)
		return no_such_arm(results, ret, wanted, err);
	ret->baseline = ret->arms[0];
	return 0;
}

static void used_free(bool **used)
{
	free(*used);
	*used = NULL;
}

/* A control goes with what it repeats; an arm of a later file with its twin, where no baseline was asked for. */
static int find_bases(const struct results *results, const bool *used, bool is_asked,
                      struct comparisons *ret, struct err *err)
{
	ret->base_of = calloc((size_t)results->arms.nr + 1, sizeof(int));
	if (!ret->base_of)
		return err_set(err, ENOMEM, "out of memory");
	for (int arm = 0; arm < results->arms.nr; arm++) {
		int of = results->control_of[arm], twin = results->twin_of[arm];

		ret->base_of[arm] = ret->baseline;
		if (of >= 0 && used[of] && arm != ret->baseline)
			ret->base_of[arm] = of;
		else if (twin >= 0 && !is_asked)
			ret->base_of[arm] = twin;
	}
	return 0;
}

int arm_order_find(const struct results *results, const char *baseline, struct comparisons *ret,
                   struct err *err)
{
	CLEANUP(used_free) bool *used = arms_used(results);
	int rc;

	if (!results->nr_trials)
		return err_set(err, ENODATA, "no result line");
	ret->arms = calloc((size_t)results->arms.nr + 1, sizeof(int));
	if (!used || !ret->arms || order_workloads(results, ret))
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < results->arms.nr; i++) {
		if (used[i])
			ret->arms[ret->nr_arms++] = i;
	}
	ret->baseline = -1;
	sort_arms(results, ret);
	rc = find_baseline(results, baseline, ret, err);
	if (rc)
		return rc;
	sort_arms(results, ret);
	return find_bases(results, used, baseline != NULL, ret, err);
}

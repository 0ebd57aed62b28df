/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_cpuset.c - any bytes as CPU sets, ordered pins, policies, stat lines and cgroup files.  What is accepted prints
 * back to a text that means the same; what is refused leaves the result alone and has words of one line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "cpuset.h"
#include "policy.h"
#include "task.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
	if (!good)
		abort();
}

static void check_words(int rc, const struct err *err)
{
	require(rc == -err->code);
	require(err->text[0] && memchr(err->text, 0, sizeof(err->text)) &&
	        !strchr(err->text, '\n'));
}

static void try_cpuset(char *text)
{
	struct cpuset set = { .bits = { 42 } }, again;
	struct err err = { 0 };
	char printed[8192];
	int rc = cpuset_parse(text, &set, &err);

	if (rc) {
		check_words(rc, &err);
		require(set.bits[0] == 42);
		return;
	}
	require(!err.code && cpuset_count(&set) > 0);
	cpuset_format(&set, printed, sizeof(printed));
	require(!cpuset_parse(printed, &again, NULL) && cpuset_is_equal(&set, &again));
	/* in too little room: never past the end, never another list */
	cpuset_format(&set, printed, 16);
	require(strlen(printed) < 16);
	if (!cpuset_parse(printed, &again, NULL))
		require(cpuset_is_equal(&set, &again));
}

static void try_pinlist(char *text)
{
	struct pinlist list = { .nr = 42 }, again;
	struct err err = { 0 };
	char printed[8192];
	struct cpuset set;
	int rc = pinlist_parse(text, &list, &err);

	if (rc) {
		check_words(rc, &err);
		require(list.nr == 42);
		return;
	}
	require(list.nr >= 0 && list.nr <= PINLIST_MAX);
	set = pinlist_set(&list);
	require(cpuset_count(&set) <= list.nr);
	pinlist_format(&list, printed, sizeof(printed));
	require(!pinlist_parse(printed, &again, NULL) && !memcmp(&list, &again, sizeof(list)));
}

static void try_policy(char *text)
{
	struct policy policy = { .class = 42 }, again;
	struct err err = { 0 };
	char printed[256];
	int rc = policy_parse(text, &policy, &err);

	if (rc) {
		check_words(rc, &err);
		require(policy.class == 42);
		return;
	}
	policy_format(&policy, printed, sizeof(printed));
	require(!policy_parse(printed, &again, NULL) && policy_is_equal(&policy, &again));
}

static void try_stat(char *text)
{
	struct task task;

	if (task_parse(text, &task))
		require(strlen(task.name) < sizeof(task.name));
}

static void try_cgroup(char *text)
{
	char path[64], root[64];
	int version = 0;
	size_t half = strlen(text) / 2;
	char *copy = strdup(text + half);

	if (!copy)
		return;
	text[half] = '\0';
	if (!cgroup_parse_path(text, "cpu", &version, path, sizeof(path)))
		require((version == 1 || version == 2) && strlen(path) < sizeof(path));
	if (!cgroup_parse_mount(copy, "cpu", 1 + (int)half % 2, root, path, sizeof(path)))
		require(strlen(root) < sizeof(root) && strlen(path) < sizeof(path));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(char *) = { try_cpuset, try_pinlist, try_policy, try_stat,
		                                 try_cgroup };
	char *text;

	if (!size)
		return 0;
	/* exactly as long as it is, so that a read past its end is seen */
	text = strndup((const char *)data + 1, size - 1);
	if (text)
		tries[data[0] % ARRAY_SIZE(tries)](text);
	free(text);
	return 0;
}

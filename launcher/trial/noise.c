/* SPDX-License-Identifier: GPL-2.0-or-later */
/* noise.c - starts, records and ends the competing load. */
#include "noise.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "cleanup.h"
#include "placement.h"
#include "session.h"
#include "text.h"
#include "threads.h"

struct noises {
	int nr;
	struct child *child[NOISE_MAX];
};

static int start_one(struct session *session, const struct spec *spec, int i, struct child **ret,
                     struct err *err)
{
	char policy[64], policy_word[80], pin_word[32];
	const char *argv[8] = { session->qload, "cpu", "--threads=1", "--warmup=0s",
		                "--duration=24h" };
	const struct child_wish wish = { .argv = argv,
		                         .soft_files = session->limits.files_inherited };
	int nr = 5;

	if (spec->noise.has_policy) {
		policy_format(&spec->noise.policy, policy, sizeof(policy));
		snprintf(policy_word, sizeof(policy_word), "--policy=%s", policy);
		argv[nr++] = policy_word;
	}
	if (spec->pin.nr) {
		snprintf(pin_word, sizeof(pin_word), "--pin=%d", spec->pin.cpu[i % spec->pin.nr]);
		argv[nr++] = pin_word;
	}
	return child_start(session->pump, &wish, ret, err);
}

int noises_start(struct session *session, const struct spec *spec, struct noises **ret,
                 struct err *err)
{
	CLEANUP(noises_end) struct noises *noises = NULL;

	if (!spec->noise.nr)
		return 0;
	noises = calloc(1, sizeof(*noises));
	if (!noises)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < spec->noise.nr; i++) {
		int rc = start_one(session, spec, i, &noises->child[i], err);

		if (rc)
			return rc;
		noises->nr++;
	}
	*ret = STEAL(&noises);
	return 0;
}

/* The main thread only waits; the worker is the noise. */
static void record_worker(pid_t tid, struct json_object *list)
{
	struct json_object *row = json_object_new_object();
	struct cpuset cpus;
	struct policy policy;
	struct err ignored;
	char text[512];

	json_object_object_add(row, "tid", json_object_new_int(tid));
	if (!affinity_read(tid, &cpus, &ignored)) {
		cpuset_format(&cpus, text, sizeof(text));
		json_object_object_add(row, "cpus", json_object_new_string(text));
	}
	if (!policy_read(tid, &policy, &ignored)) {
		policy_format(&policy, text, sizeof(text));
		json_object_object_add(row, "policy", json_object_new_string(text));
	}
	json_object_array_add(list, row);
}

int noises_record(const struct noises *noises, struct json_object *line, struct err *err)
{
	struct json_object *list;

	if (!noises)
		return 0;
	list = json_object_new_array();
	json_object_object_add(line, "noise", list);
	for (int i = 0; i < noises->nr; i++) {
		CLEANUP(threads_done) struct threads threads = { 0 };
		struct child *child = noises->child[i];
		int rc;

		if (child->exited)
			return child_explain(child, "a noise process", err);
		rc = threads_scan(child->pid, NULL, 0, ROLE_LOADER, &threads, err);
		if (rc < 0)
			return rc;
		for (int t = 0; t < threads.nr; t++) {
			if (threads.list[t].tid != child->pid)
				record_worker(threads.list[t].tid, list);
		}
	}
	return 0;
}

void noises_end(struct noises **at)
{
	struct noises *noises = *at;

	if (!noises)
		return;
	for (int i = 0; i < noises->nr; i++)
		child_end(&noises->child[i]);
	free(noises);
	*at = NULL;
}

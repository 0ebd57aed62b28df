/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp_query.c - the answers of single commands, checked field by field.  Knows no socket and no VM. */
#include "qmp_query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "qmp.h"
#include "qmp_envelope.h"
#include "qmp_stats.h"
#include "text.h"

#define TID_MIN     2       /* 1 is init, and 0 would mean the caller */
#define TID_MAX     4194304 /* PID_MAX_LIMIT */
#define VCPU_ID_MAX 4095

#define STATS_ARGS "{\"target\": \"vcpu\", \"providers\": [{\"provider\": \"kvm\"}]}"

/* Only a JSON integer will do: json-c reads "x", null and a missing key as 0, which every scheduling call takes
 * for its caller. */
static int get_tid(struct json_object *o, const char *where, pid_t *ret, struct err *err)
{
	int64_t tid;
	int rc = json_get_i64(o, where, "thread-id", TID_MIN, TID_MAX, &tid, err);

	if (rc)
		return rc;
	if (tid == getpid() || tid == gettid())
		return err_set(err, EINVAL, "%s.thread-id: %" PRId64 " is qlaunch itself", where,
		               tid);
	*ret = (pid_t)tid;
	return 0;
}

/* Asks for a list of at most max entries; args are consumed. */
static int ask_list(struct qmp *qmp, const char *command, struct json_object *args, int max,
                    struct json_object **ret, struct err *err)
{
	CLEANUP(json_done) struct json_object *list = NULL;
	int rc = qmp_call(qmp, command, args, &list, err);
	size_t nr;

	if (rc)
		return rc;
	if (!json_object_is_type(list, json_type_array))
		return err_set(err, EINVAL, "%s: expected array, found %s", command,
		               json_type_to_name(json_object_get_type(list)));
	nr = json_object_array_length(list);
	if (nr > (size_t)max)
		return err_set(err, E2BIG, "%s: %zu entries, at most %d are expected", command, nr,
		               max);
	*ret = STEAL(&list);
	return (int)nr;
}

static struct json_object *entry(struct json_object *list, const char *command, int i, char *where,
                                 size_t size)
{
	snprintf(where, size, "%s[%d]", command, i);
	return json_object_array_get_idx(list, (size_t)i);
}

static int by_index(const void *a, const void *b)
{
	const struct qmp_vcpu *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

static int read_vcpu(struct json_object *o, const char *where, struct qmp_vcpu *ret,
                     struct err *err)
{
	int64_t index;
	int rc = json_get_i64(o, where, "cpu-index", 0, VCPU_ID_MAX, &index, err);

	if (!rc)
		rc = get_tid(o, where, &ret->tid, err);
	if (!rc)
		rc = qmp_get_text(o, where, "qom-path", ret->path, sizeof(ret->path), err);
	ret->index = (int)index;
	return rc;
}

/* Sorted by index, so equal ones are neighbours. */
static int check_vcpus(const struct qmp_vcpu *vcpu, int nr, struct err *err)
{
	for (int i = 0; i < nr; i++) {
		if (i && vcpu[i].index == vcpu[i - 1].index)
			return err_set(err, EINVAL, "query-cpus-fast: two vCPUs of index %d",
			               vcpu[i].index);
		for (int j = 0; j < i; j++) {
			if (vcpu[i].tid == vcpu[j].tid)
				return err_set(
				        err, EINVAL,
				        "query-cpus-fast: vCPUs %d and %d are one thread (%d), as "
				        "under TCG with thread=single",
				        vcpu[j].index, vcpu[i].index, (int)vcpu[i].tid);
		}
	}
	return nr;
}

int qmp_query_cpus(struct qmp *qmp, struct qmp_vcpu *ret, int max, struct err *err)
{
	CLEANUP(json_done) struct json_object *list = NULL;
	struct qmp_vcpu vcpu[QMP_VCPUS_MAX];
	int nr = ask_list(qmp, "query-cpus-fast", NULL, max < QMP_VCPUS_MAX ? max : QMP_VCPUS_MAX,
	                  &list, err);

	for (int i = 0; i < nr; i++) {
		char where[32];
		struct json_object *o = entry(list, "query-cpus-fast", i, where, sizeof(where));
		int rc = read_vcpu(o, where, &vcpu[i], err);

		if (rc)
			return rc;
	}
	if (nr <= 0)
		return nr;
	qsort(vcpu, (size_t)nr, sizeof(vcpu[0]), by_index);
	nr = check_vcpus(vcpu, nr, err);
	if (nr > 0)
		memcpy(ret, vcpu, (size_t)nr * sizeof(vcpu[0]));
	return nr;
}

static int read_iothread(struct json_object *o, const char *where, struct qmp_iothread *ret,
                         struct err *err)
{
	int rc = qmp_get_text(o, where, "id", ret->id, sizeof(ret->id), err);

	if (!rc)
		rc = get_tid(o, where, &ret->tid, err);
	if (!rc)
		rc = json_get_i64(o, where, "poll-max-ns", 0, INT64_MAX, &ret->poll_max_ns, err);
	return rc;
}

int qmp_query_iothreads(struct qmp *qmp, struct qmp_iothread *ret, int max, struct err *err)
{
	CLEANUP(json_done) struct json_object *list = NULL;
	struct qmp_iothread iothread[QMP_IOTHREADS_MAX];
	int nr = ask_list(qmp, "query-iothreads", NULL,
	                  max < QMP_IOTHREADS_MAX ? max : QMP_IOTHREADS_MAX, &list, err);

	for (int i = 0; i < nr; i++) {
		char where[32];
		struct json_object *o = entry(list, "query-iothreads", i, where, sizeof(where));
		int rc = read_iothread(o, where, &iothread[i], err);

		if (rc)
			return rc;
		for (int j = 0; j < i; j++) {
			if (iothread[i].tid == iothread[j].tid ||
			    !strcmp(iothread[i].id, iothread[j].id))
				return err_set(err, EINVAL, "%s: the same as %s", where,
				               iothread[j].id);
		}
	}
	if (nr > 0)
		memcpy(ret, iothread, (size_t)nr * sizeof(iothread[0]));
	return nr;
}

int qmp_query_kvm(struct qmp *qmp, bool *ret_enabled, struct err *err)
{
	CLEANUP(json_done) struct json_object *o = NULL;
	int rc = qmp_call(qmp, "query-kvm", NULL, &o, err);

	return rc ? rc : json_get_bool(o, "query-kvm", "enabled", ret_enabled, err);
}

int qmp_query_status(struct qmp *qmp, char *ret, size_t size, struct err *err)
{
	CLEANUP(json_done) struct json_object *o = NULL;
	int rc = qmp_call(qmp, "query-status", NULL, &o, err);

	return rc ? rc : qmp_get_text(o, "query-status", "status", ret, size, err);
}

/* Types and units do not change while QEMU lives, and asking interrupts a vCPU: once is enough. */
static int learn_schema(struct qmp *qmp, struct err *err)
{
	CLEANUP(json_done) struct json_object *schemas = NULL;
	struct json_object **notes = qmp_notes(qmp);
	struct json_object *args;
	int rc;

	if (*notes)
		return 0;
	args = json_object_new_object();
	if (!args || json_object_object_add(args, "provider", json_object_new_string("kvm"))) {
		json_object_put(args);
		return err_set(err, ENOMEM, "query-stats-schemas: out of memory");
	}
	rc = qmp_call(qmp, "query-stats-schemas", args, &schemas, err);
	return rc ? rc : qmp_stats_digest(schemas, notes, err);
}

int qmp_query_stats(struct qmp *qmp, struct qmp_stat **ret, struct err *err)
{
	CLEANUP(json_done) struct json_object *stats = NULL, *cpus = NULL;
	struct json_object *args = NULL;
	int rc = learn_schema(qmp, err);

	if (rc)
		return rc;
	*ret = NULL;
	if (!json_object_object_length(*qmp_notes(qmp)))
		return 0;
	rc = json_parse(STATS_ARGS, strlen(STATS_ARGS), &args, err);
	if (!rc)
		rc = qmp_call(qmp, "query-stats", args, &stats, err);
	if (!rc)
		rc = qmp_call(qmp, "query-cpus-fast", NULL, &cpus, err);
	return rc ? rc : qmp_stats_read(stats, cpus, *qmp_notes(qmp), ret, err);
}

static int read_block(struct json_object *o, const char *where, struct qmp_block *ret,
                      struct err *err)
{
	struct json_object *stats;
	int rc = qmp_get_text(o, where, "qdev", ret->qdev, sizeof(ret->qdev), err);

	if (!rc)
		rc = json_get_object(o, where, "stats", &stats, err);
	if (!rc)
		rc = json_get_u64(stats, where, "rd_bytes", &ret->rd_bytes, err);
	if (!rc)
		rc = json_get_u64(stats, where, "wr_bytes", &ret->wr_bytes, err);
	if (!rc)
		rc = json_get_u64(stats, where, "rd_operations", &ret->rd_ops, err);
	if (!rc)
		rc = json_get_u64(stats, where, "wr_operations", &ret->wr_ops, err);
	if (!rc)
		rc = json_get_u64(stats, where, "flush_operations", &ret->flush_ops, err);
	return rc;
}

int qmp_query_blocks(struct qmp *qmp, struct qmp_block *ret, int max, struct err *err)
{
	CLEANUP(json_done) struct json_object *list = NULL;
	struct json_object *args = json_object_new_object();
	int used = 0, nr;

	if (!args || json_object_object_add(args, "query-nodes", json_object_new_boolean(false))) {
		json_object_put(args);
		return err_set(err, ENOMEM, "query-blockstats: out of memory");
	}
	nr = ask_list(qmp, "query-blockstats", args, 4096, &list, err);
	for (int i = 0; i < nr; i++) {
		char where[32];
		struct json_object *o = entry(list, "query-blockstats", i, where, sizeof(where));
		struct qmp_block block;
		int rc;

		if (json_object_is_type(o, json_type_object) && !json_has(o, "qdev"))
			continue; /* a backend that no device uses */
		rc = read_block(o, where, &block, err);
		if (rc)
			return rc;
		if (used == max)
			return err_set(err, E2BIG, "query-blockstats: more than %d devices", max);
		ret[used++] = block;
	}
	return nr < 0 ? nr : used;
}

int qmp_cont(struct qmp *qmp, struct err *err)
{
	return qmp_call(qmp, "cont", NULL, NULL, err);
}

int qmp_quit(struct qmp *qmp, struct err *err)
{
	struct err words = { 0 };
	int rc = qmp_call(qmp, "quit", NULL, NULL, &words);

	if (rc == -ECONNRESET) /* gone is what was asked for */
		return 0;
	return rc ? err_set(err, words.code, "%s", words.text) : 0;
}

int qmp_powerdown(struct qmp *qmp, struct err *err)
{
	return qmp_call(qmp, "system_powerdown", NULL, NULL, err);
}

int qmp_set_poll_max(struct qmp *qmp, const char *iothread, int64_t ns, struct err *err)
{
	struct json_object *args = json_object_new_object();
	char path[128];

	if (snprintf(path, sizeof(path), "/objects/%s", iothread) >= (int)sizeof(path)) {
		json_object_put(args);
		return err_set(err, ENAMETOOLONG, "iothread name '%.32s...' is too long", iothread);
	}
	if (!args || json_object_object_add(args, "path", json_object_new_string(path)) ||
	    json_object_object_add(args, "property", json_object_new_string("poll-max-ns")) ||
	    json_object_object_add(args, "value", json_object_new_int64(ns))) {
		json_object_put(args);
		return err_set(err, ENOMEM, "qom-set: out of memory");
	}
	return qmp_call(qmp, "qom-set", args, NULL, err);
}

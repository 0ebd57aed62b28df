/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp_stats.c - KVM's counters, by vCPU and in plain units.  Asks nobody. */
#include "qmp_stats.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "qmp_envelope.h"
#include "qmp_query.h"

#define SECONDS_TO_NS 9 /* powers of ten */

static void stats_free(struct qmp_stat **list)
{
	free(*list);
	*list = NULL;
}

static int need_array(struct json_object *o, const char *where, int max, struct err *err)
{
	if (!json_object_is_type(o, json_type_array))
		return err_set(err, EINVAL, "%s: expected array, found %s", where,
		               json_type_to_name(json_object_get_type(o)));
	if (json_object_array_length(o) > (size_t)max)
		return err_set(err, E2BIG, "%s: more than %d entries", where, max);
	return (int)json_object_array_length(o);
}

/* Both lists have the same outline: {provider, ..., stats: [...]}.  1 where it is KVM's, 0 of somebody else. */
static int open_group(struct json_object *group, const char *where, struct json_object **ret,
                      struct err *err)
{
	const char *provider;
	int rc = json_get_string(group, where, "provider", &provider, err);

	if (!rc)
		rc = json_get_array(group, where, "stats", ret, err);
	return rc ? rc : !strcmp(provider, "kvm");
}

static int digest_group(struct json_object *group, struct json_object *digest, struct err *err)
{
	static const char where[] = "query-stats-schemas";
	const char *target, *name;
	struct json_object *list;
	int rc = open_group(group, where, &list, err);

	if (rc <= 0)
		return rc;
	rc = json_get_string(group, where, "target", &target, err);
	if (rc || strcmp(target, "vcpu"))
		return rc;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *schema = json_object_array_get_idx(list, i);

		rc = json_get_string(schema, where, "name", &name, err);
		if (rc)
			return rc;
		if (json_object_object_add(digest, name, json_object_get(schema)))
			return err_set(err, ENOMEM, "%s: out of memory", where);
	}
	return 0;
}

int qmp_stats_digest(struct json_object *schemas, struct json_object **ret, struct err *err)
{
	CLEANUP(json_done) struct json_object *digest = json_object_new_object();
	int nr = need_array(schemas, "query-stats-schemas", QMP_STATS_MAX, err);

	if (nr < 0)
		return nr;
	if (!digest)
		return err_set(err, ENOMEM, "query-stats-schemas: out of memory");
	for (int i = 0; i < nr; i++) {
		int rc = digest_group(json_object_array_get_idx(schemas, (size_t)i), digest, err);

		if (rc)
			return rc;
	}
	*ret = STEAL(&digest);
	return 0;
}

/* value * base^exponent; false where that leaves 64 bits. */
static bool scale(uint64_t value, unsigned int base, int64_t exponent, uint64_t *ret)
{
	for (; exponent > 0 && value; exponent--) {
		if (__builtin_mul_overflow(value, base, &value))
			return false;
	}
	for (; exponent < 0 && value; exponent++)
		value /= base;
	*ret = value;
	return true;
}

/* A number, or yes and no: {"name": "guest_mode", "value": false}. */
static int read_value(struct json_object *o, const char *where, uint64_t *ret, struct err *err)
{
	if (!json_object_is_type(json_object_object_get(o, "value"), json_type_boolean))
		return json_get_u64(o, where, "value", ret, err);
	*ret = json_object_get_boolean(json_object_object_get(o, "value"));
	return 0;
}

/* 1 a counter, 0 something that is no plain number (a histogram, a unit that does not convert). */
static int convert(struct json_object *schema, struct json_object *o, const char *where,
                   struct qmp_stat *ret, struct err *err)
{
	int64_t base = 10, exponent;
	uint64_t value;
	bool seconds;
	int rc = qmp_get_text(schema, where, "type", ret->type, sizeof(ret->type), err);

	if (rc)
		return rc;
	if (strcmp(ret->type, "cumulative") && strcmp(ret->type, "instant") &&
	    strcmp(ret->type, "peak"))
		return 0;
	ret->unit[0] = '\0';
	if (json_has(schema, "unit"))
		rc = qmp_get_text(schema, where, "unit", ret->unit, sizeof(ret->unit), err);
	if (!rc && json_has(schema, "base"))
		rc = json_get_i64(schema, where, "base", 2, 10, &base, err);
	if (!rc)
		rc = json_get_i64(schema, where, "exponent", -30, 30, &exponent, err);
	if (!rc)
		rc = read_value(o, where, &value, err);
	if (rc)
		return rc;
	seconds = !strcmp(ret->unit, "seconds");
	if (seconds && base != 10 && exponent)
		return 0;
	return scale(value, seconds ? 10 : (unsigned int)base,
	             exponent + (seconds ? SECONDS_TO_NS : 0), &ret->value);
}

/* The index of the vCPU at that path, or -1. */
static int find_vcpu(struct json_object *cpus, const char *path)
{
	for (size_t i = 0; i < json_object_array_length(cpus); i++) {
		struct json_object *cpu = json_object_array_get_idx(cpus, i);
		const char *other;
		int64_t index;

		if (!json_get_string(cpu, "", "qom-path", &other, NULL) && !strcmp(other, path) &&
		    !json_get_i64(cpu, "", "cpu-index", 0, INT32_MAX, &index, NULL))
			return (int)index;
	}
	return -1;
}

/* One vCPU's counters, appended to ret; returns how many. */
static int read_group(struct json_object *group, struct json_object *cpus,
                      struct json_object *digest, struct qmp_stat *ret, struct err *err)
{
	static const char where[] = "query-stats";
	struct json_object *list, *schema;
	const char *path;
	int vcpu, nr, used = 0, rc = open_group(group, where, &list, err);

	if (rc <= 0)
		return rc;
	rc = json_get_string(group, where, "qom-path", &path, err);
	if (rc)
		return rc;
	vcpu = find_vcpu(cpus, path);
	if (vcpu < 0)
		return err_set(err, EINVAL,
		               "%s: counters of a vCPU that query-cpus-fast does not list", where);
	nr = need_array(list, where, QMP_STATS_MAX, err);
	for (int i = 0; i < nr; i++) {
		struct json_object *o = json_object_array_get_idx(list, (size_t)i);
		struct qmp_stat *stat = &ret[used];

		rc = qmp_get_text(o, where, "name", stat->name, sizeof(stat->name), err);
		if (rc)
			return rc;
		if (!json_object_object_get_ex(digest, stat->name, &schema))
			continue; /* its unit is not known */
		rc = convert(schema, o, where, stat, err);
		if (rc < 0)
			return rc;
		stat->vcpu = vcpu;
		used += rc;
	}
	return nr < 0 ? nr : used;
}

int qmp_stats_read(struct json_object *stats, struct json_object *cpus, struct json_object *digest,
                   struct qmp_stat **ret, struct err *err)
{
	CLEANUP(stats_free) struct qmp_stat *list = NULL;
	int used = 0, nr = need_array(stats, "query-stats", QMP_VCPUS_MAX, err);

	if (nr <= 0)
		return nr;
	if (need_array(cpus, "query-cpus-fast", QMP_VCPUS_MAX, err) < 0)
		return -EINVAL;
	list = calloc((size_t)nr * QMP_STATS_MAX, sizeof(*list));
	if (!list)
		return err_set(err, ENOMEM, "query-stats: out of memory");
	for (int i = 0; i < nr; i++) {
		int rc = read_group(json_object_array_get_idx(stats, (size_t)i), cpus, digest,
		                    list + used, err);

		if (rc < 0)
			return rc;
		used += rc;
	}
	*ret = STEAL(&list);
	return used;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp_stats.h - KVM's counters as query-stats gives them (qapi/stats.json) -> values in plain units.  Asks nobody. */
#ifndef QMP_QMP_STATS_H
#define QMP_QMP_STATS_H

#include "err.h"

struct json_object;
struct qmp_stat;

/* The answer of query-stats-schemas -> an object NAME: SCHEMA of the vCPUs' counters; {} where KVM has none. */
int qmp_stats_digest(struct json_object *schemas, struct json_object **ret, struct err *err)
        MUST_CHECK;
/* The answers of query-stats and query-cpus-fast (they order vCPUs differently: the QOM path joins them); returns
 * the count of a malloc'ed list. */
int qmp_stats_read(struct json_object *stats, struct json_object *cpus, struct json_object *digest,
                   struct qmp_stat **ret, struct err *err) MUST_CHECK;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qmp_query.h - the questions qlaunch asks, typed.  A TID is a JSON integer of 2..4194304 (pid_max), unique;
 * anything else (0, "9680", null, 1.5, missing) is an error, because TID 0 means the caller.
 * Source: qapi/machine.json, misc.json, stats.json, block-core.json, run-state.json (QEMU 7.2).
 */
#ifndef QMP_QMP_QUERY_H
#define QMP_QMP_QUERY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

struct qmp;

#define QMP_VCPUS_MAX     255
#define QMP_IOTHREADS_MAX 64
#define QMP_STATS_MAX     64

struct qmp_vcpu {
	int index;      /* cpu-index */
	pid_t tid;      /* the top-level thread-id, never props.thread-id */
	char path[128]; /* qom-path */
};

struct qmp_iothread {
	char id[64];
	pid_t tid;
	int64_t poll_max_ns;
};

/* One counter of query-stats; vcpu -1: of the VM.  Histograms are left out. */
struct qmp_stat {
	int vcpu;
	char name[48];
	char type[16]; /* cumulative, instant, peak */
	char unit[16]; /* "", seconds (then value is scaled to ns), bytes, boolean */
	uint64_t value;
};

struct qmp_block {
	char qdev[128]; /* QOM path of the device */
	uint64_t rd_bytes, wr_bytes, rd_ops, wr_ops, flush_ops;
};

/* Sorted by index / as QEMU gives them; ret has room for max; returns the count.  The same TID on two vCPUs is
 * an error that names TCG thread=single. */
int qmp_query_cpus(struct qmp *qmp, struct qmp_vcpu *ret, int max, struct err *err) MUST_CHECK;
int qmp_query_iothreads(struct qmp *qmp, struct qmp_iothread *ret, int max, struct err *err)
        MUST_CHECK;
int qmp_query_kvm(struct qmp *qmp, bool *ret_enabled, struct err *err) MUST_CHECK;
int qmp_query_status(struct qmp *qmp, char *ret, size_t size, struct err *err) MUST_CHECK;
/* Per-vCPU KVM statistics; returns the count (malloc'ed list), 0 where there are none, -ENOSYS where QEMU has no such command. */
int qmp_query_stats(struct qmp *qmp, struct qmp_stat **ret, struct err *err) MUST_CHECK;
/* query-blockstats with query-nodes=false; returns the count. */
int qmp_query_blocks(struct qmp *qmp, struct qmp_block *ret, int max, struct err *err) MUST_CHECK;
int qmp_cont(struct qmp *qmp, struct err *err) MUST_CHECK;
int qmp_quit(struct qmp *qmp, struct err *err) MUST_CHECK;
int qmp_powerdown(struct qmp *qmp, struct err *err) MUST_CHECK;
/* qom-set /objects/ID poll-max-ns */
int qmp_set_poll_max(struct qmp *qmp, const char *iothread, int64_t ns, struct err *err) MUST_CHECK;

#endif

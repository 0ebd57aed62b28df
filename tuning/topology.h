/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology.h - what CPUs this host has, which of them we may use, and what we inherited.  Reads, changes nothing.
 * Source: Documentation/admin-guide/cputopology.rst, Documentation/ABI/{stable,testing}/sysfs-devices-system-cpu.
 */
#ifndef TUNING_TOPOLOGY_H
#define TUNING_TOPOLOGY_H

#include "cpuset.h"
#include "err.h"
#include "policy.h"

struct topology_cpu {
	int node, package, core; /* -1: not said */
	int capacity;            /* relative to the largest, which has 1024; -1: not said */
	struct cpuset siblings;  /* SMT siblings, itself among them */
};

struct topology {
	int nr_nodes;
	struct cpuset present, online, isolated, nohz_full;
	struct cpuset
	        slow; /* the efficiency cores of a hybrid processor; empty where they are not named */
	struct cpuset allowed; /* online, and in our cpuset: what we may use */
	struct cpuset
	        affinity; /* of these our own affinity: where what we start runs unless it is placed */
	struct policy policy; /* what a process that we start has unless it gets another */
	struct topology_cpu cpu[CPUSET_CPUS];
};

/* root: "" for the live host, else a recorded tree (allowed = online, or the tree's own file "allowed"; affinity =
 * allowed, or its file "affinity"; policy: other).  About 150 KiB: keep it off small stacks. */
int topology_read(const char *root, struct topology *ret, struct err *err) MUST_CHECK;
/* Of these CPUs those that are slower than the fastest of them: efficiency cores, else by capacity. */
struct cpuset topology_slower(const struct topology *host, const struct cpuset *cpus);
/* Why this CPU cannot be used: "does not exist", "is offline", "is outside this process's cpuset (0-1)"; 0 when it
 * can. */
int topology_check_cpu(const struct topology *host, int cpu, struct err *err) MUST_CHECK;

#endif

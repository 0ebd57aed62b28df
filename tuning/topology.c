/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology.c - reads the host's CPUs from sysfs, and our own affinity and policy.  Knows no VM; changes nothing. */
#include "topology.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "affinity.h"
#include "cleanup.h"
#include "text.h"

#define CPU_FOLDER  "sys/devices/system/cpu"
#define NODE_FOLDER "sys/devices/system/node"
#define NODES_MAX   1024 /* CONFIG_NODES_SHIFT is at most 10 */

static int join(const char *root, const char *name, char *buf, size_t size, struct err *err)
{
	int n = snprintf(buf, size, "%s/%s", root, name);

	if (n < 0 || (size_t)n >= size)
		return err_set(err, ENAMETOOLONG, "%.64s...: the name is too long", root);
	return 0;
}

/* A file that may be missing (an older kernel, another architecture), empty, or, with nohz_full off, "(null)". */
static int read_list(const char *root, const char *name, struct cpuset *ret, struct err *err)
{
	char path[PATH_MAX], text[4096];
	struct err why;
	int rc;

	*ret = (struct cpuset){ 0 };
	rc = join(root, name, path, sizeof(path), err);
	if (rc)
		return rc;
	rc = text_read_file(path, text, sizeof(text), &why);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return 0;
	if (rc < 0) {
		*err = why;
		return rc;
	}
	if (!text[strspn(text, " \n")] || strstr(text, "(null)"))
		return 0;
	rc = cpuset_parse(text, ret, err);
	return rc ? err_in(err, "%s", path) : 0;
}

static int read_int(const char *root, int cpu, const char *name)
{
	char path[PATH_MAX], text[32];
	int64_t value;
	int n = snprintf(path, sizeof(path), "%s/" CPU_FOLDER "/cpu%d/%s", root, cpu, name);

	if (n < 0 || (size_t)n >= sizeof(path) ||
	    text_read_file(path, text, sizeof(text), NULL) < 0 ||
	    text_parse_i64(text, -1, INT_MAX, &value, NULL))
		return -1;
	return (int)value;
}

/* thread_siblings_list is core_cpus_list since Linux 5.3; both are still there. */
static int read_siblings(const char *root, int cpu, struct cpuset *ret, struct err *err)
{
	char name[128];
	int rc;

	snprintf(name, sizeof(name), CPU_FOLDER "/cpu%d/topology/thread_siblings_list", cpu);
	rc = read_list(root, name, ret, err);
	if (!rc && !cpuset_has(ret, cpu))
		cpuset_add(ret, cpu);
	return rc;
}

static int read_cpus(const char *root, struct topology *host, struct err *err)
{
	for (int cpu = 0; cpu < CPUSET_CPUS; cpu++) {
		struct topology_cpu *one = &host->cpu[cpu];
		int rc;

		*one = (struct topology_cpu){
			.node = -1, .package = -1, .core = -1, .capacity = -1
		};
		if (!cpuset_has(&host->present, cpu))
			continue;
		/* the folder of an offline CPU has no topology: -1 and alone */
		one->package = read_int(root, cpu, "topology/physical_package_id");
		one->core = read_int(root, cpu, "topology/core_id");
		/* where CPUs differ: Arm, and x86 hybrid processors since Linux 6.13 */
		one->capacity = read_int(root, cpu, "cpu_capacity");
		rc = read_siblings(root, cpu, &one->siblings, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* A kernel without NUMA has no node folder: 0 nodes, and every CPU's node is not said. */
static int read_nodes(const char *root, struct topology *host, struct err *err)
{
	struct cpuset nodes;
	int rc = read_list(root, NODE_FOLDER "/online", &nodes, err);

	for (int node = cpuset_next(&nodes, -1); !rc && node >= 0;
	     node = cpuset_next(&nodes, node)) {
		struct cpuset cpus;
		char name[128];

		snprintf(name, sizeof(name), NODE_FOLDER "/node%d/cpulist", node);
		rc = read_list(root, name, &cpus, err);
		for (int cpu = cpuset_next(&cpus, -1); !rc && cpu >= 0;
		     cpu = cpuset_next(&cpus, cpu))
			host->cpu[cpu].node = node;
		host->nr_nodes++;
	}
	return rc;
}

static int read_recorded(const char *root, struct topology *host, struct err *err)
{
	struct cpuset allowed, affinity;
	int rc = read_list(root, "allowed", &allowed, err);

	if (!rc)
		rc = read_list(root, "affinity", &affinity, err);
	if (rc)
		return rc;
	host->allowed = cpuset_count(&allowed) ? cpuset_and(&allowed, &host->online) : host->online;
	host->affinity = cpuset_count(&affinity) ? cpuset_and(&affinity, &host->allowed)
	                                         : host->allowed;
	return 0;
}

/* taskset and systemd's CPUAffinity= narrow the affinity, which anybody may widen again, up to the cpuset. */
static int read_own(struct topology *host, struct err *err)
{
	int rc = affinity_read(0, &host->affinity, err);

	if (!rc)
		rc = policy_read_inherited(&host->policy, err);
	if (rc)
		return rc;
	/* it may name CPUs that went offline since */
	host->affinity = cpuset_and(&host->affinity, &host->online);
	if (cpuset_is_equal(&host->affinity, &host->online) ||
	    affinity_widest(&host->online, &host->allowed, NULL))
		host->allowed = host->affinity;
	return 0;
}

static int read_sets(const char *root, struct topology *host, struct err *err)
{
	const struct {
		const char *name;
		struct cpuset *set;
	} files[] = {
		{ CPU_FOLDER "/present", &host->present },
		{ CPU_FOLDER "/online", &host->online },
		{ CPU_FOLDER "/isolated", &host->isolated },
		{ CPU_FOLDER "/nohz_full", &host->nohz_full },
		/* the PMU of such cores: Documentation/arch/x86, Intel Hybrid */
		{ "sys/devices/cpu_atom/cpus", &host->slow },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int rc = read_list(root, files[i].name, files[i].set, err);

		if (rc)
			return rc;
	}
	if (!cpuset_count(&host->online))
		return err_set(err, ENOENT, "%.256s/" CPU_FOLDER "/online names no CPU", root);
	/* a CPU that runs is there, whatever the other file says or lacks */
	host->present = cpuset_or(&host->present, &host->online);
	return 0;
}

static int read_all(const char *root, struct topology *host, struct err *err)
{
	int rc = read_sets(root, host, err);

	if (!rc)
		rc = read_cpus(root, host, err);
	if (!rc)
		rc = read_nodes(root, host, err);
	if (rc)
		return rc;
	return *root ? read_recorded(root, host, err) : read_own(host, err);
}

static void topology_free(struct topology **host)
{
	free(*host);
	*host = NULL;
}

int topology_read(const char *root, struct topology *ret, struct err *err)
{
	CLEANUP(topology_free) struct topology *host = calloc(1, sizeof(*host));
	int rc;

	if (!host)
		return err_set(err, ENOMEM, "no memory for the topology");
	rc = read_all(root, host, err);
	if (!rc)
		*ret = *host;
	return rc;
}

/* The scheduler's own margin, of about 5 % (capacity_greater() in kernel/sched/fair.c): cores of one kind may differ a
 * little in their turbo frequency. */
static bool has_less_capacity(int capacity, int most)
{
	return capacity > 0 && most * 1024LL > capacity * 1078LL;
}

struct cpuset topology_slower(const struct topology *host, const struct cpuset *cpus)
{
	struct cpuset slower = cpuset_and(cpus, &host->slow);
	int most = 0;

	if (cpuset_is_equal(&slower, cpus)) /* or no CPUs at all */
		return (struct cpuset){ 0 };
	if (cpuset_count(&host->slow))
		return slower;
	for (int cpu = cpuset_next(cpus, -1); cpu >= 0; cpu = cpuset_next(cpus, cpu)) {
		if (host->cpu[cpu].capacity > most)
			most = host->cpu[cpu].capacity;
	}
	for (int cpu = cpuset_next(cpus, -1); cpu >= 0; cpu = cpuset_next(cpus, cpu)) {
		if (has_less_capacity(host->cpu[cpu].capacity, most))
			cpuset_add(&slower, cpu);
	}
	return slower;
}

int topology_check_cpu(const struct topology *host, int cpu, struct err *err)
{
	char list[256];

	if (cpuset_has(&host->allowed, cpu))
		return 0;
	if (cpuset_has(&host->online, cpu)) {
		cpuset_format(&host->allowed, list, sizeof(list));
		return err_set(err, EINVAL, "CPU %d is outside this process's cpuset (%s)", cpu,
		               list);
	}
	if (cpuset_has(&host->present, cpu)) {
		cpuset_format(&host->online, list, sizeof(list));
		return err_set(err, EINVAL, "CPU %d is offline (online: %s)", cpu, list);
	}
	cpuset_format(&host->present, list, sizeof(list));
	return err_set(err, EINVAL, "CPU %d does not exist (this host has %s)", cpu, list);
}

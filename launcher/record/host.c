/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.c - records the machine.  Reads only. */
#include "host.h"

#include <dirent.h>
#include <json-c/json.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cgroup.h"
#include "cleanup.h"
#include "text.h"
#include "topology.h"

#define TIMER_SLACK_NS 50000 /* the kernel's default: kernel/fork.c, init_task */

static const struct {
	const char *key, *path;
} files[] = {
	{ "command_line", "/proc/cmdline" },
	{ "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor" },
	{ "cpufreq_driver", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver" },
	{ "cpuidle_driver", "/sys/devices/system/cpu/cpuidle/current_driver" },
	{ "cpuidle_governor", "/sys/devices/system/cpu/cpuidle/current_governor_ro" },
	{ "thp", "/sys/kernel/mm/transparent_hugepage/enabled" },
	{ "ksm", "/sys/kernel/mm/ksm/run" },
	{ "smt", "/sys/devices/system/cpu/smt/control" },
	{ "online", "/sys/devices/system/cpu/online" },
	{ "isolated", "/sys/devices/system/cpu/isolated" },
	{ "nohz_full", "/sys/devices/system/cpu/nohz_full" },
	{ "clock_source", "/sys/devices/system/clocksource/clocksource0/current_clocksource" },
	{ "rt_runtime_us", "/proc/sys/kernel/sched_rt_runtime_us" },
	{ "rt_period_us", "/proc/sys/kernel/sched_rt_period_us" },
	{ "fair_server_runtime_ns", "/sys/kernel/debug/sched/fair_server/cpu0/runtime" },
	{ "fair_server_period_ns", "/sys/kernel/debug/sched/fair_server/cpu0/period" },
	{ "preempt", "/sys/kernel/debug/sched/preempt" },
	{ "numa_balancing", "/proc/sys/kernel/numa_balancing" },
	{ "perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid" },
	{ "cgroup", "/proc/self/cgroup" },
};

/* The text of a small file, or null where it cannot be read. */
static struct json_object *read_text(const char *path)
{
	char raw[4096], clean[6000];
	int n = text_read_file(path, raw, sizeof(raw), NULL);

	if (n < 0)
		return NULL;
	text_escape(raw, (size_t)n, clean, sizeof(clean));
	return json_object_new_string(clean);
}

/* Every readable file of a folder: name -> text. */
static struct json_object *read_folder(const char *path)
{
	CLEANUP(dir_close) DIR *dir = opendir(path);
	struct json_object *ret;
	struct dirent *entry;

	if (!dir)
		return NULL;
	ret = json_object_new_object();
	while ((entry = readdir(dir))) {
		char file[512];

		if (entry->d_name[0] == '.' ||
		    snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) >= (int)sizeof(file))
			continue;
		json_object_object_add(ret, entry->d_name, read_text(file));
	}
	return ret;
}

static struct json_object *cpu_model(void)
{
	CLEANUP(file_close) FILE *file = fopen("/proc/cpuinfo", "re");
	CLEANUP(str_free) char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		char *value = strncmp(line, "model name", 10) ? NULL : strchr(line, ':');

		if (!value)
			continue;
		value[strcspn(value, "\n")] = '\0';
		return json_object_new_string(value + 1 + (value[1] == ' '));
	}
	return NULL;
}

/* The file's text in the cgroup's folder of one controller, or in the nearest ancestor's where it limits; NULL. */
static struct json_object *nearest_limit(const char *controller, const char *file,
                                         const char *unlimited)
{
	char folder[4096], path[4352], text[256];

	if (cgroup_find(getpid(), controller, folder, sizeof(folder)))
		return NULL;
	for (char *slash = NULL;; *slash = '\0') {
		ssize_t n;

		snprintf(path, sizeof(path), "%s/%s", folder, file);
		n = text_read_file(path, text, sizeof(text), NULL);
		text[n > 0 ? strcspn(text, "\n") : 0] = '\0';
		if (n > 0 && strncmp(text, unlimited, strlen(unlimited)) != 0)
			return json_object_new_string(text);
		slash = strrchr(folder, '/');
		if (!slash || slash == folder)
			return NULL;
	}
}

/* What the cgroup allows, whatever it is called: version 2 has the first file of each pair, version 1 the second. */
static struct json_object *cgroup_limits(void)
{
	static const struct {
		const char *key, *controller, *file[2], *unlimited[2];
	} limits[] = {
		{ "cpus",
		  "cpuset",
		  { "cpuset.cpus.effective", "cpuset.effective_cpus" },
		  { "-", "-" } },
		{ "quota", "cpu", { "cpu.max", "cpu.cfs_quota_us" }, { "max", "-1" } },
		{ "weight", "cpu", { "cpu.weight", "cpu.shares" }, { "-", "-" } },
	};
	struct json_object *ret = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct json_object *value = NULL;

		for (int version = 0; version < 2 && !value; version++)
			value = nearest_limit(limits[i].controller, limits[i].file[version],
			                      limits[i].unlimited[version]);
		json_object_object_add(ret, limits[i].key, value);
	}
	return ret;
}

static void add_words(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

static void add_words(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list args;

	if (used && used + 3 < size)
		used += text_copy(buf + used, size - used, ", ") ? 0 : 2;
	va_start(args, fmt);
	vsnprintf(buf + used, size - used, fmt, args);
	va_end(args);
}

/* Best-effort I/O priority follows the nice value where nobody has set it: (nice + 20) / 5, or 4 on older kernels. */
static void add_io_priority(const struct policy *policy, char *buf, size_t size)
{
	static const char *const classes[] = { "none", "realtime", "best-effort", "idle" };
	int prio = (int)syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
	int class = prio < 0 ? 0 : IOPRIO_PRIO_CLASS(prio), level = IOPRIO_PRIO_DATA(prio);
	int usual = policy->class == SCHED_OTHER ? (policy->level + 20) / 5 : 4;

	if (class <= IOPRIO_CLASS_NONE || class > IOPRIO_CLASS_IDLE ||
	    (class == IOPRIO_CLASS_BE && (level == 4 || level == usual)))
		return;
	/* what the kernel derives from a policy is not set by anybody */
	if ((class == IOPRIO_CLASS_RT && policy_is_realtime(policy)) ||
	    (class == IOPRIO_CLASS_IDLE && policy->class == SCHED_IDLE))
		return;
	if (class == IOPRIO_CLASS_IDLE)
		add_words(buf, size, "I/O priority idle");
	else
		add_words(buf, size, "I/O priority %s:%d", classes[class], level);
}

static void add_timer_slack(const struct policy *policy, char *buf, size_t size)
{
	int ns = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
	char text[32];

	if (ns <= 0 || ns == TIMER_SLACK_NS || policy_is_realtime(policy))
		return;
	text_format_duration(ns, text, sizeof(text));
	add_words(buf, size, "timer slack %s", text);
}

void host_inherited(const struct topology *host, char *buf, size_t size)
{
	struct cpuset usual = cpuset_minus(&host->allowed, &host->isolated);
	char policy[64], cpus[128], all[128];

	buf[0] = '\0';
	policy_format(&host->policy, policy, sizeof(policy));
	if (strcmp(policy, "other") != 0)
		add_words(buf, size, "policy %s", policy);
	if (!cpuset_is_subset(&usual, &host->affinity)) {
		cpuset_format(&host->affinity, cpus, sizeof(cpus));
		cpuset_format(&host->allowed, all, sizeof(all));
		add_words(buf, size, "CPUs %s of %s", cpus, all);
	}
	add_io_priority(&host->policy, buf, size);
	add_timer_slack(&host->policy, buf, size);
}

struct json_object *host_record(const struct topology *topology)
{
	struct json_object *host = json_object_new_object();
	struct utsname name;
	char inherited[400];

	if (!uname(&name)) {
		json_object_object_add(host, "name", json_object_new_string(name.nodename));
		json_object_object_add(host, "kernel", json_object_new_string(name.release));
		json_object_object_add(host, "kernel_version",
		                       json_object_new_string(name.version));
	}
	json_object_object_add(host, "cpu_model", cpu_model());
	json_object_object_add(host, "cpus", json_object_new_int64(sysconf(_SC_NPROCESSORS_ONLN)));
	json_object_object_add(
	        host, "memory_bytes",
	        json_object_new_int64((int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE)));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		json_object_object_add(host, files[i].key, read_text(files[i].path));
	json_object_object_add(host, "cgroup_limits", cgroup_limits());
	host_inherited(topology, inherited, sizeof(inherited));
	if (inherited[0])
		json_object_object_add(host, "inherited", json_object_new_string(inherited));
	json_object_object_add(host, "mitigations",
	                       read_folder("/sys/devices/system/cpu/vulnerabilities"));
	return host;
}

struct json_object *host_kvm_modules(void)
{
	static const char *const modules[] = { "kvm", "kvm_intel", "kvm_amd", "kvm_pvm" };
	struct json_object *ret = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		char path[64];
		struct json_object *parameters;

		snprintf(path, sizeof(path), "/sys/module/%s/parameters", modules[i]);
		parameters = read_folder(path);
		if (!parameters)
			continue;
		if (!ret)
			ret = json_object_new_object();
		json_object_object_add(ret, modules[i], parameters);
	}
	return ret;
}

uint64_t host_memory_available(void)
{
	static const char name[] = "MemAvailable:";
	char text[4096], *at;
	uint64_t kib;

	if (text_read_file("/proc/meminfo", text, sizeof(text), NULL) < 0)
		return 0;
	at = strstr(text, name);
	if (!at)
		return 0;
	at += sizeof(name) - 1;
	at += strspn(at, " ");
	at[strcspn(at, " \n")] = '\0';
	return text_parse_u64(at, 0, UINT64_MAX >> 10, &kib, NULL) ? 0 : kib << 10;
}

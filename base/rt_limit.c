/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rt_limit.c - reads two settings of the scheduler.  Changes none. */
#include "rt_limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "text.h"

#define NOTICED_WAIT 0.01 /* of the time */
#define FAIR_SERVER  "/sys/kernel/debug/sched/fair_server/cpu0/"

/* A kernel with RT_GROUP_SCHED throttles beside its fair servers, by group, which is not predicted here. */
bool rt_limit_is_fair_server(const char *release)
{
	int major, minor;

	return sscanf(release, "%d.%d", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 12));
}

static double share_of(double part, double whole)
{
	return part > 0 && whole > 0 && part < whole ? part / whole : 0;
}

void rt_limit_make(const char *release, const char *runtime, const char *period,
                   struct rt_limit *ret)
{
	*ret = (struct rt_limit){ 0 };
	if (rt_limit_is_fair_server(release)) {
		double part = runtime ? strtod(runtime, NULL) : 50e6;
		double whole = period ? strtod(period, NULL) : 1e9;

		ret->share = share_of(part, whole);
		ret->name = "fair server";
		ret->is_fair_server = true;
		snprintf(ret->setting, sizeof(ret->setting), "%g of %g ms%s", part / 1e6,
		         whole / 1e6, runtime ? "" : ", the default");
		ret->mend = "as root write 0 to /sys/kernel/debug/sched/fair_server/cpuN/runtime";
	} else if (runtime && period) {
		double part = strtod(runtime, NULL), whole = strtod(period, NULL);

		ret->share = part < 0 ? 0 : share_of(whole - part, whole);
		ret->name = "RT throttling";
		snprintf(ret->setting, sizeof(ret->setting),
		         "kernel.sched_rt_runtime_us=%.0f of %.0f", part, whole);
		ret->mend = "sysctl kernel.sched_rt_runtime_us=-1";
	}
}

static const char *read_or_null(const char *path, char *buf, size_t size)
{
	return text_read_file(path, buf, size, NULL) > 0 ? buf : NULL;
}

void rt_limit_read(struct rt_limit *ret)
{
	char runtime[64], period[64];
	struct utsname name = { 0 };
	bool fair;

	(void)uname(&name);
	fair = rt_limit_is_fair_server(name.release);
	rt_limit_make(
	        name.release,
	        read_or_null(fair ? FAIR_SERVER "runtime" : "/proc/sys/kernel/sched_rt_runtime_us",
	                     runtime, sizeof(runtime)),
	        read_or_null(fair ? FAIR_SERVER "period" : "/proc/sys/kernel/sched_rt_period_us",
	                     period, sizeof(period)),
	        ret);
}

bool rt_limit_covers(const struct rt_limit *limit, double waited, double seconds)
{
	return limit->share > 0 && waited <= limit->share * (1 + 1 / seconds) + NOTICED_WAIT;
}

void rt_limit_format(const struct rt_limit *limit, char *buf, size_t size)
{
	if (!limit->name)
		snprintf(
		        buf, size,
		        "the kernel takes nothing from real-time threads (its settings cannot be read)");
	else if (limit->share > 0)
		snprintf(
		        buf, size,
		        "the kernel takes up to %g %% of a CPU from real-time threads where normal "
		        "threads wait for it (%s: %s): to change it, %s",
		        100 * limit->share, limit->name, limit->setting, limit->mend);
	else
		snprintf(buf, size, "the kernel takes nothing from real-time threads (%s: %s)",
		         limit->name, limit->setting);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters.c - opens, starts, stops and closes perf counters.  Makes no figures. */
#include "counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "counters_parts.h"
#include "files.h"

/* What differs from the event as it was asked for. */
struct softened {
	bool no_kernel, with_guest;
};

static int event_open(const struct event *event, struct softened soft, pid_t tid, int leader)
{
	struct perf_event_attr attr = {
		.type = event->type,
		.size = sizeof(attr),
		.config = event->config,
		.config1 = event->config1,
		.config2 = event->config2,
		.disabled = leader < 0, /* a group starts with its leader */
		.inherit = 1,
		.exclude_user = event->no_user,
		.exclude_kernel = event->no_kernel || soft.no_kernel,
		.exclude_hv = event->no_hv || soft.no_kernel,
		.exclude_host = event->no_host,
		.exclude_guest = (event->no_guest || event->guest_part) && !soft.with_guest,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	return (int)syscall(SYS_perf_event_open, &attr, tid, -1, leader, PERF_FLAG_FD_CLOEXEC);
}

static bool is_refusal(int error)
{
	return error == EACCES || error == EPERM;
}

/*
 * Without the right to see the kernel, user space is better than nothing; but not for what happens in the kernel, and
 * of the kernel's part alone (:k) nothing would be left.  Where that fails as well, the refusal was the reason.
 */
static int open_allowed(struct counters *counters, const struct event *event, struct softened soft,
                        pid_t tid, int leader)
{
	int fd = event_open(event, soft, tid, leader), refusal = errno;

	if (fd >= 0 || !is_refusal(refusal) || event->no_kernel || event->no_user ||
	    event_needs_kernel(event))
		return fd;
	soft.no_kernel = true;
	fd = event_open(event, soft, tid, leader);
	if (fd < 0)
		errno = refusal;
	else if (!event_is_clock(event))
		counters->user_only = true;
	return fd;
}

/* A group that the PMU cannot hold is refused as a whole with EINVAL: then the event stands alone. */
static void open_counter(struct counters *counters, int thread, int i, int *leader)
{
	const struct event *event = &counters->set.event[i];
	pid_t tid = counters->thread[thread].tid;
	struct counter *counter = counter_at(counters, thread, i);
	struct softened soft = {
		.with_guest = event->guest_part &&
		              counter_at(counters, thread, event->guest_part - 1)->fd < 0,
	};

	if (event->lack) {
		counter->why = ENOENT;
		return;
	}
	counter->fd = open_allowed(counters, event, soft, tid, *leader);
	if (counter->fd < 0 && *leader >= 0 && (errno == EINVAL || errno == ENOSPC)) {
		counter->fd = open_allowed(counters, event, soft, tid, -1);
		counter->leads = counter->fd >= 0;
	}
	if (counter->fd < 0) {
		counter->why = errno;
	} else if (*leader < 0) {
		*leader = counter->fd;
		counter->leads = true;
	}
}

static bool wants(const struct counters *counters, int thread, int i)
{
	return !counters->set.event[i].only_vcpus || counters->thread[thread].is_vcpu;
}

static long files_for(const struct counters *counters, int i)
{
	long wanted = 0;

	for (int t = 0; t < counters->nr; t++)
		wanted += wants(counters, t, i);
	return wanted;
}

/* All threads or none: an event that is open on some of them only would be a sum of nothing. */
static void refuse_event(struct counters *counters, int i, int why)
{
	for (int t = 0; t < counters->nr; t++) {
		if (wants(counters, t, i))
			counter_at(counters, t, i)->why = why;
	}
}

static int try_one(struct counters *counters, const struct event *event, struct softened soft)
{
	const bool user_only = counters->user_only;
	CLEANUP(fd_close) int fd = open_allowed(counters, event, soft, 0, -1);

	counters->user_only = user_only;
	return fd >= 0 || errno == EMFILE ? 0 : errno;
}

/* What stands in its way on ourselves, whom we may watch like any other; 0: nothing, or only the number of files.  What
 * leaves the guest to another event may also count it. */
static int try_event(struct counters *counters, const struct event *event)
{
	int why = try_one(counters, event, (struct softened){ 0 });

	if (why && event->guest_part)
		why = try_one(counters, event, (struct softened){ .with_guest = true });
	return why;
}

static void share_with(struct counters *counters, int i, long *left)
{
	long wanted = files_for(counters, i);
	int why = try_event(counters, &counters->set.event[i]);

	if (why) {
		refuse_event(counters, i, why);
	} else if (wanted > *left) {
		if (!counters->files_wanted)
			counters->files_left = *left;
		counters->files_wanted += wanted;
		refuse_event(counters, i, EMFILE);
	} else {
		*left -= wanted;
	}
}

/* Before any is opened: where not all find room, of those that the kernel would open the first come first. */
static void share_files(struct counters *counters)
{
	long left = files_left(), all = 0;

	for (int i = 0; i < counters->set.nr; i++)
		all += files_for(counters, i);
	if (all <= left)
		return;
	for (int i = 0; i < counters->set.nr; i++)
		share_with(counters, i, &left);
}

static void open_group(struct counters *counters, int thread, int group)
{
	int leader = -1;

	for (int i = 0; i < counters->set.nr; i++) {
		if (counters->set.event[i].group == group && wants(counters, thread, i) &&
		    !counter_at(counters, thread, i)->why)
			open_counter(counters, thread, i, &leader);
	}
}

static bool pmu_opens(int *why)
{
	const struct event cycles = { .type = PERF_TYPE_HARDWARE,
		                      .config = PERF_COUNT_HW_CPU_CYCLES,
		                      .no_kernel = true,
		                      .no_hv = true };
	CLEANUP(fd_close) int fd = event_open(&cycles, (struct softened){ 0 }, 0, -1);

	*why = fd < 0 ? errno : 0;
	return fd >= 0;
}

bool counters_have_pmu(char *why, size_t size)
{
	const struct counters none = { .no_pmu = true };
	const struct event cycles = { .name = "cycles", .type = PERF_TYPE_HARDWARE };
	int error;
	bool have = pmu_opens(&error);

	if (!have)
		counters_explain(&none, &cycles, error, why, size);
	return have;
}

int counters_open(const struct event_set *set, const struct counters_thread *threads, int nr,
                  struct counters **ret, struct err *err)
{
	CLEANUP(counters_close) struct counters *counters = calloc(1, sizeof(*counters));
	int error;

	if (!counters)
		return err_set(err, ENOMEM, "out of memory");
	counters->set = *set;
	counters->share = 1;
	counters->thread = calloc((size_t)nr + 1, sizeof(*counters->thread));
	counters->counter = calloc((size_t)nr * (size_t)set->nr + 1, sizeof(*counters->counter));
	if (!counters->thread || !counters->counter)
		return err_set(err, ENOMEM, "out of memory");
	memcpy(counters->thread, threads, (size_t)nr * sizeof(*threads));
	counters->nr = nr;
	for (int i = 0; i < nr * set->nr; i++)
		counters->counter[i].fd = -1;
	counters->no_pmu = !pmu_opens(&error) && !is_refusal(error);
	share_files(counters);
	for (int t = 0; t < nr; t++) {
		for (int group = 0; group < EVENTS_MAX; group++)
			open_group(counters, t, group);
	}
	*ret = STEAL(&counters);
	return 0;
}

static void each_leader(struct counters *counters, unsigned long request)
{
	for (int i = 0; i < counters->nr * counters->set.nr; i++) {
		if (counters->counter[i].leads)
			ioctl(counters->counter[i].fd, request, 0);
	}
}

void counters_start(struct counters *counters)
{
	each_leader(counters, PERF_EVENT_IOC_ENABLE);
}

void counters_stop(struct counters *counters)
{
	each_leader(counters, PERF_EVENT_IOC_DISABLE);
}

bool counters_user_only(const struct counters *counters)
{
	return counters->user_only;
}

bool counters_any(const struct counters *counters)
{
	for (int i = 0; i < counters->nr * counters->set.nr; i++) {
		if (counters->counter[i].fd >= 0)
			return true;
	}
	return false;
}

void counters_close(struct counters **counters)
{
	struct counters *c = *counters;

	if (!c)
		return;
	for (int i = 0; c->counter && i < c->nr * c->set.nr; i++)
		fd_close(&c->counter[i].fd);
	free(c->counter);
	free(c->thread);
	free(c);
	*counters = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* punts.c - perf's count of io_uring:io_uring_queue_async_work. */
#include "punts.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "counters_right.h"
#include "text.h"
#include "trace_folder.h"

#define FILTER_MAX   4096       /* the kernel's limit, with the terminator */
#define INIT_PID_INO 4026531836 /* of the PID namespace whose numbers the kernel filters by */

struct punts {
	int nr;
	int *fd; /* one a CPU; those that are offline have none */
};

static int find_event(const char *event, uint64_t *ret, struct err *err)
{
	char folder[256], path[512], id[32];
	int len;

	if (trace_folder_find(folder, sizeof(folder)))
		return err_set(
		        err, ENOENT,
		        "tracefs is not mounted, and nothing else counts them: " TRACE_FOLDER_MOUNT);
	snprintf(path, sizeof(path), "%s/events/io_uring/%s/id", folder, event);
	len = text_read_file(path, id, sizeof(id), NULL);
	if (len == -ENOENT)
		return err_set(err, ENOENT, "this kernel has no event %s to count", event);
	if (len < 0)
		return err_set(err, -len,
		               "tracefs, where the event that counts them is named: %s: %s", folder,
		               strerror(-len));
	return text_parse_u64(id, 0, UINT64_MAX, ret, err);
}

/* "common_pid==7||common_pid==8": of the numbers that the first PID namespace has. */
static int make_filter(const pid_t *tids, int nr, char *buf, size_t size, struct err *err)
{
	struct stat st;
	size_t used = 0;

	if (stat("/proc/self/ns/pid", &st) < 0 || st.st_ino != INIT_PID_INO)
		return err_set(err, ENOTSUP,
		               "threads are counted by their number, and in a PID namespace of its "
		               "own (a container) qlaunch knows others than the kernel");
	for (int i = 0; i < nr; i++) {
		used += (size_t)snprintf(buf + used, size - used, "%scommon_pid==%d", i ? "||" : "",
		                         tids[i]);
		if (used >= size)
			return err_set(err, E2BIG,
			               "%d threads are more than one filter of the kernel's holds",
			               nr);
	}
	return 0;
}

static int explain(struct err *err)
{
	int error = errno;
	char why[200];

	if (error != EACCES && error != EPERM && error != ENOSYS)
		return err_sys(err, "a counter of io_uring_queue_async_work");
	counters_refusal(error, COUNTERS_OF_CPUS, why, sizeof(why));
	return err_set(err, error, "%s", why);
}

static int open_cpu(uint64_t event, int cpu, const char *filter, int *ret, struct err *err)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
		                        .size = sizeof(attr),
		                        .config = event };
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0 && errno == ENODEV) /* offline */
		return 0;
	if (fd < 0)
		return explain(err);
	*ret = fd;
	return ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) < 0
	               ? err_sys(err, "the filter of a counter")
	               : 0;
}

int punts_open(const char *name, const pid_t *tids, int nr, struct punts **ret, struct err *err)
{
	CLEANUP(punts_close) struct punts *punts = calloc(1, sizeof(*punts));
	char filter[FILTER_MAX];
	uint64_t event;
	int cpus = (int)sysconf(_SC_NPROCESSORS_CONF);

	if (!punts)
		return err_set(err, ENOMEM, "out of memory");
	if (find_event(name, &event, err) < 0 ||
	    make_filter(tids, nr, filter, sizeof(filter), err) < 0)
		return -err->code;
	punts->fd = malloc((size_t)cpus * sizeof(*punts->fd));
	if (!punts->fd)
		return err_set(err, ENOMEM, "out of memory");
	for (; punts->nr < cpus; punts->nr++)
		punts->fd[punts->nr] = -1;
	for (int cpu = 0; cpu < cpus; cpu++) {
		if (open_cpu(event, cpu, filter, &punts->fd[cpu], err) < 0)
			return -err->code;
	}
	*ret = STEAL(&punts);
	return 0;
}

int punts_read(const struct punts *punts, uint64_t *ret, struct err *err)
{
	uint64_t sum = 0, one;

	for (int i = 0; i < punts->nr; i++) {
		if (punts->fd[i] < 0)
			continue;
		if (read(punts->fd[i], &one, sizeof(one)) != sizeof(one))
			return err_sys(err, "a counter of io_uring_queue_async_work");
		sum += one;
	}
	*ret = sum;
	return 0;
}

void punts_close(struct punts **punts)
{
	for (int i = 0; *punts && i < (*punts)->nr; i++)
		fd_close(&(*punts)->fd[i]);
	if (*punts)
		free((*punts)->fd);
	free(*punts);
	*punts = NULL;
}

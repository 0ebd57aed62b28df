/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace.c - one private tracefs instance and the bytes that come out of it. */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <tracefs.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"
#include "trace_folder.h"
#include "trace_guard.h"
#include "unnamed.h"

#define NAME_PREFIX "qlaunch-"
#define PAGE_MAX    (1 << 20) /* sub-buffers are 4 KiB, and settable since Linux 6.8 */

struct cpu {
	struct tracefs_cpu *ring; /* NULL: this CPU is not there */
	int kept_fd;
};

struct trace {
	struct tracefs_instance *instance;
	struct trace_guard guard;
	int epoll_fd, nr_cpus;
	struct cpu *cpu;
	struct trace_loss *loss;
	uint64_t ring_bytes;
	int64_t kept_bytes, limit_bytes, full_ns; /* full_ns 0: not full */
	int64_t unkept_bytes;
};

static int explain(int code, const char *what, struct err *err)
{
	if (code == EACCES || code == EPERM)
		return err_set(err, code,
		               "%s: no right to trace: run as root or with CAP_DAC_OVERRIDE", what);
	return err_set(err, code, "%s: %s", what, strerror(code));
}

static int find_tracefs(struct err *err)
{
	char path[4096];
	struct stat st;

	tracefs_set_loglevel(TEP_LOG_NONE);
	if (trace_folder_find(path, sizeof(path)))
		return err_set(err, ENOENT, "tracefs is not mounted: " TRACE_FOLDER_MOUNT);
	if (tracefs_set_tracing_dir(path))
		return err_set(err, ENOMEM, "out of memory");
	return stat(path, &st) ? explain(errno, path, err) : 0;
}

int trace_check(struct err *err)
{
	char path[4096 + 16];
	int rc = find_tracefs(err);

	if (rc)
		return rc;
	snprintf(path, sizeof(path), "%s/instances", tracefs_tracing_dir());
	return faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) ? explain(errno, "tracefs", err)
	                                                          : 0;
}

static int write_file(const struct trace *trace, const char *name, const char *text,
                      struct err *err)
{
	CLEANUP(fd_close)
	int fd = tracefs_instance_file_open(trace->instance, name, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		return explain(errno, name, err);
	return text_write_all(fd, text, strlen(text), err) ? err_in(err, "%s", name) : 0;
}

/* A trial of several VMs has one for each: the first name that is not there yet. */
static int make_instance(struct trace *trace, struct err *err)
{
	char name[48], path[4096];
	int len = snprintf(name, sizeof(name), NAME_PREFIX "%d", (int)getpid());

	for (int i = 1;; i++) {
		snprintf(path, sizeof(path), "%s/instances/%s", tracefs_tracing_dir(), name);
		if (access(path, F_OK))
			break;
		snprintf(name + len, sizeof(name) - (size_t)len, ".%d", i);
	}
	if (trace_guard_start(path, &trace->guard, err))
		return -err->code;
	errno = 0;
	trace->instance = tracefs_instance_create(name);
	if (!trace->instance)
		return explain(errno ? errno : EIO, "tracefs", err);
	return 0;
}

static int set_up(struct trace *trace, uint64_t ring_bytes, struct err *err)
{
	char kilobytes[24];
	int rc = write_file(trace, "tracing_on", "0", err), nr = 0;
	ssize_t got;

	snprintf(kilobytes, sizeof(kilobytes), "%" PRIu64, ring_bytes / 1024);
	if (!rc)
		rc = write_file(trace, "trace_clock", TRACE_CLOCK, err);
	if (!rc)
		rc = write_file(trace, "buffer_size_kb", kilobytes, err);
	/* no thread is asked for yet, and none must be "all": a number that no thread has */
	if (!rc)
		rc = write_file(trace, "set_event_pid", "4194304", err);
	if (!rc)
		rc = write_file(trace, "options/event-fork", "1", err);
	if (rc)
		return rc;
	for (int i = 0; i < trace_nr_sources; i++)
		nr += !tracefs_event_enable(trace->instance, trace_sources[i].system,
		                            trace_sources[i].event);
	got = tracefs_instance_get_buffer_size(trace->instance, 0);
	trace->ring_bytes = got > 0 ? (uint64_t)got * 1024 : ring_bytes;
	return nr ? 0 : err_set(err, ENOENT, "this kernel has none of the events");
}

static int page_bytes(const struct trace *trace)
{
	CLEANUP(str_free) char *text = NULL;
	uint64_t kilobytes;
	int rc = -1;

	text = tracefs_instance_file_read(trace->instance, "buffer_subbuf_size_kb", NULL);
	if (text) {
		text[strcspn(text, "\n")] = '\0';
		rc = text_parse_u64(text, 1, PAGE_MAX / 1024, &kilobytes, NULL);
	}
	return rc ? (int)sysconf(_SC_PAGESIZE) : (int)kilobytes * 1024;
}

static int open_cpu(struct trace *trace, int cpu, int folder_fd, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)cpu };
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "per_cpu/cpu%d/trace_pipe_raw", cpu);
	fd = tracefs_instance_file_open(trace->instance, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : explain(errno, name, err);
	trace->cpu[cpu].ring = tracefs_cpu_alloc_fd(fd, page_bytes(trace), true);
	if (!trace->cpu[cpu].ring) {
		close(fd);
		return err_set(err, ENOMEM, "out of memory");
	}
	if (epoll_ctl(trace->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return err_sys(err, "%s", name);
	return unnamed_open_at(folder_fd, "the trace's folder", &trace->cpu[cpu].kept_fd, err);
}

static int open_cpus(struct trace *trace, int folder_fd, struct err *err)
{
	int rc = 0, nr = (int)sysconf(_SC_NPROCESSORS_CONF);

	trace->cpu = calloc((size_t)nr, sizeof(*trace->cpu));
	trace->loss = calloc((size_t)nr, sizeof(*trace->loss));
	if (!trace->cpu || !trace->loss)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < nr; i++)
		trace->cpu[i].kept_fd = -1;
	trace->nr_cpus = nr;
	trace->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (trace->epoll_fd < 0)
		return err_sys(err, "epoll");
	for (int i = 0; i < nr && !rc; i++)
		rc = open_cpu(trace, i, folder_fd, err);
	return rc;
}

int trace_open(int folder_fd, uint64_t ring_bytes, int64_t limit_bytes, struct trace **ret,
               struct err *err)
{
	CLEANUP(trace_close) struct trace *trace = calloc(1, sizeof(*trace));
	struct err why;
	int rc;

	if (!trace)
		return err_set(err, ENOMEM, "out of memory");
	trace->epoll_fd = -1;
	trace->limit_bytes = limit_bytes;
	rc = find_tracefs(&why);
	if (!rc)
		trace_guard_sweep(NAME_PREFIX);
	if (!rc)
		rc = make_instance(trace, &why);
	if (!rc)
		rc = set_up(trace, ring_bytes, &why);
	if (!rc)
		rc = open_cpus(trace, folder_fd, &why);
	if (rc)
		return err_set(err, why.code, "%s", why.text);
	*ret = STEAL(&trace);
	return 0;
}

int trace_start(struct trace *trace, struct err *err)
{
	return write_file(trace, "tracing_on", "1", err);
}

int trace_poll_fd(const struct trace *trace)
{
	return trace->epoll_fd;
}

/* A page begins with its time: from the first that is not kept on, events are missing. */
static int keep(struct trace *trace, struct cpu *cpu, const void *page, int bytes, struct err *err)
{
	struct err ignored;
	int64_t since = *(const int64_t *)page;

	if (!trace->full_ns && trace->kept_bytes + bytes <= trace->limit_bytes) {
		trace->kept_bytes += bytes;
		return text_write_all(cpu->kept_fd, page, (size_t)bytes, err);
	}
	if (!trace->full_ns)
		(void)!write_file(trace, "tracing_on", "0", &ignored);
	if (!trace->full_ns || since < trace->full_ns)
		trace->full_ns = since;
	trace->unkept_bytes += bytes;
	return 0; /* still taken from the ring, or it would ask for ever */
}

/* At most a ring's worth a turn: a ring that fills as fast as it is read must not hold the others up. */
static int take_cpu(struct trace *trace, struct cpu *cpu, bool last, void *page, struct err *err)
{
	uint64_t budget = trace->ring_bytes;
	int rc = 0;

	while (!rc && budget) {
		int got = last ? tracefs_cpu_flush(cpu->ring, page)
		               : tracefs_cpu_read(cpu->ring, page, true);

		if (got <= 0)
			return 0;
		rc = keep(trace, cpu, page, got, err);
		budget -= (uint64_t)got < budget ? (uint64_t)got : budget;
	}
	return rc;
}

static int take_all(struct trace *trace, bool last, struct err *err)
{
	CLEANUP(str_free) char *page = malloc(PAGE_MAX);
	int rc = 0;

	if (!page)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < trace->nr_cpus && !rc; i++) {
		if (trace->cpu[i].ring)
			rc = take_cpu(trace, &trace->cpu[i], last, page, err);
	}
	return rc ? err_in(err, "the trace's bytes") : 0;
}

int trace_take(struct trace *trace, struct err *err)
{
	return take_all(trace, false, err);
}

static uint64_t count_in(const char *text, const char *key)
{
	const char *at = text ? strstr(text, key) : NULL;

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static struct trace_loss read_loss(const struct trace *trace, int cpu)
{
	CLEANUP(str_free) char *text = NULL;
	char name[64];

	snprintf(name, sizeof(name), "per_cpu/cpu%d/stats", cpu);
	text = tracefs_instance_file_read(trace->instance, name, NULL);
	return (struct trace_loss){ .overrun = count_in(text, "\noverrun: "),
		                    .commit_overrun = count_in(text, "\ncommit overrun: "),
		                    .dropped = count_in(text, "\ndropped events: ") };
}

int trace_stop(struct trace *trace, struct err *err)
{
	return write_file(trace, "tracing_on", "0", err);
}

int trace_finish(struct trace *trace, struct err *err)
{
	for (int i = 0; i < trace->nr_cpus; i++) {
		if (trace->cpu[i].ring)
			trace->loss[i] = read_loss(trace, i);
	}
	return take_all(trace, true, err);
}

int trace_nr_cpus(const struct trace *trace)
{
	return trace->nr_cpus;
}

int trace_kept_fd(const struct trace *trace, int cpu)
{
	return trace->cpu[cpu].kept_fd;
}

uint64_t trace_lost(const struct trace *trace, int cpu)
{
	const struct trace_loss *loss = &trace->loss[cpu];

	return loss->overrun + loss->commit_overrun + loss->dropped;
}

const struct trace_loss *trace_losses(const struct trace *trace)
{
	return trace->loss;
}

int64_t trace_full_ns(const struct trace *trace)
{
	return trace->full_ns;
}

double trace_unkept_share(const struct trace *trace)
{
	return trace->unkept_bytes ? (double)trace->unkept_bytes / (double)trace->kept_bytes : 0;
}

uint64_t trace_ring_bytes(const struct trace *trace)
{
	return trace->ring_bytes;
}

struct tracefs_instance *trace_instance(const struct trace *trace)
{
	return trace->instance;
}

void trace_say(const struct trace *trace, const char *text)
{
	struct err ignored;

	(void)!write_file(trace, "trace_marker", text, &ignored);
}

void trace_close(struct trace **at)
{
	struct trace *trace = *at;

	if (!trace)
		return;
	for (int i = 0; i < trace->nr_cpus; i++) {
		tracefs_cpu_close(trace->cpu[i].ring); /* an open ring would keep the instance */
		fd_close(&trace->cpu[i].kept_fd);
	}
	fd_close(&trace->epoll_fd);
	if (trace->instance) {
		tracefs_instance_destroy(trace->instance);
		tracefs_instance_free(trace->instance);
	}
	trace_guard_end(&trace->guard);
	free(trace->cpu);
	free(trace->loss);
	free(trace);
	*at = NULL;
}

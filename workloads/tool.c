/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tool.c - a scratch of its own, and the same crew as under a host.  Prints nothing. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "answer.h"
#include "cleanup.h"
#include "crew.h"
#include "rng.h"
#include "text.h"

#define REPORT_MAX (1024 * 1024)

static int check_space(const char *folder, uint64_t bytes, struct err *err)
{
	struct statvfs vfs;
	uint64_t room;

	if (statvfs(folder, &vfs) < 0)
		return err_sys(err, "%s", folder);
	room = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (room < bytes + (64 << 20))
		return err_set(err, ENOSPC,
		               "%s has %" PRIu64 " MiB left, and the scratch takes %" PRIu64,
		               folder, room >> 20, bytes >> 20);
	return 0;
}

/* Written in full: a hole or an unwritten extent would be read without a disk. */
static int fill(int fd, uint64_t bytes, uint64_t seed, struct err *err)
{
	const size_t chunk = 1 << 20;
	CLEANUP(str_free) char *data = malloc(chunk);
	struct rng rng;

	if (!data)
		return err_set(err, ENOMEM, "no memory to fill the scratch");
	rng_seed(&rng, ~seed);
	for (uint64_t at = 0; at < bytes; at += chunk) {
		rng_fill(&rng, data, chunk);
		if (text_write_all(fd, data, bytes - at < chunk ? bytes - at : chunk, err) < 0)
			return err_in(err, "scratch");
	}
	return fsync(fd) < 0 ? err_sys(err, "scratch: fsync") : 0;
}

static int open_scratch(const struct tool *tool, int *ret, struct err *err)
{
	char path[4096];
	int fd;

	if (check_space(tool->folder, tool->scratch_bytes, err) < 0)
		return -err->code;
	fd = open(tool->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		snprintf(path, sizeof(path), "%s/qload-scratch-XXXXXX", tool->folder);
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	if (fd < 0)
		return err_sys(err, "a scratch in %s", tool->folder);
	*ret = fd;
	return fill(fd, tool->scratch_bytes, tool->job.seed, err);
}

/* The same inode without the page cache; where the file system refuses (EINVAL) the answer warns of it. */
static int make_direct(int *fd, int access, struct err *err)
{
	char path[64];
	int direct;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", *fd);
	direct = open(path, access | O_DIRECT | O_CLOEXEC);
	if (direct < 0 && errno == EINVAL)
		return 0;
	if (direct < 0)
		return err_sys(err, "direct I/O");
	close(*fd);
	*fd = direct;
	return 0;
}

/* O_NONBLOCK so that a FIFO does not hang us; off again, as io_uring would then answer EAGAIN. */
static int open_file(const char *path, int *ret, struct err *err)
{
	*ret = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*ret < 0 || fcntl(*ret, F_SETFL, 0) < 0)
		return err_sys(err, "%s", path);
	return 0;
}

/* The descriptors and what is behind them: a scratch, or the files. */
struct stores {
	int nr;
	struct store list[TOOL_FILES_MAX];
};

static void stores_close(struct stores *stores)
{
	for (int i = 0; i < stores->nr; i++)
		fd_close(&stores->list[i].fd);
	stores->nr = 0;
}

/* file NULL: a scratch */
static int open_store(const struct tool *tool, const char *file, struct store *ret, struct err *err)
{
	if (file ? open_file(file, &ret->fd, err) < 0 : open_scratch(tool, &ret->fd, err) < 0)
		return -err->code;
	if (store_inspect(ret->fd, ret, err) <
	    0) /* before it is opened again: this may be a FIFO */
		return -err->code;
	if (tool->job.direct && (make_direct(&ret->fd, file ? O_RDONLY : O_RDWR, err) < 0 ||
	                         store_inspect(ret->fd, ret, err) < 0))
		return -err->code;
	return 0;
}

static int open_stores(const struct tool *tool, struct stores *ret, struct err *err)
{
	if (!tool->job.workload->is_io)
		return 0;
	do {
		struct store *store = &ret->list[ret->nr];
		const char *file = tool->nr_files ? tool->file[ret->nr] : NULL;

		store->fd = -1;
		ret->nr++; /* closed also where this fails */
		if (open_store(tool, file, store, err) < 0)
			return -err->code;
		if (store_check(store, &tool->job, err) < 0)
			return file ? err_in(err, "%s", file) : -err->code;
	} while (ret->nr < tool->nr_files);
	return 0;
}

/* Until the crew runs (until_ns 0) or until a time; a worker that fails ends either. */
static int wait_for(struct crew *crew, int64_t until_ns, struct err *err)
{
	struct pollfd fd = { .fd = crew_fd(crew), .events = POLLIN };

	for (;;) {
		enum crew_state state = crew_state(crew);
		int64_t left = until_ns - clock_now_ns();
		struct timespec timeout = { left / NSEC_PER_SEC, left % NSEC_PER_SEC };

		if (state == CREW_FAILED)
			return crew_stop(crew, err);
		if (until_ns ? left <= 0 : state == CREW_RUNNING)
			return 0;
		if (ppoll(&fd, 1, until_ns ? &timeout : NULL, NULL) < 0 && errno != EINTR)
			return err_sys(err, "poll");
	}
}

static int run_crew(struct crew *crew, const struct job *job, int64_t *ret_window_ns,
                    struct err *err)
{
	int64_t begin, end;

	crew_warm(crew);
	if (wait_for(crew, 0, err) < 0 || wait_for(crew, clock_now_ns() + job->warmup_ns, err) < 0)
		return -err->code;
	begin = clock_now_ns();
	crew_open_window(crew, begin);
	if (wait_for(crew, begin + job->duration_ns, err) < 0)
		return -err->code;
	end = clock_now_ns();
	crew_close_window(crew, end);
	*ret_window_ns = end - begin;
	return crew_stop(crew, err);
}

/* What is true of all of them, for the answer. */
static struct store common_store(const struct stores *stores)
{
	struct store common = stores->list[0];

	for (int i = 1; i < stores->nr; i++) {
		common.direct &= stores->list[i].direct;
		common.sparse |= stores->list[i].sparse;
		if (stores->list[i].alignment > common.alignment)
			common.alignment = stores->list[i].alignment;
	}
	return common;
}

static void tally_free(struct tally **total)
{
	free(*total);
	*total = NULL;
}

int tool_run(const struct tool *tool, char **ret, struct err *err)
{
	CLEANUP(stores_close) struct stores stores = { 0 };
	CLEANUP(crew_free) struct crew *crew = NULL;
	CLEANUP(tally_free) struct tally *total = malloc(sizeof(*total));
	CLEANUP(str_free) char *report = malloc(REPORT_MAX);
	struct store store;
	struct answer answer = { &tool->job, &store, total, 0 };
	int rc;

	if (!total || !report)
		return err_set(err, ENOMEM, "no memory for a report");
	if (open_stores(tool, &stores, err) < 0)
		return -err->code;
	store = common_store(&stores);
	if (crew_start(&tool->job, stores.list, stores.nr, &crew, err) < 0 ||
	    crew_rise_above(&tool->job, err) < 0 ||
	    run_crew(crew, &tool->job, &answer.window_ns, err) < 0)
		return -err->code;
	crew_total(crew, total);
	if (answer_check(&answer, err) < 0)
		return -err->code;
	rc = tool->json ? answer_json(&answer, report, REPORT_MAX, err)
	                : answer_text(&answer, report, REPORT_MAX, err);
	if (rc < 0)
		return rc;
	*ret = STEAL(&report);
	return 0;
}

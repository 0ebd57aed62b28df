/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuse_file.c - one file and one loop: takes reads, keeps them until they are due.  Knows no load. */
#include "fuse_file.h"

#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse_lowlevel.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"

#define MOUNT_POINT "/mnt" /* of our own mount namespace: nobody else sees what lies over it */
#define FILE_INODE  2
#define HELD_MAX    64

struct server {
	struct fuse_file *file;
	int nr_held;
	struct {
		fuse_req_t request;
		size_t bytes;
		int number; /* in file->read */
	} held[HELD_MAX];
};

/* With more than 12 in flight, the default, the kernel keeps whoever asks waiting in its call. */
static void on_init(void *data, struct fuse_conn_info *connection)
{
	(void)data;
	connection->max_background = HELD_MAX;
}

static struct stat stat_of(fuse_ino_t inode)
{
	if (inode == FUSE_ROOT_ID)
		return (struct stat){ .st_ino = inode, .st_mode = S_IFDIR | 0755, .st_nlink = 2 };
	return (struct stat){ .st_ino = inode,
		              .st_mode = S_IFREG | 0444,
		              .st_nlink = 1,
		              .st_size = FUSE_FILE_BYTES,
		              .st_blocks = FUSE_FILE_BYTES / 512 };
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	const struct fuse_entry_param entry = { .ino = FILE_INODE,
		                                .attr = stat_of(FILE_INODE),
		                                .attr_timeout = 3600,
		                                .entry_timeout = 3600 };

	if (parent == FUSE_ROOT_ID && !strcmp(name, "file"))
		fuse_reply_entry(request, &entry);
	else
		fuse_reply_err(request, ENOENT);
}

static void on_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info)
{
	const struct stat st = stat_of(inode);

	(void)info;
	fuse_reply_attr(request, &st, 3600);
}

/* Each read of the load's comes here: there is no page cache. */
static void on_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info)
{
	(void)inode;
	info->direct_io = 1;
	fuse_reply_open(request, info);
}

static void on_read(fuse_req_t request, fuse_ino_t inode, size_t bytes, off_t at,
                    struct fuse_file_info *info)
{
	struct server *server = fuse_req_userdata(request);
	struct fuse_file *file = server->file;
	int number = file->nr_reads;

	(void)inode;
	(void)at;
	(void)info;
	if (number == FUSE_FILE_READS || server->nr_held == HELD_MAX) {
		fuse_reply_err(request, ENOBUFS);
		return;
	}
	file->read[number].came_ns = clock_now_ns();
	file->nr_reads++;
	server->held[server->nr_held].request = request;
	server->held[server->nr_held].bytes = bytes;
	server->held[server->nr_held++].number = number;
}

static int64_t due_ns(const struct fuse_file *file, int number)
{
	int64_t due = file->read[number].came_ns + FUSE_FILE_DELAY_NS;

	return due >= file->hold_from_ns && due < file->hold_until_ns ? file->hold_until_ns : due;
}

/* Until when the rest waits. */
static int64_t answer_due(struct server *server)
{
	static const char data[128 << 10];
	struct fuse_file *file = server->file;
	int64_t next_ns = INT64_MAX;
	int nr_left = 0;

	for (int i = 0; i < server->nr_held; i++) {
		int number = server->held[i].number;
		int64_t due = due_ns(file, number), now = clock_now_ns();

		if (due > now) {
			next_ns = due < next_ns ? due : next_ns;
			server->held[nr_left++] = server->held[i];
			continue;
		}
		file->read[number].answered_ns = now; /* the asker has it later than this */
		file->nr_answered++;
		fuse_reply_buf(server->held[i].request, data, server->held[i].bytes);
	}
	server->nr_held = nr_left;
	return next_ns;
}

static void serve(struct server *server, struct fuse_session *session)
{
	struct pollfd fd = { .fd = fuse_session_fd(session), .events = POLLIN };
	struct fuse_buf buf = { 0 };

	while (!fuse_session_exited(session)) {
		int64_t left = answer_due(server) - clock_now_ns();
		/* a hold may begin, or be lifted, at any time */
		int64_t wait = left < 0 ? 0 : left < NSEC_PER_SEC / 100 ? left : NSEC_PER_SEC / 100;
		const struct timespec timeout = { 0, wait };

		if (ppoll(&fd, 1, &timeout, NULL) <= 0)
			continue;
		if (fuse_session_receive_buf(session, &buf) <= 0)
			break;
		fuse_session_process_buf(session, &buf);
	}
	free(buf.mem);
}

static int run_server(struct fuse_file *file, int ready_fd)
{
	static const struct fuse_lowlevel_ops ops = { .init = on_init,
		                                      .lookup = on_lookup,
		                                      .getattr = on_getattr,
		                                      .open = on_open,
		                                      .read = on_read };
	struct server server = { .file = file };
	char name[] = "fuse_file", *words[] = { name, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(1, words);
	struct fuse_session *session;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	session = fuse_session_new(&args, &ops, sizeof(ops), &server);
	if (!session || fuse_session_mount(session, MOUNT_POINT) < 0)
		return 1;
	if (write(ready_fd, "", 1) == 1)
		serve(&server, session);
	fuse_session_unmount(session);
	fuse_session_destroy(session);
	return 0;
}

static const char *enter_namespace(void)
{
	if (access("/dev/fuse", R_OK | W_OK) < 0)
		return "/dev/fuse cannot be opened here";
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return "no right to a mount namespace";
	return NULL;
}

static const char *start_server(struct fuse_file *file)
{
	CLEANUP(fd_close) int ready = -1, theirs = -1;
	int pair[2];
	char byte;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return "no pipe";
	ready = pair[0];
	theirs = pair[1];
	file->pid = fork();
	if (!file->pid)
		_exit(run_server(file, theirs));
	fd_close(&theirs);
	if (file->pid < 0 || read(ready, &byte, 1) != 1)
		return "FUSE cannot be mounted here";
	file->fd = open(MOUNT_POINT "/file", O_RDONLY | O_DIRECT | O_CLOEXEC);
	return file->fd < 0 ? "the file behind FUSE does not open" : NULL;
}

struct fuse_file *fuse_file_open(const char **why)
{
	struct fuse_file *file = mmap(NULL, sizeof(*file), PROT_READ | PROT_WRITE,
	                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*why = "no memory to share";
	if (file == MAP_FAILED)
		return NULL;
	file->fd = -1;
	file->pid = -1;
	file->hold_from_ns = file->hold_until_ns = INT64_MAX;
	*why = enter_namespace();
	if (!*why)
		*why = start_server(file);
	if (*why)
		fuse_file_close(&file);
	return file;
}

void fuse_file_close(struct fuse_file **file)
{
	struct fuse_file *f = *file;

	*file = NULL;
	if (f->pid > 0) {
		kill(f->pid, SIGKILL); /* with it every request ends: ENOTCONN */
		waitpid(f->pid, NULL, 0);
	}
	umount2(MOUNT_POINT, MNT_DETACH); /* of our own namespace; the next file is mounted anew */
	fd_close(&f->fd);
	munmap(f, sizeof(*f));
}

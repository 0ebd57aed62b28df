/* SPDX-License-Identifier: GPL-2.0-or-later */
/* threads.c - the inventory of a process's threads.  Knows roles, no QEMU; changes nothing. */
#include "threads.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "cleanup.h"
#include "task.h"
#include "text.h"

#define KTHREADD 2 /* the parent of every kernel thread */

static const char *const names[NR_ROLES] = {
	[ROLE_VCPU] = "vcpu",       [ROLE_IOTHREAD] = "iothread", [ROLE_EMULATOR] = "emulator",
	[ROLE_POOL] = "pool",       [ROLE_HELPER] = "helper",     [ROLE_VHOST] = "vhost",
	[ROLE_KVM_PIT] = "kvm-pit", [ROLE_NATIVE] = "native",     [ROLE_LOADER] = "loader",
};

/* One scan: what was asked, what was there before, what is found. */
struct scan {
	pid_t pid;
	const struct thread *known;
	int nr_known;
	enum role newcomer;
	const struct threads *before;
	struct threads found;
	int nr_new;
	uint64_t born; /* start_ticks of the process */
	int vhost;     /* whether the process has a vhost device open: -1 not looked yet */
};

const char *role_name(enum role role)
{
	return (unsigned int)role < NR_ROLES ? names[role] : "?";
}

void threads_done(struct threads *threads)
{
	free(threads->list);
	*threads = (struct threads){ 0 };
}

static const struct thread *find_tid(const struct thread *list, int nr, pid_t tid)
{
	for (int i = 0; i < nr; i++) {
		if (list[i].tid == tid)
			return &list[i];
	}
	return NULL;
}

static int by_role(const void *a, const void *b)
{
	const struct thread *x = a, *y = b;

	if (x->role != y->role)
		return x->role < y->role ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

static void take_index(struct threads *threads, enum role role, int index)
{
	if (threads->next[role] <= index)
		threads->next[role] = index + 1;
}

/* The process a thread number belongs to, or -ESRCH. */
static pid_t read_tgid(pid_t tid)
{
	char path[64], text[4096];
	const char *line;
	int tgid;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if (text_read_file(path, text, sizeof(text), NULL) < 0)
		return -ESRCH;
	line = strstr(text, "\nTgid:");
	return line && sscanf(line, "\nTgid: %d", &tgid) == 1 ? tgid : -ESRCH;
}

static int check_known(const struct scan *scan, int i, struct err *err)
{
	const struct thread *one = &scan->known[i];
	const struct thread *twin = find_tid(scan->known, i, one->tid);
	const char *role = role_name(one->role);

	if ((unsigned int)one->role >= NR_ROLES || one->index < 0)
		return err_set(err, EINVAL, "thread %d has no role", one->tid);
	if (one->tid <= 1)
		return err_set(err, EINVAL, "%s/%d: %d is no thread number", role, one->index,
		               one->tid);
	if (twin)
		return err_set(err, EINVAL, "%s/%d and %s/%d are said to be the same thread %d",
		               role_name(twin->role), twin->index, role, one->index, one->tid);
	return 0;
}

/* Not among the process's threads.  One that was there at the last scan and ended since is no lie. */
static int explain_absent(const struct scan *scan, const struct thread *one, struct err *err)
{
	const char *role = role_name(one->role);
	pid_t tgid;

	if (find_tid(scan->before->list, scan->before->nr, one->tid))
		return 0;
	tgid = read_tgid(one->tid);
	if (tgid < 0)
		return err_set(err, ESRCH, "%s/%d: thread %d does not exist", role, one->index,
		               one->tid);
	if (tgid == scan->pid)
		return err_set(err, ESRCH, "%s/%d: thread %d has ended", role, one->index,
		               one->tid);
	return err_set(err, EINVAL, "%s/%d: thread %d belongs to process %d, not to %d", role,
	               one->index, one->tid, tgid, scan->pid);
}

/* Whether a link of /proc/PID/fd leads to a vhost device. */
static bool has_vhost_device(pid_t pid)
{
	CLEANUP(caps_lower) int raised = caps_raise(CAP_SYS_PTRACE); /* of another user */
	CLEANUP(dir_close) DIR *dir = NULL;
	const struct dirent *entry;
	char path[64], target[64];

	(void)raised;
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		if (!strncmp(target, "/dev/vhost-", strlen("/dev/vhost-")))
			return true;
	}
	return false;
}

/* By the kernel's flags.  A name alone is no evidence: any thread may call itself vhost-1. */
static enum role classify(struct scan *scan, const struct task *task)
{
	if (!(task->flags & (TASK_USER_WORKER | TASK_IO_WORKER)))
		return scan->newcomer;
	if ((task->flags & TASK_IO_WORKER) || strncmp(task->name, "vhost-", strlen("vhost-")))
		return ROLE_HELPER;
	if (scan->vhost < 0)
		scan->vhost = has_vhost_device(scan->pid);
	return scan->vhost ? ROLE_VHOST : ROLE_HELPER;
}

static int grow(struct threads *threads, struct err *err)
{
	struct thread *list;

	if (threads->nr == THREADS_MAX)
		return err_set(err, E2BIG, "process %d has more than %d threads", threads->pid,
		               THREADS_MAX);
	/* doubles at each power of two */
	if (threads->nr & (threads->nr - 1))
		return 0;
	list = realloc(threads->list, (threads->nr ? 2 * (size_t)threads->nr : 1) * sizeof(*list));
	if (!list)
		return err_set(err, ENOMEM, "no memory for the list of threads");
	threads->list = list;
	return 0;
}

static int add(struct scan *scan, pid_t tid, const struct task *task, enum role role,
               struct err *err)
{
	const struct thread *was = find_tid(scan->before->list, scan->before->nr, tid);
	bool reborn = was && was->start_ticks != task->start_ticks;
	/* what was said of the dead is not said of whoever has its number now */
	const struct thread *known = reborn ? NULL : find_tid(scan->known, scan->nr_known, tid);
	struct thread one = { .tid = tid, .role = role, .start_ticks = task->start_ticks };
	int rc = grow(&scan->found, err);

	if (rc)
		return rc;
	if (reborn)
		was = NULL;
	scan->nr_new += !was;
	if (known)
		was = known;
	if (was)
		one.role = was->role;
	one.index = was ? was->index : scan->found.next[one.role];
	take_index(&scan->found, one.role, one.index);
	snprintf(one.name, sizeof(one.name), "%.*s", (int)sizeof(one.name) - 1, task->name);
	scan->found.list[scan->found.nr++] = one;
	return 0;
}

/* A name that is a number, above 1; 0 for "." and the like. */
static pid_t number_of(const char *name)
{
	uint64_t value;

	if (!isdigit((unsigned char)name[0]) || text_parse_u64(name, 2, INT32_MAX, &value, NULL))
		return 0;
	return (pid_t)value;
}

static int scan_process(struct scan *scan, struct err *err)
{
	CLEANUP(dir_close) DIR *dir = NULL;
	const struct dirent *entry;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", scan->pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		pid_t tid = number_of(entry->d_name);
		struct task task;
		int rc;

		snprintf(path, sizeof(path), "%d/stat", tid);
		if (!tid || task_read_at(dirfd(dir), path, &task))
			continue; /* threads come and go while we look */
		if (tid == scan->pid)
			scan->born = task.start_ticks;
		rc = add(scan, tid, &task, classify(scan, &task), err);
		if (rc)
			return rc;
	}
	if (!scan->found.nr)
		return err_set(err, ESRCH, "process %d has ended", scan->pid);
	return 0;
}

/* The kernel's own threads for this process: their name ends in its number, and is their only link to it.  Before
 * Linux 5.17 names are cut to 15 characters: then the number of kvm-nx-lpage-recovery is gone and nothing matches. */
static bool is_kernel_thread(const struct task *task, pid_t pid, enum role *role)
{
	static const struct {
		const char *prefix;
		enum role role;
	} kinds[] = {
		{ "kvm-pit/", ROLE_KVM_PIT },
		{ "kvm-nx-lpage-recovery-", ROLE_HELPER },
		{ "vhost-", ROLE_VHOST },
	};

	if (task->ppid != KTHREADD || !(task->flags & TASK_KTHREAD))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (!strncmp(task->name, kinds[i].prefix, len) &&
		    number_of(task->name + len) == pid) {
			*role = kinds[i].role;
			return true;
		}
	}
	return false;
}

static int take_kernel(struct scan *scan, pid_t tid, const struct task *task, struct err *err)
{
	enum role role;

	return is_kernel_thread(task, scan->pid, &role) ? add(scan, tid, task, role, err) : 0;
}

/* Where the kernel has no list of children (CONFIG_PROC_CHILDREN), or hides it. */
static int scan_all_tasks(struct scan *scan, struct err *err)
{
	CLEANUP(dir_close) DIR *dir = opendir("/proc");
	const struct dirent *entry;

	if (!dir)
		return err_sys(err, "/proc");
	while ((entry = readdir(dir))) {
		pid_t tid = number_of(entry->d_name);
		struct task task;
		int rc = tid && !task_read(tid, &task) ? take_kernel(scan, tid, &task, err) : 0;

		if (rc)
			return rc;
	}
	return 0;
}

/* The kernel's threads that are no older than the process.  A host has thousands; fork adds each child at the end of its
 * parent's list, and /proc shows that list in its order, so these are the last ones, and their read ends at the first that
 * is older (copy_process() in kernel/fork.c, get_children_pid() in fs/proc/array.c). */
static int scan_kernel(struct scan *scan, struct err *err)
{
	static const char path[] = "/proc/2/task/2/children";
	CLEANUP(file_close) FILE *file = fopen(path, "re");
	CLEANUP(str_free) char *text = NULL;
	size_t size = 0;
	ssize_t len = file ? getline(&text, &size, file) : -1;

	if (len < 0)
		return scan_all_tasks(scan, err);
	while (len > 0) {
		struct task task;
		pid_t tid;
		int rc;

		while (len > 0 && text[len - 1] == ' ')
			text[--len] = '\0';
		while (len > 0 && text[len - 1] != ' ')
			len--;
		tid = number_of(text + len);
		if (!tid || task_read(tid, &task))
			continue;
		if (task.start_ticks < scan->born)
			break;
		rc = take_kernel(scan, tid, &task, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* A vCPU that ends between the question and the scan must not simply be missing. */
static int check_found(const struct scan *scan, struct err *err)
{
	for (int i = 0; i < scan->nr_known; i++) {
		const struct thread *one = &scan->known[i];
		int rc = find_tid(scan->found.list, scan->found.nr, one->tid)
		                 ? 0
		                 : explain_absent(scan, one, err);

		if (rc)
			return rc;
	}
	return 0;
}

static int check_all(const struct scan *scan, struct err *err)
{
	if (scan->pid <= 1 || scan->pid == getpid())
		return err_set(err, EINVAL, "process %d is not ours to tune", scan->pid);
	for (int i = 0; i < scan->nr_known; i++) {
		int rc = check_known(scan, i, err);

		if (rc)
			return rc;
	}
	return 0;
}

int threads_scan(pid_t pid, const struct thread *known, int nr_known, enum role newcomer,
                 struct threads *ret, struct err *err)
{
	CLEANUP(threads_done) struct threads old = { 0 };
	struct scan scan = {
		.pid = pid,
		.known = known,
		.nr_known = nr_known,
		.newcomer = newcomer,
		.before = ret,
		.found = { .pid = pid },
		.vhost = -1,
	};
	int rc = check_all(&scan, err);

	memcpy(scan.found.next, ret->next, sizeof(ret->next));
	for (int i = 0; !rc && i < nr_known; i++)
		take_index(&scan.found, known[i].role, known[i].index);
	if (!rc)
		rc = scan_process(&scan, err);
	if (!rc)
		rc = check_found(&scan, err);
	if (!rc)
		rc = scan_kernel(&scan, err);
	if (rc) {
		threads_done(&scan.found);
		return rc;
	}
	qsort(scan.found.list, (size_t)scan.found.nr, sizeof(*scan.found.list), by_role);
	old = *ret;
	*ret = scan.found;
	return scan.nr_new;
}

void threads_set_role(struct threads *threads, int i, enum role role)
{
	threads->list[i].role = role;
	threads->list[i].index = threads->next[role]++;
	qsort(threads->list, (size_t)threads->nr, sizeof(*threads->list), by_role);
}

int thread_check(const struct thread *thread, struct err *err)
{
	const char *role = role_name(thread->role);
	struct task task;
	int rc = task_read(thread->tid, &task);

	if (rc == -ESRCH)
		return err_set(err, ESRCH, "%s/%d: thread %d has ended", role, thread->index,
		               thread->tid);
	if (rc)
		return err_set(err, -rc, "%s/%d: thread %d: its stat cannot be read", role,
		               thread->index, thread->tid);
	if (task.start_ticks != thread->start_ticks)
		return err_set(err, ESRCH,
		               "%s/%d: thread %d has ended, and its number belongs to another one",
		               role, thread->index, thread->tid);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deep_without.c - stands where deep.c is not: built without BPF, it says what was missing then. */
#include "deep.h"

#ifndef HAVE_BPF

#include <errno.h>

#ifndef BPF_MISSING
#define BPF_MISSING "clang, bpftool or libbpf"
#endif

int deep_open(struct deep **ret, struct err *err)
{
	(void)ret;
	return err_set(err, ENOSYS, "qlaunch was built without BPF; missing then: %s (make deps)",
	               BPF_MISSING);
}

void deep_open_exits(struct deep *deep)
{
	(void)deep;
}

void deep_watch(struct deep *deep, pid_t pid, const pid_t *tids, int nr)
{
	(void)deep;
	(void)pid;
	(void)tids;
	(void)nr;
}

int deep_clock_open(void)
{
	errno = ENOSYS;
	return -1;
}

void deep_took(const struct deep *deep, struct deep_took *ret)
{
	(void)deep;
	*ret = (struct deep_took){ 0 };
}

void deep_start(struct deep *deep)
{
	(void)deep;
}

void deep_stop(struct deep *deep)
{
	(void)deep;
}

int deep_read(const struct deep *deep, struct deep_reading *ret, struct err *err)
{
	(void)deep;
	(void)ret;
	return err_set(err, ENOSYS, "built without BPF");
}

void deep_close(struct deep **deep)
{
	*deep = NULL;
}

#endif

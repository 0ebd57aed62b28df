/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_sources.c - the events of a timeline. */
#include "trace.h"

/* sched_waking, not sched_wakeup: it is always in the context of who wakes, and what the viewers look at.  A new task
 * has only the other.
 * io_uring's submission changed its name in 6.2.  QEMU's own pool and its linux-aio use the system calls. */
const struct trace_source trace_sources[] = {
	{ "sched", "sched_switch" },
	{ "sched", "sched_waking" },
	{ "sched", "sched_wakeup_new" },
	{ "kvm", "kvm_exit" },
	{ "kvm", "kvm_entry" },
	{ "io_uring", "io_uring_submit_req" },
	{ "io_uring", "io_uring_submit_sqe" },
	{ "io_uring", "io_uring_complete" },
	{ "syscalls", "sys_enter_pread64" },
	{ "syscalls", "sys_exit_pread64" },
	{ "syscalls", "sys_enter_pwrite64" },
	{ "syscalls", "sys_exit_pwrite64" },
	{ "syscalls", "sys_enter_preadv" },
	{ "syscalls", "sys_exit_preadv" },
	{ "syscalls", "sys_enter_pwritev" },
	{ "syscalls", "sys_exit_pwritev" },
	{ "syscalls", "sys_enter_io_submit" },
	{ "syscalls", "sys_exit_io_submit" },
	{ "syscalls", "sys_enter_fdatasync" },
	{ "syscalls", "sys_exit_fdatasync" },
};
const int trace_nr_sources = ARRAY_SIZE(trace_sources);

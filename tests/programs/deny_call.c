/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deny_call.c - deny_call perf|landlock ERRNO COMMAND...: runs the command where perf_event_open, or each of Landlock's
 * calls, fails with that number, as in a container whose seccomp filter forbids it, or on a kernel whose
 * perf_event_paranoid is 4 or that has no Landlock.  0: a filter is in force, but lets all pass.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const int landlock = argc > 3 && !strcmp(argv[1], "landlock");
	const unsigned first = landlock ? 444 : SYS_perf_event_open, last = landlock ? 446 : first;
	unsigned errno_wanted = argc > 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 1, 0),
		BPF_STMT(BPF_RET | BPF_K,
		         errno_wanted ? SECCOMP_RET_ERRNO | (errno_wanted & SECCOMP_RET_DATA)
		                      : SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };
	char **command = argc > 3 ? argv + 3 + !strcmp(argv[3], "--") : argv;

	/* as root without no_new_privs: the command may still change uids */
	if (argc < 4 || (geteuid() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("deny_call");
		return 2;
	}
	execvp(command[0], command);
	perror(command[0]);
	return 2;
}

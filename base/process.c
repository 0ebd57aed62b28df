/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.c - fork(), bound to its parent. */
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stop.h"

#define PARENT_ENDED 125 /* an exit status that nobody is left to read */

int process_bind(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return -errno;
	if (getppid() != parent)
		_exit(PARENT_ENDED);
	return 0;
}

/* Dispositions that exec keeps, and handlers that are the parent's own. */
static void default_signals(void)
{
	static const int changed[] = { SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGALRM,
		                       SIGTSTP, SIGCONT, SIGPIPE, SIGXFSZ };

	for (size_t i = 0; i < ARRAY_SIZE(changed); i++)
		signal(changed[i], SIG_DFL);
}

/* All signals wait meanwhile: the parent's handlers must not run in the child. */
pid_t process_fork(void)
{
	pid_t parent = getpid(), pid;
	sigset_t all, was;
	int saved;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &was);
	pid = fork();
	if (pid) {
		saved = errno;
		sigprocmask(SIG_SETMASK, &was, NULL);
		errno = saved;
		return pid;
	}
	if (process_bind(parent))
		_exit(PARENT_ENDED);
	default_signals();
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	return 0;
}

void process_end(pid_t pid)
{
	int how = kill(pid, SIGKILL) ? WNOHANG : 0;

	while (waitpid(pid, NULL, how) < 0 && errno == EINTR && !stop_wanted())
		;
}

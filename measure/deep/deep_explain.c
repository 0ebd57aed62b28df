/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deep_explain.c - words for what BPF was refused. */
#include "deep_explain.h"

#ifdef HAVE_BPF

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "files.h"

static int too_few_files(const char *what, struct err *err)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_NOFILE, &limit);
	return err_set(err, EMFILE,
	               "%s: not enough files (EMFILE; the limit is %llu): raise ulimit -n", what,
	               (unsigned long long)limit.rlim_cur);
}

int deep_check_files(const char *what, struct err *err)
{
	return files_left() < 0 ? too_few_files(what, err) : 0;
}

int deep_explain(int rc, const char *what, struct err *err)
{
	char words[128];

	if (rc == -EPERM || rc == -EACCES)
		return err_set(err, EPERM,
		               "%s needs CAP_BPF and CAP_PERFMON (%s): run qlaunch as root", what,
		               strerror(-rc));
	if (rc == -EMFILE)
		return too_few_files(what, err);
	libbpf_strerror(rc, words, sizeof(words));
	return err_set(err, rc < 0 && rc > -4096 ? -rc : EIO, "%s: %s", what, words);
}

#endif

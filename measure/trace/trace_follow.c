/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_follow.c - whom the kernel records. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>

#include "cleanup.h"
#include "trace.h"

#define FILE_NAME "set_event_pid"
#define ROUNDS    100

static int write_list(const struct trace *trace, bool append, const char *text, struct err *err)
{
	struct tracefs_instance *instance = trace_instance(trace);
	int rc = append ? tracefs_instance_file_append(instance, FILE_NAME, text)
	                : tracefs_instance_file_write(instance, FILE_NAME, text);

	return rc < 0 ? err_sys(err, FILE_NAME) : 0;
}

int trace_follow(struct trace *trace, const pid_t *tids, int nr, struct err *err)
{
	CLEANUP(str_free) char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; out && i < nr; i++)
		fprintf(out, "%d\n", (int)tids[i]);
	if (!out || fclose(out))
		return err_set(err, ENOMEM, "out of memory");
	return nr ? write_list(trace, false, text, err) : 0;
}

/* A line a thread, in the kernel's order: that of their birth. */
static int list_threads(pid_t pid, char **ret, struct err *err)
{
	CLEANUP(dir_close) DIR *dir = NULL;
	CLEANUP(str_free) char *text = NULL;
	const struct dirent *entry;
	char path[64];
	size_t size = 0;
	FILE *out;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return err_sys(err, "%s", path);
	out = open_memstream(&text, &size);
	while (out && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			fprintf(out, "%s\n", entry->d_name);
	}
	if (!out || fclose(out))
		return err_set(err, ENOMEM, "out of memory");
	free(*ret);
	*ret = STEAL(&text);
	return 0;
}

int trace_follow_process(struct trace *trace, pid_t pid, struct err *err)
{
	CLEANUP(str_free) char *now = NULL;
	CLEANUP(str_free) char *followed = NULL;
	int rc = list_threads(pid, &now, err);

	for (int i = 0; !rc && i < ROUNDS && (!followed || strcmp(now, followed) != 0); i++) {
		rc = write_list(trace, true, now, err);
		free(followed);
		followed = STEAL(&now);
		if (!rc)
			rc = list_threads(pid, &now, err);
	}
	return rc;
}

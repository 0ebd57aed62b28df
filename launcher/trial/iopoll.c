/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iopoll.c - looks at the scratch's disk from afar.  Makes no folder and opens no file. */
#include "iopoll.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "catalog.h"
#include "disk_poll.h"
#include "paths.h"
#include "spec.h"
#include "text.h"

/* A folder that is still to be made will lie where the nearest one above it does. */
static enum disk_poll poll_below(const char *folder)
{
	char path[SPEC_PATH_MAX];
	struct stat st;

	if (text_copy(path, sizeof(path), folder))
		return DISK_POLL_UNKNOWN;
	while (stat(path, &st)) {
		char *slash = strrchr(path, '/');

		if (errno != ENOENT || !strcmp(path, ".") || !strcmp(path, "/"))
			return DISK_POLL_UNKNOWN;
		if (!slash)
			text_copy(path, sizeof(path), ".");
		else
			slash[slash == path] = '\0'; /* "/name" lies in "/" */
	}
	return disk_poll_of(&st);
}

static int check_native(const struct spec *spec, struct err *err)
{
	char state[SPEC_PATH_MAX];
	const char *folder = spec->scratch, *why;

	if (!folder && paths_state_name(state, sizeof(state), err))
		return -err->code;
	if (!folder)
		folder = state;
	why = disk_poll_refusal(poll_below(folder));
	return why ? err_set(err, EINVAL, "--iopoll: %.100s: %s", folder, why) : 0;
}

/* Of a kernel's words the last counts. */
static bool has_poll_queues(const char *append, const char *parameter)
{
	size_t len = strlen(parameter);
	bool has = false;

	for (; *append; append += strcspn(append, " ")) {
		append += strspn(append, " ");
		if (!strncmp(append, parameter, len))
			has = append[len] >= '1' && append[len] <= '9';
	}
	return has;
}

/* The built-in guest loads its modules without parameters; of virtio_blk built into a kernel the command line is. */
static int check_guest(const struct spec *spec, struct err *err)
{
	static const char parameter[] = "virtio_blk.poll_queues=";

	if (spec->kernel && spec->append && has_poll_queues(spec->append, parameter))
		return 0;
	return err_set(err, EINVAL,
	               "--iopoll: the guest's disk has no queue to poll: only a --kernel with "
	               "virtio_blk built in makes some, by --append '%s1'",
	               parameter);
}

int iopoll_check(const struct spec *spec, struct err *err)
{
	bool is_io = false;

	for (int i = 0; i < spec->nr_workloads; i++)
		is_io |= workload_find(spec->workload[i])->is_io;
	if (!spec->iopoll || !is_io)
		return 0;
	if (!spec->direct)
		return err_set(
		        err, EINVAL,
		        "--iopoll: it is for direct I/O: the page cache has nothing to poll");
	return spec->where == WHERE_GUEST ? check_guest(spec, err) : check_native(spec, err);
}

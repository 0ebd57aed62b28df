/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_dat.c - hands the kept pages to libtracecmd. */
#include "trace_dat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <trace-cmd.h>
#include <tracefs.h>
#include <unistd.h>

#include "cleanup.h"
#include "trace.h"

/* What trace-cmd itself calls to write a file.  libtracecmd exports it, but its installed header only has the
 * reading half: these are that library's own declarations (libtracecmd.so.1). */
struct tracecmd_output;
struct tracecmd_event_list {
	struct tracecmd_event_list *next;
	const char *glob;
};
struct tracecmd_output *tracecmd_output_create_fd(int fd);
void tracecmd_set_quiet(struct tracecmd_output *handle, bool set_quiet);
void tracecmd_set_out_clock(struct tracecmd_output *handle, const char *clock);
int tracecmd_output_write_headers(struct tracecmd_output *handle, struct tracecmd_event_list *list);
int tracecmd_write_cmdlines(struct tracecmd_output *handle);
int tracecmd_append_cpu_data(struct tracecmd_output *handle, int cpus, char *const *cpu_data_files);
void tracecmd_output_close(struct tracecmd_output *handle);

static void output_close(struct tracecmd_output **output)
{
	if (*output)
		tracecmd_output_close(*output);
	*output = NULL;
}

struct lists {
	struct tracecmd_event_list *event;
	char (*glob)[64];
	char **file;
	char (*path)[32];
};

static void lists_done(struct lists *lists)
{
	free(lists->event);
	free(lists->glob);
	free(lists->file);
	free(lists->path);
}

/* marks_fd: of one more CPU, on which our own lines are; or -1 */
static int make_lists(const struct trace *trace, int marks_fd, struct lists *lists, struct err *err)
{
	size_t nr = (size_t)trace_nr_sources, own = (size_t)trace_nr_cpus(trace), cpus = own + 1;

	lists->event = calloc(nr, sizeof(*lists->event));
	lists->glob = calloc(nr, sizeof(*lists->glob));
	lists->file = calloc(cpus, sizeof(*lists->file));
	lists->path = calloc(cpus, sizeof(*lists->path));
	if (!lists->event || !lists->glob || !lists->file || !lists->path)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++) {
		snprintf(lists->glob[i], sizeof(lists->glob[i]), "%s/%s", trace_sources[i].system,
		         trace_sources[i].event);
		lists->event[i].glob = lists->glob[i];
		lists->event[i].next = i + 1 < nr ? &lists->event[i + 1] : NULL;
	}
	for (size_t i = 0; i < cpus; i++) {
		int fd = i < own ? trace_kept_fd(trace, (int)i) : marks_fd;

		/* a CPU that is not there has no page */
		snprintf(lists->path[i], sizeof(lists->path[i]),
		         fd < 0 ? "/dev/null" : "/proc/self/fd/%d", fd);
		lists->file[i] = lists->path[i];
	}
	return 0;
}

int trace_dat_write(const struct trace *trace, int marks_fd, int fd, struct err *err)
{
	CLEANUP(lists_done) struct lists lists = { 0 };
	CLEANUP(output_close) struct tracecmd_output *output = NULL;
	int rc = make_lists(trace, marks_fd, &lists, err);

	if (rc)
		return rc;
	tracecmd_set_loglevel(TEP_LOG_NONE);
	output = tracecmd_output_create_fd(dup(fd)); /* it closes its own */
	if (!output)
		return err_set(err, ENOMEM, "libtracecmd: no memory");
	tracecmd_set_quiet(output, true);
	tracecmd_set_out_clock(output, TRACE_CLOCK);
	if (tracecmd_output_write_headers(output, lists.event) || tracecmd_write_cmdlines(output) ||
	    tracecmd_append_cpu_data(output, trace_nr_cpus(trace) + (marks_fd >= 0), lists.file))
		return err_set(err, EIO, "libtracecmd could not write it");
	return 0;
}

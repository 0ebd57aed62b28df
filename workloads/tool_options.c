/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tool_options.c - qload's own command line.  Opens nothing. */
#include <errno.h>
#include <string.h>

#include "text.h"
#include "tool.h"

static int set_threads(struct tool *tool, const char *text, struct err *err)
{
	uint64_t n;
	int rc = text_parse_u64(text, 1, JOB_THREADS_MAX, &n, err);

	if (rc >= 0)
		tool->job.threads = (int)n;
	return rc;
}

static int set_duration(struct tool *tool, const char *text, struct err *err)
{
	int64_t ns;

	if (text_parse_duration(text, &ns, err) < 0)
		return -err->code;
	if (ns < 1000000 || ns > 24 * 3600 * NSEC_PER_SEC)
		return err_set(err, ERANGE, "'%.32s' is not in 1ms..24h", text);
	tool->job.duration_ns = ns;
	return 0;
}

static int set_warmup(struct tool *tool, const char *text, struct err *err)
{
	int64_t ns;

	if (text_parse_duration(text, &ns, err) < 0)
		return -err->code;
	if (ns > 24 * 3600 * NSEC_PER_SEC)
		return err_set(err, ERANGE, "'%.32s' is more than 24h", text);
	tool->job.warmup_ns = ns;
	return 0;
}

static int set_pin(struct tool *tool, const char *text, struct err *err)
{
	return job_parse_pins(text, &tool->job, err);
}

static int set_policy(struct tool *tool, const char *text, struct err *err)
{
	return job_parse_policy(text, &tool->job, err);
}

static int set_json(struct tool *tool, const char *text, struct err *err)
{
	if (*text)
		return err_set(err, EINVAL, "takes no value");
	tool->json = true;
	return 0;
}

static int set_nop(struct tool *tool, const char *text, struct err *err)
{
	if (*text)
		return err_set(err, EINVAL, "takes no value");
	tool->job.nop = true;
	return 0;
}

static int set_bs(struct tool *tool, const char *text, struct err *err)
{
	uint64_t bytes;

	if (text_parse_size(text, &bytes, err) < 0)
		return -err->code;
	if (bytes < 512 || bytes > JOB_BS_MAX)
		return err_set(err, ERANGE, "'%.32s' is not in 512..64M", text);
	tool->job.bs = bytes;
	return 0;
}

static int set_iodepth(struct tool *tool, const char *text, struct err *err)
{
	uint64_t n;
	int rc = text_parse_u64(text, 1, JOB_DEPTH_MAX, &n, err);

	if (rc >= 0)
		tool->job.iodepth = (unsigned)n;
	return rc;
}

static int set_rwmix(struct tool *tool, const char *text, struct err *err)
{
	uint64_t n;
	int rc = text_parse_u64(text, 0, 100, &n, err);

	if (rc >= 0)
		tool->job.rwmix = (unsigned)n;
	return rc;
}

static int set_switch(bool *ret, const char *text, struct err *err)
{
	*ret = !strcmp(text, "on");
	return *ret || !strcmp(text, "off")
	               ? 0
	               : err_set(err, EINVAL, "'%.32s' is neither on nor off", text);
}

static int set_direct(struct tool *tool, const char *text, struct err *err)
{
	return set_switch(&tool->job.direct, text, err);
}

static int set_iopoll(struct tool *tool, const char *text, struct err *err)
{
	return set_switch(&tool->job.iopoll, text, err);
}

static int set_sqpoll(struct tool *tool, const char *text, struct err *err)
{
	return set_switch(&tool->job.sqpoll, text, err);
}

static int set_stuck_after(struct tool *tool, const char *text, struct err *err)
{
	return job_parse_stuck_after(text, &tool->job, err);
}

static int set_handicap(struct tool *tool, const char *text, struct err *err)
{
	return job_parse_handicap(text, &tool->job, err);
}

static int set_rate(struct tool *tool, const char *text, struct err *err)
{
	return arrival_parse(text, &tool->job.rate, err);
}

static int set_seed(struct tool *tool, const char *text, struct err *err)
{
	return text_parse_u64(text, 0, UINT64_MAX, &tool->job.seed, err);
}

static int set_scratch(struct tool *tool, const char *text, struct err *err)
{
	tool->folder = text;
	return *text ? 0 : err_set(err, EINVAL, "names no folder");
}

static int set_scratch_size(struct tool *tool, const char *text, struct err *err)
{
	return text_parse_size(text, &tool->scratch_bytes, err);
}

static int set_file(struct tool *tool, const char *text, struct err *err)
{
	if (!*text)
		return err_set(err, EINVAL, "names no file");
	if (tool->nr_files == TOOL_FILES_MAX)
		return err_set(err, E2BIG, "more than %d files", TOOL_FILES_MAX);
	tool->file[tool->nr_files++] = text;
	return 0;
}

static int set_mem_sizes(struct tool *tool, const char *text, struct err *err)
{
	return mem_sizes_parse(text, &tool->job.mem, err);
}

static const struct option {
	const char *name;
	int (*set)(struct tool *tool, const char *text, struct err *err);
} options[] = {
	{ "threads", set_threads },
	{ "duration", set_duration },
	{ "warmup", set_warmup },
	{ "pin", set_pin },
	{ "policy", set_policy },
	{ "json", set_json },
	{ "bs", set_bs },
	{ "iodepth", set_iodepth },
	{ "rwmix", set_rwmix },
	{ "direct", set_direct },
	{ "iopoll", set_iopoll },
	{ "sqpoll", set_sqpoll },
	{ "stuck-after", set_stuck_after },
	{ "seed", set_seed },
	{ "scratch", set_scratch },
	{ "rate", set_rate },
	{ "nop", set_nop },
	{ "handicap", set_handicap },
	{ "file", set_file },
	{ "scratch-size", set_scratch_size },
	{ "mem-sizes", set_mem_sizes },
};

static int parse_option(struct tool *tool, const char *arg, struct err *err)
{
	size_t len = strcspn(arg, "=");

	for (size_t i = 0; i < ARRAY_SIZE(options) && !strncmp(arg, "--", 2); i++) {
		const char *name = options[i].name;

		if (strlen(name) != len - 2 || strncmp(arg + 2, name, len - 2) != 0)
			continue;
		if (!arg[len] && options[i].set != set_json && options[i].set != set_nop)
			return err_set(err, EINVAL, "--%s needs a value: --%s=...", name, name);
		if (options[i].set(tool, arg[len] ? arg + len + 1 : "", err) < 0)
			return err_in(err, "--%s", name);
		return 0;
	}
	return err_set(err, EINVAL, "unknown option '%.64s'", arg);
}

static int check(const struct tool *tool, struct err *err)
{
	if (!tool->job.workload)
		return err_set(err, EINVAL, "no workload named; try --help");
	if (tool->nr_files > tool->job.threads)
		return err_set(err, EINVAL,
		               "%d files for %d worker%s: each works on one, say --threads=%d",
		               tool->nr_files, tool->job.threads, tool->job.threads == 1 ? "" : "s",
		               tool->nr_files);
	if (tool->nr_files && (!tool->job.workload->is_io || job_read_percent(&tool->job) != 100))
		return err_set(err, EINVAL, "--file is for randread and read only");
	return job_check(&tool->job, err);
}

int tool_parse(int argc, char **argv, struct tool *ret, struct err *err)
{
	struct tool tool = {
		.job = { .threads = 1,
		         .duration_ns = 5 * NSEC_PER_SEC,
		         .warmup_ns = NSEC_PER_SEC,
		         .bs = 4096,
		         .iodepth = 32,
		         .rwmix = 70,
		         .direct = true,
		         .seed = 1 },
		.folder = ".",
		.scratch_bytes = 512 << 20,
	};

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' && !tool.job.workload) {
			if (job_parse_workload(argv[i], &tool.job, err) < 0)
				return -err->code;
		} else if (parse_option(&tool, argv[i], err) < 0) {
			return -err->code;
		}
	}
	if (tool.job.workload)
		job_settle(&tool.job);
	if (check(&tool, err) < 0)
		return -err->code;
	*ret = tool;
	return 0;
}

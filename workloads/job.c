/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.c - reads a trial from words.  Touches no thread and no file. */
#include "job.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "poller.h"
#include "tally.h"
#include "text.h"

#define DAY_NS       (24 * 3600 * NSEC_PER_SEC)
#define BUFFERS_MAX  (1ull << 30) /* the kernel's limit for one registered buffer */
#define DURATION_MIN 1000000
#define STUCK_MIN    1000000

static int get_u64(const struct wire_words *words, const char *key, uint64_t min, uint64_t max,
                   uint64_t *ret, struct err *err)
{
	const char *text = wire_word(words, key);

	if (!text)
		return err_set(err, EINVAL, "%s is missing", key);
	if (text_parse_u64(text, min, max, ret, err) < 0)
		return err_in(err, "%s", key);
	return 0;
}

int job_parse_workload(const char *text, struct job *job, struct err *err)
{
	const struct workload *workload = workload_find(text);

	if (!workload)
		return err_set(err, EINVAL, "there is no workload '%.32s'", text);
	job->workload = workload;
	return 0;
}

int job_parse_pins(const char *text, struct job *job, struct err *err)
{
	char copy[JOB_THREADS_MAX * 6], *part[JOB_THREADS_MAX];
	uint64_t cpu;
	int nr;

	if (text_copy(copy, sizeof(copy), text) < 0)
		return err_set(err, EINVAL, "pin: the list is too long");
	nr = text_split(copy, ',', part, JOB_THREADS_MAX);
	if (nr < 0)
		return err_set(err, EINVAL, "pin: more than %d CPUs", JOB_THREADS_MAX);
	for (int i = 0; i < nr; i++) {
		if (text_parse_u64(part[i], 0, CPU_SETSIZE - 1, &cpu, err) < 0)
			return err_in(err, "pin");
		job->pin[i] = (int)cpu;
	}
	job->nr_pins = nr;
	return 0;
}

int job_parse_handicap(const char *text, struct job *job, struct err *err)
{
	size_t len = strspn(text, "0123456789");
	char digits[8];
	uint64_t percent;

	if (!len || len >= sizeof(digits) || strcmp(text + len, "%") != 0)
		return err_set(err, EINVAL, "handicap: '%.32s' is no share like 5%%", text);
	snprintf(digits, sizeof(digits), "%.*s", (int)len, text);
	if (text_parse_u64(digits, 0, JOB_HANDICAP_MAX, &percent, err) < 0)
		return err_in(err, "handicap");
	job->handicap = (int)percent;
	return 0;
}

int job_parse_stuck_after(const char *text, struct job *job, struct err *err)
{
	int64_t ns;

	if (text_parse_duration(text, &ns, err) < 0)
		return -err->code;
	if (ns < STUCK_MIN || ns > DAY_NS)
		return err_set(err, ERANGE, "'%.32s' is not in 1ms..24h", text);
	job->stuck_after_ns = ns;
	return 0;
}

static const struct {
	const char *name;
	int policy;
	int min, max; /* of what follows the colon; equal: nothing may follow */
	bool realtime;
} policies[] = {
	{ "other", SCHED_OTHER, -20, 19, false }, { "batch", SCHED_BATCH, -20, 19, false },
	{ "idle", SCHED_IDLE, 0, 0, false },      { "fifo", SCHED_FIFO, 1, 99, true },
	{ "rr", SCHED_RR, 1, 99, true },
};

int job_parse_policy(const char *text, struct job *job, struct err *err)
{
	size_t len = strcspn(text, ":");
	int64_t level = 0;

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		if (strlen(policies[i].name) != len || strncmp(text, policies[i].name, len) != 0)
			continue;
		if (!text[len] && policies[i].realtime)
			level = 1;
		if (text[len] && policies[i].min == policies[i].max)
			break;
		if (text[len] && text_parse_i64(text + len + 1, policies[i].min, policies[i].max,
		                                &level, err) < 0)
			return err_in(err, "policy");
		job->policy = policies[i].policy;
		job->level = (int)level;
		job->has_policy = true;
		return 0;
	}
	return err_set(err, EINVAL, "policy '%.32s' is none of other, batch, idle, fifo, rr", text);
}

int64_t job_patience_ns(const struct job *job)
{
	return job->stuck_after_ns ? job->stuck_after_ns : JOB_STUCK_AFTER_NS;
}

bool job_is_realtime(const struct job *job)
{
	return job->has_policy && (job->policy == SCHED_FIFO || job->policy == SCHED_RR);
}

bool job_is_random(const struct job *job)
{
	return !strncmp(job->workload->name, "rand", 4);
}

unsigned job_read_percent(const struct job *job)
{
	const char *what = job->workload->name + (job_is_random(job) ? 4 : 0);

	if (!strcmp(what, "read"))
		return 100;
	return strcmp(what, "rw") ? 0 : job->rwmix;
}

bool job_has_kind(const struct job *job, int kind)
{
	if (!job->workload->is_io)
		return true;
	return kind == TALLY_READ ? job_read_percent(job) > 0 : job_read_percent(job) < 100;
}

/* A first-in first-out worker that never sleeps never lets the next one on its CPU start. */
static bool would_starve(const struct job *job)
{
	if (!job->has_policy || job->policy != SCHED_FIFO || job->workload->is_io)
		return false;
	for (int i = 0; i < job->nr_pins; i++) {
		for (int k = 0; k < i; k++) {
			if (job->pin[i] == job->pin[k])
				return true;
		}
	}
	return job->threads > get_nprocs();
}

static int check_memory(const struct job *job, struct err *err)
{
	const bool is_mem = !strcmp(job->workload->name, "mem");
	uint64_t each = is_mem ? mem_sizes_bytes(&job->mem) : job->workload->memory;
	uint64_t all = each * (uint64_t)job->threads, have;
	struct sysinfo info = { 0 };

	if (sysinfo(&info) < 0)
		return 0;
	have = (uint64_t)info.totalram * info.mem_unit;
	if (all > have / 4 * 3)
		return err_set(err, ENOMEM,
		               "%d worker%s of %s take %" PRIu64 " MiB, and of %" PRIu64
		               " MiB a quarter is kept free",
		               job->threads, job->threads == 1 ? "" : "s", job->workload->name,
		               all >> 20, have >> 20);
	return 0;
}

static int check_no_io(const struct job *job, struct err *err)
{
	const char *what = job->nop          ? "nop"
	                   : job->rate.per_s ? "a rate"
	                   : job->iopoll     ? "iopoll"
	                   : job->sqpoll     ? "sqpoll"
	                                     : NULL;

	if (!what)
		return 0;
	return err_set(err, EINVAL, "%s is for I/O, and %s does none", what, job->workload->name);
}

static int check_polling(const struct job *job, struct err *err)
{
	if (job->iopoll && !job->direct)
		return err_set(err, EINVAL,
		               "iopoll is for direct I/O: the page cache has nothing "
		               "to poll");
	if (job->iopoll && job->nop)
		return err_set(err, EINVAL, "iopoll asks a disk, and nop uses none");
	return poller_check(job, err);
}

void job_settle(struct job *job)
{
	if (!job->mem.dram && !strcmp(job->workload->name, "mem"))
		mem_sizes_here(job->threads, &job->mem);
}

int job_check(const struct job *job, struct err *err)
{
	uint64_t buffers = job->iodepth * job->bs, all = buffers * (uint64_t)job->threads;
	struct sysinfo info = { 0 };

	if (job->nr_pins && job->nr_pins != job->threads)
		return err_set(err, EINVAL, "%d worker%s and %d CPUs in pin", job->threads,
		               job->threads == 1 ? "" : "s", job->nr_pins);
	/* The main thread must be able to run above the workers, or its timer waits for them. */
	if (job_is_realtime(job) && job->level > 98)
		return err_set(err, EINVAL, "priority %d leaves none for the timer: at most 98",
		               job->level);
	if (job->handicap && strcmp(job->workload->name, "cpu") != 0)
		return err_set(err, EINVAL, "a handicap is for cpu only");
	if (would_starve(job))
		return err_set(err, EINVAL, "%d fifo workers need a CPU each (%d here), or rr",
		               job->threads, get_nprocs());
	if (!job->workload->is_io)
		return check_no_io(job, err) < 0 ? -err->code : check_memory(job, err);
	if (check_polling(job, err) < 0)
		return -err->code;
	if (buffers > BUFFERS_MAX)
		return err_set(err, EINVAL, "iodepth times bs is more than 1G per worker");
	if (!sysinfo(&info) && all > (uint64_t)info.totalram * info.mem_unit / 2)
		return err_set(err, ENOMEM,
		               "the buffers (%" PRIu64 " MiB) are more than half of the memory",
		               all >> 20);
	return 0;
}

static int check_keys(const struct wire_words *words, struct err *err)
{
	static const char *const keys[] = {
		"id",     "workload",       "threads",  "duration_ns", "warmup_ns",
		"bs",     "iodepth",        "rwmix",    "direct",      "seed",
		"pin",    "policy",         "handicap", "rate",        "iopoll",
		"sqpoll", "stuck_after_ns", "mem_sizes"
	};

	for (int i = 0; i < words->nr; i++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(keys) && strcmp(keys[k], words->word[i].key) != 0)
			k++;
		if (k == ARRAY_SIZE(keys))
			return err_set(err, EINVAL, "unknown key '%.32s'", words->word[i].key);
	}
	return 0;
}

static int parse_optional(const struct wire_words *words, struct job *job, struct err *err)
{
	const char *pin = wire_word(words, "pin"), *policy = wire_word(words, "policy");
	const char *handicap = wire_word(words, "handicap");
	const char *rate = wire_word(words, "rate"), *sizes = wire_word(words, "mem_sizes");
	uint64_t iopoll = 0, sqpoll = 0, stuck_after = 0;

	if (wire_word(words, "iopoll") && get_u64(words, "iopoll", 0, 1, &iopoll, err) < 0)
		return -err->code;
	if (wire_word(words, "sqpoll") && get_u64(words, "sqpoll", 0, 1, &sqpoll, err) < 0)
		return -err->code;
	if (wire_word(words, "stuck_after_ns") &&
	    get_u64(words, "stuck_after_ns", STUCK_MIN, DAY_NS, &stuck_after, err) < 0)
		return -err->code;
	job->stuck_after_ns = (int64_t)stuck_after;
	job->iopoll = iopoll;
	job->sqpoll = sqpoll;
	if (pin && job_parse_pins(pin, job, err) < 0)
		return -err->code;
	if (policy && job_parse_policy(policy, job, err) < 0)
		return -err->code;
	if (handicap && job_parse_handicap(handicap, job, err) < 0)
		return -err->code;
	if (rate && arrival_parse(rate, &job->rate, err) < 0)
		return err_in(err, "rate");
	if (sizes && mem_sizes_parse(sizes, &job->mem, err) < 0)
		return err_in(err, "mem_sizes");
	return 0;
}

int job_parse(const struct wire_words *words, struct job *ret, struct err *err)
{
	const char *workload = wire_word(words, "workload");
	uint64_t threads, duration, warmup, iodepth, rwmix, direct;
	struct job job = { 0 };

	if (check_keys(words, err) < 0)
		return -err->code;
	if (!workload)
		return err_set(err, EINVAL, "workload is missing");
	if (get_u64(words, "id", 0, UINT64_MAX, &job.id, err) < 0 ||
	    job_parse_workload(workload, &job, err) < 0 ||
	    get_u64(words, "threads", 1, JOB_THREADS_MAX, &threads, err) < 0 ||
	    get_u64(words, "duration_ns", DURATION_MIN, DAY_NS, &duration, err) < 0 ||
	    get_u64(words, "warmup_ns", 0, DAY_NS, &warmup, err) < 0 ||
	    get_u64(words, "bs", 512, JOB_BS_MAX, &job.bs, err) < 0 ||
	    get_u64(words, "iodepth", 1, JOB_DEPTH_MAX, &iodepth, err) < 0 ||
	    get_u64(words, "rwmix", 0, 100, &rwmix, err) < 0 ||
	    get_u64(words, "direct", 0, 1, &direct, err) < 0 ||
	    get_u64(words, "seed", 0, UINT64_MAX, &job.seed, err) < 0 ||
	    parse_optional(words, &job, err) < 0)
		return -err->code;
	job.threads = (int)threads;
	job.duration_ns = (int64_t)duration;
	job.warmup_ns = (int64_t)warmup;
	job.iodepth = (unsigned)iodepth;
	job.rwmix = (unsigned)rwmix;
	job.direct = direct;
	job_settle(&job);
	if (job_check(&job, err) < 0)
		return -err->code;
	*ret = job;
	return 0;
}

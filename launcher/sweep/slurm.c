/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurm.c - writes the batch scripts. */
#include "slurm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "spec.h"
#include "strv.h"
#include "text.h"

/* How many words of argv the option takes here: 0 where it is another one. */
static int width_of(char *const *argv, const char *option, bool is_flag)
{
	size_t len = strlen(option);

	if (strncmp(*argv, option, len) != 0)
		return 0;
	if ((*argv)[len] == '=')
		return 1;
	return (*argv)[len] ? 0 : argv[1] && !is_flag ? 2 : 1;
}

/* The same sweep, without what each task gets of its own and what is the gathering job's. */
static void add_words(struct strv *list, char *const *argv)
{
	for (argv++; *argv;) {
		int skip = width_of(argv, "--slurm", false) + width_of(argv, "--seed", false) +
		           width_of(argv, "--fail-if", false) + width_of(argv, "--submit", true);

		if (!skip)
			strv_add(list, *argv);
		argv += skip ? skip : 1;
	}
}

static int own_path(char *ret, size_t size, struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", ret, size - 1);

	if (n < 0)
		return err_sys(err, "/proc/self/exe");
	ret[n] = '\0';
	return 0;
}

static int check_written(const struct strv *words, FILE *out, struct err *err)
{
	if (words->failed)
		return err_set(err, ENOMEM, "out of memory");
	return fflush(out) || ferror(out) ? err_sys(err, "the job's script") : 0;
}

/* A node alone has all its CPUs, but no more memory than was asked for: 0 is all of it. */
int slurm_print(const struct slurm *slurm, FILE *out, struct err *err)
{
	CLEANUP(strv_done) struct strv words = { 0 };
	uint64_t seed = slurm->seed;
	char exe[4096], limits[SPEC_LIMITS_MAX * 180] = "";
	int rc = own_path(exe, sizeof(exe), err);

	if (rc)
		return rc;
	strv_add(&words, exe);
	add_words(&words, slurm->argv);
	strv_addf(&words, "--seed=%" PRIu64, seed);
	for (int i = 0; i < slurm->nr_fail_ifs; i++) {
		size_t used = strlen(limits);

		snprintf(limits + used, sizeof(limits) - used, " --fail-if '%s'",
		         slurm->fail_if[i]);
	}
	text_make_plain(limits); /* a comment ends at a line end */
	fprintf(out,
	        "#!/bin/bash\n"
	        "#SBATCH --job-name=qlaunch\n"
	        "#SBATCH --array=1-%d\n"
	        "#SBATCH --exclusive\n"
	        "#SBATCH --mem=0\n"
	        "#SBATCH --requeue\n"
	        "#SBATCH --open-mode=append\n"
	        "#SBATCH --output=qlaunch-%" PRIu64 "-%%a.log\n"
	        "# In the folder of sbatch, which all nodes see.  When all tasks are done (--submit does it by itself):\n"
	        "#   cat qlaunch-%" PRIu64 "/shard-*.jsonl >qlaunch-%" PRIu64 "/all.jsonl\n"
	        "#   qlaunch report%s qlaunch-%" PRIu64 "/all.jsonl\n"
	        "umask 077\n"
	        "mkdir -p qlaunch-%" PRIu64 "\n"
	        "set -- ",
	        slurm->shards, seed, seed, seed, limits, seed, seed);
	strv_print_shell(&words, out);
	fprintf(out,
	        "exec \"$@\" --shard=\"$SLURM_ARRAY_TASK_ID/%d\" "
	        "--resume=\"qlaunch-%" PRIu64 "/shard-$SLURM_ARRAY_TASK_ID.jsonl\"\n",
	        slurm->shards, seed);
	return check_written(&words, out, err);
}

/* A task that never ran, or failed for good, must not pass unseen: its part is named, and what is there is compared.
 * Both files get their names when they are whole. */
int slurm_print_gather(const struct slurm *slurm, FILE *out, struct err *err)
{
	CLEANUP(strv_done) struct strv words = { 0 };
	uint64_t seed = slurm->seed;
	char exe[4096];
	int rc = own_path(exe, sizeof(exe), err);

	if (rc)
		return rc;
	strv_add(&words, exe);
	strv_add(&words, "report");
	for (int i = 0; i < slurm->nr_fail_ifs; i++)
		strv_addf(&words, "--fail-if=%s", slurm->fail_if[i]);
	strv_add(&words, "all.jsonl");
	fprintf(out,
	        "#!/bin/bash\n"
	        "#SBATCH --job-name=qlaunch-gather\n"
	        "#SBATCH --output=qlaunch-%" PRIu64 "-gather.log\n"
	        "# After all tasks of the array, in the same folder.\n"
	        "umask 077\n"
	        "cd qlaunch-%" PRIu64 " || exit 1\n"
	        "shards=()\n"
	        "missing=0\n"
	        "for ((i = 1; i <= %d; i++)); do\n"
	        "\tif [ -s \"shard-$i.jsonl\" ]; then\n"
	        "\t\tshards+=(\"shard-$i.jsonl\")\n"
	        "\telse\n"
	        "\t\techo \"task $i of %d left no results: see qlaunch-%" PRIu64 "-$i.log\" >&2\n"
	        "\t\tmissing=1\n"
	        "\tfi\n"
	        "done\n"
	        "[ ${#shards[@]} -gt 0 ] || exit 1\n"
	        "cat \"${shards[@]}\" >all.jsonl.new && mv all.jsonl.new all.jsonl || exit 1\n"
	        "set -- ",
	        seed, seed, slurm->shards, slurm->shards, seed);
	strv_print_shell(&words, out);
	fprintf(out, "\"$@\" >report.txt.new\n"
	             "status=$?\n"
	             "mv report.txt.new report.txt && cat report.txt\n"
	             "[ $status != 0 ] || status=$missing\n"
	             "exit $status\n");
	return check_written(&words, out, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurm.c - writes the batch script. */
#include "slurm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "strv.h"

/* How many words of argv the option takes here: 0 where it is another one. */
static int width_of(char *const *argv, const char *option)
{
	size_t len = strlen(option);

	if (strncmp(*argv, option, len) != 0)
		return 0;
	if ((*argv)[len] == '=')
		return 1;
	return (*argv)[len] ? 0 : argv[1] ? 2 : 1;
}

/* The same sweep, without what each task gets of its own. */
static void add_words(struct strv *list, char *const *argv)
{
	for (argv++; *argv;) {
		int skip = width_of(argv, "--slurm") + width_of(argv, "--seed");

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

int slurm_print(char *const *argv, int shards, uint64_t seed, FILE *out, struct err *err)
{
	CLEANUP(strv_done) struct strv words = { 0 };
	char exe[4096];
	int rc = own_path(exe, sizeof(exe), err);

	if (rc)
		return rc;
	strv_add(&words, exe);
	add_words(&words, argv);
	strv_addf(&words, "--seed=%" PRIu64, seed);
	if (words.failed)
		return err_set(err, ENOMEM, "out of memory");
	fprintf(out,
	        "#!/bin/bash\n"
	        "#SBATCH --job-name=qlaunch\n"
	        "#SBATCH --array=1-%d\n"
	        "#SBATCH --exclusive\n"
	        "#SBATCH --requeue\n"
	        "#SBATCH --open-mode=append\n"
	        "#SBATCH --output=qlaunch-%" PRIu64 "-%%a.log\n"
	        "# In the folder of sbatch, which all nodes see.  When all tasks are done:\n"
	        "#   cat qlaunch-%" PRIu64 "/shard-*.jsonl >all.jsonl && qlaunch report all.jsonl\n"
	        "mkdir -p qlaunch-%" PRIu64 "\n"
	        "set -- ",
	        shards, seed, seed, seed);
	strv_print_shell(&words, out);
	fprintf(out,
	        "exec \"$@\" --shard=\"$SLURM_ARRAY_TASK_ID/%d\" "
	        "--resume=\"qlaunch-%" PRIu64 "/shard-$SLURM_ARRAY_TASK_ID.jsonl\"\n",
	        shards, seed);
	return fflush(out) || ferror(out) ? err_sys(err, "standard output") : 0;
}

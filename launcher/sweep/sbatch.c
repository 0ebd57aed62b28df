/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sbatch.c - writes the scripts to files, runs Slurm's own command on them, and reads the job's number. */
#include "sbatch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "outfile.h"
#include "spawn.h"
#include "text.h"

#define FOLDER "qlaunch-%" PRIu64

static int print_to(const struct slurm *slurm, int fd,
                    int (*print)(const struct slurm *, FILE *, struct err *), struct err *err)
{
	CLEANUP(fd_close) int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	CLEANUP(file_close) FILE *file = own < 0 ? NULL : fdopen(own, "w");

	if (!file)
		return err_sys(err, "fdopen");
	own = -1; /* the stream's */
	return print(slurm, file, err);
}

static int write_script(const struct slurm *slurm, const char *path,
                        int (*print)(const struct slurm *, FILE *, struct err *), struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise_for_path(CAP_DAC_OVERRIDE);
	CLEANUP(outfile_close) struct outfile part = OUTFILE_NONE;
	int rc = outfile_begin(path, slurm->may_replace, &part, err);

	(void)raised;
	if (rc)
		return rc;
	rc = print_to(slurm, part.fd, print, err);
	if (rc)
		err_in(err, "%s", path);
	else
		rc = outfile_finish(&part, path, slurm->may_replace, err);
	if (rc)
		outfile_remove(&part);
	return rc;
}

/* Root writes where the results file may stand, also in a folder of somebody else's: see result_file.c. */
static int make_folder(const char *path, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise_for_path(CAP_DAC_OVERRIDE);
	CLEANUP(fd_close) int fd = -1;
	struct stat st;

	(void)raised;
	if (mkdir(path, 0700) && errno != EEXIST)
		return err_sys(err, "%s", path);
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return err_sys(err, "%s", path);
	if (st.st_uid != geteuid() || place_others_write(&st))
		return err_set(err, EPERM,
		               "%s belongs to uid %u with mode %04o: it must be yours (uid %u) "
		               "alone; another --seed names another folder",
		               path, st.st_uid, st.st_mode & 07777, geteuid());
	return 0;
}

/* The last line of what was said: "12", or "12;cluster" of several clusters.  A site's own words may stand before. */
static int job_parse(char *said, uint64_t *ret, struct err *err)
{
	size_t len = strlen(said);
	char *line;

	while (len && said[len - 1] == '\n')
		said[--len] = '\0';
	line = strrchr(said, '\n');
	line = line ? line + 1 : said;
	line[strcspn(line, ";")] = '\0';
	if (text_parse_u64(line, 1, UINT64_MAX, ret, err))
		return err_in(err, "sbatch named no job");
	return 0;
}

/* after: NULL, or what this job waits for. */
static int submit(const char *path, const char *after, uint64_t *ret, struct err *err)
{
	const char *argv[] = { "sbatch", "--parsable", after ? after : path, after ? path : NULL,
		               NULL };
	char said[4096];
	int rc = spawn_run(argv, ".", said, sizeof(said), err);

	if (rc == -ENOENT)
		return err_set(err, ENOENT,
		               "--submit: there is no sbatch here (Debian's slurm-client); without "
		               "--submit the job is printed");
	return rc ? rc : job_parse(said, ret, err);
}

int sbatch_submit(const struct slurm *slurm, FILE *out, struct err *err)
{
	char folder[64], array_path[80], gather_path[80], after[64];
	uint64_t array, gather;
	int rc;

	snprintf(folder, sizeof(folder), FOLDER, slurm->seed);
	snprintf(array_path, sizeof(array_path), "%s/array.sh", folder);
	snprintf(gather_path, sizeof(gather_path), "%s/gather.sh", folder);
	rc = make_folder(folder, err);
	if (!rc)
		rc = write_script(slurm, array_path, slurm_print, err);
	if (!rc)
		rc = write_script(slurm, gather_path, slurm_print_gather, err);
	if (!rc)
		rc = submit(array_path, NULL, &array, err);
	if (rc)
		return rc;
	/* however its tasks end: what is there is compared, what is not is named */
	snprintf(after, sizeof(after), "--dependency=afterany:%" PRIu64, array);
	if (submit(gather_path, after, &gather, err))
		return err_in(err, "job %" PRIu64 " runs, but nothing will gather its results",
		              array);
	fprintf(out,
	        "job %" PRIu64 ": %d task%s, results in %s/shard-*.jsonl\n"
	        "job %" PRIu64 ": gathers them afterwards, %s/all.jsonl and %s/report.txt\n",
	        array, slurm->shards, slurm->shards == 1 ? "" : "s", folder, gather, folder,
	        folder);
	return 0;
}

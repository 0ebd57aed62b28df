/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_path.c - endings, folders, and the key of a trial as a part of a file's name. */
#include "trace_path.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "json.h"
#include "outfile.h"
#include "spec.h"
#include "text.h"
#include "trace_write.h"

static const char *const endings[] = {
	[TRACE_JSON] = ".json",
	[TRACE_PERFETTO] = ".pftrace",
	[TRACE_DAT] = ".dat",
};

int trace_format_of(const char *path, struct err *err)
{
	const char *name = strrchr(path, '/');
	size_t len;

	name = name ? name + 1 : path;
	len = strlen(name);
	for (int i = 0; i < NR_TRACE_FORMATS; i++) {
		size_t tail = strlen(endings[i]);

		if (len > tail && !strcmp(name + len - tail, endings[i]))
			return i;
	}
	return err_set(err, EINVAL,
	               "the file must end in .pftrace or .json (Perfetto) or .dat (trace-cmd, "
	               "KernelShark)");
}

int trace_path_folder(const char *path, int *ret, struct err *err)
{
	CLEANUP(place_done) struct place place = { .folder_fd = -1 };
	int rc = place_find(path, &place, err);

	if (!rc && faccessat(place.folder_fd, ".", W_OK | X_OK, AT_EACCESS))
		rc = err_sys(err, "%s: no file can be made there", path);
	if (!rc)
		*ret = STEAL_FD(&place.folder_fd);
	return rc;
}

/* "x.3-..." of an earlier sweep: its number is the first thing after the stem. */
static bool is_of_many(const char *name, const char *stem, size_t len, const char *ending)
{
	size_t name_len = strlen(name), tail = strlen(ending);

	return name_len > len + 2 + tail && !strncmp(name, stem, len) && name[len] == '.' &&
	       isdigit((unsigned char)name[len + 1]) && !strcmp(name + name_len - tail, ending);
}

/* Which names a sweep will make is not known before its trials: none of the family may be there. */
static int check_many(const char *path, const char *ending, struct err *err)
{
	CLEANUP(dir_close) DIR *dir = NULL;
	CLEANUP(place_done) struct place place = { .folder_fd = -1 };
	struct dirent *entry;
	int fd, rc = place_find(path, &place, err);

	if (rc)
		return rc;
	fd = openat(place.folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return err_sys(err, "%s", path);
	while ((entry = readdir(dir))) {
		if (is_of_many(entry->d_name, place.name, strlen(place.name) - strlen(ending),
		               ending))
			return err_set(err, EEXIST,
			               "%s exists in its folder: name a new file, or --overwrite "
			               "replaces those of the same names",
			               entry->d_name);
	}
	return 0;
}

int trace_path_check(const struct spec *spec, bool many, struct err *err)
{
	/* the other trials of a resumed or a shared sweep have theirs already */
	bool may_be_there = spec->overwrite || spec->resume || spec->shard.of;
	int format, rc;

	if (!spec->trace)
		return 0;
	format = trace_format_of(spec->trace, err);
	rc = format < 0 ? format : outfile_check_new(spec->trace, spec->overwrite || many, err);
	if (!rc && many && !may_be_there)
		rc = check_many(spec->trace, endings[format], err);
	return rc < 0 ? err_in(err, "--trace") : 0;
}

/* Only what no shell and no file system minds. */
static void put_plain(char *buf, size_t size, const char *text)
{
	size_t i;

	for (i = 0; text[i] && i + 1 < size; i++) {
		bool plain = (text[i] >= 'a' && text[i] <= 'z') ||
		             (text[i] >= 'A' && text[i] <= 'Z') ||
		             (text[i] >= '0' && text[i] <= '9') || strchr("=.,:+", text[i]);

		buf[i] = plain ? text[i] : '_';
	}
	buf[i] = '\0';
}

/* In the first VM's line "vm" is what is known of the VM, an object. */
static void put_tail(struct json_object *line, const char *ending, char *ret, size_t size)
{
	int64_t vm;

	if (line && !json_get_i64(line, "line", "vm", 1, QL_VMS_MAX, &vm, NULL))
		snprintf(ret, size, "-vm%d%s", (int)vm, ending);
	else
		snprintf(ret, size, "%s", ending);
}

int trace_path_make(const char *path, bool many, struct json_object *line, char *ret, size_t size,
                    struct err *err)
{
	const char *arm, *workload;
	char plain_arm[121], plain_workload[41], tail[32];
	int64_t order, block, repeat;
	int format = trace_format_of(path, err), stem, len;

	if (format < 0)
		return format;
	put_tail(line, endings[format], tail, sizeof(tail));
	stem = (int)(strlen(path) - strlen(endings[format]));
	if (!many) {
		len = snprintf(ret, size, "%.*s%s", stem, path, tail);
		return len >= (int)size ? err_set(err, ENAMETOOLONG, "path too long") : 0;
	}
	if (json_get_string(line, "line", "arm", &arm, err) ||
	    json_get_string(line, "line", "workload", &workload, err) ||
	    json_get_i64(line, "line", "arm_order", 0, INT32_MAX, &order, err) ||
	    json_get_i64(line, "line", "block", 0, INT32_MAX, &block, err) ||
	    json_get_i64(line, "line", "repeat", 0, INT32_MAX, &repeat, err))
		return -err->code;
	put_plain(plain_arm, sizeof(plain_arm), arm);
	put_plain(plain_workload, sizeof(plain_workload), workload);
	len = snprintf(ret, size, "%.*s.%d-%s-%s-b%d-r%d%s", stem, path, (int)order, plain_arm,
	               plain_workload, (int)block, (int)repeat, tail);
	return len >= (int)size ? err_set(err, ENAMETOOLONG, "path too long") : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace_path.c - endings, folders, and the key of a trial as a part of a file's name. */
#include "trace_path.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
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

int trace_path_folder(const char *path, char *ret, size_t size, struct err *err)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (slash == path)
		len = 1;
	if (len + 2 > size)
		return err_set(err, ENAMETOOLONG, "--trace: path too long");
	memcpy(ret, slash ? path : ".", slash ? len : 1);
	ret[slash ? len : 1] = '\0';
	return 0;
}

int trace_path_check(const char *path, struct err *err)
{
	char folder[4096];
	struct stat st;
	int rc;

	if (!path)
		return 0;
	rc = trace_format_of(path, err);
	if (rc < 0)
		return err_in(err, "--trace");
	rc = trace_path_folder(path, folder, sizeof(folder), err);
	if (rc)
		return rc;
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS))
		return err_sys(err, "--trace: %s", folder);
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "--trace: %s is no ordinary file", path);
	return 0;
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

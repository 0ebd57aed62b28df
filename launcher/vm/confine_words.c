/* SPDX-License-Identifier: GPL-2.0-or-later */
/* confine_words.c - options, keys and prefixes that are followed by a file's name. */
#include "confine_words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "caps.h"
#include "cleanup.h"
#include "confine.h"
#include "json.h"
#include "place.h"
#include "strv.h"
#include "text.h"

enum use { NO_FILE, INPUT, OPEN, OUTPUT, SOCKET, PIPE };

struct name {
	const char *name;
	enum use use;
};

/* Options whose whole value is a file's name. */
static const struct name options[] = {
	{ "bios", INPUT },    { "kernel", INPUT },     { "initrd", INPUT }, { "dtb", INPUT },
	{ "cdrom", INPUT },   { "readconfig", INPUT }, { "L", INPUT },      { "option-rom", INPUT },
	{ "hda", OPEN },      { "hdb", OPEN },         { "hdc", OPEN },     { "hdd", OPEN },
	{ "fda", OPEN },      { "fdb", OPEN },         { "pflash", OPEN },  { "sd", OPEN },
	{ "mtdblock", OPEN }, { "mem-path", OPEN },    { "D", OUTPUT },     { "pidfile", OUTPUT },
};

/* Keys of NAME=VALUE lists and of JSON objects. */
static const struct name keys[] = {
	{ "file", OPEN },     { "filename", OPEN },  { "path", OPEN },    { "mem-path", OPEN },
	{ "romfile", INPUT }, { "logfile", OUTPUT }, { "events", INPUT }, { "dir", INPUT },
	{ "data", INPUT },    { "x509-dir", INPUT }, { "initrd", INPUT }, { "sysfsdev", OPEN },
};

/* Before a name: of a character device, or of a block driver. */
static const struct name prefixes[] = {
	{ "unix:", SOCKET }, { "file:", OUTPUT }, { "pipe:", PIPE },
	{ "fat:rw:", OPEN }, { "fat:", OPEN },    { "host_device:", OPEN },
};

/* Options whose value is a character device, which may be a bare name or one after a prefix. */
static const struct name bare[] = {
	{ "serial", OPEN }, { "parallel", OPEN },   { "monitor", OPEN },  { "qmp", OPEN },
	{ "gdb", OPEN },    { "qmp-pretty", OPEN }, { "debugcon", OPEN }, { "vnc", OPEN },
};

/* Devices behind a kind of backend: the first word of a list, or a member of a JSON object. */
static const struct {
	const char *kind, *path;
} devices[] = {
	{ "tap", "/dev/net/tun" }, { "pty", "/dev/ptmx" },      { "pty", "/dev/pts" },
	{ "vfio", "/dev/vfio" },   { "iommufd", "/dev/iommu" },
};

static enum use use_of(const struct name *names, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(names[i].name, name))
			return names[i].use;
	}
	return NO_FILE;
}

/* A server's socket is made in its folder, and the one of an earlier run is in its way: QEMU may not remove files. */
static void take_socket(const char *path, bool server, struct confine *ret)
{
	CLEANUP(str_free) char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	struct stat st;

	if (server && !lstat(path, &st) && S_ISSOCK(st.st_mode))
		strv_add(&ret->servers, path);
	if (!slash) {
		strv_add(&ret->sockets, ".");
		return;
	}
	slash[slash == folder] = '\0';
	strv_add(&ret->sockets, folder);
}

/* PATH, or a pair PATH.in and PATH.out. */
static void take_pipe(const char *path, struct confine *ret)
{
	static const char *const ends[] = { "", ".in", ".out" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		CLEANUP(str_free) char *name = NULL;

		if (asprintf(&name, "%s%s", path, ends[i]) < 0)
			name = NULL;
		if (name && !access(name, F_OK)) {
			strv_add(&ret->named, name);
			strv_add(&ret->write, name);
		}
	}
}

static void take(const char *path, enum use use, bool server, struct confine *ret)
{
	struct stat st;
	bool exists = !stat(path, &st);

	if (use == NO_FILE || !path[0])
		return;
	if (use == PIPE) {
		take_pipe(path, ret);
		return;
	}
	if (use == SOCKET || (exists && S_ISSOCK(st.st_mode))) {
		take_socket(path, server, ret);
		return;
	}
	if (!exists && use == OUTPUT)
		strv_add(&ret->output, path);
	else if (exists)
		strv_add(use == OUTPUT ? &ret->replaced : &ret->named, path);
	if (exists || use == OUTPUT)
		strv_add(use == INPUT ? &ret->read : &ret->write, path);
}

/* What the rest of a word says about a name in it. */
struct word {
	enum use path; /* of path=: by the kind of character device */
	bool server, readonly, append;
	struct confine *ret;
};

static void take_json(const struct word *outer, struct json_object *value);

/* json:{"driver": ...} */
static bool take_pseudo_json(const struct word *word, const char *value)
{
	CLEANUP(json_done) struct json_object *json = NULL;

	if (strncmp(value, "json:", 5) || json_parse(value + 5, strlen(value + 5), &json, NULL))
		return false;
	take_json(word, json);
	return true;
}

/* file.file.filename is a filename, too. */
static void take_key(const struct word *word, const char *path, const char *value)
{
	const char *dot = strrchr(path, '.'), *key = dot ? dot + 1 : path;
	enum use use = use_of(keys, ARRAY_SIZE(keys), key);

	if (use == NO_FILE || take_pseudo_json(word, value))
		return;
	if (use == OUTPUT && word->append && !access(value, F_OK))
		use = OPEN;
	if (use == OPEN && !strcmp(key, "path") && word->path != NO_FILE)
		use = word->path;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes) && use != NO_FILE; i++) {
		size_t len = strlen(prefixes[i].name);

		if (!strncmp(value, prefixes[i].name, len)) {
			value += len;
			break;
		}
	}
	/* blkdebug:CONFIG:FILE */
	for (const char *colon = strchr(value, ':'); use == OPEN && colon && access(value, F_OK);
	     colon = strchr(value, ':'))
		value = colon + 1;
	take(value, use == OPEN && word->readonly ? INPUT : use, word->server, word->ret);
}

static bool says(struct json_object *o, const char *key, bool otherwise)
{
	bool value = otherwise;

	return json_get_bool(o, "", key, &value, NULL) ? otherwise : value;
}

static void take_json(const struct word *outer, struct json_object *value)
{
	struct word word = *outer;

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			take_json(&word, json_object_array_get_idx(value, i));
		return;
	}
	if (!json_object_is_type(value, json_type_object))
		return;
	word.append = says(value, "append", says(value, "logappend", word.append));
	word.readonly = says(value, "read-only", says(value, "readonly", word.readonly));
	json_object_object_foreach(value, key, member) {
		if (json_object_is_type(member, json_type_string))
			take_key(&word, key, json_object_get_string(member));
		else
			take_json(&word, member);
	}
}

/* Cuts the first item off a list in which ",," stands for a comma, and makes one of it; NULL at the end. */
static char *next_item(char **rest)
{
	char *item = *rest, *from = *rest, *to = *rest;

	if (!item)
		return NULL;
	for (; *from && (*from != ',' || from[1] == ','); from++, to++) {
		from += *from == ',';
		*to = *from;
	}
	*rest = *from ? from + 1 : NULL;
	*to = '\0';
	return item;
}

static bool has_item(const char *value, const char *const *items)
{
	for (; *items; items++) {
		const char *at = strstr(value, *items);
		size_t len = strlen(*items);

		if (at && (at == value || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	}
	return false;
}

static void read_rest(const char *value, struct word *word)
{
	static const char *const servers[] = { "server", "server=on", "server=yes", NULL };
	static const char *const appends[] = { "append=on", "logappend=on", NULL };
	static const char *const readonlys[] = { "readonly",    "readonly=on", "read-only=on",
		                                 "media=cdrom", "snapshot=on", NULL };

	word->server = has_item(value, servers);
	word->readonly = has_item(value, readonlys);
	word->append = has_item(value, appends);
	if (!strncmp(value, "file,", 5) || strstr(value, "filter-dump"))
		word->path = OUTPUT;
	else if (!strncmp(value, "socket,", 7))
		word->path = SOCKET;
	else if (!strncmp(value, "pipe,", 5))
		word->path = PIPE;
}

/* unix:PATH, file:PATH, /dev/ttyS0 */
static void take_bare(const char *item, const struct word *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i].name);

		if (!strncmp(item, prefixes[i].name, len)) {
			take(item + len, prefixes[i].use, word->server, word->ret);
			return;
		}
	}
	if (item[0] == '/')
		take(item, OPEN, false, word->ret);
}

static void take_list(const char *value, bool may_be_bare, struct word *word)
{
	CLEANUP(str_free) char *text = strdup(value);
	char *rest = text, *item;

	read_rest(value, word);
	while ((item = next_item(&rest))) {
		char *equals = strchr(item, '=');

		if (may_be_bare && item == text)
			take_bare(item, word);
		if (equals) {
			*equals = '\0';
			take_key(word, item, equals + 1);
		}
	}
}

static bool starts_with_kind(const char *value, const char *kind)
{
	size_t len = strlen(kind);
	char quoted[32];

	snprintf(quoted, sizeof(quoted), "\"%s", kind);
	return value[0] == '{' ? strstr(value, quoted) != NULL : !strncmp(value, kind, len);
}

static void take_value(const char *option, const char *value, struct confine *ret)
{
	CLEANUP(json_done) struct json_object *json = NULL;
	struct word word = { .ret = ret };
	enum use use = use_of(options, ARRAY_SIZE(options), option);

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		if (starts_with_kind(value, devices[i].kind))
			strv_add(&ret->write, devices[i].path);
	}
	if (use != NO_FILE)
		take(value, use, false, ret);
	else if (value[0] == '{' && !json_parse(value, strlen(value), &json, NULL))
		take_json(&word, json);
	else
		take_list(value, use_of(bare, ARRAY_SIZE(bare), option) != NO_FILE, &word);
}

int confine_words(char *const *words, struct confine *ret, struct err *err)
{
	for (int i = 0; words && words[i]; i++) {
		const char *option = words[i];

		if (option[0] != '-' || !words[i + 1] || words[i + 1][0] == '-')
			continue;
		option += strspn(option, "-");
		take_value(option, words[++i], ret);
	}
	if (ret->read.failed || ret->write.failed || ret->sockets.failed || ret->named.failed ||
	    ret->output.failed || ret->servers.failed || ret->replaced.failed)
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

/* Nobody listens any more. */
static bool is_stale(const char *path)
{
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	return fd >= 0 && !text_copy(address.sun_path, sizeof(address.sun_path), path) &&
	       connect(fd, (const struct sockaddr *)&address, sizeof(address)) &&
	       errno == ECONNREFUSED;
}

static int remove_socket(const char *path, struct err *err)
{
	CLEANUP(place_done) struct place place = { .folder_fd = -1 };
	struct stat st;
	int rc = place_find(path, &place, err);

	if (rc)
		return rc;
	if (!fstatat(place.folder_fd, place.name, &st, AT_SYMLINK_NOFOLLOW) &&
	    S_ISSOCK(st.st_mode) && unlinkat(place.folder_fd, place.name, 0))
		return err_sys(err, "%s", path);
	return 0;
}

int confine_words_check_servers(const struct confine *confine, bool remove, struct err *err)
{
	/* a socket of an earlier QEMU's uid: connecting needs the right to write to it */
	CLEANUP(caps_lower) int raised = caps_raise_for_path(CAP_DAC_OVERRIDE);
	int rc = 0;

	(void)raised;
	for (int i = 0; i < confine->servers.nr && !rc; i++) {
		const char *path = confine->servers.v[i];

		if (!is_stale(path))
			return err_set(
			        err, EBUSY,
			        "-- %s is a socket that another program serves: name another",
			        path);
		if (remove)
			rc = remove_socket(path, err);
	}
	return rc;
}

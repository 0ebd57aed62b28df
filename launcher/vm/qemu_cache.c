/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu_cache.c - small JSON files in the cache folder, no more than 256. */
#include "qemu_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleanup.h"
#include "json.h"
#include "paths.h"
#include "plan.h"
#include "qemu_file.h"
#include "text.h"

#define SCHEMA    "qlaunch.qemu/1"
#define BYTES_MAX 4096 /* of a file; 700 are written */
#define MEMBERS   9

/* Where builds of QEMU have their modules, from the folder of the binary on; a build without modules has none of these. */
static const char *const module_folders[] = {
	"/../lib/x86_64-linux-gnu/qemu",
	"/../lib64/qemu",
	"/../lib/qemu",
	"/../lib64/qemu-kvm",
	"/../lib/qemu-kvm",
	"/../libexec/qemu-kvm",
};

static void add_text(struct sha256 *sha256, const char *name, const char *value)
{
	sha256_add(sha256, name, strlen(name) + 1);
	sha256_add(sha256, value, strlen(value) + 1);
}

static void add_mark(struct sha256 *sha256, const char *name, const struct file_mark *mark)
{
	char text[160];

	snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64,
	         mark->dev, mark->ino, mark->size, mark->mtime_ns, mark->ctime_ns);
	add_text(sha256, name, text);
}

static void add_modules(struct sha256 *sha256, const char *binary)
{
	CLEANUP(str_free) char *real = realpath(binary, NULL);
	char folder[8192];
	char *slash = real ? strrchr(real, '/') : NULL;

	if (!slash)
		return;
	*slash = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(module_folders); i++) {
		struct file_mark mark;

		snprintf(folder, sizeof(folder), "%s%s", real, module_folders[i]);
		mark = file_mark(folder);
		add_mark(sha256, module_folders[i], &mark);
	}
}

/* Model and microcode of the first CPU: its lines up to the empty one that ends them. */
static void add_cpu(struct sha256 *sha256)
{
	static const char *const wanted[] = { "vendor_id", "cpu family", "model",
		                              "stepping",  "microcode",  "flags" };
	CLEANUP(file_close) FILE *file = fopen("/proc/cpuinfo", "re");
	CLEANUP(str_free) char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 1) {
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
			if (!strncmp(line, wanted[i], strlen(wanted[i])))
				add_text(sha256, "cpu", line);
		}
	}
}

static void add_host(struct sha256 *sha256, const struct qemu_can *can, bool kvm,
                     struct json_object *kvm_modules)
{
	struct file_mark device;
	struct utsname name;

	if (!uname(&name)) {
		add_text(sha256, "kernel", name.release);
		add_text(sha256, "kernel build", name.version);
	}
	add_cpu(sha256);
	if (!kvm)
		return;
	device = file_mark("/dev/kvm");
	add_text(sha256, "kvm",
	         can->kvm_by_fd    ? "by fd"
	         : can->kvm_device ? "opens"
	                           : "does not open");
	add_mark(sha256, "kvm device", &device);
	if (kvm_modules)
		add_text(sha256, "kvm modules", json_object_to_json_string(kvm_modules));
}

static void put_name(const struct qemu_can *can, bool kvm, struct qemu_key *ret)
{
	char digest[SHA256_TEXT];
	struct sha256 sha256;

	sha256_init(&sha256);
	add_text(&sha256, kvm ? "kvm" : "tcg", can->path);
	sha256_text(&sha256, digest);
	/* 256 names at most: what shares one is asked again whenever the other was launched in between */
	snprintf(ret->name, sizeof(ret->name), "qemu-%.2s.json", digest);
}

void qemu_cache_key(const struct qemu_can *can, const struct file_mark *mark, bool kvm,
                    struct json_object *kvm_modules, struct qemu_key *ret)
{
	struct sha256 sha256;
	char user[24];

	put_name(can, kvm, ret);
	sha256_init(&sha256);
	add_mark(&sha256, can->path, mark);
	sha256_text(&sha256, ret->binary);

	sha256_init(&sha256);
	snprintf(user, sizeof(user), "%u", geteuid());
	add_text(&sha256, SCHEMA, QLAUNCH_VERSION);
	add_text(&sha256, kvm ? "kvm" : "tcg", ret->binary);
	add_text(&sha256, "user", user);
	add_modules(&sha256, can->path);
	add_host(&sha256, can, kvm, kvm_modules);
	sha256_text(&sha256, ret->all);
}

/* The cache folder, where it is the user's own and nobody else may put files there. */
static int open_folder(bool make)
{
	char path[4096];
	struct stat st;
	int fd, rc = make ? paths_cache(path, sizeof(path), NULL)
	                  : paths_cache_name(path, sizeof(path), NULL);

	if (rc)
		return -1;
	fd = open(path, O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) || st.st_uid != geteuid() || st.st_mode & 022))
		fd_close(&fd);
	return fd;
}

static int read_file(const char *name, char *text, size_t size)
{
	CLEANUP(fd_close) int folder = open_folder(false);
	CLEANUP(fd_close) int fd = -1;
	struct stat st;
	ssize_t n;

	if (folder < 0)
		return -1;
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_mode & 022 || st.st_size <= 0 || st.st_size >= (off_t)size)
		return -1;
	n = read(fd, text, size);
	return n == st.st_size ? (int)n : -1;
}

static struct json_object *read_answer(const struct qemu_key *key)
{
	CLEANUP(json_done) struct json_object *o = NULL;
	char text[BYTES_MAX];
	int n = read_file(key->name, text, sizeof(text));

	if (n < 0 || json_parse(text, (size_t)n, &o, NULL) ||
	    !json_object_is_type(o, json_type_object) || json_object_object_length(o) != MEMBERS)
		return NULL;
	return STEAL(&o);
}

static bool has_text(struct json_object *o, const char *key, const char *wanted)
{
	const char *text;

	return !json_get_string(o, "", key, &text, NULL) && !strcmp(text, wanted);
}

/* A text without control characters that fits. */
static bool take_text(struct json_object *o, const char *key, char *ret, size_t size)
{
	const char *text;

	if (json_get_string(o, "", key, &text, NULL) || strlen(text) >= size)
		return false;
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	}
	text_copy(ret, size, text);
	return true;
}

static bool take_hash(struct json_object *o, char ret[SHA256_TEXT])
{
	char text[SHA256_TEXT];

	if (!take_text(o, "sha256", text, sizeof(text)) ||
	    strspn(text, "0123456789abcdef") != SHA256_TEXT - 1)
		return false;
	memcpy(ret, text, sizeof(text));
	return true;
}

bool qemu_cache_read(const struct qemu_key *key, struct qemu_can *can)
{
	CLEANUP(json_done) struct json_object *o = read_answer(key);
	struct qemu_can got = *can;
	int64_t version;

	if (!o || !has_text(o, "schema", SCHEMA) || !has_text(o, "key", key->all) ||
	    json_get_i64(o, "", "version", 1, 1000000, &version, NULL) ||
	    !take_text(o, "version_text", got.version_text, sizeof(got.version_text)) ||
	    !take_text(o, "kvm_cpu", got.kvm_cpu, sizeof(got.kvm_cpu)) ||
	    json_get_bool(o, "", "aio_native", &got.aio_native, NULL) ||
	    json_get_bool(o, "", "aio_io_uring", &got.aio_io_uring, NULL) ||
	    !take_hash(o, got.sha256))
		return false;
	got.version = (int)version;
	*can = got;
	return true;
}

bool qemu_cache_hash(const struct qemu_key *key, char ret[SHA256_TEXT])
{
	CLEANUP(json_done) struct json_object *o = read_answer(key);

	return o && has_text(o, "schema", SCHEMA) && has_text(o, "binary", key->binary) &&
	       take_hash(o, ret);
}

static struct json_object *to_json(const struct qemu_key *key, const struct qemu_can *can)
{
	const struct {
		const char *key, *text;
	} texts[] = {
		{ "schema", SCHEMA },        { "key", key->all },
		{ "binary", key->binary },   { "version_text", can->version_text },
		{ "kvm_cpu", can->kvm_cpu }, { "sha256", can->sha256 },
	};
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		json_object_object_add(o, texts[i].key, json_object_new_string(texts[i].text));
	json_object_object_add(o, "version", json_object_new_int(can->version));
	json_object_object_add(o, "aio_native", json_object_new_boolean(can->aio_native));
	json_object_object_add(o, "aio_io_uring", json_object_new_boolean(can->aio_io_uring));
	return o;
}

void qemu_cache_write(const struct qemu_key *key, const struct qemu_can *can)
{
	CLEANUP(json_done) struct json_object *o = NULL;
	CLEANUP(fd_close) int folder = -1, fd = -1;
	char new[32];
	const char *text;
	bool failed;

	if (!can->sha256[0])
		return; /* what may not be read has no hash to keep */
	o = to_json(key, can);
	folder = open_folder(true);
	if (folder < 0)
		return;
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	snprintf(new, sizeof(new), "%s.new", key->name);
	unlinkat(folder, new, 0); /* of one that was killed meanwhile */
	fd = openat(folder, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	failed = text_write_all(fd, text, strlen(text), NULL) ||
	         renameat(folder, new, folder, key->name);
	if (failed)
		unlinkat(folder, new, 0);
}

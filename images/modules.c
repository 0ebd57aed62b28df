/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modules.c - finds modules by walking the tree and orders them by what they say of themselves. */
#include "modules.h"

#include <errno.h>
#include <fts.h>
#include <libkmod.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "cleanup.h"
#include "text.h"
#include "tree.h"
#include "unpack.h"

enum { DEPTH_MAX = 16, MODULE_BYTES_MAX = 64 << 20 };

struct search {
	struct kmod_ctx *kmod;
	const char *folder, *version;
	char **files; /* all .ko of the tree, below folder, sorted */
	size_t nr_files;
	char *builtin; /* modules.builtin, whole */
	struct modules found;
};

static void search_done(struct search *search)
{
	for (size_t i = 0; i < search->nr_files; i++)
		free(search->files[i]);
	free(search->files);
	free(search->builtin);
	if (search->kmod)
		kmod_unref(search->kmod);
	*search = (struct search){ 0 };
}

/* Length of the name in "kernel/x/virtio-rng.ko.xz", 0 where it is no module. */
static size_t name_in(const char *file, const char **ret)
{
	static const char *const endings[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz" };
	const char *slash = strrchr(file, '/');
	size_t len;

	*ret = slash ? slash + 1 : file;
	len = strlen(*ret);
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && strcmp(*ret + len - n, endings[i]) == 0)
			return len - n;
	}
	return 0;
}

/* The kernel itself takes - and _ for the same in a module's name. */
static bool same_name(const char *file, const char *name)
{
	const char *at;
	size_t len = name_in(file, &at);

	if (len == 0 || len != strlen(name))
		return false;
	for (size_t i = 0; i < len; i++) {
		char a = at[i] == '-' ? '_' : at[i], b = name[i] == '-' ? '_' : name[i];

		if (a != b)
			return false;
	}
	return true;
}

static int keep_file(struct search *search, const char *file)
{
	char **more = search->files;

	/* Powers of two, from 64 on, are full. */
	if (search->nr_files == 0)
		more = malloc(64 * sizeof(*more));
	else if (search->nr_files >= 64 && (search->nr_files & (search->nr_files - 1)) == 0)
		more = realloc(more, 2 * search->nr_files * sizeof(*more));
	if (!more)
		return -ENOMEM;
	search->files = more;
	more[search->nr_files] = strdup(file);
	if (!more[search->nr_files])
		return -ENOMEM;
	search->nr_files++;
	return 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* FTS_PHYSICAL: the links build and source lead into whole kernel sources. */
static int walk(struct search *search, struct err *err)
{
	char folder[PATH_MAX];
	char *const roots[] = { folder, NULL };
	const char *name;
	FTSENT *entry;
	FTS *fts;
	int r = 0;

	if (text_copy(folder, sizeof(folder), search->folder) < 0)
		return err_set(err, ENAMETOOLONG, "the modules' folder has too long a name");
	fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_NOSTAT, by_name);
	if (!fts)
		return err_sys(err, "%s", folder);
	while (r == 0 && (entry = fts_read(fts))) {
		if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP &&
		    name_in(entry->fts_path, &name))
			r = keep_file(search, entry->fts_path + strlen(folder) + 1);
	}
	fts_close(fts);
	return r < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
}

/* A kernel without the file has nothing built in that we could know of. */
static int read_builtin(struct search *search, struct err *err)
{
	const size_t size = 1 << 20;
	char path[PATH_MAX];
	int r;

	search->builtin = calloc(1, size);
	if (!search->builtin)
		return err_set(err, ENOMEM, "out of memory");
	r = tree_path(path, sizeof(path), err, "%s/modules.builtin", search->folder);
	if (r < 0)
		return r;
	if (access(path, F_OK) < 0)
		return 0;
	r = text_read_file(path, search->builtin, size, err);
	return r < 0 ? r : 0;
}

static bool is_builtin(const struct search *search, const char *name)
{
	const char *at = search->builtin;

	while (*at) {
		size_t len = strcspn(at, "\n");
		char line[512];

		if (len < sizeof(line)) {
			memcpy(line, at, len);
			line[len] = '\0';
			if (same_name(line, name))
				return true;
		}
		at += len + (at[len] == '\n');
	}
	return false;
}

/* The last of several: sorted, that is the one below updates/, which depmod prefers as well. */
static const char *find_file(const struct search *search, const char *name)
{
	for (size_t i = search->nr_files; i > 0; i--) {
		if (same_name(search->files[i - 1], name))
			return search->files[i - 1];
	}
	return NULL;
}

static bool is_listed(const struct search *search, const char *name)
{
	for (int i = 0; i < search->found.nr; i++) {
		if (same_name(search->found.list[i].file, name))
			return true;
	}
	return false;
}

static int err_missing(const struct search *search, const char *name, struct err *err)
{
	return err_set(err, ENOENT,
	               "kernel %s has no %s, neither as a module in %s nor built in: choose "
	               "another kernel with --kernel, or the folder of its modules with --modules",
	               search->version, name, search->folder);
}

/* "6.1.0-38-cloud-amd64 SMP preempt mod_unload modversions": a module of another kernel would not load. */
static int check_vermagic(const struct search *search, const char *magic, struct err *err)
{
	size_t len = strcspn(magic, " ");

	if (len == strlen(search->version) && memcmp(magic, search->version, len) == 0)
		return 0;
	return err_set(err, EINVAL,
	               "the modules in %s are for kernel %.*s, not for %s: choose the matching "
	               "folder with --modules",
	               search->folder, (int)(len < 100 ? len : 100), magic, search->version);
}

static void info_free(struct kmod_list **list)
{
	if (*list)
		kmod_module_info_free_list(*list);
	*list = NULL;
}

static void kmod_module_done(struct kmod_module **module)
{
	if (*module)
		kmod_module_unref(*module);
	*module = NULL;
}

/* libkmod reads only what it was built for (Debian's knows no gzip), so it gets the module unpacked. */
static int open_unpacked(const char *path, struct err *err)
{
	CLEANUP(fd_close) int fd = memfd_create("module", MFD_CLOEXEC);
	CLEANUP(str_free) char *bytes = NULL;
	size_t len;
	int r;

	if (fd < 0)
		return err_sys(err, "memfd_create");
	r = unpack_file(path, MODULE_BYTES_MAX, &bytes, &len, err);
	if (r == 0)
		r = text_write_all(fd, bytes, len, err);
	return r < 0 ? r : STEAL_FD(&fd);
}

static int read_info(const struct search *search, const char *path, struct kmod_list **ret,
                     struct err *err)
{
	CLEANUP(kmod_module_done) struct kmod_module *module = NULL;
	CLEANUP(fd_close) int fd = open_unpacked(path, err);
	char unpacked[64];
	int r;

	if (fd < 0)
		return fd;
	snprintf(unpacked, sizeof(unpacked), "/proc/self/fd/%d", fd);
	r = kmod_module_new_from_path(search->kmod, unpacked, &module);
	if (r == 0)
		r = kmod_module_get_info(module, ret);
	if (r < 0)
		return err_set(err, -r, "%s: cannot be read as a kernel module: %s", path,
		               strerrordesc_np(-r));
	return 0;
}

/* The value of "depends": names, comma between them. */
static int read_depends(const struct search *search, const char *file, char *ret, size_t size,
                        struct err *err)
{
	CLEANUP(info_free) struct kmod_list *list = NULL;
	struct kmod_list *item;
	char path[PATH_MAX];
	int r;

	ret[0] = '\0';
	r = tree_path(path, sizeof(path), err, "%s/%s", search->folder, file);
	if (r == 0)
		r = read_info(search, path, &list, err);
	if (r < 0)
		return r;
	kmod_list_foreach(item, list)
	{
		const char *key = kmod_module_info_get_key(item);
		const char *value = kmod_module_info_get_value(item);

		if (strcmp(key, "vermagic") == 0)
			r = check_vermagic(search, value, err);
		else if (strcmp(key, "depends") == 0 && text_copy(ret, size, value) < 0)
			r = err_set(err, E2BIG, "%s: depends on too many modules", path);
		if (r < 0)
			return r;
	}
	return 0;
}

static int append(struct search *search, const char *name, const char *file, struct err *err)
{
	struct module *module = &search->found.list[search->found.nr];

	if (search->found.nr == MODULES_MAX)
		return err_set(err, E2BIG, "kernel %s needs more than %d modules for virtio",
		               search->version, MODULES_MAX);
	if (text_copy(module->name, sizeof(module->name), name) < 0 ||
	    text_copy(module->file, sizeof(module->file), file) < 0)
		return err_set(err, ENAMETOOLONG, "%s/%s: the name is too long", search->folder,
		               file);
	for (char *c = module->name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	search->found.nr++;
	return 0;
}

static int visit(struct search *search, const char *name, int depth, struct err *err)
{
	char depends[512], *parts[MODULES_MAX];
	const char *file;
	int nr, r;

	if (is_listed(search, name) || is_builtin(search, name))
		return 0;
	file = find_file(search, name);
	if (!file)
		return err_missing(search, name, err);
	if (depth == DEPTH_MAX)
		return err_set(err, ELOOP, "%s/%s: its dependencies run in a circle",
		               search->folder, file);
	r = read_depends(search, file, depends, sizeof(depends), err);
	if (r < 0)
		return r;
	nr = depends[0] ? text_split(depends, ',', parts, MODULES_MAX) : 0;
	if (nr < 0)
		return err_set(err, E2BIG, "%s: depends on too many modules", file);
	for (int i = 0; i < nr; i++) {
		r = visit(search, parts[i], depth + 1, err);
		if (r < 0)
			return r;
	}
	return append(search, name, file, err);
}

static void say_nothing(void *data, int priority, const char *file, int line, const char *fn,
                        const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)fn, (void)format, (void)args;
}

int modules_order(const char *folder, const char *version, const char *const wanted[],
                  struct modules *ret, struct err *err)
{
	CLEANUP(search_done) struct search search = { .folder = folder, .version = version };
	const char *no_config = NULL; /* the host's modprobe.d is not the guest's */
	int r;

	search.kmod = kmod_new(folder, &no_config);
	if (!search.kmod)
		return err_set(err, ENOMEM, "%s: libkmod cannot use the folder", folder);
	kmod_set_log_fn(search.kmod, say_nothing, NULL);
	r = walk(&search, err);
	if (r == 0)
		r = read_builtin(&search, err);
	for (size_t i = 0; r == 0 && wanted[i]; i++)
		r = visit(&search, wanted[i], 0, err);
	if (r == 0)
		*ret = search.found;
	return r;
}

int modules_for_guest(const char *folder, const char *version, struct modules *ret, struct err *err)
{
	static const char *const wanted[] = { "virtio_pci", "virtio_blk", "virtio_console", NULL };

	if (!folder[0])
		return err_set(
		        err, ENOENT,
		        "no modules of kernel %s were found, so virtio_pci, virtio_blk and "
		        "virtio_console cannot be had: name their folder with --modules (for "
		        "a kernel that has them built in, one with its modules.builtin)",
		        version);
	return modules_order(folder, version, wanted, ret, err);
}

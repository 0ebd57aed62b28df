/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modules.c - finds modules by walking the tree and orders them by what they say of themselves. */
#include "modules.h"

#include <errno.h>
#include <fts.h>
#include <gelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"
#include "tree.h"
#include "unpack.h"

enum { DEPTH_MAX = 16, MODULE_BYTES_MAX = 64 << 20 };

struct search {
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

static void elf_done(Elf **elf)
{
	elf_end(*elf);
	*elf = NULL;
}

/* The section .modinfo: "key=value" after "key=value", each ended by a 0 (kernel: scripts/mod/modpost.c). */
static Elf_Data *find_info(Elf *elf)
{
	size_t names;

	if (elf_kind(elf) != ELF_K_ELF || elf_getshdrstrndx(elf, &names))
		return NULL;
	for (Elf_Scn *section = elf_nextscn(elf, NULL); section;
	     section = elf_nextscn(elf, section)) {
		GElf_Shdr header;
		const char *name = gelf_getshdr(section, &header)
		                           ? elf_strptr(elf, names, header.sh_name)
		                           : NULL;

		if (name && !strcmp(name, ".modinfo"))
			return elf_getdata(section, NULL);
	}
	return NULL;
}

/* The value of a key; NULL: there is none. */
static const char *find_value(const Elf_Data *info, const char *key)
{
	const char *at = info->d_buf, *end = at + info->d_size;
	size_t len = strlen(key);

	while (at < end) {
		size_t n = strnlen(at, (size_t)(end - at));

		if (at + n == end)
			return NULL; /* cut short */
		if (n > len && at[len] == '=' && !strncmp(at, key, len))
			return at + len + 1;
		at += n + 1;
	}
	return NULL;
}

/* The value of "depends": names, comma between them. */
static int read_depends(const struct search *search, const char *file, char *ret, size_t size,
                        struct err *err)
{
	CLEANUP(str_free) char *bytes = NULL;
	CLEANUP(elf_done) Elf *elf = NULL;
	const Elf_Data *info;
	const char *magic, *depends;
	char path[PATH_MAX];
	size_t len;
	int r;

	r = tree_path(path, sizeof(path), err, "%s/%s", search->folder, file);
	if (r == 0)
		r = unpack_file(path, MODULE_BYTES_MAX, &bytes, &len, err);
	if (r < 0)
		return r;
	elf_version(EV_CURRENT);
	elf = elf_memory(bytes, len);
	info = elf ? find_info(elf) : NULL;
	if (!info || !info->d_buf)
		return err_set(err, ENOEXEC, "%s: not a kernel module", path);
	magic = find_value(info, "vermagic");
	r = magic ? check_vermagic(search, magic, err) : 0;
	depends = find_value(info, "depends");
	if (r == 0 && text_copy(ret, size, depends ? depends : "") < 0)
		r = err_set(err, E2BIG, "%s: depends on too many modules", path);
	return r;
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

int modules_order(const char *folder, const char *version, const char *const wanted[],
                  struct modules *ret, struct err *err)
{
	CLEANUP(search_done) struct search search = { .folder = folder, .version = version };
	int r;

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

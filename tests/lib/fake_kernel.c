/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake_kernel.c - writes them.  For tests alone. */
#include "fake_kernel.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree.h"

enum { MODULE_BYTES = 2048, TREE_BYTES = 1 << 20 };

void fake_bzimage(unsigned char bytes[FAKE_BZIMAGE_BYTES], const char *version)
{
	memset(bytes, 0, FAKE_BZIMAGE_BYTES);
	bytes[0x1f1] = 3; /* setup sectors: the setup ends at 0x800 */
	memcpy(bytes + 0x1fe, "\x55\xaa", 2);
	memcpy(bytes + 0x202, "HdrS", 4);
	memcpy(bytes + 0x206, "\x0f\x02", 2);
	memcpy(bytes + 0x20e, "\x00\x02", 2); /* 0x200 behind 0x200 */
	bytes[0x211] = 1;
	bytes[0x236] = 1;
	snprintf((char *)bytes + 0x400, 256, "%s (builder@host) #1 SMP", version);
	memcpy(bytes + 0x800, "9.9.9-behind x", 14); /* nobody may read a version from here */
}

static bool ends(const char *text, const char *with)
{
	size_t n = strlen(text), m = strlen(with);

	return n >= m && strcmp(text + n - m, with) == 0;
}

static void make_parent(const char *path)
{
	char folder[4096];

	assert_int_equal(tree_path(folder, sizeof(folder), NULL, "%s", path), 0);
	*strrchr(folder, '/') = '\0';
	assert_int_equal(tree_make(folder, NULL), 0);
}

void fake_write(const char *path, const void *bytes, size_t len)
{
	int fd;

	make_parent(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void add_filter(struct archive *a, const char *name)
{
	int r = ARCHIVE_OK;

	if (ends(name, ".xz"))
		r = archive_write_add_filter_xz(a);
	else if (ends(name, ".gz"))
		r = archive_write_add_filter_gzip(a);
	else if (ends(name, ".zst"))
		r = archive_write_add_filter_zstd(a);
	assert_int_equal(r, ARCHIVE_OK);
}

static void add_entry(struct archive *a, const struct fake_entry *from)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, from->name);
	archive_entry_set_mode(entry, (from->link ? S_IFLNK : S_IFREG) | 0644);
	if (from->link)
		archive_entry_set_symlink(entry, from->link);
	archive_entry_set_size(entry, (int64_t)from->len);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, from->bytes, from->len), from->len);
	archive_entry_free(entry);
}

void fake_module(const char *path, const char *depends, const char *kernel)
{
	static const char names[] = "\0.modinfo\0.shstrtab\0.strtab";
	unsigned char bytes[MODULE_BYTES] = { 0 };
	Elf64_Ehdr header = { .e_type = ET_REL,
		              .e_machine = EM_X86_64,
		              .e_version = EV_CURRENT,
		              .e_shoff = 1024,
		              .e_ehsize = sizeof(header),
		              .e_shentsize = sizeof(Elf64_Shdr),
		              .e_shnum = 4,
		              .e_shstrndx = 2 };
	Elf64_Shdr sections[4] = {
		{ 0 },
		{ .sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = 256 },
		{ .sh_name = 10,
		  .sh_type = SHT_STRTAB,
		  .sh_offset = 128,
		  .sh_size = sizeof(names) },
		{ .sh_name = 20,
		  .sh_type = SHT_STRTAB,
		  .sh_offset = 128,
		  .sh_size = sizeof(names) },
	};
	const struct fake_entry whole = { .name = "data", .bytes = bytes, .len = sizeof(bytes) };
	struct archive *a = archive_write_new();

	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(bytes + 128, names, sizeof(names));
	sections[1].sh_size = (Elf64_Xword)snprintf((char *)bytes + 256, 700,
	                                            "license=GPL%cdepends=%s%cvermagic=%s SMP mod",
	                                            0, depends, 0, kernel) +
	                      1;
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + 1024, sections, sizeof(sections));

	make_parent(path);
	archive_write_set_format_raw(a);
	add_filter(a, path);
	archive_write_set_bytes_in_last_block(a, 1);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	add_entry(a, &whole);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

void fake_deb(const char *path, const char *member, const struct fake_entry *entries, size_t nr)
{
	static char tree[TREE_BYTES];
	struct fake_entry members[] = { { .name = "debian-binary", .bytes = "2.0\n", .len = 4 },
		                        { .name = member, .bytes = tree } };
	struct archive *a = archive_write_new();

	archive_write_set_format_pax_restricted(a);
	add_filter(a, member);
	assert_int_equal(archive_write_open_memory(a, tree, sizeof(tree), &members[1].len),
	                 ARCHIVE_OK);
	for (size_t i = 0; i < nr; i++)
		add_entry(a, &entries[i]);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);

	make_parent(path);
	a = archive_write_new();
	archive_write_set_format_ar_svr4(a);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	for (size_t i = 0; i < 2; i++)
		add_entry(a, &members[i]);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

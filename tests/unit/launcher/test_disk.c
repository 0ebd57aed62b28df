/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_disk.c - real files, folders, FIFOs and images made by qemu-img: each refusal in one sentence. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "disk.h"
#include "disk_use.h"
#include "golden.h"
#include "text.h"

static char folder[64];

static struct disk disk_of(const char *name, enum disk_format format)
{
	struct disk disk = { .format = format };

	snprintf(disk.file, sizeof(disk.file), "%s/%s", folder, name);
	return disk;
}

static void write_file(const char *name, const void *bytes, size_t len, off_t size)
{
	struct disk disk = disk_of(name, DISK_AUTO);
	CLEANUP(fd_close) int fd = open(disk.file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(pwrite(fd, bytes, len, 0), (ssize_t)len);
}

static void run(const char *const *words)
{
	char out[16];

	if (command_run(folder, words, out, sizeof(out)) != 0)
		fail_msg("%s %s failed", words[0], words[1]);
}

#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })

static int make_folder(void **state)
{
	static unsigned char boot[512];

	(void)state;
	snprintf(folder, sizeof(folder), "/var/tmp/qlaunch-test.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	boot[510] = 0x55;
	boot[511] = 0xaa;
	write_file("boot.raw", boot, sizeof(boot), 1 << 20);
	write_file("odd,\n'.raw", boot, sizeof(boot), 1 << 20);
	write_file("zeroes", "", 1, 1 << 20);
	write_file("short", "hello", 5, 5);
	write_file("empty", "", 0, 0);
	write_file("gzip", "\x1f\x8b\x08", 3, 4096);
	RUN("qemu-img", "create", "-q", "-f", "qcow2", "plain.qcow2", "3M");
	RUN("qemu-img", "create", "-q", "-f", "qcow2", "-b", "boot.raw", "-F", "raw", "top.qcow2");
	RUN("qemu-img", "create", "-q", "-f", "qcow2", "-o", "data_file=d.raw", "data.qcow2", "1M");
	RUN("qemu-img", "create", "-q", "-f", "vmdk", "x.vmdk", "1M");
	RUN("qemu-img", "create", "-q", "-f", "vdi", "x.vdi", "1M");
	RUN("qemu-img", "create", "-q", "-f", "vhdx", "x.vhdx", "1M");
	RUN("qemu-img", "create", "-q", "-f", "vpc", "x.vhd", "1M");
	RUN("mkfifo", "fifo");
	RUN("mkdir", "dir");
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	RUN("rm", "-rf", folder);
	return 0;
}

static const struct {
	const char *name;
	enum disk_format format;
	bool allow_backing;
	bool qcow2;
	uint64_t bytes;
} good[] = {
	{ "boot.raw", DISK_AUTO, false, false, 1 << 20 },
	{ "odd,\n'.raw", DISK_AUTO, false, false, 1 << 20 },
	{ "boot.raw", DISK_RAW, false, false, 1 << 20 },
	{ "zeroes", DISK_RAW, false, false, 1 << 20 },
	{ "plain.qcow2", DISK_AUTO, false, true, 3 << 20 },
	{ "plain.qcow2", DISK_QCOW2, false, true, 3 << 20 },
	{ "top.qcow2", DISK_AUTO, true, true, 1 << 20 },
	{ "top.qcow2", DISK_RAW, false, false, 0 }, /* its header is then nobody's business */
};

static const struct {
	const char *name;
	enum disk_format format;
	bool allow_backing;
	const char *words;
} bad[] = {
	{ "missing.qcow2", DISK_AUTO, false, "missing.qcow2: No such file or directory" },
	{ "boot.raw/x", DISK_AUTO, false, "Not a directory" },
	{ "dir", DISK_AUTO, false, "dir is a folder, no disk" },
	{ "fifo", DISK_AUTO, false, "fifo is neither a file nor a block device" },
	{ "../../../dev/null", DISK_RAW, false, "neither a file nor a block device" },
	{ "empty", DISK_AUTO, false, "empty is empty" },
	{ "empty", DISK_RAW, false, "empty is empty" },
	{ "zeroes", DISK_AUTO, false, "zeroes is no disk image that qlaunch knows" },
	{ "short", DISK_AUTO, false, "short is no disk image that qlaunch knows" },
	{ "boot.raw", DISK_QCOW2, false, "is no qcow2 image, though format=qcow2 was said" },
	{ "x.vmdk", DISK_AUTO, false, "is a VMDK image, which qlaunch does not boot: qemu-img" },
	{ "x.vdi", DISK_AUTO, false, "is a VDI image" },
	{ "x.vhdx", DISK_AUTO, false, "is a VHDX image" },
	{ "x.vhd", DISK_AUTO, false, "is a VHD image" },
	{ "gzip", DISK_AUTO, false, "is packed by gzip: unpack it first" },
	{ "top.qcow2", DISK_AUTO, false, "names the backing file 'boot.raw': --backing allow" },
	{ "data.qcow2", DISK_AUTO, true, "keeps its data in another file" },
};

/* What is not a plain chain is left to QEMU, with all of it. */
static const struct {
	const char *name, *backing, *format;
	int nr;
	bool qcow2[2];
} chains[] = {
	{ "over-raw", "boot.raw", "raw", 1, { false } },
	{ "over-top", "top.qcow2", "qcow2", 2, { true, false } },
	{ "over-plain", "plain.qcow2", "qcow2", 1, { true } },
	/* a guest may have written that header */
	{ "over-lie", "plain.qcow2", "raw", 1, { false } },
	{ "over-data", "data.qcow2", "qcow2", 0, { false } },
	{ "over-vmdk", "x.vmdk", "vmdk", 0, { false } },
	{ "over-missing", "gone", "raw", 0, { false } },
	{ "over-fifo", "late-fifo", "raw", 0, { false } },
};

static void test_layers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		struct disk disk = disk_of(chains[i].name, DISK_AUTO);
		CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
		struct err err = { 0 };

		RUN("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-b", chains[i].backing, "-F",
		    chains[i].format, chains[i].name, "1M");
		if (i == 0)
			RUN("mkfifo", "late-fifo");
		if (disk_open(&disk, true, &info, &err) < 0)
			fail_msg("%s", err.text);
		if (info.nr_layers != chains[i].nr)
			fail_msg("%s: %d layers", chains[i].name, info.nr_layers);
		for (int k = 0; k < info.nr_layers; k++) {
			int fd = info.layer[k].fd;

			assert_int_equal(info.layer[k].qcow2, chains[i].qcow2[k]);
			assert_int_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY);
		}
		disk_info_done(&info);
		assert_int_equal(info.nr_layers, 0);
	}
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct disk disk = disk_of(good[i].name, good[i].format);
		CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
		struct err err = { 0 };

		if (disk_open(&disk, good[i].allow_backing, &info, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(info.qcow2, good[i].qcow2);
		if (good[i].bytes)
			assert_int_equal(info.bytes, good[i].bytes);
		assert_false(info.block_device);
		assert_string_equal(info.path, disk.file);
		/* read-write, closed at exec, and not O_NONBLOCK: io_uring would answer EAGAIN */
		assert_int_equal(fcntl(info.fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR);
		assert_int_equal(fcntl(info.fd, F_GETFD), FD_CLOEXEC);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct disk disk = disk_of(bad[i].name, bad[i].format);
		struct disk_info info = { .fd = -7 };
		struct err err = { 0 };

		if (disk_open(&disk, bad[i].allow_backing, &info, &err) >= 0)
			fail_msg("%s was opened", bad[i].name);
		if (!strstr(err.text, bad[i].words) || strchr(err.text, '\n'))
			fail_msg("%s: '%s' lacks '%s'", bad[i].name, err.text, bad[i].words);
		assert_int_equal(info.fd, -7);
	}
}

static void test_readonly(void **state)
{
	struct disk disk = disk_of("boot.raw", DISK_AUTO);
	CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
	struct err err = { 0 };

	(void)state;
	disk.readonly = true;
	assert_int_equal(disk_open(&disk, false, &info, &err), 0);
	assert_int_equal(fcntl(info.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
}

/* As a user without rights: root may read everything. */
static int try_as_nobody(const struct disk *disk, const char *words)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct disk_info info;
		struct err err = { 0 };

		if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(2);
		_exit(disk_open(disk, false, &info, &err) < 0 && strstr(err.text, words) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void test_rights(void **state)
{
	struct disk disk = disk_of("boot.raw", DISK_AUTO);

	(void)state;
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(disk.file, 0444), 0);
	assert_int_equal(try_as_nobody(&disk, "boot.raw may not be written: Permission denied"), 0);
	assert_int_equal(chmod(disk.file, 0), 0);
	disk.readonly = true;
	assert_int_equal(try_as_nobody(&disk, "boot.raw: Permission denied"), 0);
	assert_int_equal(chmod(disk.file, 0600), 0);
}

/* A byte that QEMU locks, taken by another open of the file: what each of its locks means for us. */
static void test_lock_bytes(void **state)
{
	static const struct {
		int byte;
		bool write, read; /* refused for a reader and writer, for a reader */
	} locks[] = {
		{ 100, false, false }, /* another reads: fine */
		{ 101, true, true },   /* another writes */
		{ 102, false, false }, /* another writes what it read */
		{ 103, true, true },   /* another resizes */
		{ 200, true, true },   /* another lets nobody read */
		{ 201, true, false },  /* another lets nobody write */
		{ 203, true, false },  /* another lets nobody resize */
		{ 99, false, false },
	};
	struct disk disk = disk_of("boot.raw", DISK_AUTO);

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(locks); i++) {
		CLEANUP(fd_close) int fd = open(disk.file, O_RDWR | O_CLOEXEC);
		bool readonly = i % 2;
		bool refused = readonly ? locks[i / 2].read : locks[i / 2].write;
		struct flock lock = { .l_type = F_RDLCK,
			              .l_whence = SEEK_SET,
			              .l_start = locks[i / 2].byte,
			              .l_len = 1 };
		CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
		struct err err = { 0 };

		assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
		disk.readonly = readonly;
		if ((disk_open(&disk, false, &info, &err) < 0) != refused)
			fail_msg("byte %d, readonly %d: %s", locks[i / 2].byte, readonly, err.text);
		if (refused)
			assert_non_null(strstr(err.text, "boot.raw is in use by another QEMU"));
	}
}

/* QEMU -S with the disk on a virtio device; its greeting on stdout says that the locks are taken. */
static pid_t start_qemu(const char *node, int *ret_out)
{
	int out[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (chdir(folder) || dup2(out[1], STDOUT_FILENO) < 0)
			_exit(127);
		execlp("qemu-system-x86_64", "qemu-system-x86_64", "-nodefaults", "-display",
		       "none", "-S", "-m", "32", "-blockdev", node, "-device",
		       "virtio-blk-pci,drive=n", "-qmp", "stdio", NULL);
		_exit(127);
	}
	close(out[1]);
	assert_int_equal(read(out[0], &byte, 1), 1);
	*ret_out = out[0];
	return pid;
}

/* A real QEMU, found by its real locks: a writer keeps us out, a reader only from writing. */
static void test_locked_by_qemu(void **state)
{
	static const char *const nodes[] = {
		"{\"driver\":\"qcow2\",\"node-name\":\"n\",\"file\":{\"driver\":\"file\","
		"\"filename\":\"plain.qcow2\"}}",
		"{\"driver\":\"qcow2\",\"node-name\":\"n\",\"read-only\":true,\"file\":{\"driver\":"
		"\"file\",\"read-only\":true,\"filename\":\"plain.qcow2\"}}",
	};

	(void)state;
	if (access("/usr/bin/qemu-system-x86_64", X_OK))
		skip();
	for (int i = 0; i < 4; i++) {
		struct disk disk = disk_of("plain.qcow2", DISK_AUTO);
		CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
		bool reader = i / 2, readonly = i % 2;
		struct err err = { 0 };
		int out, rc;
		pid_t pid = start_qemu(nodes[reader], &out);

		disk.readonly = readonly;
		rc = disk_open(&disk, false, &info, &err);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(out);
		if (reader && readonly)
			assert_int_equal(rc, 0);
		else
			assert_int_equal(rc, -EBUSY);
	}
}

/* A block device is a disk; one that is mounted, or held, is not. */
static void test_block_device(void **state)
{
	struct disk disk = { .format = DISK_AUTO };
	CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
	CLEANUP(fd_close) int holder = -1;
	struct err err = { 0 };
	static const char *const losetup[] = { "losetup", "-f", "--show", "boot.raw", NULL };

	(void)state;
	if (command_run(folder, losetup, disk.file, sizeof(disk.file)) != 0) {
		print_message("# no loop device to be had here\n");
		skip();
	}
	disk.file[strcspn(disk.file, "\n")] = '\0';
	holder = open(disk.file, O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(holder >= 0);
	assert_int_equal(disk_open(&disk, false, &info, &err), -EBUSY);
	assert_non_null(strstr(err.text, "is mounted or in use by this host"));
	fd_close(&holder);
	if (disk_open(&disk, false, &info, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(info.block_device);
	assert_int_equal(info.bytes, 1 << 20);
	disk_info_done(&info);
	RUN("losetup", "-d", disk.file);
}

/* Attaches a file to a loop device, which it names; false: there is none to be had here. */
static bool attach(const char *mode, const char *file, char *ret, size_t size)
{
	const char *const losetup[] = { "losetup", mode, "-f", "--show", file, NULL };

	if (command_run(folder, losetup, ret, size) != 0) {
		print_message("# no loop device to be had here\n");
		return false;
	}
	ret[strcspn(ret, "\n")] = '\0';
	return true;
}

static void check_busy(const struct disk *disk, const char *words)
{
	CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
	struct err err = { 0 };

	if (disk_open(disk, false, &info, &err) != -EBUSY)
		fail_msg("%s was opened", disk->file);
	if (!strstr(err.text, words))
		fail_msg("'%s' lacks '%s'", err.text, words);
}

/* Where mkfs and a mount are to be had. */
static void check_mounted(const char *loop)
{
	const char *const mkfs[] = { "mkfs.ext2", "-q", "-F", loop, NULL };
	const char *const mount[] = { "mount", "-o", "ro", loop, "mnt", NULL };
	struct disk disk = disk_of("looped.raw", DISK_RAW);
	char out[16], words[200];

	RUN("mkdir", "-p", "mnt");
	if (command_run(folder, mkfs, out, sizeof(out)) ||
	    command_run(folder, mount, out, sizeof(out))) {
		print_message("# no mkfs.ext2, or no right to mount\n");
		return;
	}
	snprintf(words, sizeof(words), "is mounted on %s/mnt; free it first", folder);
	check_busy(&disk, words);
	snprintf(disk.file, sizeof(disk.file), "%s", loop);
	check_busy(&disk, words);
	RUN("umount", "mnt");
}

/* The file behind a loop device is written by it, whether it is mounted or not; by any of its names, for any user. */
static void test_behind_loop(void **state)
{
	struct disk disk = disk_of("looped.raw", DISK_RAW), link = disk_of("link.raw", DISK_RAW);
	char loop[64], words[200];
	struct err err = { 0 };

	(void)state;
	RUN("truncate", "-s", "1M", "looped.raw");
	RUN("ln", "looped.raw", "link.raw");
	if (!attach("--nooverlap", "looped.raw", loop, sizeof(loop)))
		skip();
	snprintf(words, sizeof(words), "it is behind %s; losetup -d %s frees it", loop, loop);
	check_busy(&disk, words);
	check_busy(&link, words);
	disk.readonly = true;
	check_busy(&disk, words);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(disk.file, 0644), 0);
	assert_int_equal(try_as_nobody(&disk, words), 0);
	check_mounted(loop);
	RUN("rm", "looped.raw"); /* its other name is the same file */
	check_busy(&link, "it is behind");
	RUN("losetup", "-d", loop);
	if (disk_open(&link, false, &(struct disk_info){ .fd = -1 }, &err) < 0)
		fail_msg("%s", err.text);
}

/* A loop device that only reads lets others read. */
static void test_behind_reading_loop(void **state)
{
	struct disk disk = disk_of("boot.raw", DISK_AUTO);
	CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
	char loop[64];
	struct err err = { 0 };
	int rc;

	(void)state;
	if (!attach("-r", "boot.raw", loop, sizeof(loop)))
		skip();
	check_busy(&disk, "it is behind");
	disk.readonly = true;
	rc = disk_open(&disk, false, &info, &err);
	RUN("losetup", "-d", loop);
	if (rc < 0)
		fail_msg("%s", err.text);
}

/* A sys and a proc of our own: swap, and what the kernel exports. */
static void test_other_users(void **state)
{
	static const struct {
		const char *file, *words;
	} cases[] = {
		{ "proc/swaps", "boot.raw is this host's swap: swapoff it first" },
		{ "sys/kernel/config/nvmet/subsystems/s/namespaces/1/device_path", "exports it" },
		{ "sys/kernel/config/target/core/fileio_0/d/udev_path", "exports it" },
		{ "sys/kernel/config/usb_gadget/g/functions/mass_storage.0/lun.0/file",
		  "exports it" },
	};
	struct disk disk = disk_of("boot.raw", DISK_AUTO);
	CLEANUP(fd_close) int fd = open(disk.file, O_RDWR | O_CLOEXEC);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct disk list = disk_of(cases[i].file, DISK_AUTO);
		char root[100], text[SPEC_PATH_MAX + 20];
		struct err err = { 0 };

		RUN("install", "-D", "/dev/null", cases[i].file);
		snprintf(root, sizeof(root), "%s", folder);
		assert_int_equal(disk_use_check(fd, false, "boot.raw", root, &err), 0);
		/* in a list of swaps the name ends at a space */
		snprintf(text, sizeof(text), "%s%s", disk.file, i ? "\n" : " file 1 0 -2\n");
		write_file(cases[i].file, text, strlen(text), (off_t)strlen(text));
		assert_int_equal(disk_use_check(fd, false, "boot.raw", root, &err), -EBUSY);
		if (!strstr(err.text, cases[i].words))
			fail_msg("'%s' lacks '%s'", err.text, cases[i].words);
		assert_int_equal(unlink(list.file), 0);
	}
}

/* As other hypervisors do, and qlaunch with its results. */
static void test_flock(void **state)
{
	struct disk disk = disk_of("boot.raw", DISK_AUTO);
	CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
	CLEANUP(fd_close) int fd = open(disk.file, O_RDONLY | O_CLOEXEC);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(flock(fd, LOCK_SH), 0);
	check_busy(&disk, "another program has locked it");
	disk.readonly = true;
	if (disk_open(&disk, false, &info, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0); /* the try left no lock */
	check_busy(&disk, "another program has locked it");
}

/* A GPT with an EFI system partition; what is in its boot sector is the caller's. */
static void make_gpt(unsigned char *b, bool has_esp)
{
	static const unsigned char esp[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
		                               0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };

	memset(b, 0, 34 * 512);
	b[446 + 4] = 0xee;
	b[510] = 0x55;
	b[511] = 0xaa;
	memcpy(b + 512, "EFI PART", 8);
	b[512 + 72] = 2;
	b[512 + 80] = b[512 + 84] = 128;
	if (has_esp)
		memcpy(b + 1024 + 128, esp, sizeof(esp)); /* the second partition */
}

static void check_firmware(const char *name, bool uefi_only)
{
	struct disk disk = disk_of(name, DISK_AUTO);
	CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
	struct err err = { 0 };

	if (disk_open(&disk, true, &info, &err) < 0)
		fail_msg("%s", err.text);
	if (info.uefi_only != uefi_only)
		fail_msg("%s: UEFI only: %d", name, info.uefi_only);
}

/* Read through the image's own map, whatever it is made of. */
static void test_uefi_only(void **state)
{
	static const char *const options[] = {
		"cluster_size=512",  "cluster_size=64k",       "compat=0.10",
		"cluster_size=2M",   "compression_type=zstd",  "lazy_refcounts=on",
		"cluster_size=4096", "preallocation=metadata",
	};
	static unsigned char head[34 * 512];

	(void)state;
	make_gpt(head, true);
	write_file("uefi.raw", head, sizeof(head), 8 << 20);
	check_firmware("uefi.raw", true);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(options); i++) {
		bool has_flag = strstr(options[i / 2], "preallocation");

		if (i % 2 && has_flag)
			continue; /* QEMU makes no packed one of it */
		RUN("qemu-img", "convert", i % 2 ? "-cOqcow2" : "-Oqcow2", "-o", options[i / 2],
		    "uefi.raw", "uefi.qcow2");
		check_firmware("uefi.qcow2", true);
	}
	/* what is behind a backing file, or in parts of a cluster, is not looked for */
	RUN("qemu-img", "create", "-q", "-f", "qcow2", "-b", "uefi.raw", "-F", "raw", "on.qcow2");
	check_firmware("on.qcow2", false);
	RUN("qemu-img", "convert", "-Oqcow2", "-o", "extended_l2=on", "uefi.raw", "uefi.qcow2");
	check_firmware("uefi.qcow2", false);

	head[0] = 0xeb; /* boot code */
	write_file("both.raw", head, sizeof(head), 8 << 20);
	check_firmware("both.raw", false);
	RUN("qemu-img", "convert", "-cOqcow2", "both.raw", "both.qcow2");
	check_firmware("both.qcow2", false);
	make_gpt(head, false);
	write_file("data.raw", head, sizeof(head), 8 << 20);
	check_firmware("data.raw", false);
	memset(head, 0, sizeof(head));
	head[446 + 16 + 4] = 0xef; /* a boot sector's own table */
	head[510] = 0x55;
	head[511] = 0xaa;
	write_file("mbr.raw", head, sizeof(head), 8 << 20);
	check_firmware("mbr.raw", true);
}

/* Each change to a header of version 3 that QEMU, or qlaunch, cannot carry out. */
static void test_qcow2_features(void **state)
{
	static const struct {
		off_t at;
		const char *bytes;
		size_t len;
		bool readonly;
		const char *words; /* NULL: opens */
	} cases[] = {
		{ 79, "\x01", 1, false, NULL }, /* dirty: QEMU repairs it */
		{ 79, "\x02", 1, true, NULL },
		{ 79, "\x02", 1, false, "is marked as corrupt" },
		{ 79, "\x10", 1, false, NULL }, /* its map is QEMU's to judge */
		{ 79, "\x08", 1, false, "unknown kind of compression 0" },
		{ 104, "\x01", 1, false, "unknown kind of compression 1" },
		{ 104, "\x02", 1, false, "unknown kind of compression 2" },
		{ 79, "\x20", 1, false, "needs feature 5, which is unknown" },
		{ 72, "\x80", 1, false, "needs feature 63" },
		{ 35, "\x01", 1, false, "is encrypted (AES)" },
		{ 35, "\x02", 1, true, "is encrypted (LUKS)" },
		{ 35, "\x03", 1, false, "unknown kind of encryption 3" },
		{ 103, "\x60", 1, false, "a header of 96 bytes" },
		{ 100, "\x7f", 1, false, "with a header of" },
		{ 99, "\x07", 1, false, "reference counts of 2^7 bits" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct disk disk = disk_of("feature.qcow2", DISK_AUTO);
		CLEANUP(disk_info_done) struct disk_info info = { .fd = -1 };
		CLEANUP(fd_close) int fd = -1;
		struct err err = { 0 };
		int rc;

		RUN("cp", "plain.qcow2", "feature.qcow2");
		fd = open(disk.file, O_RDWR | O_CLOEXEC);
		assert_int_equal(pwrite(fd, cases[i].bytes, cases[i].len, cases[i].at),
		                 (ssize_t)cases[i].len);
		disk.readonly = cases[i].readonly;
		rc = disk_open(&disk, false, &info, &err);
		if (!cases[i].words != !rc)
			fail_msg("byte %ld: %d %s", (long)cases[i].at, rc, err.text);
		if (cases[i].words && !strstr(err.text, cases[i].words))
			fail_msg("'%s' lacks '%s'", err.text, cases[i].words);
	}
}

/* What cryptsetup writes. */
static void test_encrypted(void **state)
{
	struct disk disk = disk_of("luks.raw", DISK_AUTO);
	struct disk_info info = { .fd = -1 };
	struct err err = { 0 };

	(void)state;
	write_file("luks.raw", "LUKS\xba\xbe\0\2", 8, 1 << 20);
	assert_int_equal(disk_open(&disk, false, &info, &err), -EINVAL);
	assert_non_null(strstr(err.text, "is encrypted by LUKS: cryptsetup open"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_readonly),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_lock_bytes),
		cmocka_unit_test(test_locked_by_qemu),
		cmocka_unit_test(test_block_device),
		cmocka_unit_test(test_behind_loop),
		cmocka_unit_test(test_behind_reading_loop),
		cmocka_unit_test(test_other_users),
		cmocka_unit_test(test_flock),
		cmocka_unit_test(test_uefi_only),
		cmocka_unit_test(test_qcow2_features),
		cmocka_unit_test(test_encrypted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

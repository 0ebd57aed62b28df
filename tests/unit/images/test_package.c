/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_package.c - the kernel package fetched once, by a fake apt and without a network. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "fake_kernel.h"
#include "kernel_room.h"
#include "package.h"
#include "spawn.h"
#include "tree.h"

static void test_record(void **state)
{
	static const struct {
		const char *record, *name, *version; /* NULL: refused */
	} cases[] = {
		{ "Package: x\nDepends: linux-image-" V " (= 6.1.2-1)\nSize: 1\n", "linux-image-" V,
		  "6.1.2-1" },
		{ "Depends: linux-base, linux-image-6 (= 1:2~b+c), x\n", "linux-image-6",
		  "1:2~b+c" },
		{ "Package: x\nDepends: linux-image-6 (>= 1)\n", NULL, NULL },
		{ "Package: x\nDepends: y\nDescription: linux-image-6 (= 1)\n", NULL, NULL },
		{ "Package: linux-image-6 (= 1)\n", NULL, NULL },
		{ "Depends: linux-image-6 (= -oDir=/)\n", NULL, NULL },
		{ "Depends: linux-image-6/../../x (= 1)\n", NULL, NULL },
		{ "Depends: linux-image-6 (= ../x)\n", NULL, NULL },
		{ "Depends: ", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char name[64], version[64];
		int r = package_parse(cases[i].record, name, sizeof(name), version,
		                      sizeof(version));

		assert_int_equal(r, cases[i].name ? 0 : -ENOENT);
		if (cases[i].name) {
			assert_string_equal(name, cases[i].name);
			assert_string_equal(version, cases[i].version);
		}
	}
}

/* The package as Debian 13 ships it (usr/), with things in it that must not come out. */
static void put_package(void)
{
	static unsigned char image[FAKE_BZIMAGE_BYTES];
	static char module[4][8192];
	static const char *const names[] = { "virtio", "virtio_pci", "virtio_blk",
		                             "virtio_console" };
	char paths[4][256];
	struct fake_entry entries[10] = {
		{ .name = "./boot/vmlinuz-" V, .bytes = image, .len = sizeof(image) },
		{ .name = "./lib/modules/" V "/../../../../evil", .bytes = "x", .len = 1 },
		{ .name = "./lib/modules/" V "/build", .bytes = "", .link = "/etc" },
		{ .name = "./lib/modules/" V "/build/evil", .bytes = "x", .len = 1 },
		{ .name = "/boot/vmlinuz-evil", .bytes = "x", .len = 1 },
		{ .name = "./etc/evil", .bytes = "x", .len = 1 },
	};

	fake_bzimage(image, V);
	for (size_t i = 0; i < 4; i++) {
		CLEANUP(fd_close) int fd = -1;
		ssize_t n;

		fake_module(in_room("one.ko"), i ? "virtio" : "", V);
		fd = open(in_room("one.ko"), O_RDONLY | O_CLOEXEC);
		n = read(fd, module[i], sizeof(module[i]));
		assert_true(n > 0);
		snprintf(paths[i], sizeof(paths[i]), "./usr/lib/modules/" V "/kernel/%s.ko",
		         names[i]);
		entries[6 + i] = (struct fake_entry){ .name = paths[i],
			                              .bytes = module[i],
			                              .len = (size_t)n };
	}
	fake_deb(in_room("package.deb"), "data.tar.xz", entries, ARRAY_SIZE(entries));
}

static void put_apt(const char *get)
{
	put_script("apt-cache", "[ $3 = linux-image-amd64 ] || { echo 'E: No packages found'; exit "
	                        "100; }\necho 'Package: linux-image-amd64'\n"
	                        "echo 'Depends: linux-image-" V " (= 6.1-1)'\n");
	put_script("apt-get", get);
}

#define GET_OK                                                                                     \
	"echo $$ >>downloads\n[ \"${!#}\" = linux-image-" V "=6.1-1 ] || exit 8\n"                 \
	"cp package.deb cache/kernel/tmp-$PPID/linux-image-x_amd64.deb\n"
#define GOT "cache/kernel/linux-image-" V "_6.1-1/"

static int nr_in(const char *folder)
{
	char *names[64];
	int nr = tree_list(folder, "", names, 64);

	tree_list_free(names, nr);
	return nr;
}

static void test_download(void **state)
{
	char said[4096] = "";
	struct kernel_wish wish = {
		.cache = room.cache, .root = room.root, .say = note, .arg = said
	};

	(void)state;
	put_package();
	put_apt(GET_OK);
	fake_write(in_room("cache/kernel/tmp-1/left-over"), "x", 1);
	assert_finds(&wish, GOT "boot/vmlinuz-" V, GOT "lib/modules/" V);
	assert_non_null(strstr(said, "downloading the kernel package linux-image-" V));
	assert_int_equal(nr_in(in_room(GOT "boot")), 1);
	assert_int_equal(nr_in(in_room(GOT "lib/modules/" V)), 2); /* build/evil is just a file */
	assert_int_equal(nr_in(in_room("cache/kernel")), 1);
	assert_int_equal(access(in_room("evil"), F_OK), -1);
	assert_int_equal(access(in_room(GOT "etc"), F_OK), -1);
	assert_int_equal(access("/etc/evil", F_OK), -1);

	/* Offline now: no apt at all. */
	unlink(in_room("bin/apt-get"));
	unlink(in_room("bin/apt-cache"));
	assert_finds(&wish, GOT "boot/vmlinuz-" V, GOT "lib/modules/" V);

	/* What is damaged is fetched again. */
	put_apt(GET_OK);
	unlink(in_room(GOT "lib/modules/" V "/kernel/virtio_blk.ko"));
	assert_finds(&wish, GOT "boot/vmlinuz-" V, GOT "lib/modules/" V);
	assert_int_equal(access(in_room(GOT "lib/modules/" V "/kernel/virtio_blk.ko"), F_OK), 0);
}

/* What a look says is what a download then leaves; the look itself leaves nothing. */
static void test_look(void **state)
{
	struct kernel_wish wish = { .cache = room.cache, .root = room.root };
	struct kernel kernel, found;
	struct err err = { 0 };

	(void)state;
	put_package();
	put_apt(GET_OK);
	assert_int_equal(rmdir(room.cache), 0);
	assert_int_equal(kernel_look(&wish, &kernel, &err), 1);
	assert_int_equal(access(room.cache, F_OK), -1);
	assert_int_equal(access(in_room("downloads"), F_OK), -1);
	assert_int_equal(mkdir(room.cache, 0700), 0);
	assert_int_equal(kernel_find(&wish, &found, &err), 0);
	assert_memory_equal(&kernel.path, &found.path, strlen(found.path) + 1);
	assert_string_equal(kernel.modules, found.modules);
	assert_string_equal(kernel.version, found.version);
	assert_true(kernel.from_package && found.from_package);
	assert_int_equal(kernel_look(&wish, &kernel, &err), 0);
	assert_string_equal(kernel.path, found.path);
	assert_int_equal(unlink(in_room("bin/apt-cache")), 0);
	tree_remove(in_room(GOT));
	assert_int_equal(kernel_look(&wish, &kernel, &err), -ENOENT);
	assert_non_null(strstr(err.text, "--kernel"));
}

static void test_download_fails(void **state)
{
	static const struct {
		const char *get, *says;
	} cases[] = {
		{ "echo 'E: Failed to fetch: no route' >&2; exit 100",
		  "(100): E: Failed to fetch: no" },
		{ "kill -9 $$", "signal 9" },
		{ "exit 0", "downloaded nothing" },
		{ "echo x >cache/kernel/tmp-$PPID/linux-image-x_amd64.deb", "cannot be unpacked" },
		{ "head -c -200 package.deb >cache/kernel/tmp-$PPID/linux-image-x_amd64.deb",
		  "cannot be unpacked" },
		{ "seq 100000; echo THE END; exit 7", "THE END" },
	};
	struct kernel_wish wish = { .cache = room.cache, .root = room.root };
	struct kernel kernel;

	(void)state;
	put_package();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };

		put_apt(cases[i].get);
		assert_true(kernel_find(&wish, &kernel, &err) < 0);
		if (!strstr(err.text, cases[i].says))
			print_message("# %s\n", err.text);
		assert_non_null(strstr(err.text, cases[i].says));
		assert_null(strchr(err.text, '\n'));
		assert_int_equal(nr_in(in_room("cache/kernel")), 0);
	}
}

static void test_empty_lists(void **state)
{
	struct kernel_wish wish = { .cache = room.cache, .root = room.root };
	struct kernel kernel;
	struct err err = { 0 };

	(void)state;
	put_script("apt-cache", "echo 'E: No packages found' >&2; exit 100");
	assert_int_equal(kernel_find(&wish, &kernel, &err), -ENOENT);
	assert_non_null(strstr(err.text, "apt-get update"));
}

static int find_in_child(void)
{
	struct kernel_wish wish = { .cache = room.cache, .root = room.root };
	struct kernel kernel;
	pid_t pid = fork();

	if (pid == 0)
		_exit(kernel_find(&wish, &kernel, NULL) < 0);
	return pid;
}

/* The first download hangs until the second search is under way; there is no second download. */
static void test_two_at_once(void **state)
{
	CLEANUP(file_close) FILE *downloads = NULL;
	CLEANUP(fd_close) int begun = -1;
	char line[64];
	int pids[2], status;

	(void)state;
	put_package();
	assert_int_equal(mkfifo(in_room("begun"), 0600), 0);
	assert_int_equal(mkfifo(in_room("go"), 0600), 0);
	put_apt("echo >begun; read x <go\n" GET_OK);
	pids[0] = find_in_child();
	begun = open(in_room("begun"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(begun, line, 1), 1);
	pids[1] = find_in_child();
	fake_write(in_room("go"), "\n", 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	downloads = fopen(in_room("downloads"), "re");
	assert_non_null(downloads);
	assert_non_null(fgets(line, sizeof(line), downloads));
	assert_null(fgets(line, sizeof(line), downloads));
}

/* Nobody's signal mask, and an end with its parent. */
static void test_command(void **state)
{
	const char *const argv[] = { "say", NULL }, *const none[] = { "no-such-program", NULL };
	sigset_t all, was;
	struct err err = { 0 };
	char out[256];

	(void)state;
	put_script("say", "grep SigBlk /proc/self/status; readlink /proc/self/fd/0; echo $LC_ALL");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &was);
	assert_int_equal(spawn_run(argv, room.at, out, sizeof(out), &err), 0);
	sigprocmask(SIG_SETMASK, &was, NULL);
	assert_string_equal(out, "SigBlk:\t0000000000000000\n/dev/null\nC\n");
	assert_int_equal(spawn_run(none, room.at, out, sizeof(out), &err), -ENOENT);
	assert_non_null(strstr(err.text, "no-such-program"));
}

/* As qlaunch is: without capabilities in effect, of which uid 0 has all again after an exec that may give them. */
static _Noreturn void program_owner(void)
{
	const char *const argv[] = { "stay", NULL };
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
	char out[256];

	if (syscall(SYS_capset, &header, none))
		_exit(1);
	_exit(spawn_run(argv, room.at, out, sizeof(out), NULL) != 0);
}

static void test_program_ends_with_us(void **state)
{
	int ends[2];
	struct pollfd gone = { .events = POLLIN };
	char byte, script[64];
	pid_t pid;

	(void)state;
	/* it has the pipe for as long as it lives */
	assert_int_equal(pipe(ends), 0);
	snprintf(script, sizeof(script), "echo x >&%d; exec sleep 60", ends[1]);
	put_script("stay", script);
	pid = fork();
	if (!pid)
		program_owner();
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(read(ends[0], &byte, 1), 1); /* the end of its line */
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	gone.fd = ends[0];
	assert_int_equal(poll(&gone, 1, 600000), 1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_record),      TEST(test_download),
		TEST(test_look),        TEST(test_download_fails),
		TEST(test_empty_lists), TEST(test_two_at_once),
		TEST(test_command),     TEST(test_program_ends_with_us),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

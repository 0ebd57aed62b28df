/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_qemu_words.c - the table of QEMU's options beside the list that the real QEMU prints, and each judgement. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "golden.h"
#include "qemu_words.h"

#define HELP_MAX    (256 * 1024)
#define OPTIONS_MAX 300

static const struct {
	const char *words, *why;
} refused[] = {
	{ "-daemonize", "-daemonize: a QEMU in the background would outlive qlaunch" },
	{ "--daemonize", "-daemonize: " },
	{ "-vga std -runas nobody", "-runas: " },
	{ "-run-with user=nobody", "-run-with: " },
	{ "-chroot /", "-chroot: " },
	{ "-sandbox off", "-sandbox: " },
	{ "-S", "--hold" },
	{ "-incoming defer", "-incoming: " },
	{ "--preconfig", "-preconfig: " },
	{ "-icount shift=0", "-icount: it puts every vCPU on one thread" },
	{ "-smp 4", "-smp: use --vcpus" },
	{ "-m 1G", "-m: use --memory" },
	{ "-enable-kvm", "use --accel kvm" },
	{ "-M pc", "use --machine" },
	{ "-kernel k", "use --kernel" },
	{ "-snapshot",
	  "-snapshot: QEMU ignores it for the disks that qlaunch gives it: use --snapshot" },
	{ "-no-reboot", "use --reboot off" },
	{ "-hda x.img", "-hda: name it as a DISK before --" },
	{ "x.img", "'x.img' is not an option of QEMU: a disk goes before --" },
	{ "---snapshot", "'---snapshot' is not an option of QEMU" },
	{ "-vga std x.img", "'x.img' is not an option" },
	{ "-", "'-' is not an option" },
	{ "--", "'--' is not an option" },
	{ "-drive file=x.img,format=raw", "-drive: name it as a DISK" },
	{ "-drive if=virtio,file=x.img", "-drive: name it as a DISK" },
	{ "-drive if=none,id=disk0,file=x", "'disk0' is the name of a part that qlaunch makes" },
	{ "-blockdev {\"node-name\":\"disk0-base\",\"driver\":\"null-co\"}",
	  "'disk0-base' is the" },
	{ "-blockdev null-co,node-name=disk1", "'disk1' is the" },
	{ "-boot d", "-boot: an order of drives is ignored" },
	{ "-boot menu=on,order=cd", "-boot: an order" },
	{ "-boot once=d", "-boot: an order" },
	{ "-device virtio-rng-pci,id=disk0", "'disk0' is the" },
	{ "-device isa-serial,chardev=console", "'console' is the" },
	{ "-device {\"driver\":\"ide-cd\",\"drive\":\"disk0\"}", "'disk0' is the" },
	{ "-device ide-cd,drive=cd,bootindex=0", "bootindex=0 is the first DISK's" },
	{ "-device {\"driver\":\"ide-cd\",\"bootindex\":0}", "bootindex=0 is the first DISK's" },
	{ "-device help", "QEMU prints it and exits" },
	{ "-device virtio-rng-pci,help", "QEMU prints it and exits" },
	{ "-device", "-device: it needs a value" },
	{ "-set device.disk0.physical_block_size=4096", "-set: disk0 is a part" },
	{ "-set chardev.console.logfile=x", "-set: console is a part" },
	{ "-global virtio-blk-pci.num-queues=4",
	  "-global: qlaunch decides it for each disk: use --queues" },
	{ "-global driver=virtio-blk-device,property=num-queues,value=4", "use --queues" },
	{ "-object iothread,id=x", "use --iothreads" },
	{ "-object {\"qom-type\":\"iothread\",\"id\":\"x\"}", "use --iothreads" },
	{ "-object rng-random,id=io0", "'io0' is the" },
	{ "-add-fd fd=3,set=9", "-add-fd: " },
	{ "-chardev socket,id=x,fd=3", "fd=: QEMU inherits no file descriptor" },
	{ "-chardev null,id=qmp", "'qmp' is the" },
	{ "-chardev stdio,id=x", "QEMU has no terminal" },
	{ "-serial stdio", "QEMU has no terminal" },
	{ "-serial mon:stdio", "QEMU has no terminal" },
	{ "-serial mon:tcp::4444,server=on", "the rights of yours" },
	{ "-monitor stdio", "QEMU has no terminal" },
	{ "-monitor tcp:127.0.0.1:4444,server=on", "the rights of yours: use unix:PATH" },
	{ "-qmp tcp::4444,server=on", "the rights of yours" },
	{ "-qmp-pretty telnet::4444", "the rights of yours" },
	{ "-gdb tcp::1234", "the rights of yours" },
	{ "-chardev socket,id=m,host=::,port=4444,server=on -mon chardev=m",
	  "the rights of yours" },
	{ "-mon m -chardev udp,id=m,port=4444", "the rights of yours" },
	{ "-qmp unix:x,server=on,abstract=on", "the rights of yours" },
	{ "-monitor chardev:qmp", "'qmp' is the" },
	{ "-mon chardev=console", "'console' is the" },
	{ "-s", "use -gdb unix:PATH" },
	{ "-readconfig f", "options in a file are not checked" },
	{ "-netdev user,id=net0", "'net0' is the" },
	{ "-netdev bridge,id=n,br=br0", "QEMU may start no helper program" },
	{ "-nic bridge", "QEMU may start no helper program" },
	{ "-netdev tap,id=n,ifname=t0", "QEMU may start no script" },
	{ "-netdev tap,id=n,ifname=t0,script=no", "QEMU may start no script" },
	{ "-netdev tap,id=n,fd=5", "fd=: QEMU inherits no" },
	{ "-netdev user,id=n,smb=/tmp", "smb=: QEMU may start no program" },
	{ "-action panic=none,reboot=shutdown", "qlaunch decides what follows" },
	{ "-display gtk", "neither your terminal nor your window system" },
	{ "-display sdl,gl=on", "neither your terminal" },
	{ "-version", "QEMU prints it and exits" },
	{ "-nosuchoption a -S", "-S: " },
	{ "-nosuchoption -S", "-S: " },
};

static const char *const passed[] = {
	"",
	"-vga std -vnc 127.0.0.1:0",
	"--vga none -device virtio-rng-pci",
	"-fw_cfg name=opt/x,string=-S", /* a value is no option */
	"-uuid -S",
	"-drive if=pflash,format=raw,readonly=on,file=OVMF.fd",
	"-drive if=none,id=n,file=a,,b.img,format=raw -device nvme,drive=n,serial=1",
	"-drive file=x.iso,media=cdrom",
	"-cdrom x.iso",
	"-boot menu=on,splash-time=1",
	"-device ide-cd,drive=cd,bootindex=1",
	"-device virtio-scsi-pci,iothread=io0",
	"-device isa-serial,chardev=x,id=disk",
	"-netdev user,id=n,hostfwd=tcp::2222-:22 -device virtio-net-pci,netdev=n",
	"-netdev tap,id=n,ifname=t0,script=no,downscript=no",
	"-nic user,hostfwd=tcp::2222-:22",
	"-monitor unix:m,server=on,wait=off -qmp unix:q -gdb none -gdb unix:g",
	"-chardev socket,id=x,path=p -mon chardev=x -serial chardev:x -serial null",
	"-global virtio-blk-pci.physical_block_size=4096",
	"-set drive.x.file=a.b.c",
	"-object memory-backend-memfd,id=iomem,size=1G -numa node,memdev=iomem",
	"-action panic=none",
	"-display none -display egl-headless,rendernode=x -nographic",
	"-name guest -pidfile p -d int -D log",
	"-bios OVMF.fd",
	"-nosuchoption -vga std",
};

/* Words parted by spaces. */
static int judge(const char *text, char *line, size_t size, char **words, struct err *err)
{
	int nr = 0;

	snprintf(line, size, "%s", text);
	for (char *rest = line, *word = strsep(&rest, " "); word && nr < 30;
	     word = strsep(&rest, " ")) {
		if (*word)
			words[nr++] = word;
	}
	words[nr] = NULL;
	return qemu_words_check(words, err);
}

static void test_refused(void **state)
{
	char line[300], *words[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct err err = { 0 };

		if (judge(refused[i].words, line, sizeof(line), words, &err) != -EINVAL)
			fail_msg("'%s' was taken", refused[i].words);
		if (!strstr(err.text, refused[i].why) || strncmp(err.text, "-- ", 3))
			fail_msg("'%s': '%s' lacks '%s'", refused[i].words, err.text,
			         refused[i].why);
	}
}

static void test_passed(void **state)
{
	char line[300], *words[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++) {
		struct err err = { 0 };

		if (judge(passed[i], line, sizeof(line), words, &err))
			fail_msg("'%s': %s", passed[i], err.text);
	}
}

static void test_unknown(void **state)
{
	char *words[] = { (char *)"-vga",
		          (char *)"-std",
		          (char *)"-shiny",
		          (char *)"on",
		          (char *)"-nodefaults",
		          (char *)"--new",
		          NULL };
	char *const *at = words;

	(void)state;
	assert_int_equal(qemu_words_check(words, NULL), 0);
	assert_string_equal(qemu_words_unknown(&at), "-shiny");
	assert_string_equal(qemu_words_unknown(&at), "--new");
	assert_null(qemu_words_unknown(&at));
}

static void test_firmware(void **state)
{
	static const struct {
		const char *words;
		bool has;
	} cases[] = {
		{ "", false },
		{ "-bios OVMF.fd", true },
		{ "-vga std --bios OVMF.fd", true },
		{ "-pflash OVMF.fd", true },
		{ "-drive if=pflash,file=OVMF.fd", true },
		{ "-drive if=none,file=pflash", false },
		{ "-name -bios -vga std", false },
	};
	char line[100], *words[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(judge(cases[i].words, line, sizeof(line), words, NULL), 0);
		if (qemu_words_have_firmware(words) != cases[i].has)
			fail_msg("'%s'", cases[i].words);
	}
	assert_false(qemu_words_have_firmware(NULL));
}

static char *ask(const char *command)
{
	const char *const words[] = { "sh", "-c", command, NULL };
	char *text = calloc(1, HELP_MAX);

	assert_non_null(text);
	command_run("/", words, text, HELP_MAX);
	return text;
}

static void add_option(char *names[], int *nr, const char *from, size_t len)
{
	for (int i = 0; i < *nr; i++) {
		if (strlen(names[i]) == len && !strncmp(names[i], from, len))
			return;
	}
	assert_true(*nr < OPTIONS_MAX);
	names[(*nr)++] = strndup(from, len);
}

/* "-name value", "-h or -help", "-fda/-fdb file", "--preconfig" at the start of a line. */
static int read_options(const char *help, char *names[])
{
	static const char letters[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	int nr = 0;

	for (const char *line = help; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		while (*line == '-') {
			const char *from = line + strspn(line, "-");
			size_t len = strspn(from, letters);

			add_option(names, &nr, from, len);
			line = from + len;
			if (!strncmp(line, " or -", 5))
				line += 4;
			else if (!strncmp(line, "/-", 2))
				line++;
		}
	}
	return nr;
}

static void test_open(void **state)
{
	static const struct {
		const char *word, *value;
		bool open;
	} cases[] = {
		{ "-vnc", ":0", true },
		{ "--vnc", "0.0.0.0:1,share=ignore", true },
		{ "-vnc", "[::]:1", true },
		{ "-display", "vnc=:0", true },
		{ "-vnc", ":0,password=on", false },
		{ "-vnc", ":0,password-secret=s", false },
		{ "-vnc", ":0,tls-creds=t", false },
		{ "-vnc", "127.0.0.1:0", false },
		{ "-vnc", "unix:/tmp/x", false },
		{ "-vnc", "none", false },
		{ "-spice", "port=5900,disable-ticketing=on", true },
		{ "-spice", "port=5900,addr=127.0.0.1,disable-ticketing=on", false },
		{ "-spice", "port=5900", false },
		{ "-gdb", "tcp::1234", true },
		{ "-gdb", "tcp:127.0.0.1:1234", false },
		{ "-s", NULL, true },
		{ "-name", "-s", false },
		{ "-vga", "std", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *words[] = { (char *)"-m", (char *)"1G", (char *)cases[i].word,
			          (char *)cases[i].value, NULL };
		char *const *at = words;
		const char *got = qemu_words_open(&at);

		if (!got != !cases[i].open)
			fail_msg("%s %s: %s", cases[i].word, cases[i].value, got ? got : "no note");
		if (got)
			assert_ptr_equal(got, cases[i].word);
		assert_null(cases[i].open ? qemu_words_open(&at) : NULL);
	}
}

/* An option that qlaunch has not judged turns this red: give it a row in launcher/qemu_words.c. */
static void check_list(const char *qemu)
{
	char command[4096], *names[OPTIONS_MAX];
	CLEANUP(str_free) char *help = NULL;
	char missing[2000] = "";
	int nr;

	snprintf(command, sizeof(command), "%s --help", qemu);
	help = ask(command);
	nr = read_options(help, names);
	print_message("# %s: %d options\n", qemu, nr);
	assert_true(nr > 100);
	for (int i = 0; i < nr; i++) {
		const char *why;

		if (!qemu_word_find(names[i], &why))
			snprintf(missing + strlen(missing), sizeof(missing) - strlen(missing),
			         " -%s", names[i]);
		free(names[i]);
	}
	if (missing[0])
		fail_msg("%s has options that launcher/options/qemu_words.c does not judge:%s",
		         qemu, missing);
}

/* That of PATH, and the newer one that the labs have unpacked. */
static void test_real_list(void **state)
{
	static const char lab[] =
	        "${XDG_CACHE_HOME:-$HOME/.cache}/qlaunch-lab/qemu/usr/bin/qemu-system-x86_64";
	char command[200];
	CLEANUP(str_free) char *there = NULL;

	(void)state;
	check_list("qemu-system-x86_64");
	snprintf(command, sizeof(command), "test -x %s && echo yes", lab);
	there = ask(command);
	if (!strncmp(there, "yes", 3))
		check_list(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused), cmocka_unit_test(test_passed),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_open),    cmocka_unit_test(test_real_list),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

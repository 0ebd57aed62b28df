/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_cmdline.c - argv into a spec: every bad word gets its one sentence, every disk its own name. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "cmdline.h"
#include "golden.h"

static const struct {
	const char *line, *words;
} bad[] = {
	{ "d --polcy fifo", "unknown option '--polcy': did you mean '--policy'?" },
	{ "d --zzzzzzz 1", "unknown option '--zzzzzzz': qlaunch help run lists the options" },
	{ "d --hugepages 1G", "unknown option '--hugepages'" },
	{ "d --policy fifo:0", "--policy: " },
	{ "d --policy fifo:100", "--policy: " },
	{ "d --policy rr:0", "1..99" },
	{ "d --pin 1-", "--pin: " },
	{ "d --pin x", "--pin: " },
	{ "d --emulator-pin 9-1", "--emulator-pin: " },
	{ "d --vcpus 0", "--vcpus: '0' is not in 1..255" },
	{ "d --vcpus", "--vcpus needs a value: N" },
	{ "d --pin --force", "--pin needs a value: none|LIST" },
	{ "d --policy fifo --policy rr", "--policy: is given twice, and run takes one value" },
	{ "d --policy fifo,rr", "several are for qlaunch sweep" },
	{ "d -x", "unknown option '-x': qlaunch help run lists the options" },
	{ "d -m 1G", "'-m' is an option of QEMU: use --memory" },
	{ "d -smp 2", "'-smp' is an option of QEMU: use --vcpus" },
	{ "d -object rng-random,id=r", "'-object' is an option of QEMU: put it after --" },
	{ "d -vga std", "'-vga' is an option of QEMU: put it after --, as in -- -vga" },
	{ "d -output x", "unknown option '-output': did you mean '--output'?" },
	{ "d -cpu max", "unknown option '-cpu': did you mean '--cpu'?" },
	{ "d -version", "did you mean '--version'?" },
	{ "d -kvm", "use --accel kvm" },
	{ "d --smp 2", "'--smp' is an option of QEMU: use --vcpus" },
	{ "d --m 1G", "'--m' is an option of QEMU: use --memory" },
	{ "d --bios=OVMF.fd", "'--bios' is an option of QEMU: put it after --, as in -- -bios" },
	{ "d --enable-kvm", "use --accel kvm" },
	{ "d --drive file=x", "'--drive' is an option of QEMU: put it after --" },
	{ "d --hda x", "name it as a DISK" },
	{ "d --share /srv", "unknown option '--share': use -- -virtfs local,path=FOLDER" },
	{ "d --cpus 2", "unknown option '--cpus': use --vcpus" },
	{ "d --ram 1G", "use --memory" },
	{ "bench --smp 2", "use --vcpus" },
	{ "bench --bios x", "only run takes these, after --" },
	{ "d --net user,hostfwd=tcp::22-:22",
	  "-nic takes: use --net none -- -nic user,hostfwd=tcp::22" },
	{ "d --net tap", "use --net none -- -nic tap" },
	{ "d --net usr", "'usr' is not one of none, user" },
	{ "d -o", "--output needs a value" },
	{ "d --workload cpu", "--workload: not valid for 'run' (only for: bench, sweep, doctor)" },
	{ "d --force=maybe", "--force: 'maybe' is not one of off, on" },
	{ "", "nothing to boot" },
	{ "run", "nothing to boot" },
	{ "-v bench", "'bench' is a command, which comes first" },
	{ "--initrd i d", "--initrd needs --kernel" },
	{ "--append quiet d", "--append needs --kernel" },
	{ "d --place-at ready", "--place-at ready needs the built-in guest" },
	{ "d --disk file=a,b", "a name with commas needs JSON" },
	{ "d --disk {\"fil\":\"a\"}", "--disk: 'fil' is not one of file, format, readonly" },
	{ "bench disk.img", "bench takes options only: 'disk.img' is not one" },
	{ "bench --workload sleep", "--workload: 'sleep' is no workload: take cpu" },
	{ "bench --duration 0s", "a trial of 0s measures nothing" },
	{ "bench --bs 4M --scratch-size 1M", "--bs is larger than the scratch" },
	{ "bench --policy other,fifo", "several are for qlaunch sweep" },
	{ "bench -- -s", "only run takes QEMU's own options" },
	{ "sweep --policy other,fifo:100", "--policy: " },
	{ "sweep --preset slow", "--preset: 'slow' is not one of quick" },
	{ "sweep --preset quick --arms a", "--arms and --preset exclude each other" },
	{ "sweep --arms a --policy other,fifo", "--policy has several values, but --arms lists" },
	/* one value was wanted: the parser's own reason, unless each part is a value */
	{ "d --pin 0,x", "--pin: item 2 of '0,x': 'x' is no CPU number" },
	{ "bench --pin 0,x", "--pin: item 2 of '0,x': 'x' is no CPU number" },
	{ "sweep --pin 0,x", "--pin: value 2 of '0,x': 'x' is no CPU number" },
	{ "d --pin 0:1,0:2", "item 2 of '0:1,0:2': thread 0 is named twice" },
	{ "d --emulator-pin 0,^0", "leaves no CPU" },
	{ "d --policy other,fio", "'other,fio' is no policy" },
	/* values that belong together are bracketed */
	{ "sweep --machine q35,smm=off", "write --machine '[q35,smm=off]'" },
	{ "sweep --cpu host,+invtsc,max,-svm,pmu=off",
	  "'+invtsc' seems to belong to 'host': write --cpu '[host,+invtsc],[max,-svm,pmu=off]'" },
	{ "sweep --append quiet,isolcpus=1,2", "write --append 'quiet,[isolcpus=1,2]'" },
	{ "sweep --append mitigations=auto,nosmt", "write --append '[mitigations=auto,nosmt]'" },
	{ "sweep --vcpus 2 --pin 0,1",
	  "--vcpus is 2: put the CPUs of one list into brackets, --pin [0,1]" },
	{ "sweep --iothreads 2 --io-pin 0,1", "--io-pin [0,1]" },
	/* a value twice is nothing to compare */
	{ "sweep --policy other,other", "'other' and 'other' are the same value" },
	{ "sweep --policy fifo,fifo:1,fifo:2",
	  "value 2 of 'fifo,fifo:1,fifo:2': 'fifo' and 'fifo:1'" },
	{ "sweep --policy fifo --policy rr,fifo:1", "'fifo' and 'fifo:1' are the same value" },
	{ "sweep --memory 1G,1024M", "'1G' and '1024M' are the same value" },
	{ "bench --where guest,guest", "'guest' and 'guest' are the same value" },
	{ "bench --snapshot", "--snapshot: not valid for 'bench' (only for: run)" },
	{ "sweep --disk d", "--disk: not valid for 'sweep' (only for: run, doctor)" },
	{ "--repeat 3 d", "--repeat: not valid for 'run' (only for: bench, sweep)" },
	{ "d --trace-buffer 4k", "--trace-buffer needs --trace FILE" },
	{ "bench --trace-buffer 4k", "--trace-buffer needs --trace FILE" },
	{ "bench --trace-limit 1M", "--trace-limit needs --trace FILE" },
	{ "d --trace-limit 1M", "--trace-limit needs --trace FILE" },
	{ "d --observe light --events cs", "--events needs --observe counters or deep" },
	{ "bench --events cs --observe light", "light counts nothing" },
	{ "sweep --events cs --observe light --policy other,fifo", "light counts nothing" },
	{ "report", "report needs a results file" },
	{ "report --format xml a", "--format: " },
	{ "doctor x", "doctor takes options only" },
	{ "d -- -daemonize", "-- -daemonize: a QEMU in the background would outlive qlaunch" },
	{ "d -- -vga std -snapshot", "-- -snapshot: QEMU ignores it" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(str_free) char *line = strdup(bad[i].line);
		struct cmdline cmdline;
		struct err err = { 0 };

		if (words_parse(line, &cmdline, &err) >= 0)
			fail_msg("'%s' was taken", bad[i].line);
		if (!strstr(err.text, bad[i].words) || strchr(err.text, '\n'))
			fail_msg("'%s': '%s' lacks '%s'", bad[i].line, err.text, bad[i].words);
	}
}

/* The line lives as long as the command line, which borrows from it. */
static char *parse(const char *text, struct cmdline *ret)
{
	char *line = strdup(text);
	struct err err = { 0 };

	if (words_parse(line, ret, &err) < 0)
		fail_msg("'%s': %s", text, err.text);
	return line;
}

static void test_run(void **state)
{
	struct cmdline c;
	CLEANUP(str_free)
	char *line = parse("--policy fifo --pin=2-3 disk.qcow2 -vv -oout.jsonl -- -vga none", &c);
	const struct spec *s = &c.spec;

	(void)state;
	assert_int_equal(c.command, COMMAND_RUN);
	assert_false(c.is_explicit);
	assert_int_equal(s->policy.level, 1);
	assert_int_equal(s->pin.nr, 2);
	assert_int_equal(s->pin.cpu[1], 3);
	assert_int_equal(s->nr_disks, 1);
	assert_string_equal(s->disk[0].file, "disk.qcow2");
	assert_int_equal(s->disk[0].format, DISK_AUTO);
	assert_int_equal(s->verbose, 2);
	assert_string_equal(s->output, "out.jsonl");
	assert_string_equal(s->qemu_args[0], "-vga");
	assert_string_equal(s->qemu_args[1], "none");
	assert_null(s->qemu_args[2]);
	assert_int_equal(s->net, NET_USER);
	assert_int_equal(s->duration_ns, 0);
	assert_int_equal(s->where, WHERE_GUEST);
	assert_int_equal(c.axes.nr, 0);
	cmdline_done(&c);
}

/* What a knob needs may be a part of an axis, or come from a file of arms. */
static void test_observers(void **state)
{
	static const char *const good[] = {
		"d --events cs",
		"d --events cs --observe deep",
		"bench --trace x.json --trace-buffer 4k",
		"sweep --events cs --observe light,counters",
		"sweep --events cs --arms a --observe light --trace-buffer 4k",
		"bench --trace x.json --trace-limit 1M",
		"sweep --machine [q35,smm=off],q35 --cpu [host,-x],max --append a=1,b=2",
		"sweep --append [mitigations=auto],[nosmt]",
		"sweep --vcpus 2 --pin [0,1],[1,0],none",
		"sweep --pin 0,1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct cmdline c;
		CLEANUP(str_free) char *line = parse(good[i], &c);

		cmdline_done(&c);
	}
}

static void test_disk_words(void **state)
{
	char *argv[] = { (char *)"qlaunch",
		         (char *)"./run",
		         (char *)"a,format=raw,id=\n'\"x",
		         (char *)"{\"file\":\"x\"}",
		         (char *)"k=v",
		         (char *)"--disk",
		         (char *)"file=y,format=raw,readonly=on",
		         (char *)"--disk={\"file\": \"a,b\\nc\", \"format\": \"qcow2\"}",
		         (char *)"-",
		         NULL };
	struct cmdline c;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(cmdline_parse(ARRAY_SIZE(argv) - 1, argv, &c, &err), 0);
	assert_int_equal(c.spec.nr_disks, 7);
	assert_string_equal(c.spec.disk[0].file, "./run");
	assert_string_equal(c.spec.disk[1].file, "a,format=raw,id=\n'\"x");
	assert_int_equal(c.spec.disk[1].format, DISK_AUTO);
	assert_string_equal(c.spec.disk[2].file, "{\"file\":\"x\"}");
	assert_string_equal(c.spec.disk[3].file, "k=v");
	assert_string_equal(c.spec.disk[4].file, "y");
	assert_int_equal(c.spec.disk[4].format, DISK_RAW);
	assert_true(c.spec.disk[4].readonly);
	assert_string_equal(c.spec.disk[5].file, "a,b\nc");
	assert_int_equal(c.spec.disk[5].format, DISK_QCOW2);
	assert_string_equal(c.spec.disk[6].file, "-");
	cmdline_done(&c);
}

static void test_too_many_disks(void **state)
{
	char *argv[SPEC_DISKS_MAX + 3] = { (char *)"qlaunch" };
	struct cmdline c;
	struct err err = { 0 };

	(void)state;
	for (int i = 1; i < SPEC_DISKS_MAX + 2; i++)
		argv[i] = (char *)"d";
	assert_int_equal(cmdline_parse(SPEC_DISKS_MAX + 2, argv, &c, &err), -E2BIG);
	assert_non_null(strstr(err.text, "more than 16 disks"));
}

static void test_bench(void **state)
{
	struct cmdline c;
	char *line = parse("bench", &c);

	(void)state;
	assert_true(c.is_explicit);
	assert_int_equal(c.axes.nr, 1);
	assert_string_equal(c.axes.axis[0].knob->name, "where");
	assert_int_equal(c.axes.axis[0].nr, 2);
	assert_string_equal(c.axes.axis[0].value[0], "native");
	assert_string_equal(c.axes.axis[0].value[1], "guest");
	assert_int_equal(c.spec.repeat, 8);
	assert_int_equal(c.spec.net, NET_NONE);
	cmdline_done(&c);
	free(line);

	line = parse("bench --where native --workload cpu,read --workload write", &c);
	assert_int_equal(c.axes.nr, 0);
	assert_int_equal(c.spec.where, WHERE_NATIVE);
	assert_int_equal(c.spec.nr_workloads, 3);
	cmdline_done(&c);
	free(line);
}

static void test_sweep(void **state)
{
	struct cmdline c;
	CLEANUP(str_free)
	char *line = parse("sweep --policy other,fifo:2 --pin [0,2],1 --pin none --vcpus 1 "
	                   "--workload cpu,randrw --cpu [host,-x] --bs 4k,8k --repeat 4",
	                   &c);

	(void)state;
	assert_int_equal(c.axes.nr, 3);
	assert_string_equal(c.axes.axis[0].knob->name, "policy");
	assert_int_equal(c.axes.axis[0].nr, 2);
	assert_string_equal(c.axes.axis[0].value[1], "fifo:2");
	assert_string_equal(c.axes.axis[1].knob->name, "pin");
	assert_int_equal(c.axes.axis[1].nr, 3);
	assert_string_equal(c.axes.axis[1].value[0], "0,2");
	assert_string_equal(c.axes.axis[1].value[1], "1");
	assert_string_equal(c.axes.axis[1].value[2], "none");
	assert_string_equal(c.axes.axis[2].knob->name, "bs");
	assert_int_equal(c.spec.vcpus, 1); /* one value: no axis */
	assert_string_equal(c.spec.cpu, "host,-x");
	assert_int_equal(c.spec.nr_workloads, 2); /* a list, not an axis */
	assert_int_equal(c.spec.repeat, 4);
	assert_int_equal(c.spec.where, WHERE_GUEST);
	cmdline_done(&c);
}

static void test_axis_bounds(void **state)
{
	char line[512] = "sweep";
	struct cmdline c;
	struct err err = { 0 };

	(void)state;
	for (int i = 1; i <= 65; i++) {
		size_t used = strlen(line);

		snprintf(line + used, sizeof(line) - used, "%s%d", i % 8 == 1 ? " --iodepth " : ",",
		         i);
	}
	assert_int_equal(words_parse(line, &c, &err), -E2BIG);
	assert_non_null(strstr(err.text, "--iodepth: more than 64 values"));
}

static void test_help(void **state)
{
	static const struct {
		const char *line;
		bool help, version, is_explicit;
	} cases[] = {
		{ "--help", true, false, false },
		{ "-h", true, false, false },
		{ "bench --help", true, false, true },
		{ "--polcy 1 --help", true, false, false }, /* helps also who is lost */
		{ "--version", false, true, false },
		{ "help", true, false, false },
		{ "help --help", true, false, false },
		{ "help sweep", true, false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cmdline c;
		CLEANUP(str_free) char *line = parse(cases[i].line, &c);

		assert_int_equal(c.help, cases[i].help);
		assert_int_equal(c.version, cases[i].version);
		assert_int_equal(c.is_explicit, cases[i].is_explicit);
		cmdline_done(&c);
	}
}

static void test_report(void **state)
{
	struct cmdline c;
	CLEANUP(str_free) char *line = parse("report --format csv a.jsonl - b", &c);

	(void)state;
	assert_int_equal(c.command, COMMAND_REPORT);
	assert_int_equal(c.nr_files, 3);
	assert_string_equal(c.files[1], "-");
	assert_string_equal(c.spec.format, "csv");
	cmdline_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_observers),
		cmocka_unit_test(test_disk_words),
		cmocka_unit_test(test_too_many_disks),
		cmocka_unit_test(test_bench),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_axis_bounds),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_report),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

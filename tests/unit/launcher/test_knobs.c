/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_knobs.c - the knob table: every value parses, prints back the same, and what is wrong is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "catalog.h"
#include "json.h"
#include "knob_kinds.h"
#include "knobs.h"
#include "text.h"

#define SAME NULL

static const struct {
	const char *knob, *text, *again; /* SAME: prints back as it came */
} good[] = {
	{ "where", "native", SAME },
	{ "accel", "auto", SAME },
	{ "accel", "kvm", SAME },
	{ "accel", "tcg", SAME },
	{ "vcpus", "1", SAME },
	{ "vcpus", "255", SAME },
	{ "memory", "1G", SAME },
	{ "memory", "1024M", "1G" },
	{ "memory", "16M", SAME },
	{ "cpu", "host,-arch-capabilities", SAME },
	{ "machine", "q35,kernel-irqchip=split", SAME },
	{ "net", "user", SAME },
	{ "kernel", "/boot/vmlinuz", SAME },
	{ "initrd", "a b", SAME },
	{ "append", "console=ttyS0,115200", SAME },
	{ "append", "", SAME },
	{ "modules", "/lib/modules/6.1", SAME },
	{ "user", "root", SAME },
	{ "confine", "off", SAME },
	{ "vms", "1", SAME },
	{ "vms", "64", SAME },
	{ "iothreads", "0", SAME },
	{ "iothreads", "64", SAME },
	{ "aio", "io_uring", SAME },
	{ "aio", "native", SAME },
	{ "aio", "threads", SAME },
	{ "cache", "directsync", SAME },
	{ "cache", "unsafe", SAME },
	{ "queues", "4", SAME },
	{ "virtio", "tuned", SAME },
	{ "snapshot", "on", SAME },
	{ "reboot", "off", SAME },
	{ "backing", "allow", SAME },
	{ "pin", "none", SAME },
	{ "pin", "3,2", SAME },
	{ "pin", "2-3", SAME },
	{ "pin", "0:2,1:3", "2-3" },
	{ "io-pin", "1", SAME },
	{ "emulator-pin", "0,2-3", SAME },
	{ "policy", "fifo", "fifo:1" },
	{ "policy", "fifo:99", SAME },
	{ "policy", "rr:1", SAME },
	{ "policy", "other:-5", SAME },
	{ "policy", "batch:3", SAME },
	{ "policy", "idle", SAME },
	{ "policy", "deadline:2ms/10ms/10ms", SAME },
	{ "neighbour-policy", "batch:10", SAME },
	{ "io-policy", "rr:3", SAME },
	{ "emulator-policy", "batch", SAME },
	{ "guest-policy", "fifo:2", SAME },
	{ "place-at", "ready", SAME },
	{ "poll-max-ns", "0", SAME },
	{ "shutdown-timeout", "30s", SAME },
	{ "qemu", "/opt/qemu/bin/qemu-system-x86_64", SAME },
	{ "qmp-timeout", "1500ms", SAME },
	{ "boot-timeout", "90s", SAME },
	{ "workload", "randrw", SAME },
	{ "workload", "cpu,randread,write", SAME },
	{ "duration", "1500ms", SAME },
	{ "duration", "1.5s", "1500ms" },
	{ "duration", "0s", SAME },
	{ "warmup", "0s", SAME },
	{ "warmup", "1500ms", SAME },
	{ "warmup", "agent", SAME },
	{ "bs", "512", SAME },
	{ "iodepth", "1", SAME },
	{ "handicap", "5%", SAME },
	{ "rate", "none", SAME },
	{ "rate", "1000:poisson", SAME },
	{ "rate", "1000:constant", "1000" },
	{ "rwmix", "0", SAME },
	{ "rwmix", "100", SAME },
	{ "direct", "off", SAME },
	{ "iopoll", "on", SAME },
	{ "sqpoll", "on", SAME },
	{ "stuck-after", "90s", SAME },
	{ "scratch", "/var/tmp", SAME },
	{ "scratch-size", "256M", SAME },
	{ "observe", "counters", SAME },
	{ "trace", "a/x.json", SAME },
	{ "trace-buffer", "64k", SAME },
	{ "trace-limit", "1G", SAME },
	{ "events", "cycles:G,{cache-misses,r1a2}:u,task-clock", SAME },
	{ "until-ci", "2%", SAME },
	{ "until-ci", "0.50%", "0.5%" },
	{ "budget", "30m", SAME },
	{ "shard", "3/16", SAME },
	{ "slurm", "16", SAME },
	{ "noise", "none", SAME },
	{ "noise", "cpu:2", SAME },
	{ "noise", "cpu:64", "cpu:64" },
	{ "noise", "cpu:64:other", "cpu:64:other" },
	{ "noise", "cpu:1:other:5", SAME },
	{ "force", "on", SAME },
	{ "repeat", "6", SAME },
	{ "boots", "6", SAME },
	{ "seed", "18446744073709551615", SAME },
	{ "baseline", "guest pin=1", SAME },
	{ "fail-if", "cpu_events_per_s worse 10%", SAME },
	{ "fail-if", "wakeup_max_ns > 100us", SAME },
	{ "session-spread", "1%", SAME },
	{ "by", "kernel", SAME },
	{ "control", "off", SAME },
	{ "arms", "arms.json", SAME },
	{ "preset", "quick", SAME },
	{ "preset", "overcommit", SAME },
	{ "format", "csv", SAME },
	{ "resume", "a/b.jsonl", SAME },
	{ "output", "-", SAME },
	{ "verbose", "on", SAME },
	{ "quiet", "on", SAME },
	{ "disk", "{\"file\": \"a,b\"}", "[ { \"file\": \"a,b\" } ]" },
	{ "disk", "file=a,format=raw,readonly=on",
	  "[ { \"file\": \"a\", \"format\": \"raw\", \"readonly\": \"on\" } ]" },
	{ "disk", "[ { \"file\": \"a\" }, { \"file\": \"b\", \"format\": \"qcow2\" } ]", SAME },
	{ "disk", "plain", "[ { \"file\": \"plain\" } ]" },
	{ "disk", "{\"file\": \"a\", \"readonly\": true}",
	  "[ { \"file\": \"a\", \"readonly\": \"on\" } ]" },
};

static const struct {
	const char *knob, *text, *words; /* words: in the message */
} bad[] = {
	{ "where", "here", "'here' is not one of native, guest" },
	{ "accel", "KVM", "not one of auto, kvm, tcg" },
	{ "accel", "", "not one of" },
	{ "vcpus", "0", "'0' is not in 1..255" },
	{ "vcpus", "256", "1..255" },
	{ "vcpus", "two", "is not a whole number" },
	{ "memory", "1X", "is not a size" },
	{ "memory", "15M", "'15M' is not in 16M..16T" },
	{ "memory", "17T", "16T" },
	{ "memory", "16777217", "no multiple of 1M" },
	{ "cpu", "", "is empty" },
	{ "kernel", "", "is empty" },
	{ "iothreads", "65", "0..64" },
	{ "iothreads", "-1", "0..64" },
	{ "aio", "uring", "threads, native, io_uring" },
	{ "cache", "on", "writeback" },
	{ "queues", "0", "1..1024" },
	{ "pin", "", "" },
	{ "pin", "2-", "" },
	{ "pin", "1,,2", "comma" },
	{ "pin", "a", "'a'" },
	{ "emulator-pin", "x", "'x'" },
	{ "until-ci", "2", "is no share like 2%" },
	{ "until-ci", "-1%", "is no share like 2%" },
	{ "until-ci", "1e1%", "is no share like 2%" },
	{ "until-ci", "0%", "not in 0.1%..50%" },
	{ "until-ci", "51%", "not in 0.1%..50%" },
	{ "budget", "0s", "not in 1s.." },
	{ "budget", "30", "" },
	{ "shard", "1", "is no part like 1/4" },
	{ "shard", "5/4", "not in 1..4" },
	{ "shard", "1/0", "" },
	{ "shard", "123456789/4", "is no part like 1/4" },
	{ "noise", "", "neither none nor cpu:N" },
	{ "noise", "cpu", "neither none nor cpu:N" },
	{ "noise", "cpu:65", "not in 1..64" },
	{ "noise", "cpu:1:", "" },
	{ "noise", "cpu:1:fifo", "other, batch and idle only" },
	{ "noise", "cpu:1:other:-1", "nice 0 or more" },
	{ "policy", "fifo:0", "fifo" },
	{ "policy", "fifo:100", "100" },
	{ "policy", "rr:0", "1..99" },
	{ "policy", "rr:100", "1..99" },
	{ "policy", "FIFO", "is no policy" },
	{ "policy", "other:20", "nice" },
	{ "poll-max-ns", "-1", "" },
	{ "shutdown-timeout", "0s", "1s..24h" },
	{ "qmp-timeout", "999ms", "1s..24h" },
	{ "stuck-after", "0s", "1s..24h" },
	{ "stuck-after", "1s,2s", "1s,2s" },
	{ "qmp-timeout", "1s,2s", "1s,2s" },
	{ "observe", "much", "auto, light, counters" },
	{ "events", "bogus", "'bogus'" },
	{ "events", "", "is empty" },
	{ "workload", "sleep", "'sleep' is no workload: take cpu, randread" },
	{ "workload", "cpu,", "'' is no workload" },
	{ "workload", "cpu,cpu", "named twice" },
	{ "duration", "5", "is not a time" },
	{ "duration", "-5s", "is not a time" },
	{ "bs", "1000", "no multiple of 512" },
	{ "bs", "32M", "16M" },
	{ "iodepth", "0", "1..4096" },
	{ "handicap", "5", "no share like 5%" },
	{ "rate", "0", "1..100000000" },
	{ "rate", "5:burst", "neither constant nor poisson" },
	{ "rwmix", "101", "0..100" },
	{ "direct", "yes", "off, on" },
	{ "repeat", "0", "1..10000" },
	{ "seed", "0", "" },
	{ "preset", "slow", "not one of quick" },
	{ "disk", "{\"file\": 5}", "'file' is no string" },
	{ "disk", "{\"file\": \"a\\u0000b\"}", "without NUL" },
	{ "disk", "{\"file\": \"\"}", "file is empty" },
	{ "disk", "{}", "has no file" },
	{ "disk", "{\"fil\": \"a\"}", "'fil' is not one of file, format, readonly" },
	{ "disk", "{\"file\": \"a\"", "" },
	{ "disk", "[5]", "no JSON object" },
	{ "disk", "file=a,b", "'b' is no KEY=VALUE" },
	{ "disk", "file=a,format=vmdk", "'vmdk' is not one of qcow2, raw" },
	{ "disk", "file=a,readonly=yes", "not one of on, off" },
	{ "disk", "format=raw", "has no file" },
};

static const struct knob *find(const char *name)
{
	const struct knob *knob = knob_find(name);

	if (!knob)
		fail_msg("no knob %s", name);
	return knob;
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const char *want = good[i].again ? good[i].again : good[i].text;
		const struct knob *knob = find(good[i].knob);
		struct spec spec, again;
		char text[1024], twice[1024];
		struct err err = { 0 };

		spec_init(&spec, COMMAND_RUN);
		spec_init(&again, COMMAND_RUN);
		if (knob_parse(knob, good[i].text, &spec, &err))
			fail_msg("--%s %s: %s", knob->name, good[i].text, err.text);
		assert_true(knob_is_given(&spec, knob->name));
		knob_format(knob, &spec, text, sizeof(text));
		assert_string_equal(text, want);
		if (!*text)
			continue;
		assert_int_equal(knob_parse(knob, text, &again, &err), 0);
		knob_format(knob, &again, twice, sizeof(twice));
		assert_string_equal(twice, text);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct knob *knob = find(bad[i].knob);
		struct err err = { 0 };
		struct spec spec;

		spec_init(&spec, COMMAND_RUN);
		if (knob_parse(knob, bad[i].text, &spec, &err) >= 0)
			fail_msg("--%s %s was taken", knob->name, bad[i].text);
		assert_false(knob_is_given(&spec, knob->name));
		if (!err.text[0] || !strstr(err.text, bad[i].words) || strchr(err.text, '\n'))
			fail_msg("--%s %s: '%s' lacks '%s'", knob->name, bad[i].text, err.text,
			         bad[i].words);
	}
}

/* Every knob of the table is tried above, so that none is added without. */
static void test_all_are_tried(void **state)
{
	static const char *const flags[] = { "hold", "overwrite",  "dry-run", "allow-paths",
		                             "json", "pairs",      "submit",  "old",
		                             "new",  "spread-from" };
	const struct knob *knob;

	(void)state;
	for (int i = 0; (knob = knob_at(i)); i++) {
		bool tried = false;

		for (size_t j = 0; j < ARRAY_SIZE(good); j++)
			tried |= !strcmp(good[j].knob, knob->name);
		for (size_t j = 0; j < ARRAY_SIZE(flags); j++)
			tried |= !strcmp(flags[j], knob->name);
		if (!tried)
			fail_msg("--%s has no row here", knob->name);
		assert_ptr_equal(knob_find(knob->name), knob);
		assert_int_equal(knob_index(knob), i);
		assert_non_null(knob->help);
		assert_int_equal(knob_is_flag(knob), knob->hint && !knob->hint[0]);
		assert_true(knob->commands != 0);
	}
}

/* A default is a value that its own knob takes, or none. */
static void test_defaults(void **state)
{
	const struct knob *knob;

	(void)state;
	for (int command = COMMAND_RUN; command <= COMMAND_DOCTOR; command++) {
		struct spec spec;

		spec_init(&spec, (enum command_kind)command);
		assert_int_equal(spec.given, 0);
		for (int i = 0; (knob = knob_at(i)); i++) {
			struct spec again = spec;
			struct err err = { 0 };
			char text[1024];

			knob_format(knob, &spec, text, sizeof(text));
			if (*text && knob_parse(knob, text, &again, &err))
				fail_msg("--%s %s: %s", knob->name, text, err.text);
		}
	}
}

static void test_lists(void **state)
{
	struct spec spec;

	(void)state;
	spec_init(&spec, COMMAND_BENCH);
	assert_int_equal(spec.nr_workloads, 2);
	assert_int_equal(knob_parse(find("workload"), "read", &spec, NULL), 0);
	assert_int_equal(spec.nr_workloads, 1); /* the default is gone */
	assert_int_equal(knob_parse(find("workload"), "write", &spec, NULL), 0);
	assert_int_equal(spec.nr_workloads, 2);
	assert_string_equal(spec.workload[1], "write");

	for (int i = 0; i < SPEC_DISKS_MAX; i++)
		assert_int_equal(knob_parse(find("disk"), "file=x", &spec, NULL), 0);
	assert_true(knob_parse(find("disk"), "file=x", &spec, NULL) < 0);
	assert_int_equal(spec.nr_disks, SPEC_DISKS_MAX);
}

static void test_verbose(void **state)
{
	struct spec spec;

	(void)state;
	spec_init(&spec, COMMAND_RUN);
	assert_int_equal(knob_parse(find("verbose"), "on", &spec, NULL), 0);
	assert_int_equal(knob_parse(find("verbose"), "on", &spec, NULL), 0);
	assert_int_equal(spec.verbose, 2);
	assert_int_equal(knob_parse(find("quiet"), "on", &spec, NULL), 0);
	assert_int_equal(spec.verbose, -1);
	assert_int_equal(knob_parse(find("verbose"), "on", &spec, NULL), 0);
	assert_int_equal(spec.verbose, 1);
}

static void test_suggest(void **state)
{
	(void)state;
	assert_string_equal(knob_suggest("polcy"), "policy");
	assert_string_equal(knob_suggest("vcpu"), "vcpus");
	assert_string_equal(knob_suggest("io-thread"), "iothreads");
	assert_string_equal(knob_suggest("workloads"), "workload");
	assert_null(knob_suggest("zzzzzzzzzz"));
	assert_string_equal(knob_suggest("polciy"), "policy");
	assert_null(knob_suggest("hugepages"));
	assert_null(knob_suggest("bios"));
	assert_null(knob_suggest("disable"));
	assert_null(knob_suggest(
	        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

/* Sentences: they begin with a capital (or a name), end with a full stop, and have at most 25 words. */
static void check_sentences(const char *name, const char *text)
{
	int words = 1;

	if (*text < 'A' || *text > 'Z' || text[strlen(text) - 1] != '.')
		fail_msg("--%s: '%s' is not a sentence", name, text);
	for (; *text; text++) {
		words = text[0] == '.' && text[1] == ' ' ? 0 : words + (*text == ' ');
		if (words > 25)
			fail_msg("--%s: more than 25 words before '%s'", name, text);
	}
}

static void test_words(void **state)
{
	const struct workload *workload;
	const struct knob *knob;

	(void)state;
	for (int i = 0; (workload = workload_at(i)); i++)
		check_sentences(workload->name, workload->does);
	for (int i = 0; (knob = knob_at(i)); i++) {
		char hint[KNOB_HINT_MAX];

		check_sentences(knob->name, knob->help);
		assert_true(knob->hint || knob->kind->names);
		assert_true(knob_is_flag(knob) || *knob_hint(knob, hint, sizeof(hint)));
		assert_true(strlen(knob->help) <
		            SPEC_KNOB_MAX - 160); /* with a default behind it */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),     cmocka_unit_test(test_bad),
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_all_are_tried),
		cmocka_unit_test(test_lists),    cmocka_unit_test(test_verbose),
		cmocka_unit_test(test_suggest),  cmocka_unit_test(test_words),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

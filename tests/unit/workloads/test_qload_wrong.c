/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_qload_wrong.c - conversations that go wrong: refusals, aborts, a host that leaves, limits, errors. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "json.h"
#include "qload_peer.h"

#define PREPARE                                                                                    \
	"workload=randread threads=1 duration_ns=200000000 warmup_ns=0 bs=4096 iodepth=8 "         \
	"rwmix=70 direct=0 seed=1"

static void test_refusals(void **state)
{
	static const struct {
		const char *line, *sentence;
		uint64_t id;
	} cases[] = {
		{ "prepare id=5 " PREPARE " extra=1", "unknown key 'extra'", 5 },
		{ "prepare id=5 " PREPARE " stuck_after_ns=0", "stuck_after_ns: '0' is not in", 5 },
		{ "prepare id=5 " PREPARE " pin=0,1", "2 CPUs in pin", 5 },
		{ "prepare id=5 " PREPARE " pin=9999", "pin", 5 },
		{ "prepare id=5 " PREPARE " policy=fifo:100", "policy", 5 },
		{ "prepare id=5 " PREPARE " policy=fifo:99", "at most 98", 5 },
		{ "prepare id=5 " PREPARE " policy=FIFO", "none of", 5 },
		{ "prepare id=5 workload=randread", "threads", 5 },
		{ "prepare id=5 workload=nothing", "no workload 'nothing'", 5 },
		{ "prepare id=5", "workload is missing", 5 },
		{ "prepare id=5 workload=cpu threads=0", "0' is not in", 5 },
		{ "prepare id=5 workload=cpu threads=1x", "threads", 5 },
		{ "prepare id=5 workload=cpu threads=1 duration_ns=18446744073709551616",
		  "duration_ns", 5 },
		{ "prepare id=5 workload=randread threads=256 duration_ns=200000000 warmup_ns=0 "
		  "bs=67108864 iodepth=4096 rwmix=70 direct=0 seed=1",
		  "more than", 5 },
		{ "prepare id=5 workload=read threads=4 duration_ns=200000000 warmup_ns=0 "
		  "bs=4194304 iodepth=1 rwmix=70 direct=0 seed=1",
		  "too small", 5 },
		{ "prepare id=5 workload=randread threads=1 duration_ns=200000000 warmup_ns=0 "
		  "bs=4097 iodepth=1 rwmix=70 direct=1 seed=1",
		  "multiple", 5 },
		{ "prepare id=x " PREPARE, "has no id", 0 },
		{ "prepare", "has no id", 0 },
		{ "prepare nonsense", "key=value", 0 },
		{ "go id=5", "no such trial", 5 },
		{ "warm id=5", "no such trial", 5 },
		{ "abort id=5", "no such trial", 5 },
		{ "dance id=5", "unknown word 'dance'", 5 },
	};
	struct peer peer;

	(void)state;
	peer_start(&peer, false, NULL);
	if (peer.direct_fd < 0)
		print_message("# no direct I/O in the build folder: one case is skipped\n");
	peer_expect(&peer, "hello", 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *sentence;

		if (peer.direct_fd < 0 && strstr(cases[i].line, "bs=4097"))
			continue;
		peer_say(&peer, "%s", cases[i].line);
		sentence = peer_expect(&peer, "fail", cases[i].id);
		if (!strstr(sentence, cases[i].sentence))
			fail_msg("'%s' answered '%s'", cases[i].line, sentence);
	}
	json_object_put(peer_trial(&peer, 6, "cpu", true, "")); /* and none did harm */
	assert_int_equal(peer_bye(&peer), 0);
}

/* Up to a phase of trial `id`: 0 prepared, 1 warmed, 2 ready, 3 timed. */
static void go_to_phase(struct peer *peer, uint64_t id, const char *workload, int phase)
{
	peer_prepare(peer, id, workload, false, "");
	peer_expect(peer, "parked", id);
	if (phase >= 1)
		peer_say(peer, "warm id=%lu", id);
	if (phase >= 2)
		peer_expect(peer, "ready", id);
	if (phase >= 3)
		peer_say(peer, "go id=%lu", id);
}

static void test_abort(void **state)
{
	struct peer peer;
	uint64_t id = 1;

	(void)state;
	peer_start(&peer, false, NULL);
	peer_expect(&peer, "hello", 0);
	for (int phase = 0; phase <= 3; phase++, id++) {
		go_to_phase(&peer, id, phase % 2 ? "randrw" : "cpu", phase);
		peer_say(&peer, "abort id=%lu", id);
		if (phase == 1) /* `ready` may have been on its way */
			usleep(0);
		assert_string_equal(peer_expect(&peer, "fail", id), "aborted");
	}
	json_object_put(peer_trial(&peer, id, "randrw", false, ""));
	assert_int_equal(peer_bye(&peer), 0);
}

static void test_wrong_order(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, false, NULL);
	peer_expect(&peer, "hello", 0);
	go_to_phase(&peer, 1, "cpu", 0);
	peer_say(&peer, "prepare id=2 " PREPARE);
	assert_non_null(strstr(peer_expect(&peer, "fail", 2), "trial 1 is still under way"));
	peer_say(&peer, "warm id=3");
	assert_non_null(strstr(peer_expect(&peer, "fail", 3), "no such trial"));
	peer_say(&peer, "go id=1");
	assert_non_null(strstr(peer_expect(&peer, "fail", 1), "wrong order"));
	json_object_put(peer_trial(&peer, 4, "cpu", false, ""));
	assert_int_equal(peer_bye(&peer), 0);
}

static void test_hang_up(void **state)
{
	(void)state;
	for (int phase = -1; phase <= 3; phase++) {
		for (int io = 0; io < 2; io++) {
			struct peer peer;

			peer_start(&peer, true, NULL);
			peer_expect(&peer, "hello", 0);
			if (phase >= 0)
				go_to_phase(&peer, 1, io ? "randrw" : "cpu", phase);
			assert_int_equal(peer_hang_up(&peer), 1);
		}
	}
}

static void test_garbage(void **state)
{
	static const char zeros[70000];
	struct peer peer;

	(void)state;
	peer_start(&peer, false, NULL);
	peer_expect(&peer, "hello", 0);
	for (int i = 0; i < 40; i++) /* a line of 2.8 MB */
		assert_int_equal(write(peer.fd, zeros, sizeof(zeros)), sizeof(zeros));
	peer_say(&peer, "%s", "");
	peer_say(&peer, "\x01\x02 id=1");
	peer_say(&peer, "PREPARE id=1");
	json_object_put(peer_trial(&peer, 1, "cpu", false, ""));
	assert_int_equal(peer_bye(&peer), 0);
}

static bool has_warning(struct json_object *result, const char *words)
{
	return strstr(json_object_to_json_string(member(result, "warnings")), words);
}

/* The file shrinks under us: what is missing is counted and said. */
static void test_short(void **state)
{
	struct json_object *result;
	struct peer peer;
	int64_t done;

	(void)state;
	peer_start(&peer, false, NULL);
	peer_expect(&peer, "hello", 0);
	assert_int_equal(ftruncate(peer.scratch_fd, PEER_SCRATCH / 2), 0);
	result = peer_trial(&peer, 1, "randread", false, "");
	assert_true(number(member(result, "io"), "short") > 0);
	assert_true(has_warning(result, "fewer bytes"));
	done = number(member(result, "io"), "read_ops");
	assert_in_range(samples(result, "io_read_ns"), done, done + 16); /* in flight at the end */
	json_object_put(result);
	assert_int_equal(peer_bye(&peer), 0);
}

static void limit_file_size(rlim_t bytes)
{
	const struct rlimit limit = { bytes, bytes };

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		_exit(99);
}

static void limit_to_half(void)
{
	limit_file_size(PEER_SCRATCH / 2);
}

static void limit_to_nothing(void)
{
	limit_file_size(0);
}

static void test_errors(void **state)
{
	struct json_object *result;
	struct peer peer;

	(void)state;
	peer_start(&peer, false, limit_to_half);
	peer_expect(&peer, "hello", 0);
	result = peer_trial(&peer, 1, "randwrite", false, "");
	assert_true(number(member(result, "io"), "errors") > 0);
	assert_true(has_warning(result, "File too large"));
	json_object_put(result);
	assert_int_equal(peer_bye(&peer), 0);

	peer_start(&peer, false, limit_to_nothing);
	peer_expect(&peer, "hello", 0);
	go_to_phase(&peer, 1, "randwrite", 3);
	peer_expect(&peer, "done", 1);
	assert_non_null(strstr(peer_expect(&peer, "fail", 1), "every request failed"));
	assert_int_equal(peer_bye(&peer), 0);
}

/* Room for two rings, but not for two times 32 KiB of buffers; a user whom nobody else runs as. */
#define MEMLOCK (56 * 1024)
#define NOBODY  61234

static void little_memlock(void)
{
	const struct rlimit little = { MEMLOCK, MEMLOCK };

	if (setrlimit(RLIMIT_MEMLOCK, &little) < 0 ||
	    (!geteuid() && setresuid(NOBODY, NOBODY, NOBODY)))
		_exit(99);
}

static void test_memlock(void **state)
{
	struct json_object *result;
	struct peer peer;

	(void)state;
	peer_start(&peer, false, little_memlock);
	peer_expect(&peer, "hello", 0);
	result = peer_trial(&peer, 1, "randrw", false, "");
	assert_null(strstr(json_object_get_string(member(member(result, "engine"), "registered")),
	                   "buffers"));
	assert_true(has_warning(
	        result, "io_uring ran without registered buffers (a larger memlock limit may"));
	assert_true(number(member(result, "io"), "read_ops") > 0);
	json_object_put(result);
	assert_int_equal(peer_bye(&peer), 0);
}

static void refuse_io_uring(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { ARRAY_SIZE(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		_exit(99);
}

static void test_no_io_uring(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, false, refuse_io_uring);
	peer_expect(&peer, "hello", 0);
	go_to_phase(&peer, 1, "randread", 1);
	assert_non_null(strstr(peer_expect(&peer, "fail", 1), "io_uring is switched off"));
	json_object_put(peer_trial(&peer, 2, "cpu", false, ""));
	assert_int_equal(peer_bye(&peer), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),    cmocka_unit_test(test_abort),
		cmocka_unit_test(test_wrong_order), cmocka_unit_test(test_hang_up),
		cmocka_unit_test(test_garbage),     cmocka_unit_test(test_short),
		cmocka_unit_test(test_errors),      cmocka_unit_test(test_memlock),
		cmocka_unit_test(test_no_io_uring),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("qload_wrong", tests, NULL, NULL);
}

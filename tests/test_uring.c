/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_uring.c - the engine on kernels that refuse some of its flags. */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "text.h"
#include "uring.h"

int __real_io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags);
int __wrap_io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags);

static unsigned known_flags; /* of the kernel that is played */

int __wrap_io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags)
{
	/* Linux 6.1: DEFER_TASKRUN without SINGLE_ISSUER is EINVAL too */
	if (flags & ~known_flags)
		return -EINVAL;
	return __real_io_uring_queue_init(entries, ring, flags);
}

#define S IORING_SETUP_SINGLE_ISSUER
#define D IORING_SETUP_DEFER_TASKRUN
#define C IORING_SETUP_COOP_TASKRUN

static struct job job = { .threads = 2, .bs = 4096, .iodepth = 8, .rwmix = 70, .seed = 1 };

static void open_store(struct store *store)
{
	const char *build = getenv("BUILD");
	struct err err;
	int fd = open(build ? build : "build", O_TMPFILE | O_RDWR, 0600);
	static char data[64 * 4096 + 100];

	assert_true(fd >= 0);
	memset(data, 'd', sizeof(data));
	assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	assert_int_equal(store_inspect(fd, store, &err), 0);
	assert_false(store->sparse);
	assert_true(store->writable);
}

static void test_flags(void **state)
{
	static const struct {
		unsigned known, used;
		const char *text;
	} cases[] = {
		{ S | D | C, S | D | C, "single_issuer defer_taskrun coop_taskrun" },
		{ S | D, S | D, "single_issuer defer_taskrun" },
		{ S | C, S | C, "single_issuer coop_taskrun" },
		{ C, C, "coop_taskrun" },
		{ 0, 0, "" },
	};
	struct store store;

	(void)state;
	open_store(&store);
	job.workload = workload_find("randread");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct window window = { .stop = true };
		struct tally *tally = calloc(1, sizeof(*tally));
		struct uring *uring = NULL;
		struct err err;
		char text[64];

		known_flags = cases[i].known;
		assert_int_equal(uring_open(&job, &store, 0, &uring, &err), 0);
		assert_int_equal(uring_run(uring, &window, tally, &err), 0);
		assert_int_equal(tally->setup_flags, cases[i].used);
		uring_format_flags(tally->setup_flags, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
		assert_true(uring_has_all(tally->setup_flags, tally->registered) == (i == 0));
		uring_close(&uring);
		assert_null(uring);
		uring_close(&uring);
		free(tally);
	}
	close(store.fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("uring", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_iopoll.c - what a disk that is looked at from afar can do is said of the right one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iopoll.h"
#include "spec.h"
#include "text.h"

static const struct spec polls = {
	.iopoll = true, .direct = true, .workload = { "randread" }, .nr_workloads = 1
};

/* What is said after the folder's name; "": nothing. */
static const char *said_of(const char *folder, struct err *err)
{
	struct spec spec = polls;
	const char *at;

	spec.scratch = folder;
	err->text[0] = '\0';
	if (!iopoll_check(&spec, err))
		return "";
	at = strstr(err->text, folder);
	assert_non_null(at);
	return at + strlen(folder);
}

static const struct {
	const char *missing, *there;
} folders[] = {
	{ "not-there", "." },  { "not/there", "." },  { "./not-there", "." },
	{ "/not-there", "/" }, { "/not/there", "/" }, { "/sys/not-there", "/sys" },
};

static void a_folder_to_be_made_lies_where_it_will(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		struct err missing, there;

		assert_string_equal(said_of(folders[i].missing, &missing),
		                    said_of(folders[i].there, &there));
	}
}

static const struct {
	const char *kernel, *append;
	bool fits;
} guests[] = {
	{ "bzImage", "virtio_blk.poll_queues=1", true },
	{ "bzImage", "quiet  virtio_blk.poll_queues=12 ro", true },
	{ "bzImage", "virtio_blk.poll_queues=0 virtio_blk.poll_queues=2", true },
	{ "bzImage", "virtio_blk.poll_queues=2 virtio_blk.poll_queues=0", false },
	{ "bzImage", "virtio_blk.poll_queues=0", false },
	{ "bzImage", "virtio_blk.poll_queues=", false },
	{ "bzImage", "virtio_blk.poll_queues=x", false },
	{ "bzImage", "my_virtio_blk.poll_queues=1", false },
	{ "bzImage", "quiet", false },
	{ "bzImage", NULL, false },
	/* the built-in guest's is a module */
	{ NULL, "virtio_blk.poll_queues=1", false },
};

static void a_guest_needs_a_kernel_and_its_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(guests); i++) {
		struct spec spec = polls;
		struct err err;

		spec.where = WHERE_GUEST;
		spec.kernel = guests[i].kernel;
		spec.append = guests[i].append;
		if (!iopoll_check(&spec, &err) != guests[i].fits)
			fail_msg("'%s'", guests[i].append ? guests[i].append : "(none)");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_to_be_made_lies_where_it_will),
		cmocka_unit_test(a_guest_needs_a_kernel_and_its_word),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

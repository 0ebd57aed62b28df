/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_deep_slots.c - the table of threads as user space fills and reads it; the programs' side is in test_deep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "deep.h"
#include "deep_slots.h"

static int make_slots(void **state)
{
	*state = calloc(1, DEEP_SLOTS_BYTES);
	return *state ? 0 : -1;
}

static int free_slots(void **state)
{
	free(*state);
	return 0;
}

static void put(struct deep_thread *slots, unsigned int tid, uint64_t out_ns)
{
	const struct deep_thread state = { .out_ns = out_ns, .epoch = 99 };

	deep_slots_put(slots, tid, &state, 3);
}

static void a_tid_has_the_slot_of_its_low_bits(void **state)
{
	struct deep_thread *slots = *state;

	put(slots, 5 * DEEP_SLOTS + 7, 70);
	put(slots, 5 * DEEP_SLOTS + DEEP_SLOTS - 1, 90);
	assert_int_equal(slots[1 + 7].tid, 5 * DEEP_SLOTS + 7);
	assert_int_equal(slots[1 + 7].out_ns, 70);
	assert_int_equal(slots[1 + 7].epoch, 3);
	assert_int_equal(slots[DEEP_SLOTS].out_ns, 90);
}

static void who_is_there_stays_as_it_is(void **state)
{
	struct deep_thread *slots = *state;

	put(slots, 7, 70);
	put(slots, 7 + DEEP_SLOTS, 80); /* its neighbour's slot */
	put(slots, 7, 71);
	put(slots, 7 + DEEP_SLOTS, 81);
	assert_int_equal(slots[1 + 7].out_ns, 70);
	assert_int_equal(slots[1 + 8].tid, 7 + DEEP_SLOTS);
	assert_int_equal(slots[1 + 8].out_ns, 80);
	/* the first one ends: the second is found where it is, and not added once more */
	slots[1 + 7].tid = 0;
	put(slots, 7 + DEEP_SLOTS, 82);
	assert_int_equal(slots[1 + 7].tid, 0);
	assert_int_equal(slots[1 + 8].out_ns, 80);
}

static void beyond_the_last_slot_comes_the_first(void **state)
{
	struct deep_thread *slots = *state;

	for (unsigned int i = 0; i < DEEP_PROBES + 3; i++)
		put(slots, (i + 1) * DEEP_SLOTS - 1, i + 1);
	assert_int_equal(slots[0].tid, 0); /* the grave is nobody's */
	assert_int_equal(slots[DEEP_SLOTS].out_ns, 1);
	for (unsigned int i = 1; i < DEEP_PROBES; i++)
		assert_int_equal(slots[i].out_ns, i + 1);
	assert_int_equal(slots[DEEP_PROBES].tid, 0); /* no room: left to the programs to count */
}

static void all_are_read(void **state)
{
	struct deep_thread *slots = *state;
	struct deep_seen *list;
	int nr;

	slots[0].out_ns = 1;
	for (unsigned int tid = 1000; tid < 1000 + DEEP_SLOTS; tid++)
		put(slots, tid, tid);
	list = deep_slots_read(slots, &nr);
	assert_non_null(list);
	assert_int_equal(nr, 1 + DEEP_SLOTS);
	assert_int_equal(list[0].tid, 0);
	assert_int_equal(list[0].thread.out_ns, 1);
	for (int i = 1; i < nr; i++)
		assert_int_equal(list[i].thread.out_ns, list[i].tid);
	free(list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_slots, free_slots)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tid_has_the_slot_of_its_low_bits),
		TEST(who_is_there_stays_as_it_is),
		TEST(beyond_the_last_slot_comes_the_first),
		TEST(all_are_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

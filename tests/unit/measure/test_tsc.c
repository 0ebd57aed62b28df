/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_tsc.c - how fast this host's time stamp counter ticks, and an emulated guest that is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <time.h>

#include "plan.h"
#include "spec.h"
#include "target.h"
#include "text.h"
#include "tsc.h"
#include "vm_inputs.h"

#define MS 1000000LL

static const struct {
	int64_t ns, bound_ns;
	uint64_t ticks;
	unsigned khz;
} rates[] = {
	{ 100 * MS, 50, 230000000, 2300000 },
	{ 100 * MS, 50, 230049000, 2300000 }, /* to a whole MHz, */
	{ 100 * MS, 50, 229950100, 2300000 },
	{ 100 * MS, 50, 230050100, 2301000 },
	{ 100 * MS, 10000, 230000000, 2300000 }, /* known that closely; */
	{ 100 * MS, 10001, 230000000, 0 },
	{ 100 * MS, INT64_MAX, 230000000, 0 },
	{ 100, 50, 230, 0 },
	{ 0, 0, 230000000, 0 },
	{ -100 * MS, 50, 230000000, 0 },
	{ 100 * MS, 50, 0, 0 },            /* a counter that stands still, */
	{ 100 * MS, 50, (uint64_t)-5, 0 }, /* and one that nobody builds */
};

static void a_rate_is_known_or_it_is_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		const struct tsc_mark from = { 7, 1000, rates[i].bound_ns };
		const struct tsc_mark to = { 7 + rates[i].ns, 1000 + rates[i].ticks,
			                     rates[i].bound_ns };

		if (tsc_khz(&from, &to) != rates[i].khz)
			fail_msg("case %zu: %u", i, tsc_khz(&from, &to));
	}
}

/* Whoever is kept from looking has marks that say less: then again, and for longer. */
static unsigned rate_here(void)
{
	unsigned khz = 0;

	for (int i = 1; i <= 20 && !khz; i++) {
		const struct timespec step = { .tv_nsec = i * 20 * MS };
		struct tsc_mark from = tsc_mark(), to;

		nanosleep(&step, NULL);
		to = tsc_mark();
		khz = tsc_khz(&from, &to);
	}
	return khz;
}

static void this_host_has_one_rate(void **state)
{
	unsigned khz = rate_here(), again = rate_here();

	(void)state;
#ifdef __x86_64__
	assert_in_range(khz, 100000, 10000000);
	assert_in_range(again, khz - 1000, khz + 1000);
#else
	assert_int_equal(khz + again, 0);
#endif
}

static const struct {
	bool kvm;
	unsigned khz;
	const char *more, *append;
} words[] = {
	{ false, 2300000, NULL,
	  " tsc=reliable no_timer_check tsc_early_khz=2300000 qload.nonce=N" },
	{ false, 0, NULL, "cryptomgr.notests tsc=reliable no_timer_check qload.nonce=N" },
	{ true, 2300000, NULL, "cryptomgr.notests qload.nonce=N" },
	/* the user's word is the last */
	{ false, 2300000, "tsc_early_khz=5", "=2300000 qload.nonce=N tsc_early_khz=5" },
};

static void an_emulated_guest_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct spec spec = { .append = words[i].more };
		const struct plan plan = { .guest = true, .kvm = words[i].kvm };
		const struct vm_wish wish = { .spec = &spec, .plan = &plan, .builtin = true };
		const struct qemu_can qemu = { .tsc_khz = words[i].khz };
		const struct qemu_fds fds = { 0 };
		struct vm_inputs in;
		struct err err;
		const char *at;

		assert_int_equal(vm_inputs(&wish, &qemu, &fds, "k", "i", "N", &in, &err), 0);
		at = strstr(in.append, words[i].append);
		if (!at || strcmp(at, words[i].append))
			fail_msg("case %zu: %s", i, in.append);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_is_known_or_it_is_not),
		cmocka_unit_test(this_host_has_one_rate),
		cmocka_unit_test(an_emulated_guest_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

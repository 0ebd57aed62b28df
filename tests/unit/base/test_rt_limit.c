/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel keeps for normal threads, by its version and settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "rt_limit.h"

static const struct {
	const char *release, *runtime, *period;
	double share;
	const char *words;
} cases[] = {
	{ "6.18.44", NULL, NULL, 0.05, "50 of 1000 ms, the default" },
	{ "6.12.1-rt", "20000000", "1000000000", 0.02, "fair server: 20 of 1000 ms)" },
	{ "6.12.1", "0", "1000000000", 0, "takes nothing" },
	{ "6.1.0-13-amd64", "950000", "1000000", 0.05, "sysctl kernel.sched_rt_runtime_us=-1" },
	{ "6.1.0-13-amd64", "-1", "1000000", 0, "takes nothing" },
	{ "6.1.0", "950000", "1000000", 0.05,
	  "(RT throttling: kernel.sched_rt_runtime_us=950000 of 1000000)" },
	{ "5.15.0", "900000", "1000000", 0.1, "up to 10 %" },
	{ "5.15.0", NULL, NULL, 0, "cannot be read" },
};

static void shares(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rt_limit limit;
		char words[400];

		rt_limit_make(cases[i].release, cases[i].runtime, cases[i].period, &limit);
		assert_float_equal(limit.share, cases[i].share, 1e-9);
		rt_limit_format(&limit, words, sizeof(words));
		if (!strstr(words, cases[i].words))
			fail_msg("case %zu: %s", i, words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(shares) };

	return cmocka_run_group_tests_name("rt_limit", tests, NULL, NULL);
}

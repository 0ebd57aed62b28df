/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_silence.c - the reasons for an empty console follow what the guest was started with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "golden.h"
#include "silence.h"

static void test_reasons(void **state)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "d", "UEFI only (-- -bios OVMF.fd)" },
		{ "d -- -bios OVMF.fd", "may not boot with this firmware" },
		{ "--kernel k", "its kernel has no console there: --append console=ttyS0" },
		{ "--kernel k --append quiet d", "--append console=ttyS0" },
		{ "--kernel k --append console=ttyS0,115200 d", "--memory" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_free) char *line = strdup(cases[i].line);
		struct cmdline cmdline;
		struct err err = { 0 };
		char why[300];

		if (words_parse(line, &cmdline, &err) < 0)
			fail_msg("'%s': %s", cases[i].line, err.text);
		silence_explain(&cmdline.spec, why, sizeof(why));
		if (!strstr(why, cases[i].says) || !strstr(why, "-vnc"))
			fail_msg("'%s': '%s' lacks '%s'", cases[i].line, why, cases[i].says);
		cmdline_done(&cmdline);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_reasons) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_doctor.c - what this host can do, what stands in the way, and what mends it. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "cleanup.h"
#include "cmdline.h"
#include "command.h"
#include "json.h"
#include "session.h"
#include "text.h"

static const char *const verdicts[] = {
	[CHECK_GOOD] = "ok", [CHECK_LIMITED] = "limited", [CHECK_BAD] = "bad"
};

static void print_table(const struct check *checks, int nr)
{
	for (int i = 0; i < nr; i++) {
		printf("%-9s %-8s ", checks[i].name, verdicts[checks[i].verdict]);
		text_print_plain(checks[i].found, strlen(checks[i].found), stdout);
		fputc('\n', stdout);
		if (!checks[i].mend[0])
			continue;
		printf("%-18s   mend: ", "");
		text_print_plain(checks[i].mend, strlen(checks[i].mend), stdout);
		fputc('\n', stdout);
	}
}

static int print_json(struct session *session, const struct check *checks, int nr)
{
	CLEANUP(json_done) struct json_object *doc = json_object_new_object();
	struct json_object *rows = json_object_new_array();

	json_object_object_add(doc, "schema", json_object_new_string("qlaunch.doctor/1"));
	for (int i = 0; i < nr; i++) {
		struct json_object *row = json_object_new_object();

		json_object_object_add(row, "check", json_object_new_string(checks[i].name));
		json_object_object_add(row, "verdict",
		                       json_object_new_string(verdicts[checks[i].verdict]));
		json_object_object_add(row, "found", json_object_new_string(checks[i].found));
		json_object_object_add(row, "mend",
		                       checks[i].mend[0] ? json_object_new_string(checks[i].mend)
		                                         : NULL);
		json_object_array_add(rows, row);
	}
	json_object_object_add(doc, "checks", rows);
	json_object_object_add(doc, "host", json_object_get(session_host(session)));
	return json_print(doc, JSON_C_TO_STRING_PRETTY, stdout);
}

static int doctor_main(const struct cmdline *cmdline, struct err *err)
{
	CLEANUP(session_close) struct session *session = NULL;
	struct check checks[CHECKS_MAX];
	int nr, bad = 0, rc = session_open(&cmdline->spec, &session, err);

	if (rc)
		return rc;
	nr = checks_make(session, &cmdline->spec, checks);
	if (cmdline->spec.json && print_json(session, checks, nr))
		return err_set(err, ENOMEM, "out of memory");
	if (!cmdline->spec.json)
		print_table(checks, nr);
	for (int i = 0; i < nr; i++)
		bad += checks[i].verdict == CHECK_BAD;
	if (!bad)
		return EXIT_DONE;
	err_set(err, ENODEV, "%d of %d checks %s bad", bad, nr, bad == 1 ? "is" : "are");
	return EXIT_FAILED;
}

const struct command cmd_doctor = { .name = "doctor", .run = doctor_main };

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* golden.c - what tests of the pure half have in common. */
#include "golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"

#define WORDS_MAX 64

static void renew(const char *path, const char *text)
{
	CLEANUP(file_close) FILE *out = fopen(path, "we");

	if (!out || fputs(text, out) < 0)
		fail_msg("%s cannot be written", path);
}

void golden_check(const char *path, const char *text)
{
	CLEANUP(file_close) FILE *in = NULL;
	char line[8192];
	int at = 1;

	if (getenv("QLAUNCH_GOLDEN")) {
		renew(path, text);
		return;
	}
	in = fopen(path, "re");
	if (!in)
		fail_msg("%s is missing: make golden", path);
	for (; in && fgets(line, sizeof(line), in); at++) {
		size_t len = strlen(line);

		if (strncmp(line, text, len)) {
			fail_msg("%s:%d: want %sgot  %.*s", path, at, line,
			         (int)strcspn(text, "\n"), text);
		}
		text += len;
	}
	if (*text)
		fail_msg("%s:%d: more than wanted: %s", path, at, text);
}

int words_parse(char *text, struct cmdline *ret, struct err *err)
{
	/* borrowed by the command line until the next call */
	static char *argv[WORDS_MAX + 1];
	int argc = 0;

	argv[argc++] = text; /* the program's name: never looked at */
	for (char *word = strtok(text, " "); word && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return cmdline_parse(argc, argv, ret, err);
}

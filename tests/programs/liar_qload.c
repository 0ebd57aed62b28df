/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liar_qload.c - qload whose results are forged: `liar_qload.script` beside the program has one lie a line, FIND and
 * REPLACEMENT with a tab between them.  The first FIND of a result becomes its replacement.  Linked with
 * --wrap=answer_json.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"

int __real_answer_json(const struct answer *answer, char *buf, size_t size, struct err *err);
int __wrap_answer_json(const struct answer *answer, char *buf, size_t size, struct err *err);

static FILE *open_script(void)
{
	static const char name[] = "/liar_qload.script";
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(name));
	char *slash;

	if (n < 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	memcpy(slash, name, sizeof(name));
	return fopen(path, "re");
}

/* A lie that finds nothing ends the program: no check may pass because nothing was forged. */
static void forge(char *text, size_t size, const char *find, const char *instead)
{
	char *at = strstr(text, find);
	size_t found = strlen(find), put = strlen(instead);

	if (!at || strlen(text) - found + put >= size)
		_exit(125);
	memmove(at + put, at + found, strlen(at + found) + 1);
	memcpy(at, instead, put);
}

int __wrap_answer_json(const struct answer *answer, char *buf, size_t size, struct err *err)
{
	int rc = __real_answer_json(answer, buf, size, err);
	FILE *script = rc < 0 ? NULL : open_script();
	char line[4096];

	if (rc < 0)
		return rc;
	if (!script)
		_exit(125);
	while (fgets(line, sizeof(line), script)) {
		char *tab = strchr(line, '\t');

		line[strcspn(line, "\n")] = '\0';
		if (!tab)
			_exit(125);
		*tab = '\0';
		forge(buf, size, line, tab + 1);
	}
	fclose(script);
	return rc;
}

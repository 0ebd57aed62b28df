/* SPDX-License-Identifier: GPL-2.0-or-later */
/* golden.c - what tests of the pure half have in common. */
#include "golden.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"

#define WORDS_MAX 64
#define PAGE_MAX  (256 * 1024)

static void renew(const char *path, const char *text)
{
	CLEANUP(file_close) FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
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

char *golden_page(const char *path)
{
	CLEANUP(file_close) FILE *in = fopen(path, "re");
	char *text = calloc(1, PAGE_MAX);

	if (!in)
		fail_msg("%s is missing", path);
	assert_non_null(text);
	assert_in_range(fread(text, 1, PAGE_MAX - 1, in), 1, PAGE_MAX - 2);
	return text;
}

char *golden_between(const char *page, const char *begin, const char *end, const char *text)
{
	const char *from = strstr(page, begin), *to = from ? strstr(from, end) : NULL;
	char *whole = NULL;

	if (!to)
		fail_msg("no '%s' and '%s' after it", begin, end);
	from += strlen(begin);
	assert_true(asprintf(&whole, "%.*s%s%s", (int)(from - page), page, text, to) > 0);
	return whole;
}

int words_parse(char *text, struct cmdline *ret, struct err *err)
{
	/* borrowed by the command line until the next call */
	static char *argv[WORDS_MAX + 1];
	int argc = 0;

	argv[argc++] = text; /* the program's name: never looked at */
	while (text && argc < WORDS_MAX) {
		char *word = strsep(&text, " ");

		if (*word)
			argv[argc++] = word;
	}
	argv[argc] = NULL;
	return cmdline_parse(argc, argv, ret, err);
}

int command_run(const char *folder, const char *const *words, char *out, size_t size)
{
	int pipe[2], status;
	size_t used = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe2(pipe, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		if (chdir(folder) == 0 && dup2(pipe[1], STDOUT_FILENO) >= 0)
			execvp(words[0], (char *const *)words);
		_exit(127);
	}
	close(pipe[1]);
	while (used + 1 < size && (n = read(pipe[0], out + used, size - 1 - used)) > 0)
		used += (size_t)n;
	out[used] = '\0';
	close(pipe[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * golden.h - compares text with a file of tests/data.  With QLAUNCH_GOLDEN=1 in the environment (`make golden`) the file
 * is written anew instead; git shows what changed.
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "cmdline.h"

/* Fails the test with the first line that differs. */
void golden_check(const char *path, const char *text);
/* A file's text, malloc'ed. */
char *golden_page(const char *path);
/* The page with what stands between the two marks replaced by text, malloc'ed. */
char *golden_between(const char *page, const char *begin, const char *end, const char *text);
/* Parses "sweep --policy fifo,rr": words are parted by spaces.  The command line borrows from text. */
int words_parse(char *text, struct cmdline *ret, struct err *err);
/* Runs a program in a folder and keeps what it prints on stdout (cut to size); returns its exit status, 127: no such. */
int command_run(const char *folder, const char *const *words, char *out, size_t size);

#endif

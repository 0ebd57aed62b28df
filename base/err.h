/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err.h - an error is a value: a code and a sentence for the user.
 *
 * Every fallible function ends in `struct err *err` and returns 0 (or a count) or -errno.  On failure *err holds
 * the sentence and results are untouched; on success *err is untouched.  Libraries never print; main.c prints
 * once.  The three functions below take NULL; other functions may read what err holds, so give them one unless their
 * header says otherwise.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

#define MUST_CHECK    __attribute__((warn_unused_result))
#define PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct err {
	int code;       /* a positive errno value */
	char text[512]; /* one sentence, no newline; longer text is cut */
};

/* Sets code and text.  Returns -code. */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF(3, 4);
/* The same with errno as the code and ": " strerror(errno) added.  Returns -errno. */
int err_sys(struct err *err, const char *fmt, ...) PRINTF(2, 3);
/* Prefixes what is already there with "fmt: ".  Returns -err->code. */
int err_in(struct err *err, const char *fmt, ...) PRINTF(2, 3);

#endif

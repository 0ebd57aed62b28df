/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checks.h - what doctor looks at: one row a question, each with an answer and, where it is bad, the mend.
 */
#ifndef LAUNCHER_CHECKS_H
#define LAUNCHER_CHECKS_H

struct session;
struct spec;

enum verdict { CHECK_GOOD, CHECK_LIMITED, CHECK_BAD };

struct check {
	const char *name;
	enum verdict verdict;
	char found[300]; /* what is there */
	char mend[300];  /* the command or change that mends it, "" where nothing needs it */
};

#define CHECKS_MAX 24

/* Fills at most CHECKS_MAX rows; returns the count.  Changes nothing on the host (a policy is tried on a child of
 * ours that waits for it). */
int checks_make(struct session *session, const struct spec *spec, struct check *ret);

#endif

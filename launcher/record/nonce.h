/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nonce.h - the 64 random bits that mark our qload's lines. */
#ifndef LAUNCHER_NONCE_H
#define LAUNCHER_NONCE_H

#include "err.h"

#define NONCE_SIZE 17 /* 16 hex digits and the end */

int nonce_make(char *ret, struct err *err) MUST_CHECK;

#endif

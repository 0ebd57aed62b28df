/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nonce.c - randomness from the kernel. */
#include "nonce.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>

int nonce_make(char *ret, struct err *err)
{
	uint64_t bits;

	if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		return err_sys(err, "getrandom");
	snprintf(ret, NONCE_SIZE, "%016" PRIx64, bits);
	return 0;
}

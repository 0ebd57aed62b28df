/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sha256.c - FIPS 180-4, section 6.2. */
#include "sha256.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 65536

static const uint32_t round_constant[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2
};

static uint32_t rotate(uint32_t word, int by)
{
	return word >> by | word << (32 - by);
}

static uint32_t read_be32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void schedule(const unsigned char *block, uint32_t w[64])
{
	for (int i = 0; i < 16; i++)
		w[i] = read_be32(block + (size_t)4 * (size_t)i);
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
		       (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
}

static void compress(uint32_t state[8], const unsigned char *block)
{
	uint32_t w[64], s[8];

	schedule(block, w);
	memcpy(s, state, sizeof(s));
	/* each round's a to h stand one place further down than the last one's: nothing is moved */
#pragma GCC unroll 8
	for (int i = 0; i < 64; i++) {
		uint32_t a = s[-i & 7], b = s[(1 - i) & 7], c = s[(2 - i) & 7];
		uint32_t e = s[(4 - i) & 7], f = s[(5 - i) & 7], g = s[(6 - i) & 7];
		uint32_t one = s[(7 - i) & 7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
		               ((e & f) ^ (~e & g)) + round_constant[i] + w[i];

		s[(3 - i) & 7] += one;
		s[(7 - i) & 7] = one + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
		                 ((a & b) ^ (a & c) ^ (b & c));
	}
	for (int i = 0; i < 8; i++)
		state[i] += s[i];
}

void sha256_init(struct sha256 *sha256)
{
	*sha256 = (struct sha256){ .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		                              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
}

void sha256_add(struct sha256 *sha256, const void *bytes, size_t len)
{
	const unsigned char *from = bytes;

	while (len) {
		size_t used = sha256->bytes % sizeof(sha256->block);
		size_t n = sizeof(sha256->block) - used;

		n = n < len ? n : len;
		memcpy(sha256->block + used, from, n);
		if (used + n == sizeof(sha256->block))
			compress(sha256->state, sha256->block);
		sha256->bytes += n;
		from += n;
		len -= n;
	}
}

void sha256_text(struct sha256 *sha256, char ret[SHA256_TEXT])
{
	static const unsigned char one_bit = 0x80, zero;
	const uint64_t bits = sha256->bytes * 8;
	unsigned char length[8];

	sha256_add(sha256, &one_bit, 1);
	while (sha256->bytes % sizeof(sha256->block) != sizeof(sha256->block) - sizeof(length))
		sha256_add(sha256, &zero, 1);
	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	sha256_add(sha256, length, sizeof(length));
	for (int i = 0; i < 8; i++)
		snprintf(ret + (size_t)8 * (size_t)i, 9, "%08x", sha256->state[i]);
}

int sha256_file(int fd, char ret[SHA256_TEXT], struct err *err)
{
	struct sha256 sha256;
	char chunk[CHUNK];
	ssize_t n;

	sha256_init(&sha256);
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "read");
		sha256_add(&sha256, chunk, (size_t)n);
	}
	sha256_text(&sha256, ret);
	return 0;
}

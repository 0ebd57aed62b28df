/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sha256.c - the vectors of FIPS 180-4 (NIST's examples), pieces of any size, and a file. */
#include "sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"

static const struct {
	const char *text;
	size_t times;
	const char *digest;
} vectors[] = {
	{ "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct sha256 sha256;
		char digest[SHA256_TEXT];

		sha256_init(&sha256);
		for (size_t n = 0; n < vectors[i].times; n++)
			sha256_add(&sha256, vectors[i].text, strlen(vectors[i].text));
		sha256_text(&sha256, digest);
		assert_string_equal(digest, vectors[i].digest);
	}
}

static void test_file(void **state)
{
	char path[] = "/tmp/test_sha256.XXXXXX", digest[SHA256_TEXT], part[1000];
	CLEANUP(fd_close) int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	memset(part, 'a', sizeof(part));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(write(fd, part, sizeof(part)), sizeof(part));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(sha256_file(fd, digest, NULL), 0);
	assert_string_equal(digest, vectors[3].digest);
}

static void test_no_file(void **state)
{
	char digest[SHA256_TEXT];
	struct err err;

	(void)state;
	assert_int_equal(sha256_file(-1, digest, &err), -9 /* EBADF */);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_no_file),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

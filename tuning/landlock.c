/* SPDX-License-Identifier: GPL-2.0-or-later */
/* landlock.c - the three system calls.  Constants are our own: Debian 12's headers end at ABI 2. */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

/* The same number on every architecture (include/uapi/asm-generic/unistd.h). */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { VERSION = 1, RULE_PATH_BENEATH = 1 };

enum {
	EXECUTE = 1 << 0,
	WRITE_FILE = 1 << 1,
	READ_FILE = 1 << 2,
	READ_DIR = 1 << 3,
	REMOVE_DIR = 1 << 4,
	REMOVE_FILE = 1 << 5,
	MAKE_DIR = 1 << 7,
	MAKE_REG = 1 << 8,
	MAKE_SOCK = 1 << 9,
	MAKE_SYM = 1 << 12,
	REFER = 1 << 13,
	TRUNCATE = 1 << 14,
	IOCTL_DEV = 1 << 15,
	/* what may be said of something that is no folder */
	OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV,
	TO_READ = EXECUTE | READ_FILE | READ_DIR,
	TO_WRITE = READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | IOCTL_DEV | MAKE_REG | MAKE_DIR |
	           MAKE_SOCK | MAKE_SYM | REMOVE_FILE | REMOVE_DIR | REFER,
};
/* Connecting to an abstract socket, and signalling, outside of the confined process. */
enum { SCOPES = 3, SCOPES_ABI = 6 };

struct ruleset {
	uint64_t fs, net, scoped;
};

/* Without padding, as the kernel has it. */
struct path_beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

int landlock_abi(void)
{
	long abi = syscall(CREATE_RULESET, NULL, 0, VERSION);

	return abi < 0 ? 0 : (int)abi;
}

/* All rights to files that this ABI knows: what is not handled would be allowed. */
static uint64_t handled(int abi)
{
	if (abi == 1)
		return REFER - 1;
	if (abi == 2)
		return TRUNCATE - 1;
	return abi < 5 ? IOCTL_DEV - 1 : 2 * IOCTL_DEV - 1;
}

static int allow(int ruleset, char *const *paths, uint64_t rights)
{
	for (; paths && *paths; paths++) {
		CLEANUP(fd_close) int fd = open(*paths, O_PATH | O_CLOEXEC);
		struct path_beneath rule = { rights, fd };
		struct stat st;

		if (fd < 0 || fstat(fd, &st))
			continue;
		if (!S_ISDIR(st.st_mode))
			rule.allowed &= OF_A_FILE;
		if (rule.allowed && syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0))
			return -errno;
	}
	return 0;
}

int landlock_restrict(const struct landlock_paths *paths)
{
	long abi = syscall(CREATE_RULESET, NULL, 0, VERSION);
	struct ruleset attr = { 0 };
	CLEANUP(fd_close) int fd = -1;
	int rc;

	if (abi < 0)
		return -errno;
	attr.fs = handled((int)abi);
	attr.scoped = abi >= SCOPES_ABI ? SCOPES : 0;
	/* an older kernel knows the first member only, and refuses a longer one that is not zero */
	fd = (int)syscall(CREATE_RULESET, &attr, abi >= SCOPES_ABI ? sizeof(attr) : sizeof(attr.fs),
	                  0);
	if (fd < 0)
		return -errno;
	rc = allow(fd, paths->read, TO_READ & attr.fs);
	if (!rc)
		rc = allow(fd, paths->write, TO_WRITE & attr.fs);
	if (!rc)
		rc = allow(fd, paths->sockets, MAKE_SOCK & attr.fs);
	if (!rc && syscall(RESTRICT_SELF, fd, 0))
		rc = -errno;
	return rc;
}

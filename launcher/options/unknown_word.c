/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unknown_word.c - finds the next best for a word.  Parses no value. */
#include "unknown_word.h"

#include <errno.h>
#include <string.h>

#include "knobs.h"
#include "qemu_words.h"

/* Other launchers' words. */
static const struct {
	const char *name, *advice;
} elsewhere[] = {
	{ "affinity", "use --pin" },
	{ "cores", "use --vcpus" },
	{ "cpus", "use --vcpus" },
	{ "firmware", "use -- -bios /usr/share/ovmf/OVMF.fd" },
	{ "forward", "use --net none -- -nic user,hostfwd=tcp::2222-:22" },
	{ "graphics", "use -- -vga std -vnc 127.0.0.1:0" },
	{ "hostfwd", "use --net none -- -nic user,hostfwd=tcp::2222-:22" },
	{ "image", "give a disk without an option" },
	{ "iso", "use -- -cdrom FILE" },
	{ "kvm", "use --accel kvm" },
	{ "mem", "use --memory" },
	{ "network", "use --net" },
	{ "no-kvm", "use --accel tcg" },
	{ "nographic", "the guest's serial console is shown as it is" },
	{ "ram", "use --memory" },
	{ "share", "use -- -virtfs local,path=FOLDER,mount_tag=NAME,security_model=none" },
	{ "threads", "use --vcpus" },
	{ "uefi", "use -- -bios /usr/share/ovmf/OVMF.fd" },
};

static int explain_elsewhere(const char *dashes, const char *name, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		if (!strcmp(name, elsewhere[i].name))
			return err_set(err, EINVAL, "unknown option '%s%s': %s", dashes, name,
			               elsewhere[i].advice);
	}
	return 0;
}

/* 0: it is no option of QEMU's. */
static int explain_qemu(const char *dashes, const char *name, bool takes_words, struct err *err)
{
	const char *refused;

	if (!qemu_word_find(name, &refused))
		return 0;
	if (refused)
		return err_set(err, EINVAL, "'%s%s' is an option of QEMU: %s", dashes, name,
		               refused);
	if (!takes_words)
		return err_set(err, EINVAL,
		               "'%s%s' is an option of QEMU: only run takes these, after --",
		               dashes, name);
	return err_set(err, EINVAL, "'%s%s' is an option of QEMU: put it after --, as in -- -%s",
	               dashes, name, name);
}

int unknown_word(const char *name, enum command_kind command, struct err *err)
{
	const char *near = knob_suggest(name);
	int rc = explain_elsewhere("--", name, err);

	if (!rc)
		rc = explain_qemu("--", name, command == COMMAND_RUN, err);
	if (rc)
		return rc;
	if (near)
		return err_set(err, EINVAL, "unknown option '--%.64s': did you mean '--%s'?", name,
		               near);
	return err_set(err, EINVAL, "unknown option '--%.64s': qlaunch help %s lists the options",
	               name, command_names[command]);
}

int unknown_short(const char *name, bool takes_words, struct err *err)
{
	static const char *const others[] = { "help", "version" };
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (!strcmp(name, others[i]))
			return err_set(err, EINVAL, "did you mean '--%s'?", name);
	}
	if (name[1] && knob_find(name))
		return err_set(err, EINVAL, "unknown option '-%s': did you mean '--%s'?", name,
		               name);
	rc = explain_elsewhere("-", name, err);
	return rc ? rc : explain_qemu("-", name, takes_words, err);
}

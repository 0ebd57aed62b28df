/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmdline_qemu.c - which of QEMU's own options qlaunch cannot pass on: those that break what it promises. */
#include <errno.h>
#include <string.h>

#include "cmdline.h"

static const struct {
	const char *name, *why;
} refused[] = {
	{ "daemonize", "a QEMU in the background would outlive qlaunch" },
	{ "runas", "a change of user cuts the tie that ends QEMU with qlaunch" },
	{ "run-with", "a change of user cuts the tie that ends QEMU with qlaunch" },
	{ "chroot", "QEMU keeps qlaunch's own root" },
	{ "sandbox", "qlaunch sets QEMU's sandbox itself" },
	{ "S", "qlaunch itself starts QEMU stopped and lets it go (--hold waits)" },
	{ "incoming", "the guest would not start here" },
	{ "preconfig", "the guest would not start" },
	{ "no-shutdown", "a run ends with the guest's shutdown" },
	{ "action", "a run ends with the guest's shutdown" },
	{ "icount", "it puts every vCPU on one thread" },
	{ "smp", "say --vcpus" },
	{ "accel", "say --accel" },
	{ "enable-kvm", "say --accel kvm" },
	{ "m", "say --memory" },
	{ "cpu", "say --cpu" },
	{ "M", "say --machine" },
	{ "machine", "say --machine" },
};

int cmdline_check_qemu(char *const *args, struct err *err)
{
	for (; *args; args++) {
		const char *name = *args;

		if (*name != '-')
			continue;
		name += name[1] == '-' ? 2 : 1; /* QEMU takes both spellings */
		for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
			if (!strcmp(name, refused[i].name))
				return err_set(err, EINVAL, "-- -%s: %s", name, refused[i].why);
		}
	}
	return 0;
}

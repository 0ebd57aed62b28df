/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_inputs.c - from what is wanted of a VM to the inputs of its command line.  Opens and starts nothing. */
#include "vm_inputs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "disk.h"
#include "target.h"

static int give(struct child_wish *child, int fd)
{
	return fd < 0 ? -1 : child_gets(child, fd);
}

void vm_fds(const struct qemu_fds *ours, struct child_wish *child, struct qemu_fds *ret)
{
	ret->qmp = give(child, ours->qmp);
	ret->console = give(child, ours->console);
	ret->load = give(child, ours->load);
	ret->agent = give(child, ours->agent);
	ret->kvm = give(child, ours->kvm);
	ret->kernel = give(child, ours->kernel);
	ret->initrd = give(child, ours->initrd);
	ret->scratch = give(child, ours->scratch);
	for (int i = 0; i < SPEC_DISKS_MAX; i++) {
		ret->disk[i] = give(child, ours->disk[i]);
		ret->overlay[i] = give(child, ours->overlay[i]);
		for (int k = 0; k < QEMU_LAYERS_MAX; k++)
			ret->backing[i][k] = give(child, ours->backing[i][k]);
	}
}

/* cryptomgr.notests: the kernel's self-tests of ciphers are half of its boot under TCG.
 * tsc=reliable: with two emulated CPUs the guest finds the TSC unstable and takes the HPET, an exit a time stamp; under
 * TCG all vCPUs read the same host clock.
 * tsc_early_khz: TCG's TSC is the host's, and nothing tells the guest how fast it ticks: it measures a timer of 10 ms, and
 * where the host is too busy to run it meanwhile, its clock runs several times too fast for good.  The guest's kernel
 * refines the number against the HPET by itself.
 * no_timer_check: a few ticks within some 70 ms, or a panic: a guest on a busy host cannot promise them.
 * Under KVM the guest decides for itself, and kvm-clock tells it the rate; it checks no timer there. */
static int put_append(const struct vm_wish *wish, unsigned tsc_khz, const char *nonce, char *ret,
                      size_t size)
{
	const char *more = wish->spec->append;
	char rate[40] = "";
	int n;

	if (tsc_khz)
		snprintf(rate, sizeof(rate), " tsc_early_khz=%u", tsc_khz);
	n = snprintf(
	        ret, size,
	        "console=ttyS0 quiet loglevel=3 panic=-1 cryptomgr.notests%s%s qload.nonce=%s%s%s",
	        wish->plan->kvm ? "" : " tsc=reliable no_timer_check", wish->plan->kvm ? "" : rate,
	        nonce, more ? " " : "", more ? more : "");
	return n < 0 || (size_t)n >= size ? -E2BIG : 0;
}

int vm_inputs(const struct vm_wish *wish, const struct qemu_can *qemu, const struct qemu_fds *fds,
              const char *kernel, const char *initrd, const char *nonce, struct vm_inputs *ret,
              struct err *err)
{
	const struct spec *spec = wish->spec;
	struct qemu_inputs *in = &ret->qemu;

	*in = (struct qemu_inputs){ .qemu = qemu,
		                    .spec = spec,
		                    .plan = wish->plan,
		                    .fds = *fds,
		                    .builtin_guest = wish->builtin,
		                    .kernel = wish->builtin ? kernel : spec->kernel,
		                    .initrd = wish->builtin ? initrd : spec->initrd,
		                    .append = wish->builtin ? ret->append : spec->append };
	if (wish->builtin &&
	    put_append(wish, qemu->tsc_khz, nonce, ret->append, sizeof(ret->append)))
		return err_set(err, E2BIG, "--append: too long for the kernel's command line");
	for (int i = 0; i < spec->nr_disks && !wish->builtin; i++)
		in->disk[i] = (struct qemu_disk){ .file = wish->disks[i].path,
			                          .qcow2 = wish->disks[i].qcow2,
			                          .readonly = spec->disk[i].readonly,
			                          .block_device = wish->disks[i].block_device,
			                          .has_backing = wish->disks[i].has_backing,
			                          .layer = wish->disks[i].layer,
			                          .nr_layers = wish->disks[i].nr_layers };
	return 0;
}

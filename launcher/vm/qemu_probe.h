/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_probe.h - asks a QEMU binary and /dev/kvm what they can do; fills struct qemu_can.  Starts no guest.
 *
 * QEMU is started with the accelerator that its VM will have: without one it takes its default, and may end because that one
 * is a module that is not installed, or was not built in, although the other works.
 */
#ifndef LAUNCHER_QEMU_PROBE_H
#define LAUNCHER_QEMU_PROBE_H

#include <stdint.h>

#include "err.h"

struct confine;
struct pump;
struct qemu_can;

enum probe {
	PROBE_TCG,     /* without a machine */
	PROBE_KVM,     /* the same under KVM: no vCPU, so no CPU model is tried */
	PROBE_KVM_CPU, /* a stopped machine, ended at once: "host", else the CPU model that starts */
};

/* What /dev/kvm and /proc/cpuinfo say, to a QEMU that is confined so. */
void qemu_look_at_kvm(const struct confine *confine, struct qemu_can *can);
/* can->path: the binary.  timeout_ns: of each answer (a cold first start took 2.9 s).  0 also where QEMU ended because it
 * cannot use the accelerator: then its words are in can->no_kvm or can->no_tcg.  Negative: it is no QEMU, or not one for
 * x86_64, or it did not answer. */
int qemu_probe(struct pump *pump, int64_t timeout_ns, const struct confine *confine,
               enum probe probe, struct qemu_can *can, struct err *err) MUST_CHECK;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_probe.h - asks the QEMU binary and /dev/kvm what they can do; fills struct qemu_can.  Starts no guest.
 */
#ifndef LAUNCHER_QEMU_PROBE_H
#define LAUNCHER_QEMU_PROBE_H

#include "err.h"
#include "spec.h"

struct pump;
struct qemu_can;

/* timeout_ns: of each answer (a cold first start took 2.9 s).  -ENOENT with the package to install where there is no QEMU on PATH. */
int qemu_probe(struct pump *pump, int64_t timeout_ns, struct qemu_can *ret, struct err *err)
        MUST_CHECK;
/* Which -cpu starts under KVM: "host", else what QEMU takes (a stopped machine, ended at once). */
int qemu_probe_kvm_cpu(struct pump *pump, int64_t timeout_ns, struct qemu_can *can, struct err *err)
        MUST_CHECK;

#endif

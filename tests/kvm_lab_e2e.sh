#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# What only a machine with KVM can show, on an emulated one.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh

# The lab needs its kernel once from the network.
tests/lab/kernel.sh >"$TMP/kernel" 2>&1 || skip_all "no kernel for the emulated host: $(tail -n 1 "$TMP/kernel")"

said=$(tests/lab/kvm_lab.sh --timeout 120 tests/lab/job_self.sh 2>"$TMP/stderr")
is "the job's exit status comes back" $? 7
like "the emulated host has /dev/kvm" "$said" "^kvm device"
like "its CPUs have svm" "$said" "^svm"
like "QEMU takes KVM with -cpu host" "$said" '"enabled": true, "present": true'
is "and makes its vCPU threads while stopped" "$(echo "$said" | grep -o '"cpu-index"' | wc -l)" 2
[ "$tap_failed" = 0 ] || note "$(cat "$TMP/stderr")"
finish

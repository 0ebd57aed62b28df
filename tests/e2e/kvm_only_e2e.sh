#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An emulated host with real KVM and a QEMU that has one accelerator only: KVM without TCG's module, TCG without KVM.
# mostly waits
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

tests/lab/kernel.sh >"$TMP/kernel" 2>&1 || skip_all "no kernel for the emulated host: $(tail -n 1 "$TMP/kernel")"
ls /usr/lib/*/qemu/accel-tcg-x86_64.so >/dev/null 2>&1 || skip_all "this QEMU has TCG built in"
tests/lab/bootsector.sh off "$TMP/disk.img"
tests/lab/kvm_lab.sh --timeout 600 --file "$TMP/disk.img:/root/disk.img" --file "$QLAUNCH:/usr/bin/qlaunch" --file "$QLOAD:/usr/bin/qload" \
	--console "$TMP/console" \
	tests/lab/job_no_accel.sh >"$TMP/said" 2>"$TMP/stderr"
is "the lab ends" $? 0

section() { # NAME
	awk -v name="== $1" '/^== / { inside = ($0 == name); next } inside' "$TMP/said" | tr -d '\r'
}

like "a QEMU without KVM: --accel auto takes TCG and says why" "$(section "no KVM, auto")" \
	"accelerator auto: tcg, because .*invalid accelerator kvm"
is "and does" "$(section "no KVM, auto" | tail -n 1)" "status 0"
like "--accel kvm is refused with QEMU's reason" "$(section "no KVM, kvm" | head -n 1)" \
	"^qlaunch: --accel kvm: .*invalid accelerator kvm.* [(]--accel tcg emulates[)]$"
is "in one sentence, and nothing is started" "$(section "no KVM, kvm" | wc -l) $(section "no KVM, kvm" | tail -n 1)" "2 status 2"
like "a QEMU without TCG: --accel tcg is refused" "$(section "no TCG, tcg" | head -n 1)" \
	"^qlaunch: --accel tcg: .*tcg-accel-ops.*accel-tcg-x86_64.so"
is "so is that, with 2" "$(section "no TCG, tcg" | tail -n 1)" "status 2"
is "--accel auto probes with KVM, boots the guest and measures" "$(section "no TCG, auto" | jq -Rrc 'fromjson? | objects |
	[.ended, .error, .vm.accel, (.threads[] | select(.role == "vcpu") | .got.cpus, .got.policy)]')" '["done",null,"kvm","2","fifo:1"]'
if [ "$tap_failed" != 0 ]; then
	note "$(cat "$TMP/stderr")"
	note "$(cut -c 1-400 "$TMP/said")"
	note "$(tail -n 20 "$TMP/console")"
fi
finish

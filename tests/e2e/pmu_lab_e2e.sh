#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hardware counters against a known truth: on an emulated Arm machine with a PMU that is exact to the instruction, and
# on the same one without its instruction counter.  What runs there is measure's own code, cross-built.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

for tool in aarch64-linux-gnu-gcc qemu-system-aarch64 jq; do
	command -v "$tool" >/dev/null || skip_all "no $tool"
done
ARM64=$(tests/lab/arm64.sh 2>"$TMP/arm64") || skip_all "$(tail -n 1 "$TMP/arm64")"
make -s "$BUILD/pmu_driver" ARM64="$ARM64" BUILD="$BUILD" >"$TMP/make" 2>&1
is "measure and base cross-build for arm64, static" $? 0
[ "$tap_failed" = 0 ] || { sed 's/^/# /' "$TMP/make"; finish; }

start tests/lab/pmu_lab.sh --timeout 900 --no-icount "$BUILD/pmu_driver" >"$TMP/partial" 2>"$TMP/stderr"
tests/lab/pmu_lab.sh --timeout 900 "$BUILD/pmu_driver" >"$TMP/exact" 2>>"$TMP/stderr"
is "the machine with the whole PMU ran" $? 0
# shellcheck disable=SC2154  # start sets it
wait "$started"
is "the machine with a part of it ran" $? 0
sed 's/^/# /' "$TMP/stderr"

holds() { # NAME FILE CASE FILTER: the filter is true for the case's figures
	local got

	got=$(sed -n "s/^$3 //p" "$TMP/$2")
	if [ "$(jq -r "$4" <<<"$got" 2>/dev/null)" = true ]; then
		pass "$1"
	else
		fail "$1" "$got"
	fi
}

loop=$((6 * 5000000))
near() { echo "(($1) / $2 - 1 | fabs) < $3"; }

holds "instructions are those of the loop, within 0.1 %" exact user "$(near '."instructions:u".value' $loop 0.001)"
holds "cycles too: one each under icount" exact user "$(near '."cycles:u".value' $loop 0.001)"
holds "IPC is 1.00" exact user '(.ipc.value - 1 | fabs) < 0.005'
holds "the kernel's part is apart from it" exact user '."instructions:k".value > 0 and ."instructions:k".value < 2000000'
holds "task-clock beside them: one ns an instruction" exact user "$(near '."task-clock".value * 1e9' $loop 0.05)"
holds "the built-in set: IPC, cycles and instructions" exact builtin \
	"(.ipc.value - 1 | fabs) < 0.005 and $(near .instructions.value $loop 0.05) and $(near .cycles.value $loop 0.05)"
holds "by thread and by role" exact builtin '.ipc.by | has("native") and has("native/0")'
holds "an event that this PMU lacks is null, with the reason" exact builtin \
	'.llc_misses.value == null and (.llc_misses.why | test("no such event .ENOENT"))'
holds "no guest here: no IPC of a guest" exact builtin '.ipc_guest.value == null and (.ipc_guest.why | test("guest"))'
holds "counted all the time: no share" exact builtin '.ipc | has("share") | not'
holds "on a vCPU's thread guest mode and host mode are apart, and their sum is the loop" exact vcpu \
	"$(near .instructions_host.value $loop 0.05) and .instructions_guest.value == 0 and .cycles_guest.value == 0 and
	.instructions.value == .instructions_host.value and (.ipc_host.value - 1 | fabs) < 0.005 and .ipc_guest.value == null"
holds "eight events on six counters: each has more than half of the time" exact vcpu \
	'[.[] | select(.value != null) | .share] | length >= 8 and all(. > 0.5 and . < 1)'
holds "three threads born inside the window are counted" exact babes \
	"$(near '."instructions:u".value' $((3 * loop)) 0.001)"
holds "raw, PMU terms and PMU names say the same" exact spelled \
	"([.[].value] | length == 3 and (map($(near . $loop 0.001)) | all))"
holds "more events than counters: each has its share" exact many \
	'[.[].share] | length == 13 and all(. > 0.1 and . < 0.9)'
holds "and is scaled to within 1 % of the loop" exact many \
	"[.[\"r8:u\", \"instructions:u\", \"r8:uk\", \"instructions\"].value] | map($(near . $((4 * loop)) 0.01)) | all"

holds "without icount cycles are counted" partial builtin '.cycles.value > 0'
holds "and instructions are null, with the reason" partial builtin \
	'.instructions.value == null and (.instructions.why | test("no such event .ENOENT"))'
holds "so there is no IPC" partial builtin '.ipc.value == null and (.ipc.why | test("ENOENT"))'
holds "one missing event does not lose the others" partial user \
	'."instructions:u".value == null and ."cycles:u".value > 0 and ."task-clock".value > 0'
finish

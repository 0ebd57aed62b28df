#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# launch_cost.sh - what qlaunch adds to a VM's life: a boot sector that powers off, as QEMU alone runs it from the line that
# --dry-run prints to paste, and as qlaunch does, from fork to exit, by turns.  Target: 10 ms more, in the median of the
# pairs.  Then the same with the built-in kernel until its init starts the load, and how long 255 vCPUs under -S take to be
# discovered, placed and read back.
# PAIRS (20), ACCEL (tcg or kvm; auto takes what qlaunch would).
set -eu

QLAUNCH=${BUILD:-build}/qlaunch
PAIRS=${PAIRS:-20}
ACCEL=${ACCEL:-auto}
HERE=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
export XDG_STATE_HOME=$folder

# Microseconds that a command takes, from fork to exit.
micros() { # COMMAND...
	local from=${EPOCHREALTIME/./}

	"$@" >/dev/null 2>&1 </dev/null || { echo "launch-cost: failed: $*" >&2; exit 1; }
	echo $((${EPOCHREALTIME/./} - from))
}

# Of the pairs in the file: medians, and quartiles of the pairs' differences.
summarize() { # NAME TARGET-MS
	sort -n -k 3 "$folder/pairs" | awk -v name="$1" -v target="$2" '
		function sort(a, n,   i, k, t) {
			for (i = 2; i <= n; i++)
				for (k = i; k > 1 && a[k] < a[k - 1]; k--) { t = a[k]; a[k] = a[k - 1]; a[k - 1] = t }
		}
		function at(a, n, q) { return a[int((n - 1) * q + 1.5)] / 1000 }
		{ bare[NR] = $1; ours[NR] = $2; more[NR] = $3 }
		END {
			sort(bare, NR); sort(ours, NR)
			printf "%-34s %3d %8.1f ms %8.1f ms %7.1f ms  %6.1f..%.1f ms  %s\n", name, NR, at(bare, NR, 0.5), at(ours, NR, 0.5),
				at(more, NR, 0.5), at(more, NR, 0.25), at(more, NR, 0.75),
				target == "-" ? "" : at(more, NR, 0.5) <= target ? "met" : "MISSED"
		}'
}

compare() { # NAME TARGET-MS VCPUS
	local words=(--accel "$ACCEL" --vcpus "$3" --memory 256M --net none -q -o "$folder/lines.jsonl" "$folder/off.img")
	local bare ours i

	"$QLAUNCH" run --dry-run "${words[@]}" 2>/dev/null | sed -n '/^to paste:/{n;p}' >"$folder/bare.sh"
	sed -i 's/^/exec /' "$folder/bare.sh"
	micros "$QLAUNCH" run "${words[@]}" >/dev/null # the answer is known from here on
	: >"$folder/pairs"
	for ((i = 0; i < PAIRS; i++)); do
		rm -f "$folder/lines.jsonl"
		if ((i % 2)); then
			bare=$(micros sh "$folder/bare.sh")
			ours=$(micros "$QLAUNCH" run "${words[@]}")
		else
			ours=$(micros "$QLAUNCH" run "${words[@]}")
			bare=$(micros sh "$folder/bare.sh")
		fi
		echo "$bare $ours $((ours - bare))" >>"$folder/pairs"
	done
	summarize "$1" "$2"
}

"$HERE/lab/bootsector.sh" off "$folder/off.img"
printf '\n%-34s %3s %11s %11s %10s  %s\n' 'a VM that powers off' n 'QEMU alone' qlaunch more 'quartiles, target 10 ms'
compare '1 vCPU' 10 1
compare '64 vCPUs' 10 64

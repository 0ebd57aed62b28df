#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# launch_cost.sh - what qlaunch adds to a VM's life, from fork to exit, by turns with QEMU alone, which runs the line that
# --dry-run prints to paste: a boot sector that powers off (target: 10 ms more, in the median of the pairs), and a Linux
# guest that boots until it wants its init, finds none and resets.  Then how long it takes to discover, place and read back
# 255 vCPUs that have not run yet (target: 20 ms).
# PAIRS (20; of Linux a quarter), ACCEL (auto; Linux only where that gives TCG or hardware KVM), UNDER (a command in front of
# both: chrt -f 10 where the machine is busy).
set -eu

QLAUNCH=${BUILD:-build}/qlaunch
PAIRS=${PAIRS:-20}
ACCEL=${ACCEL:-auto}
read -ra UNDER <<<"${UNDER:-}"
HERE=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
export XDG_STATE_HOME=$folder

# Microseconds that a command takes, from fork to exit.
micros() { # COMMAND...
	local from=${EPOCHREALTIME/./}

	${UNDER[@]+"${UNDER[@]}"} "$@" >/dev/null 2>&1 </dev/null || { echo "launch-cost: failed: $*" >&2; exit 1; }
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

compare() { # NAME TARGET-MS PAIRS WORD...
	local name=$1 target=$2 pairs=$3 bare ours i

	shift 3
	set -- --force --accel "$ACCEL" --memory 256M --net none --reboot off -q -o "$folder/lines.jsonl" "$@"
	"$QLAUNCH" run --dry-run "$@" 2>/dev/null | sed -n '/^to paste:/{n;s/^/exec /p}' >"$folder/bare.sh"
	micros "$QLAUNCH" run "$@" >/dev/null # from here on the answer is known, and the files are in the page cache
	: >"$folder/pairs"
	for ((i = 0; i < pairs; i++)); do
		rm -f "$folder/lines.jsonl"
		if ((i % 2)); then
			bare=$(micros sh "$folder/bare.sh")
			ours=$(micros "$QLAUNCH" run "$@")
		else
			ours=$(micros "$QLAUNCH" run "$@")
			bare=$(micros sh "$folder/bare.sh")
		fi
		echo "$bare $ours $((ours - bare))" >>"$folder/pairs"
	done
	summarize "$name" "$target"
}

# The built-in guest's kernel and initramfs, as a sweep has them.
boot_files() {
	"$QLAUNCH" bench --where guest --dry-run 2>/dev/null | sed -n '/^to paste:/{n;s/.* -kernel \([^ ]*\) -initrd \([^ ]*\) .*/\1 \2/p}'
}

placing() {
	local i

	for ((i = 0; i < PAIRS; i++)); do
		rm -f "$folder/lines.jsonl"
		${UNDER[@]+"${UNDER[@]}"} "$QLAUNCH" run --force --hold -v --accel "$ACCEL" --vcpus 255 --memory 256M --net none \
			-o "$folder/lines.jsonl" "$folder/off.img" 2>&1 >/dev/null </dev/null |
			sed -n 's/.*read back in \([0-9.]*\) ms$/\1/p'
	done | sort -n | awk '{ ms[NR] = $1 }
		END { m = ms[int((NR + 1) / 2)]
			printf "%-34s %3d %24.1f ms %19.1f..%.1f ms  %s\n", "255 vCPUs placed and read back", NR, m, ms[int((NR + 3) / 4)],
				ms[NR + 1 - int((NR + 3) / 4)], m <= 20 ? "met" : "MISSED" }'
}

"$HERE/../lab/bootsector.sh" off "$folder/off.img"
printf '\n%-34s %3s %11s %11s %10s  %s\n' 'from fork to exit' n 'QEMU alone' qlaunch more 'quartiles, target'
compare 'power off, 1 vCPU' 10 "$PAIRS" --vcpus 1 "$folder/off.img"
compare 'power off, 64 vCPUs' 10 "$PAIRS" --vcpus 64 "$folder/off.img"
read -r kernel initrd <<<"$(boot_files)"
if [ -e "$initrd" ]; then
	compare 'Linux until its init, 1 vCPU' 10 "$(((PAIRS + 3) / 4))" --vcpus 1 --kernel "$kernel" --initrd "$initrd" \
		--append "quiet panic=-1 rdinit=/none root=/none tsc=reliable no_timer_check"
fi
placing

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# observer_cost.sh - what watching costs where it costs most: a pipe ping-pong on one CPU, two context switches a round
# trip, alone and with each level of --observe, and with `perf stat` on the same two threads and events.  Alternating
# pairs; the figure is the median of the pairs' ratios of times: 1.05 is 5 % slower.
# PAIRS (10), ROUNDS (40000) of each run.
set -eu

BUILD=${BUILD:-build}
PAIRS=${PAIRS:-10}
ROUNDS=${ROUNDS:-40000}
CPU=$(($(nproc) - 1))
EVENTS=task-clock,context-switches,cpu-migrations,page-faults # what perf stat counts by itself without a PMU

command -v perf >/dev/null || {
	echo "observer-cost: perf is missing" >&2
	exit 2
}
pairs=$(mktemp)
trap 'rm -f "$pairs"' EXIT
trap 'exit 130' INT TERM
perf stat -e cycles true 2>&1 | grep -q 'not supported.*cycles' ||
	EVENTS=$EVENTS,cycles,instructions,branches,branch-misses

game() { # MODE
	timeout 60 "$BUILD/tests/ping_pong" "$1" "$ROUNDS" "$CPU" "$EVENTS" 2>/dev/null
}

compare() { # A B HIGH: both modes; HIGH is what the ratio may be, or -
	: >"$pairs"
	i=0
	while [ $i -lt "$PAIRS" ]; do
		if [ $((i % 2)) = 0 ]; then
			a=$(game "$1") b=$(game "$2")
		else
			b=$(game "$2") a=$(game "$1")
		fi
		echo "$a $b" >>"$pairs"
		i=$((i + 1))
	done
	awk -v name="$1 / $2" -v high="$3" '
		function sort(a, n,   i, k, t) {
			for (i = 2; i <= n; i++)
				for (k = i; k > 1 && a[k] < a[k - 1]; k--) { t = a[k]; a[k] = a[k - 1]; a[k - 1] = t }
		}
		function median(a, n) { sort(a, n); return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2 }
		{ ours[NR] = $1; theirs[NR] = $2; ratio[NR] = $1 / $2 }
		END {
			m = median(ratio, NR)
			printf "%-38s %3d %10.0f %10.0f  %5.3f  %5.3f..%5.3f  %s\n", name, NR, median(ours, NR),
				median(theirs, NR), m, ratio[int((NR + 3) / 4)], ratio[NR + 1 - int((NR + 3) / 4)],
				high == "-" ? "" : m <= high ? "met" : "MISSED"
		}' "$pairs"
}

echo "observer's cost: ping-pong of $ROUNDS round trips on CPU $CPU, ns each; $EVENTS"
printf '%-38s %3s %10s %10s  %5s  %12s  %s\n' 'with / without' n with without ratio quartiles target
compare none none -
compare light none 1.01
compare counters none -
compare perf none -
compare counters perf 1.02
if game deep >/dev/null; then
	compare deep none 1.20
else
	echo "deep / none: no BPF here"
fi

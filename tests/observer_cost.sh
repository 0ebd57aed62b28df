#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# observer_cost.sh - what watching costs where it costs most: a pipe ping-pong on one CPU, two context switches a round
# trip, alone and with each level of --observe, and with `perf stat` on the same two threads and events; then the loads cpu
# and randrw, watched by BPF and not.  Alternating pairs; the figure is the median of the pairs' ratios of times: 1.05 is
# 5 % slower.
# PAIRS (10), ROUNDS (40000) of each game, LOAD_TIME (400ms) of each load, PART (all, games, loads).
set -eu

BUILD=${BUILD:-build}
PAIRS=${PAIRS:-10}
ROUNDS=${ROUNDS:-40000}
LOAD_TIME=${LOAD_TIME:-400ms}
PART=${PART:-all}
CPU=$(($(nproc) - 1))
FOLDER=${FOLDER:-$BUILD} # of a disk: ext4 or xfs
EVENTS=task-clock,context-switches,cpu-migrations,page-faults # what perf stat counts by itself without a PMU

for tool in perf jq; do
	command -v $tool >/dev/null || {
		echo "observer-cost: $tool is missing" >&2
		exit 2
	}
done
pairs=$(mktemp)
state=$(mktemp -d)
trap 'rm -rf "$pairs" "$state"' EXIT
trap 'exit 130' INT TERM
perf stat -e cycles true 2>&1 | grep -q 'not supported.*cycles' ||
	EVENTS=$EVENTS,cycles,instructions,branches,branch-misses

game() { # MODE
	timeout 60 "$BUILD/tests/ping_pong" "$1" "$ROUNDS" "$CPU" "$EVENTS" 2>/dev/null
}

# ns an operation, natively.  What a common disk gives varies by far more than 2 %, so of randrw's I/Os it is the CPU time
# that is compared, all threads'.  With --direct off it is the time: there the CPU is the limit, and a thread of the
# kernel's hands over each write, up to 100,000 switches a second.
load() { # MODE-WORKLOAD-DIRECT
	workload=${1#*-}
	XDG_STATE_HOME=$state timeout 60 "$BUILD/qlaunch" bench --where native --vcpus 1 --pin "$CPU" --observe "${1%%-*}" \
		--workload "${workload%-*}" --direct "${workload#*-}" --scratch "$FOLDER" --scratch-size 128M \
		--duration "$LOAD_TIME" --warmup 100ms --repeat 1 -q -o - 2>/dev/null |
		jq -r --arg direct "${workload#*-}" '.window_s.host as $s | .figures | if .cpu_events_per_s then 1e9 / .cpu_events_per_s.value
			else (.io_read_iops.value + .io_write_iops.value) as $iops |
			if $direct == "off" then 1e9 / $iops else 1e9 * .cpu_time_s.value / $s / $iops end end'
}

run() { # MODE
	case $1 in
	*-*) load "$1" ;;
	*) game "$1" ;;
	esac
}

compare() { # NAME A B HIGH: two modes; HIGH is what the ratio may be, or -
	: >"$pairs"
	i=0
	while [ $i -lt "$PAIRS" ]; do
		if [ $((i % 2)) = 0 ]; then
			a=$(run "$2") b=$(run "$3")
		else
			b=$(run "$3") a=$(run "$2")
		fi
		echo "$a $b" >>"$pairs"
		i=$((i + 1))
	done
	awk -v name="$1" -v high="$4" '
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
if [ "$PART" != loads ]; then
	compare 'none / none (what noise does)' none none -
	compare 'light / none' light none 1.01
	compare 'counters / none' counters none -
	compare 'perf stat / none' perf none -
	compare 'counters / perf stat' counters perf 1.00
fi
game deep >/dev/null || {
	echo "deep / none: no BPF here"
	exit 0
}
[ "$PART" = loads ] || compare 'deep / none' deep none 1.20
[ "$PART" = games ] || {
	echo "loads of $LOAD_TIME: ns an operation, or of CPU time an operation"
	compare 'cpu: light / light (noise)' light-cpu-on light-cpu-on -
	compare 'cpu: deep / light' deep-cpu-on light-cpu-on 1.02
	compare 'randrw, CPU time: light / light' light-randrw-on light-randrw-on -
	compare 'randrw, CPU time: deep / light' deep-randrw-on light-randrw-on 1.02
	compare 'randrw, page cache: deep / light' deep-randrw-off light-randrw-off -
}

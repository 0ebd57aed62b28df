#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# observer_cost.sh - what watching costs where it costs most: a pipe ping-pong on one CPU, two context switches a round
# trip, alone and with each level of --observe, and with `perf stat` on the same two threads and events; then the loads cpu
# and randrw, watched by BPF and not.  Alternating pairs; the figure is the median of the pairs' ratios of times: 1.05 is
# 5 % slower.
# What a common disk gives varies by far more than 2 %, and two runs of randrw differ by more than BPF costs.  So one run of
# it goes on, BPF comes and goes (tests/bench/watch_load.c), and it is the CPU time of an I/O, all threads', that has the target.
# Where a machine's noise is more than that, the share of the CPU time that the programs themselves took, by the kernel's own
# count, still tells: it is steady, and leaves out only what calls them.
# PAIRS (10), ROUNDS (40000) of each game, LOAD_TIME (400ms) of each load, WINDOWS (200 pairs) of WINDOW_MS (200) of randrw,
# PART (all, games, loads).
set -eu

BUILD=${BUILD:-build}
PAIRS=${PAIRS:-10}
ROUNDS=${ROUNDS:-40000}
LOAD_TIME=${LOAD_TIME:-400ms}
WINDOWS=${WINDOWS:-200}
WINDOW_MS=${WINDOW_MS:-200}
PART=${PART:-all}
CPU=$(($(nproc) - 1))
FOLDER=${FOLDER:-$BUILD} # of a disk: ext4 or xfs
EVENTS=task-clock,context-switches,cpu-migrations,page-faults # what perf stat counts by itself without a PMU

for tool in perf jq pgrep taskset; do
	command -v $tool >/dev/null || {
		echo "observer-cost: $tool is missing" >&2
		exit 2
	}
done
pairs=$(mktemp)
state=$(mktemp -d)
randrw=
trap 'rm -rf "$pairs" "$state"; [ -z "$randrw" ] || kill "$randrw"' EXIT
trap 'exit 130' INT TERM
perf stat -e cycles true 2>&1 | grep -q 'not supported.*cycles' ||
	EVENTS=$EVENTS,cycles,instructions,branches,branch-misses

game() { # MODE
	timeout 60 "$BUILD/tests/ping_pong" "$1" "$ROUNDS" "$CPU" "$EVENTS" 2>/dev/null
}

# ns an operation, natively
load() { # MODE-WORKLOAD
	XDG_STATE_HOME=$state timeout 60 "$BUILD/qlaunch" bench --where native --vcpus 1 --pin "$CPU" --observe "${1%%-*}" \
		--workload "${1#*-}" --direct off --scratch "$FOLDER" --scratch-size 128M \
		--duration "$LOAD_TIME" --warmup 100ms --repeat 1 -q -o - 2>/dev/null |
		jq -r '.figures | 1e9 / (.cpu_events_per_s.value // (.io_read_iops.value + .io_write_iops.value))'
}

run() { # MODE
	case $1 in
	*-*) load "$1" ;;
	*) game "$1" ;;
	esac
}

# Of the pairs in the file: the columns A and B.
summarize() { # NAME HIGH A B: HIGH is what the ratio may be, or -
	awk -v name="$1" -v high="$2" -v a="$3" -v b="$4" '
		function sort(a, n,   i, k, t) {
			for (i = 2; i <= n; i++)
				for (k = i; k > 1 && a[k] < a[k - 1]; k--) { t = a[k]; a[k] = a[k - 1]; a[k - 1] = t }
		}
		function median(a, n) { sort(a, n); return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2 }
		{ ours[NR] = $a; theirs[NR] = $b; ratio[NR] = $a / $b }
		END {
			m = median(ratio, NR)
			printf "%-38s %3d %10.0f %10.0f  %5.3f  %5.3f..%5.3f  %s\n", name, NR, median(ours, NR),
				median(theirs, NR), m, ratio[int((NR + 3) / 4)], ratio[NR + 1 - int((NR + 3) / 4)],
				high == "-" ? "" : m <= high ? "met" : "MISSED"
		}' "$pairs"
}

compare() { # NAME A B HIGH: two modes
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
	summarize "$1" "$4" 1 2
}

# One run of randrw past the page cache; BPF in its kernel by turns, or never.
watch() { # deep|none|share HIGH
	"$BUILD/qload" randrw --pin="$CPU" --scratch="$FOLDER" --scratch-size=128M --duration=1h >/dev/null &
	randrw=$!
	until worker=$(pgrep -P "$randrw"); do kill -0 "$randrw"; done
	taskset -c 0 "$BUILD/tests/watch_load" "$1" "$worker" "$WINDOWS" "$WINDOW_MS" >"$pairs"
	kill "$randrw"
	wait "$randrw" 2>/dev/null || :
	randrw=
	[ "$1" != share ] || {
		summarize "randrw, CPU time: BPF itself / all" "$2" 1 2
		return
	}
	summarize "randrw, CPU time: $1 / none" "$2" 1 2
	summarize "randrw, time: $1 / none" - 3 4
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
	echo "loads of $LOAD_TIME: ns an operation"
	compare 'cpu: light / light (noise)' light-cpu light-cpu -
	compare 'cpu: deep / light' deep-cpu light-cpu 1.02
	compare 'randrw, page cache: deep / light' deep-randrw light-randrw -
	echo "randrw: ns an I/O; $WINDOWS pairs of windows of $WINDOW_MS ms"
	watch none -
	watch deep 1.02
	watch share 0.02
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# report_cost.sh - the time and memory that a report of many real lines takes, in each format that reads them once.
# Target: 40 MB/s and 300 MB of memory, which for 100,000 lines of 8 KB is 20 s; 0.1 s more for the start.
# LINES ("1000 34000": the numbers of lines), RESULTS (a file of a sweep; else a short one is made now).
set -eu

BUILD=${BUILD:-build}
LINES=${LINES:-1000 34000}
folder=$(mktemp -d "$BUILD/report-cost.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
export XDG_STATE_HOME=$folder

[ -n "${RESULTS:-}" ] || {
	RESULTS=$folder/few.jsonl
	"$BUILD/qlaunch" sweep --preset quick --duration 200ms --warmup 50ms --repeat 2 --boots 2 -q -o "$RESULTS" >/dev/null
}
measure() { # LINES
	lines=$1
	"$BUILD/tests/more_results" "$RESULTS" "$lines" >"$folder/large.jsonl"
	# as after a sweep: on the disk, and in the page cache
	sync "$folder/large.jsonl"
	cat "$folder/large.jsonl" >/dev/null

	printf '\n%-38s %9s %8s %8s %9s  %s\n' "report of $lines lines, $(du -m "$folder/large.jsonl" | cut -f1) MB" wall user system memory target
	for format in table json csv; do
		for _ in 1 2 3; do
			TIMEFORMAT='%R %U %S'
			{ time "$BUILD/qlaunch" report --format "$format" "$folder/large.jsonl" >/dev/null; } 2>&1
		done | sort -n | sed -n 2p >"$folder/time" # the middle one
		"$BUILD/tests/peak_memory" "$BUILD/qlaunch" report --format "$format" "$folder/large.jsonl" >"$folder/out" 2>"$folder/memory"
		read -r wall user system <"$folder/time"
		awk -v name="$format" -v wall="$wall" -v user="$user" -v system_s="$system" -v kb="$(cat "$folder/memory")" -v mb="$(($(stat -c %s "$folder/large.jsonl") / 1000000))" 'BEGIN {
			printf "%-38s %7.2f s %6.2f s %6.2f s %6.0f MB  %s\n", name, wall, user, system_s, kb / 1000,
				wall <= mb / 40 + 0.1 && kb < 300000 ? "met" : "MISSED"
		}'
	done
}

for number in $LINES; do
	measure "$number"
done

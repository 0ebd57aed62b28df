#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A worker that a SCHED_FIFO hog keeps off its CPU from inside the window until long after it: the trial has a result, in
# which what the worker was at lasted at least so long.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh
needs_two_cpus

chrt -f 1 true 2>/dev/null || skip_all "SCHED_FIFO is not allowed here"

# shellcheck disable=SC2317  # wait_until calls it
hog_runs() {
	chrt -p "$hog" 2>/dev/null | grep -q SCHED_FIFO
}

# shellcheck disable=SC2317  # wait_until calls it
has_answered() {
	[ -s "$TMP/out" ] || [ -s "$TMP/err" ]
}

# The worker is real-time itself, below the hog: the kernel keeps a part of each second for normal threads, in which it would
# run again.
keep_out() { # WORKLOAD
	start "$QLOAD" "$1" --pin=1 --policy=fifo:1 --warmup=100ms --duration=1500ms --stuck-after=3s --json >"$TMP/out" 2>"$TMP/err"
	qload=$started
	sleep 0.7
	taskset -c 0 "$BUILD/tests/hog" 1 50 >"$TMP/hog" &
	hog=$!
	tap_pids="$tap_pids $hog"
	wait_until 60 hog_runs || fail "the hog runs" "$(chrt -p "$hog")"
	wait_until 3 has_answered # the hog itself ends after a minute
	kill "$hog"
	wait "$hog"
	wait "$qload"
}

# A busy host may start the hog after the window, and a worker may be between two of its operations.
judge() { # WORKLOAD FIGURE-REGEX
	local marked

	for _ in 1 2 3 4 5; do
		keep_out "$1"
		marked=$(jq -c --arg figure "$2" '[.figures | to_entries[] | select(.key | test($figure)) | select(.value.at_least) | .value.value] | max' "$TMP/out")
		[ "${marked:-null}" = null ] || break
	done
	note "$1: $(jq -c '.figures, .warnings' "$TMP/out" | cut -c 1-900) $(cat "$TMP/err")"
	check "$1: a value is marked at_least" test "${marked:-null}" != null
	like "$1: and a warning says why" "$(jq -r '.warnings[]' "$TMP/out")" \
		"^1 of 1 workers did not run again within 1 s after the window and were given up: values marked at_least are lower bounds"
}

judge wakeup '^wakeup_max_ns$'
is "wakeup: all the wait is in it, and 1 s more" "$(jq '.figures.wakeup_max_ns.value > 1e9' "$TMP/out")" true
judge pipe '^pipe(_cross)?_ns$'
judge fault '^fault_ns$'
finish

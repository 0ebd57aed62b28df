#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A vCPU that a SCHED_FIFO hog keeps out while the window opens, while it closes, or all the while: run_delay_s is the part of
# the wait inside the window, by the hog's own clock.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh
needs_two_cpus

chrt -f 1 true 2>/dev/null || skip_all "SCHED_FIFO is not allowed here"
# this script and qlaunch look in time beside whatever else runs; other SCHED_FIFO threads on the vCPU's CPU are not beside it
renice -n -20 $$ >/dev/null 2>&1
"$LAB/bootsector.sh" spin "$TMP/spin.img"
RESULTS=$TMP/run.jsonl

# Above the vCPU's own priority, so that nobody else keeps it out; until then it keeps away from the vCPU's CPU.
start_hog() {
	taskset -c 0 "$BUILD/tests/hog" 1 50 >"$TMP/hog" &
	hog=$!
	tap_pids="$tap_pids $hog"
	wait_until 60 hog_runs || fail "the hog runs" "$(chrt -p "$hog")"
}

# shellcheck disable=SC2317  # wait_until calls it
hog_runs() {
	chrt -p "$hog" 2>/dev/null | grep -q SCHED_FIFO
}

# shellcheck disable=SC2317  # wait_until calls it
window_is_open() {
	grep -q '^warm-up: ' "$TMP/err" || ! kill -0 "$started" 2>/dev/null
}

# The hog's times are told from the moment that the window opens, which a busy host may put off as long as it likes.
keep_out() { # FROM (before, or seconds into the window) TO (seconds after that, or after the window's start) WORD...
	hold "$QLAUNCH" --accel tcg --net none --pin 1 --policy fifo:1 --shutdown-timeout 1s -o "$RESULTS" "${@:3}" "$TMP/spin.img" ||
		fail "run holds" "$(cat "$TMP/err")"
	[ "$1" != before ] || start_hog
	echo >&7
	exec 7>&-
	wait_until 60 window_is_open
	[ "$1" = before ] || { sleep "$1"; start_hog; }
	sleep "$2"
	kill "$hog"
	wait "$hog"
	wait "$started"
}

compare() { # what is compared, into $line
	line=$(tail -n 1 "$RESULTS" | jq -c --argjson hog "$(jq -sc . "$TMP/hog")" '.host_window_ns as $w |
		((([$w[1], $hog[1]] | min) - ([$w[0], $hog[0]] | max)) / 1e9) as $truth |
		{ $truth, ours: .figures.run_delay_s.by."vcpu/0", before: ($hog[0] < $w[0]), after: ($hog[1] > $w[1]),
		vague: .figures.run_delay_s.at_least,
		preempted: .figures.offcpu_preempted_s.by."vcpu/0",
		seen: (.deep_window_ns != null and all(.warnings[]?; contains("sched_switch") | not)),
		early: ([.samples[] | . as $s | ($w[0] + .t_s * 1e9) as $t | select($t > $hog[0] and $t < $hog[1]) |
			$s."vcpu/0".run_delay_s - ($t - ([$w[0], $hog[0]] | max)) / 1e9]) }')
}

# A busy host may still keep this script or qlaunch itself from looking in time (qlaunch then says "at least").  The kernel
# keeps 5 % of each second from all SCHED_FIFO threads together.
judge() { # NAME WANTED FROM TO WORD...
	for _ in 1 2 3 4 5 6 7 8; do
		keep_out "${@:3}"
		compare
		note "$1: $line"
		[ "$(jq ".truth > 0.2 and .vague == null and ($2)" <<<"$line")" != true ] || break
	done
	is "$1: the wait is the hog's part of the window" "$(jq "(.ours - .truth | . > -0.02 and . < 0.12) and .truth > 0.2 and ($2)" <<<"$line")" true
	is "$1: and no lower bound" "$(jq -c .vague <<<"$line")" null
}

judge "at the end" '.before == false and .after' 0.7 0.8 --warmup 100ms --duration 1200ms
judge "at the start" '.before and .after == false and (.early | length > 0)' before 0.4 --warmup 300ms --duration 800ms
is "the sample taken meanwhile has it too" "$(jq '.early | length > 0 and all(. > -0.02 and . < 0.12)' <<<"$line")" true
judge "all the while" '.before and .after' before 0.6 --warmup 300ms --duration 300ms

# BPF knows when a wait began: exact at both ends, and the same as the time that another thread had the CPU, but for waits
# after a wake-up.  A hypervisor below may hide switches from the tracepoint: then qlaunch warns, and it is done again.
deep_is_allowed() {
	[ "$(id -u)" = 0 ] && "$QLAUNCH" --accel tcg --net none --observe deep --shutdown-timeout 1s --duration 100ms -o "$TMP/probe.jsonl" "$TMP/spin.img" >/dev/null 2>&1 &&
		jq -e '.figures.offcpu_preempted_s.value != null' "$TMP/probe.jsonl" >/dev/null
}

judge_deep() { # NAME WANTED FROM TO WORD...
	judge "deep, $1" "$2 and .seen and (.ours - .preempted | fabs < 0.005)" "${@:3}" --observe deep
	is "deep, $1: run_delay_s and offcpu_preempted_s agree" "$(jq '(.ours - .preempted) | fabs < 0.005' <<<"$line")" true
}

if deep_is_allowed; then
	judge_deep "at the end" '.before == false and .after' 0.3 1.9 --warmup 100ms --duration 2s
	judge_deep "at the start" '.before and .after == false' before 0.4 --warmup 300ms --duration 800ms
	judge_deep "all the while" '.before and .after' before 0.6 --warmup 300ms --duration 300ms
else
	note "no BPF here: $(jq -r .figures.offcpu_preempted_s.why "$TMP/probe.jsonl" 2>/dev/null)"
fi
finish

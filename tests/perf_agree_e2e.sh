#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 60
# perf(1) as witness: context switches of the same threads over the same window agree within 2 %.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/e2e.sh
needs_two_cpus

perf stat -e context-switches true >/dev/null 2>&1 || skip_all "perf may not count here"

RESULTS=$TMP/run.jsonl

# A guest whose timer wakes it 2,000 times a second.  Threads held before its first instruction do nothing, and
# after the window only quit: so perf from before the release to their end sees qlaunch's window, cont to the end.
compare() { # WORD...
	local tids witness

	"$LAB/bootsector.sh" tick "$TMP/tick.img"
	hold "$QLAUNCH" --accel tcg --net none --duration 6s --shutdown-timeout 1s -o "$RESULTS" "$@" "$TMP/tick.img" || {
		fail "run holds" "$(cat "$TMP/err")"
		return
	}
	tids=$(find "/proc/$held/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | paste -sd,)
	perf stat -x, -e context-switches -t "$tids" >/dev/null 2>"$TMP/perf" &
	witness=$!
	tap_pids="$tap_pids $witness"
	wait_until 5 has_counters "$witness"
	release
	wait "$witness"
	judge "$*" "$tids"
}

# shellcheck disable=SC2317  # wait_until calls it
has_counters() { # PID
	find "/proc/$1/fd" -lname 'anon_inode:\[perf_event\]' | grep -q .
}

judge() { # NAME TIDS
	local ours theirs

	ours=$(jq --arg tids "$2" '[.threads[] | select(.tid | tostring | IN($tids | split(",")[])) |
		"\(.role)/\(.index)"] as $keys | [.figures.context_switches.by[$keys[]]] | add' "$RESULTS" | tail -n 1)
	theirs=$(sed -n 's/^\([0-9]*\),.*context-switches.*/\1/p' "$TMP/perf")
	note "$1: ours $ours, perf $theirs"
	check "$1: enough switches to judge by" test "${theirs:-0}" -gt 5000
	check "$1: within 2 %" awk -v ours="${ours:-0}" -v theirs="${theirs:-0}" \
		'BEGIN { off = ours - theirs; exit (off < 0 ? -off : off) > 0.02 * theirs }'
}

compare --pin 1 --policy fifo
compare --pin none
finish

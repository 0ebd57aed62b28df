#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The host's window is qload's own: both are in the line, and where they are not the same length it is said.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

words=(bench --where native --vcpus 1 --workload cpu --observe light --duration 1s --warmup 50ms --repeat 1 -q -o -)
ask() { # JQ-FILTER
	jq -c "$1" "$TMP/line" 2>&1
}
APART='[.warnings[] | select(test("more than 1 % apart: .* --duration [0-9]+s"))] | length'

"$QLAUNCH" "${words[@]}" >"$TMP/line" 2>"$TMP/messages"
is "both windows are there, and long enough" "$(ask '.window_s | [.host, .load] | min >= 0.99')" true
is "more than 1 % apart: a warning, and only then" "$(ask "$APART")" "$(ask '.window_s | if .host > .load * 1.01 then 1 else 0 end')"

# shellcheck disable=SC2317  # wait_until calls it
# The window is open when the warm-up is over, which takes 5 ticks of CPU time at most.
window_is_open() { # PID
	qload=$(pgrep -P "$1" -x qload) && [ "$(awk '{ print $14 }' "/proc/$qload/stat")" -ge 6 ]
}

# shellcheck disable=SC2317  # wait_until calls it
is_idle() {
	local before=$ticks

	ticks=$(awk '{ print $14 + $15 }' "/proc/$qload/stat")
	[ "$ticks" = "$before" ]
}
# A qlaunch that stands still when qload is done reads late.
start "$QLAUNCH" "${words[@]}" >"$TMP/line" 2>"$TMP/messages"
# shellcheck disable=SC2154  # start sets it
wait_until 10 window_is_open "$started"
kill -STOP "$started"
sleep 1.2
ticks=
wait_until 10 is_idle
kill -CONT "$started"
wait "$started"
is "a late reading ends well" $? 0
is "and is told by the two windows" "$(ask '.window_s | .host > .load * 1.01')" true
is "and by a warning" "$(ask "$APART")" 1
finish

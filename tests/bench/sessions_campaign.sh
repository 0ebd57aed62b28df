#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sessions_campaign.sh - fourteen equal native sessions on this machine, neighbours compared, the spread between
# sessions learned from the other twelve: at most 5 of 39 comparisons may have a verdict.  What a session of 10 % more
# work gets is said: it depends on the machine.  `make campaign` calls it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

SESSIONS=14
BENCH=(bench --where native --vcpus 1 --workload "cpu,syscall,memcpy" --duration 200ms --warmup 50ms --repeat 8 -q)

session() { # NAME [KNOB]...
	local name=$1

	shift
	"$QLAUNCH" "${BENCH[@]}" "$@" -o "$TMP/$name.jsonl" >/dev/null 2>"$TMP/err" || note "$(cat "$TMP/err")"
}

# Verdicts of the primary figures, one a line.
verdicts() { # OLD NEW
	local other others=()

	for ((other = 1; other <= SESSIONS; other++)); do
		[ "$other" = "$1" ] || [ "$other" = "$2" ] || others+=("$TMP/$other.jsonl")
	done
	"$QLAUNCH" report --format json --old "$TMP/$1.jsonl" --new "$TMP/$2.jsonl" --spread-from "${others[@]}" |
		jq -r '.comparisons[] | select(.primary and (.arm | endswith("[new]"))) | .verdict'
}

for ((i = 1; i <= SESSIONS; i++)); do
	session "$i"
done
for ((i = 1; i < SESSIONS; i++)); do
	verdicts "$i" "$((i + 1))"
done >"$TMP/verdicts"
is "all neighbours are compared" "$(wc -l <"$TMP/verdicts")" 39
resolved=$(grep -c 'better\|worse' "$TMP/verdicts")
note "$resolved of 39 have a verdict"
check "at most 5 of 39 have a verdict" test "$resolved" -le 5

session slow --handicap 10%
cp "$TMP/slow.jsonl" "$TMP/99.jsonl"
note "a session of 10 % more work in cpu, by workload: $(verdicts 1 99 | paste -sd/)"
finish

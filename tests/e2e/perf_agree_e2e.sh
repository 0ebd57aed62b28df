#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# perf(1) as witness: context switches of the same threads over the same window agree within 2 %; so do a clock and a
# tracepoint on one of them.
set -u
cd "$(dirname "$0")/../.." || exit 1
# tracefs may be mounted nowhere: a mount of our own, seen by nobody else
if [ "${1:-}" != inside ] && [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	exec unshare -m "$0" inside
fi
. tests/lib/lib.sh
. tests/lib/e2e.sh
mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing 2>/dev/null
needs_two_cpus

perf stat -e context-switches true >/dev/null 2>&1 || skip_all "perf may not count here"

RESULTS=$TMP/run.jsonl
EVENTS=task-clock,sched:sched_switch,dummy

# A guest whose timer wakes it 2,000 times a second for 3 s, then it switches itself off.  Threads held before its first
# instruction do nothing, and after its end only quit: so perf from before the release to their end sees qlaunch's window.
compare() { # WORD...
	local tids witness

	"$LAB/bootsector.sh" rest "$TMP/rest.img"
	hold "$QLAUNCH" --accel tcg --net none --events "$EVENTS" -o "$RESULTS" "$@" "$TMP/rest.img" || {
		fail "run holds" "$(cat "$TMP/err")"
		return
	}
	tids=$(find "/proc/$held/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | paste -sd,)
	perf stat -x, -e context-switches -t "$tids" >/dev/null 2>"$TMP/perf" &
	witness=$!
	perf stat -x, -e "$EVENTS" -t "$(vcpu)" >/dev/null 2>"$TMP/perf.vcpu" &
	witness="$witness $!"
	tap_pids="$tap_pids $witness"
	for pid in $witness; do
		wait_until 5 has_counters "$pid"
	done
	release
	# shellcheck disable=SC2086  # two of them
	wait $witness
	judge "$*" "$tids"
	judge_vcpu "$*"
}

# The guest's only vCPU.
vcpu() {
	grep -l '^CPU 0' "/proc/$held/task/"*/comm | sed 's,.*/task/\([0-9]*\)/.*,\1,'
}

# Its --events, ours and perf's: figures are in s where perf says ms.
judge_vcpu() { # NAME
	local name scale

	grep -q sched_switch "$TMP/perf.vcpu" || {
		skip "$1: --events as perf counts them" "perf: $(tail -n 1 "$TMP/perf.vcpu")"
		return
	}
	for name in $(tr , ' ' <<<"$EVENTS"); do
		scale=$([ "$name" = task-clock ] && echo 1000 || echo 1)
		ours=$(jq -r --arg name "$name" --argjson scale "$scale" \
			'.figures[$name] | .by."vcpu/0" * $scale, .unit' "$RESULTS" | tail -n 2 | paste -sd' ')
		theirs=$(awk -F, -v name="$name" '$3 == name { print $1 }' "$TMP/perf.vcpu")
		note "$1: $name on the vCPU: ours $ours, perf $theirs"
		check "$1: $name on the vCPU within 2 %" awk -v ours="$ours" -v theirs="${theirs:-none}" 'BEGIN {
			split(ours, word, " "); off = word[1] - theirs
			exit !(theirs ~ /^[0-9.]+$/ && (off < 0 ? -off : off) <= 0.02 * theirs) }'
	done
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

# Threads that are born inside the window: perf counts them with the thread that made them, over the same window.
RESULTS=$TMP/born.jsonl
born() { # NAME WORD...
	local name=$1

	shift
	"$QLAUNCH" bench --where guest --accel tcg --vcpus 1 --workload randread --direct off --scratch-size 16M --duration 700ms \
		--repeat 1 --boots 1 --events context-switches,page-faults -q -o "$RESULTS" "$@" >/dev/null 2>"$TMP/err" ||
		fail "$name ends well" "$(tail -n 3 "$TMP/err")"
	ours=$(jq -r '.figures | [.context_switches, ."context-switches", .page_faults, ."page-faults"] | map(.value) | @tsv' "$RESULTS" | tail -n 1)
	note "$name: switches, perf's, faults, perf's: $ours"
	check "$name: switches within 1 % of perf's, faults within 5" awk -v all="$ours" 'function off(a, b) { return a < b ? b - a : a - b }
		BEGIN { split(all, n); exit !(n[2] > 500 && off(n[1], n[2]) <= 0.01 * n[2] && off(n[3], n[4]) <= 5) }'
	is "$name: the parts are the total" "$(tail -n 1 "$RESULTS" | jq '[.figures | .context_switches, .page_faults, .cpu_time_s |
		.value - ([.by | to_entries[] | select(.key | test("/|unattributed")) | .value] | add) | fabs < 1e-6] | all')" true
	is "$name: an event has its part of one I/O" "$(tail -n 1 "$RESULTS" | jq -c '.figures | ."context-switches_per_op" as $ours |
		[$ours.unit, $ours.better, ($ours.value / .context_switches_per_op.value - 1 | fabs < 0.01)]')" '["1/op","lower",true]'
	is "$name: every figure is explained" "$(unexplained "$RESULTS")" ""
	is "$name: threads and parts have the same names" "$(tail -n 1 "$RESULTS" | jq '([.threads[] | "\(.role)/\(.index)"] | sort) ==
		([.figures.context_switches.by | keys[] | select(test("/"))] | sort)')" true
	is "$name: a worker of QEMU's is in the pool, whenever it was born" "$(tail -n 1 "$RESULTS" |
		jq -c '[.threads[] | select(.name == "worker") | .role] | unique')" '["pool"]'
}
born "no warm-up" --warmup 0s
born "open loop" --rate 300:poisson --warmup 100ms

RESULTS=$TMP/run.jsonl
compare --pin 1 --policy fifo
compare --pin none
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
# --trace end to end: the switches in the file are those that the kernel counted, its own readers open it, what was
# lost is said, and no tracefs instance is left behind.  tracefs is mounted in a mount namespace of the test's own.
set -u
cd "$(dirname "$0")/.." || exit 1
if [ "${1:-}" != inside ] && [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	exec unshare -m "$0" inside
fi
. tests/lib.sh

TRACING=/sys/kernel/tracing
SHORT=(--warmup 50ms --repeat 1 --vcpus 1 -q)
CPU=(--workload cpu --duration 1s)

# by its own right: what is asked for and cannot be had
refuses "an ending that says nothing" 2 'must end in .json' "$QLAUNCH" bench "${SHORT[@]}" "${CPU[@]}" --trace "$TMP/x.txt"
refuses "a folder that is not there" 2 'No such file' "$QLAUNCH" bench "${SHORT[@]}" "${CPU[@]}" --trace "$TMP/none/x.json"
refuses "a file that is none" 2 'no ordinary file' \
	"$QLAUNCH" bench "${SHORT[@]}" "${CPU[@]}" --trace "$(mkdir "$TMP/x.dat" && echo "$TMP/x.dat")"

[ "${1:-}" = inside ] || skip_all "needs root, for a mount namespace"
grep -qw tracefs /proc/filesystems || skip_all "this kernel has no tracefs"
umount "$TRACING" 2>/dev/null
if ! mountpoint -q "$TRACING" && [ ! -e /sys/kernel/debug/tracing/trace ]; then
	line=$("$QLAUNCH" bench --where native "${SHORT[@]}" --workload cpu --duration 50ms --trace "$TMP/no.json" -o - 2>/dev/null)
	is "no tracefs: the run finishes" "$(jq -c '[.ended, .trace.file]' <<<"$line")" '["done",null]'
	like "and says what to do" "$(jq -r '.warnings[]' <<<"$line")" 'no trace: .*mount -t tracefs'
	check "nothing is written" test ! -e "$TMP/no.json"
fi
mountpoint -q "$TRACING" || mount -t tracefs nodev "$TRACING" || skip_all "tracefs cannot be mounted"

instances() { find "$TRACING/instances" -mindepth 1 -maxdepth 1 -name 'qlaunch-*'; }

# a name that no process has, left by one that was killed
mkdir "$TRACING/instances/qlaunch-4194303"
check "native and guest, as JSON" timeout 90 "$QLAUNCH" bench "${SHORT[@]}" "${CPU[@]}" --trace "$TMP/x.json" -o "$TMP/x.jsonl"
is "a dead qlaunch's instance is gone, and ours too" "$(instances)" ""
is "a file a trial" "$(cd "$TMP" && echo x.*.json)" "x.0-native-cpu-b0-r0.json x.1-guest-cpu-b0-r0.json"
for where in native guest; do
	line=$(jq -c "select(.arm == \"$where\")" "$TMP/x.jsonl")
	role=$([ $where = native ] && echo native || echo vcpu)
	file=$(jq -r .trace.file <<<"$line")
	is "$where: nothing lost" "$(jq -c '[.trace.lost, .trace.ends_early]' <<<"$line")" '[0,false]'
	is "$where: its marks, in order" "$(jq -r '[.traceEvents[] | select(.cat == "mark").name] | join(" ")' "$file")" \
		"ready go done"
	tid=$(jq ".threads[] | select(.role == \"$role\").tid" <<<"$line")
	seen=$(jq "[.traceEvents[] | select(.ph == \"E\" and .cat == \"sched\" and .tid == $tid)] | length" "$file")
	counted=$(jq ".figures.context_switches.by[\"$role/0\"]" <<<"$line")
	check "$where: $seen switches, counted $counted" \
		awk -v s="$seen" -v c="$counted" 'BEGIN { d = s - c; exit !(s > 0 && d * d <= (c * 0.02 + 2) ^ 2) }'
	is "$where: time goes on" "$(jq '[.traceEvents[] | select(.ph != "M").ts] | . == sort' "$file")" true
done
is "the guest's clock is known within a bound" \
	"$(jq -s 'map(.trace.guest_clock_bound_ns) | [.[] | select(. != null) | . >= 0 and . < 1e9]' -c "$TMP/x.jsonl")" '[true]'

# one trial: the name as it stands; read by trace-cmd
check "as trace.dat" timeout 60 "$QLAUNCH" bench --where native "${SHORT[@]}" "${CPU[@]}" --trace "$TMP/y.dat" -o "$TMP/y.jsonl"
if command -v trace-cmd >/dev/null; then
	trace-cmd report "$TMP/y.dat" >"$TMP/report" 2>/dev/null
	tid=$(jq '.threads[] | select(.role == "native").tid' "$TMP/y.jsonl")
	seen=$(grep -cE "sched_switch: .*:$tid \[[0-9]+\] [A-Z+]+ ==>" "$TMP/report")
	counted=$(jq '.figures.context_switches.by["native/0"]' "$TMP/y.jsonl")
	check "trace-cmd opens it: $seen switches, counted $counted" \
		awk -v s="$seen" -v c="$counted" 'BEGIN { d = s - c; exit !(s > 0 && d * d <= (c * 0.02 + 2) ^ 2) }'
	like "the window's ends stand in it" "$(cat "$TMP/report")" 'qlaunch: the window begins'
else
	skip "trace-cmd opens it" "no trace-cmd"
fi

# every read is an event: a ring of a page cannot hold them
timeout 60 "$QLAUNCH" bench --where native "${SHORT[@]}" --workload randread --duration 1s --scratch-size 8M --direct off \
	--trace "$TMP/z.json" --trace-buffer 4k -o "$TMP/z.jsonl" >/dev/null 2>"$TMP/stderr"
is "a ring that is too small: lost is counted" "$(jq '.trace.lost > 0 and (.trace.lost_by_cpu | length) > 0' "$TMP/z.jsonl")" true
like "and said" "$(jq -r '.warnings[]' "$TMP/z.jsonl")" 'trace: [0-9]+ events were lost: .*--trace-buffer'
check "and the file parses" jq -e '.otherData.lost > 0' "$TMP/z.json"

# killed: its guard removes the instance; nothing half is left
start "$QLAUNCH" bench --where native "${SHORT[@]}" --workload cpu --duration 30s --trace "$TMP/k.json" -o "$TMP/k.jsonl" >/dev/null 2>&1
victim=$started
recording() { [ "$(cat "$TRACING/instances/qlaunch-$victim/tracing_on" 2>/dev/null)" = 1 ]; }
check "one is recording" wait_until 20 recording
is "its guard holds no file" "$(find "/proc/$(pgrep -P "$victim" -x qlaunch-guard)/fd" -lname '/sys/*' -o -lname "$TMP/*" 2>&1)" ""
kill -9 "$victim"
wait "$victim" 2>/dev/null
no_instance() { [ -z "$(instances)" ]; }
check "killed: its instance is gone" wait_until 5 no_instance
is "and there is no trace" "$(find "$TMP" -name 'k.json*' ! -name k.jsonl)" ""
is "no half file is left" "$(find "$TMP" -name '*.part')" ""

finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What keeps threads off their CPUs that no thread of the VM does: a cgroup's quota, and what the kernel takes from real-time
# threads.  Natively, where a second is enough.
# mostly waits
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

RESULTS=$TMP/results.jsonl
WORDS=(bench --where native --vcpus 1 --workload cpu --repeat 1 --warmup 20ms -o "$RESULTS")
group=

leave() {
	[ -z "$group" ] || rmdir "$group" 2>/dev/null
	tap_cleanup
}
trap leave EXIT

last() { tail -n 1 "$RESULTS" | jq -r "$1"; }

note "a quota of a fifth of a CPU"
for folder in /sys/fs/cgroup/cpu /sys/fs/cgroup; do
	[ -z "$group" ] && [ -w "$folder" ] && mkdir "$folder/qlaunch-kept.$$" 2>/dev/null && group=$folder/qlaunch-kept.$$
done
# version 2 has the file where the parent hands the controller on
if { echo 20000 >"$group/cpu.cfs_quota_us" || echo "20000 100000" >"$group/cpu.max"; } 2>/dev/null; then
	(echo "$BASHPID" >"$group/cgroup.procs" && exec "$QLAUNCH" "${WORDS[@]}" --duration 600ms) >"$TMP/out" 2>&1
	is "a bench in it ends with 0" $? 0
	is "the quota's time is in the line" "$(last '.figures.quota_throttled_s.value > 0.01')" true
	is "and is what the worker waited for, at most" "$(last '.figures |
		.quota_throttled_s.value <= .run_delay_s.value + 0.15')" true
	like "a warning names the limit and its file" "$(last '.warnings | join("; ")')" \
		"quota of 20000 of 100000 us kept threads off their CPUs for 0\.[0-9]+ s .*raise it in $group"
	# the group is new: its whole count is this bench's, of which the start and the warm-up are outside the window
	total=$(awk '$1 == "throttled_time" { print $2 / 1e9 } $1 == "throttled_usec" { print $2 / 1e6 }' "$group/cpu.stat")
	is "it is what cpu.stat itself says of the whole, but for the start" "$(last ".figures.quota_throttled_s.value |
		. <= $total + 0.001 and . >= $total - 0.35")" true
	note "$(last .figures.quota_throttled_s.value) s in the window, $total s of the cgroup's cpu.stat"
	(echo "$BASHPID" >"$group/cgroup.procs" && exec "$QLAUNCH" "${WORDS[@]}" --dry-run) >"$TMP/dry" 2>&1
	like "a plan predicts what it takes, with the command that changes it" "$(cat "$TMP/dry")" \
		"note: the cgroup's cpu\.[a-z_]+ is 20000 of 100000 us, 0\.2 CPUs; 1 busy worker needs 1: each is kept off its CPU 80 % of the time: to change it, as root: echo 100000( 100000)? >$group/"
	(echo "$BASHPID" >"$group/cgroup.procs" && exec "$QLAUNCH" doctor) >"$TMP/doctor" 2>&1
	like "so does doctor" "$(cat "$TMP/doctor")" "quota +limited +the cgroup's cpu\.[a-z_]+ is 20000 of 100000 us"
	mend=$(sed -n '/^quota/{n;s/.*as root: //p}' "$TMP/doctor")
	sh -c "$mend"
	(echo "$BASHPID" >"$group/cgroup.procs" && exec "$QLAUNCH" doctor) >"$TMP/doctor" 2>&1
	like "whose command mends it" "$(cat "$TMP/doctor")" "quota +ok +the cgroup's cpu\.[a-z_]+ is [0-9]+ of 100000 us"
else
	skip "a CPU quota is counted" "no cgroup can be made here"
fi
rm -f "$RESULTS"
run "$QLAUNCH" "${WORDS[@]}" --duration 100ms
is "without one there is a count, or the reason that there is none" \
	"$(last '.figures.quota_throttled_s | .value == 0 or (.value == null and (.why | length > 0)) or .value > 0')" true
like "doctor says the host's steal, or that there is none" "$("$QLAUNCH" doctor 2>/dev/null)" \
	"steal +(ok|limited) +(this host is a virtual machine, and its own host took [0-9.]+ %|no hypervisor has taken time)"
is "steal is there in a bench" "$(last '.figures.host_steal_s | .value >= 0 or (.why | length > 0)')" true
is "threads that are not real-time have no such limit" "$(last '.figures.rt_throttled_s, .rt_kept_share' | xargs)" "null null"
is "a SCHED_DEADLINE thread has its own runtime: the plan predicts nothing" \
	"$("$QLAUNCH" bench --where native --policy deadline:1ms/10ms/10ms --force --workload cpu --dry-run | grep -cE '^arm|the kernel takes')" 1

note "a real-time worker beside a normal thread"
needs_two_cpus
if ! chrt -f 1 true 2>/dev/null; then
	skip "what the kernel takes from a real-time thread" "SCHED_FIFO is refused here"
	finish
fi
like "a plan predicts it" "$("$QLAUNCH" bench --where native --policy fifo:50 --pin 1 --workload cpu --dry-run)" \
	"note: the kernel takes (up to [0-9.]+ % of a CPU|nothing) from real-time threads"
like "so does doctor" "$("$QLAUNCH" doctor 2>/dev/null)" "realtime .*the kernel takes (up to [0-9.]+ %|nothing)"
rm -f "$RESULTS"
taskset -c 1 sh -c 'while :; do :; done' &
hog=$!
run "$QLAUNCH" "${WORDS[@]}" --policy fifo:50 --pin 1 --duration 2s
is "the bench ends with 0" "$status" 0
is "nothing measured it: null" "$(last .figures.rt_throttled_s.value)" null
like "with the prediction as its reason" "$(last .figures.rt_throttled_s.why)" \
	"the kernel keeps no count of it; predicted: the kernel takes (up to [0-9.]+ %|nothing)"
waited='(.figures.run_delay_s.by."native/0" / .window_s.host)'
if [ "$(last "$waited > 0.015 and $waited < .rt_kept_share * 1.5")" = true ]; then
	like "the wait has its likely cause" "$(last '.warnings | join("; ")')" \
		"native/0 is a real-time thread and waited for a CPU [0-9.]+ % of the time, most likely because the kernel takes"
else
	is "a wait that is not its doing has no such cause" "$(last '.warnings | map(select(test("most likely because"))) | length')" 0
fi
run "$QLAUNCH" "${WORDS[@]}" --policy fifo:50 --pin 1 --duration 1s --observe deep
kill "$hog"
if [ "$(last .observe)" = deep ]; then
	# the worker never sleeps: it waits only where a normal thread, or another real-time one, took its place
	is "deep measures it: what the worker waited, within 20 ms and 10 %" "$(last '.figures |
		(.rt_throttled_s.by."native/0" - .run_delay_s.by."native/0" | fabs) < 0.02 + 0.1 * .run_delay_s.by."native/0"')" true
	note "$(last '.figures | "throttled \(.rt_throttled_s.by."native/0") s, waited \(.run_delay_s.by."native/0") s"')"
else
	skip "deep measures what the kernel takes" "$(last .figures.offcpu_preempted_s.why)"
fi
is "every figure is explained" "$(unexplained "$RESULTS")" ""
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # jq's variables
# The loads that show what a VM costs, native and in one TCG guest: a line for each, its figures, what it was given.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

RESULTS=$TMP/loads.jsonl
LOADS=mem,wakeup,pipe,fault,lock,syscall,memcpy

# on a busy machine an emulated guest may not come to one round trip in that time
for duration in 300ms 3s 30s; do
	rm -f "$RESULTS"
	run "$QLAUNCH" bench --accel tcg --workload "$LOADS" --duration $duration --warmup 20ms --repeat 1 --boots 1 --vcpus 2 \
		-o "$RESULTS"
	lines "$RESULTS" 'select(.figures[.primary].why // "" | test("in the window")) | .workload' | grep -qv wakeup || break
done
is "bench ends with 0" "$status" 0 || note "$(cat "$TMP/err")"
for arm in native guest; do
	is "$arm: a line for each load" \
		"$(lines "$RESULTS" "select(.arm == \"$arm\") | .workload" | sort | paste -sd,)" \
		"fault,lock,mem,memcpy,pipe,syscall,wakeup"
done
is "each has ended" "$(lines "$RESULTS" .ended | sort -u)" "done"
# a p99 needs a thousand wake-ups, and a busy emulator may not come to as many
is "and its primary figure is above zero" "$(lines "$RESULTS" '(if .workload == "wakeup" then "wakeup_p50_ns" else .primary end) as $p |
	select(.figures[$p].value > 0 | not) | "\(.arm) \(.workload) \(.figures[$p])"')" ""
is "a null has its why" "$(lines "$RESULTS" '.figures[] | select((.value == null) != ((.why // "") != ""))')" ""
is "every figure of every load is explained" "$(unexplained "$RESULTS")" ""
is "a total has no direction, its part of one operation has" "$(lines "$RESULTS" 'select(.workload == "pipe") | .figures |
	[.context_switches.better, .context_switches_per_op.better]' | jq -c . | sort -u)" '["none","lower"]'
is "a round trip's CPU time is there where the CPU time is" "$(lines "$RESULTS" 'select(.workload == "pipe") | .figures |
	.cpu_ns_per_op.value > 0' | sort -u)" true
is "mem has no unit of work" "$(lines "$RESULTS" 'select(.workload == "mem") | [.ops, .figures.cpu_ns_per_op] | tostring' | sort -u)" \
	"[null,null]"
like "mem: both arms walk over the same sizes" "$(lines "$RESULTS" 'select(.workload == "mem") | .engine | .sizes + "; " + .pages' |
	uniq -c)" "^ *2 l1 [0-9]+k, l2 [0-9]+[kM], llc ([0-9]+[kM]|none), dram [0-9]+[MG]; 4k$"
cache=$(cat /sys/devices/system/cpu/cpu0/cache/index*/size 2>/dev/null | sort -n | tail -n 1)
is "mem: chosen for the caches of this host, also in the guest" \
	"$(lines "$RESULTS" 'select(.workload == "mem") | .engine.last_cache' | sort -u)" \
	"$([ -n "$cache" ] && numfmt --to=iec --from=iec "$cache" | sed 's/K$/k/' || echo unknown)"
is "mem: DRAM's figure is one of DRAM, or says that it is not" "$(lines "$RESULTS" 'select(.workload == "mem") |
	.engine.beyond_cache != (.warnings | any(test("not DRAM.s alone|how large the last cache")))' | sort -u)" true
is "wakeup: memory is locked in both arms" \
	"$(lines "$RESULTS" 'select(.workload == "wakeup") | .engine.memory_locked' | sort -u)" true
like "wakeup: what the arms do not have in common is said" "$(lines "$RESULTS" 'select(.workload == "wakeup") | .warnings[]')" \
	"not alike: here cpu_dma_latency '.*held.*' instead of '.*held.*' as in '(native|guest)'"
is "wakeup says whether idle states were kept off" "$(lines "$RESULTS" 'select(.workload == "wakeup") |
	.arm + " " + (.engine.cpu_dma_latency | split(":")[0])' | grep -Ec '^(native (not )?held|guest not held)')" 2
is "wakeup: timer slack of 1 ns" \
	"$(lines "$RESULTS" 'select(.workload == "wakeup") | .engine.timer_slack_ns' | sort -u)" 1
is "pipe: partners are native threads of their own" "$(lines "$RESULTS" 'select(.workload == "pipe" and .arm == "native") |
	[.threads[] | select(.role == "native")] | length')" 4
is "pipe: and each of them is counted by itself" "$(lines "$RESULTS" 'select(.workload == "pipe" and .arm == "native") |
	.figures.cpu_time_s.by | ."native/0.partner" > 0 and ."native/1.partner" > 0')" true
is "no thread is astray" "$(lines "$RESULTS" '.threads[] | select(.stray) | .tid')" ""

# an open loop, in an axis beside the closed one
run "$QLAUNCH" sweep --where native --workload randread,cpu --rate none,500:poisson --duration 200ms --warmup 20ms \
	--repeat 1 --vcpus 1 --scratch-size 8M -o "$TMP/rate.jsonl"
is "rate: a sweep ends with 0" "$status" 0 || note "$(cat "$TMP/err")"
is "rate: only the open loop says what was offered" "$(lines "$TMP/rate.jsonl" 'select(.workload == "randread") |
	"\(.spec.rate) \(.engine.rate) \(.figures.io_achieved_ratio != null)"' | sort -u | paste -sd,)" \
	"500:poisson 500:poisson true,none null false"
is "rate: it means nothing to cpu" "$(lines "$TMP/rate.jsonl" 'select(.workload == "cpu") | .error // "fine"' | sort -u)" fine

# a kernel thread that polls is a thread of the load's: placed on the rest, an ordinary one, and accounted for
if [ "$(nproc)" -ge 2 ]; then
	run "$QLAUNCH" bench --where native --workload randread --sqpoll on --pin 1 --policy fifo:1 --duration 200ms --warmup 50ms \
		--repeat 1 --scratch-size 8M --direct off -o "$TMP/sqpoll.jsonl"
	is "sqpoll: ends with 0" "$status" 0 || note "$(cat "$TMP/err")"
	is "sqpoll: its thread is found, kept off the worker's CPU and its policy" \
		"$(lines "$TMP/sqpoll.jsonl" '.threads[] | select(.role == "helper" and (.name | startswith("iou-sqp"))) |
		(.got.cpus != "1") and .got.policy == "other" and (.stray | not)')" true
	is "sqpoll: its time is the helper's" "$(lines "$TMP/sqpoll.jsonl" '.figures.cpu_time_s.by.helper > 0')" true
fi
run "$QLAUNCH" sweep --where native --workload randread --sqpoll off,on --vcpus "$(nproc)" --duration 100ms --warmup 10ms \
	--repeat 1 --scratch-size 8M -o "$TMP/sqpoll.jsonl"
is "sqpoll: a sweep goes on beside an arm without CPUs for it" "$status" 0
like "sqpoll: and says why" "$(lines "$TMP/sqpoll.jsonl" 'select(.error) | .error')" 'polling kernel threads need'

# what a disk cannot do is said before anything is made for it
rm -rf "$XDG_STATE_HOME"
POLLS=(--workload randread --iopoll on --scratch-size 8M --duration 100ms --vcpus 1 --repeat 1)
refuses "iopoll in the guest: its disk has no queue to poll" 2 'iopoll: the guest.s disk has no queue' \
	"$QLAUNCH" bench --where guest "${POLLS[@]}"
refuses "iopoll of the page cache" 2 'iopoll: it is for direct I/O' "$QLAUNCH" bench --where native --direct off "${POLLS[@]}"
[ "$(cat /sys/dev/block/"$(mountpoint -d "$(df --output=target "$TMP" | tail -n 1)")"/{,../}queue/io_poll 2>/dev/null)" = 1 ] ||
	refuses "iopoll natively, of a disk without such queues" 2 'iopoll: .*(no queue to poll|no single disk)' \
		"$QLAUNCH" bench --where native "${POLLS[@]}"
check "nothing was made for them" test ! -e "$XDG_STATE_HOME"
run "$QLAUNCH" sweep --where native --iopoll off,on --workload cpu,randread --scratch-size 8M --duration 50ms --warmup 10ms --repeat 1 \
	--vcpus 1 --control off --direct off -o "$TMP/iopoll.jsonl"
is "iopoll: in a sweep it is a row with its reason" "$(lines "$TMP/iopoll.jsonl" 'select(.ended == "refused") |
	.workload + " " + (.error | .[:19])' | tail -n 1)" "randread --iopoll: it is for"

# a pinned worker and its partner share one CPU: there is no trip across
run "$QLAUNCH" bench --where native --workload pipe --duration 100ms --warmup 10ms --repeat 1 --pin 0 -o "$TMP/pin.jsonl"
is "pipe, pinned: both threads are on that CPU" \
	"$(lines "$TMP/pin.jsonl" '[.threads[] | select(.role == "native") | .got.cpus] | join(" ")')" "0 0"
like "pipe, pinned: and across is none, with its why" \
	"$(lines "$TMP/pin.jsonl" '.figures.pipe_cross_ns | "\(.value) \(.why)"')" '^null .*only one CPU'
# the kernel's own count is the witness: two switches a round trip
like "pipe, pinned: the kernel counts two switches a round trip" "$(lines "$TMP/pin.jsonl" '.window_s.load as $s | .figures |
	.context_switches.value * .pipe_ns.value / ($s * 1e9) | . * 10 | round')" '^(1[6-9]|2[0-6])$'
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
# The loads that show what a VM costs, native and in one TCG guest: a line for each, its figures, what it was given.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/e2e.sh

RESULTS=$TMP/loads.jsonl
LOADS=mem,wakeup,pipe,fault,lock,syscall,memcpy

run "$QLAUNCH" bench --accel tcg --workload "$LOADS" --duration 200ms --warmup 20ms --repeat 1 --boots 1 --vcpus 2 \
	-o "$RESULTS"
is "bench ends with 0" "$status" 0 || note "$(cat "$TMP/err")"
for arm in native guest; do
	is "$arm: a line for each load" \
		"$(lines "$RESULTS" "select(.arm == \"$arm\") | .workload" | sort | paste -sd,)" \
		"fault,lock,mem,memcpy,pipe,syscall,wakeup"
done
is "each has ended" "$(lines "$RESULTS" .ended | sort -u)" "done"
is "and its primary figure is above zero" "$(lines "$RESULTS" '.figures[.primary].value > 0' | sort -u)" true
is "a null has its why" "$(lines "$RESULTS" '.figures[] | select((.value == null) != ((.why // "") != ""))')" ""
is "mem says its sizes and pages" "$(lines "$RESULTS" 'select(.workload == "mem") | .engine | .sizes + "; " + .pages' |
	sort -u)" "l1 16k, l2 256k, llc 8M, dram 128M; 4k"
is "wakeup says whether idle states were kept off" "$(lines "$RESULTS" 'select(.workload == "wakeup") |
	.arm + " " + (.engine.cpu_dma_latency | split(":")[0])' | grep -Ec '^(native (not )?held|guest not held)')" 2
is "wakeup: timer slack of 1 ns" \
	"$(lines "$RESULTS" 'select(.workload == "wakeup") | .engine.timer_slack_ns' | sort -u)" 1
is "pipe: partners are native threads of their own" "$(lines "$RESULTS" 'select(.workload == "pipe" and .arm == "native") |
	[.threads[] | select(.role == "native")] | length')" 4
is "pipe: and each of them is counted by itself" "$(lines "$RESULTS" 'select(.workload == "pipe" and .arm == "native") |
	.figures.cpu_time_s.by | ."native/0.partner" > 0 and ."native/1.partner" > 0')" true
is "no thread is astray" "$(lines "$RESULTS" '.threads[] | select(.stray) | .tid')" ""

# a pinned worker and its partner share one CPU: there is no trip across
run "$QLAUNCH" bench --where native --workload pipe --duration 100ms --warmup 10ms --repeat 1 --pin 0 -o "$TMP/pin.jsonl"
is "pipe, pinned: both threads are on that CPU" \
	"$(lines "$TMP/pin.jsonl" '[.threads[] | select(.role == "native") | .got.cpus] | join(" ")')" "0 0"
like "pipe, pinned: and across is none, with its why" \
	"$(lines "$TMP/pin.jsonl" '.figures.pipe_cross_ns | "\(.value) \(.why)"')" '^null .*only one CPU'
# the kernel's own count is the witness: two switches a round trip
# shellcheck disable=SC2016
like "pipe, pinned: the kernel counts two switches a round trip" "$(lines "$TMP/pin.jsonl" '.window_s.load as $s | .figures |
	.context_switches.value * .pipe_ns.value / ($s * 1e9) | . * 10 | round')" '^(1[6-9]|2[0-6])$'
finish

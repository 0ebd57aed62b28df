#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --vms: several VMs on the same CPUs, by the kernel's own words; one line for all; and how they end.
set -u
cd "$(dirname "$0")/../.." || exit 1
# tracefs is mounted in a mount namespace of the test's own
if [ "${1:-}" != inside ] && [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	exec unshare -m "$0" inside
fi
. tests/lib/lib.sh
. tests/lib/e2e.sh
needs_two_cpus

# an option that is repeated is an axis: what varies is not in here
TWO=(--control off --accel tcg --pin 1 --vcpus 1 --memory 128M --warmup 100ms --repeat 1 --scratch-size 8M)
FILE=$TMP/two.jsonl

# TIDs of the vCPU threads of the VMs that are held: each VM's QEMU has one.
vcpus() {
	local qemu

	for qemu in ${held//,/ }; do
		grep -lx 'CPU 0/TCG' "/proc/$qemu/task/"*/comm | cut -d / -f 5
	done
}

# Threads of all QEMUs that are held, but for the vCPUs, as the kernel has them.
others() {
	local qemu task

	for qemu in ${held//,/ }; do
		for task in "/proc/$qemu/task/"*; do
			grep -qx 'CPU 0/TCG' "$task/comm" || kernel_says "${task##*/}"
		done
	done
}

check_held() {
	hold "$QLAUNCH" bench --where guest "${TWO[@]:2}" --vms 2 --duration 400ms --workload randrw,cpu --policy fifo --neighbour-policy batch:3 -o "$FILE" || {
		fail "two VMs hold" "$(cat "$TMP/err")"
		return
	}
	is "two VMs are held" "$(tr ',' '\n' <<<"$held" | grep -c .)" 2
	is "both vCPUs are on the one CPU, each with its policy" \
		"$(for tid in $(vcpus); do kernel_says "$tid"; done | paste -sd/)" "1 fifo:1/1 batch"
	is "nothing else is there" "$(others | sort -u)" "0 other"
	is "each has a uid of its own, started by root" \
		"$(for qemu in ${held//,/ }; do awk '/^Uid:/ { print $2 }' "/proc/$qemu/status"; done | sort -u | wc -l)" $(($(id -u) ? 1 : 2))
	is "each has a scratch of its own" "$(for qemu in ${held//,/ }; do
		find "/proc/$qemu/fd" -lname '*deleted*' ! -lname '/memfd:*' -exec stat -Lc %i {} +
	done | sort -u | wc -l)" 2
	vcpus >"$TMP/vcpus"
	release
	is "they run to the end" "$status" 0 || note "$(cat "$TMP/err")"
}

check_line() {
	is "a line a trial, not a VM" "$(lines "$FILE" .workload | sort | paste -sd/)" "cpu/randrw"
	is "the threads of all VMs are in it" "$(lines "$FILE" '.threads[] | select(.role == "vcpu") |
		"\(.vm) \(.got.cpus) \(.got.policy) \(.stray)"' | sort -u | paste -sd/)" "0 1 fifo:1 false/1 1 batch:3 false"
	is "they are those that were held" "$(lines "$FILE" '.threads[] | select(.role == "vcpu") | .tid' | sort -u | xargs)" \
		"$(sort -u "$TMP/vcpus" | xargs)"
	is "nobody is stray" "$(lines "$FILE" '.threads[].stray' | sort -u)" false
	is "the neighbour has figures of its own" \
		"$(lines "$FILE" '.neighbours | length, (.[0] | .vm, (.figures | length > 10), .window_s.load > 0.39)' | sort -u |
			paste -sd/)" "1/true"
	is "its threads stand beside the first one's" \
		"$(lines "$FILE" '.figures.cpu_time_s.by | has("vcpu/0") and has("vm1/vcpu/0")' | sort -u)" true
	is "the first one's roles add up to the line's figure" "$(lines "$FILE" '.figures.context_switches |
		.value == ([.by | to_entries[] | select(.key | contains("/") | not) | .value] | add)' | sort -u)" true
	is "the line's figure is the first VM's" \
		"$(lines "$FILE" '.figures[.primary].value == .figures["vms_worst_" + .primary].by.vm0' | sort -u)" true
	is "the first VM, in real time, had the CPU" \
		"$(lines "$FILE" 'select(.workload == "cpu") | .figures.vms_cpu_fairness.value < 0.5')" true
}

has_tracefs() {
	[ "${1:-}" = inside ] || return
	mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing 2>/dev/null
}

# Each VM's timeline has its own threads' switches: of the other's vCPU it knows only that it came next.
check_trace() { # ARGUMENT of this script
	has_tracefs "$@" || {
		skip "a timeline of each VM" "no tracefs to be had"
		return
	}
	run "$QLAUNCH" bench --where guest --accel tcg --pin 1 --vcpus 1 --memory 128M --warmup 50ms --repeat 1 --vms 2 \
		--workload cpu --duration 300ms --trace "$TMP/t.json" -o "$TMP/trace.jsonl"
	is "a timeline of each VM" "$(lines "$TMP/trace.jsonl" '.trace.file, .neighbours[0].trace.file |
		sub(".*/"; "")' | paste -sd/)" t.json/t-vm1.json
	is "with events of each" "$(lines "$TMP/trace.jsonl" '[.trace.events, .neighbours[0].trace.events | . > 10] | all')" true
	is "and none is left in the kernel" "$(find /sys/kernel/tracing/instances -mindepth 1 -name 'qlaunch-*')" ""
}

# Equal VMs: what is said of all of them follows from what is said of each.
check_equal() {
	run "$QLAUNCH" sweep "${TWO[@]}" --vms 1,2 --duration 400ms --workload cpu --observe counters --events task-clock -o "$TMP/equal.jsonl"
	is "one VM and two, compared" "$status" 0 || note "$(cat "$TMP/err")"
	is "the total is the VMs' sum, the worst the least, fairness their ratio" \
		"$(lines "$TMP/equal.jsonl" '.figures | (.vms_total_cpu_events_per_s | .value - ([.by[]] | add)),
			(.vms_worst_cpu_events_per_s | .value - ([.by[]] | min)),
			(.vms_fairness | .value - ([.by[]] | min / max)) | . < 0.001 and . > -0.001' | sort -u)" true
	like "the table shows it" "$(cat "$TMP/out")" "^  vms_fairness \(higher is better\)"
	like "and what it is about" "$(cat "$TMP/err")" "vms=2: 2 VMs with 1 vCPU each have 1 CPU: 2 vCPUs a CPU"
	is "counters are each VM's" "$(lines "$TMP/equal.jsonl" 'select(.arm == "vms=2") | .observe, .neighbours[0].observe,
		(.neighbours[0].figures | ."task-clock".value > 0)' | paste -sd/)" "counters/counters/true"
}

# What KVM and the block layer count goes on after the load's end: between the two VMs' last answers nothing else is read.
check_ends() {
	command -v strace >/dev/null || {
		skip "the counters of all VMs are read before anything else" "no strace"
		return
	}
	run strace -o "$TMP/calls" -s 200 -e trace=openat,write,sendto,sendmsg "$QLAUNCH" bench --where guest --accel tcg --pin 1 \
		--vcpus 1 --memory 128M --warmup 50ms --repeat 1 --vms 2 --workload cpu --duration 200ms -o "$TMP/ends.jsonl"
	is "the counters of all VMs are read before anything else" "$(awk '
		/query-blockstats/ { calls++; between = opened; opened = 0 }
		/openat\(.*"\/proc/ { opened++ }
		END { print calls, between }' "$TMP/calls")" "4 0"
}

has_two() { # PID
	[ "$(children "$1" | wc -w)" = 2 ]
}

# One of two QEMUs is killed from outside while they are timed.
check_one_dies() {
	local pid qemus

	"$QLAUNCH" bench --where guest "${TWO[@]:2}" --vms 2 --workload cpu --duration 30s -o "$TMP/dies.jsonl" >"$TMP/out" 2>"$TMP/err" </dev/null &
	pid=$!
	tap_pids="$tap_pids $pid"
	wait_until 60 has_two "$pid"
	sleep 1 # anywhere in the boot or in the trial
	qemus=$(children "$pid" | xargs)
	is "two VMs are there" "$(wc -w <<<"$qemus")" 2
	kill -9 "${qemus##* }"
	wait "$pid"
	is "a VM that dies fails the trial" "$? $(lines "$TMP/dies.jsonl" .ended)" "1 failed"
	like "with its reason, at once" "$(lines "$TMP/dies.jsonl" .error)" "vm[01]: QEMU was killed by SIGKILL"
	# shellcheck disable=SC2086  # a list of pids
	check "the other one is gone too" all_gone $qemus
}

check_killed() {
	local qemus

	hold "$QLAUNCH" bench --where guest "${TWO[@]:2}" --vms 2 --workload cpu -o "$TMP/killed.jsonl"
	qemus=${held//,/ }
	kill -9 "$started"
	wait "$started" 2>/dev/null
	exec 7>&-
	# shellcheck disable=SC2086  # a list of pids
	check "no VM outlives qlaunch" wait_until 10 all_gone $qemus
}

check_refused() {
	refuses "fifo beside fifo on one CPU" 2 "^qlaunch: --vms 2 with --pin 1 .*take.* turns" \
		"$QLAUNCH" bench --where guest --vms 2 --pin 1 --policy fifo --dry-run
	refuses "more memory than there is" 2 "^qlaunch: --vms 64 with --memory 1T want 64T, and this host has .* available" \
		"$QLAUNCH" bench --where guest --vms 64 --memory 1T --dry-run
	refuses "no VM" 2 "^qlaunch: --vms" "$QLAUNCH" bench --vms 0 --dry-run
	refuses "VMs of a user's disk" 2 "^qlaunch: .*--vms" "$QLAUNCH" --vms 2 --dry-run disk.img
	run "$QLAUNCH" bench --where guest --vms 2 --pin 1 --policy rr --neighbour-policy idle --dry-run
	like "a dry run says how many, and what differs" "$(cat "$TMP/out")" \
		"^vms 2  each as below, .*; vCPUs of all but the first: idle$"
}

check_held
check_line
check_equal
check_trace "$@"
check_ends
check_one_dies
check_killed
check_refused
finish

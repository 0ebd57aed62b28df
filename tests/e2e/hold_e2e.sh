#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --hold: before the guest's first instruction the kernel's own words, by TID, are what the result line claims
# later; and the live QEMU has no right that it was not given.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh
needs_two_cpus

RESULTS=$TMP/held.jsonl

# "ROLE/INDEX TID" of the placement that qlaunch printed (run), else of the thread names.
held_threads() {
	sed -n 's|^\([a-z-]*/[0-9]*\) *tid \([0-9]*\) .*|\1 \2|p' "$TMP/err"
}

# Every thread of the live QEMU as the kernel has it, by TID: "TID CPUS POLICY".
ask_kernel() {
	local task

	for task in "/proc/$held/task/"*; do
		echo "${task##*/} $(kernel_says "${task##*/}")"
	done
}

claims() { # FILE ROLE...: "TID CPUS POLICY" of the last line
	tail -n 1 "$1" | jq -r --args '.threads[] | select(.role | IN($ARGS.positional[])) |
		"\(.tid) \(.got.cpus) \(.got.policy)"' "${@:2}"
}

# What was read while held is what the line claims, thread by thread.
compare() { # NAME FILE
	local line missing=

	claims "$2" vcpu iothread emulator >"$TMP/claims"
	while read -r line; do
		grep -qxF "$line" "$TMP/kernel" || missing="$missing [$line]"
	done <"$TMP/claims"
	is "$1: what the line claims is what the kernel said under --hold" "$missing" ""
	is "$1: of vCPUs and iothreads too" "$(claims "$2" vcpu iothread | wc -l)" 2
}

status_word() { # NAME
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$held/status"
}

check_rights() {
	local set

	for set in CapEff CapPrm CapInh CapBnd CapAmb; do
		is "QEMU's $set is empty" "$(status_word $set)" 0000000000000000
	done
	is "no new privileges" "$(status_word NoNewPrivs)" 1
	is "seccomp filters its system calls" "$(status_word Seccomp)" 2
	is "on each of its threads" "$(cat "/proc/$held/task/"*/status | grep '^Seccomp:' | sort -u | wc -l)" 1
	is "it leads a session of its own" "$(ps -o sid= -p "$held" | tr -d ' ')" "$held"
	is "no core dumps" "$(awk '/core file size/ { print $5 }' "/proc/$held/limits")" 0
	is "nothing of our environment" "$(tr '\0' '\n' <"/proc/$held/environ" | grep -c QLAUNCH)" 0
}

# What each open file of QEMU is, apart from those that QEMU makes itself.
foreign_fds() {
	find "/proc/$held/fd" -type l -printf '%l\n' |
		grep -Ev '^(socket|pipe):|^anon_inode:|^/dev/(null|urandom|kvm)$|^/dev/(vhost-net|net/tun)$|memfd:'
}

check_files() { # FILE: the one that was named
	is "of files, only the disk is open" "$(foreign_fds | sort -u)" "$1"
	# what another process opened before and did not close must not arrive
	is "a descriptor of the caller's did not arrive" "$(find "/proc/$held/fd" -lname "$TMP/secret" | wc -l)" 0
	is "no socket has a path" "$(named_sockets)" ""
}

named_sockets() {
	local inode

	find "/proc/$held/fd" "/proc/$started/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n' |
		while read -r inode; do
			awk -v inode="$inode" '$7 == inode && $8' /proc/net/unix
		done
}

# cont has not come: the vCPU thread has burnt no time to speak of, and nothing has been said on the console.
check_still() {
	local vcpu before

	vcpu=$(held_threads | awk '$1 == "vcpu/0" { print $2 }')
	before=$(cut -d ' ' -f 3 "/proc/$held/task/$vcpu/schedstat")
	is "the guest has said nothing" "$(cat "$XDG_STATE_HOME"/qlaunch/results/*-run.console.log | wc -c)" 0
	is "its vCPU does not run" "$(cut -d ' ' -f 3 "/proc/$held/task/$vcpu/schedstat")" "$before"
}

held_run() {
	"$LAB/bootsector.sh" off "$TMP/off.img" "a guest of few words"
	echo secret >"$TMP/secret"
	exec 9<"$TMP/secret"
	hold "$QLAUNCH" --accel tcg --net none --pin 1 --policy fifo:3 --iothreads 1 --io-pin 0 --io-policy batch \
		-o "$RESULTS" "$TMP/off.img" || {
		fail "run holds" "$(cat "$TMP/err")"
		return
	}
	exec 9<&-
	pass "run holds"
	ask_kernel >"$TMP/kernel"
	is "vcpu/0 is on 1 with fifo:3" "$(kernel_says "$(held_threads | awk '$1 == "vcpu/0" { print $2 }')")" "1 fifo:3"
	is "iothread/0 is on 0 with batch" \
		"$(kernel_says "$(held_threads | awk '$1 == "iothread/0" { print $2 }')")" "0 batch"
	is "the main thread is off the vCPU's CPU" "$(kernel_says "$held")" "0 other"
	is "and qlaunch too" "$(kernel_says "$started")" "0 other"
	like "fifo is not inherited by new threads" \
		"$(chrt -p "$(held_threads | awk '$1 == "vcpu/0" { print $2 }')")" "RESET_ON_FORK"
	check_rights
	check_files "$TMP/off.img"
	check_still
	release
	is "a line on stdin releases it: it ends with 0" "$status" 0
	like "the guest has run" "$(cat "$XDG_STATE_HOME"/qlaunch/results/*-run.console.log)" "a guest of few words"
	is "it switched itself off" "$(lines "$RESULTS" .ended)" guest-shutdown
	compare run "$RESULTS"
}

held_bench() {
	hold "$QLAUNCH" bench "${SHORT[@]}" --where guest --pin 1 --policy rr:2 --iothreads 1 --io-pin 0 --io-policy idle \
		--workload cpu,randrw -o "$TMP/bench.jsonl" || {
		fail "bench holds" "$(cat "$TMP/err")"
		return
	}
	pass "bench holds"
	ask_kernel >"$TMP/kernel"
	is "one thread has rr:2 and CPU 1 alone" "$(grep -c ' 1 rr:2$' "$TMP/kernel")" 1
	is "one has idle" "$(grep -c ' 0 idle$' "$TMP/kernel")" 1
	release
	is "released, it ends with 0" "$status" 0
	compare bench "$TMP/bench.jsonl"
	is "nobody strayed" "$(lines "$TMP/bench.jsonl" '.threads[].stray' | sort -u)" false
}

held_native() {
	hold "$QLAUNCH" bench "${SHORT[@]}" --where native --pin 1 --policy fifo:2 --workload cpu -o "$TMP/native.jsonl" || {
		fail "a native bench holds" "$(cat "$TMP/err")"
		return
	}
	is "a native worker is placed before it works" "$(ask_kernel | cut -d ' ' -f 2- | sort | paste -sd,)" \
		"0 other,1 fifo:2"
	release
	is "and its line says so" "$(claims "$TMP/native.jsonl" native | cut -d ' ' -f 2-)" "1 fifo:2"
}

# Does qlaunch keep CAP_SYS_ADMIN where counting takes it?  So it does without CAP_PERFMON, as above
# kernel.perf_event_paranoid 2.
keeps_admin() { # ARG... -> 1: yes
	hold setpriv --bounding-set=-perfmon "$QLAUNCH" "$@" || return
	echo $((0x$(sed -n 's/^CapPrm:[[:space:]]*//p' "/proc/$started/status") >> 21 & 1))
	release
}

held_rights() {
	local native=(bench --where native --vcpus 1 --duration 50ms --warmup 10ms --repeat 1 --scratch-size 4M --direct off
		-o "$TMP/rights.jsonl")

	[ "$(id -u)" = 0 ] || {
		skip "a right to count that is not needed is given up" "not root: there is none"
		return
	}
	is "a right to count that is not needed is given up" "$(keeps_admin "${native[@]}" --workload cpu --observe light)" 0
	is "by run too" "$(keeps_admin --accel tcg --net none --observe light --duration 1s -o "$TMP/rights.jsonl" "$TMP/off.img")" 0
	is "it is kept where a level may count" "$(keeps_admin "${native[@]}" --workload cpu)" 1
	is "and where I/Os that are handed over are counted" "$(keeps_admin "${native[@]}" --workload randread --observe light)" 1
}

closed_stdin() {
	refuses "stdin that ends cannot release" 1 "qlaunch: .*hold" \
		"$QLAUNCH" --accel tcg --net none --hold -o "$TMP/none.jsonl" "$TMP/off.img"
}

held_run
held_bench
held_native
held_rights
closed_stdin
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# However qlaunch ends, no QEMU and no qload outlives it: kill -9 at random moments, signals, a stopped QEMU, and
# a stdout that takes no more.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

KILLS=${KILLS:-${CAMPAIGN:+1000}}
KILLS=${KILLS:-20}
MARK=QLAUNCH_KILL_TEST=$$
LIFE_MS=4000 # of the bench that is killed, about

# Processes of ours, however far reparented: QEMU and qload get an environment of their own, so it is by session.
descendants() { # PID
	local pid

	for pid in $(children "$1"); do
		echo "$pid"
		descendants "$pid"
	done
}

# Kills one bench at a random moment; says which of its children live on.
kill_one() { # NUMBER
	local ms=$((RANDOM * LIFE_MS / 32768)) pid family

	env "$MARK" "$QLAUNCH" bench "${SHORT[@]}" --workload cpu,randrw -o "$TMP/killed-$1.jsonl" \
		>"$TMP/killed.out" 2>&1 </dev/null &
	pid=$!
	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	family=$(descendants "$pid")
	# who is between fork and exec still carries our mark: looked for below
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	# shellcheck disable=SC2086  # a list of pids
	wait_until 3 all_gone $family || echo "kill $1 after $ms ms left of: $family"
	wait_until 3 none_marked || marked | sed "s/^/kill $1 after $ms ms left /"
	jq -e . "$TMP/killed-$1.jsonl" >/dev/null 2>&1 || [ ! -s "$TMP/killed-$1.jsonl" ] ||
		echo "kill $1 after $ms ms left a torn line"
	[ -z "$family" ] || echo caught >>"$TMP/caught"
}

marked() {
	grep -lzxF "$MARK" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3 | while read -r pid; do
		! is_alive "$pid" || echo "$pid"
	done
}

# shellcheck disable=SC2317  # wait_until calls it
none_marked() {
	[ -z "$(marked)" ]
}

check_kills() {
	local i seed=${SEED:-$RANDOM}

	RANDOM=$seed
	note "seed $seed"
	for ((i = 0; i < KILLS; i++)); do
		kill_one "$i"
	done >"$TMP/survivors" 2>/dev/null
	is "kill -9 at $KILLS random moments leaves nobody" "$(cat "$TMP/survivors")" ""
	check "children were there in at least half of them" test "$(wc -l <"$TMP/caught")" -ge $((KILLS / 2))
	is "no scratch is left" "$(find "$XDG_STATE_HOME" -type f ! -name '*.jsonl' ! -name '*.console.log' 2>/dev/null)" ""
}

# Doctor's children live for a moment only; a sweep of two configurations starts and ends a VM in between.
check_orphans() { # LIFE_MS COMMAND...
	local i life=$1

	shift
	for ((i = 0; i < KILLS / 2; i++)); do
		"$BUILD/tests/orphans" $((RANDOM * life / 32768)) "$QLAUNCH" "$@" 2>"$TMP/killed.out" </dev/null | grep '^left behind'
	done >"$TMP/survivors"
	is "kill -9 at $((KILLS / 2)) random moments of $1 leaves nobody" "$(cat "$TMP/survivors")" ""
}

# An interrupted sweep keeps what it has.
check_signal() { # NAME STATUS
	local file=$TMP/$1.jsonl pid family before

	"$QLAUNCH" bench --accel tcg --duration 300ms --warmup 0ms --repeat 50 --workload cpu -o "$file" \
		>"$TMP/out" 2>"$TMP/err" </dev/null &
	pid=$!
	wait_until 30 test -s "$file"
	family=$(descendants "$pid")
	before=$SECONDS
	kill -"$1" "$pid"
	wait "$pid"
	is "SIG$1: exit status $2" $? "$2"
	check "SIG$1: long before the last trial" test $((SECONDS - before)) -le 15
	is "SIG$1: finished trials are kept, whole" "$(jq -r .ended "$file" | sort -u)" "done"
	like "SIG$1: and counted" "$(cat "$TMP/err")" "^qlaunch: interrupted by SIG$1; [1-9][0-9]* of 100 trials are kept"
	[ "$(jq -r .arm "$file" | sort -u | wc -l)" = 1 ] ||
		like "SIG$1: and compared" "$(cat "$TMP/out")" "cpu_events_per_s"
	# shellcheck disable=SC2086  # a list of pids
	check "SIG$1: nobody is left" all_gone $family
}

check_second_signal() {
	local pid family

	"$LAB/bootsector.sh" spin "$TMP/spin.img"
	"$QLAUNCH" --accel tcg --net none -o "$TMP/two.jsonl" "$TMP/spin.img" >"$TMP/out" 2>"$TMP/err" </dev/null &
	pid=$!
	wait_until 30 grep -q '^vcpu/0' "$TMP/err"
	family=$(descendants "$pid")
	kill -TERM "$pid"
	kill -INT "$pid"
	kill -INT "$pid"
	wait "$pid"
	# of two signals that are both pending, the kernel gives the lower number first
	like "a second signal is the short way out of a guest that is deaf" $? "^(130|143)$"
	is "and the line is there" "$(jq -r .ended "$TMP/two.jsonl")" interrupted
	# shellcheck disable=SC2086  # a list of pids
	check "QEMU is gone" all_gone $family
}

# QEMU stopped by SIGSTOP while it is waited for: the deadline of QMP, then the ladder.
check_stopped() {
	local pid qemu end

	"$QLAUNCH" bench --accel tcg --duration 60s --warmup 0ms --repeat 1 --workload cpu --where guest \
		-o "$TMP/stopped.jsonl" >"$TMP/stopped.out" 2>"$TMP/stopped.err" </dev/null &
	pid=$!
	tap_pids="$tap_pids $pid"
	wait_until 30 grep -q results: "$TMP/stopped.err"
	wait_until 30 has_child_qemu "$pid"
	qemu=$(children "$pid")
	sleep 0.3 # anywhere in its boot
	kill -STOP "$qemu"
	kill -TERM "$pid"
	end=$SECONDS
	wait "$pid"
	is "a stopped QEMU does not keep qlaunch from ending" $? 143
	check "within the ladder's time" test $((SECONDS - end)) -le 40
	check "and is gone" all_gone "$qemu"
}

# shellcheck disable=SC2317  # wait_until calls it
has_child_qemu() {
	tr '\0' '\n' 2>/dev/null <"/proc/$(children "$1" | tr -cd 0-9)/cmdline" | grep -q '^-initrd'
}

check_stdio() {
	refuses "results are for no device: exit 2, one sentence" 2 "^qlaunch: -o: .*a character device" \
		sh -c "'$QLAUNCH' bench ${SHORT[*]} --where native --workload cpu -o - >/dev/full"
	refuses "a full stdout under the table: exit 1" 1 "No space" \
		sh -c "'$QLAUNCH' bench ${SHORT[*]} --where native --workload cpu -q -o '$TMP/full.jsonl' >/dev/full"
	is "the lines are kept" "$(jq -r .ended "$TMP/full.jsonl")" "done"
	refuses "a closed stdout: exit 2, one sentence" 2 "^qlaunch: -o: .*not open for writing" \
		sh -c "'$QLAUNCH' bench ${SHORT[*]} --where native --workload cpu -q -o - >&-"
	bash -c "set -o pipefail; '$QLAUNCH' bench ${SHORT[*]} --where native --workload cpu -q -o - 2>'$TMP/err' | true"
	is "a reader that has gone: the end by SIGPIPE, without a word" "$?:$(cat "$TMP/err")" "141:"
	"$LAB/bootsector.sh" off "$TMP/off.img" bye
	sh -c "'$QLAUNCH' --accel tcg --net none -o '$TMP/closed.jsonl' '$TMP/off.img' <&- >'$TMP/out' 2>'$TMP/err'"
	is "a closed stdin is no trouble" "$? $(jq -r .ended "$TMP/closed.jsonl")" "0 guest-shutdown"
	sh -c "'$QLAUNCH' --accel tcg --net none -q -o '$TMP/closed3.jsonl' '$TMP/off.img' <&- >&- 2>&-"
	like "nor are three closed ones: no file of ours takes their place" \
		"$(jq -r .ended "$TMP/closed3.jsonl")" "guest-shutdown"
}

check_signal INT 130
check_signal TERM 143
check_second_signal
check_stopped
check_stdio
check_kills
check_orphans 400 doctor
check_orphans 2000 sweep --accel tcg --vcpus 1,2 --duration 100ms --warmup 0ms --repeat 1 --workload cpu --observe light -o "$TMP/orphans.jsonl"
finish

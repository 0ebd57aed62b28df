#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# mostly waits
# In every state a signal is answered within 2 s, and a second one ends qlaunch within 2 s: each state is entered and
# seen by an event, then signalled.  QEMU, qload and whatever else was started are gone with it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

ENTER_S=3 # wait_until makes a minute of it
PROMISE_MS=2000

# A pipe that is full and has a reader that does not read: $TMP/full.
fill_pipe() {
	[ -p "$TMP/full" ] || mkfifo "$TMP/full"
	exec 6<>"$TMP/full"
	dd if=/dev/zero of="$TMP/full" bs=4096 oflag=nonblock conv=notrunc 2>/dev/null
	true
}

# As wait_until, whose deadlines only a hang reaches, but in these seconds.
within() { # SECONDS COMMAND...
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

waits_in() { # PID NUMBER: of the system call
	[ "$(cut -d ' ' -f 1 "/proc/$1/syscall" 2>/dev/null)" = "$2" ]
}

# Waits in write() of a descriptor that is the full pipe, whatever its number.
writes_to_full() { # PID
	local number fd

	read -r number fd _ <"/proc/$1/syscall" && [ "$number" = 1 ] && [ "$(readlink "/proc/$1/fd/$((fd))")" = "$TMP/full" ]
}

opens() { waits_in "$1" 257 || waits_in "$1" 2; }
locks() { waits_in "$1" 73; }
started_it() { [ -e "$TMP/entered" ]; }
has_child() { [ -n "$(children "$1")" ]; } # a confined QEMU can write nowhere
runs_a_trial() { grep -q "^trial" "$TMP/err"; }
runs_a_guest() { grep -q "guest here" "$(sed -n "s/^console: //p" "$TMP/err")"; }
is_held_now() { grep -q "^held pid=" "$TMP/err"; }
fills_scratch() { find "/proc/$1/fd" -lname "$TMP/*(deleted)" 2>/dev/null | grep -q .; }

# A program of this name that says that it was started, and never ends; TERM does not end it.
fake() { # NAME
	mkdir -p "$TMP/bin"
	printf '#!/bin/sh\ntrap "" TERM INT HUP\necho $$ >>"%s"\nexec sleep 1000\n' "$TMP/entered" >"$TMP/bin/$1"
	chmod +x "$TMP/bin/$1"
}

descendants() { # PID
	local pid

	for pid in $(children "$1"); do
		echo "$pid"
		descendants "$pid"
	done
}

ended_or_answered() { # PID SIGNAL
	! is_alive "$1" || grep -aq "qlaunch: SIG$2: stopping\|interrupted by SIG$2" "$TMP/err"
}

number_of() { kill -l "$1"; }

# Until the command succeeds: sets $waited_ms.
timed() { # COMMAND...
	local began=${EPOCHREALTIME//[!0-9]/} rc

	wait_until "$ENTER_S" "$@"
	rc=$?
	waited_ms=$(((${EPOCHREALTIME//[!0-9]/} - began) / 1000))
	return $rc
}

# One life: sets $answered_ms and $gone_ms, or $stuck where it was not entered, answered or ended at all.
enter_and_end() { # SIGNAL "EVENT..." COMMAND...
	local signal=$1 event=$2 pid family

	shift 2
	stuck=''
	: >"$TMP/err"
	rm -f "$TMP/entered"
	env -C "$TMP" --default-signal=INT,QUIT "$@" >"${OUT:-$TMP/out}" 2>"${ERR:-$TMP/err}" <"${IN:-/dev/null}" &
	pid=$!
	tap_pids="$tap_pids $pid"
	# shellcheck disable=SC2086  # a command and its words
	wait_until "$ENTER_S" ${event/PID/$pid} || stuck="not entered"
	family="$(descendants "$pid")"
	kill -"$signal" "$pid"
	timed ended_or_answered "$pid" "$signal" || stuck=${stuck:-not answered}
	answered_ms=$waited_ms
	if is_alive "$pid"; then
		kill -TERM "$pid" 2>/dev/null
	fi
	# shellcheck disable=SC2086  # a list of pids
	timed all_gone "$pid" $family || stuck=${stuck:-not ended}
	gone_ms=$waited_ms
	is_alive "$pid" && kill -9 "$pid"
	wait "$pid"
	status=$?
}

# One row.  What the state's name says is entered when EVENT PID succeeds.  A machine that others use is slow now and then:
# one time of three it must keep the promise.
state() { # NAME SIGNAL "EVENT..." COMMAND...
	local name=$1 signal=$2 tries

	shift
	for tries in 1 2 3; do
		enter_and_end "$@"
		if [ -n "$stuck" ] || [ $((answered_ms > gone_ms ? answered_ms : gone_ms)) -le "$PROMISE_MS" ]; then
			break
		fi
	done
	is "$name: entered, answered and ended" "$stuck" "" || note "$(cat "$TMP/err")"
	check "$name: SIG$signal is answered" test "$answered_ms" -le "$PROMISE_MS"
	check "$name: nothing is left after a second one" test "$gone_ms" -le "$PROMISE_MS"
	is "$name: exit status" "$status" $((128 + $(number_of "$signal")))
	note "$name: $answered_ms + $gone_ms ms, try $tries"
}

BENCH=(bench --accel tcg --duration 60s --warmup 0ms --repeat 1 -q)

"$LAB/bootsector.sh" spin "$TMP/spin.img" "guest here"
mkfifo "$TMP/fifo" "$TMP/in"
exec 5<>"$TMP/in"
fill_pipe

check_output() {
	OUT=$TMP/full state "a result line to a full pipe" TERM "writes_to_full PID" \
		"$QLAUNCH" bench "${SHORT[@]}" --where native --workload cpu -q -o -
	OUT=$TMP/full state "the report to a full pipe" INT "writes_to_full PID" \
		"$QLAUNCH" bench "${SHORT[@]}" --where native --workload cpu -q -o "$TMP/line.jsonl"
	ERR=$TMP/full state "a message to a full pipe" HUP "writes_to_full PID" \
		"$QLAUNCH" bench "${SHORT[@]}" --where native --workload cpu -o "$TMP/line2.jsonl"
}

check_input() {
	state "report opens a FIFO" TERM "opens PID" "$QLAUNCH" report "$TMP/fifo"
	IN=$TMP/in state "held" QUIT is_held_now "$QLAUNCH" run --accel tcg --net none --hold -o "$TMP/held.jsonl" "$TMP/spin.img"
}

check_preparation() {
	fake apt-get
	fake apt-cache
	fake sbatch
	mkdir -p "$TMP/fresh/qlaunch/kernel"
	PATH=$TMP/bin:$PATH state "a program that does not end (sbatch)" INT started_it \
		env -C "$TMP" "$QLAUNCH" sweep --policy other,fifo --slurm 1 --submit
	state "filling a scratch" TERM "fills_scratch PID" "$QLAUNCH" "${BENCH[@]}" --where native --workload randread \
		--scratch "$TMP" --scratch-size 8G -o "$TMP/fill.jsonl"
	fake qemu-system-x86_64
	PATH=$TMP/bin:$PATH state "a QEMU that answers nothing" QUIT "has_child PID" "$QLAUNCH" run --net none -o "$TMP/probe.jsonl" "$TMP/spin.img"
	PATH=$TMP/bin:$PATH state "doctor with such a QEMU" TERM "has_child PID" "$QLAUNCH" doctor
	rm "$TMP/bin/qemu-system-x86_64"
}

stops_qemu() { # PID: QEMU is there, and stands still from now on
	runs_a_guest && kill -STOP "$(children "$1")"
}

# A user's guest gets its ACPI shutdown after the first signal, however long it takes.
check_grace() {
	local pid

	: >"$TMP/err"
	start "$QLAUNCH" run --accel tcg --net none -o "$TMP/grace.jsonl" "$TMP/spin.img" >"$TMP/out" 2>"$TMP/err" </dev/null
	pid=$started
	wait_until "$ENTER_S" runs_a_guest
	kill -INT "$pid"
	wait_until "$ENTER_S" grep -q "SIGINT: stopping" "$TMP/err"
	check "a first signal leaves a guest with a writable disk its grace" test -n "$(children "$pid")"
	check "and 3 s later too" eval "! within 3 all_gone $pid"
	kill -INT "$pid"
	check "a second one does not" wait_until "$ENTER_S" all_gone "$pid"
	is "its line says so" "$(jq -r '"\(.ended) \(.figures.cpu_time_s.value > 0)"' "$TMP/grace.jsonl")" "interrupted true"
}

check_trials() {
	state "a native trial" HUP "runs_a_trial" "$QLAUNCH" bench --accel tcg --duration 60s --warmup 0ms --repeat 1 --where native --workload cpu \
		-o "$TMP/native.jsonl"
	state "a QEMU that is stopped" TERM "stops_qemu PID" "$QLAUNCH" run --accel tcg --net none -o "$TMP/stopped.jsonl" "$TMP/spin.img"
	state "a guest that is deaf" INT runs_a_guest "$QLAUNCH" run --accel tcg --net none -o "$TMP/deaf.jsonl" "$TMP/spin.img"
}

check_output
check_input
check_preparation
check_trials
check_grace
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mostly waits
# The console of `run` on a terminal of its own: what qlaunch says there, its keys, and each way out of it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

ANSWER_S=60 # a deadline for what takes a second

# A guest on a pty: script(1) passes on what comes through fd 8, and $TMP/screen is what the terminal shows.
open_terminal() { # KIND TEXT [WORD]...
	"$LAB/bootsector.sh" "$1" "$TMP/$1.img" "$2"
	rm -f "$TMP/keys" "$TMP/screen" "$TMP/line.jsonl"
	mkfifo "$TMP/keys"
	printf '#!/bin/sh\nexec timeout --foreground 120 "%s" --accel tcg --net none -o "%s" "%s" %s\n' "$QLAUNCH" "$TMP/line.jsonl" \
		"$TMP/$1.img" "${*:3}" >"$TMP/command"
	chmod +x "$TMP/command"
	script -qfec "stty -g >'$TMP/before'; '$TMP/command'; status=\$?; stty -g >'$TMP/after'; exit \$status" \
		"$TMP/screen" <"$TMP/keys" >/dev/null 2>&1 8>&- &
	started=$!
	tap_pids="$tap_pids $started"
	exec 8>"$TMP/keys"
}

keys() { # FORMAT of printf
	# shellcheck disable=SC2059  # octal escapes are the keys
	printf "$1" >&8
}

sees() { # TEXT
	wait_until "$ANSWER_S" grep -qaF -- "$1" "$TMP/screen"
}

close_terminal() { # -> $status
	wait_until "$ANSWER_S" all_gone "$started"
	exec 8>&-
	wait "$started"
	status=$?
}

ended() {
	jq -r .ended "$TMP/line.jsonl"
}

same_terminal() { # NAME
	is "$1" "$(cat "$TMP/after")" "$(cat "$TMP/before")"
}

check_keys() {
	open_terminal echo "echo here"
	check "the guest's console is on the terminal" sees "echo here"
	like "how to leave is said before the guest says anything" "$(sed '/echo here/,$d' "$TMP/screen" | tr -d '\r')" \
		"console: .*Ctrl-A X leaves, Ctrl-A \? shows all keys"
	keys '<abc>'
	check "keys reach the guest" sees "<abc>"
	keys '\001?'
	check "Ctrl-A ? shows the keys" sees "Ctrl-A P: ACPI shutdown"
	keys '<1\001\0012\001a3>'
	check "Ctrl-A twice and Ctrl-A A: a Ctrl-A for the guest" sees "$(printf '<1\0012\0013>')"
	keys '\001x'
	check "Ctrl-A X asks where the guest writes to its disk" sees "x: terminate QEMU now; p: ACPI shutdown; any other key"
	keys 'n<on>'
	check "any other key: it goes on" sees "the guest continues"
	check "and the next one is the guest's again" sees "<on>"
	keys '\001xp'
	close_terminal
	is "p is the ACPI shutdown, which the guest obeys" "$status $(ended)" "0 guest-shutdown"
	same_terminal "the terminal is as it was"
}

check_leaving() {
	open_terminal echo "writable"
	check "a second guest" sees writable
	keys '\001xX'
	close_terminal
	is "Ctrl-A X, X: QEMU is terminated" "$status $(ended)" "0 left"
	same_terminal "and the terminal is as it was"
	open_terminal echo "snapshot" --snapshot
	check "a guest with a throw-away disk" sees snapshot
	keys '\001x'
	close_terminal
	is "Ctrl-A X leaves at once: nothing of it is kept" "$status $(ended)" "0 left"
	open_terminal echo "button" --snapshot
	check "a guest with a power button" sees button
	keys '\001p'
	close_terminal
	is "Ctrl-A P presses it" "$status $(ended)" "0 guest-shutdown"
}

# qlaunch itself, not what started it.
our_pid() {
	local pid

	for pid in $(pgrep -f -- "$TMP/line.jsonl"); do
		[ "$(readlink "/proc/$pid/exe")" != "$QLAUNCH" ] || echo "$pid"
	done
}

mode_of() { # PID of its terminal
	stty -g -F "$(readlink "/proc/$1/fd/0")"
}

has_mode() { # PID MODE
	[ "$(mode_of "$1")" = "$2" ]
}

# A shell with job control: in the background, in the foreground, stopped there, in the foreground again.
check_jobs() {
	local pid raw

	"$LAB/bootsector.sh" echo "$TMP/echo.img" "job here"
	rm -f "$TMP/keys" "$TMP/screen" "$TMP/line.jsonl"
	mkfifo "$TMP/keys"
	cat >"$TMP/command" <<-EOF
		set -m
		cd "$TMP"
		stty -g >before
		timeout --foreground 120 "$QLAUNCH" --accel tcg --net none -o "$TMP/line.jsonl" echo.img &
		until [ -e on ]; do sleep 0.1; done
		stty -g >background
		kill %1
		wait %1
		"$QLAUNCH" --accel tcg --net none -o "$TMP/line.jsonl" echo.img
		stty -g >stopped
		until [ -e on2 ]; do sleep 0.1; done
		fg
		stty -g >after
	EOF
	script -qfec "bash '$TMP/command'" "$TMP/screen" <"$TMP/keys" >/dev/null 2>&1 8>&- &
	started=$!
	tap_pids="$tap_pids $started"
	exec 8>"$TMP/keys"
	check "in the background its console goes to a file" sees "console: /"
	touch "$TMP/on"
	check "in the foreground to the terminal" sees "job here"
	is "the background job left the terminal as it was" "$(cat "$TMP/background")" "$(cat "$TMP/before")"
	pid=$(our_pid)
	raw=$(mode_of "$pid")
	kill -TSTP "$pid"
	wait_until "$ANSWER_S" test -s "$TMP/stopped"
	is "stopped, it has given the terminal back" "$(cat "$TMP/stopped")" "$(cat "$TMP/before")"
	touch "$TMP/on2"
	check "in the foreground again it is raw again" wait_until "$ANSWER_S" has_mode "$pid" "$raw"
	keys '<back>'
	check "and the keys are the guest's" sees "<back>"
	keys '\001xx'
	close_terminal
	same_terminal "the terminal is as it was"
}

check_crash() { # SIGNAL
	local pid family

	open_terminal echo "crash by $1"
	check "a guest on the terminal" sees "crash by $1"
	pid=$(our_pid)
	family=$(children "$pid")
	(ulimit -c 0 && prlimit --core=0 --pid "$pid" && kill -"$1" "$pid")
	close_terminal
	same_terminal "SIG$1: the terminal is as it was"
	# shellcheck disable=SC2086  # a list of pids
	check "SIG$1: QEMU is gone" wait_until "$ANSWER_S" all_gone $family
}

holds_back() { # PID: the terminal takes nothing, and a timer looks for a signal meanwhile
	[ "$(find "/proc/$1/fd" -lname '*timerfd*' | wc -l)" = 2 ]
}

# A terminal that nobody reads: the run goes on, a signal is heard, a second one ends it.
check_deaf_terminal() {
	local pid family

	open_terminal flood "deaf"
	check "a guest that floods its console" sees "deafAAAA"
	pid=$(our_pid)
	family=$(children "$pid")
	kill -STOP "$started"
	check "the terminal takes no more" wait_until "$ANSWER_S" holds_back "$pid"
	kill -INT "$pid"
	check "after a signal what it does not take is dropped" wait_until "$ANSWER_S" eval "! holds_back $pid"
	kill -TERM "$pid"
	# shellcheck disable=SC2086  # a list of pids
	check "a second one ends it" wait_until "$ANSWER_S" all_gone "$pid" $family
	is "its line is there" "$(ended)" interrupted
	kill -CONT "$started"
	close_terminal
	same_terminal "and the terminal is as it was"
}

check_warmup() {
	open_terminal echo "type" --warmup login --duration 500ms
	check "a guest that waits for its keys" sees type
	keys '\r\nhost login: '
	close_terminal
	is "--warmup login on the terminal: the window opened at the prompt" "$status $(ended) $(jq -r '.warmup.seen | rtrimstr(" ")' \
		"$TMP/line.jsonl")" "0 guest-shutdown host login:"
}

check_keys
check_leaving
check_warmup
check_jobs
check_crash SEGV
check_crash ABRT
check_deaf_terminal
finish

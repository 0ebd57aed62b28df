#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mostly waits
# The console of `run` on a terminal of its own: what qlaunch says there, its keys, and each way out of it.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/e2e.sh

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

check_keys
check_leaving
finish

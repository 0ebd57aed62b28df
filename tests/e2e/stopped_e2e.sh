#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mostly waits
# A QEMU that is stopped (SIGSTOP) says nothing for ever and obeys no TERM: at each step qlaunch ends by --qmp-timeout,
# in one sentence, and reaps it.
# shellcheck disable=SC2317  # functions are called through others
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh
needs_two_cpus

"$LAB/bootsector.sh" spin "$TMP/spin.img" "I am awake"
SILENT="did not answer for 1s; its process [0-9]* is stopped"

awake() { grep -q "I am awake" "$XDG_STATE_HOME"/qlaunch/results/*console.log; }

# --place-at ready: a guest's load is there.
placed() { ps -L -o cls= -p "$held" | grep -q FF; }

# The launcher ends with 1 and one sentence, and its QEMU is gone.
ended() { # NAME REGEX
	local begun=$SECONDS

	wait "$started"
	is "$1: it ends by itself" "$?" 1 || note "$(cat "$TMP/err")"
	like "$1: in one sentence" "$(grep '^qlaunch: ' "$TMP/err")" "^qlaunch: $2"
	is "$1: which is the only one" "$(grep '^qlaunch: ' "$TMP/err" | grep -vc '^qlaunch: warning: ')" 1 || note "$(cat "$TMP/err")"
	check "$1: QEMU is reaped" all_gone "$held"
	note "$((SECONDS - begun)) s"
}

letgo() {
	echo >&7
	exec 7>&-
}

held() { # WORD...
	hold "$QLAUNCH" "$@" --accel tcg --qmp-timeout 1s -o "$TMP/results.jsonl" || fail "held" "$(cat "$TMP/err")"
}

before_release() {
	held --net none "$TMP/spin.img"
	kill -STOP "$held"
	letgo
	ended "before the release" "[a-z-]*: QEMU $SILENT"
}

# Nobody asks it anything until there is something to ask.
at_the_end() {
	held --net none --warmup "console:awake" --duration 3s "$TMP/spin.img"
	letgo
	check "the guest runs" wait_until 30 awake
	kill -STOP "$held"
	ended "at the end of a run" "(query-blockstats|query-stats|system_powerdown): QEMU $SILENT"
	like "the line has the reason" "$(tail -n 1 "$TMP/results.jsonl" | jq -r .error)" "$SILENT"
}

at_boot() {
	held bench --where guest --workload cpu --repeat 1 --duration 1s
	letgo
	kill -STOP "$held"
	ended "while the guest boots" "no trial could be run"
	like "and the line says which answer is missing" "$(tail -n 1 "$TMP/results.jsonl" | jq -r .error)" \
		"^boot: [a-z-]*: QEMU $SILENT"
}

in_a_trial() {
	held bench --where guest --workload cpu --repeat 1 --duration 1s --warmup 3s --place-at ready --policy fifo --pin 1
	letgo
	check "a trial begins" wait_until 60 placed
	kill -STOP "$held"
	ended "in a trial" "no trial could be run"
	like "and the line says which step it was" "$(tail -n 1 "$TMP/results.jsonl" | jq -r .error)" \
		"^(prepare|warm|count|run|collect|tune): .*QEMU $SILENT"
}

before_release
at_the_end
at_boot
in_a_trial
finish

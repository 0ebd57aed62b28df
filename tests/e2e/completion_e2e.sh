#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mostly waits
# The bash completion, as bash calls it and as it is typed on a terminal: commands, the options of each, their values, files.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

SCRIPT=$PWD/docs/completion/qlaunch.bash

# What bash is offered for a line whose end the cursor is at: on one line, by blanks.
offered() { # LINE [WORDBREAKS]
	bash --norc -c '
		. "$1"
		COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDBREAKS=${4-$COMP_WORDBREAKS}
		read -ra COMP_WORDS <<<"$COMP_LINE"
		[[ $COMP_LINE != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_qlaunch "$3" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
		echo "${COMPREPLY[*]}"' sh "$SCRIPT" "$1" "$QLAUNCH" "${@:2}"
}

# The arguments that a command gets whose line ends in a tab, on a terminal.
typed() { # LINE
	cat >"$TMP/rc" <<-RC
		PS1= HISTFILE=
		. $SCRIPT
		qlaunch() { printf '[%s]' "\$@" >$TMP/args; exit; }
	RC
	rm -f "$TMP/args"
	printf '%s\t\n' "$1" |
		(cd "$TMP/here" && TERM=dumb timeout 60 script -qec "bash --noprofile --rcfile $TMP/rc -i" /dev/null) >"$TMP/out" 2>&1
	cat "$TMP/args"
}

check_commands() {
	is "commands" "$(offered 'qlaunch ')" "run bench sweep report doctor explain help"
	is "a command's beginning" "$(offered 'qlaunch sw')" "sweep"
	is "help takes a command" "$(offered 'qlaunch help do')" "doctor"
	is "and one only" "$(offered 'qlaunch help doctor r')" ""
	is "figures" "$(offered 'qlaunch explain run_delay_m')" "run_delay_max_ns"
}

check_options() {
	local command

	for command in run bench sweep report doctor explain; do
		is "the options of $command are those of its help" \
			"$(offered "qlaunch $command --" | tr ' ' '\n' | sort)" \
			"$("$QLAUNCH" help "$command" | sed '/^Examples:/,$d' | grep -oE '^  (-., )?--[a-z-]+' | grep -oE -- '--.*' | sort)"
	done
	is "without a command, those of run" "$(offered 'qlaunch --snap')" "--snapshot"
	is "which bench has not" "$(offered 'qlaunch bench --snap')" ""
}

check_values() {
	is "the values of an enumeration" "$(offered 'qlaunch bench --aio ')" "threads native io_uring"
	is "after an equals sign, which bash does not replace" "$(offered 'qlaunch bench --aio=n')" "native"
	is "unless no word ends there" "$(offered 'qlaunch bench --aio=n' ' ')" "--aio=native"
	is "policies" "$(offered 'qlaunch --pin 1 --policy f')" "fifo"
	is "workloads" "$(offered 'qlaunch bench --workload rand')" "randread randwrite randrw"
	is "a list of workloads" "$(offered 'qlaunch bench --workload cpu,randr')" "cpu,randread cpu,randrw"
	is "several values of a sweep's option" "$(offered 'qlaunch sweep --policy other,fi')" "other,fifo"
	is "which run does not take" "$(offered 'qlaunch run --policy other,fi')" ""
	is "presets" "$(offered 'qlaunch sweep --preset ')" "quick storage realtime overcommit seed"
	is "formats" "$(offered 'qlaunch report --format j')" "json junit"
	is "a word with a colon" "$(offered 'qlaunch bench --noise c')" "cpu:"
	is "what is behind it is a number" "$(offered 'qlaunch bench --noise cpu:')" ""
	is "a number has no completion" "$(offered 'qlaunch --vcpus ')" ""
	like "users" "$(offered 'qlaunch --user roo')" '\<root\>'
}

check_typed() {
	mkdir -p "$TMP/here/a folder"
	touch "$TMP/here/my disk.qcow2" "$TMP/here/night.jsonl"
	is "typed: a command" "$(typed 'qlaunch sw')" "[sweep]"
	is "typed: an option" "$(typed 'qlaunch bench --workl')" "[bench][--workload]"
	is "typed: a value after an equals sign" "$(typed 'qlaunch bench --accel=k')" "[bench][--accel=kvm]"
	is "typed: a word that goes on" "$(typed 'qlaunch bench --noise cp')" "[bench][--noise][cpu:]"
	is "typed: a disk, with a blank in its name" "$(typed 'qlaunch my')" "[my disk.qcow2]"
	is "typed: the same after a command" "$(typed 'qlaunch run my')" "[run][my disk.qcow2]"
	is "typed: a file of an option" "$(typed 'qlaunch sweep --resume ni')" "[sweep][--resume][night.jsonl]"
	is "typed: after an equals sign" "$(typed 'qlaunch sweep --resume=ni')" "[sweep][--resume=night.jsonl]"
	is "typed: a short option's file" "$(typed 'qlaunch bench -o ni')" "[bench][-o][night.jsonl]"
	is "typed: a results file" "$(typed 'qlaunch report ni')" "[report][night.jsonl]"
	is "typed: a folder, not a file" "$(typed 'qlaunch bench --scratch a')" "[bench][--scratch][a folder/]"
	is "typed: what no folder begins with" "$(typed 'qlaunch bench --scratch ni')" "[bench][--scratch][ni]"
	is "typed: a file of QEMU's own options" "$(typed 'qlaunch my\ disk.qcow2 -- -cdrom ni')" "[my disk.qcow2][--][-cdrom][night.jsonl]"
}

like "it is registered" "$(bash --norc -c '. "$1"; complete -p qlaunch' sh "$SCRIPT")" '-F _qlaunch qlaunch$'
check_commands
check_options
check_values
check_typed
finish

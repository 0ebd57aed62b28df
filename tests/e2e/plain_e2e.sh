#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# plain_e2e.sh - names, values, arms and result lines with bytes that a terminal obeys: none of them comes out of stdout or
# stderr, whatever prints them.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

# ESC and other C0, DEL, C1's CSI, right-to-left override, first-strong isolate, line separator
BAD=$(printf '\033[31m\001\177\302\233\342\200\256\342\201\250\342\200\250')
# what of them the arguments of a process may have: no line break, for the rest is looked at line by line
obeyed='[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]'

plain() { # NAME FILE [WHAT-IS-ALLOWED-TOO]: the file is not empty and has none of it
	local wrong

	[ -s "$2" ] || { fail "$1" "nothing was printed"; return; }
	wrong=$(LC_ALL=C grep -aP "$obeyed${3:-|\t}" "$2" | head -n 2 | cat -v | cut -c 1-300)
	is "$1" "$wrong" ""
}

says() { # NAME COMMAND...: whatever it prints, and wherever
	local name=$1

	shift
	"$@" >"$TMP/out" 2>&1 </dev/null
	plain "$name" "$TMP/out"
}

# Each string of the lines, and each key that is a name, but what says what a line is.
spoil() { # FILE
	jq -c --arg bad "$BAD"$'\r\n\t' 'def named: IN("events/s", "s", "ns", "1", "higher", "lower", "native", "guest") or
			startswith("qlaunch.");
		walk(if type == "string" and (named | not) then . + $bad else . end)
		| if .figures then .figures |= with_entries(.value.by? |= (if type == "object"
			then with_entries(.key += $bad) else . end)) else . end' "$1"
}

check_reports() {
	local kind format

	for kind in verdicts odd exits run deep; do
		spoil "tests/data/results-$kind.jsonl" >"$TMP/$kind$BAD.jsonl"
		for format in table markdown csv json; do
			says "$kind as $format" "$QLAUNCH" report -v --format "$format" "$TMP/$kind$BAD.jsonl"
		done
		"$QLAUNCH" report --format html "$TMP/$kind$BAD.jsonl" >"$TMP/out" 2>&1
		plain "$kind as html" "$TMP/out" "|[\r]" # the scripts are indented with tabs
	done
	says "a verdict on a limit" "$QLAUNCH" report --fail-if "cpu_events_per_s worse 5%" "$TMP/verdicts$BAD.jsonl"
	says "a figure that is none" "$QLAUNCH" report --fail-if "x$BAD > 3" "$TMP/verdicts$BAD.jsonl"
	says "a baseline that is none" "$QLAUNCH" report --baseline "x$BAD" "$TMP/verdicts$BAD.jsonl"
	says "a file that is none" "$QLAUNCH" report "$TMP/no$BAD"
	says "two files" "$QLAUNCH" report "$TMP/verdicts$BAD.jsonl" "$TMP/odd$BAD.jsonl"
	is "what is only foreign stays readable in csv and json" "$(
		jq -c '.arm = "gr\u00f6\u00dfer \u4e2d"' tests/data/results-verdicts.jsonl >"$TMP/words.jsonl"
		for format in csv json; do "$QLAUNCH" report --format $format "$TMP/words.jsonl" | grep -c 'größer 中'; done | grep -cv '^0')" 2
}

# Every knob takes it or refuses it.
check_knobs() {
	local knob flat=${BAD/\[31m/} # a bracket would hold the values together

	for knob in append machine cpu events kernel initrd bios scratch modules user baseline trace output policy pin net share \
		memory numa preset arms qemu where "x$BAD"; do
		"$QLAUNCH" sweep --accel tcg --where guest --workload cpu --vcpus 1,2 "--$knob=x$BAD" --dry-run
		"$QLAUNCH" run --accel tcg "--$knob=x$BAD" "$TMP/off$BAD.img" --dry-run
		"$QLAUNCH" doctor --accel tcg "--$knob=x$BAD"
	done >"$TMP/knobs" 2>&1
	plain "each knob's value in plan, doctor and refusals" "$TMP/knobs"
	says "values of an axis" "$QLAUNCH" sweep --accel tcg --where guest --workload cpu --cpu "a$flat,b$flat" --dry-run
	like "the arms' names show them escaped" "$(grep '^arm 1' "$TMP/out")" 'cpu=a\\x1b\\x01'
	jq -n --arg bad "x$BAD" '[{name: "a", append: $bad}, {name: "b", append: "y", ($bad): 1}]' >"$TMP/arms$BAD.json"
	says "a knob of an arms file" "$QLAUNCH" sweep --arms "$TMP/arms$BAD.json" --accel tcg --dry-run
	jq -n --arg bad "x$BAD" '[{name: $bad}, {name: "b"}]' >"$TMP/arms$BAD.json"
	says "a name of an arms file" "$QLAUNCH" sweep --arms "$TMP/arms$BAD.json" --accel tcg --dry-run
	says "a job to submit" "$QLAUNCH" sweep --accel tcg --workload cpu --vcpus 1,2 --slurm 2 --append "x$BAD"
}

# The line to paste: the shell that reads it has the same words again.
check_paste() {
	says "a plan" "$QLAUNCH" --accel tcg --net none --dry-run "$TMP/off$BAD.img" -- -name "it's$BAD\\x" -device "x$BAD"
	grep -A 1 '^to paste' "$TMP/out" | tail -n 1 >"$TMP/line"
	# shellcheck disable=SC1090  # the line under test
	is "the words of the line to paste are what was asked for" \
		"$(eval "set -- $(cat "$TMP/line")"; for word; do case $word in *"it's$BAD\\x"*) echo name ;; "x$BAD") echo device ;; esac; done | paste -sd,)" \
		name,device
	is "a disk's name among them" "$(eval "set -- $(cat "$TMP/line")"; for word; do case $word in *node-name*) echo "$word" ;; esac; done |
		jq -r .file.filename)" "$TMP/off$BAD.img"
}

check_run() {
	says "a run, its table and its paths" timeout 600 "$QLAUNCH" -v --accel tcg --net none -o "$TMP/line$BAD.jsonl" \
		"$TMP/off$BAD.img"
	plain "its line" "$TMP/line$BAD.jsonl"
	is "the line has the name as it is" "$(jq -r '.spec.disk[0].file' "$TMP/line$BAD.jsonl")" "$TMP/off$BAD.img"
	says "a bench and its progress" timeout 600 "$QLAUNCH" bench -v --where native --vcpus 1 --workload cpu --duration 60ms \
		--warmup 10ms --repeat 1 --baseline "x$BAD" -o "$TMP/bench$BAD.jsonl"
	says "a doctor of odd folders" env "XDG_STATE_HOME=$TMP/s$BAD" "XDG_CACHE_HOME=$TMP/c$BAD" "HOME=$TMP/h$BAD" "$QLAUNCH" doctor
	says "the same as JSON" env "XDG_STATE_HOME=$TMP/s$BAD" "XDG_CACHE_HOME=$TMP/c$BAD" "HOME=$TMP/h$BAD" "$QLAUNCH" doctor --json
}

"$LAB/bootsector.sh" off "$TMP/off$BAD.img" "bye"
check_reports
check_knobs
check_paste
check_run
finish

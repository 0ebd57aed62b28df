#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of the man pages, which are those of --help: each one works as it stands, what measures for minutes as a dry
# run; and one of run, bench and sweep measures, shortened.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

ROOT=$PWD
mkdir "$TMP/bin" "$TMP/here"
ln -s "$QLAUNCH" "$TMP/bin/qlaunch"
ln -s "${QLAUNCH%/*}/qload" "$TMP/bin/qload"
PATH=$TMP/bin:$PATH

examples() { # PAGE...: the command lines
	sed -n '/^\.EX$/,/^\.EE$/{/^qlaunch/{s/\\-/-/g;s/\\e/\\/g;p}}' "$@"
}

prepare() {
	"$LAB/bootsector.sh" off "$TMP/raw.img" "the guest ends"
	qemu-img convert -q -f raw -O qcow2 "$TMP/raw.img" "$TMP/here/disk.qcow2"
	cp tests/data/results-verdicts.jsonl "$TMP/here/results.jsonl"
	cp tests/data/results-verdicts.jsonl "$TMP/here/before.jsonl"
	cp tests/data/results-verdicts.jsonl "$TMP/here/after.jsonl"
}

in_folder() { # COMMAND-LINE [OPTION]...
	cd "$TMP/here" || return
	eval "$1 ${*:2}" >"$TMP/out" 2>"$TMP/err" </dev/null
	status=$?
	cd "$ROOT" || return
}

# Options follow the command; doctor ends with 1 where this host lacks something.
check_works() { # COMMAND-LINE
	local wanted=0

	case $1 in
	"qlaunch report"* | "qlaunch explain"*) in_folder "$1" ;;
	"qlaunch doctor"*) in_folder "$1" && [ "$status" != 1 ] || wanted=$status ;;
	*) in_folder "$1" --dry-run --accel tcg ;;
	esac
	is "$1" "$status" "$wanted"
	[ "$status" = "$wanted" ] || note "$(cat "$TMP/err")"
}

# The example with other lengths, and cpu for wakeup: a busy host without KVM is late for every timer, and that is exit 1.
check_measures() { # COMMAND-LINE [OPTION]...
	local line

	line=$(sed -E 's/ --(duration|repeat|warmup) [^ ]+//g; s/ wakeup/ cpu/' <<<"$1")
	in_folder "$line" --accel tcg -o "$TMP/results.jsonl" "${@:2}"
	is "shortened, it measures: $1" "$status:$(jq -r .ended "$TMP/results.jsonl" | sort -u | tr '\n' ' ')" "0:$ended "
	[ "$status" = 0 ] || note "$(cat "$TMP/err")"
	rm -f "$TMP/results.jsonl"
}

# The arms files of the page are taken as they stand.
check_arms() {
	local i blocks

	blocks=$(sed -n '/^\.nf$/,/^\.fi$/p' docs/man/qlaunch-sweep.1 | grep -c '^\.nf$')
	is "qlaunch-sweep.1 has two arms files" "$blocks" 2
	for ((i = 1; i <= blocks; i++)); do
		awk -v want="$i" '/^\.nf$/ { inside = ++n; next } /^\.fi$/ { inside = 0 } inside == want' \
			docs/man/qlaunch-sweep.1 >"$TMP/here/arms.json"
		in_folder "qlaunch sweep --arms arms.json --dry-run --accel tcg"
		is "arms file $i is taken" "$status:$(cat "$TMP/err")" "0:"
	done
}

prepare
for page in docs/man/qlaunch-*.1; do
	command=${page#*qlaunch-}
	is "${page##*/} has three examples, which are those of --help" "$(examples "$page")" \
		"$("$QLAUNCH" help "${command%.1}" | sed '1,/^Examples:/d' | sed -n 's/^  qlaunch/qlaunch/p')"
	is "that is, three" "$(examples "$page" | wc -l)" 3
done
[ "$(nproc)" -gt 1 ] || { skip "the examples" "they pin to CPU 1"; finish; exit; }
while read -r line; do
	check_works "$line"
done < <(examples docs/man/*.1 | sort -u)
check_arms
ended=guest-shutdown
check_measures "$(examples docs/man/qlaunch-run.1 | sed -n 2p)" --net none
ended='done'
check_measures "$(examples docs/man/qlaunch-bench.1 | sed -n 2p)" "${SHORT[@]:2}"
check_measures "$(examples docs/man/qlaunch-bench.1 | sed -n 3p)" "${SHORT[@]:2}"
check_measures "$(examples docs/man/qlaunch-sweep.1 | sed -n 2p)" "${SHORT[@]:2}" --workload cpu --boots 1
finish

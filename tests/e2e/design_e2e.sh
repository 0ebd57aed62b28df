#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which part of a sweep runs: shards, a budget, cells that are known well enough.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

# an option that is repeated is an axis: what varies is not in here
LOAD=(sweep --control off --where native --workload cpu --warmup 0ms --policy "other,batch")
FAST=("${LOAD[@]}" --duration 20ms)

keys() { # FILE...
	jq -r '"\(.order) \(.block) \(.arm) \(.workload) \(.repeat) \(.seed)"' "$@" | sort -n
}

per_arm() { # FILE: how many trials of each arm
	jq -r .arm "$1" | sort | uniq -c | awk '{ print $1 }' | paste -sd/
}

check_shards() {
	local i

	run "$QLAUNCH" "${FAST[@]}" --repeat 10 --boots 5 --seed 4 -o "$TMP/uncut.jsonl"
	for i in 1 2 3; do
		run "$QLAUNCH" "${FAST[@]}" --repeat 10 --boots 5 --seed 4 --shard $i/3 -o "$TMP/shard-$i.jsonl"
		is "shard $i of 3" "$status" 0 || note "$(cat "$TMP/err")"
	done
	is "together they are the whole, each trial once, in one order" "$(keys "$TMP"/shard-*.jsonl)" "$(keys "$TMP/uncut.jsonl")"
	is "of one design" "$(jq -r .design "$TMP"/shard-*.jsonl "$TMP/uncut.jsonl" | sort -u | wc -l)" 1
	is "a block is in one of them" "$(for i in 1 2 3; do jq -r .block "$TMP/shard-$i.jsonl" | sort -u; done | sort | uniq -d)" ""
	cat "$TMP"/shard-*.jsonl >"$TMP/all.jsonl"
	is "cat puts them together" "$("$QLAUNCH" report --format json "$TMP/all.jsonl" | jq -c '[.trials, .skipped]')" \
		"$("$QLAUNCH" report --format json "$TMP/uncut.jsonl" | jq -c '[.trials, .skipped]')"
	head -n 2 "$TMP/shard-2.jsonl" >"$TMP/again.jsonl"
	run "$QLAUNCH" "${FAST[@]}" --repeat 10 --boots 5 --seed 4 --shard 2/3 --resume "$TMP/again.jsonl"
	is "a shard can be resumed" "$(keys "$TMP/again.jsonl")" "$(keys "$TMP/shard-2.jsonl")"
	refuses "without a seed" 2 "shard needs --seed" "$QLAUNCH" "${FAST[@]}" --shard 1/2
	refuses "more shards than blocks" 2 "a shard has whole blocks, and this sweep has 5" \
		"$QLAUNCH" "${FAST[@]}" --repeat 10 --boots 5 --seed 4 --shard 1/6 -o "$TMP/x.jsonl"
}

check_budget() {
	run "$QLAUNCH" "${LOAD[@]}" --duration 100ms --budget 4s -o "$TMP/budget.jsonl"
	is "a sweep of four seconds" "$status" 0 || note "$(cat "$TMP/err")"
	check "no trial starts after its end" jq -se 'map(.started[:19] + "Z" | fromdate) | max - min <= 4' "$TMP/budget.jsonl"
	like "with as many repeats for each arm" "$(per_arm "$TMP/budget.jsonl")" '^([1-9]|1[0-9])/\1$'
	check "block after block" jq -se 'map(.block) | unique | . == [range(length)]' "$TMP/budget.jsonl"
	like "what did not fit is said" "$(cat "$TMP/err")" "trials were left out: they did not fit"
	like "time left is shown" "$(cat "$TMP/err")" "left about [0-9]+s"
}

check_until_ci() {
	run "$QLAUNCH" "${FAST[@]}" --until-ci 50% -o "$TMP/until.jsonl"
	is "a sweep until it is known well enough" "$status" 0 || note "$(cat "$TMP/err")"
	check "ends before its 30 repeats" jq -se 'length < 60 and length >= 16' "$TMP/until.jsonl"
	is "the limit is part of the plan" "$(jq .planned.repeats "$TMP/until.jsonl" | sort -u)" 30
	like "what was left out is said" "$(cat "$TMP/err")" "trials were left out: their cells are known"
	cp "$TMP/until.jsonl" "$TMP/again.jsonl"
	run "$QLAUNCH" "${FAST[@]}" --until-ci 50% --resume "$TMP/again.jsonl"
	is "resumed, it is known still" "$(keys "$TMP/again.jsonl")" "$(keys "$TMP/until.jsonl")"
	refuses "too few repeats to look at" 2 "looks at 8 boots .natively: rounds. first, and this run has 7" "$QLAUNCH" "${FAST[@]}" --until-ci 5% --repeat 7
}

# What the report could only say afterwards is said first.
check_power() {
	run "$QLAUNCH" "${FAST[@]}" --repeat 2 -o "$TMP/few.jsonl"
	is "a sweep that reaches no verdict runs" "$status" 0 || note "$(cat "$TMP/err")"
	like "and says first what a verdict takes" "$(sed "/^trial/,\$d" "$TMP/err")" \
		"^a verdict on 1 arm takes 6 rounds, and this design has 2: use --repeat 6$"
	run "$QLAUNCH" "${FAST[@]}" --repeat 6 -o "$TMP/enough.jsonl"
	is "with as many it says nothing" "$(grep -c "a verdict on" "$TMP/err")" 0
	run "$QLAUNCH" "${FAST[@]}" --repeat 2 --dry-run
	like "a dry run says the time" "$(cat "$TMP/out")" "^time: about 0.1 s: --warmup and --duration of 4 trials and 1 discarded"
	like "and that no effect can be found" "$(cat "$TMP/out")" "^effect: no verdict is possible"
	run "$QLAUNCH" "${FAST[@]}" --repeat 16 --dry-run
	like "or which" "$(cat "$TMP/out")" "^effect: minimum detectable with 16 rounds.* 0.75 % where"
}

check_power
check_shards
check_budget
check_until_ci
finish

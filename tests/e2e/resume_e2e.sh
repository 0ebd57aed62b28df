#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `qlaunch sweep --resume`: killed, torn, full, removed, locked: no finished trial is lost or run twice.
# CAMPAIGN=1 kills 500 times.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

LOAD=(sweep --control off --where native --workload cpu --warmup 0ms)
FAST=("${LOAD[@]}" --duration 20ms)
DESIGN=("${FAST[@]}" --policy "other,batch,idle" --repeat 8 --boots 4 --seed 7)
TRIALS=24

keys() { # FILE: what ran, in the order of the lines
	jq -r '"\(.block) \(.arm) \(.workload) \(.repeat) \(.order) \(.seed) \(has("figures"))"' "$1"
}

whole_lines() { # FILE
	[ -e "$1" ] && grep -c '' "$1" || echo 0
}

has_lines() { # FILE N
	[ "$(whole_lines "$1")" -ge "$2" ]
}

check_uncut() {
	run "$QLAUNCH" "${DESIGN[@]}" -o "$TMP/uncut.jsonl"
	is "the uncut sweep" "$status $(whole_lines "$TMP/uncut.jsonl")" "0 $TRIALS"
	run "$QLAUNCH" "${DESIGN[@]}" --resume "$TMP/new.jsonl"
	is "--resume on a missing file starts the design" "$(keys "$TMP/new.jsonl")" "$(keys "$TMP/uncut.jsonl")"
	: >"$TMP/empty.jsonl"
	run "$QLAUNCH" "${DESIGN[@]}" --resume "$TMP/empty.jsonl"
	is "on an empty one, too" "$(whole_lines "$TMP/empty.jsonl")" "$TRIALS"
	cp "$TMP/new.jsonl" "$TMP/copy.jsonl"
	run "$QLAUNCH" "${DESIGN[@]}" --resume "$TMP/new.jsonl"
	is "a complete one stays as it is" "$status $(cmp "$TMP/new.jsonl" "$TMP/copy.jsonl")" "0 "
	like "and is compared" "$(cat "$TMP/out")" "policy=batch"
	like "a part of it is called one" "$(head -n 7 "$TMP/new.jsonl" | "$QLAUNCH" report /dev/stdin)" "7 of $TRIALS planned trials"
	is "every line names one design" "$(jq -r .design "$TMP/new.jsonl" | sort -u | wc -l)" 1
	is "and how much is planned" "$(jq -c .planned "$TMP/new.jsonl" | sort -u)" '{"repeats":8,"boots":4,"trials":24}'
}

# A load that has another setting than the first of its kind had: also where that one is of an earlier run.
check_likeness() {
	local wakes=(sweep --control off --where native --workload wakeup --warmup 0ms --duration 20ms --policy "other,batch"
		--repeat 2 --boots 1 --seed 7)

	run "$QLAUNCH" "${wakes[@]}" -o "$TMP/alike.jsonl"
	head -n 1 "$TMP/alike.jsonl" | jq -c '.engine.cpu_dma_latency = "asleep"' >"$TMP/unlike.jsonl"
	run "$QLAUNCH" "${wakes[@]}" --resume "$TMP/unlike.jsonl"
	is "loads are compared with those of an earlier run" "$(lines "$TMP/unlike.jsonl" '.warnings |
		any(test("not alike: .* instead of .asleep."))' | paste -sd ' ')" "false true true true" ||
		note "$(lines "$TMP/unlike.jsonl" .engine.cpu_dma_latency)"
}

# Kills it somewhere; what was whole before must be there after, byte for byte.
kill_once() { # FILE MILLISECONDS
	local before=$TMP/before.jsonl

	touch "$1"
	cp "$1" "$before"
	[ -z "$(tail -c 1 "$before")" ] || sed -i '$d' "$before" # but for the half line at its end
	"$QLAUNCH" "${DESIGN[@]}" --resume "$1" >/dev/null 2>&1 </dev/null &
	started=$!
	sleep "0.$(printf %03d "$2")"
	kill -9 "$started" 2>/dev/null
	wait "$started" 2>/dev/null
	cmp -s -n "$(stat -c %s "$before")" "$before" "$1"
}

check_kills() {
	local kills=20 i lost=0 files=1 file=$TMP/killed-1.jsonl ms

	[ -z "${CAMPAIGN:-}" ] || kills=500
	RANDOM=1
	for ((i = 0; i < kills; i++)); do
		ms=$((RANDOM % 400))
		kill_once "$file" $ms || lost=$((lost + 1))
		if [ "$(jq -R 'fromjson? | .order' "$file" | wc -l)" -ge $TRIALS ]; then
			files=$((files + 1))
			file=$TMP/killed-$files.jsonl
		fi
	done
	is "$kills kills change nothing that was written" $lost 0
	run "$QLAUNCH" "${DESIGN[@]}" --resume "$file"
	is "the last one is gone on with" "$status" 0
	for file in "$TMP"/killed-*.jsonl; do
		keys "$file" >"$TMP/keys" || echo torn >>"$TMP/keys"
		cmp -s "$TMP/keys" <(keys "$TMP/uncut.jsonl") || break
		file=
	done
	is "in $files files each trial stands once, in the uncut order" "$file" ""
}

check_torn() {
	local file=$TMP/torn.jsonl

	head -n 5 "$TMP/uncut.jsonl" >"$file"
	sed -n 6p "$TMP/uncut.jsonl" | head -c 900 >>"$file"
	run "$QLAUNCH" "${DESIGN[@]}" --resume "$file"
	is "a torn last line is dropped, its trial run" "$(keys "$file")" "$(keys "$TMP/uncut.jsonl")"
	head -c 900 "$TMP/uncut.jsonl" >"$file"
	run "$QLAUNCH" "${DESIGN[@]}" --resume "$file"
	is "also where it is all there is" "$(keys "$file")" "$(keys "$TMP/uncut.jsonl")"
}

# The order of two kinds of failed cells.
check_failures() {
	local file=$TMP/failed.jsonl

	jq -c 'if .order == 2 then del(.figures) + {error: "killed", ended: "failed"}
		elif .order == 3 then del(.figures) + {error: "no", ended: "refused"} else . end' "$TMP/uncut.jsonl" >"$file"
	run "$QLAUNCH" "${DESIGN[@]}" --resume "$file"
	is "a cell that failed is run again, a refused one is not" \
		"$(jq -r 'select(.order == 2 or .order == 3) | "\(.order) \(.ended)"' "$file" | paste -sd/)" \
		"2 failed/3 refused/2 done"
	is "the report counts it once" "$("$QLAUNCH" report --format json "$file" | jq .trials)" $TRIALS
}

check_refusals() {
	local file=$TMP/uncut.jsonl

	cp "$file" "$TMP/copy.jsonl"
	refuses "another seed" 2 "seed 7 there, 8 here" "$QLAUNCH" "${DESIGN[@]/7/8}" --resume "$file"
	refuses "other repeats" 2 "8 repeats in 4 boots there, 9 in 4 here" \
		"$QLAUNCH" "${FAST[@]}" --policy other,batch,idle --repeat 9 --boots 4 --seed 7 --resume "$file"
	refuses "another load" 2 "has --bs 4k there, 8k here" "$QLAUNCH" "${DESIGN[@]}" --bs 8k --resume "$file"
	refuses "other arms" 2 "has an arm 'policy=[a-z]+', here it has none" \
		"$QLAUNCH" "${FAST[@]}" --policy batch:3,batch:4 --repeat 8 --boots 4 --seed 7 --resume "$file"
	refuses "one arm more" 2 "other arms there than the 4 here" \
		"$QLAUNCH" "${FAST[@]}" --policy other,batch,idle,batch:1 --repeat 8 --boots 4 --seed 7 --resume "$file"
	refuses "other repeats that follow from another duration: the knob is named" 2 "has --duration [0-9a-z]+ there, 99ms here" \
		"$QLAUNCH" "${LOAD[@]}" --policy other,batch,idle --duration 99ms --budget 30s --seed 7 --resume "$file"
	is "none of these wrote a byte" "$(cmp "$file" "$TMP/copy.jsonl")" ""
	printf 'dear diary' >"$TMP/diary"
	refuses "a file of somebody else's" 2 "diary holds something else" "$QLAUNCH" "${DESIGN[@]}" --resume "$TMP/diary"
	is "it stays as it is" "$(cat "$TMP/diary")" "dear diary"
	refuses "a folder" 2 "^qlaunch: --resume: " "$QLAUNCH" "${DESIGN[@]}" --resume "$TMP"
	refuses "two files" 2 "resume names the results file" "$QLAUNCH" "${DESIGN[@]}" --resume "$file" -o "$TMP/x.jsonl"
}

# Ctrl-C says how to go on, and that command goes on.
check_interrupted() {
	local file="$TMP/it's here.jsonl" command

	"$QLAUNCH" "${LOAD[@]}" --policy other,batch --duration 200ms --repeat 8 --boots 2 -o "$file" >/dev/null 2>"$TMP/err" </dev/null &
	started=$!
	tap_pids="$tap_pids $started"
	wait_until 30 has_lines "$file" 1
	kill -INT "$started"
	wait "$started"
	command=$(sed -n 's/^to go on: //p' "$TMP/err")
	like "an interrupted sweep says how to go on" "$command" "^$QLAUNCH sweep .*--boots 2 --resume '/.*it'"
	check "and that goes on" bash -c "$command -q"
	is "to the end" "$(lines "$file" .ended | sort | uniq -c | xargs)" "16 done"
}

check_lock() {
	local file=$TMP/locked.jsonl

	start "$QLAUNCH" "${LOAD[@]}" --duration 600ms --policy other,batch --repeat 10 --resume "$file" >/dev/null 2>&1
	wait_until 20 has_lines "$file" 1
	refuses "a second sweep on one file" 2 "another qlaunch is writing to it" \
		"$QLAUNCH" "${LOAD[@]}" --duration 600ms --policy other,batch --repeat 10 --resume "$file"
	refuses "with -o, too" 2 "another qlaunch is writing to it" "$QLAUNCH" "${FAST[@]}" --policy other,batch -o "$file"
	kill -9 "$started"
	wait "$started" 2>/dev/null
	check "the lock ends with its holder" "$QLAUNCH" "${FAST[@]}" --policy other,batch --repeat 1 -o "$file"
}

check_full_disk() {
	local script

	# shellcheck disable=SC2016  # for the inner shell
	script='mount -t tmpfs -o size=64k none "$1" && shift && { "$@" >"$TMP/out" 2>"$TMP/err"; echo $? >"$TMP/full.status"; }
		cat "$TMP/full/x.jsonl" >"$TMP/full.jsonl"'
	mkdir "$TMP/full"
	if ! unshare -m sh -c "$script" sh "$TMP/full" "$QLAUNCH" "${DESIGN[@]}" -o "$TMP/full/x.jsonl" 2>"$TMP/why" </dev/null; then
		skip "a full disk" "no mount here: $(head -n 1 "$TMP/why")"
		return
	fi
	is "a full disk ends it with 1" "$(cat "$TMP/full.status")" 1
	is "in one sentence" "$(grep -c '^qlaunch: ' "$TMP/err") $(tail -n 1 "$TMP/err" | grep -c 'No space left')" "1 1"
	is "the trials before are intact" "$(keys "$TMP/full.jsonl")" \
		"$(keys "$TMP/uncut.jsonl" | head -n "$(whole_lines "$TMP/full.jsonl")")"
	check "and there are some" has_lines "$TMP/full.jsonl" 3
	run "$QLAUNCH" "${DESIGN[@]}" --resume "$TMP/full.jsonl"
	is "with room again it goes on" "$(keys "$TMP/full.jsonl")" "$(keys "$TMP/uncut.jsonl")"
}

check_removed() {
	local saved

	mkdir "$TMP/gone"
	start "$QLAUNCH" "${LOAD[@]}" --duration 200ms --policy other,batch --repeat 20 -o "$TMP/gone/x.jsonl" \
		>"$TMP/out" 2>"$TMP/err"
	wait_until 20 has_lines "$TMP/gone/x.jsonl" 3
	rm -r "$TMP/gone"
	wait "$started"
	is "a results folder that vanished ends it with 1" $? 1
	saved=$(sed -n 's/^qlaunch: results in .*: the file was removed; what is measured is in //p' "$TMP/err")
	check "and says where the trials are now" has_lines "${saved:-none}" 3
}

check_interrupt() {
	local file=$TMP/interrupted.jsonl

	"$QLAUNCH" "${DESIGN[@]}" --resume "$file" >"$TMP/out" 2>"$TMP/err" </dev/null &
	started=$!
	tap_pids="$tap_pids $started"
	wait_until 20 has_lines "$file" 3
	kill -INT "$started"
	wait "$started"
	is "Ctrl-C ends it with 130" $? 130
	like "and says what is kept" "$(tail -n 1 "$TMP/err")" \
		"^qlaunch: interrupted by SIGINT; $(whole_lines "$file") of $TRIALS trials are kept$"
	run "$QLAUNCH" "${DESIGN[@]}" --resume "$file"
	is "it is gone on with" "$(keys "$file")" "$(keys "$TMP/uncut.jsonl")"
}

# QEMU is killed in the middle of a trial: that trial has a reason, the others run, and --resume tries it again.
check_crash() {
	local file=$TMP/crash.jsonl design pid

	design=(sweep --control off --accel tcg --workload cpu --vcpus 1 --memory 256M --duration 400ms --warmup 50ms --policy "other,batch"
		--repeat 2 --boots 1 --seed 3)
	start "$QLAUNCH" "${design[@]}" -o "$file" >"$TMP/out" 2>"$TMP/err" </dev/null
	wait_until 30 has_lines "$file" 1
	for pid in $(children "$started"); do
		[[ $(readlink "/proc/$pid/exe") != */qemu-* ]] || kill -9 "$pid"
	done
	wait "$started"
	is "a QEMU that dies in a trial does not end the sweep" $? 0
	is "one trial failed, with the reason" "$(jq -r '[.ended, (.error // "" | test("SIGKILL"))] | join(" ")' "$file" | sort |
		uniq -c | awk '{ print $1, $2, $3 }' | paste -sd/)" "3 done false/1 failed true"
	run "$QLAUNCH" "${design[@]}" --resume "$file"
	is "which is made up for" "$status $(jq -r 'select(.ended == "done") | .order' "$file" | sort | paste -sd/)" "0 0/1/2/3"
}

# A guest's block is cut in the middle: the rest runs in a VM of its own, and says so.
check_guest() {
	local file=$TMP/guest.jsonl design

	design=(sweep --control off --accel tcg --workload cpu --vcpus 1 --memory 256M --duration 200ms --warmup 50ms --policy "other,batch"
		--repeat 2 --boots 1 --seed 3)
	run "$QLAUNCH" "${design[@]}" -o "$TMP/guest-uncut.jsonl"
	head -n 2 "$TMP/guest-uncut.jsonl" >"$file"
	run "$QLAUNCH" "${design[@]}" --resume "$file"
	is "a cut block of a guest" "$(keys "$file")" "$(keys "$TMP/guest-uncut.jsonl")"
	is "lines of its second VM say so" "$(jq -r '.warnings | any(test("another VM of this block"))' "$file" | paste -sd/)" \
		"false/false/true/true"
}

check_uncut
check_likeness
check_kills
check_torn
check_failures
check_refusals
check_interrupted
check_lock
check_full_disk
check_removed
check_interrupt
check_crash
check_guest
finish

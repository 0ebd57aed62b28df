#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A resource limit that is too small is found before QEMU or qload starts, and the number that is named suffices.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

NATIVE=(bench --where native --vcpus 2 --duration 50ms --warmup 0ms --repeat 3 --scratch-size 16M)

"$LAB/bootsector.sh" off "$TMP/off.img"
VM=("$QLAUNCH" --accel tcg --net none -o "$TMP/vm.jsonl" "$TMP/off.img")

limited() { # ULIMIT-OPTIONS COMMAND...: under a limit of its own
	(
		# shellcheck disable=SC2086  # options
		ulimit $1 && shift && "$@"
	)
}

# The number behind "ulimit -n" in what was said.
named() { sed -n "s/.*(ulimit $1 \([0-9]*\)).*/\1/p" "$TMP/err"; }

# With less than is named nothing starts; with exactly that it runs.
meets() { # NAME OPTION TOO-FEW REGEX COMMAND...
	local name=$1 option=$2 few=$3 regex=$4 number

	shift 4
	rm -f "$TMP/vm.jsonl" "$TMP/user/vm.jsonl"
	run limited "$option $few" "$@"
	is "$name: refused" "$status" 2
	like "$name: why" "$(cat "$TMP/err")" "$regex"
	is "$name: nothing was started" "$(cat "$TMP/vm.jsonl" "$TMP/user/vm.jsonl" 2>/dev/null)" ""
	number=$(named "$option")
	run limited "$option $number" "$@"
	is "$name: $number suffices" "$status" 0 || note "$(cat "$TMP/err")"
	rm -f "$TMP/vm.jsonl" "$TMP/user/vm.jsonl"
	run limited "-S $option $few" "$@"
	is "$name: a soft limit is raised" "$status" 0 || note "$(cat "$TMP/err")"
	rm -f "$TMP/vm.jsonl" "$TMP/user/vm.jsonl"
}

check_files() {
	meets "files of a VM" -n 20 "^qlaunch: RLIMIT_NOFILE: .* takes up to [0-9]+ open files, and the hard limit is 20: " "${VM[@]}"
	meets "files of a VM and its queues" -n 70 "RLIMIT_NOFILE: 1 VM with 8 vCPUs and 1 iothread takes up to .* hard limit is 70: " "${VM[@]}" --vcpus 8 \
		--iothreads 1
	meets "files of a native workload" -n 20 "RLIMIT_NOFILE: .* the hard limit is 20" "$QLAUNCH" "${NATIVE[@]}" \
		--workload randread -o "$TMP/vm.jsonl"
}

# An arm that has no room is a row with its reason.
check_sweep() {
	run limited "-n 100" "$QLAUNCH" sweep --accel tcg --vcpus 1,64 --workload cpu --repeat 1 --control off --dry-run
	is "a sweep with one arm that has room" "$status" 0 || note "$(cat "$TMP/err")"
	like "the other one is refused" "$(grep "^refused" "$TMP/out")" "^refused: RLIMIT_NOFILE: 1 VM with 64 vCPUs .* is 100"
	is "and alone" "$(grep -c ^refused "$TMP/out")" 1
}

# Counters that have no room are missing figures, which is said first.
check_counters() {
	run limited "-n 100" "${VM[@]}" --vcpus 2 --observe counters --dry-run
	like "counters without room are a note" "$(cat "$TMP/out")" \
		"RLIMIT_NOFILE is 100, and the counters of all threads take up to [0-9]+ files.*ulimit -n"
}

check_stack() {
	meets "stack" -s 512 "^qlaunch: RLIMIT_STACK is 512 KiB, and qlaunch needs 1024 KiB" "${VM[@]}"
	run limited "-s 1024" "$QLAUNCH" sweep --preset quick --dry-run
	is "a whole sweep is planned with that" "$status" 0 || note "$(tail -n 2 "$TMP/err")"
	run limited "-s 1024" "$QLAUNCH" report -v tests/data/results-verdicts.jsonl
	is "and reported" "$status" 0 || note "$(tail -n 2 "$TMP/err")"
}

# A user whom nobody else is: threads and locked memory are counted by user, and root's threads are not limited.
alone() { # COMMAND...
	setpriv --reuid 61111 --regid 61111 --clear-groups --inh-caps=-all --bounding-set=-all \
		env HOME="$TMP/user" XDG_STATE_HOME="$TMP/user" "$@"
}

# Without registered buffers qload goes on: that is a note, and the number brings them back.
check_memlock() {
	local number io=("$COPY" "${NATIVE[@]}" --workload randread --iodepth 32 --bs 4k)

	run limited "-l 64" alone "${io[@]}" -o "$TMP/user/few.jsonl"
	is "locked memory: it runs with less" "$status:$(lines "$TMP/user/few.jsonl" .engine.registered | sort -u)" "0:ring files"
	like "locked memory: which is said before" "$(sed '/^trial/,$d' "$TMP/err")" \
		"RLIMIT_MEMLOCK is 64 KiB, .* take up to 544 KiB: .*ulimit -l 544"
	number=$(named -l)
	run limited "-l ${number:-0}" alone "${io[@]}" -o "$TMP/user/enough.jsonl"
	is "locked memory: $number suffices" "$(lines "$TMP/user/enough.jsonl" .engine.registered | sort -u)" "ring files buffers"
	run limited "-S -l 64" alone "${io[@]}" -o "$TMP/user/soft.jsonl"
	is "locked memory: a soft limit is raised" "$(lines "$TMP/user/soft.jsonl" .engine.registered | sort -u)" "ring files buffers"
	if printf '6.14\n%s\n' "$(uname -r)" | sort -VC; then
		refuses "locked memory: too little for a ring" 2 "RLIMIT_MEMLOCK: .* hard limit is 4 KiB: .*ulimit -l 544" \
			limited "-l 4" alone "${io[@]}" -o "$TMP/user/none.jsonl"
	fi
}

check_tasks() {
	"$LAB/bootsector.sh" off "$TMP/open/off.img"
	chmod 666 "$TMP/open/off.img"
	meets "threads" -u 30 "^qlaunch: RLIMIT_NPROC: this takes up to [0-9]+ threads, this user has [1-9][0-9]* already, .* is 30: " \
		alone "$COPY" --accel tcg --net none --vcpus 4 --cache writeback --aio threads -o "$TMP/user/vm.jsonl" \
		"$TMP/open/off.img"
}

# A program of ours that knows no more than 1024 files keeps the soft limit that it would have had.
check_children() {
	mkdir "$TMP/wrapped"
	cp "$QLAUNCH" "$TMP/wrapped/qlaunch"
	printf '#!/bin/sh\nulimit -Sn >>%s\nexec %s "$@"\n' "$TMP/soft" "$QLOAD" >"$TMP/wrapped/qload"
	chmod +x "$TMP/wrapped/qload"
	run limited "-S -n 777" "$TMP/wrapped/qlaunch" "${NATIVE[@]}" --workload cpu -o "$TMP/wrapped.jsonl"
	is "qload has the inherited soft limit" "$status:$(sort -u "$TMP/soft")" "0:777" || note "$(cat "$TMP/err")"
}

check_files
check_sweep
check_counters
check_stack
check_children
if [ "$(id -u)" = 0 ]; then
	COPY=$(open_copy)
	install -d -m 755 -o 61111 -g 61111 "$TMP/user"
	check_memlock
	check_tasks
else
	skip "locked memory and threads" "needs root to become a user without processes"
fi
finish

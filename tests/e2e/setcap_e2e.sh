#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# setcap_e2e.sh - an ordinary user whose qlaunch has file capabilities (setcap), as doctor recommends: what it then may do,
# and what the capability does not open to that user.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh
needs_two_cpus
[ "$(id -u)" = 0 ] || skip_all "needs root to become an ordinary user"

COPY=$(open_copy)
USER_UID=61999
"$LAB/bootsector.sh" off "$TMP/open/off.img" bye
install -d -m 700 -o "$USER_UID" -g "$USER_UID" "$TMP/home"
install -d -m 700 "$TMP/roots"
"$LAB/bootsector.sh" off "$TMP/roots/disk.img" "root's own"
chmod 600 "$TMP/roots/disk.img"
chown "$USER_UID" "$TMP/open/off.img"

# The user has a home folder in the user database and nowhere else: under AT_SECURE the environment is not believed.
user() { # COMMAND...
	# shellcheck disable=SC2016  # the inner shell's
	unshare -m sh -c 'cp /etc/passwd "$1/passwd" && echo "qtest:x:$2:$2::$1/home:/bin/sh" >>"$1/passwd" &&
		mount --bind "$1/passwd" /etc/passwd && user=$2 && rtprio=$3 && shift 3 &&
		exec prlimit --nice=0 --rtprio="$rtprio" setpriv --reuid "$user" --regid "$user" --clear-groups --inh-caps=-all env -u HOME -u XDG_STATE_HOME -u XDG_CACHE_HOME "$@"' \
		sh "$TMP" "$USER_UID" "${RTPRIO:-0}" "$@"
}

BENCH=(bench --where native --workload cpu --vcpus 1 --repeat 1 --duration 20ms --warmup 0ms -q)

realtime() { # of doctor
	sed -n '/^realtime/p' "$TMP/out" | tr -s ' '
}

# A hard limit that was raised for the user (limits.conf).
check_rlimit() {
	prlimit --rtprio=0:5 true 2>/dev/null || { skip "a hard limit of RTPRIO" "nobody here may raise one"; return; }
	RTPRIO=0:5 run user "$COPY" doctor
	like "where the hard limit is higher, the shell's command" "$(grep -A1 ^realtime "$TMP/out" | tail -n 1)" "mend: ulimit -r 5$"
	is "and that works" "$(RTPRIO=0:5 user sh -c "ulimit -r 5; exec '$COPY' doctor" 2>&1 | grep -c '^realtime *ok')" 1
}

check_without() {
	run user "$COPY" doctor
	like "without the capability doctor says what mends it" "$(realtime) $(grep -A1 ^realtime "$TMP/out" | tail -n 1)" \
		"^realtime limited .*mend: as root: setcap cap_sys_nice\+ep '.*/open/qlaunch'$"
	mend=$(sed -n '/^realtime/{n;s/.*mend: as root: //p}' "$TMP/out")
	run user "$COPY" "${BENCH[@]}" --policy fifo:1 --pin 1 -o "$TMP/home/without.jsonl"
	like "and without it nothing is real-time" "$status $(cat "$TMP/err")" "^[12] .*CAP_SYS_NICE or RLIMIT_RTPRIO"
	check_rlimit
	run user setpriv --no-new-privs "$COPY" doctor
	like "where no file's capability counts, another" "$(grep -A1 ^realtime "$TMP/out" | tail -n 1)" "mend: start it where CAP_SYS_NICE may be had"
}

check_nice() {
	check "doctor's command works as it stands" sh -c "$mend"
	run user "$COPY" doctor
	like "doctor then finds it" "$(realtime)" "^realtime ok SCHED_FIFO is allowed"
	is "and recommends it no more" "$(grep -c setcap "$TMP/out")" 0
	run user "$COPY" "${BENCH[@]}" --policy fifo:1 --pin 1
	is "bench natively at SCHED_FIFO" "$status" 0 || note "$(cat "$TMP/err")"
	is "as the kernel says" "$(cat "$TMP"/home/.local/state/qlaunch/results/*-bench.jsonl |
		jq -r '.threads[] | select(.role == "native") | "\(.got.cpus) \(.got.policy)"')" "1 fifo:1"
	is "its results are in the home folder of the user database, theirs alone" \
		"$(stat -c '%u %a' "$TMP"/home/.local/state/qlaunch/results/*-bench.jsonl)" "$USER_UID 600"
	run user timeout 600 "$COPY" --accel tcg --net none --policy fifo:1 --pin 1 "$TMP/open/off.img"
	is "a VM whose vCPU is at SCHED_FIFO" "$status" 0 || note "$(cat "$TMP/err")"
	is "as the kernel says of it" "$(cat "$TMP"/home/.local/state/qlaunch/results/*-run.jsonl |
		jq -r '.threads[] | select(.role == "vcpu") | "\(.got.cpus) \(.got.policy)"')" "1 fifo:1"
	run user env HOME="$TMP/roots" XDG_STATE_HOME="$TMP/roots" "$COPY" "${BENCH[@]}" --policy fifo:1 --pin 1
	is "HOME of the environment is not believed" "$status $(ls "$TMP/roots")" "0 disk.img" || note "$(cat "$TMP/err")"
}

# What stands behind a name decides by the user's rights, whatever the file of the program may do.
check_dac() {
	setcap cap_dac_override,cap_sys_nice+ep "$COPY"
	run user "$COPY" "${BENCH[@]}" -o "$TMP/roots/mine.jsonl"
	is "results in a folder of root's" "$status $(ls "$TMP/roots")" "2 disk.img" || note "$(cat "$TMP/err")"
	run user timeout 600 "$COPY" --accel tcg --net none -o "$TMP/home/r.jsonl" "$TMP/roots/disk.img"
	like "a disk of root's" "$status $(cat "$TMP/err")" "^2 qlaunch: .*disk.img.*Permission denied"
	run user timeout 600 "$COPY" --accel tcg --net none --kernel "$TMP/roots/disk.img" -o "$TMP/home/r.jsonl" "$TMP/open/off.img"
	like "a kernel" "$status $(cat "$TMP/err")" "^[12] qlaunch: .*Permission denied"
	run user timeout 600 "$COPY" --accel tcg --net none -o "$TMP/home/r.jsonl" "$TMP/open/off.img" -- -bios "$TMP/roots/disk.img"
	is "a file of QEMU's words" "$status $(grep -c 'could not load PC BIOS' "$TMP/err")" "1 1"
	run user "$COPY" "${BENCH[@]}" --workload randread --scratch "$TMP/roots/disk.img" -o "$TMP/home/r.jsonl"
	like "a scratch of root's" "$status $(cat "$TMP/err")" "^[12] qlaunch: .*Permission denied"
	run user "$COPY" "${BENCH[@]}" --trace "$TMP/roots/t.json" -o "$TMP/home/r.jsonl"
	is "a trace" "$([ "$status" != 0 ] && ls "$TMP/roots")" disk.img || note "$(cat "$TMP/err")"
	echo '[{"name": "secret"}]' >"$TMP/roots/arms.json"
	run user "$COPY" sweep --arms "$TMP/roots/arms.json" --dry-run
	like "arms" "$status $(cat "$TMP/err")" "^2 qlaunch: .*Permission denied"
	run user "$COPY" report "$TMP/roots/arms.json"
	like "a report" "$status $(cat "$TMP/err")" "^[12] qlaunch: .*Permission denied"
	run user "$COPY" sweep --vcpus 1,2 --workload cpu --where native --resume "$TMP/roots/resume.jsonl"
	is "--resume" "$([ "$status" != 0 ] && ls "$TMP/roots")" "arms.json
disk.img" || note "$(cat "$TMP/err")"
}

check_without
check_nice
check_dac
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# A QEMU that root starts: a uid of its own, no rights, no file but its own and those that were named; it cannot outlive
# qlaunch, and qlaunch still places, measures and ends it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

[ "$(id -u)" = 0 ] || skip_all "another uid needs root"

OPEN=$TMP/all # a folder in which everybody may make files
mkdir -m 1777 "$OPEN"
DISK=$TMP/halt.img
"$LAB/bootsector.sh" halt "$DISK"
mkdir -m 700 "$TMP/private"
"$LAB/bootsector.sh" off "$TMP/private/off.img"
chmod 600 "$TMP/private/off.img"
RUN=("$QLAUNCH" run --accel tcg)

# One line of each task's status, sorted and without repeats.
tasks() { # PID FIELD...
	local pid=$1

	shift
	cat "/proc/$pid/task/"*/status | grep -E "^($(tr ' ' '|' <<<"$*")):" | tr -s '\t ' ' ' | sed 's/ $//' | sort -u
}

# QMP through a pair of pipes: a line in, and the answer to it.
qmp() { # JSON
	local line

	echo "$1" >&8
	while read -r -t 60 line <&9; do
		case $line in *'"return"'* | *'"error"'*)
			echo "$line"
			return
			;;
		esac
	done
}

check_rights() {
	local uid

	mkfifo -m 666 "$OPEN/mon.in" "$OPEN/mon.out"
	: >"$OPEN/listed.img"
	chmod 666 "$OPEN/listed.img"
	QEMU_AUDIO_DRV=canary QEMU_CANARY=arrived hold "${RUN[@]}" --hold "$DISK" -- -chardev "pipe,id=m,path=$OPEN/mon" -mon chardev=m,mode=control \
		-drive "if=none,id=x,file=$OPEN/listed.img,format=raw" || {
		fail "QEMU is held" "$(cat "$TMP/err")"
		return
	}
	exec 8<>"$OPEN/mon.in" 9<>"$OPEN/mon.out"
	uid=$(awk '/^Uid:/ { print $2 }' "/proc/$held/status")
	check "its uid is one that no account has" test "$uid" -ge 61184 -a "$uid" -le 65519
	is "real, effective, saved and file system uid of each thread" "$(tasks "$held" Uid)" "Uid: $uid $uid $uid $uid"
	is "and the group, with no other" "$(tasks "$held" Gid Groups)" "Gid: $uid $uid $uid $uid
Groups:"
	is "no capability, none to be had, no new privileges, seccomp: each thread" \
		"$(tasks "$held" CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp)" \
		"$(printf 'Cap%s: 0000000000000000\n' Amb Bnd Eff Inh Prm)
NoNewPrivs: 1
Seccomp: 2"
	is "its environment is empty but for PATH and LANG" "$(tr '\0' '\n' <"/proc/$held/environ" | cut -d = -f 1 | tr '\n' ' ')" "PATH LANG "
	is "no core, and a limit of open files" \
		"$(sed -nE 's/^Max (core|open) file.* +([0-9]+) +([0-9]+) +[a-z]+ *$/\1 \2 \3/p' "/proc/$held/limits" | tr '\n' ' ')" \
		"core 0 0 open 16384 16384 "
	# stdin is /dev/null, both outputs a pipe of ours; sockets of ours; the disk; its own event fds
	is "no other file of ours is open in it" \
		"$(find "/proc/$held/fd" -type l -printf '%l\n' | sed "s|^$TMP/||" | grep -vE '^(/dev/null|pipe:.*|socket:.*|anon_inode:.*)$' | sort -u | tr '\n' ' ')" \
		"all/listed.img all/mon.in all/mon.out halt.img "
	is "qlaunch keeps CAP_KILL raised, and nothing else; it cannot change uids any more" \
		"$(sed -n 's/^CapEff:[\t ]*//p' "/proc/$started/status") $((0x$(sed -n 's/^CapPrm:[\t ]*//p' "/proc/$started/status") & 0xc0))" "0000000000000020 0"
	qmp '{"execute": "qmp_capabilities"}' >/dev/null
	for file in /etc/shadow /etc/passwd "$TMP/private/off.img"; do
		like "QMP cannot open $(basename "$file")" "$(qmp "{\"execute\": \"blockdev-add\", \"arguments\":
			{\"driver\": \"raw\", \"node-name\": \"n\", \"read-only\": true, \"file\": {\"driver\": \"file\", \"filename\": \"$file\"}}}" | cat)" \
			"Could not open '$file': Permission denied"
	done
	like "but what a word named" "$(qmp "{\"execute\": \"blockdev-add\", \"arguments\":
		{\"driver\": \"raw\", \"node-name\": \"again\", \"read-only\": true, \"file\": {\"driver\": \"file\", \"filename\": \"$OPEN/listed.img\", \"locking\": \"off\"}}}")" \
		'"return": \{\}'
	exec 8>&- 9>&-
	kill -TERM "$started"
	check "TERM ends QEMU across uids" wait_until 30 all_gone "$held" "$started"
	exec 7>&-
	wait "$started"
}

# Refused before a guest starts, in a sentence that names the file and the way out.
denied() { # NAME FILE WORD...
	local name=$1 file=$2

	shift 2
	run "${RUN[@]}" "$DISK" -- "$@"
	is "$name: exit status 1" "$status" 1
	like "$name: named, with the way out" "$(grep '^qlaunch: ' "$TMP/err")" "$file.*Permission denied.*--user root"
}

check_words() {
	local uid words

	cp "$TMP/private/off.img" "$OPEN/off.img"
	chmod 666 "$OPEN/off.img"
	denied "a file that only root may read" "$TMP/private/off.img" \
		-drive "if=none,id=x,file=$TMP/private/off.img,format=raw"
	qemu-img create -q -f raw "$OPEN/base.img" 1M
	qemu-img create -q -f qcow2 -b "$OPEN/base.img" -F raw "$OPEN/top.qcow2"
	chmod 666 "$OPEN/base.img" "$OPEN/top.qcow2"
	denied "a file that only an image names" "$OPEN/base.img" -drive "if=none,id=x,file=$OPEN/top.qcow2,format=qcow2"
	run "${RUN[@]}" --confine off "$TMP/private/off.img" -- -drive "if=none,id=x,file=$OPEN/top.qcow2,format=qcow2"
	is "--confine off: it opens" "$status:$(jq -r '[.vm.uid > 0, .vm.landlock] | tostring' "$(last_results)")" "0:[true,null]"
	qemu-img create -q -f qcow2 -b "$OPEN/off.img" -F raw "$OPEN/middle.qcow2"
	qemu-img create -q -f qcow2 -b middle.qcow2 -F qcow2 "$OPEN/boots.qcow2"
	chmod 666 "$OPEN"/*.qcow2
	run "${RUN[@]}" --backing allow "$OPEN/boots.qcow2"
	is "a chain of backing files boots, confined" "$status:$(jq -r '[.vm.uid > 61183, .vm.landlock > 0] | tostring' "$(last_results)")" "0:[true,true]" ||
		note "$(cat "$TMP/err")"
	run "${RUN[@]}" --user root --backing allow "$OPEN/boots.qcow2"
	is "also as root" "$status:$(jq -r '[.vm.uid, .vm.landlock > 0] | tostring' "$(last_results)")" "0:[0,true]" ||
		note "$(cat "$TMP/err")"
	chmod 600 "$OPEN/off.img" "$OPEN"/*.qcow2
	for words in "" "--snapshot" "--cache none"; do
		# shellcheck disable=SC2086 # several words
		run "${RUN[@]}" $words --backing allow "$OPEN/boots.qcow2"
		is "also one that only root may read${words:+, $words}" "$status:$(jq -r '.vm.uid > 61183' "$(last_results)")" "0:true" ||
			note "$(cat "$TMP/err")"
	done
	# what is no plain chain is opened by QEMU, by name
	qemu-img create -q -f qcow2 -b "json:{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"$OPEN/off.img\"}}" -F raw "$OPEN/odd.qcow2"
	chmod 600 "$OPEN/odd.qcow2"
	run "${RUN[@]}" --backing allow "$OPEN/odd.qcow2"
	chmod 666 "$OPEN/off.img"
	like "one by another protocol, which its uid may not read, is named" "$status $(grep '^qlaunch: ' "$TMP/err")" "^1 .*$OPEN/odd.qcow2: Permission denied .*--user root"
	# twice: the socket of the first run is in the second one's way
	for round in 1 2; do
		run "${RUN[@]}" "$TMP/private/off.img" -- -chardev "socket,id=s,path=$OPEN/s.sock,server=on,wait=off" \
			-chardev "file,id=f,path=$OPEN/new.$round.log"
		uid=$(jq .vm.uid "$(last_results)")
		is "words that make a socket and a file, run $round: the file is QEMU's" "$status:$(stat -c '%u %a' "$OPEN/new.$round.log")" "0:$uid 600" ||
			note "$(cat "$TMP/err")"
	done
}

last_results() {
	find "$XDG_STATE_HOME/qlaunch/results" -name '*.jsonl' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2
}

# What one run says of itself.
of_run() { # JQ WORD...
	local filter=$1

	shift
	run "$@"
	[ "$status" = 0 ] || {
		echo "exit status $status: $(cat "$TMP/err")"
		return
	}
	jq -r "$filter" "$(last_results)"
}

check_users() {
	local abi nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all)

	abi=$("$QLAUNCH" doctor | sed -n 's/^confine  *ok  *QEMU runs as a uid of its own (61184 to 65519), without capabilities, seccomp, Landlock ABI \([0-9]*\)$/\1/p')
	check "doctor says how QEMU would be confined" test "$abi" -gt 0
	is "a disk in a folder of somebody's own" "$(of_run '[.vm.uid > 61183, .vm.landlock] | tostring' "${RUN[@]}" "$TMP/private/off.img")" \
		"[true,$abi]"
	is "--user root keeps uid 0" "$(of_run .vm.uid "${RUN[@]}" --user root "$TMP/private/off.img")" 0
	is "--user NAME" "$(of_run .vm.uid "${RUN[@]}" --user nobody "$TMP/private/off.img")" 65534
	is "--user UID" "$(of_run .vm.uid "${RUN[@]}" --user 4242 "$TMP/private/off.img")" 4242
	refuses "--user of no account" 2 "^qlaunch: --user: 'nosuch' is neither an account" "${RUN[@]}" --user nosuch "$DISK"
	XDG_STATE_HOME=$OPEN/state XDG_CACHE_HOME=$OPEN/cache
	export XDG_STATE_HOME XDG_CACHE_HOME
	is "an ordinary user's keeps the uid, and is confined" \
		"$(of_run '[.vm.uid, .vm.landlock] | tostring' "${nobody[@]}" "$(open_copy)" --accel tcg "$OPEN/off.img")" "[65534,$abi]"
	refuses "who cannot make it another's" 2 "^qlaunch: --user root: only root can start QEMU as another user" \
		"${nobody[@]}" "$(open_copy)" --accel tcg --user root "$OPEN/off.img"
	is "uid 0 of a user's own namespace is that user" \
		"$(of_run '[.vm.uid, .vm.landlock] | tostring' "${nobody[@]}" unshare -r "$(open_copy)" --accel tcg "$OPEN/off.img")" "[0,$abi]"
	unset XDG_CACHE_HOME
	XDG_STATE_HOME=$TMP/state
	is "root without CAP_SETUID keeps uid 0, and says so" \
		"$(of_run .vm.uid setpriv --bounding-set=-setuid "${RUN[@]}" "$TMP/private/off.img") $(grep -c 'QEMU keeps uid 0, which owns root.s files, for qlaunch lacks CAP_SETUID' "$TMP/err")" \
		"0 1"
	is "a kernel without Landlock: it runs, and the line says so" \
		"$(of_run '[.vm.uid > 61183, .vm.landlock] | tostring' "$BUILD/tests/deny_call" landlock 38 -- "${RUN[@]}" "$TMP/private/off.img")" "[true,null]"
	is "and where it is switched off at boot" \
		"$(of_run '[.vm.uid > 61183, .vm.landlock] | tostring' "$BUILD/tests/deny_call" landlock 95 -- "${RUN[@]}" "$TMP/private/off.img")" "[true,null]"
	like "doctor says it too" "$("$BUILD/tests/deny_call" landlock 38 -- "$QLAUNCH" doctor | grep -A1 '^confine')" \
		"limited .*no Landlock in this kernel"
	is "/proc with hidepid= has no other's processes: it is placed and measured" \
		"$(of_run '[.vm.uid > 61183, .figures.cpu_time_s.value > 0, ([.threads[] | select(.role == "vcpu").got.cpus] | length)] | tostring' \
			unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc && exec "$@"' sh "${RUN[@]}" --pin 0 "$TMP/private/off.img")" "[true,true,1]"
}

# A device of its own mode in the place of the host's, in a mount namespace of its own.
with_kvm() { # MODE GROUP COMMAND...
	local mode=$1 group=$2

	shift 2
	# shellcheck disable=SC2016  # the inner shell's
	unshare -m sh -c 'mount -t tmpfs tmpfs "$0" && mknod "$0/kvm" c 10 232 && chgrp "$2" "$0/kvm" && chmod "$1" "$0/kvm" &&
		mount --bind "$0/kvm" /dev/kvm && shift 2 && exec "$@"' "$TMP/device" "$mode" "$group" "$@"
}

check_kvm() {
	[ -c /dev/kvm ] || {
		skip "/dev/kvm by its mode" "this machine has none"
		return
	}
	mkdir "$TMP/device"
	refuses "/dev/kvm of root alone is refused, with the way out" 2 \
		"^qlaunch: --accel kvm: uid 6[0-9]*, which QEMU runs as, may not open /dev/kvm \(mode 0600, group 0\).*--user root" \
		with_kvm 600 0 "$QLAUNCH" run --accel kvm "$TMP/private/off.img"
	is "with a group, QEMU is in it" "$(of_run '[.vm.accel, .vm.uid > 61183] | tostring' \
		with_kvm 660 4243 "$QLAUNCH" run --accel kvm --memory 64M "$TMP/private/off.img")" '["kvm",true]'
}

# One that answers like QEMU and costs a millisecond.
check_crowd() {
	local i pids='' uids

	mkdir "$TMP/fake"
	cp "$BUILD/tests/fakeqemu" "$TMP/fake/qemu-system-x86_64"
	for i in {1..20}; do
		mkfifo "$TMP/fifo.$i"
		PATH=$TMP/fake:$PATH "$QLAUNCH" run --accel tcg --hold "$TMP/private/off.img" --snapshot -o "$TMP/crowd.$i.jsonl" \
			<>"$TMP/fifo.$i" >/dev/null 2>"$TMP/crowd.$i" &
		pids="$pids $!"
		tap_pids="$tap_pids $!"
	done
	for i in {1..20}; do
		wait_until 60 grep -q '^held pid=' "$TMP/crowd.$i"
	done
	uids=$(for i in {1..20}; do
		awk '/^Uid:/ { print $2 }' "/proc/$(sed -n 's/^held pid=//p' "$TMP/crowd.$i")/status"
	done)
	is "20 at once have 20 uids" "$(wc -w <<<"$uids") $(sort -u <<<"$uids" | wc -w)" "20 20"
	like "each may write no file larger than its disks can become" \
		"$(sed -n 's/^Max file size *//p' "/proc/$(sed -n 's/^held pid=//p' "$TMP/crowd.1")/limits")" "^[0-9]+ +[0-9]+ +bytes"
	is "each lock is held, in one file" "$(awk -v inode=":$(stat -c %i /run/qlaunch/uids)\$" '$2 == "OFDLCK" && $6 ~ inode { print $7 }' /proc/locks |
		grep -cxF "$uids")" 20
	is "which nobody else may see" "$(stat -c '%u %a' /run/qlaunch)" "0 700"
	# shellcheck disable=SC2086  # one word each
	kill -9 $pids
	for i in {1..20}; do
		wait_until 30 all_gone "$(sed -n 's/^held pid=//p' "$TMP/crowd.$i")" || fail "kill -9 of qlaunch leaves a QEMU"
	done
	is "kill -9 of all leaves no process of any of these uids" "$(for i in $uids; do
		for pid in $(pgrep -u "$i"); do
			! is_alive "$pid" || echo "$pid"
		done
	done)" ""
	is "nor a file for each" "$(for i in $uids; do
		find /run/qlaunch -name "$i" -newer "$DISK"
	done)" ""
}

# A binary in a user's home: with its data and modules it starts, but the home stays closed.
check_home() {
	local home=$OPEN/home

	mkdir -p "$home/bin" "$home/share" "$home/lib"
	cp "$(command -v qemu-system-x86_64)" "$home/bin/"
	cp -rL /usr/share/qemu /usr/share/seabios "$home/share/"
	cp -rL --parents /usr/lib/ipxe/qemu /usr/lib/*/qemu "$home/lib/" 2>/dev/null
	[ ! -d "$home/lib/usr" ] || mv "$home/lib/usr/lib/"* "$home/lib/"
	truncate -s 1M "$home/bin/private.img" "$home/private.img"
	chmod 644 "$home/bin/private.img" "$home/private.img"
	is "a QEMU of somebody's own home starts" \
		"$(of_run '[.vm.uid > 61183, .vm.landlock > 0] | tostring' "${RUN[@]}" --qemu "$home/bin/qemu-system-x86_64" "$TMP/private/off.img")" "[true,true]"
	for file in "$home/bin/private.img" "$home/private.img"; do
		rm -f "$OPEN/points.qcow2"
		qemu-img create -q -f qcow2 -b "$file" -F raw "$OPEN/points.qcow2"
		chmod 644 "$OPEN/points.qcow2"
		run "${RUN[@]}" --qemu "$home/bin/qemu-system-x86_64" "$TMP/private/off.img" -- -drive "if=none,id=x,file=$OPEN/points.qcow2,format=qcow2,readonly=on"
		like "but may not read $(basename "$(dirname "$file")")" "$status $(grep '^qlaunch: ' "$TMP/err")" "^1 .*$file.*Permission denied"
	done
	rm -r "$home"
}

check_rights
check_words
check_users
check_home
check_kvm
check_crowd
finish

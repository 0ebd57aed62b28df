#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# A QEMU that root starts: a uid of its own, no rights, no file but its own and those that were named; it cannot outlive
# qlaunch, and qlaunch still places, measures and ends it.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/e2e.sh

[ "$(id -u)" = 0 ] || skip_all "another uid needs root"

OPEN=$TMP/open # a folder in which everybody may make files
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
		"halt.img open/listed.img open/mon.in open/mon.out "
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

check_rights
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input: one sentence on stderr, exit status 2, nothing started, nothing left behind.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

DISK=$TMP/disk.img
"$LAB/bootsector.sh" halt "$DISK"

# A QEMU that is given a disk or a kernel ends at once, and qlaunch says so with exit status 1: confined, it cannot leave a
# mark.  Asking it what it can do is no start of a guest.
mkdir "$TMP/bin"
make_witness() {
	cat >"$TMP/bin/qemu-system-x86_64" <<-END
		#!/bin/sh
		case "\$*" in
		*blockdev*|*"-kernel "*) echo "started" >&2; exit 1 ;;
		esac
		exec $(command -v qemu-system-x86_64) "\$@"
	END
	chmod +x "$TMP/bin/qemu-system-x86_64"
}

# Exit 2, exactly one line on stderr, which starts "qlaunch: " and matches; no VM, no file, no output.
bad() { # NAME REGEX COMMAND...
	local name=$1 regex=$2 wrong=

	shift 2
	rm -rf "$XDG_STATE_HOME"
	PATH=$TMP/bin:$PATH run timeout 600 "$@"
	[ "$status" = 2 ] || wrong="$wrong exit status $status;"
	[ "$(wc -l <"$TMP/err")" = 1 ] || wrong="$wrong $(wc -l <"$TMP/err") lines;"
	grep -Eq "^qlaunch: .*($regex)" "$TMP/err" || wrong="$wrong not about $regex;"
	[ ! -s "$TMP/out" ] || wrong="$wrong something on stdout;"
	[ -z "$(find "$XDG_STATE_HOME" -type f 2>/dev/null)" ] || wrong="$wrong files: $(find "$XDG_STATE_HOME" -type f);"
	if [ -z "$wrong" ]; then
		pass "$name"
	else
		fail "$name" "$wrong $(cat "$TMP/err" "$TMP/out")"
	fi
}

check_words() {
	local next

	next=$(($(sed 's/.*-//' /sys/devices/system/cpu/possible) + 1))
	bad "an unknown option" "unknown option '--wibble'" "$QLAUNCH" --wibble "$DISK"
	bad "one that is nearly a knob" "--policy" "$QLAUNCH" --polcy fifo "$DISK"
	bad "a knob of another command" "workload" "$QLAUNCH" run --workload cpu "$DISK"
	bad "a knob without its value" "--pin" "$QLAUNCH" "$DISK" --pin
	bad "a bad cpulist" "--pin: 'x'" "$QLAUNCH" --pin x "$DISK"
	bad "a backward range" "--pin" "$QLAUNCH" --pin 3-1 "$DISK"
	bad "a CPU that is not online" "CPU $next" "$QLAUNCH" --pin "$next" "$DISK"
	bad "more vCPUs than pinned CPUs" "--pin.*2 vCPUs" "$QLAUNCH" --vcpus 2 --pin 0 "$DISK"
	bad "more pinned CPUs than vCPUs" "--pin" "$QLAUNCH" --vcpus 1 --pin 0-1 "$DISK"
	bad "no vCPUs" "--vcpus" "$QLAUNCH" --vcpus 0 "$DISK"
	bad "too many vCPUs" "--vcpus" "$QLAUNCH" --vcpus 256 "$DISK"
	bad "priority 0" "priority: '0'" "$QLAUNCH" --policy fifo:0 "$DISK"
	bad "priority 100" "priority: '100'" "$QLAUNCH" --policy rr:100 "$DISK"
	bad "a policy that is none" "--policy" "$QLAUNCH" --policy quick "$DISK"
	bad "a runtime above its deadline" "deadline" "$QLAUNCH" --policy deadline:20ms/10ms/30ms "$DISK"
	bad "a size that is none" "--memory" "$QLAUNCH" --memory lots "$DISK"
	bad "a time that is none" "--duration" "$QLAUNCH" --duration soon "$DISK"
	bad "a negative time" "--duration" "$QLAUNCH" --duration -5s "$DISK"
	bad "an unknown workload" "'wibble' is no workload" "$QLAUNCH" bench --workload wibble
	bad "an unknown place" "--where" "$QLAUNCH" bench --where moon
	bad "two values of what bench takes one of" "--policy" "$QLAUNCH" bench --policy other,fifo
	bad "nothing to run" "disk" "$QLAUNCH"
	bad "a word of QEMU's that takes the reins" "-daemonize" "$QLAUNCH" "$DISK" -- -daemonize
	bad "another one" "-runas" "$QLAUNCH" "$DISK" -- -runas nobody
	bad "a control character in a name is shown escaped" 'x1b' "$QLAUNCH" "$TMP/$(printf 'no\033[2Jdisk')"
}

check_rt() {
	[ "$(nproc)" = 2 ] || {
		skip "an RT arm that leaves no CPU" "needs exactly two CPUs"
		return
	}
	bad "an RT arm that leaves no CPU" "--force" "$QLAUNCH" --policy fifo --pin 0-1 "$DISK"
	bad "natively too" "--force" "$QLAUNCH" bench --where native --policy fifo --pin 0-1 --workload cpu
	bad "an RT vCPU where the emulator is put" "--force" \
		"$QLAUNCH" --policy fifo --pin 1 --emulator-pin 0-1 "$DISK"
}

check_disks() {
	local backed=$TMP/backed.qcow2

	bad "a missing disk" "No such file" "$QLAUNCH" "$TMP/none.img"
	echo "I am a letter, not a disk" >"$TMP/letter.txt"
	bad "a disk that is no image" "letter.txt" "$QLAUNCH" "$TMP/letter.txt"
	: >"$TMP/empty.img"
	bad "an empty file" "empty" "$QLAUNCH" "$TMP/empty.img"
	bad "a folder" "folder" "$QLAUNCH" "$TMP"
	mkfifo "$TMP/pipe.img"
	bad "a pipe" "pipe.img" "$QLAUNCH" "$TMP/pipe.img"
	qemu-img create -q -f qcow2 -b "$DISK" -F raw "$backed"
	bad "a qcow2 with a backing file" "backing.*disk.img|disk.img.*backing" "$QLAUNCH" "$backed"
	qemu-img create -q -f qcow2 "$TMP/cut.qcow2" 1M
	truncate -s 40 "$TMP/cut.qcow2"
	bad "half a qcow2 header" "cut.qcow2" "$QLAUNCH" "$TMP/cut.qcow2"
	bad "a raw disk said to be qcow2" "qcow2" "$QLAUNCH" --disk "file=$DISK,format=qcow2"
	bad "the same disk twice" "twice|locked|disk.img" "$QLAUNCH" "$DISK" "$DISK"
	bad "a protocol in place of a file" "fat:" "$QLAUNCH" "fat:/etc"
	chmod 000 "$TMP/cut.qcow2" "$DISK"
	chmod 755 "$TMP"
	if [ "$(id -u)" = 0 ]; then
		bad "an unreadable disk" "Permission denied" setpriv --reuid 65534 --regid 65534 --clear-groups \
			--inh-caps=-all --bounding-set=-all env XDG_STATE_HOME="$TMP/nobody" "$(open_copy)" "$DISK"
	else
		bad "an unreadable disk" "Permission denied" "$QLAUNCH" "$DISK"
	fi
	chmod 644 "$DISK"
}

check_lock() {
	start qemu-system-x86_64 -S -nodefaults -display none -blockdev \
		"{\"node-name\":\"a\",\"driver\":\"file\",\"filename\":\"$DISK\"}" -device virtio-blk-pci,drive=a
	check "another QEMU has the disk" wait_until 10 has_locks "$started"
	bad "a disk locked by another QEMU" "disk.img.*(lock|use)" "$QLAUNCH" "$DISK"
	kill "$started"
	wait "$started" 2>/dev/null
}

# shellcheck disable=SC2317  # wait_until calls it
# /proc/locks has no owner of such a lock, but its inode.
has_locks() {
	grep -q ":$(stat -c %i "$DISK") " /proc/locks
}

check_files() {
	mkdir "$TMP/locked"
	bad "a results file in no folder" "-o: .*x.jsonl: No such file" "$QLAUNCH" bench -o "$TMP/none/x.jsonl"
	bad "a folder for a results file" "-o: .*locked is a folder" "$QLAUNCH" bench -o "$TMP/locked"
	bad "an arms file that is not there" "none.json" "$QLAUNCH" sweep --arms "$TMP/none.json"
	bad "a report of no file" "none.jsonl" "$QLAUNCH" report "$TMP/none.jsonl"
	bad "a kernel that is a text" "letter.txt" "$QLAUNCH" bench --kernel "$TMP/letter.txt"
	bad "no such kernel" "vmlinuz-none" "$QLAUNCH" bench --kernel "$TMP/vmlinuz-none"
	bad "no such kernel for a disk" "--kernel: $TMP/vmlinuz-none: No such file" \
		"$QLAUNCH" --kernel "$TMP/vmlinuz-none" "$DISK"
	bad "no such initrd" "--initrd: $TMP/none: No such file" "$QLAUNCH" --kernel "$TMP/letter.txt" --initrd "$TMP/none"
	bad "a text for a kernel of a run" "--kernel: $TMP/letter.txt: is a text file, not a kernel" \
		"$QLAUNCH" --kernel "$TMP/letter.txt" "$DISK"
	bad "a folder for a kernel" "--kernel: $TMP is no file" "$QLAUNCH" --kernel "$TMP"
	bad "no such folder of modules" "--modules: $TMP/none: there is no such folder" "$QLAUNCH" bench --modules "$TMP/none"
	bad "a scratch folder that is none" "none" "$QLAUNCH" bench --where native --scratch "$TMP/none" "${SHORT[@]}"
	bad "more scratch than space" "space|room|scratch" "$QLAUNCH" bench --where native --scratch-size 900T
}

check_kernel() {
	local kernel

	kernel=$("$LAB/kernel.sh" 2>/dev/null) || {
		skip "a kernel without virtio" "no kernel package (offline?)"
		return
	}
	mkdir "$TMP/modules"
	bad "a kernel without virtio" "virtio" "$QLAUNCH" bench --kernel "$kernel/vmlinuz" --modules "$TMP/modules"
}

check_qemu() {
	mkdir "$TMP/nothing"
	bad "no QEMU on PATH" "no qemu-system-x86_64 on PATH" env PATH="$TMP/nothing" "$QLAUNCH" "$DISK"
	if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
		bad "--accel kvm without KVM" "/dev/kvm" unshare -m sh -c "$(hide_devices) && exec \"\$@\"" - \
			"$QLAUNCH" --accel kvm "$DISK"
	elif [ ! -e /dev/kvm ]; then
		bad "--accel kvm without KVM" "/dev/kvm" "$QLAUNCH" --accel kvm "$DISK"
	else
		skip "--accel kvm without KVM" "KVM is here and hiding it needs root"
	fi
}

# A /dev with the bare minimum, in this mount namespace only.
hide_devices() {
	echo "mkdir '$TMP/dev' && mount -t tmpfs dev '$TMP/dev' && mknod '$TMP/dev/null' c 1 3 &&
		mknod '$TMP/dev/urandom' c 1 9 && mknod '$TMP/dev/zero' c 1 5 && mount --move '$TMP/dev' /dev"
}

check_names() {
	local name

	name=$TMP/$(printf 'a,b=c,readonly=on\nid=evil "x\\,file=fat:.img')
	cp "$DISK" "$name"
	hold "$QLAUNCH" --accel tcg --net none -o "$TMP/name.jsonl" "$name" || note "$(cat "$TMP/err")"
	is "a name with commas and newlines opens that very file" \
		"$(find -L "/proc/$held/fd" -samefile "$name" 2>/dev/null | wc -l | sed 's/[1-9][0-9]*/yes/')" yes
	kill "$started"
	release 2>/dev/null
}

# A raw disk whose first bytes, which its guest may write, say qcow2 and name a file of the host.
check_decoy() {
	echo secret >"$TMP/decoy"
	qemu-img create -q -f qcow2 -b "$TMP/decoy" -F raw "$TMP/evil.img" 1M
	run strace -f -o "$TMP/trace" -e trace=open,openat,execve "$QLAUNCH" --accel tcg --net none --duration 200ms \
		--shutdown-timeout 1s -o "$TMP/evil.jsonl" --disk "file=$TMP/evil.img,format=raw"
	is "a raw disk with a qcow2 header runs" "$status" 0 || note "$(cat "$TMP/err")"
	is "and nobody opens the file that it names" "$(grep -c decoy "$TMP/trace")" 0
	run strace -f -o "$TMP/trace2" -e trace=open,openat "$QLAUNCH" -o "$TMP/evil.jsonl" "$TMP/evil.img"
	is "nor where nobody says that it is raw" "$status $(grep -c decoy "$TMP/trace2")" "2 0"
	is "no shell and no other program is run" "$(sed -n '/ENOENT/d; s/.*execve("[^"]*\/\([^"]*\)".*/\1/p' "$TMP/trace" |
		sort -u | paste -sd,)" "qemu-system-x86_64,qlaunch"
}

make_witness
check_words
check_rt
check_disks
check_lock
check_files
check_kernel
check_qemu
check_names
check_decoy
finish

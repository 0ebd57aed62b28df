#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest_boot_e2e.sh - kernel and initramfs as images/ makes them, booted by a bare QEMU: qload comes up as PID 1, with
# its channel and its disk, answers, and powers off.
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

TOOL=$BUILD/tests/image_tool
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/qlaunch
NONCE=0123456789abcdef

if ! said=$("$TOOL" kernel "$CACHE" 2>&1 >"$TMP/kernel"); then
	case $said in
	*"could be downloaded"* | *"apt knows no"* | *"no apt here"*) skip_all "no kernel: $said" ;;
	esac
	fail "a kernel is found" "$said"
	finish
fi
{ read -r KERNEL && read -r VERSION && read -r MODULES; } <"$TMP/kernel"
pass "a kernel is found"
note "$KERNEL"
like "its version is one" "$VERSION" "^[0-9]+[.][0-9]"
check "its modules are a folder" test -d "$MODULES"
is "a second search finds the same" "$("$TOOL" kernel "$CACHE" 2>/dev/null)" "$(cat "$TMP/kernel")"

INITRD=$("$TOOL" initramfs "$CACHE" "$QLOAD" "$KERNEL" "$MODULES" 2>&1)
check "the initramfs is there" test -s "$INITRD"
mkdir "$TMP/other"
OTHER=$("$TOOL" initramfs "$TMP/other" "$QLOAD" "$KERNEL" "$MODULES" 2>&1)
check "made again elsewhere, it has the same bytes" cmp "$INITRD" "$OTHER"
like "cpio reads it" "$(cpio -it --quiet <"$INITRD" 2>&1 | tr '\n' ' ')" '^dev modules .* dev/console init .*modules.list $'
SIZE=$(stat -c %s "$INITRD")
check "it is small ($SIZE bytes)" test "$SIZE" -lt 4000000

# The channel is QEMU's stdin and stdout, so the shell needs no socket.
truncate -s 1M "$TMP/disk"
boot() { # ARG...
	exec timeout 600 qemu-system-x86_64 -accel tcg,thread=multi -machine q35 -cpu max -m 256 -nodefaults \
		-display none -no-reboot -kernel "$KERNEL" -initrd "$INITRD" \
		-append "console=ttyS0 quiet panic=-1 qload.nonce=$NONCE" -serial "file:$TMP/console" \
		-device virtio-serial-pci -chardev stdio,id=channel,signal=off \
		-device virtserialport,chardev=channel,name=org.qlaunch.0 \
		-blockdev "driver=file,node-name=file0,filename=$TMP/disk" \
		-blockdev driver=raw,node-name=disk0,file=file0 \
		-device virtio-blk-pci,drive=disk0,serial=qlaunch-scratch 2>"$TMP/stderr"
}

BEGUN=$(date +%s%N)
coproc QEMU { boot; }
# bash forgets the coprocess and its descriptors once it has ended
# shellcheck disable=SC2153
QEMU_ID=$QEMU_PID
tap_pids="$tap_pids $QEMU_ID"
exec {from}<&"${QEMU[0]}" {to}>&"${QEMU[1]}"
line=
while read -r -t 100 line <&"$from"; do
	case $line in "$NONCE "*) break ;; esac
done
note "hello after $((($(date +%s%N) - BEGUN) / 1000000)) ms under TCG"
like "qload says hello as PID 1" "$line" "^$NONCE [0-9a-f]{8} hello proto=1"
echo bye >&"$to"
wait "$QEMU_ID"
is "after bye the guest powers off and QEMU ends" "$?" 0
is "QEMU had nothing to say" "$(cat "$TMP/stderr")" ""
# On a crowded host the kernel may complain of stalls; that is no fault of the images.
is "neither kernel nor qload failed" "$(grep -aE 'panic|Oops|BUG:|qload:' "$TMP/console")" ""
[ "$tap_failed" = 0 ] || note "$(tail -c 2000 "$TMP/console" | tr -dc '[:print:]\n')"

# A kernel that a person names, but that is none: one sentence, no start.
echo text >"$TMP/text"
refuses "a text file is no kernel" 1 "text file, not a kernel" "$TOOL" kernel "$CACHE" "$TMP/text"
mkdir "$TMP/empty"
refuses "modules that are missing are named" 1 "has no virtio_pci, neither .*--modules" \
	"$TOOL" initramfs "$CACHE" "$QLOAD" "$KERNEL" "$TMP/empty"
finish

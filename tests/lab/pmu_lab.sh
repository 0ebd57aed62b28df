#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pmu_lab.sh [--no-icount] [--timeout SECONDS] PROGRAM - runs a static arm64 program as the only process of an emulated
# Arm machine with a real PMU.  x86 emulation has none; Arm's counts cycles, and with -icount instructions too, exact
# to the instruction.  Prints the lines of the console that begin with "pmu ", without that; the program ends the
# machine itself.  Exits 125 where the lab did not work.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
icount=(-icount 'shift=0,sleep=off') limit=60 program=''

die() {
	echo "pmu_lab: $*" >&2
	exit 125
}

while [ $# -gt 0 ]; do
	case $1 in
	--no-icount) icount=() ;;
	--timeout)
		limit=$2
		shift
		;;
	-*) die "unknown option $1" ;;
	*) program=$1 ;;
	esac
	shift
done
[ -x "$program" ] || die "usage: pmu_lab.sh [--no-icount] PROGRAM"
QEMU=$(command -v qemu-system-aarch64) || die "no qemu-system-aarch64 (package qemu-system-arm)"
ARM64=$("$HERE/arm64.sh") || die "no kernel for the emulated machine"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/pmu-lab.XXXXXX")
pid=
# timeout(1) passes the signal on to QEMU
trap '[ -z "$pid" ] || kill "$pid" || true; wait; rm -rf "$WORK"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir -p "$WORK"/root/{dev,proc,sys}
cp "$program" "$WORK/root/init"
(cd "$WORK/root" && find . | cpio -o -H newc --quiet) >"$WORK/root.cpio"

# Pointer authentication by the book is most of a boot: pauth-impdef is QEMU's quick one.
timeout -k 5 "$limit" "$QEMU" -M virt -cpu max,pauth-impdef=on -accel tcg ${icount[@]+"${icount[@]}"} -m 512 -nic none -display none \
	-no-reboot -kernel "$ARM64/vmlinuz" -initrd "$WORK/root.cpio" -append "console=ttyAMA0 panic=-1 quiet" \
	-serial "file:$WORK/console" -monitor none </dev/null 2>"$WORK/stderr" &
pid=$!
wait "$pid" || die "QEMU ended with $?: $(tail -n 3 "$WORK/stderr" "$WORK/console")"
pid=
# the program's lines among the kernel's
tr -d '\r' <"$WORK/console" | sed -n 's/^pmu //p'

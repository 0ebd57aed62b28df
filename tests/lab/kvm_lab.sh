#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kvm_lab.sh [OPTION]... JOB.sh - runs a shell script on an emulated AMD host that has real KVM.
#
# QEMU's TCG emulates SVM, so a stock kernel in it loads kvm-amd and gives /dev/kvm on any machine.  The host's
# root is an initramfs of this machine's own files: busybox, QEMU with its libraries and firmware, the modules, and
# whatever --file adds.  Timing in there means nothing; counts, placements and orderings are exact.
#
#   --file SRC:DST   adds a file or a folder; libraries of programs come along (repeatable)
#   --module NAME    adds a kernel module and what it needs, not loaded (repeatable)
#   --cpus N, --memory MiB, --append TEXT, --timeout SECONDS, --qemu "ARG..." (of the emulated host)
#   --console FILE   keeps the emulated host's console
#
# Prints the job's output; exits with the job's status, or 125 where the lab itself did not work.  Where it stands still,
# the console ends with every task's stack.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
cpus=4 memory=4096 append='' limit=300 console='' job=''
files=() qemu_more=()
# what a guest inside needs to find its disks and its result port
modules=(kvm-amd virtio_pci virtio_blk virtio_console)

die() {
	echo "kvm_lab: $*" >&2
	exit 125
}

while [ $# -gt 0 ]; do
	case $1 in
	--file) files+=("$2") ;;
	--module) modules+=("$2") ;;
	--cpus) cpus=$2 ;;
	--memory) memory=$2 ;;
	--append) append=$2 ;;
	--timeout) limit=$2 ;;
	--console) console=$2 ;;
	--qemu) read -ra qemu_more <<<"$2" ;;
	-*) die "unknown option $1" ;;
	*)
		job=$1
		shift
		break
		;;
	esac
	shift 2
done
[ $# = 0 ] || die "one job, not also $*"
[ -r "$job" ] || die "usage: kvm_lab.sh [OPTION]... JOB.sh"

QEMU=$(command -v qemu-system-x86_64) || die "no qemu-system-x86_64"
BUSYBOX=$(command -v busybox) || die "no busybox (package busybox-static)"
KERNEL=$("$HERE/kernel.sh") || die "no kernel for the emulated host"
VERSION=$(cat "$KERNEL/version")
WORK=$(mktemp -d "${TMPDIR:-/tmp}/kvm-lab.XXXXXX")
# what carries the emulated host; what its guests run on is this machine's QEMU
if newer=$("$HERE/qemu.sh" 2>"$WORK/newer"); then
	emulator=(env "QEMU_MODULE_DIR=$(echo "$newer"/usr/lib/*/qemu)" "$newer/usr/bin/qemu-system-x86_64"
		-L "$newer/usr/share/qemu" -L "$newer/usr/share/seabios")
else
	echo "kvm_lab: $(tail -n 1 "$WORK/newer"): this machine's own carries the lab, which may stand still (qemu.sh)" >&2
	emulator=("$QEMU")
fi
ROOT=$WORK/root
pid=
trap '[ -z "$pid" ] || kill "$pid" || true; wait; rm -rf "$WORK"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

copy() { # SRC DST-IN-ROOT
	mkdir -p "$ROOT/$(dirname "$2")"
	cp -aL "$1" "$ROOT/$2"
}

# Shared libraries of a program, to the places where it looks for them.
copy_libraries() { # FILE
	local library

	{ ldd "$1" 2>/dev/null || true; } | grep -o '/[^ ]*' | while read -r library; do
		[ -e "$ROOT/$library" ] || copy "$library" "$library"
	done
}

copy_qemu() {
	local name

	copy "$QEMU" /usr/bin/qemu-system-x86_64
	copy_libraries "$QEMU"
	for name in kvmvapic.bin linuxboot_dma.bin multiboot_dma.bin pvh.bin; do
		copy "/usr/share/qemu/$name" "/usr/share/qemu/$name"
	done
	for name in bios-256k.bin vgabios-stdvga.bin; do
		copy "/usr/share/seabios/$name" "/usr/share/seabios/$name"
	done
	# Debian's build has TCG for the same architecture as a module
	for name in /usr/lib/*/qemu/accel-*-x86_64.so; do
		[ ! -e "$name" ] || copy "$name" "$name"
	done
}

# A module's file, and before it those of what it needs, as paths below lib/modules/VERSION.
module_files() { # NAME
	local name=${1//-/_} found

	found=$(sed 's/^\([^:]*\):/\1 :/' "$KERNEL/lib/modules/$VERSION/modules.dep" |
		awk -v name="$name" '{ base = $1; sub(/.*\//, "", base); sub(/\.ko.*/, "", base); gsub(/-/, "_", base) }
			base == name { for (i = NF; i > 2; i--) print $i; print $1 }')
	[ -n "$found" ] || tr - _ <"$KERNEL/lib/modules/$VERSION/modules.builtin" | grep -q "/$name\.ko" ||
		die "the kernel has no module $1"
	echo "$found"
}

copy_modules() {
	local module file list root=/lib/modules/$VERSION

	for module in "${modules[@]}"; do
		list=$(module_files "$module")
		for file in $list; do
			[ -e "$ROOT/$root/$file" ] || copy "$KERNEL/$root/$file" "$root/$file"
		done
	done
	for file in modules.builtin modules.builtin.modinfo modules.order; do
		copy "$KERNEL/$root/$file" "$root/$file"
	done
	/sbin/depmod -b "$ROOT" "$VERSION" 2>/dev/null || die "depmod failed"
	module_files kvm-amd | sed "s|^|$root/|" >"$ROOT/modules.load"
	copy "$KERNEL/vmlinuz" "/boot/vmlinuz-$VERSION"
}

mkdir -p "$ROOT"/{bin,sbin,dev,proc,sys,tmp,run,root,etc,usr/bin}
copy "$BUSYBOX" /bin/busybox
copy "$HERE/kvm_lab_init.sh" /init
copy "$job" /job.sh
chmod 755 "$ROOT/init"
NONCE=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
echo "$NONCE" >"$ROOT/nonce"
echo 'root:x:0:0:root:/root:/bin/sh' >"$ROOT/etc/passwd"
copy_qemu
copy_modules
for pair in ${files[@]+"${files[@]}"}; do
	[ -e "${pair%%:*}" ] || die "no file ${pair%%:*}"
	copy "${pair%%:*}" "${pair#*:}"
	[ -d "${pair%%:*}" ] || copy_libraries "${pair%%:*}"
done
# not packed: inflating under emulation costs more than reading
(cd "$ROOT" && find . | cpio -o -H newc --quiet) >"$WORK/root.cpio"
rm -rf "$ROOT"

mkfifo "$WORK/monitor"
exec 9<>"$WORK/monitor"
"${emulator[@]}" -accel tcg,thread=multi -cpu max -smp "$cpus" -m "$memory" -nic none -display none \
	-no-reboot -kernel "$KERNEL/vmlinuz" -initrd "$WORK/root.cpio" \
	-append "console=ttyS0 panic=-1 quiet unknown_nmi_panic panic_print=0x41 $append" \
	-serial "file:$WORK/console" -serial "file:$WORK/output" -monitor stdio \
	${qemu_more[@]+"${qemu_more[@]}"} <&9 >"$WORK/registers" 2>"$WORK/stderr" 9>&- &
pid=$!

ends() { # SECONDS: does QEMU end within them?
	timeout "$1" tail --pid="$pid" -s 0.1 -f /dev/null
}

# Of the console's, those of what a job runs.
stacks() {
	tr -d '\r' <"$WORK/console" | sed 's/^\[[^]]*\] *//' |
		grep -E -A 9 '^task:(qlaunch|qemu-|CPU |IO |qload|sh|perf|chrt|taskset)' || true
}

# Where it stands still: every CPU's registers, and by a panic every task's stack, on the console.
ends "$limit" || {
	echo "kvm_lab: not over after $limit s: the stacks of all tasks, by an NMI" >&2
	printf 'info registers -a\nnmi\n' >&9
	ends 20 || { kill "$pid"; ends 5; } || kill -9 "$pid"
	tr -d '\r' <"$WORK/registers" | grep -E '^(CPU#|[RE]IP)' >>"$WORK/console" || true
}
wait "$pid" || echo "kvm_lab: QEMU ended with $?" >&2
pid=
[ -z "$console" ] || cp "$WORK/console" "$console"

status=$(sed -n "s/^lab exit $NONCE \([0-9]*\)$/\1/p" "$WORK/output" 2>/dev/null | tail -n 1)
grep -v "^lab exit $NONCE" "$WORK/output" | sed '$ { /^$/d }' || true
if [ -z "$status" ]; then
	echo "kvm_lab: the job did not end within $limit s; the emulated host's last words:" >&2
	tail -n 20 "$WORK/stderr" "$WORK/console" >&2
	stacks >&2
	exit 125
fi
exit "$status"

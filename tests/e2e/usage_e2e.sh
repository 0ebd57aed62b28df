#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage_e2e.sh - what a user may get wrong: each ends with exit status 2 and one sentence, and no QEMU is started.

# shellcheck source=tests/lib/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib/lib.sh"
cd "$TMP" || exit 1

last_cpu=$(nproc --all)
qemu=$(command -v qemu-system-x86_64) || skip_all "no qemu-system-x86_64"

# A QEMU that ends at once when it is started for a VM (a probe asks -M none), and qlaunch says so with exit status 1:
# confined, it cannot leave a mark.
mkdir bin
cat >bin/qemu-system-x86_64 <<-EOF
	#!/bin/sh
	case "\$*" in *blockdev*|*"-kernel "*) echo "started" >&2; exit 1 ;; esac
	exec $qemu "\$@"
EOF
chmod +x bin/qemu-system-x86_64
PATH=$TMP/bin:$PATH

qemu-img create -q -f qcow2 good.qcow2 8M
qemu-img create -q -f qcow2 base.qcow2 8M
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 top.qcow2
qemu-img create -q -f vmdk disk.vmdk 8M
head -c 65536 /dev/zero | tr '\0' x >text.img

no() { # NAME REGEX ARGUMENT...: refused, in one line
	local name=$1 regex=$2 said

	shift 2
	refuses "$name" 2 "^qlaunch: .*($regex)" "$QLAUNCH" "$@"
	said=$("$QLAUNCH" "$@" 2>&1 </dev/null | wc -l)
	[ "$said" = 1 ] || fail "$name: one line" "$said lines"
}

no "unknown option" "unknown option '--polcy': did you mean '--policy'\?" --polcy fifo good.qcow2
no "bad CPU list" "--pin: '0-'" --pin 0- good.qcow2
no "bad CPU set" "--emulator-pin: 'x'" --emulator-pin x good.qcow2
no "CPU that is not there" "--pin: CPU $last_cpu " --pin "$last_cpu" good.qcow2
no "more vCPUs than pinned CPUs" "lists 1 CPU for 2 vCPUs: list 2, or say --vcpus 1" --pin 0 --vcpus 2 good.qcow2
no "fewer vCPUs than pinned CPUs" "lists 2 CPUs for 1 vCPU" --pin 0,0 --vcpus 1 good.qcow2
no "priority 0" "'0' is not in 1\.\.99" --policy fifo:0 good.qcow2
no "priority 100" "'100' is not in 1\.\.99" --policy rr:100 good.qcow2
no "real-time everywhere" "say --force" --policy fifo good.qcow2
no "real-time everywhere, natively" "say --force" bench --where native --policy fifo
if [ "$(nproc)" = "$(nproc --all)" ]; then
	no "deadline everywhere: no advice to pin" "no deadline thread be pinned: say --force" --policy deadline:1ms/10ms/10ms good.qcow2
	no "deadline and pins" "cannot be pinned" --policy deadline:1ms/10ms/10ms --pin 0 --force good.qcow2
else
	skip "deadline everywhere, deadline and pins" "the affinity of this shell leaves CPUs out, which is refused first"
fi
no "nothing to boot" "nothing to boot"
no "missing disk" "missing.qcow2: No such file" missing.qcow2
no "a folder" "is a folder, no disk" "$TMP"
no "no image" "text.img is no disk image" text.img
no "no qcow2" "is no qcow2 image" --disk file=text.img,format=qcow2
no "another kind of image" "is a VMDK image" disk.vmdk
no "backing file" "names the backing file 'base.qcow2': --backing allow" top.qcow2
no "a limit that is none" "--fail-if: 'cpu worse' is no limit: write FIGURE worse" bench --fail-if "cpu worse"
no "a limit for lines that go to stdout" "--fail-if needs a results file" bench --fail-if "cpu_events_per_s worse 5%" -o -
no "a limit on a part" "join the shards' files, then qlaunch report --fail-if$" \
	sweep --policy other,batch --seed 1 --shard 1/2 --fail-if "cpu_events_per_s worse 5%"
no "a limit that three trials cannot judge" "--fail-if: a verdict takes 6 trials of an arm, not 3: use --repeat 6$" \
	bench --repeat 3 --fail-if "cpu_events_per_s worse 5%"
no "unknown workload" "'sleep' is no workload: take cpu" bench --workload sleep
no "results that cannot be written" "/no/such/folder/x" bench -o /no/such/folder/x
no "no kernel" "no-kernel" bench --kernel no-kernel
no "QEMU's own snapshot" "-snapshot: QEMU ignores it .* use --snapshot" good.qcow2 -- -snapshot
exec 8>>base.qcow2
flock 8
no "a disk after -- that is in use" "base.qcow2 is in use: another program has locked it" good.qcow2 -- \
	-drive if=none,id=n,file=base.qcow2,format=qcow2 -device nvme,drive=n,serial=1
exec 8>&-
truncate -s 1M uefi.img
printf '\357' | dd of=uefi.img bs=1 seek=450 conv=notrunc status=none # the type of an EFI system partition
printf '\125\252' | dd of=uefi.img bs=1 seek=510 conv=notrunc status=none
no "a disk that boots by UEFI only" "uefi.img boots by UEFI only .* say -- -bios /usr/share/ovmf/OVMF.fd" uefi.img
check "with a firmware it is taken" "$QLAUNCH" --dry-run uefi.img -- -bios OVMF.fd
check "as a second disk too" "$QLAUNCH" --dry-run good.qcow2 uefi.img
printf '\002\260\255\033\0\0\0\0\376\117\122\344' >multiboot
check "and beside a kernel" "$QLAUNCH" --dry-run --kernel multiboot uefi.img
like "an initrd that Linux ignores is said" "$("$QLAUNCH" --dry-run --kernel multiboot --initrd text.img 2>&1)" \
	"^note: --initrd text.img is no cpio archive"
no "a disk after --" "'good.qcow2' is not an option of QEMU: a disk goes before --" good.qcow2 -- good.qcow2
no "background QEMU" "-daemonize" good.qcow2 -- -daemonize
no "knob of another command" "--workload: not valid for 'run'" --workload cpu good.qcow2
no "a zero trial" "measures nothing" bench --duration 0s
no "too many trials" "more than 100000" sweep --repeat 10000 --bs 4k,8k,16k,32k,64k,128k

no "a sweep of nothing" "nothing to compare: give an option several values .* qlaunch bench measures one configuration$" sweep
no "a sweep of one value" "nothing to compare: give an option several values" sweep --policy fifo --pin 1
no "a sweep whose axis means nothing there" "only one configuration is left \(native\)" sweep --where native --aio threads,native

nobody() { # COMMAND...: as a user without rights
	setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$TMP/home" XDG_STATE_HOME="$TMP/nobody" "$@"
}

if [ "$(id -u)" = 0 ]; then
	chmod 755 "$TMP"
	cp good.qcow2 secret.qcow2
	chmod 600 secret.qcow2
	refuses "unreadable disk" 2 "^qlaunch: .*secret.qcow2.*Permission denied" nobody "$(open_copy)" "$TMP/secret.qcow2"
else
	skip "unreadable disk" "needs root to become somebody else"
fi
if [ "$(id -u)" = 0 ] && ! nobody test -w /dev/kvm; then
	chmod 666 good.qcow2
	refuses "KVM where there is none" 2 "^qlaunch: --accel kvm: .*/dev/kvm" \
		nobody "$(open_copy)" --accel kvm "$TMP/good.qcow2"
else
	skip "KVM where there is none" "everybody may use /dev/kvm here"
fi

refuses "no QEMU on PATH" 2 "^qlaunch: no qemu-system-x86_64 on PATH" env PATH="$TMP" "$QLAUNCH" good.qcow2
like "an option of a QEMU to come is passed on, and said" \
	"$("$QLAUNCH" --dry-run good.qcow2 -- -shiny on 2>&1)" "^note: qlaunch does not know QEMU's option -shiny"
refuses "what only QEMU knows" 1 "^qlaunch: .*nosuch" env PATH="${qemu%/*}:$PATH" "$QLAUNCH" --cpu nosuch good.qcow2
refuses "a start would have been seen" 1 "^qlaunch: .* started$" "$QLAUNCH" good.qcow2

# a disk in use: the other QEMU says over QMP when it has it
mkfifo greeting
"$qemu" -nodefaults -display none -S -m 32 -qmp stdio -blockdev \
	'{"driver":"qcow2","node-name":"n","file":{"driver":"file","filename":"good.qcow2"}}' \
	-device virtio-blk-pci,drive=n >greeting </dev/zero &
tap_pids="$tap_pids $!"
other=$!
read -r _ <greeting
no "a disk in use" "good.qcow2 is in use by another QEMU" good.qcow2
kill "$other"
wait "$other" 2>/dev/null

# a name with everything in it opens that very file
odd=$'a,format=raw,file=b\n"\'\\ $x.qcow2'
qemu-img create -q -f qcow2 good.qcow2 8M
mv good.qcow2 "$odd"
check "a disk with an odd name" "$QLAUNCH" --dry-run "$odd"
odd_line=$("$QLAUNCH" --dry-run "$odd" 2>/dev/null | sed -n '/^to paste/,$p' | sed 1d)
like "it stands in the pastable line as JSON" "$odd_line" 'a,format=raw,file=b\\n\\"'

finish

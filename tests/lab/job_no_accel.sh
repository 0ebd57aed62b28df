#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the lab, which has real KVM: a QEMU without KVM, then one without TCG.  Output: sections "== name".
export XDG_STATE_HOME=/root/state XDG_CACHE_HOME=/root/cache
mkdir -p /root/state /root/cache

# what a QEMU says that was built with --disable-kvm
cat >/root/no-kvm <<'END'
#!/bin/sh
case "$*" in
*"-accel kvm"*)
	echo "qemu-system-x86_64: -accel kvm: invalid accelerator kvm" >&2
	exit 1
	;;
esac
exec /usr/bin/qemu-system-x86_64 "$@"
END
chmod +x /root/no-kvm

without_kvm() { # NAME ACCEL
	echo "== $1"
	qlaunch run --user root --confine off --qemu /root/no-kvm --accel "$2" --net none --dry-run /root/disk.img 2>&1
	echo "status $?"
}
without_kvm "no KVM, auto" auto
without_kvm "no KVM, kvm" kvm

rm /usr/lib/*/qemu/accel-tcg-x86_64.so
echo "== no TCG, tcg"
qlaunch run --accel tcg --net none --dry-run /root/disk.img 2>&1
echo "status $?"
echo "== no TCG, auto"
qlaunch bench --where guest --accel auto --policy fifo --pin 2 --vcpus 1 --workload cpu --duration 200ms --warmup 100ms --repeat 1 \
	-o - 2>/root/messages
echo "== messages"
cat /root/messages

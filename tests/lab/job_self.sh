#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the lab: is there KVM, and does QEMU take it?
[ -c /dev/kvm ] && echo "kvm device"
grep -qw svm /proc/cpuinfo && echo "svm"
{
	echo '{"execute":"qmp_capabilities"}'
	echo '{"execute":"query-kvm"}'
	echo '{"execute":"query-cpus-fast"}'
	echo '{"execute":"quit"}'
} | qemu-system-x86_64 -accel kvm -cpu host -smp 2 -S -nodefaults -display none -qmp stdio
exit 7

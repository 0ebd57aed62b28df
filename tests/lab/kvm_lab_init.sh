#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# PID 1 of the emulated host: mounts, loads KVM, runs /job.sh with its output on the second serial port, says its
# exit status there, and resets the machine, which ends it.
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root LC_ALL=C
/bin/busybox mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/shm /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
hostname lab

while read -r module; do
	insmod "$module" || echo "insmod $module failed"
done </modules.load
# as udev does: a group of its own
[ ! -c /dev/kvm ] || { chgrp 108 /dev/kvm && chmod 660 /dev/kvm; }

# the job's bytes must arrive as they are
stty -F /dev/ttyS1 raw -echo
cd /root || exit 1
echo "lab: job starts at $(cut -d ' ' -f 1 /proc/uptime) s"
sh /job.sh >/dev/ttyS1 2>&1 </dev/null
status=$?
echo "lab: job ends at $(cut -d ' ' -f 1 /proc/uptime) s"
printf '\nlab exit %s %s\n' "$(cat /nonce)" "$status" >/dev/ttyS1
# at once (the port has sent everything when it was closed): a driver's farewell to a disk that is dead takes minutes
echo b >/proc/sysrq-trigger
poweroff -f

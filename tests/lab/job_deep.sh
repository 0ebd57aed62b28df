#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the lab: one VM from its first exit to its last, counted by qlaunch's BPF, by the kernel's histogram of
# the same tracepoint, by KVM's counters in debugfs, and by `perf kvm stat`; again, as a timeline, on a host that polls
# in halts; last without the right to see exits.  Output: sections "== name".
export XDG_STATE_HOME=/root/state XDG_CACHE_HOME=/root/cache
mkdir -p /root/state /root/cache
trace=/sys/kernel/tracing/events/kvm/kvm_exit

mkfifo in
qlaunch run --observe deep --vcpus 2 --hold --shutdown-timeout 1s --memory 64M -o results /nap.img <in >out 2>messages &
job=$!
exec 3>in
until grep -q '^held pid=' messages; do
	kill -0 $job 2>/dev/null || break
	sleep 0.1
done
qemu=$(sed -n 's/^held pid=//p' messages)
echo 'hist:keys=exit_reason,vcpu_id:size=512' >$trace/trigger
perf kvm --host stat record -k mono -p "$qemu" -o perf.data >/dev/null 2>perf.messages &
perf=$!
links() {
	for fd in "/proc/$perf/fd"/*; do
		readlink "$fd"
	done
}
until links 2>/dev/null | grep -q perf_event; do
	kill -0 $perf 2>/dev/null || break
	sleep 0.1
done
sleep 0.5
# the guest's last exit is some time before QEMU's end, and debugfs knows a VM only until then
debugfs() { # FILE: exits, halts polled in vain and not, and slept, until there is no VM any more
	(cd /sys/kernel/debug/kvm && while kill -0 "$job" 2>/dev/null; do
		cat exits halt_poll_success_ns halt_poll_fail_ns halt_wait_ns | tr '\n' ' '
		echo
		usleep 50000
	done) >"$1" &
	watcher=$!
}
most() { # FILE: the last line that still knows the VM
	wait $watcher
	sort -n -k 1,1 -k 4,4 "$1" | tail -n 1
}
debugfs debugfs
echo >&3
wait $job
echo "status $?" >status
echo "== status"
cat status
echo "== hist"
cat ${trace}/hist
echo '!hist:keys=exit_reason,vcpu_id:size=512' >$trace/trigger
wait $perf
echo "== debugfs"
most debugfs
echo "== perf"
perf kvm --host -i perf.data stat report --event=vmexit 2>&1
cat perf.messages
echo "== script"
perf script --ns -i perf.data -F tid,time,event,trace 2>/dev/null | gzip -c | base64
echo "== results"
cat results
echo "== messages"
cat messages

echo 'hist:keys=exit_reason,vcpu_id:size=512' >$trace/trigger
echo 20000000 >/sys/module/kvm/parameters/halt_poll_ns # longer than the guest naps
qlaunch run --events kvm:kvm_exit,cycles:G --vcpus 1 --shutdown-timeout 1s --memory 64M --trace x.pftrace -o traced /nap.img </dev/null >out2 2>&1 &
job=$!
debugfs debugfs2
wait $job
echo "== traced-debugfs"
most debugfs2
echo "== traced-hist"
cat ${trace}/hist
echo "== traced"
cat traced
echo "== timeline"
gzip -c x.pftrace | base64
echo '!hist:keys=exit_reason,vcpu_id:size=512' >$trace/trigger

echo 0 >/sys/module/kvm/parameters/halt_poll_ns
for format in json dat; do
	echo 'hist:keys=exit_reason,vcpu_id:size=512' >$trace/trigger
	qlaunch run --observe light --vcpus 1 --shutdown-timeout 1s --memory 64M --trace x.$format -o traced.$format /doze.img \
		</dev/null >out2 2>&1
	echo "== $format-hist"
	cat ${trace}/hist
	echo '!hist:keys=exit_reason,vcpu_id:size=512' >$trace/trigger
	echo "== $format-traced"
	cat traced.$format
	echo "== timeline-$format"
	gzip -c x.$format | base64
done
echo "== refused"
/usr/bin/setpriv --bounding-set=-sys_admin --inh-caps=-all \
	qlaunch run --observe deep --vcpus 1 --shutdown-timeout 1s --memory 64M -o refused /off.img </dev/null >out3 2>&1
cat refused
echo "== instances"
ls /sys/kernel/tracing/instances
exit 7

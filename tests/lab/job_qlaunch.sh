#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the lab, four CPUs and real KVM: is the lab what it says; one bench with everything pinned, asked of the
# kernel while it is held and told again by its result lines, its second trial also by `perf kvm stat`; then what is left
# of it; polled I/O; last, disks that answer for a while and then never again.  Output: sections "== name".
export XDG_STATE_HOME=/root/state XDG_CACHE_HOME=/root/cache
trap '' PIPE
mkdir -p /root/state /root/cache

processes() { # REGEX of the name
	for comm in /proc/[0-9]*/comm; do
		grep -qE "$1" "$comm" 2>/dev/null && echo "${comm%/comm} $(cat "$comm")"
	done
}

held() { # waits for --hold to say so, or for qlaunch to end
	until grep -q '^held pid=' messages 2>/dev/null; do
		kill -0 "$job" 2>/dev/null || return
		sleep 0.1
	done
}

echo "== lab"
[ -c /dev/kvm ] && echo "kvm device"
grep -qw svm /proc/cpuinfo && echo "svm"
{
	echo '{"execute":"qmp_capabilities"}'
	echo '{"execute":"query-kvm"}'
	echo '{"execute":"quit"}'
} | qemu-system-x86_64 -accel kvm -cpu host -S -nodefaults -display none -qmp stdio

thread() { # PREFIX TID COMM
	echo "$1 $2 '$3' mask $(taskset -p "$2" 2>&1 | sed 's/.*: //')" \
		"$(chrt -p "$2" 2>&1 | sed 's/.*: *//' | tr '\n' ' ')"
}

mkfifo in
qlaunch bench --where guest --accel auto --policy fifo --pin 2-3 --emulator-pin 0 --iothreads 1 --io-pin 1 \
	--io-policy rr:2 --workload cpu,randrw --scratch-size 16M --duration 1s --warmup 100ms --repeat 1 --observe deep \
	--hold -o - <in >results 2>messages &
job=$!
exec 3>in
held
qemu=$(sed -n 's/^held pid=//p' messages)

echo "== held"
for task in /proc/"${qemu:-none}"/task/*; do
	[ -r "$task/comm" ] && thread thread "${task##*/}" "$(cat "$task/comm")"
done
processes '^(kvm-nx-lpage|kvm-pit)' | while read -r pid comm; do
	thread kthread "${pid#/proc/}" "$comm"
done
thread qlaunch $job qlaunch
sed -n 's/^CapEff:/own &/p' /proc/$job/status
grep -E '^(Uid|Groups|CapEff|CapPrm|CapBnd|CapAmb|NoNewPrivs)' "/proc/${qemu:-none}/status" | sed 's/^/status /'
# perf is there from now on, and asleep until the first trial is over: a boot's exits are many
mkfifo perf.control
perf kvm --host stat record -k mono -p "$qemu" -D -1 --control fifo:perf.control -o perf.data >/dev/null 2>perf.messages &
perf=$!
until grep -q disabled perf.messages; do
	kill -0 $perf 2>/dev/null || break
	sleep 0.1
done
echo >&3
until [ -s results ]; do
	kill -0 "$job" 2>/dev/null || break
	sleep 0.1
done
kill -0 $perf 2>/dev/null && echo enable >perf.control
wait $job
echo "status $?" >status
wait $perf

echo "== perf"
perf script --ns -i perf.data -F tid,time,event,trace 2>/dev/null | gzip -c | base64
echo "== perf-messages"
cat perf.messages
echo "== status"
cat status
echo "== results"
cat results
echo "== messages"
cat messages
echo "== left"
processes '^(qemu|qload|qlaunch)'

echo "== killed"
rm -f messages
qlaunch bench --where guest --pin 2-3 --workload cpu --repeat 1 --hold -o - <in >results2 2>messages &
job=$!
held
grep -c '^held pid=' messages
kill -9 $job
wait $job 2>/dev/null
sleep 1
processes '^qemu'

# the level of perf that Debian's kernel starts with, where CAP_PERFMON is not enough
echo "== paranoid"
cat /proc/sys/kernel/perf_event_paranoid
chmod 755 /root
nobody="/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups"
for who in "root env" "nobody $nobody --inh-caps=-all --bounding-set=-all env" \
	"perfmon $nobody --inh-caps=+perfmon --ambient-caps=+perfmon env"; do
	echo "== counts of ${who%% *}"
	${who#* } XDG_STATE_HOME="/tmp/${who%% *}" qlaunch bench --where native --vcpus 1 --workload randread --scratch-size 4M --direct off \
		--duration 50ms --warmup 0s --repeat 1 --events task-clock,context-switches,page-faults:u -q -o - 2>/dev/null
	echo "== doctor of ${who%% *}"
	${who#* } XDG_STATE_HOME="/tmp/${who%% *}" qlaunch doctor --json 2>/dev/null
done

# an NVMe disk with a queue to poll, and a kernel older than most developers'
echo "== iopoll"
modprobe nvme poll_queues=1 2>/dev/null # or the kernel has it built in, and its command line says so
cat /sys/block/nvme0n1/queue/io_poll
for more in "" --sqpoll=on; do
	qload randread --file=/dev/nvme0n1 --iopoll=on $more --pin=1 --policy=fifo:1 --duration=300ms --warmup=50ms --json
	echo
done

# two more disks that soon answer nothing: each way to wait for it must end, and say why
dead_nvme=$(grep -l dead /sys/class/nvme/*/serial | cut -d / -f 5)n1
modprobe virtio_pci
modprobe virtio_blk
modprobe ext4

dies() { # NAME WORD...: how it ended, and its words
	name=$1
	shift
	begun=$(cut -d . -f 1 /proc/uptime)
	qload randread --stuck-after=1s --duration=4s --warmup=100ms "$@" >"$name.out" 2>"$name.err"
	status=$?
	took=$(($(cut -d . -f 1 /proc/uptime) - begun))
	echo "$name status $status $([ $took -lt 30 ] && echo "in time" || echo "after $took s")$([ -s "$name.out" ] && echo ", a result")" >"$name.said"
	sed "s/^/$name /; s/process [0-9]*/process N/; s/none of [0-9]* requests/none of N requests/" "$name.err" >>"$name.said"
}

dies plain --file=/dev/vda &
dies rate --file=/dev/vda --rate=2000 &
dies sqpoll --file="/dev/$dead_nvme" --sqpoll=on &
dies iopoll --file="/dev/$dead_nvme" --iopoll=on &
dies both --file="/dev/$dead_nvme" --sqpoll=on --iopoll=on &
wait
# more requests than the disk has tags: the rest of them waits where nothing can be interrupted
dies deep --file="/dev/$dead_nvme" --iodepth=4096
dies inline --file="/dev/$dead_nvme" --iodepth=4096 --direct=off --duration=500ms
echo "== dead"
cat plain.said rate.said sqpoll.said iopoll.said both.said deep.said inline.said

echo "== dead trial"
mkdir scratch
mount -t ext4 /dev/vdb scratch
qlaunch bench --where native --scratch scratch --scratch-size 4M --workload read,cpu --bs 64k --stuck-after 1s --vcpus 2 \
	--duration 1s --warmup 100ms --repeat 1 -o - >results 2>messages
echo "status $?" >>results
cat results
exit 7

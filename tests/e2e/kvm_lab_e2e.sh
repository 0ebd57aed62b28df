#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What only a machine with KVM can show, on an emulated one: four CPUs, SVM, Debian's kernel (LABS: tests/lab).
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

# The lab needs its kernel once from the network.
tests/lab/kernel.sh >"$TMP/kernel" 2>&1 || skip_all "no kernel for the emulated host: $(tail -n 1 "$TMP/kernel")"

head -c 4M /dev/urandom >"$TMP/nvme.img"
# disks that answer for so many bytes, and for each 4 KiB more within an hour
truncate -s 256M "$TMP/dead.img"
/sbin/mke2fs -q -t ext2 "$TMP/dead.img"
dies() { # BYTES NODE
	echo "-drive if=none,id=$2,driver=null-co,size=64M,read-zeroes=on,throttling.bps-total=1,throttling.bps-total-max=$1"
}
tests/lab/kvm_lab.sh --timeout 900 --module nvme --module ext4 --append nvme.poll_queues=1 \
	--qemu "-drive if=none,id=nvme,file=$TMP/nvme.img,format=raw -device nvme,drive=nvme,serial=1 \
		$(dies 8000000 vda) -device virtio-blk-pci,drive=vda $(dies 8000000 dead) -device nvme,drive=dead,serial=dead \
		-drive if=none,id=vdb,file=$TMP/dead.img,format=raw,throttling.bps-total=1,throttling.bps-total-max=16000000 \
		-device virtio-blk-pci,drive=vdb" --file "$QLAUNCH:/usr/bin/qlaunch" --file "$QLOAD:/usr/bin/qload" \
	--file "$(command -v chrt):/usr/bin/chrt" --file "$(command -v perf):/usr/bin/perf" \
	--file "$(command -v setpriv):/usr/bin/setpriv" --console "$TMP/console" \
	tests/lab/job_qlaunch.sh >"$TMP/said" 2>"$TMP/stderr"
is "the job's exit status comes back" $? 7

section() { # NAME
	awk -v name="== $1" '/^== / { inside = ($0 == name); next } inside' "$TMP/said"
}

for name in lab held perf perf-messages status results messages left killed paranoid iopoll dead "dead trial" "counts of root" \
	"counts of nobody" "counts of perfmon" "doctor of root" "doctor of nobody"; do
	section "$name" >"$TMP/$name"
done

like "the emulated host has /dev/kvm" "$(cat "$TMP/lab")" "^kvm device"
like "its CPUs have svm" "$(cat "$TMP/lab")" "^svm"
like "QEMU takes KVM with -cpu host" "$(cat "$TMP/lab")" '"enabled": true, "present": true'

# held, before the first guest instruction: what the kernel says, by TID
like "vCPU 0 on CPU 2, FIFO 1" "$(cat "$TMP/held")" "'CPU 0/KVM' mask 4 SCHED_FIFO(\|SCHED_RESET_ON_FORK)? 1 *$"
like "vCPU 1 on CPU 3, FIFO 1" "$(cat "$TMP/held")" "'CPU 1/KVM' mask 8 SCHED_FIFO(\|SCHED_RESET_ON_FORK)? 1 *$"
like "the iothread on CPU 1, RR 2" "$(cat "$TMP/held")" "'IO io0' mask 2 SCHED_RR(\|SCHED_RESET_ON_FORK)? 2 *$"
is "no other thread of QEMU on their CPUs" \
	"$(grep '^thread' "$TMP/held" | grep -vE "'(CPU ./KVM|IO io0)'" | grep -vc 'mask 1 SCHED_OTHER')" 0
is "qlaunch itself is out of their way" "$(grep -c '^qlaunch .* mask 1 SCHED_OTHER' "$TMP/held")" 1
is "and holds CAP_KILL raised, for a child of another uid, and nothing else" "$(grep -o '^own .*' "$TMP/held" | tr -d '\t')" \
	"own CapEff:0000000000000020"
like "QEMU has a uid of its own" "$(tr '\t' ' ' <"$TMP/held")" "^status Uid: (6[1-5][0-9]{3}) \1 \1 \1$"
like "and /dev/kvm by its group" "$(tr '\t' ' ' <"$TMP/held")" "^status Groups: 108 *$"
is "QEMU holds no capability and cannot gain one" "$(grep -cE '^status (Cap...:.*0000000000000000|NoNewPrivs:.*1)$' "$TMP/held")" 5

# the result lines, on stdout
is "the bench ends well" "$(cat "$TMP/status")" "status 0"
is "one result line a workload, and nothing else on stdout" \
	"$(jq -r .workload "$TMP/results" 2>&1 | tr '\n' ' ')" "cpu randrw "
each() { # JQ-FILTER: what every result line answers
	jq -rc "$1" "$TMP/results" 2>&1 | sort -u | tr '\n' ' '
}
is "no trial failed" "$(each '.ended + " " + (.error | tostring)')" "done null "
is "--accel auto took KVM" "$(each .vm.accel)" "kvm "
is "vCPUs at the end: as asked" "$(each '[.threads[] | select(.role == "vcpu") | [.index, .got.cpus, .got.policy]]')" \
	'[[0,"2","fifo:1"],[1,"3","fifo:1"]] '
is "iothread at the end: as asked" \
	"$(each '[.threads[] | select(.role == "iothread") | [.got.cpus, .got.policy]]')" '[["1","rr:2"]] '
is "kvm-nx-lpage-recovery is found and off the vCPUs' CPUs" \
	"$(each '[.threads[] | select(.name | startswith("kvm-nx-lpage")) | [.role, .got.cpus]]')" '[["helper","0"]] '
is "no stray" "$(each '[.threads[] | select(.stray)] | length')" "0 "
is "the TIDs are those that were held" \
	"$(each '[.threads[] | select(.role == "vcpu" or .role == "iothread") | .tid] | sort')" \
	"[$(sed -n "s/^thread \([0-9]*\) '\(CPU .\/KVM\|IO io0\)'.*/\1/p" "$TMP/held" | sort -n | paste -sd ,)] "
is "KVM exits are counted" "$(each '.figures.vm_exits.value > 0')" "true "
is "by the second, and where there is I/O by the request" \
	"$(each '.figures | [.vm_exits_per_s.value > 0, .vm_exits_per_io.value > 0.1, .vm_exits_per_io.why]')" \
	'[true,false,"no disk of the VM did I/O in the window"] [true,true,null] '
# shellcheck disable=SC2016  # jq's
is "what watching an exit takes is measured, and in the cost of watching" "$(each 'if .figures.vm_exits_traced.value == null then true else
	.observe_ns_per_exit as $each | (.figures | .vm_exits_traced.value * $each * 1e-7 / .cpu_time_s.value) as $exits |
	$each > 0 and .figures.observer_cost.value > $exits and $exits > 0 end')" "true "
note "$(each '"an exit: \(.observe_ns_per_exit) ns; \(.figures.vm_exits_traced.value) exits; cost of watching: \(.figures.observer_cost.value) %"')"
# perf's recording of the second trial, cut to the window that the line tells
if [ "$(jq -r 'select(.workload == "randrw") | .figures.vm_exits_traced.why // ""' "$TMP/results")" = "" ]; then
	read -r from to <<<"$(jq -r 'select(.workload == "randrw") | .deep_window_ns | join(" ")' "$TMP/results" 2>&1)"
	base64 -d "$TMP/perf" | gzip -dc >"$TMP/script"
	is "perf recorded before the window began" "$(awk -v from="$from" '{ gsub(/[.:]/, "", $2); print ($2 < from ? "yes" : "no: " $2); exit }' "$TMP/script")" yes
	awk -f tests/lab/exits.awk -v from="$from" -v to="$to" "$TMP/script" | cut -d ' ' -f 1 | sort | uniq -c | awk '{ print $2, $1 }' >"$TMP/theirs"
	jq -r 'select(.workload == "randrw") | .by_reason | to_entries[] | "\(.key) \(.value.count)"' "$TMP/results" | sort >"$TMP/ours"
	# each end of the window may cut one exit of a vCPU between the two watchers
	is "a bench's exits, reason by reason, are perf's" "$(join -a 1 -a 2 -e 0 -o 0,1.2,2.2 "$TMP/ours" "$TMP/theirs" |
		awk '{ d = $2 - $3; if (d < 0) d = -d; if (d > 2 + 0.02 * $3) print }')" ""
	is "and they are many" "$(awk '{ n += $2 } END { print (n > 100 ? "yes" : n) }' "$TMP/ours")" yes
	note "exits in the window: $(tr '\n' ' ' <"$TMP/ours"), perf's: $(tr '\n' ' ' <"$TMP/theirs")"
else
	skip "a bench's exits beside perf's" "$(jq -r .figures.vm_exits_traced.why "$TMP/results" | tail -n 1)"
fi
is "QEMU and qload are gone" "$(cat "$TMP/left")" ""
is "and after kill -9 of a qlaunch that held one too" "$(cat "$TMP/killed")" "1"
# 3: Debian's kernel asks for CAP_SYS_ADMIN before it opens any counter
is "perf_event_paranoid is Debian's own" "$(cat "$TMP/paranoid")" 3
is "root counts there, the kernel's part and the punts too" "$(jq -c '.figures | [."task-clock".value > 0, ."context-switches".value > 0,
	."page-faults:u".value != null, .io_punted_share.value != null]' "$TMP/counts of root" 2>&1)" '[true,true,true,true]'
is "nothing stands in root's way" "$(jq -c '.checks[] | select(.check == "pmu") | [.found, .mend]' "$TMP/doctor of root" 2>&1)" \
	'["no hardware PMU (ENOENT)",null]'
for who in nobody perfmon; do
	is "as $who: each says which right, which level and what it is" "$(jq -c '[.figures | (."task-clock", ."context-switches", ."page-faults:u") |
		.why | capture("needs (?<cap>[A-Z_]+) .*at most (?<most>[0-9]) .now (?<now>[0-9])") | .cap + .most + .now]' \
		"$TMP/counts of $who" 2>&1)" '["CAP_SYS_ADMIN13","CAP_SYS_ADMIN13","CAP_SYS_ADMIN23"]'
done
like "the doctor's mend is the one that helps" "$(jq -r '.checks[] | select(.check == "pmu").mend' "$TMP/doctor of nobody" 2>&1)" \
	'CAP_SYS_ADMIN.*sysctl kernel.perf_event_paranoid=1'
like "an NVMe disk has a queue to poll" "$(cat "$TMP/iopoll")" "^1"
is "iopoll reads it, and sqpoll with it" "$(jq -Rc 'fromjson? | objects | [.engine.setup_flags, .io.read_ops > 0, .io.errors]' \
	"$TMP/iopoll" | paste -sd ' ')" \
	'["single_issuer defer_taskrun coop_taskrun taskrun_flag iopoll",true,0] ["single_issuer sqpoll iopoll",true,0]'

# each way to wait for a disk that never answers: one sentence and an end, whatever the kernel still keeps
silent="worker 0: the disk has answered none of N requests for 1 s"
kept="qload: the kernel keeps process N until the disk answers"
dead() { # NAME SENTENCE...
	local name=$1

	shift
	is "a dead disk, $name" "$(sed -n "s/^$name //p" "$TMP/dead")" "status 1 in time
qload: $(printf '%s\n' "$@")"
}
dead plain "$silent"
dead rate "$silent"
dead iopoll "$silent"
dead sqpoll "$silent" "$kept"
dead both "$silent" "$kept"
dead deep "$silent" "$kept"
dead inline "worker 0: the disk takes no more requests: a call has not come back for more than 1 s" "$kept"
is "a trial on a dead disk has failed, and the next one is done" \
	"$(jq -Rr 'fromjson? | "\(.workload) \(.ended) \(.error)"' "$TMP/dead trial")" \
	"read failed run: qload: worker 0: the disk has answered none of 32 requests for 1 s
cpu done null"
if [ "$tap_failed" != 0 ]; then
	note "$(cat "$TMP/stderr")"
	note "$(sed '/^== perf$/,/^== /d' "$TMP/said" | cut -c 1-400)"
	note "$(tail -n 20 "$TMP/console")"
fi
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --observe deep end to end: what it adds to a result line, and that a run without BTF or rights goes on to its
# end, says why and has then failed.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

words=(bench --where native --vcpus 1 --workload cpu --observe deep --duration 300ms --warmup 50ms --repeat 1 -q -o -)
ask() { # JQ-FILTER
	jq -c "$1" "$TMP/line" 2>&1
}
why() {
	ask '[.figures[] | select(.why != null) | .why] | unique | map(select(test("BPF|BTF|CAP_"))) | join(" ")'
}

# Was the exit status 0 where it watched, and 1 where the line has the reason why it did not?
as_seen() { # STATUS
	ask ".figures.offcpu_other_s | if .value then $1 == 0 else $1 == 1 and (.why | test(\"raise ulimit -n|CAP_|BTF|without BPF\")) end"
}

"$QLAUNCH" "${words[@]}" >"$TMP/line" 2>"$TMP/messages"
is "a bench with it ends well, or has failed without it" "$(as_seen $?)" true
case $(why) in
'""')
	is "it says its level" "$(ask .observe)" '"deep"'
	is "every figure of it is explained" "$(unexplained "$TMP/line")" ""
	is "time off the CPU is there, by thread" \
		"$(ask '[.figures | .offcpu_preempted_s, .offcpu_io_s, .offcpu_lock_s, .offcpu_condition_s, .offcpu_other_s | .by["native/0"] >= 0] | all')" true
	is "BPF's waits are those of /proc, within 5 % and 20 ms" \
		"$(ask '.figures | [.offcpu_preempted_s.by["native/0"], .run_delay_s.by["native/0"]] |
			(.[0] - .[1]) * (.[0] - .[1]) <= pow(0.02 + 0.05 * .[1]; 2)')" true
	is "both histograms are there" "$(ask '.histograms | (.run_delay | type) + (.wakeup_delay | type)')" '"arrayarray"'
	is "preemptors are a list" "$(ask '.preemptors | type')" '"array"'
	is "no VM, no exits: null, with the reason" "$(ask '.figures.vm_exits_traced | [.value, .why]')" '[null,"no VM in this arm"]'
	is "and of halts" "$(ask '.figures.offcpu_halted_s | [.value, .why]')" '[null,"no VM in this arm"]'
	is "the list of preemptors says what it lacks" "$(ask '.preemptors_more | keys')" '["count","lost","pairs","time_s"]'
	;;
*) skip "what it adds to a line" "$(why)" ;;
esac

# The number of files that a refusal names.
enough() {
	sed -n 's/.*(ulimit -n \([0-9]*\)).*/\1/p' "$TMP/messages"
}

# a VM of TCG's, whose halts are somewhere else than KVM's; and with few files
tests/lab/bootsector.sh off "$TMP/off.img" "at once"
vm() { # LIMIT-OF-FILES
	rm -f "$TMP/line"
	(ulimit -n "$1" && exec "$QLAUNCH" run --accel tcg --observe deep --vcpus 1 --memory 64M --shutdown-timeout 1s -o "$TMP/line" "$TMP/off.img") \
		>"$TMP/messages" 2>&1 </dev/null
}
if command -v qemu-system-x86_64 >/dev/null; then
	vm "$(ulimit -n)"
	is "a VM of TCG's ends well, or has failed without it" "$(as_seen $?)" true
	case $(why) in
	'""') is "TCG's halts are not 0 but unknown" "$(ask '.figures | [.offcpu_halted_s, .vm_exits_traced] | map(.value, .why) | unique')" \
		'[null,"TCG runs this VM: no exits, and its halts are in offcpu_condition_s"]' ;;
	*) skip "TCG's halts" "$(why)" ;;
	esac
	is "KVM's counters name the accelerator" "$(ask .figures.vm_exits.why)" '"TCG runs this VM: KVM has nothing to count"'
	vm 28
	is "too few files are refused" $? 2
	least=$(enough)
	for files in "$least" $((least + 2)) $((least + 8)); do
		vm "$files"
		echo "$(as_seen $?) $(ask .ended)"
	done >"$TMP/limits"
	is "with just the files that were named it ends as well, or names deep's files" "$(sort -u "$TMP/limits")" 'true "guest-shutdown"'
fi

# it leaves files for the rest: from the number that is named on the run ends well, and what deep could not open says why
(ulimit -n 24 && exec "$QLAUNCH" "${words[@]}") >"$TMP/line" 2>"$TMP/messages"
least=$(enough)
for files in "$least" $((least + 1)) $((least + 4)); do
	(ulimit -n "$files" && exec "$QLAUNCH" "${words[@]}") >"$TMP/line" 2>"$TMP/messages"
	echo "$(as_seen $?) $(ask '.figures.cpu_time_s.value > 0')"
done >"$TMP/limits"
is "with just the files that were named the run ends well, and says what it lacks" "$(sort -u "$TMP/limits")" "true true"

if [ "$(id -u)" = 0 ]; then
	# shellcheck disable=SC2016  # the inner shell's
	unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh "$QLAUNCH" "${words[@]}" >"$TMP/line" 2>"$TMP/messages"
	is "without BTF what was asked for is not there: a failure" $? 1
	like "which names it" "$(cat "$TMP/messages")" "--observe deep: "
	like "and says why in each figure" "$(why)" "no BTF|without BPF"
	like "and in a warning" "$(ask .warnings)" "observe deep saw nothing"
	like "what watched instead is in the line, beside what was asked for" "$(ask '[.observe, .observe_asked, .spec.observe]')" \
		'\["(light|counters)","deep","deep"\]'
	like "and in the report" "$("$QLAUNCH" report "$TMP/line" 2>&1 | tr -s ' \n' ' ')" \
		"observed by (light|counters) \(deep was asked for, and could not watch\)"
	is "schedstat's figures are there anyway" "$(ask '.figures.run_delay_s.value >= 0 and .figures.cpu_time_s.value > 0')" true
	setpriv --bounding-set=-bpf,-perfmon,-sys_admin --inh-caps=-all "$QLAUNCH" "${words[@]}" >"$TMP/line" 2>"$TMP/messages"
	is "without the rights it is a failure too" $? 1
	like "and names them" "$(why)" "CAP_BPF and CAP_PERFMON|without BPF"
else
	skip "without BTF" "hiding it is root's"
	like "without the rights it names them" "$(why)" "CAP_BPF and CAP_PERFMON|without BPF|no BTF"
fi
finish

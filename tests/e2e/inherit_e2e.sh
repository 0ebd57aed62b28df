#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What nobody asked for is inherited: policy, nice, CPUs, I/O priority, of a VM and of native workers.  What is asked for
# may reach beyond an inherited affinity, up to the cpuset.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh
needs_two_cpus
[ "$(id -u)" = 0 ] || skip_all "needs root to become an ordinary user, and for real-time policies"

NATIVE=(bench --where native --workload cpu --vcpus 1 --duration 20ms --warmup 0ms --repeat 1 -q)
COPY=$(open_copy)
install -d -m 755 -o 65534 -g 65534 "$TMP/user"
"$LAB/bootsector.sh" off "$TMP/open/off.img" hello
chmod 666 "$TMP/open/off.img"

user() { # COMMAND...: as an ordinary user, without any right
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		env HOME="$TMP/user" XDG_STATE_HOME="$TMP/user" "$@"
}

vm() { # [KNOB]...: the command of a VM that is off at once
	rm -f "$TMP/user/vm.jsonl"
	echo "$COPY --accel tcg $* -o $TMP/user/vm.jsonl $TMP/open/off.img"
}

# ROLE WANT GOT of a result's threads, each once.  QEMU's workers come and go: one is shown where it is elsewhere.
threads() { # FILE
	lines "$1" '.threads[] | select(.role != "pool" or .stray) | "\(.role) \(.want.cpus) \(.want.policy) \(.got.cpus) \(.got.policy) \(.stray)"' |
		sort -u | paste -sd/
}

all=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)

# An ordinary user who is nice cannot be made less so, and needs not be.
check_nice() {
	# shellcheck disable=SC2046  # words
	run user nice -n 5 ionice -c 3 $(vm)
	is "an ordinary user's VM at nice 5 runs" "$status" 0 || note "$(cat "$TMP/err")"
	is "all its threads have what qlaunch has" "$(threads "$TMP/user/vm.jsonl")" \
		"emulator inherited inherited $all other:5 false/vcpu inherited inherited $all other:5 false"
	like "it is said" "$(cat "$TMP/err")" "^inherited: policy other:5, I/O priority idle$"
	is "and recorded" "$(lines "$TMP/user/vm.jsonl" .host.inherited)" "policy other:5, I/O priority idle"
	run user nice -n 5 "$COPY" "${NATIVE[@]}" --noise cpu:1 -o "$TMP/user/native.jsonl"
	is "natively it runs, too" "$status" 0 || note "$(cat "$TMP/err")"
	is "the same threads" "$(threads "$TMP/user/native.jsonl")" \
		"loader inherited inherited $all other:5 false/native inherited inherited $all other:5 false"
	is "the noise has it, too" "$(lines "$TMP/user/native.jsonl" '.noise[].policy')" other:5
	refuses "what was asked for is still refused where it cannot be" 1 "nice 0 needs CAP_SYS_NICE" \
		user nice -n 5 "$COPY" "${NATIVE[@]}" --policy other -o "$TMP/user/other.jsonl"
}

check_policies() {
	local how policy

	for how in "-b 0=batch" "-i 0=idle"; do
		policy=${how#*=}
		# shellcheck disable=SC2046,SC2086  # words
		run chrt ${how%=*} $(vm)
		is "a VM inherits $policy" "$status $(threads "$TMP/user/vm.jsonl")" \
			"0 emulator inherited inherited $all $policy false/vcpu inherited inherited $all $policy false"
	done
	# shellcheck disable=SC2046  # words
	refuses "but no real-time policy, under which qlaunch itself would stand" 2 "was started at fifo:2 \(chrt\).* say --policy fifo:2" \
		chrt -f 2 $(vm --pin 1)
}

# No call sets what nobody asked for.
check_no_calls() {
	# shellcheck disable=SC2046  # words
	run nice -n 5 strace -f -qq -e signal=none -o "$TMP/calls" -e trace=sched_setattr,sched_setscheduler,sched_setaffinity,setpriority,ioprio_set $(vm)
	is "no call sets a policy, CPUs or a priority" "$status $(cat "$TMP/calls")" "0 " || note "$(cat "$TMP/err")"
}

# Whoever narrowed our affinity can be asked to let go; the cpuset cannot.
check_affinity() {
	# shellcheck disable=SC2046  # words
	run taskset -c 0 $(vm --pin 1)
	is "taskset -c 0 and --pin 1" "$status $(threads "$TMP/user/vm.jsonl")" \
		"0 emulator 0 inherited 0 other false/vcpu 1 inherited 1 other false" || note "$(cat "$TMP/err")"
	# shellcheck disable=SC2046  # words
	run taskset -c 1 $(vm)
	is "without --pin all stay inside" "$status $(threads "$TMP/user/vm.jsonl")" \
		"0 emulator inherited inherited 1 other false/vcpu inherited inherited 1 other false"
	like "which is said" "$(cat "$TMP/err")" "^inherited: CPUs 1 of "
	refuses "a CPU that is not there" 2 "^qlaunch: --pin: CPU 1000 does not exist" \
		taskset -c 0 "$QLAUNCH" "${NATIVE[@]}" --pin 1000 -o "$TMP/none.jsonl"
	like "a dry run shows what is inherited" "$(nice -n 3 taskset -c 0 "$QLAUNCH" bench --workload cpu --where native --dry-run)" \
		"^native/0 +cpus 0 +other:3 \(inherited\)$"
}

check_nice
check_policies
check_no_calls
check_affinity
finish

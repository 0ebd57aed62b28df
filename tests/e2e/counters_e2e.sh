#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --observe and --events end to end, and what is left of them where something is taken away: rights, the system call,
# files.  A run always finishes, and each figure that is missing says why; where nothing is left of what was asked for by
# name, it has failed.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

BRIEF=(--workload cpu --duration 300ms --warmup 10ms --repeat 1 -q -o -)
SHORT=("${BRIEF[@]}" --vcpus 1)
NATIVE=(bench --where native "${SHORT[@]}")

line() { # WRAPPER... -- ARG...: qlaunch's one result line, its status in $status
	local wrapper=()

	while [ "$1" != -- ]; do
		wrapper+=("$1")
		shift
	done
	shift
	got=$(${wrapper[@]+"${wrapper[@]}"} timeout 600 "$@" 2>"$TMP/stderr")
	status=$?
}

holds() { # NAME FILTER [EXIT STATUS]
	if [ "$status" = "${3-0}" ] && [ "$(jq -r "$2" <<<"$got" 2>/dev/null)" = true ]; then
		pass "$1"
	else
		fail "$1" "status $status $(tail -n 3 "$TMP/stderr") $(jq -c '.observe, .figures, .warnings' <<<"$got")"
	fi
}

# every figure has a number, or null and a sentence
HONEST='[.figures[] | (.value | type == "number") or (.value == null and (.why | length > 8))] | all'

line -- "$QLAUNCH" "${NATIVE[@]}"
if [ "$(jq -r .observe <<<"$got")" = counters ]; then
	holds "a PMU is here: counters are the default" '.figures.ipc.value > 0'
else
	holds "no PMU is here: light is the default, and says why" \
		".observe == \"light\" and .figures.ipc.value == null and (.figures.ipc.why | length > 8) and ($HONEST)"
fi
line -- "$QLAUNCH" "${NATIVE[@]}" --observe light
holds "and costs nothing" '.figures.observer_cost | .value == 0 and .unit == "%"'
holds "light counts nothing" '.observe == "light" and (.figures.cycles.why | test("--observe light"))'
line -- "$QLAUNCH" "${NATIVE[@]}" --observe counters
holds "counters without a PMU do not end the run" "$HONEST"
holds "and are not what watched it, though asked for" 'if .figures.cycles.value then .observe == "counters" and (has("observe_asked") | not)
	else .observe == "light" and .observe_asked == "counters" and .spec.observe == "counters" end'

# what an event of the trace costs, and where nothing else watches that is all
line with_tracefs -- "$QLAUNCH" "${NATIVE[@]}" --observe light --trace "$TMP/light.json"
if [ "$(jq '.trace.events > 0' <<<"$got")" = true ]; then
	holds "a trace costs, also at light" '.observe == "light" and (.figures.observer_cost | .value > 0 and .value < 50)'
	echo "$got" >"$TMP/traced"
	like "the report says that it was there, and its cost with digits" "$("$QLAUNCH" report "$TMP/traced" 2>&1 | tr -s ' \n' ' ')" \
		"observed by light \+ trace, which took [0-9.e-]*[1-9][0-9.e-]* % of"
else
	skip "a trace costs" "$(jq -r .trace.why <<<"$got")"
fi

SOFT=task-clock,context-switches,page-faults,cycles:G
line -- "$QLAUNCH" "${NATIVE[@]}" --events "$SOFT"
if [ "$(jq -r '.figures."context-switches".why' <<<"$got")" != null ]; then
	skip "software events agree with /proc" "$(jq -r '.figures."context-switches".why' <<<"$got")"
else
	holds "software events agree with /proc: CPU time" \
		'(.figures."task-clock".value / .figures.cpu_time_s.value - 1 | fabs) < 0.02'
	holds "and context switches, by thread" \
		'(.figures."context-switches".by."native/0" - .figures.context_switches.by."native/0" | fabs) <= 3'
fi
holds "what that cost is a figure, measured here" \
	'.observe_ns_per_switch > 0 and .figures.observer_cost.value > 0 and .figures.observer_cost.value < 50'
holds "the guest's part of no guest is null" '.figures."cycles:G".value == null'

line -- "$QLAUNCH" bench --where guest --accel tcg "${SHORT[@]}" --events "$SOFT"
holds "the threads of a VM are counted by role" \
	'.figures."task-clock".by | (."vcpu/0" > 0) and has("vcpu") and has("emulator/0")'
holds "as /proc counts them" '(.figures."task-clock".value / .figures.cpu_time_s.value - 1 | fabs) < 0.1'
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	NO_TRACEFS='umount -l /sys/kernel/tracing 2>/dev/null; umount -l /sys/kernel/debug 2>/dev/null; exec "$@"'
	line unshare -m sh -c "$NO_TRACEFS" sh -- "$QLAUNCH" "${NATIVE[@]}" --events sched:sched_switch
	holds "a tracepoint without tracefs: root mounts it where only qlaunch sees it" '.figures."sched:sched_switch".value >= 0'
	line unshare -m sh -c "$NO_TRACEFS" sh setpriv --inh-caps=-sys_admin --bounding-set=-sys_admin -- \
		"$QLAUNCH" "${NATIVE[@]}" --events task-clock,sched:sched_switch
	holds "who may not mount has null, and reads what to mount" \
		'.figures."sched:sched_switch".value == null and (.figures."sched:sched_switch".why | test("mount -t tracefs")) and
		.figures."task-clock".unit == "s"'
else
	skip "a tracepoint without tracefs" "needs root, for a mount namespace"
fi
line -- "$QLAUNCH" "${NATIVE[@]}" --events foo
is "an event that nobody knows is refused before anything starts" $status 2
like "by its name" "$(cat "$TMP/stderr")" "'foo'"

timeout 600 "$QLAUNCH" sweep --where native --workload cpu --vcpus 1 --observe light,counters --events task-clock,page-faults \
	--duration 100ms --warmup 10ms --repeat 1 --boots 1 -q -o "$TMP/sweep" >/dev/null 2>"$TMP/stderr"
is "the level is an axis, the events are not" "$(jq -r 'select(.arm | test("A/A") | not) | .arm' "$TMP/sweep" | sort | paste -sd' ')" \
	"observe=counters observe=light"

# EPERM is what a seccomp filter or perf_event_paranoid=4 gives; ENOSYS what other filters do
for errno in 1 13 38; do
	line "$BUILD/tests/deny_call" perf $errno -- "$QLAUNCH" "${NATIVE[@]}" --observe counters
	holds "perf_event_open refused with $errno: named for each figure" \
		"([.figures | .ipc, .cycles, .llc_misses, .stalled_cycles_backend | .why | test(\"seccomp\")] | all) and ($HONEST)" 1
	like "and the level that was asked for is a failure" "$(cat "$TMP/stderr")" "--observe counters: .*seccomp"
done
line "$BUILD/tests/deny_call" perf 1 -- "$QLAUNCH" "${NATIVE[@]}"
holds "and the default is light then" '.observe == "light" and (.figures.ipc.why | test("seccomp"))'
line "$BUILD/tests/deny_call" perf 1 -- "$QLAUNCH" "${NATIVE[@]}" --events "$SOFT"
holds "software events too" '[.figures."task-clock", .figures."page-faults" | .why | test("seccomp")] | all' 1
like "and the events that were asked for are a failure" "$(cat "$TMP/stderr")" "--events task-clock.*: .*seccomp"

EIGHT=task-clock,cpu-clock,page-faults,minor-faults,major-faults,context-switches,cpu-migrations,alignment-faults
# With just the files that a refusal names there is no room for eight events on each of nine threads.
few_files() { # COMMAND...
	local least

	least=$( (ulimit -n 24 && exec "$@") 2>&1 >/dev/null </dev/null | sed -n 's/.*(ulimit -n \([0-9]*\)).*/\1/p')
	# shellcheck disable=SC2016  # the inner shell's
	line bash -c 'ulimit -n "$1"; shift; exec "$@"' sh "$least" -- "$@"
}

few_files "$QLAUNCH" bench --where native "${BRIEF[@]}" --vcpus 8 --events "$EIGHT"
holds "few files: the run finishes, the first events are counted" '.figures."task-clock".value > 0'
holds "the others say how many files they lack" \
	'(.figures."alignment-faults".why | test("EMFILE.*ulimit -n")) and ([.figures[] | select(.why // "" | test("EMFILE"))] | length > 1)'
few_files "$QLAUNCH" bench --where native "${BRIEF[@]}" --vcpus 8 --observe counters
holds "more files cannot mend what the hardware lacks" '(.figures.cycles.why // "" | test("no hardware PMU") | not) or
	([.figures[].why // "" | select(test("EMFILE"))] == [])'
few_files "$QLAUNCH" bench --where guest --accel tcg "${BRIEF[@]}" --vcpus 8 --memory 256M --events "$EIGHT"
holds "with a guest as well" "($HONEST) and ([.figures[] | select(.why // \"\" | test(\"EMFILE\"))] | length > 1)"

TSC=$([ ! -d /sys/bus/event_source/devices/msr ] || echo ,msr/tsc/)
if [ "$(id -u)" = 0 ]; then
	[ -z "$TSC" ] || {
		line -- "$QLAUNCH" "${NATIVE[@]}" --events msr/tsc/,msr/tsc/u,msr/event=99/
		holds "a PMU without modes, and without the event: each is said of this PMU, not of the CPU's" '.figures |
			(."msr/tsc/".value > 0) and (."msr/tsc/u".why | test("user mode from the kernel")) and
			(."msr/event=99/".why | test("this PMU has no such event .EINVAL"))'
	}
	line "$BUILD/tests/deny_call" perf 1 -- "$QLAUNCH" bench --where native --workload randread --scratch-size 4M --direct off \
		"${SHORT[@]:2}"
	holds "a filter is named for the punts too" '.figures.io_punted_share.why | test("seccomp|tracefs")'
fi
if [ "$(id -u)" = 0 ] && [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 2 ]; then
	mkdir -m 777 "$TMP/nobody"
	chmod 755 "$TMP"
	line setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		env XDG_STATE_HOME="$TMP/nobody" -- "$(open_copy)" "${NATIVE[@]}" --events "$SOFT,sched:sched_switch,page-faults:k$TSC"
	holds "without rights: the kernel's events name the right and the level" \
		'.figures."context-switches".why | test("CAP_PERFMON.*perf_event_paranoid")'
	holds "of the kernel's part alone nothing is left" \
		'.figures."page-faults:k" | .value == null and (.why | test("CAP_PERFMON.*at most 1"))'
	holds "nor of what has no modes, and the rights are the reason" \
		'.figures."msr/tsc/" // {why: "CAP_PERFMON"} | .value == null and (.why | test("CAP_PERFMON"))'
	holds "so does a tracepoint" '.figures."sched:sched_switch" | .value == null and (.why | test("tracefs|only root may read"))'
	holds "the others are counted in user mode, and it is said" \
		'.figures."task-clock".value > 0 and .figures."page-faults".value != null and (.warnings | any(test("user mode only")))'
	line setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		env XDG_STATE_HOME="$TMP/nobody" "$BUILD/tests/deny_call" perf 0 -- "$(open_copy)" "${NATIVE[@]}" --events "$SOFT"
	holds "also where a filter is in force that lets it pass" \
		'.figures."context-switches".why | test("CAP_PERFMON.*perf_event_paranoid") and (test("seccomp") | not)'
else
	skip "without rights" "not root, or perf_event_paranoid is below 2: nothing is refused here"
fi
finish

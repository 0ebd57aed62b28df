#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# BPF's sums beside `perf sched timehist` over the same windows: two spinners that share a CPU, a sleeper with a timer on
# a CPU of its own, and one that wakes while a spinner has its CPU.  perf's rows are cut at the window's ends, and a wait
# that has not ended there is in neither sum.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

[ "$(id -u)" = 0 ] || skip_all "the scheduler's tracepoints are root's"
events=sched:sched_switch,sched:sched_wakeup,sched:sched_wakeup_new,sched:sched_migrate_task
# Under some hypervisors not every switch calls the tracepoint: none from idle tasks, or from some process's threads.
# The sleeper gets a CPU whose idle task perf sees.
seen_cpu() {
	with_tracefs perf record -a -e sched:sched_switch -o "$TMP/idle" -- sleep 0.3 >/dev/null 2>&1
	with_tracefs perf script -i "$TMP/idle" -F event,trace 2>/dev/null |
		sed -n 's/.*prev_comm=swapper\/\([0-9]*\) .*/\1/p' | sort -n | uniq -c | sort -k1,1nr | awk 'NR == 1 { print $2 }'
}
record() {
	with_tracefs perf record -k CLOCK_MONOTONIC -a -m 4096 -e $events -o "$TMP/data" -- \
		taskset -c "${cpu:-0}" "$BUILD/tests/test_deep" >"$TMP/said" 2>"$TMP/messages" ||
		grep -q '^# window' "$TMP/said" || skip_all "perf sched cannot record here: $(tail -n 1 "$TMP/messages")"
	grep -q '^# no BPF here' "$TMP/said" && skip_all "$(grep -m 1 '^# no BPF here' "$TMP/said")"
	with_tracefs perf sched timehist --state -i "$TMP/data" >"$TMP/rows" 2>>"$TMP/messages"
}

# A row: when it left its CPU, CPU, name[tid/pid], how long it was away, how long it then waited after a wake-up, how
# long it ran, and how it left: R still runnable, and then all of the time away was waiting.  Where no event told that it
# came, perf takes it from who was there before; BPF then knows no end of that wait, and neither sum has it.
compare() {
	with_tracefs perf script -i "$TMP/data" --ns -F time,event,trace 2>/dev/null >"$TMP/events"
	awk 'FILENAME ~ /said$/ {
			if ($2 == "window") {
				tid[++n] = $3; from[n] = $4 / 1e6; to[n] = $5 / 1e6; ours[n] = $6 / 1e6; waits[n] = $7
			}
			next
		}
		FILENAME ~ /events$/ {
			for (i = 1; i <= n; i++)
				if (index($0, "next_pid=" tid[i] " ")) came[i, int($1 * 1e5)] = 1
			next
		}
		{
			for (i = 1; i <= n; i++) {
				if (!index($3, "[" tid[i] "/") && !index($3, "[" tid[i] "]"))
					continue
				end = $1 * 1000 - $(NF - 1)
				start = end - $(NF - 2) - (left[i] ~ /^R/ ? $(NF - 3) : 0)
				left[i] = $NF
				if (start < from[i]) start = from[i]
				# a wait that is not over at the end of the window is in no run delay yet
				if (end > to[i] || end <= start)
					continue
				at = int(end * 100)
				if ((i, at) in came || (i, at - 1) in came || (i, at + 1) in came)
					{ theirs[i] += end - start; told[i]++ }
			}
		}
		END { for (i = 1; i <= n; i++) print ours[i], theirs[i] + 0, waits[i], told[i] + 0 }' \
		"$TMP/said" "$TMP/events" "$TMP/rows" >"$TMP/both"
}

# 2 % apart at most.  Of a wait of some microseconds the two observers are themselves a part, each within the other: 1 us.
agrees() { # OURS THEIRS WAITS
	awk "BEGIN { d = $1 - $2; if (d < 0) d = -d; exit !($2 > 0 && (d <= 0.02 * $2 || d <= 0.001 * $3)) }"
}

cpu=$(seen_cpu)
record
compare
is "four windows were compared" "$(wc -l <"$TMP/both")" 4
exec 3<"$TMP/both"
for name in "a spinner" "the other spinner" "a sleeper" "a sleeper beside a spinner"; do
	read -r ours theirs waits told <&3
	what="$name waited $waits times, $ours ms, by perf sched timehist $told times, $theirs ms"
	if [ "$((told * 100))" -lt "$((waits * 95))" ]; then
		skip "$what" "the kernel did not tell perf of $((waits - told)) switches"
	elif agrees "$ours" "$theirs" "$waits"; then
		pass "$what"
	else
		fail "$what" "$(tail -n 3 "$TMP/messages")"
	fi
done
finish

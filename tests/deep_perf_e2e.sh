#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# BPF's sums beside `perf sched timehist` over the same windows: two spinners that share a CPU, a sleeper with a timer.
# perf's rows are cut at the window's ends; a wait that has not ended there is in neither sum, and which end a switch is
# on may be seen otherwise: 2 % and one wait.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh

[ "$(id -u)" = 0 ] || skip_all "the scheduler's tracepoints are root's"
events=sched:sched_switch,sched:sched_wakeup,sched:sched_wakeup_new,sched:sched_migrate_task
# tracefs may be mounted nowhere: a mount of our own, seen by nobody else
perf_here() { # COMMAND...: with tracefs
	# shellcheck disable=SC2016  # the inner shell's
	unshare -m sh -c '{ mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing; } && exec "$@"' sh "$@"
}
record() {
	perf_here perf record -k CLOCK_MONOTONIC -a -m 4096 -e $events -o "$TMP/data" -- "$BUILD/tests/test_deep" \
		>"$TMP/said" 2>"$TMP/messages" ||
		grep -q '^# window' "$TMP/said" || skip_all "perf sched cannot record here: $(tail -n 1 "$TMP/messages")"
	grep -q '^# no BPF here' "$TMP/said" && skip_all "$(grep -m 1 '^# no BPF here' "$TMP/said")"
	perf_here perf sched timehist --state -i "$TMP/data" >"$TMP/rows" 2>>"$TMP/messages"
}

# A row: when it left its CPU, CPU, name[tid/pid], how long it was away, how long it then waited after a wake-up, how
# long it ran, and how it left: R still runnable, and then all of the time away was waiting.
compare() {
	awk 'NR == FNR {
			if ($2 == "window") {
				tid[++n] = $3; from[n] = $4 / 1e6; to[n] = $5 / 1e6; ours[n] = $7 / 1e6
			}
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
				theirs[i] += end - start
				if (end - start > longest[i]) longest[i] = end - start
			}
		}
		END { for (i = 1; i <= n; i++) print ours[i], theirs[i] + 0, longest[i] + 0 }' "$TMP/said" "$TMP/rows" >"$TMP/both"
}

# 2 % and one wait apart at most
agrees() { # OURS THEIRS LONGEST
	awk "BEGIN { d = $1 - $2; if (d < 0) d = -d; exit !($2 > 0 && d <= 0.02 * $2 + $3) }"
}

all_agree() {
	while read -r ours theirs longest; do
		agrees "$ours" "$theirs" "$longest" || return 1
	done <"$TMP/both"
}

# On a host that is itself held up for tens of ms, a wait across a window's end is in one sum and not in the other: what
# counts is that a quiet window agrees, so there are three tries.
for try in 1 2 3; do
	record
	compare
	all_agree && break
	note "try $try: $(xargs <"$TMP/both")"
done
is "three windows were compared" "$(wc -l <"$TMP/both")" 3
while read -r ours theirs longest; do
	if agrees "$ours" "$theirs" "$longest"; then
		pass "waited $ours ms, by perf sched timehist $theirs ms"
	else
		fail "waited $ours ms, by perf sched timehist $theirs ms" "$(tail -n 3 "$TMP/messages")"
	fi
done <"$TMP/both"
finish

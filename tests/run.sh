#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh [NAME...] - runs the test programs and the end-to-end scripts, reads their TAP, and ends with the line
# `N passed, N failed, N skipped`.  Unit tests run two at a time, scripts alone: they measure and place threads.  A script
# that says `# mostly waits` in its first lines runs beside others that say so.
# Only a hang reaches the limit of a file: 20 minutes, and in a campaign four hours.
set -u

cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
export BUILD
export CMOCKA_MESSAGE_OUTPUT=TAP
export HOME=${HOME:-~} # a bare environment has none, and state and cache live below it
unset MAKEFLAGS MFLAGS MAKELEVEL # a test that calls make is no part of this one

LOGS=$BUILD/tests/log
rm -rf "$LOGS"
mkdir -p "$LOGS"
LIMIT=1200
[ -z "${CAMPAIGN:-}" ] || LIMIT=14400
# every process of a test carries this in its environment, however far it is reparented
RUN_ID=$$-$(date +%s%N)

# What to run, by its sources: all, or those asked for by name.
list_tests() { # SOURCE... -> paths
	local source name

	for source; do
		name=${source##*/}
		name=${name%.*}
		[ -f "$source" ] || continue # a pattern without a match
		[ ${#WANTED[@]} = 0 ] || [[ " ${WANTED[*]} " == *" $name "* ]] || continue
		case $source in
		*.sh) echo "$source" ;;
		*) echo "$BUILD/tests/$name" ;;
		esac
	done
}

mostly_waits() { # PATH
	sed -n 1,12p "$1" | grep -qx '# mostly waits'
}

# QEMUs that stand in this folder: qlaunch gives its QEMU no environment, so the mark above does not reach it.
qemus() {
	local dir

	find /proc -mindepth 2 -maxdepth 2 -path '/proc/[0-9]*/exe' -lname '*/qemu-*' 2>/dev/null |
		while read -r dir; do
			dir=${dir%/exe}
			[[ $(readlink "$dir/cwd") != "$PWD"* ]] || echo "${dir#/proc/}"
		done
}

# Pids of what a test left behind; QEMUs too where nothing else runs that may have one.
leftovers() { # NAME alone|beside
	grep -lzxF "QLAUNCH_TEST=$RUN_ID/$1" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3
	[ "$2" = beside ] || qemus | grep -vxF "${BEFORE:-none}"
}

# A test's last children may still be in exit: they get two seconds.
end_leftovers() { # NAME alone|beside -> words about each that stayed
	local pid pids tries

	for tries in 1 2 3 4 5 6 7 8 9 10; do
		pids=$(leftovers "$1" "$2")
		[ -n "$pids" ] || return
		sleep 0.2
	done
	for pid in $pids; do
		echo "left behind after $tries looks: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c 1-120)"
		kill -9 "$pid"
	done
}

# Counts a log's TAP lines.  cmocka numbers from 1 again with each group, says "not ok N # SKIP name" for a skip,
# and ends a group with an unnumbered comment; a crash prints nothing at all.  Fewer tests than planned is a failure.
count() { # LOG STATUS -> "passed failed skipped"
	awk -v status="$2" '
		/^(not )?ok [0-9]+.*# *SKIP/ { skipped++; next }
		/^ok [0-9]+/ { passed++ }
		/^not ok [0-9]+/ { failed++ }
		/^not ok 999 - nothing left behind/ { extra++ }
		/^1\.\.[0-9]+/ { planned += substr($0, 4) }
		END {
			seen = passed + failed + skipped - extra
			if (!failed && (status != 0 || !seen || seen != planned))
				failed = 1
			print passed + 0, failed + 0, skipped + 0
		}' "$1"
}

run_one() { # PATH alone|beside: leaves LOG, and "passed failed skipped seconds" in LOG.counts
	local path=$1 name log status started left

	name=${path##*/}
	name=${name%.sh}
	log=$LOGS/$name
	started=$(date +%s%N)
	{ QLAUNCH_TEST=$RUN_ID/$name timeout -k 5 "$LIMIT" "$path" >"$log" 2>&1 </dev/null; } 2>/dev/null
	status=$?
	[ "$status" != 124 ] && [ "$status" != 137 ] || echo "# ran longer than $LIMIT s or was killed" >>"$log"
	[ "$status" = 0 ] || echo "# exit status $status" >>"$log"
	grep -q '^1\.\.[0-9]' "$log" || echo "# no plan: it ended before its end" >>"$log"
	left=$(end_leftovers "$name" "$2")
	if [ -n "$left" ]; then
		printf 'not ok 999 - nothing left behind\n# %s\n' "$left" >>"$log"
	fi
	echo "$(count "$log" "$status") $((($(date +%s%N) - started) / 1000000))" >"$log.counts"
	summary "$name"
}

run_two_at_a_time() { # NAME PATH...
	local name=$1 path left

	shift
	for path; do
		while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
			wait -n
		done
		run_one "$path" beside &
	done
	wait
	left=$(end_leftovers "$name" alone)
	if [ -n "$left" ]; then
		printf '1..1\nnot ok 1 - no QEMU left behind\n# %s\n' "$left" >"$LOGS/$name"
		echo "0 1 0 0" >"$LOGS/$name.counts"
		summary "$name"
	fi
}

summary() { # NAME: one line; details only of a failure
	local passed failed skipped ms log=$LOGS/$1

	read -r passed failed skipped ms <"$log.counts"
	if [ "$failed" = 0 ]; then
		printf 'ok   %-28s %4d passed %3d skipped %6d.%01d s\n' "$1" "$passed" "$skipped" \
			$((ms / 1000)) $((ms % 1000 / 100))
		return
	fi
	printf 'FAIL %-28s %4d passed %3d failed %3d skipped %6d.%01d s\n' "$1" "$passed" "$failed" "$skipped" \
		$((ms / 1000)) $((ms % 1000 / 100))
	# each failure with the first words about it, then how it ended
	awk '/^(not )?ok [0-9]/ { said = 0; bad = /^not ok/ && !/# *SKIP/ }
	     bad && (/^not ok/ || ++said <= 3) && ++lines <= 60 { print "     " substr($0, 1, 400) }' "$log"
	echo "     last lines of ${log#"$PWD/"}:"
	tail -n 8 "$log" | cut -c 1-400 | sed 's/^/     | /'
}

list_skips() {
	local log

	for log in "$LOGS"/*.counts; do
		log=${log%.counts}
		# cmocka's skip() has no reason: a test prints it as a comment just before
		awk -v name="${log##*/}" '
			/^(not )?ok [0-9]+.*# *SKIP/ {
				sub(/^(not )?ok [0-9]+ */, "")
				sub(/^- /, "")
				print "skipped: " name ": " $0 (comment == "" ? "" : " (" comment ")")
			}
			{ comment = (/^# / && !/error: Failure/) ? substr($0, 3) : "" }' "$log"
	done
}

BEFORE=$(qemus) # of another run
WANTED=("$@")
mapfile -t units < <(list_tests tests/unit/*/test_*.c)
mapfile -t scripts < <(list_tests tests/e2e/*_e2e.sh)

waiters=() alone=()
for path in "${scripts[@]}"; do
	if mostly_waits "$path"; then
		waiters+=("$path")
	else
		alone+=("$path")
	fi
done

run_two_at_a_time "unit tests" "${units[@]}"
run_two_at_a_time "waiting scripts" "${waiters[@]}"
for path in "${alone[@]}"; do
	run_one "$path" alone
done

if [ ! -e "$(find "$LOGS" -name '*.counts' -print -quit)" ]; then
	echo "no test ran${WANTED[*]:+: nothing is called ${WANTED[*]}}" >&2
	echo "0 passed, 1 failed, 0 skipped" | tee "$BUILD/tests/summary"
	exit 1
fi
list_skips
echo "slowest: $(for log in "$LOGS"/*.counts; do
	read -r _ _ _ ms <"$log"
	name=${log##*/}
	echo "$ms ${name%.counts}"
done | sort -rn | awk 'NR <= 5 { printf "%s%s %.1f s", (NR > 1 ? ", " : ""), $2, $1 / 1000 }')"
awk '{ passed += $1; failed += $2; skipped += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }' \
	"$LOGS"/*.counts | tee "$BUILD/tests/summary"
exit "${PIPESTATUS[0]}"

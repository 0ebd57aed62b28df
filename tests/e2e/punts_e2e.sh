#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# io_punted_share with perf(1) as witness: tmpfs hands every request to a kernel worker, a file in the page cache none.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

RESULTS=$TMP/punts.jsonl

measure() { # WORD...: one short trial on the host
	rm -f "$RESULTS"
	"$QLAUNCH" bench --where native --vcpus 1 --workload randread --repeat 1 --duration 300ms --warmup 0s \
		--scratch-size 8M --direct off -o "$RESULTS" "$@"
}

# The counts of every request from the first to the last, warm-up and end included: a share all the same.  Without the
# no-ops by which qlaunch learns what counting costs.
witness() { # EVENT
	awk -F, -v event="io_uring:$1" '$3 == event { print $1 }' "$TMP/perf"
}

agrees() { # NAME EXPECTED WORD...
	local name=$1 expected=$2

	shift 2
	perf stat -a -x, -e io_uring:io_uring_queue_async_work -e io_uring:io_uring_submit_req --filter 'opcode != 0' -o "$TMP/perf" \
		"$BASH" -c "$(declare -f measure); RESULTS='$RESULTS' QLAUNCH='$QLAUNCH'; measure $*" >"$TMP/out" 2>"$TMP/err"
	is "$name: ends with 0" $? 0 || note "$(cat "$TMP/err")"
	is "$name: about $expected" "$(lines "$RESULTS" ".figures.io_punted_share.value | . != null and (. - $expected | fabs) < 0.02")" true
	is "$name: counting costs where there is something to count" "$(lines "$RESULTS" ".figures.observer_cost |
		.unit == \"%\" and (.value > 0) == ($expected > 0)")" true
	is "$name: as perf has it" "$(lines "$RESULTS" ".figures.io_punted_share.value -
		$(witness io_uring_queue_async_work) / $(witness io_uring_submit_req) | fabs < 0.02")" true
}

if perf stat -a -e io_uring:io_uring_queue_async_work,io_uring:io_uring_submit_req true >/dev/null 2>&1; then
	if [ "$(stat -f -c %T /dev/shm)" = tmpfs ]; then
		agrees tmpfs 1 --scratch /dev/shm
		[ "$(nproc)" -lt 2 ] || agrees "tmpfs, through a polling thread" 1 --scratch /dev/shm --sqpoll on
	else
		skip "tmpfs" "/dev/shm is none here"
	fi
	case $(stat -f -c %T "$TMP") in
	ext2/ext3 | xfs) agrees "page cache" 0 --scratch "$TMP" ;;
	*) skip "page cache" "$TMP is neither on ext4 nor on xfs" ;;
	esac
	# somebody else's requests are not the load's
	mkdir "$TMP/other"
	"$QLOAD" randread --scratch=/dev/shm --scratch-size=8M --direct=off --rate=2000 --duration=2s --warmup=0s >/dev/null &
	other=$!
	tap_pids="$tap_pids $other"
	case $(stat -f -c %T "$TMP") in
	ext2/ext3 | xfs)
		measure --scratch "$TMP/other" >/dev/null 2>&1
		is "another program's are not counted" "$(lines "$RESULTS" .figures.io_punted_share.value)" 0
		;;
	esac
	wait "$other"
else
	skip "the share" "perf may not count io_uring's events here"
fi

measure --workload cpu >/dev/null 2>&1
is "of what does no I/O there is none" "$(lines "$RESULTS" 'select(.workload == "cpu") | .figures |
	has("io_punted_share")')" false
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$TMP"
	mkdir "$TMP/nobody"
	chown 65534 "$TMP/nobody"
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		env XDG_STATE_HOME="$TMP/nobody" "$QLAUNCH" bench --where native --vcpus 1 --workload randread --repeat 1 \
		--duration 100ms --warmup 0s --scratch-size 8M -o - >"$RESULTS" 2>"$TMP/err"
	like "without the right it is null and says why" \
		"$(lines "$RESULTS" '.figures.io_punted_share | "\(.value) \(.why)"')" '^null (tracefs|counting them needs)'
fi
finish

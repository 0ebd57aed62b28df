#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mostly waits
# What goes to stdout arrives whole, or its loss is an error: each kind of output to a full device, a closed descriptor,
# a pipe that is not blocking, and a reader that has gone.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

RESULTS=tests/data/results-verdicts.jsonl

# A command whose stdout is a pipe that is small and not blocking.
unblocked() { # COMMAND...
	perl -MFcntl -e 'fcntl(STDOUT, 1031, 4096) && fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK) or die; exec @ARGV' "$@"
}

# Without what doctor measures anew each time.
steady() {
	sed '/^steal /s/[0-9.]* %/N %/g'
}

check_kind() { # NAME COMMAND...
	local name=$1

	shift
	refuses "$name to a full device" 1 "^qlaunch: .*No space left on device" sh -c '"$@" >/dev/full' sh "$@"
	refuses "$name to a closed stdout" 1 "^qlaunch: .*Bad file descriptor" sh -c '"$@" >&-' sh "$@"
	"$@" >"$TMP/whole" 2>/dev/null
	unblocked "$@" 2>"$TMP/err" | { sleep 0.3; cat; } >"$TMP/slow"
	is "$name through a pipe that is not blocking" "${PIPESTATUS[0]}:$(cat "$TMP/err"):$(cmp <(steady <"$TMP/whole") <(steady <"$TMP/slow"))" "0::"
	# the reader has gone before the first byte
	mkfifo "$TMP/pipe"
	exec 4<>"$TMP/pipe"
	exec 5>"$TMP/pipe" 4>&-
	(trap '' PIPE; exec "$@") >&5 2>"$TMP/err"
	is "$name to a reader that has gone: as by SIGPIPE, without a word" "$?:$(cat "$TMP/err")" "141:"
	exec 5>&-
	rm "$TMP/pipe"
}

check_kind --help "$QLAUNCH" --help
check_kind --version "$QLAUNCH" --version
check_kind "a table" "$QLAUNCH" report -v "$RESULTS"
check_kind csv "$QLAUNCH" report --format csv "$RESULTS"
check_kind json "$QLAUNCH" report --format json "$RESULTS"
check_kind markdown "$QLAUNCH" report --format markdown "$RESULTS"
check_kind "a dry run" "$QLAUNCH" bench --accel tcg --dry-run --seed 1
check_kind "a job's script" "$QLAUNCH" sweep --policy other,batch --slurm 1 --seed 1
check_kind doctor "$QLAUNCH" doctor --accel tcg

unblocked "$QLAUNCH" bench "${SHORT[@]}" --where native --workload cpu -q -o - 2>"$TMP/err" | { sleep 1; cat; } >"$TMP/slow"
is "result lines through a pipe that is not blocking" "$(jq -r .ended "$TMP/slow")" "done"
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian 13 in a private root (tests/lab/debian13.sh): it builds there without a warning, and I/O works on the host and in a
# guest.  In a campaign the whole suite runs there as well.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

LAB13=tests/lab/debian13.sh
# of the disk, as the build folder is: O_DIRECT is not what it is on tmpfs
export TMPDIR=$BUILD/tests

# By its folders: other mounts of this machine come and go.
mounts() {
	grep -c -e /debian13 -e qlaunch-lab /proc/self/mountinfo
}

section() { # NAME: without its status
	sed -n "/^@@ $1\$/,/^@@ /p" "$TMP/out" | sed '1d; /^@@ /d; /^status [0-9]*$/d'
}

status_of() { # NAME
	sed -n "/^@@ $1\$/,/^@@ /s/^status //p" "$TMP/out" | head -n 1
}

run "$LAB13" "BUILD RUN UNIT BPF" sh tests/lab/job_debian13.sh
[ "$status" != 77 ] || skip_all "$(tail -n 1 "$TMP/err")"
is "the lab ends with 0" "$status" 0 || note "$(tail "$TMP/err")"
note "gcc $(section gcc), liburing $(section liburing), $(section qemu)"
check "gcc is another than Debian 12's" test "$(section gcc)" -ge 14
is "it builds" "$(status_of build)" 0 || note "$(section build)"
is "without a warning" "$(section build)" ""
is "the unit tests pass" "$(status_of units)" 0 || note "$(section units | grep -v '^ok')"
like "there are many of them" "$(section units | tail -n 1)" "^[3-9][0-9][0-9] passed, 0 failed"
is "qload's I/O works, by a thread of the kernel's too" "$(status_of qload) $(section qload |
	jq -r '.figures.io_read_iops.value > 0' | paste -sd,)" "0 true,true"
is "a bench ends with 0" "$(status_of bench)" 0 || note "$(section bench)"
is "I/O on the host and in a guest has a value" "$(section lines |
	jq -r '"\(.arm) \(.figures.io_read_iops.value > 0) \(.error)"' | sort | paste -sd,)" "guest true null,native true null"
is "report reads them" "$(status_of report) $(section report | jq -r .schema)" "0 qlaunch.report/1"
is "a disk past the page cache runs until its guest is off" "$(status_of disk) $(section disk | jq -r .ended)" "0 guest-shutdown" ||
	note "$(section disk)"
is "a dry run shows the main job" "$(status_of dry-run) $(section dry-run | grep -c '^arm [0-9]*: ')" "0 7" ||
	note "$(section dry-run)"
is "no mount is left on this machine" "$(mounts)" 0
is "no folder of the lab's is left" "$(find "$TMPDIR" -maxdepth 1 -name 'debian13.*')" ""

if [ -n "${CAMPAIGN:-}" ]; then
	run "$LAB13" "BUILD RUN UNIT TEST BPF REPORT" make test
	is "the whole suite passes there" "$status" 0 || note "$(grep -v '^ok' "$TMP/out" | tail -n 60)"
fi
finish

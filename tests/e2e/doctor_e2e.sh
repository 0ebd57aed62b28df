#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `qlaunch doctor`: what it says is what a launch then meets; it changes nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

verdict() { # CHECK
	sed -n "s/^$1 *\([a-z]*\) .*/\1/p" "$TMP/out"
}

run "$QLAUNCH" doctor
is "it ends with 0 where nothing is bad" "$status:$(cat "$TMP/err")" "0:"
is "each row has a verdict" "$(grep -Evc '^([a-z_]+ +(ok|limited|bad) +.+| +mend: .+)$' "$TMP/out")" 0
cp "$TMP/out" "$TMP/plain"
run "$QLAUNCH" doctor --json
is "as JSON the same" "$(jq -r '.checks[] | "\(.check) \(.verdict)"' "$TMP/out")" \
	"$(sed -n 's/^\([a-z_]\+\) *\([a-z]*\) .*/\1 \2/p' "$TMP/plain")"
is "the kernel it finds is the one that bench boots" "$(sed -n 's/^kernel *ok *//p' "$TMP/plain")" \
	"$("$QLAUNCH" bench --where guest --dry-run 2>/dev/null | sed -n '/^to paste/{n;s/.* -kernel \([^ ]*\) .*/\1/p}' |
		while read -r kernel; do [ ! -e "$kernel" ] || echo "$kernel"; done)"

# killed at the moment that its real-time trial's child is there
is "kill -9 leaves no child of it" "$("$BUILD/tests/orphans" 20000 "$(command -v strace)" -qq -o /dev/null -e trace=kill \
	-e inject=kill:signal=KILL:when=1 "$QLAUNCH" doctor 2>/dev/null | grep '^left behind')" ""

run timeout -k 1 60 strace -qq -o /dev/null -e trace=kill -e inject=kill:error=EPERM "$QLAUNCH" doctor
is "a child that cannot be killed is not waited for" "$status" 0

run "$QLAUNCH" doctor --pin 999
is "knobs that cannot be carried out are bad" "$status:$(verdict plan)" "1:bad"
like "with the sentence of a launch" "$(grep ^plan "$TMP/out")" "CPU 999 does not exist"
is "and one sentence on stderr" "$(cat "$TMP/err")" "qlaunch: 1 of $(grep -c '^[a-z]' "$TMP/out") checks is bad"

run env PATH="$TMP" "$QLAUNCH" doctor
is "without QEMU" "$status:$(verdict qemu)" "1:bad"
like "it says how to get it" "$(grep -A1 ^qemu "$TMP/out" | tail -n 1)" "mend: apt-get install .*qemu-system-x86"

XDG_CACHE_HOME=$TMP/fresh XDG_STATE_HOME=$TMP/fresh run setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
	--bounding-set=-all env HOME="$TMP/fresh" "$(open_copy)" doctor
is "without rights real-time is limited" "$(verdict realtime)" limited
like "and the reason is the kernel's" "$(grep ^realtime "$TMP/out")" "CAP_SYS_NICE or RLIMIT_RTPRIO"
is "it makes no file" "$(ls "$TMP/fresh" 2>/dev/null)" ""
finish

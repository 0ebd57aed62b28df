#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A CPU quota of version 2 (throttled_usec), on the emulated host: this machine's cpu controller may be version 1's, which
# kept_e2e.sh then has.
# mostly waits
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

tests/lab/kernel.sh >"$TMP/kernel" 2>&1 || skip_all "no kernel for the emulated host: $(tail -n 1 "$TMP/kernel")"
tests/lab/kvm_lab.sh --timeout 300 --file "$QLAUNCH:/usr/bin/qlaunch" --file "$QLOAD:/usr/bin/qload" \
	--console "$TMP/console" tests/lab/job_quota.sh >"$TMP/said" 2>"$TMP/stderr"
is "the job's exit status comes back" $? 7
is "the bench ends with 0" "$(sed -n 's/^status //p' "$TMP/said")" 0
grep '^{' "$TMP/said" >"$TMP/line"
figure=$(jq .figures.quota_throttled_s.value "$TMP/line")
window=$(jq .window_s.host "$TMP/line")
# the samples do not know where the window was: the least and the most that cpu.stat grew by in a time as long
read -r least most <<<"$(awk -v window="$window" '
	$1 == "sample" { at[++n] = $2; s[n] = $3 / 1e6 }
	END {
		least = 1e9
		for (i = 1; i <= n; i++) {
			for (k = i; k < n && at[k] - at[i] < window; k++);
			if (at[k] - at[i] < window) break
			grown = (s[k] - s[i]) * window / (at[k] - at[i])
			if (grown < least) least = grown
			if (grown > most) most = grown
		}
		print least, most + 0
	}' "$TMP/said")"
note "$figure s in a window of $window s; cpu.stat by the samples: $least to $most s"
is "the figure is one that cpu.stat grew by" "$(jq -n "$figure > 0.1 and $figure >= 0.9 * $least and $figure <= 1.1 * $most")" true
like "a warning names the limit and its file" "$(jq -r '.warnings | join("; ")' "$TMP/line")" \
	"quota of 20000 of 100000 us kept threads off their CPUs for [0-9.]+ s .*raise it in /sys/fs/cgroup/quota"
[ "$tap_failed" = 0 ] || note "$(tail -n 20 "$TMP/stderr" "$TMP/console")"
finish

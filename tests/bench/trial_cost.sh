#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# trial_cost.sh - what a trial costs beyond its warm-up and duration, from one line's start to the next: natively with
# one qload, natively with a new qload each time, and in a guest that is re-tuned live.  Target: 50 ms, in the median.
set -eu

QLAUNCH=${BUILD:-build}/qlaunch
TRIALS=${TRIALS:-20}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
export XDG_STATE_HOME=$folder

cost() { # NAME SWEEP-OPTION...
	local name=$1

	shift
	"$QLAUNCH" sweep --control off --workload cpu --vcpus 1 --duration 100ms --warmup 50ms --boots 1 \
		--repeat "$TRIALS" -q -o "$folder/$name.jsonl" "$@" >/dev/null
	jq -rs --arg name "$name" '
		map(.started | (sub("\\.\\d+Z$"; "Z") | fromdate) * 1000 + (capture("\\.(?<ms>\\d+)Z$").ms | tonumber)) | . as $at
		| [range(1; $at | length) | $at[.] - $at[. - 1] - 150] | sort
		| "\($name) \(length) \(.[length / 2 | floor]) \(.[length / 4 | floor]) \(.[length * 3 / 4 | floor])"' \
		"$folder/$name.jsonl" |
		while read -r _ n median low high; do
			printf '%-38s %3d %10d ms %17s  %s\n' "a trial, $name" "$n" "$median" "$low..$high ms" \
				"$([ "$median" -le 50 ] && echo met || echo MISSED)"
		done
}

printf '\n%-38s %3s %13s %17s  %s\n' 'beyond warm-up and duration' n median quartiles target
cost native --where native
cost native-anew --where native --policy other,batch
cost guest --accel "${ACCEL:-auto}" --policy other,batch

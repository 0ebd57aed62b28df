#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest whose clock runs eight times too fast, or three times too slow: its rates are not kept, the host's figures are.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

WORDS=(--where guest --accel tcg --vcpus 1 --workload cpu --observe light --duration 400ms --warmup 300ms)
ask() { # RATE JQ-FILTER
	jq -r "select(.arm | test(\"$1\")) | $2" "$TMP/results.jsonl" 2>&1
}

khz=$("$QLAUNCH" bench "${WORDS[@]}" --dry-run 2>/dev/null | sed -n 's/.*tsc_early_khz=\([0-9]*\).*/\1/p' | head -n 1)
[ -n "$khz" ] || skip_all "this CPU has no time stamp counter"
fast=$((khz / 8)) slow=$((khz * 3))

# the last word of a kernel's command line counts
run "$QLAUNCH" sweep "${WORDS[@]}" --append "tsc_early_khz=$fast,tsc_early_khz=$slow" --repeat 1 --boots 1 \
	--control off -o "$TMP/results.jsonl"
is "a sweep whose clocks are all wrong has no value: exit 1" "$status" 1 || note "$(cat "$TMP/err")"

for arm in "$fast" "$slow"; do
	what=$([ "$arm" = "$fast" ] && echo fast || echo slow)
	like "$what: its rate is unknown, with the reason" "$(ask "$arm" '.figures.cpu_events_per_s | "\(.value) \(.why)"')" \
		"^null the guest's clock ran [0-9.]+ times as fast as the host's$"
	is "$what: no histogram is left" "$(ask "$arm" '.histograms | length')" 0
	is "$what: the host's own figures stand" "$(ask "$arm" '.figures | .cpu_time_s.value > 0 and .context_switches.value > 0')" \
		true
	is "$what: one warning, and not also of the windows" "$(ask "$arm" '[.warnings[] | select(test("clock ran"))] | length')$(
		ask "$arm" '[.warnings[] | select(test("more than 1 % apart"))] | length')" 10
	is "$what: the trial is done" "$(ask "$arm" .ended)" "done"
done
is "the rate says which way" "$(ask "$fast" '.figures.cpu_events_per_s.why | split(" ")[4] | tonumber > 2')$(
	ask "$slow" '.figures.cpu_events_per_s.why | split(" ")[4] | tonumber < 0.9')" truetrue
run "$QLAUNCH" report "$TMP/results.jsonl"
like "the report says it" "$(tr -s ' \n' ' ' <"$TMP/out")" "warnings? .*the guest's clock ran [0-9.]+ times as fast"
note "$(ask . '"\(.arm): \(.window_s) \(.figures.cpu_events_per_s.value)"')"
finish

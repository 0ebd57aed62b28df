#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# report_e2e.sh - a large file of real lines is read right, line for line: medians as jq finds them, hostile lines counted.
# How fast that is, `make bench-self` says.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

LINES_WANTED=3000
MORE=$BUILD/tests/more_results

"$QLAUNCH" bench --where native --vcpus 1 --workload cpu,randread --scratch-size 4M --duration 60ms --warmup 10ms \
	--repeat 2 -q -o "$TMP/real.jsonl" >/dev/null 2>"$TMP/said" || fail "real lines" "$(cat "$TMP/said")"
check "more of them" sh -c "'$MORE' '$TMP/real.jsonl' $LINES_WANTED 3 >'$TMP/good.jsonl'"
is "as many as wanted" "$(jq -c .arm "$TMP/good.jsonl" 2>&1 | grep -c '^"native')" "$LINES_WANTED"

# between good lines: another program's, half of one, text, one of the future, one of 5 MB; the last is torn
awk -v torn="$(head -c 900 "$TMP/real.jsonl")" '
	NR % 1000 == 1 {
		print "{\"event\":\"x\"}"
		print torn
		print "\033[31mtext"
		print "{\"schema\":\"qlaunch.result/9\",\"arm\":\"a\"}"
		printf "{\"schema\":\"qlaunch.result/1\",\"arm\":\""
		for (i = 0; i < 50000; i++) printf "%0100d", 0
		print "\"}"
	}
	{ print }
	END { printf "%s", torn }' "$TMP/good.jsonl" >"$TMP/large.jsonl"

report() { # FORMAT
	"$QLAUNCH" report --format "$1" "$TMP/large.jsonl" >"$TMP/report.$1" 2>"$TMP/said" || cat "$TMP/said"
}

is "json" "$(report json)" ""
is "all good lines are trials" "$(jq .trials "$TMP/report.json")" "$LINES_WANTED"
is "all others are counted" "$(jq -c '.skipped | [.torn, .broken, .foreign, .other_version, .too_long]' "$TMP/report.json")" \
	"[1,6,3,3,3]"
# median of the known values of each arm, workload and figure: without our reader
jq -rn '[inputs | {arm, workload} + (.figures | to_entries[] | {figure: .key, value: .value.value})]
	| group_by([.arm, .workload, .figure])[]
	| [.[].value | numbers] as $v | ($v | sort) as $s | ($s | length) as $n
	| [.[0].arm, .[0].workload, .[0].figure, $n,
	   (if $n > 0 then ($s[($n - 1) / 2 | floor] + $s[$n / 2 | floor]) / 2 else null end)] | @tsv' \
	"$TMP/good.jsonl" | sort >"$TMP/want"
jq -r '.comparisons[] | [.arm, .workload, .figure, .n, .median] | @tsv' "$TMP/report.json" | sort >"$TMP/got"
is "rows" "$(wc -l <"$TMP/got")" "$(wc -l <"$TMP/want")"
is "medians are those of the lines" "$(paste "$TMP/want" "$TMP/got" | awk -F '\t' '
	{ off = $5 - $10 }
	$1 != $6 || $2 != $7 || $3 != $8 || $4 != $9 || off * off > 1e-18 * $5 * $5' | head -3)" ""

is "table" "$(report table)" ""
is "no wider than 100 columns" "$(awk 'length > 100' "$TMP/report.table" | head -2)" ""
check "it says what was skipped" grep -q 'skipped.*16 lines' "$TMP/report.table"
is "markdown" "$(report markdown)" ""
is "csv" "$(report csv)" ""
is "a line of csv a comparison" "$(($(wc -l <"$TMP/report.csv") - 1))" "$(wc -l <"$TMP/got")"
is "no colour and no control character" "$(cat "$TMP/report.table" "$TMP/report.markdown" "$TMP/report.csv" | LC_ALL=C grep -c '[[:cntrl:]]')" 0

# on a terminal: colour for better and worse, unless NO_COLOR is set; elsewhere none
terminal() { # VARIABLE=VALUE
	env TERM=xterm "$1" script -qec "'$QLAUNCH' report tests/data/results-verdicts.jsonl" /dev/null </dev/null
}
is "verdicts in colour on a terminal" "$(terminal X=1 | grep -cE $'\033\\[3[12]m *(better|worse)')" \
	"$(terminal X=1 | grep -cE '(better|worse)(: 95|, beyond| \[)')"
is "NO_COLOR" "$(terminal NO_COLOR=1 | grep -c $'\033')" 0
is "a dumb terminal" "$(terminal TERM=dumb | grep -c $'\033')" 0
is "the same words" "$(terminal X=1 | sed $'s/\033\\[[0-9]*m//g; s/\\r$//' | cksum)" \
	"$("$QLAUNCH" report tests/data/results-verdicts.jsonl | cksum)"

# two files: each arm against itself; a limit that is broken is exit 3, a kept one is 0.  A boot for every round: two
# files share none
sed -E 's/"block":[0-9],"repeat":([0-9])/"block":\1,"repeat":\1/' tests/data/results-verdicts.jsonl >"$TMP/old.jsonl"
sed 's/"seed":7,/"seed":8,/g' "$TMP/old.jsonl" >"$TMP/same-host.jsonl"
sed 's/"cpus":4/"cpus":8/' "$TMP/same-host.jsonl" >"$TMP/other-host.jsonl"
two() { "$QLAUNCH" report "$@" "$TMP/old.jsonl"; }
check "unlike hosts are named" sh -c "'$QLAUNCH' report '$TMP/old.jsonl' '$TMP/other-host.jsonl' | grep -q 'differ.*cpus'"
is "and have no verdict" "$("$QLAUNCH" report --format json "$TMP/old.jsonl" "$TMP/other-host.jsonl" |
	jq '[.comparisons[] | select(.baseline != .arm and (.control | not) and (.arm | test("other-host")) and .verdict != "n/a")] | length')" 0
refuses "one session against one says nothing" 1 "one session on each side; the spread between sessions is not known" \
	"$QLAUNCH" report --fail-if 'cpu_events_per_s worse 5%' "$TMP/old.jsonl" "$TMP/same-host.jsonl"
check "unless their spread is known" "$QLAUNCH" report --fail-if 'cpu_events_per_s worse 5%' --session-spread 1% \
	"$TMP/old.jsonl" "$TMP/same-host.jsonl"
check "the same lines again are within any limit" "$QLAUNCH" report --fail-if 'cpu_events_per_s worse 5%' \
	"$TMP/old.jsonl" "$TMP/old.jsonl"
cp "$TMP/old.jsonl" "$TMP/copy.jsonl"
like "and that they are the same is said" "$("$QLAUNCH" report "$TMP/old.jsonl" "$TMP/copy.jsonl")" \
	"same lines +.*copy.jsonl holds only lines of the files before it"
# idle is 30 % worse in the old file, too: that is not what the new one did
sed -E 's/"arm":"guest policy=fifo:1"(.*"cpu_events_per_s":\{"value":)10/"arm":"guest policy=fifo:1"\18/' "$TMP/same-host.jsonl" >"$TMP/slower.jsonl"
"$QLAUNCH" report --fail-if 'cpu_events_per_s worse 5%' --session-spread 1% "$TMP/old.jsonl" "$TMP/slower.jsonl" \
	>/dev/null 2>"$TMP/said"
is "a slower new file breaks it" "$?" 3
check "by the arm that got slower" grep -q 'guest policy=fifo:1 .slower' "$TMP/said"
two --fail-if 'cpu_events_per_s worse 10%' >/dev/null 2>"$TMP/said"
is "a broken limit is exit 3" "$?" 3
check "and says which" grep -q 'guest policy=idle' "$TMP/said"
# three trials say nothing, however large the difference
jq -c 'select(.repeat < 3)' "$TMP/old.jsonl" >"$TMP/three.jsonl"
refuses "a limit that three trials cannot judge is exit 1" 1 \
	'of guest policy=fifo:1 against guest has no verdict, so the limit says nothing: .*3 boots; 8 are needed for 4 arms \(--boots 8 --repeat 8\)' \
	"$QLAUNCH" report --fail-if 'cpu_events_per_s worse 10%' "$TMP/three.jsonl"
# sessions: three of each kernel, in any order of words; by a field of the host; more to learn from
for i in 1 2 3; do
	sed "s/\"seed\":7,/\"seed\":1$i,/" "$TMP/old.jsonl" >"$TMP/old$i.jsonl"
	sed "s/\"seed\":8,/\"seed\":2$i,/; s/6[.]18[.]44/6.19.1/" "$TMP/slower.jsonl" >"$TMP/new$i.jsonl"
done
sessions() { # WORD...
	"$QLAUNCH" report --format json "$@" | jq -r '.comparisons[] | select(.primary and .workload == "cpu" and
		.arm == "guest policy=fifo:1 [new]") | "\(.units) \(.unit_of_comparison) \(.verdict)"'
}
is "old against new sessions" "$(sessions --new "$TMP"/new[123].jsonl --old "$TMP"/old[123].jsonl)" "3 session worse"
is "by the kernel's version" "$(sessions --by kernel "$TMP"/old[123].jsonl "$TMP"/new[123].jsonl)" "3 session worse"
is "one against one, with four to learn from, is too few" "$(sessions --old "$TMP/old1.jsonl" --new "$TMP/new1.jsonl" \
	--spread-from "$TMP"/old[23].jsonl "$TMP/old.jsonl" "$TMP/same-host.jsonl")" "1 session inconclusive"
refuses "a field that all have alike" 2 "by cpus: all files have the same value" "$QLAUNCH" report --by cpus "$TMP"/old[12].jsonl
refuses "a side alone" 2 "needs both --old FILE... and --new FILE..." "$QLAUNCH" report --old "$TMP/old1.jsonl"
refuses "a file of no side" 2 "is neither --old nor --new" "$QLAUNCH" report "$TMP/old.jsonl" --old "$TMP/old1.jsonl" \
	--new "$TMP/new1.jsonl"
sed 's/"seed":7,/"seed":9,"spec":{"duration":"1s"},/' "$TMP/old.jsonl" >"$TMP/short.jsonl"
sed 's/"seed":7,/"seed":7,"spec":{"duration":"5s"},/' "$TMP/old.jsonl" >"$TMP/long.jsonl"
is "unlike settings are not compared" "$("$QLAUNCH" report --format json "$TMP/long.jsonl" "$TMP/short.jsonl" |
	jq -r '[.comparisons[] | select((.arm | test("short")) and (.control | not)) | .why_ratio] | unique | join(",")')" "--duration differs"
"$QLAUNCH" report --format junit --fail-if 'cpu_events_per_s worse 10%' --fail-if 'run_delay_s > 500ms' "$TMP/old.jsonl" \
	>"$TMP/junit.xml" 2>/dev/null
is "JUnit has a case an arm and limit" "$(grep -c '<testcase ' "$TMP/junit.xml") $(grep -c '<failure ' "$TMP/junit.xml")" "14 3"
refuses "JUnit without a limit" 2 "junit needs --fail-if" "$QLAUNCH" report --format junit "$TMP/old.jsonl"
refuses "a limit that is none" 2 'fail-if' "$QLAUNCH" report --fail-if 'worse' "$TMP/old.jsonl"
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# html_e2e.sh - the page in a real browser, opened from disk: it draws, filters, sorts and shows its tips without one
# console message; the results of a thousand trials stay below 2 MB; without its libraries it says what to run.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

# A browser without a past and without a network; `make test` runs as root, where its own sandbox does not work.
browse() { # ADDRESS OPTION...
	local address=$1

	shift
	rm -rf "$TMP/browser"
	timeout 600 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync --user-data-dir="$TMP/browser" \
		--enable-logging=stderr --virtual-time-budget=4000 --window-size=1400,1600 "$@" "$address" 2>"$TMP/browser.err"
}

# A sweep of 8 arms, 4 workloads and 31 repeats with hostile names, threads, histograms; one line with samples.
results() {
	awk 'BEGIN {
		srand(7)
		split("cpu randrw wakeup mem", w, " ")
		for (r = 0; r < 32; r++) for (a = 0; a < 8; a++) for (k = 1; k <= 4; k++) {
			v = 100 * (1 + a / 10) * (1 + rand() / 50)
			name = a == 0 ? "native" : a == 7 ? "<img src=x onerror=alert(1)></script>" : "guest policy=fifo:" a
			printf "{\"schema\":\"qlaunch.result/1\",\"arm\":\"%s\",\"workload\":\"%s\",\"block\":%d,\"repeat\":%d,", name, w[k], r, r
			printf "\"seed\":1,\"baseline\":\"native\",\"arm_order\":%d,\"primary\":\"%s_ops_per_s\",", a, w[k]
			printf "\"started\":\"2026-01-02T03:%02d:%02dZ\",\"spec\":{\"where\":\"guest\",\"policy\":\"fifo:%d\",\"force\":\"on\",\"confine\":\"on\",\"user\":\"nobody\",\"reboot\":\"off\",\"overwrite\":\"off\"},", r, a * 4 + k, a + 1
			printf "\"host\":{\"name\":\"lab\",\"cpu_model\":\"AMD EPYC\",\"cpus\":2,\"kernel\":\"6.18\"},\"threads\":["
			for (t = 0; t < 6; t++)
				printf "%s{\"tid\":%d,\"role\":\"vcpu\",\"index\":%d,\"name\":\"CPU %d<b>\",\"got\":{\"cpus\":\"%d\",\"policy\":\"fifo:%d\"},\"stray\":false}", t ? "," : "", 100 + t, t, t, t, a
			printf "],\"figures\":{\"%s_ops_per_s\":{\"value\":%.3f,\"unit\":\"ops/s\",\"better\":\"higher\"%s}", w[k], v, a == 3 ? ",\"share\":0.295" : ""
			for (f = 0; f < 20; f++)
				printf ",\"%s_f%d_ns\":{\"value\":%.6f,\"unit\":\"ns\",\"better\":\"lower\"}", w[k], f, v * 1000 * (f + rand())
			for (f = 0; f < 4; f++) {
				printf ",\"%s\":{\"value\":%.6f,\"unit\":\"s\",\"better\":\"none\",\"by\":{", f == 0 ? "cpu_time_s" : f == 1 ? "run_delay_s" : f == 2 ? "context_switches" : "migrations", v
				for (t = 0; t < 6; t++)
					printf "%s\"vcpu/%d\":%.6f", t ? "," : "", t, v * rand()
				printf "}}"
			}
			for (f = 0; f < 3; f++)
				printf ",\"%s_per_op\":{\"value\":%.6f,\"unit\":\"%s\",\"better\":\"lower\"}", f == 0 ? "run_delay_ns" : f == 1 ? "context_switches" : "migrations", v * (1 + rand() / 50), f ? "1" : "ns"
			printf "},\"histograms\":{\"%s_ns\":[", w[k]
			for (b = 0; b < 100; b++)
				printf "%s[%d,%d]", b ? "," : "", exp(b / 12) * 1000, 1 + 1000 * exp(-(b - 40) * (b - 40) / 90)
			printf "]},"
			if (k == 1) {
				printf "\"observe\":\"deep\",\"by_reason\":"
				if (a == 0)
					printf "null"
				else
					printf "{%s\"npf\":{\"count\":10,\"total_s\":0.02,\"p50_ns\":null,\"p99_ns\":null,\"max_ns\":5000000,\"why\":\"ten are few\"},\"hlt\":{\"count\":%d,\"total_s\":%.3f,\"p50_ns\":2000000,\"p99_ns\":9000000,\"max_ns\":20000000,\"by\":{\"vcpu/1\":{\"count\":1000,\"total_s\":1,\"p50_ns\":1000,\"p99_ns\":null,\"max_ns\":7000},\"vcpu/0\":{\"count\":500,\"total_s\":2,\"p50_ns\":3000,\"p99_ns\":4000,\"max_ns\":8000}}}}", r ? "" : "\"cpuid\":{\"count\":1,\"total_s\":0.000032},", 1500 * a, a / 2
				printf ",\"preemptors\":[{\"comm\":\"<img src=x onerror=alert(2)>\",\"tid\":%d,\"count\":4,\"time_s\":0.25,\"victim\":\"vcpu/0\"}],", 100 + r
			}
			printf "\"warnings\":[],\"ended\":\"done\"}\n"
		}
		printf "{\"schema\":\"qlaunch.result/1\",\"arm\":\"run\",\"workload\":\"run\",\"seed\":2,\"figures\":{},\"samples\":["
		for (i = 1; i < 60; i++)
			printf "%s{\"t_s\":%d,\"vcpu/0\":{\"cpu_time_s\":%.3f,\"run_delay_s\":%.3f,\"context_switches\":%d}}", (i > 1 ? "," : ""), i, i * .8, i * .1, i * 300
		printf "]}\n"
	}'
}

# The seed study's arms under TCG, with a gap to close, a constant figure and two warnings.
seed_results() {
	awk 'BEGIN {
		srand(3)
		split("native,VM,VM pinned,VM virtio,VM fifo,VM rr", a, ",")
		split("100 740 592 614.2 361.1 592", ms, " ")
		for (b = 0; b < 10; b++) for (i = 1; i <= 6; i++) {
			printf "{\"schema\":\"qlaunch.result/1\",\"arm\":\"%s\",\"workload\":\"randrw\",\"block\":%d,\"repeat\":%d,\"seed\":1,", a[i], b, b
			printf "\"arm_order\":%d,\"baseline\":\"native\",\"primary\":\"io_read_iops\",\"boot_group\":%d,\"spec\":{\"where\":\"%s\"},", i, i == 1 ? -1 : i, i == 1 ? "native" : "guest"
			printf "\"started\":\"2026-01-02T03:%02d:00Z\",\"host\":{\"name\":\"lab\",\"cgroup\":\"/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\"},", b
			if (i > 1)
				printf "\"vm\":{\"accel\":\"tcg\",\"qemu\":\"7.2.22\",\"argv\":[\"qemu-system-x86_64\"]},"
			printf "\"figures\":{\"io_read_iops\":{\"value\":%.3f,\"unit\":\"1/s\",\"better\":\"higher\"},", 3e7 / ms[i] * (1 + rand() / 40)
			printf "\"io_read_p95_ns\":{\"value\":%.0f,\"unit\":\"ns\",\"better\":\"lower\"},", ms[i] * 1e3 * (1 + rand() / 40)
			printf "\"migrations_per_op\":{\"value\":0,\"unit\":\"1\",\"better\":\"lower\"}},\"histograms\":{\"io_read_ns\":[[%d,90],[%d,10]]},", ms[i] * 900, ms[i] * 1000
			printf "\"by_reason\":%s,\"warnings\":[\"a first caution\",\"a second caution, of %d boots\"]}\n", i == 1 ? "null" : "{\"hlt\":{\"count\":10,\"total_s\":1}}", b
		}
	}'
}

# What a page in a frame of so many pixels says of itself: a browser's window has at least 500.
in_frame() { # PAGE WIDTH
	printf '<!doctype html><iframe src="%s#selftest" style="width:%dpx;height:1500px;border:0"></iframe><output id="selftest"></output>%s' "$1" "$2" \
		'<script>addEventListener("message", (e) => { document.getElementById("selftest").textContent = e.data; });</script>' >"$TMP/frame.html"
	browse "file://$TMP/frame.html" --hide-scrollbars --dump-dom >"$TMP/dom.html"
	answer
}

answer() {
	sed -n 's|.*<output id="selftest">\(.*\)</output>.*|\1|p' "$TMP/dom.html" | sed 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' >"$TMP/selftest"
}

skipped() { # REASON
	skip "the page in a browser" "$1"
	finish
}

mkdir "$TMP/bare"
cp "$QLAUNCH" "$TMP/bare"
refuses "without its libraries" 2 'make report-assets' "$TMP/bare/qlaunch" report --format html tests/data/results-quick.jsonl
check "the table needs none of them" "$TMP/bare/qlaunch" report tests/data/results-quick.jsonl

make -s BUILD="$BUILD" report-assets >"$TMP/make" 2>&1 || skipped "make report-assets: $(tail -n 1 "$TMP/make")"
command -v chromium >/dev/null || skipped "no chromium here"

results >"$TMP/results.jsonl"
"$QLAUNCH" bench --where native --vcpus 1 --workload cpu --duration 50ms --warmup 10ms --repeat 1 -o - \
	2>/dev/null | sed 's/"arm":"native"/"arm":"measured"/' >>"$TMP/results.jsonl"
check "the page is written" sh -c "'$QLAUNCH' report --format html '$TMP/results.jsonl' >'$TMP/page.html'"
size=$(stat -c %s "$TMP/page.html")
note "$(grep -c . "$TMP/results.jsonl") trials: $((size / 1000)) kB"
check "below 2 MB" test "$size" -lt 2000000
is "it loads nothing" "$(grep -oE '(src|href)="[^"]*"' "$TMP/page.html")" ""

browse "file://$TMP/page.html#selftest" --dump-dom >"$TMP/dom.html"
answer
note "$(cat "$TMP/selftest")"
of() { jq -r "$1" "$TMP/selftest" 2>&1; }
is "no console message" "$(grep -i 'CONSOLE' "$TMP/browser.err")" ""
is "no script failed" "$(of '.problems | length')" 0
is "one heat map cell an arm and workload" "$(of .heat)" 32
is "a verdict has its correlated changes" "$(of ".explained | test(\"[▲▼] .* · .*(run_delay_ns_per_op|context_switches_per_op) .* → .*\\\\(\")")" true
is "single trials are dots" "$(of '.trials > 1000')" true
is "intervals are bars" "$(of '.intervals > 50')" true
is "distributions are lines" "$(of .cdfs)" 33
is "a tip says what a dot is" "$(of '.tip | test("native.*block [0-9]+, repeat [0-9]+")')" true
is "the mouse leaves, and the tip goes" "$(of .no_tip)" ""
is "arrow keys show a tip as well" "$(of '.key_tip | test("native.*(block [0-9]+, repeat [0-9]+|median)")')" true
is "Escape takes it away" "$(of .key_gone)" ""
is "a click sorts" "$(of '.sorted | startswith("Median")')" true
is "rows without a filter" "$(of '.rows > 100')" true
is "a filter takes them away" "$(of .filtered_rows)" 0
is "and gives them back" "$(of '.rows == .rows_again')" true
is "the filter stands in the address" "$(of .hash)" "#filter=no+such+thing"
is "the theme changes" "$(of .theme)" dark
# by --observe deep: of seven guests why they left it, each vCPU too; of all arms who took whose CPU
is "a table of exits a guest" "$(of '[.reasons[] | select(.[0] == "exit")] | length')" 7
is "a table of preemptors an arm" "$(of '[.reasons[] | select(.[0] == "preemptor")] | length')" 8
is "whose exits they are" "$(of '.reasons[] | select(.[0] == "exit" and (.[1] | test("fifo:2, "))) | .[1]')" \
	"Exits by reason guest policy=fifo:2, 32 trials"
is "the reasons with their times, the longest first" \
	"$(of '.reasons[] | select(.[0] == "exit" and (.[1] | test("fifo:2, "))) | .[2, 5]')" \
	"hlt|3,000|99.7 %|1 s|333 µs|2 ms|9 ms|20 ms
npf|10|0.3 %|20 ms|2 ms|n/a|n/a|5 ms"
is "what is more than nothing is not 0" "$(of '.reasons[] | select(.[0] == "exit" and (.[1] | test("fifo:2, "))) | .[6]')" \
	"cpuid|<0.1|<0.1 %|1 µs|32 µs|n/a|n/a|n/a"
is "each vCPU's own" "$(of '.reasons[] | select(.[0] == "exit" and (.[1] | test("fifo:2, "))) | .[3, 4]')" \
	"vcpu/0|500|16.6 %|2 s|4 ms|3 µs|4 µs|8 µs
vcpu/1|1,000|33.2 %|1 s|1 ms|1 µs|n/a|7 µs"
is "what preempted whom" "$(of '[.reasons[] | select(.[0] == "preemptor") | .[2:][]] | unique[]')" \
	"<img src=x onerror=alert(2)>|–|vcpu/0|4|100.0 %|250 ms|62.5 ms"
is "their order is that of the workload's arms" "$(of '.reasons[7][1]')" "Preemptors native, 32 trials"
is "everything to press has a name" "$(of .unlabelled)" 0
is "no wider than the window" "$(of .wide)" false
is "hostile names stay text" "$(of .scripts)" 0

browse "file://$TMP/page.html#filter=fifo%3A3&workload=cpu&figures=primary&theme=light" --screenshot="$TMP/page.png" --dump-dom >"$TMP/dom.html"
is "an address brings its filter along" "$(grep -o 'caption>1 comparison shown' "$TMP/dom.html")" "caption>1 comparison shown"
is "a figure that was counted a part of the time says so" "$(grep -o 'counted [0-9]* % of the time</small>' "$TMP/dom.html")" \
	"counted 29 % of the time</small>"
is "and its theme" "$(grep -o '<html[^>]*data-theme="[a-z]*"' "$TMP/dom.html" | grep -o 'light')" light
sed -n '/<pre[^>]*save as arms.json/,/<\/pre>/p' "$TMP/dom.html" | sed 's/.*<pre[^>]*save as arms.json[^>]*>//; s|</pre>.*||; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' >"$TMP/arms.json"
is "its arms.json has all arms" "$(jq length "$TMP/arms.json" 2>&1)" 9
check "and is one that a sweep takes" "$QLAUNCH" sweep --arms "$TMP/arms.json" --dry-run
is "the filter is theirs as well" "$(grep -o 'figure [^>]*data-kind="[a-z]*"' "$TMP/dom.html" | grep -o '"[a-z]*"$' | tr '\n' ' ')" \
	'"exit" "preemptor" '
like "two levels of who watched are a caution" "$(grep -o '<li>observed by: [^<]*' "$TMP/dom.html")" \
	'deep, whose cost is not known: .*differences between the levels are no difference of the arms'

# a phone, a small and a large window: hostile and long names, and the seed study's file
seed_results >"$TMP/seed.jsonl"
"$QLAUNCH" report --format html "$TMP/seed.jsonl" >"$TMP/seed.html"
"$QLAUNCH" report "$TMP/seed.jsonl" >"$TMP/seed.txt"
"$QLAUNCH" report --format markdown "$TMP/seed.jsonl" >"$TMP/seed.md"
lays_out() { # NAME WIDTH
	in_frame "$TMP/$1.html" "$2"
	is "$1 at $2 px: the frame's width" "$(of .width)" "$2"
	is "$1 at $2 px: no script failed" "$(of '.problems | length')" 0
	is "$1 at $2 px: no wider than the frame" "$(of .wide)" false
	is "$1 at $2 px: nothing stands over the edge of its card" "$(of '.spilled[]')" ""
	is "$1 at $2 px: no column is narrower than a word" "$(of '.stacked[]')" ""
	is "$1 at $2 px: plots fill their cards" "$(of '.sparse[]')" ""
	is "$1 at $2 px: an axis has two labels at least" "$(of '.few_ticks[]')" ""
}

for width in 1600 1024 390; do
	lays_out page "$width"
	lays_out seed "$width"
done
is "a contents list" "$(of '.contents | join(", ")')" "The seed study, Overview, Figures, Latency, Exits and preemptors, All comparisons, Host, Reproduce"
is "the accelerator's warning comes first, then the others" "$(of '.cautions | map(split(":")[0]) | join(" ")')" "accelerator warning warning"
# the head of the text report, line by line without labels and wrapping, is what the page has, in its order
is "the page has each line of the text report's head" \
	"$(sed -n '/^<script type="application\/json" id="data">/,/<\/script>/p' "$TMP/seed.html" | sed '1d; s/<\/script>//' |
		jq -r '.summary[] | select(.) | .[1]' | tr -d ' \n')" "$(sed '/^$/,$d' "$TMP/seed.txt" | cut -c 16- | tr -d ' \n')"
is "the seed study's tables come first" "$(of .first_table)" seed
is "theirs, ours, interval, verdict" "$(of '.seed | length') $(of '.seed[1] | test("^VM against native: latency\\|x7.4\\|×7.[345][0-9]*\\|×7.* … ×7.*\\|worse$")')" "15 true"
is "in the text too" "$(grep -nE '^The seed study|^== ' "$TMP/seed.txt" | head -n 3 | cut -d : -f 2 | cut -c 1-15 | tr '\n' ,)" \
	"The seed study',The seed study',== randrw =====,"
is "and in Markdown" "$(grep -oE '^## (The seed study|randrw)' "$TMP/seed.md" | tr '\n' ,)" "## The seed study,## The seed study,## randrw,"
is "a finding a configuration, once" "$(of '.findings | map(split(": ")[0]) | join(",")')" "▼ VM,▼ VM pinned,▼ VM virtio,▼ VM fifo,▼ VM rr"
is "with both medians, the change and its interval" \
	"$(of '.findings[0] | test("^▼ VM: [0-9.]+ k/s → [0-9.]+ k/s, −[0-9.]+ %, 95 % interval −[0-9.]+ % … −[0-9.]+ %$")')" true
is "the gap stands in the overview" "$(of '.gaps | length') $(of '.gaps[0] | test("^gap [0-9.]+ % \\[[0-9.]+, [0-9.]+\\]$")')" "4 true"
is "one unit an axis, logarithmic for latencies" "$(of '[.axes[] | select(test("change") | not)] | join(", ")')" "k/s, µs (logarithmic)"
is "a constant figure is words, no picture" "$(of '.constants | join("|")')" "The same in each trial: migrations_per_op (0)."

# files that only tell the spread between sessions are no arms: not of the page, and not of the baseline's exits
for i in 1 2 3; do
	sed "s/\"seed\":1,/\"seed\":$i,/; s/\"count\":10,/\"count\":$((10 ** i)),/" "$TMP/seed.jsonl" >"$TMP/session$i.jsonl"
done
"$QLAUNCH" report --format html --old "$TMP/session1.jsonl" --new "$TMP/session2.jsonl" --spread-from "$TMP/session3.jsonl" >"$TMP/sessions.html"
sed -n '/^<script type="application\/json" id="data">/,/<\/script>/p' "$TMP/sessions.html" | sed '1d; s/<\/script>//' >"$TMP/sessions.json"
is "a distribution, a recipe an arm that is compared" \
	"$(jq -c '(.arms | length) as $n | [([.histograms[][0]] | sort) == [range($n)], ([.recipes[].arm] | sort) == [range($n)]]' "$TMP/sessions.json")" "[true,true]"
is "exits of no other session" "$(jq -c '[.reason_groups[] | .trials, .rows[0][3]] | unique' "$TMP/sessions.json")" "[10,100]"
check "a screenshot" test "$(stat -c %s "$TMP/page.png" 2>/dev/null || echo 0)" -gt 20000
finish

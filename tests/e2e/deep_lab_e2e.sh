#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Exits by reason on real (emulated) KVM: qlaunch's BPF beside the kernel's own histogram and `perf kvm stat`.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

"$QLAUNCH" bench --where native --observe deep --workload cpu --duration 50ms --warmup 10ms --repeat 1 -q -o - 2>&1 |
	grep -o 'built without BPF[^"]*' | head -n 1 >"$TMP/without"
[ ! -s "$TMP/without" ] || skip_all "$(cat "$TMP/without")"
tests/lab/kernel.sh >"$TMP/kernel" 2>&1 || skip_all "no kernel for the emulated host: $(tail -n 1 "$TMP/kernel")"
tests/lab/bootsector.sh nap "$TMP/nap.img" "five hundred times"
tests/lab/bootsector.sh doze "$TMP/doze.img" "one hundred times"
tests/lab/bootsector.sh off "$TMP/off.img" "at once"

tests/lab/kvm_lab.sh --timeout 900 --file "$QLAUNCH:/usr/bin/qlaunch" --file "$QLOAD:/usr/bin/qload" \
	--file "$(command -v perf):/usr/bin/perf" --file "$(command -v setpriv):/usr/bin/setpriv" \
	--file "$TMP/nap.img:/nap.img" --file "$TMP/doze.img:/doze.img" --file "$TMP/off.img:/off.img" --console "$TMP/console" \
	tests/lab/job_deep.sh >"$TMP/said" 2>"$TMP/stderr"
is "the job's exit status comes back" $? 7

for name in status hist debugfs perf script results messages traced-debugfs traced-hist traced timeline \
	{json,dat}-{hist,traced} timeline-{json,dat} refused instances; do
	awk -v name="== $name" '/^== / { inside = ($0 == name); next } inside' "$TMP/said" >"$TMP/$name"
done
ask() { # FILE JQ-FILTER
	jq -r "$2" "$TMP/$1" 2>&1
}
near() { # NAME OURS THEIRS: within 2 %, and one for what was not over at the end
	if [ -n "$2" ] && [ -n "$3" ] && awk "BEGIN { d = $2 - $3; if (d < 0) d = -d; exit !($3 > 0 && d <= $3 * 0.02 + 1) }"; then
		pass "$1 ($2, $3)"
	else
		fail "$1" "ours $2, theirs $3"
	fi
}
hist() { # REASON-NUMBER (or nothing: all) VCPU (or nothing) [FILE]
	sed -n "s/^{ exit_reason: *${1:-[0-9]*}, vcpu_id: *${2:-[0-9]*} *} hitcount: *\([0-9]*\).*/\1/p" "$TMP/${3:-hist}" |
		awk '{ n += $1 } END { print n + 0 }'
}
perf_row() { # NAME COLUMN
	awk -v name="$1" -v column="$2" '$1 == name { sub(/us$/, "", $column); print $column }' "$TMP/perf"
}

is "the VM ran to its end" "$(cat "$TMP/status")" "status 0"
is "it was watched" "$(ask results '.observe + " " + ([.warnings[] | select(contains("deep"))] | tostring)')" "deep []"
near "exits, by the kernel's histogram" "$(ask results .figures.vm_exits_traced.value)" "$(hist)"
near "exits, by query-stats" "$(ask results .figures.vm_exits_traced.value)" "$(ask results .figures.vm_exits.value)"
read -r exits success fail slept <"$TMP/debugfs"
near "exits, by KVM's counters in debugfs" "$(ask results .figures.vm_exits_traced.value)" "$exits"
near "asleep in halts, by KVM's counters in debugfs (ns)" "$(ask results '.figures.halt_wait_s.value * 1e9')" "$slept"
is "polled in halts, by KVM's counters in debugfs (ns)" \
	"$(ask results '.figures | [.halt_poll_success_s, .halt_poll_fail_s] | map(.value * 1e9 | round) | tostring')" "[$success,$fail]"
# KVM counts to where the vCPU has its CPU again, BPF to where it is woken: between them lie the run delay and, a halt,
# the way from KVM's clock to the scheduler's
for vcpu in 0 1; do
	is "BPF's sleep in halts is KVM's, vCPU $vcpu" "$(ask results "[(.figures | (.offcpu_halted_s, .run_delay_s, .halt_wait_s) |
		.by[\"vcpu/$vcpu\"]), (.by_reason.hlt.by[\"vcpu/$vcpu\"].count // 0)] |
		if .[0] <= 1.02 * .[2] + 0.01 and .[0] + .[1] >= 0.95 * .[2] - 1e-4 * .[3] then true else . end")" true
done
for vcpu in 0 1; do
	near "exits of vCPU $vcpu, by the kernel's histogram" \
		"$(ask results ".figures.vm_exits_traced.by[\"vcpu/$vcpu\"]")" "$(hist '' $vcpu)"
done
near "vCPU 0's I/O exits" "$(ask results '.by_reason.io.by["vcpu/0"].count')" "$(hist 123 0)"
near "halts, by the kernel's histogram" "$(ask results .by_reason.hlt.count)" "$(hist 120)"
near "io, by the kernel's histogram" "$(ask results .by_reason.io.count)" "$(hist 123)"
near "nested page faults, by the kernel's histogram" "$(ask results .by_reason.npf.count)" "$(hist 1024)"
is "the guest's 500 halts are there" "$(ask results '.by_reason.hlt.count >= 499')" true
for reason in $(ask results '.by_reason | keys[]'); do
	near "$reason, by perf kvm stat" "$(ask results ".by_reason.$reason.count")" "$(perf_row "$reason" 2)"
done
is "each of our reasons has a name, and perf knows it" \
	"$(for name in $(ask results '.by_reason | keys[]'); do [ -n "$(perf_row "$name" 2)" ] || echo "$name"; done)" ""
# perf's columns: samples, share, time share, min, max, average (us)
# emulated, each watcher takes long, and perf's stamps are outside of ours
is "time in halts, by perf kvm stat, within 15 %" "$(ask results ".by_reason.hlt.total_s * 1000000 /
	$(awk "BEGIN { print $(perf_row hlt 2) * $(perf_row hlt 7) }") | . > 0.85 and . < 1.15")" true
# each exit by itself, from perf's recording of the same tracepoints: a percentile lies between the neighbours of its
# rank, with the bucket's width and what each watcher itself takes (here some 10 us) to both sides
base64 -d "$TMP/script" | gzip -dc | awk -f tests/lab/exits.awk | sort -k 1,1 -k 2,2n >"$TMP/exits"
percentile() { # REASON PERCENT OURS
	awk -v name="$1" -v p="$2" -v ours="$3" '$1 == name { ns[++n] = $2 }
		function at(q, rank) { rank = int(n * q / 100 + 0.999999); return ns[rank < 1 ? 1 : rank > n ? n : rank] }
		END {
			low = at(p - (100 - p) / 5) * 0.85 - 40000
			high = at(p + (100 - p) / 5) * 1.15 + 40000
			print (n && ours >= low && ours <= high ? "true" : n " exits: " low " .. " high ", ours " ours)
		}' "$TMP/exits"
}
is "each of perf's exits has been found" "$(awk 'END { print NR }' "$TMP/exits")" "$(ask results '[.by_reason[].count] | add')"
for p in 50 99; do
	for reason in $(ask results ".by_reason | to_entries[] | select(.value.p${p}_ns != null).key"); do
		is "$reason's p$p is perf's" "$(percentile "$reason" $p "$(ask results ".by_reason.$reason.p${p}_ns")")" true
	done
done
is "what has no p99 says why" "$(ask results '[.by_reason[] | select(.p99_ns == null) | .why // "" | test("^too few exits")] | all')" true
# a vCPU that loses its CPU between the two watchers is longer away for one of them: most have to agree
sort -k 1,1 -k 2,2nr "$TMP/exits" | sort -u -s -k 1,1 >"$TMP/longest"
is "the longest exits are perf's" "$(ask results '.by_reason | to_entries[] | "\(.key) \(.value.max_ns)"' | sort | join - "$TMP/longest" |
	awk '{ d = $2 - $3; n += (d < 0 ? -d : d) <= $3 * 0.1 + 60000; text = text ", " $0 } END { print (n > NR / 2 ? "true" : n " of " NR text) }')" true
is "a reason's vCPUs sum up to it" \
	"$(ask results '[.by_reason[] | (.count == ([.by[].count] | add)) and (.max_ns == ([.by[].max_ns] | max))] | all')" true
is "each vCPU has its own times" "$(ask results '.by_reason.io.by["vcpu/0"] | .total_s > 0 and .p50_ns > 0 and .p50_ns <= .p99_ns')" true
is "exits a second are over the time between KVM's readings" "$(ask results '(.figures.vm_exits.value / .figures.vm_exits_per_s.value -
	.window_s.kvm | . > -0.001 and . < 0.001), .window_s.kvm > .window_s.host * 0.99' | paste -sd ' ')" "true true"
is "shares sum up to 1" "$(ask results '[.by_reason[].share] | add | . > 0.999 and . < 1.001')" true
is "percentiles are in order" \
	"$(ask results '[.by_reason[] | select(.p99_ns != null) | .p50_ns <= .p99_ns and .p99_ns <= .max_ns] | all and length > 0')" true
# polling and the wait for a CPU are in the exit's time too
note "asleep halted $(ask results '.figures.offcpu_halted_s.by["vcpu/0"]') s, otherwise $(ask results \
	'.figures.offcpu_other_s.by["vcpu/0"]') s, in halts $(ask results .by_reason.hlt.total_s) s"
is "the vCPU slept in its halts" "$(ask results '[.figures.offcpu_halted_s.by["vcpu/0"], .by_reason.hlt.by["vcpu/0"].total_s] |
	.[0] > 0.1 * .[1] and .[0] <= 1.02 * .[1]')" true

# the timeline of such a VM: Perfetto's file, read by protobuf's own decoder
base64 -d "$TMP/timeline" | gzip -dc | protoc --decode=pf.Trace -I measure measure/trace/perfetto.proto >"$TMP/timeline.txt" 2>"$TMP/protoc"
slices() { # REGEX of the name -> how many begin on the guest-mode tracks
	awk -v name="^\"($1)\"\$" '/categories: "kvm"/ { getline; n += $2 ~ name } END { print n + 0 }' "$TMP/timeline.txt"
}
is "it was traced, and nothing lost" "$(ask traced '[.ended, .trace.lost, .trace.ends_early] | tostring')" '["guest-shutdown",0,false]'
near "timeline: exits, by the kernel's histogram" "$(slices '[^g].*|g[^u].*')" "$(hist '' '' traced-hist)"
near "timeline: halts" "$(slices hlt)" "$(hist 120 '' traced-hist)"
near "timeline: io" "$(slices io)" "$(hist 123 '' traced-hist)"
near "timeline: nested page faults" "$(slices npf)" "$(hist 1024 '' traced-hist)"
near "timeline: as many entries as exits" "$(slices guest)" "$(hist '' '' traced-hist)"
near "timeline: exits, by query-stats" "$(slices '[^g].*|g[^u].*')" "$(ask traced .figures.vm_exits.value)"
near "--events kvm:kvm_exit, by the kernel's histogram" "$(ask traced '.figures."kvm:kvm_exit".value')" "$(hist '' '' traced-hist)"
is "all of them by the vCPU" "$(ask traced '.figures."kvm:kvm_exit" | .by["vcpu/0"] == .value')" true
vcpu=$(ask traced '.threads[] | select(.role == "vcpu").tid')
near "timeline: the vCPU's switches, as the kernel counted them" "$(grep -c "prev_pid: $vcpu$" "$TMP/timeline.txt")" \
	"$(ask traced '.figures.context_switches.by["vcpu/0"]')"
# the same VM in the other two formats, each read by a reader that is not ours
for format in json dat; do
	base64 -d "$TMP/timeline-$format" | gzip -dc >"$TMP/x.$format"
	is "$format: it was traced, and nothing lost" \
		"$(ask $format-traced '[.ended, .trace.lost, .trace.ends_early] | tostring')" '["guest-shutdown",0,false]'
done
trace-cmd report "$TMP/x.dat" >"$TMP/x.txt" 2>/dev/null
in_json() { jq "[.traceEvents[] | select(.cat == \"kvm\" and .ph == \"B\" and (.name | test(\"^($1)\$\")))] | length" "$TMP/x.json"; }
near "json: exits, by the kernel's histogram" "$(in_json '[^g].*|g[^u].*')" "$(hist '' '' json-hist)"
near "json: halts" "$(in_json hlt)" "$(hist 120 '' json-hist)"
is "json: the guest's 100 halts are there" "$(($(in_json hlt) >= 99))" 1
near "json: as many entries as exits" "$(in_json guest)" "$(hist '' '' json-hist)"
near "dat: exits, by the kernel's histogram" "$(grep -c ' kvm_exit: ' "$TMP/x.txt")" "$(hist '' '' dat-hist)"
near "dat: halts" "$(grep -ciE ' kvm_exit: .*(reason |EXIT_)hlt' "$TMP/x.txt")" "$(hist 120 '' dat-hist)"
near "dat: as many entries as exits" "$(grep -c ' kvm_entry: ' "$TMP/x.txt")" "$(hist '' '' dat-hist)"
read -r exits success fail slept <"$TMP/traced-debugfs"
near "exits, by debugfs" "$(ask traced .figures.vm_exits.value)" "$exits"
near "polled, and woken meanwhile, by debugfs (ns)" "$(ask traced '.figures.halt_poll_success_s.value * 1e9')" "$success"
near "polled in vain, by debugfs (ns)" "$(ask traced '.figures.halt_poll_fail_s.value * 1e9')" "$fail"
near "slept after it, by debugfs (ns)" "$(ask traced '.figures.halt_wait_s.value * 1e9')" "$slept"
near "their sum" "$(ask traced '.figures.halt_poll_s.value * 1e9')" $((success + fail))

is "without CAP_SYS_ADMIN halts are not 0 but unknown" "$(ask refused '.figures | [.vm_exits.value > 0, .vm_exits_traced.value,
	.offcpu_halted_s.value, .offcpu_other_s.by["vcpu/0"] >= 0] | tostring')" "[true,null,null,true]"
like "and they say where they are" "$(ask refused .figures.offcpu_halted_s.why)" "CAP_SYS_ADMIN.*; halts are in offcpu_other_s"
is "no tracefs instance is left" "$(cat "$TMP/instances")" ""
if [ "$tap_failed" != 0 ]; then
	note "$(cat "$TMP/stderr")"
	note "$(sed '/^== timeline/,/^== /d; /^== script/,/^== /d' "$TMP/said" | cut -c 1-2000)"
	note "$(tail -n 20 "$TMP/console")"
fi
finish

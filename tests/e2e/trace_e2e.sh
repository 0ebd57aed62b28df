#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --trace end to end: the switches in the file are those that the kernel counted, its own readers open it, what was
# lost is said, and no tracefs instance is left behind.  tracefs is mounted in a mount namespace of the test's own.
set -u
cd "$(dirname "$0")/../.." || exit 1
if [ "${1:-}" != inside ] && [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	exec unshare -m "$0" inside
fi
. tests/lib/lib.sh

TRACING=/sys/kernel/tracing
SHORT=(--warmup 50ms --repeat 1 --vcpus 1 -q)
CPU=(--workload cpu --duration 1s)

# by its own right: what is asked for and cannot be had
refuses "an ending that says nothing" 2 'must end in .pftrace or .json' "$QLAUNCH" bench "${SHORT[@]}" "${CPU[@]}" --trace "$TMP/x.txt"
refuses "a folder that is not there" 2 'No such file' "$QLAUNCH" bench "${SHORT[@]}" "${CPU[@]}" --trace "$TMP/none/x.json"
refuses "a file that is none" 2 'x.dat is a folder' \
	"$QLAUNCH" bench "${SHORT[@]}" "${CPU[@]}" --trace "$(mkdir "$TMP/x.dat" && echo "$TMP/x.dat")"

[ "${1:-}" = inside ] || skip_all "needs root, for a mount namespace"
grep -qw tracefs /proc/filesystems || skip_all "this kernel has no tracefs"
umount "$TRACING" 2>/dev/null
if ! mountpoint -q "$TRACING" && [ ! -e /sys/kernel/debug/tracing/trace ]; then
	# by a mount that is in no namespace: all who need it find it there, and nobody else sees it
	line=$("$QLAUNCH" bench --where native "${SHORT[@]}" --workload randread --scratch-size 8M --direct off --duration 100ms \
		--events sched:sched_switch --trace "$TMP/own.json" -o - 2>"$TMP/err")
	is "mounted nowhere: the trace, the tracepoints and the count of punts have a mount of their own" \
		"$(jq -c '[.trace.events > 0, (.figures | ."sched:sched_switch".value > 0, .io_punted_share.value != null)]' <<<"$line")" \
		"[true,true,true]" || note "$(cat "$TMP/err")" "$(jq -c '.trace, .figures."sched:sched_switch", .figures.io_punted_share' <<<"$line")"
	check "it is nowhere to be seen" test ! -e "$TRACING/trace"
	start "$QLAUNCH" bench --where native "${SHORT[@]}" --workload cpu --duration 30s --trace "$TMP/g.json" -o "$TMP/g.jsonl" >/dev/null 2>&1
	seen_from_inside() { [ "$(cat "/proc/$started/fd/"*/instances/qlaunch-"$started"/tracing_on 2>/dev/null)" = 1 ]; }
	check "killed while it records" wait_until 20 seen_from_inside
	kill -9 "$started"
	wait "$started" 2>/dev/null
	no_instance_left() { unshare -m sh -c "mount -t tracefs nodev $TRACING && test ! -e $TRACING/instances/qlaunch-$started"; }
	check "its guard removes the instance" wait_until 5 no_instance_left
	refuses "nor to be had: nothing is started" 2 'qlaunch: --trace: tracefs is not mounted: mount -t tracefs' \
		setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$QLAUNCH" bench --where native "${SHORT[@]}" --workload cpu \
		--duration 50ms --trace "$TMP/no.json" -o "$TMP/no.jsonl"
	check "nothing is written" test ! -e "$TMP/no.json" -a ! -e "$TMP/no.jsonl"
	mkdir "$TMP/odd"
	mount -t tracefs nodev "$TMP/odd"
	line=$("$QLAUNCH" bench --where native "${SHORT[@]}" --workload randread --scratch-size 8M --direct off --duration 100ms \
		--events sched:sched_switch --trace "$TMP/odd.json" -o - 2>/dev/null)
	is "mounted where nobody does: found by the trace, the tracepoints and the count of punts" \
		"$(jq -c '[.trace.events > 0, (.figures | ."sched:sched_switch".value > 0, .io_punted_share.value != null)]' <<<"$line")" \
		"[true,true,true]" || note "$(jq -c '.trace, .figures."sched:sched_switch", .figures.io_punted_share' <<<"$line")"
	umount "$TMP/odd"
fi
mountpoint -q "$TRACING" || mount -t tracefs nodev "$TRACING" || skip_all "tracefs cannot be mounted"

# Perfetto's packets by a reader that is not ours: protobuf's own decoder
proto() { # FILE
	protoc --decode=pf.Trace -I measure measure/trace/perfetto.proto <"$1"
}
# of processes that are no more: another test's may be at work
instances() {
	local path

	for path in "$TRACING"/instances/qlaunch-*; do
		[ ! -e "$path" ] || kill -0 "${path##*-}" 2>/dev/null || echo "$path"
	done
}

# a name that no process has, left by one that was killed
mkdir "$TRACING/instances/qlaunch-4194303"
check "native and guest, as JSON" timeout 600 "$QLAUNCH" bench "${SHORT[@]}" "${CPU[@]}" --trace "$TMP/x.json" -o "$TMP/x.jsonl"
is "a dead qlaunch's instance is gone, and ours too" "$(instances)" ""
is "a file a trial" "$(cd "$TMP" && echo x.*.json)" "x.0-native-cpu-b0-r0.json x.1-guest-cpu-b0-r0.json"
for where in native guest; do
	line=$(jq -c "select(.arm == \"$where\")" "$TMP/x.jsonl")
	role=$([ $where = native ] && echo native || echo vcpu)
	file=$(jq -r .trace.file <<<"$line")
	is "$where: what is there is what was recorded" "$(jq '.trace.events == .trace.recorded' <<<"$line")" true
	is "$where: nothing lost" "$(jq -c '[.trace.lost, .trace.ends_early]' <<<"$line")" '[0,false]'
	is "$where: its marks, in order" "$(jq -r '[.traceEvents[] | select(.cat == "mark").name] | join(" ")' "$file")" \
		"ready go done"
	tid=$(jq ".threads[] | select(.role == \"$role\").tid" <<<"$line")
	seen=$(jq "[.traceEvents[] | select(.ph == \"E\" and .cat == \"sched\" and .tid == $tid)] | length" "$file")
	counted=$(jq ".figures.context_switches.by[\"$role/0\"]" <<<"$line")
	check "$where: $seen switches, counted $counted" \
		awk -v s="$seen" -v c="$counted" 'BEGIN { d = s - c; exit !(s > 0 && d * d <= (c * 0.02 + 2) ^ 2) }'
	is "$where: time goes on" "$(jq '[.traceEvents[] | select(.ph != "M").ts] | . == sort' "$file")" true
done
is "the guest's clock is known within a bound" \
	"$(jq -s 'map(.trace.guest_clock_bound_ns) | [.[] | select(. != null) | . >= 0 and . < 1e9]' -c "$TMP/x.jsonl")" '[true]'

# one trial: the name as it stands; read by trace-cmd
said_in() { # REPORT -> the first words of our lines, in the order of time
	sed -n 's/^.* print: .*qlaunch: \(the window \)\?\(the trace ends early\|[a-z]*\).*/\2/p' "$1" | paste -sd ' '
}
check "as trace.dat" timeout 600 "$QLAUNCH" bench --where native "${SHORT[@]}" "${CPU[@]}" --trace "$TMP/y.dat" -o "$TMP/y.jsonl"
if command -v trace-cmd >/dev/null; then
	trace-cmd report "$TMP/y.dat" >"$TMP/report" 2>/dev/null
	tid=$(jq '.threads[] | select(.role == "native").tid' "$TMP/y.jsonl")
	seen=$(grep -cE "sched_switch: .*:$tid \[[0-9]+\] [A-Z+]+ ==>" "$TMP/report")
	counted=$(jq '.figures.context_switches.by["native/0"]' "$TMP/y.jsonl")
	check "trace-cmd opens it: $seen switches, counted $counted" \
		awk -v s="$seen" -v c="$counted" 'BEGIN { d = s - c; exit !(s > 0 && d * d <= (c * 0.02 + 2) ^ 2) }'
	like "the window's ends stand in it" "$(cat "$TMP/report")" 'qlaunch: the window begins'
	is "and qload's marks, between them" "$(said_in "$TMP/report")" "ready begins go done ends"
else
	skip "trace-cmd opens it" "no trace-cmd"
fi
check "a guest as trace.dat" timeout 600 "$QLAUNCH" bench --accel tcg --where guest "${SHORT[@]}" --workload cpu --duration 200ms \
	--trace "$TMP/g.dat" -o "$TMP/g.jsonl"
trace-cmd report "$TMP/g.dat" >"$TMP/report" 2>/dev/null
is "the guest's marks are in it, with the offset of its clock" \
	"$(sed -n "s/^.* print: .*qlaunch: \([a-z]*\) (guest's clock [0-9]* ns, the host's is $(
		jq .trace.guest_clock_offset_ns "$TMP/g.jsonl") ns ahead of it, within [0-9]* ns)/\1/p" "$TMP/report" | sort | paste -sd ' ')" "done go ready"
is "a mark's time is the guest's and the offset" \
	"$(sed -n "s/^.* \([0-9.]*\): print: .*qlaunch: go (guest's clock \([0-9]*\) ns, the host's is \([0-9]*\) .*/\1 \2 \3/p" "$TMP/report" |
		awk '{ d = $1 - ($2 + $3) / 1e9; print (d < 1e-5 && d > -1e-5) }')" 1
if jq -e '.trace | .guest_clock_bound_ns < 5e7 and .guest_clock_drift_ns == 0' "$TMP/g.jsonl" >"$TMP/clock"; then
	is "and they stand in order" "$(said_in "$TMP/report" | sed 's/ begins\| ends//g')" "ready go done"
else
	skip "and they stand in order" "this guest's clock runs wrong"
fi

# one trace, each writer: what readers of their own find in the three files is what the kernel counted
check "one trace, in each format" eval "mkdir '$TMP/one' && '$BUILD/tests/trace_tool' '$TMP/one' >'$TMP/tool'"
is "nothing of it was lost" "$(grep '^lost' "$TMP/tool" | sort -u)" "lost 0"
like "dat: without its marks it is there, and says why" "$(grep '^marks' "$TMP/tool")" '^marks dat the trace.s marks: Too many open files'
like "the others have theirs" "$(grep '^marks' "$TMP/tool")" '^marks pftrace $'
trace-cmd report "$TMP/one/x.dat" 2>/dev/null >"$TMP/one/x.dat.txt"
proto "$TMP/one/x.pftrace" >"$TMP/one/x.pftrace.txt"
while read -r _ tid counted; do
	is "switches of $tid: the kernel, JSON, Perfetto, trace-cmd" "$counted $counted $counted $counted" "$counted $(
		jq "[.traceEvents[] | select(.ph == \"E\" and .cat == \"sched\" and .tid == $tid)] | length" "$TMP/one/x.json"
	) $(grep -c "prev_pid: $tid$" "$TMP/one/x.pftrace.txt"
	) $(grep -cE "sched_switch: .*:$tid \[[0-9]+\] [A-Z+]+ ==>" "$TMP/one/x.dat.txt")"
done < <(grep '^switches' "$TMP/tool")
in_json() { jq "[.traceEvents[] | select($1)] | length" "$TMP/one/x.json"; } # FILTER
in_perfetto() { grep -cE "$1" "$TMP/one/x.pftrace.txt"; }                     # REGEX
in_dat() { grep -cE " ($1): " "$TMP/one/x.dat.txt"; }                        # NAME
is "all switches: Perfetto, trace-cmd" "$(in_perfetto 'sched_switch \{')" "$(in_dat sched_switch)"
is "all wake-ups" "$(in_perfetto 'sched_waking \{')" "$(in_dat sched_waking)"
is "calls that read" "$(in_json '.ph == "B" and .name == "pread64"') $(in_perfetto 'name: "pread64"')" \
	"$(in_dat sys_enter_pread64) $(in_dat sys_enter_pread64)"
is "requests of io_uring, all completed: 500 of each" "$(in_json '.ph == "b"') $(in_json '.ph == "e"') $(
	in_perfetto 'name: "request"') $(in_dat io_uring_submit_req) $(in_dat io_uring_complete)" "1000 1000 1000 1000 1000"
is "Perfetto's slices pair up" "$(in_perfetto TYPE_SLICE_BEGIN)" "$(in_perfetto TYPE_SLICE_END)"
is "each event's track is described" "$(awk '/^ *uuid:/ { known[$2] } /track_uuid:/ && !($2 in known) { print }' \
	"$TMP/one/x.pftrace.txt" | head -n 3)" ""
is "JSON's rows are whole" "$(jq '.traceEvents | all((.ph | IN("B", "E", "b", "e", "i", "M")) and (.pid | type) == "number" and
	(.tid | type) == "number" and (.ph == "M" or ((.ts | type) == "number" and (.cat | type) == "string")) and
	(.ph == "E" or (.name | type) == "string") and (.ph != "i" or (.s | IN("g", "t"))) and
	((.ph | IN("b", "e") | not) or (.id | type) == "string"))' "$TMP/one/x.json")" true

# every read is an event: a ring of a page cannot hold them
timeout 600 "$QLAUNCH" bench --where native "${SHORT[@]}" --workload randread --duration 500ms --scratch-size 8M --direct off \
	--trace "$TMP/z.pftrace" --trace-buffer 4k -o "$TMP/z.jsonl" >/dev/null 2>"$TMP/stderr"
is "a ring that is too small: lost is counted" "$(jq '.trace.lost > 0 and (.trace.lost_by_cpu | length) > 0' "$TMP/z.jsonl")" true
like "and said" "$(jq -r '.warnings[]' "$TMP/z.jsonl")" 'trace: [0-9]+ events were lost: .*--trace-buffer'
proto "$TMP/z.pftrace" >"$TMP/z.txt"
is "and stands in the trace, CPU by CPU" "$(awk '/phase:/ { ends = $2 == "END_OF_TRACE" } ends && /overrun:|dropped_events:/ { n += $2 }
	END { print n + 0 }' "$TMP/z.txt")" "$(jq .trace.lost "$TMP/z.jsonl")"
check "and where it happened" grep -q 'lost_events: true' "$TMP/z.txt"
is "its marks are in it" "$(grep -oE 'name: "(ready|go|done)"' "$TMP/z.txt" | tr -d '\n')" 'name: "ready"name: "go"name: "done"'
check "and the words about it" grep -q '"about"' "$TMP/z.txt"
is "the clocks, and which one it is on" "$(grep -oE '(clock_id: [0-9]+|primary_trace_clock: .*)' "$TMP/z.txt" | tr '\n' ' ')" \
	"clock_id: 3 clock_id: 6 clock_id: 1 primary_trace_clock: BUILTIN_CLOCK_BOOTTIME "

# more events than are kept: the run goes on, the trace ends, and the line, the trace and the messages say so
for format in dat json pftrace; do
	rm -f "$TMP/e.jsonl"
	timeout 600 "$QLAUNCH" bench --where native "${SHORT[@]}" --workload randread --duration 300ms --scratch-size 8M --direct off \
		--trace "$TMP/e.$format" --trace-limit 1M -o "$TMP/e.jsonl" >/dev/null 2>"$TMP/stderr"
	is "$format: it ends early, and the run does not" "$(jq -c '[.ended, .trace.ends_early, .trace.events > 1000]' "$TMP/e.jsonl")" \
		'["done",true,true]'
	is "$format: what was recorded and not kept is in what it cost" \
		"$(jq '.trace.recorded > .trace.events * 1.5 and .figures.observer_cost.value > 0' "$TMP/e.jsonl")" true
	like "$format: and said" "$(jq -r '.warnings[]' "$TMP/e.jsonl")" 'trace: it ends early, at 1024 KiB of events'
	case $format in
	dat)
		trace-cmd report "$TMP/e.dat" >"$TMP/report" 2>/dev/null
		like "dat: it stands where the events end" "$(said_in "$TMP/report")" '^ready .*the trace ends early.* done$'
		is "dat: where the run is over there is none" "$(sed '1,/qlaunch: done/d' "$TMP/report" | grep -vc ' print: ')" 0
		;;
	json)
		like "json: it stands where the events end" \
			"$(jq -r '[.traceEvents[] | select(.cat == "mark").name] | join(" ")' "$TMP/e.json")" '^ready .*the trace ends early.* done$'
		is "json: and is true of the whole" "$(jq .otherData.ends_early "$TMP/e.json")" true
		;;
	*)
		check "pftrace: it stands where the events end" eval "proto '$TMP/e.pftrace' | grep -q 'name: \"the trace ends early\"'"
		;;
	esac
	[ "$(stat -c %s "$TMP/e.$format")" -lt 16000000 ] || fail "$format: the file is bounded too"
done

# workers that QEMU made while we looked away, and those that they made
check "a guest with a pool of workers" timeout 600 "$QLAUNCH" bench --where guest "${SHORT[@]}" --workload randrw --duration 300ms \
	--scratch-size 8M --trace "$TMP/p.pftrace" -o "$TMP/p.jsonl"
proto "$TMP/p.pftrace" | sed -n 's/^ *prev_pid: //p' | sort -u >"$TMP/p.tids"
is "each of them that ran is in the trace" "$(jq -r '.figures.context_switches.by as $by | .threads[] | select(.role == "pool") |
	select($by["pool/\(.index)"] > 2) | .tid' "$TMP/p.jsonl" | grep -vxF -f "$TMP/p.tids")" ""
check "there were some" jq -e '[.threads[] | select(.role == "pool")] | length > 2' "$TMP/p.jsonl"

# killed: its guard removes the instance; nothing half is left
start "$QLAUNCH" bench --where native "${SHORT[@]}" --workload cpu --duration 30s --trace "$TMP/k.json" -o "$TMP/k.jsonl" >/dev/null 2>&1
victim=$started
recording() { [ "$(cat "$TRACING/instances/qlaunch-$victim/tracing_on" 2>/dev/null)" = 1 ]; }
check "one is recording" wait_until 20 recording
wait_until 60 pgrep -P "$victim" -x qlaunch-guard # it has its name a moment after the fork
is "its guard holds no file" "$(find "/proc/$(pgrep -P "$victim" -x qlaunch-guard)/fd" -lname '/sys/*' -o -lname "$TMP/*" 2>&1)" ""
kill -9 "$victim"
wait "$victim" 2>/dev/null
no_instance() { [ ! -e "$TRACING/instances/qlaunch-$victim" ]; }
check "killed: its instance is gone" wait_until 5 no_instance
is "and there is no trace" "$(find "$TMP" -name 'k.json*' ! -name k.jsonl)" ""
is "no half file is left" "$(find "$TMP" -name '*.part')" ""

finish

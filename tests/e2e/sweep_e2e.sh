#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `qlaunch sweep`: axes, arms files, the preset; order by seed; re-tuning inside one boot; cells that cannot run.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh
needs_two_cpus

# an option that is repeated is an axis: what varies is not in here
# (the A/A control has a check of its own: elsewhere it would be one arm more)
FAST=(--control off --accel tcg --duration 300ms --warmup 100ms)

arms() { # WORD...: names of a dry run's arms
	"$QLAUNCH" sweep --control off "$@" --dry-run 2>/dev/null | sed -n 's/^arm [0-9]*: //p' | paste -sd/
}

check_axes() {
	is "an axis is an arm a value" "$(arms --policy other,fifo --pin 1)" "policy=other/policy=fifo:1"
	is "two axes are all pairs" "$(arms --iothreads 0,1 --aio threads,native)" \
		"iothreads=0 aio=threads/iothreads=0 aio=native/iothreads=1 aio=threads/iothreads=1 aio=native"
	is "a bracket holds a value's own commas" "$(arms --pin [0,1],[1,0] --vcpus 2)" "pin=0-1/pin=1,0"
	is "what means nothing natively makes no native arms" "$(arms --where native,guest --iothreads 0,1)" \
		"native/guest iothreads=0/guest iothreads=1"
	is "the quick preset is the main job" "$(arms --preset quick --vcpus 1)" \
		"native/guest/guest pin=$(last_cpu)/guest virtio=tuned/guest pin=$(last_cpu) policy=fifo:1/guest pin=$(last_cpu) policy=rr:1"
	refuses "a preset that is none" 2 "qlaunch: --preset" "$QLAUNCH" sweep --preset slow --dry-run
}

last_cpu() {
	local cpus

	cpus=$(taskset -pc $$ | sed 's/.*[:,-] *//')
	echo "$cpus"
}

check_dry_run() {
	mkdir "$TMP/empty"
	XDG_STATE_HOME=$TMP/empty run "$QLAUNCH" sweep --preset quick --dry-run
	is "a dry run needs nothing and ends with 0" "$status" 0
	is "it writes nothing" "$(find "$TMP/empty" -type f)" ""
	like "it shows the argv" "$(cat "$TMP/out")" "^/.*/qemu-system-x86_64 .*-blockdev"
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		env XDG_STATE_HOME="$TMP/nowhere" "$(open_copy)" sweep --preset quick --dry-run >"$TMP/out" 2>"$TMP/err"
	is "and no privilege" $? 0
}

check_arms_file() {
	cat >"$TMP/arms.json" <<-'END'
		[
			{"name": "plain"},
			{"name": "pinned", "pin": "1"},
			{"name": "tuned", "virtio": "tuned", "policy": "fifo", "pin": "1"}
		]
	END
	is "arms of a file" "$(arms --arms "$TMP/arms.json")" "plain/pinned/tuned"
	cat >"$TMP/axes.json" <<-'END'
		{
			"axes": {"policy": ["other", "fifo", "rr"], "pin": ["none", "1"]},
			"exclude": [{"policy": "fifo", "pin": "none"}, {"policy": "rr"}],
			"include": [{"name": "rr", "policy": "rr", "pin": "1"}]
		}
	END
	is "axes of a file, without and with some" "$(arms --arms "$TMP/axes.json" --vcpus 1)" \
		"pin=none policy=other/pin=1 policy=other/pin=1 policy=fifo:1/rr"
	is "each axis alone" "$(arms --pairs --policy other,batch --bs 4k,8k)" "policy=other bs=4k/policy=batch bs=4k/policy=other bs=8k"
	echo '[{"name": "a", "pinn": "1"}]' >"$TMP/wrong.json"
	refuses "an unknown option in it" 2 "pinn|pin" "$QLAUNCH" sweep --arms "$TMP/wrong.json" --dry-run
	echo '[{"name": "a",' >"$TMP/wrong.json"
	check_hostile_arms
	refuses "a file that is no JSON" 2 "qlaunch: .*wrong.json" "$QLAUNCH" sweep --arms "$TMP/wrong.json" --dry-run
}

hostile() { # NAME REGEX JSON
	printf '%s' "$3" >"$TMP/hostile.json"
	refuses "$1" 2 "^qlaunch: .*($2)" timeout 20 "$QLAUNCH" sweep --arms "$TMP/hostile.json" --dry-run
}

# An arms file is somebody else's text: it names no file, says nothing twice and is not large.
check_hostile_arms() {
	local knob paths="names a path of this host, which only the command line may: --allow-paths"

	for knob in trace=x.json scratch=/tmp kernel=/boot/vmlinuz modules=/lib/modules qemu=/tmp/evil cpu=/etc/passwd \
		machine=q35,firmware=x machine=/dev/sda; do
		hostile "an arm that names ${knob%%=*}" "arms.0..${knob%%=*}: '.*' $paths" "[{\"${knob%%=*}\": \"${knob#*=}\"}]"
	done
	hostile "an arm that names QEMU's user" "user: decides what QEMU may reach" '[{"user": "root"}]'
	hostile "an arm that takes QEMU's confinement off" "confine: decides what QEMU may reach" '[{"confine": "off"}]'
	hostile "an axis of paths" "axes: scratch: value 1: '/tmp' $paths" '{"axes": {"scratch": ["/tmp", "/var/tmp"]}}'
	for knob in output resume arms initrd disk; do
		hostile "$knob is no arm's at all" "$knob: not valid in an arm" "[{\"$knob\": \"x\"}]"
	done
	echo '[{"trace": "x.json"}, {"policy": "batch"}]' >"$TMP/paths.json"
	check "unless the command line says so" "$QLAUNCH" sweep --arms "$TMP/paths.json" --allow-paths --where native --dry-run
	hostile "a key twice" 'the key "policy" is given twice in one object' '[{"policy": "other", "policy": "fifo"}]'
	hostile "a key twice, spelt in two ways" "is given twice in one object" '[{"policy": "other", "polic\u0079": "fifo"}]'
	hostile "a list twice" 'the key "arms" is given twice' '{"arms": [{"policy": "fifo"}], "arms": []}'
	hostile "nested too deep" "hostile.json: no valid JSON: .*(deep|depth)" "$(printf '[%.0s' {1..40})"
	hostile "too many arms" "more than 256 arms" "[$(printf '{"vcpus": 1},%.0s' {1..300}){}]"
	hostile "a product that is too large" "more than 256 arms" \
		'{"axes": {"vcpus": [1,2,3,4,5,6,7,8], "iodepth": [1,2,3,4,5,6,7,8], "rwmix": [1,2,3,4,5,6,7,8]}}'
	truncate -s 2M "$TMP/hostile.json"
	refuses "a file that is too large" 2 "not a regular file of at most 1048576 bytes" "$QLAUNCH" sweep --arms "$TMP/hostile.json" --dry-run
	mkfifo "$TMP/arms.fifo"
	refuses "a FIFO" 2 "not a regular file" timeout 20 "$QLAUNCH" sweep --arms "$TMP/arms.fifo" --dry-run
	[ "$(id -u)" = 0 ] || { skip "a file that others may write" "only root refuses it"; return; }
	chmod 666 "$TMP/paths.json"
	refuses "root: a file that others may write" 2 "may be written by other users \(mode 0666\)" \
		"$QLAUNCH" sweep --arms "$TMP/paths.json" --allow-paths --dry-run
	chmod 600 "$TMP/paths.json"
	chown 65534 "$TMP/paths.json"
	refuses "root: another user's file" 2 "belongs to uid 65534: root takes a file of arms only from root" \
		"$QLAUNCH" sweep --arms "$TMP/paths.json" --allow-paths --dry-run
	check "unless that user called sudo" env SUDO_UID=65534 "$QLAUNCH" sweep --arms "$TMP/paths.json" --allow-paths --where native --dry-run
	chown 0 "$TMP/paths.json"
	mkdir -m 777 "$TMP/anybody"
	cp "$TMP/paths.json" "$TMP/anybody"
	refuses "root: a folder that others may write" 2 "the folder of .* may be written by other users" \
		"$QLAUNCH" sweep --arms "$TMP/anybody/paths.json" --allow-paths --dry-run
}

# The order in which cells ran.
order() { # FILE
	jq -rs 'sort_by(.order) | map("\(.block) \(.arm) \(.workload) \(.repeat)") | join("/")' "$1"
}

check_seed() {
	local seed

	for seed in 1 1 2; do
		run "$QLAUNCH" sweep --control off --duration 20ms --warmup 0ms --workload cpu --where native --policy other,batch,idle \
			--repeat 6 --boots 3 --seed $seed -o "$TMP/seed.jsonl"
		order "$TMP/seed.jsonl" >"$TMP/order-$seed-$status"
		[ ! -e "$TMP/order-1-first" ] && mv "$TMP/order-1-0" "$TMP/order-1-first"
		rm "$TMP/seed.jsonl"
	done
	is "natively the first visit of all is dropped" "$(grep -c 'first visit, dropped' "$TMP/err")" 1
	is "one seed, one order" "$(cat "$TMP/order-1-0")" "$(cat "$TMP/order-1-first")"
	check "another seed, another order" test "$(cat "$TMP/order-2-0")" != "$(cat "$TMP/order-1-0")"
	is "each arm gets its repeats" "$(tr / '\n' <"$TMP/order-2-0" | cut -d ' ' -f 2 | sort | uniq -c | awk '{ print $1 }' |
		sort -u)" 6
}

check_live() {
	run "$QLAUNCH" sweep "${FAST[@]}" --workload cpu --policy other,fifo,rr --pin 1 --repeat 2 --boots 2 -o "$TMP/live.jsonl"
	is "a sweep over policies ends with 0" "$status" 0
	is "all trials are there" "$(jq -rs 'length' "$TMP/live.jsonl")" 6
	is "two boots are two VMs for six trials" \
		"$(lines "$TMP/live.jsonl" '.threads[] | select(.role == "vcpu") | .tid' | sort -u | wc -l)" 2
	is "the first visit of each is dropped" "$(grep -c 'first visit, dropped' "$TMP/err")" 2
	is "a block is a VM" "$(lines "$TMP/live.jsonl" '"\(.block) \(.threads[] | select(.role == "vcpu") | .tid)"' |
		sort -u | wc -l)" 2
	is "each arm's policy stood on the vCPU at the end" \
		"$(lines "$TMP/live.jsonl" '"\(.arm) \(.threads[] | select(.role == "vcpu") | "\(.got.policy) \(.got.cpus)")"' |
			sort -u | paste -sd/)" \
		"policy=fifo:1 fifo:1 1/policy=other other 1/policy=rr:1 rr:1 1"
	is "the emulator is off the vCPU's CPU in each" \
		"$(lines "$TMP/live.jsonl" '.threads[] | select(.role == "emulator") | "\(.got.cpus) \(.got.policy)"' | sort -u)" \
		"0 other"
	like "the comparison names the baseline" "$(cat "$TMP/out")" "policy=other .* baseline"
}

check_noise() {
	local cpu

	cpu=$(last_cpu)
	run "$QLAUNCH" sweep --where native --workload cpu --vcpus 1 --pin "$cpu" --noise none,cpu:2,cpu:1:idle --duration 400ms \
		--warmup 100ms --repeat 2 -o "$TMP/noise.jsonl"
	is "a sweep over noise ends with 0" "$status" 0 || note "$(cat "$TMP/err")"
	is "it stands on the worker's CPU, with its policy" \
		"$(lines "$TMP/noise.jsonl" '"\(.spec.noise) \(.noise // [] | map("\(.cpus) \(.policy)") | join(","))"' |
			sort -u | paste -sd/)" "cpu:1:idle $cpu idle/cpu:2 $cpu other,$cpu other/none "
	check "it takes the worker's CPU away" jq -se 'def m(n): map(select(.spec.noise == n) |
		.figures.cpu_events_per_s.value) | add / length; m("cpu:2") < 0.95 * m("none")' "$TMP/noise.jsonl"
	check "and that is run delay" jq -se 'def m(n): map(select(.spec.noise == n) | .figures.run_delay_s.value) |
		add / length; m("cpu:2") > 0.08' "$TMP/noise.jsonl"
	is "none of it is left" "$(lines "$TMP/noise.jsonl" '.noise // [] | .[].tid' | while read -r tid; do
		! is_alive "$tid" || echo "$tid"
	done)" ""
}

check_polling() {
	echo '[{"name": "busy", "poll-max-ns": "7000"}, {"name": "plain"}]' >"$TMP/polling.json"
	run "$QLAUNCH" sweep "${FAST[@]}" --arms "$TMP/polling.json" --iothreads 1 --vcpus 1 --workload randread --scratch-size 8M \
		--repeat 2 --boots 1 -o "$TMP/polling.jsonl"
	is "on one VM an arm without --poll-max-ns has QEMU's own again" \
		"$(lines "$TMP/polling.jsonl" '"\(.arm) \(.poll_max_ns)"' | sort -u | paste -sd/)" "busy 7000/plain 32768"
}

check_boot_axis() {
	run "$QLAUNCH" sweep "${FAST[@]}" --repeat 1 --scratch-size 32M,48M --workload randread --where native \
		-o "$TMP/size.jsonl"
	is "an axis over the scratch's size ends with 0" "$status" 0
	is "each arm has its own" "$(lines "$TMP/size.jsonl" '.spec["scratch-size"]' | sort | paste -sd/)" "32M/48M"
}

check_refused() {
	run "$QLAUNCH" sweep "${FAST[@]}" --workload cpu --where native --policy other,fifo --pin "[0,1],[1]" --vcpus 1 --repeat 2 \
		-o "$TMP/refused.jsonl"
	is "some cells refused: exit 0" "$status" 0 || note "$(cat "$TMP/err")"
	is "those that can run have run" "$(lines "$TMP/refused.jsonl" 'select(.error | not) | .arm' | sort | uniq -c |
		awk '{ print $1, $2, $3 }' | paste -sd/)" "2 pin=1 policy=fifo:1/2 pin=1 policy=other"
	is "the others are a line a trial, with the reason and no figures" \
		"$(lines "$TMP/refused.jsonl" 'select(.error) | "\(.error | length > 10) \(has("figures"))"' | sort | uniq -c |
			awk '{ print $1, $2, $3 }')" "4 true false"
	like "the reason is said" "$(cat "$TMP/err")" "refused: .*--pin"
	run "$QLAUNCH" sweep "${FAST[@]}" --vcpus 2 --pin "[0],[1]" -o "$TMP/none.jsonl"
	is "all refused: exit 1" "$status" 1
	is "in one sentence" "$(grep -c '^qlaunch: ' "$TMP/err")" 1
	refuses "a baseline that is no arm" 2 "qlaunch: --baseline" \
		"$QLAUNCH" sweep "${FAST[@]}" --pin "[0],[1]" --vcpus 1 --baseline nobody -o "$TMP/none.jsonl"
}

check_control() {
	run "$QLAUNCH" sweep --duration 60ms --warmup 0ms --workload cpu --where native --vcpus 1 --policy other,batch \
		--repeat 8 --boots 2 -o "$TMP/control.jsonl"
	is "a sweep ends with 0" "$status" 0
	is "it has an A/A control of its baseline" \
		"$(lines "$TMP/control.jsonl" '"\(.arm) of \(.control_of)"' | grep -v "of null" | sort | uniq -c |
			awk '{ print $1, $2, $3, $4, $5 }')" "8 policy=other (A/A) of policy=other"
	like "which the report speaks of first" "$(cat "$TMP/out")" "^  A/A control  cpu: A/A (within|differs by up to) [0-9.]+ %"
	"$QLAUNCH" report --format json "$TMP/control.jsonl" >"$TMP/control.json"
	is "each arm has a verdict" "$(jq -r '.comparisons[] | select(.primary and (.verdict == "n/a")) | .arm' \
		"$TMP/control.json")" "policy=other"
	is "natively rounds are what is compared" \
		"$(jq -r '.comparisons[] | select(.primary) | "\(.units) \(.unit_of_comparison)"' "$TMP/control.json" | sort -u | tail -n 1)" \
		"8 round"
}

# A difference that is known, found on a real machine: also a busy one shows three quarters.
check_handicap() {
	run "$QLAUNCH" sweep --control off --duration 120ms --warmup 0ms --workload cpu --where native --vcpus 1 \
		--handicap 0%,300% --repeat 8 --fail-if "cpu_events_per_s worse 20%" -o "$TMP/handicap.jsonl"
	is "a limit that is broken is exit 3" "$status" 3
	is "in one sentence" "$(grep -c '^qlaunch: fail-if: cpu_events_per_s of handicap=300% is worse' "$TMP/err")" 1
	like "after the report" "$(tail -n 1 "$TMP/out")" "^results: .*handicap.jsonl"
	is "each line says what was done" "$(lines "$TMP/handicap.jsonl" '.engine.handicap_percent' | sort -n | uniq -c |
		awk '{ print $1, $2 }' | paste -sd/)" "8 0/8 300"
	like "the verdict" "$("$QLAUNCH" report --format csv "$TMP/handicap.jsonl")" \
		"handicap=300%,cpu,cpu_events_per_s,.*,worse,yes,"
	run "$QLAUNCH" report --fail-if "cpu_events_per_s worse 90%" "$TMP/handicap.jsonl"
	is "a limit that is kept is exit 0" "$status" 0
	refuses "a figure that is not there" 2 "there is no figure nothing_ns" \
		"$QLAUNCH" report --fail-if "nothing_ns worse 5%" "$TMP/handicap.jsonl"
	like "markdown" "$("$QLAUNCH" report --format markdown "$TMP/handicap.jsonl")" "\| handicap=300% \| 8 \|"
	run "$QLAUNCH" sweep --control off --duration 20ms --warmup 0ms --workload cpu --where native --vcpus 1 \
		--handicap 0%,300% --repeat 6 --fail-if "nothing_ns worse 5%" -o "$TMP/nothing.jsonl"
	is "nor in a sweep" "$status $(grep -c '^qlaunch: fail-if: there is no figure nothing_ns' "$TMP/err")" "1 1"
	is "which has its report all the same" "$(grep -c '^  \* cpu_events_per_s\|^results: ' "$TMP/out")" 2
}

# An arm that is refused anyway needs no boots; one that is not refused does.
check_limit_beforehand() {
	local sweep=(sweep --control off --where guest --accel tcg --vcpus 1 --vms 2 --workload cpu --repeat 8 --boots 6
		--policy "other,batch" --fail-if "cpu_events_per_s worse 5%" --dry-run)

	run "$QLAUNCH" "${sweep[@]}" --memory 256M,4000G
	is "a refused arm does not take the limit from the others" "$status $(grep -c 'refused: --vms 2 with --memory 4000G' "$TMP/err")" "0 2"
	refuses "one that could run does" 2 "a verdict on memory=[0-9Ma-z =]+ against memory=256M policy=other takes 7 boots, not 6: use --boots 7" "$QLAUNCH" "${sweep[@]}" \
		--memory 256M,300M
}

# On a quiet machine five percent are seen at the default repeats, and nothing is seen where nothing is.
check_five_percent() {
	run "$QLAUNCH" sweep --duration 1s --warmup 200ms --workload cpu --where native --vcpus 1 --pin "$(last_cpu)" \
		--handicap 0%,5% -o "$TMP/five.jsonl"
	is "5 % more work is worse" "$("$QLAUNCH" report --format json "$TMP/five.jsonl" |
		jq -r '.comparisons[] | select(.primary and .arm == "handicap=5%") | .verdict')" worse ||
		note "$(cat "$TMP/out")"
	run "$QLAUNCH" sweep --duration 1s --warmup 200ms --workload cpu --where native --vcpus 1 --pin "$(last_cpu)" \
		--bs 4k,8k -o "$TMP/same.jsonl"
	is "a knob that cpu does not look at makes no difference" \
		"$("$QLAUNCH" report --format json "$TMP/same.jsonl" |
			jq -r '.comparisons[] | select(.primary and .verdict != "n/a") | .verdict' | sort -u)" inconclusive
}

check_axes
check_dry_run
check_arms_file
check_seed
check_live
check_noise
check_polling
check_boot_axis
check_refused
check_control
check_handicap
check_limit_beforehand
[ -z "${CAMPAIGN:-}" ] || check_five_percent
finish

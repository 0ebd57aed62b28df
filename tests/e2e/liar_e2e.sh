#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mostly waits
# A QEMU that lies about its threads, hangs up, dies or is silent: qlaunch says so, touches no foreign thread and not
# itself, and leaves no process.  A load that lies about its figures: they are dropped, and it is said.
# shellcheck disable=SC2317  # functions are called through others
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh
needs_two_cpus

# Asked what it can do (-M none) it is honest; started with a guest it does what the script says.
mkdir "$TMP/bin" "$TMP/honest" "$TMP/liar"
cp "$BUILD/tests/fakeqemu" "$TMP/honest"
cp "$BUILD/tests/fakeqemu" "$TMP/liar"
SCRIPT=$TMP/liar/fakeqemu.script
cat >"$TMP/bin/qemu-system-x86_64" <<END
#!/bin/sh
case "\$*" in *blockdev*|*virtserialport*) exec $TMP/liar/fakeqemu "\$@" ;; *) exec $TMP/honest/fakeqemu "\$@" ;; esac
END
chmod +x "$TMP/bin/qemu-system-x86_64"
"$LAB/bootsector.sh" off "$TMP/disk.img"
start sleep 1000
CANARY=$started

script() { # LINE...
	printf '%s\n' "$@" >"$SCRIPT"
}

launch() { # WORD...
	XDG_CACHE_HOME=$TMP/cache PATH=$TMP/bin:$PATH timeout 600 "$QLAUNCH" --confine off --accel tcg --net none --iothreads 1 --pin 1 --policy fifo:5 \
		--io-pin 0 --duration 500ms --shutdown-timeout 1s -o "$TMP/results.jsonl" "$TMP/disk.img" "$@"
}

# Fakes that are still there: the copy is this test's alone.
fakes() {
	local exe

	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe") in "$TMP"/*/fakeqemu*) echo "$exe" ;; esac
	done
}

# A lie is told: exit 1, one sentence that matches, and the canary, this shell and nobody else has changed.
caught() { # NAME REGEX LINE...
	local name=$1 regex=$2 wrong='' canary me

	shift 2
	script "$@"
	canary=$(kernel_says "$CANARY")
	me=$(kernel_says $$)
	run launch
	[ "$status" = 1 ] || wrong="$wrong exit status $status;"
	[ "$(grep -c '^qlaunch: ' "$TMP/err")" = 1 ] || wrong="$wrong not one sentence;"
	grep -Eq "^qlaunch: .*($regex)" "$TMP/err" || wrong="$wrong not about $regex;"
	[ "$(kernel_says "$CANARY")" = "$canary" ] || wrong="$wrong canary: $(kernel_says "$CANARY");"
	[ "$(kernel_says $$)" = "$me" ] || wrong="$wrong caller: $(kernel_says $$);"
	[ -z "$(fakes)" ] || wrong="$wrong left: $(fakes);"
	if [ -z "$wrong" ]; then
		pass "$name"
	else
		fail "$name" "$wrong $(cat "$TMP/err")"
	fi
}

check_honest() {
	: >"$SCRIPT"
	run launch
	is "an honest one gets through run" "$status" 0 || note "$(cat "$TMP/err")"
	is "and obeys the power button" "$(lines "$TMP/results.jsonl" .ended)" guest-shutdown
	is "with its thread where it was put" "$(lines "$TMP/results.jsonl" \
		'.threads[] | select(.role == "vcpu") | "\(.got.cpus) \(.got.policy)"')" "1 fifo:5"
	is "nobody is left" "$(fakes)" ""
}

check_lies() {
	local who

	for who in vcpu iothread; do
		caught "$who: TID 0" "thread|TID" "tid $who/0 0"
		caught "$who: no TID" "thread-id" "tid $who/0 missing"
		caught "$who: a string" "thread-id" "tid $who/0 \"17\""
		caught "$who: null" "thread-id" "tid $who/0 null"
		caught "$who: a fraction" "thread-id" "tid $who/0 1000.5"
		caught "$who: a negative number" "thread|TID" "tid $who/0 -1"
		caught "$who: beyond any TID" "thread|TID" "tid $who/0 1099511627776"
		caught "$who: init's" "thread|TID" "tid $who/0 1"
		caught "$who: a foreign process" "$CANARY" "tid $who/0 $CANARY"
		caught "$who: the launcher itself" "thread|TID" "tid $who/0 parent"
		caught "$who: QEMU's main thread" "main" "tid $who/0 main"
	done
	caught "one thread for vCPU and iothread" "thread" "tid vcpu/0 iothread/0"
	caught "too few vCPUs" "0 vCPUs where 1" "vcpus 0"
	caught "too many vCPUs" "2 vCPUs where 1" "vcpus 2"
	caught "too few iothreads" "0 iothreads where 1" "iothreads 0"
	caught "too many iothreads" "2 iothreads where 1" "iothreads 2"
	is "none of them left a console log" "$(find "$XDG_STATE_HOME" -name '*.console.log' | wc -l)" 1
}

check_deaths() {
	local step

	for step in start greeting qmp_capabilities query-status query-kvm query-cpus-fast query-iothreads cont; do
		caught "$step: exits" "status 3" "at $step exit 3"
		caught "$step: killed" "SIGKILL|signal 9" "at $step signal 9"
		[[ $step = query-* ]] || caught "$step: hangs up and lives on" "QMP|QEMU" "at $step hangup"
		[ "$step" = start ] || [ "$step" = greeting ] ||
			caught "$step: half a reply" "QMP|QEMU" "at $step half"
	done
	caught "its last words are quoted" "no more memory for you" "at query-cpus-fast stderr no more memory for you" \
		"at query-cpus-fast exit 1"
	caught "words with escapes are not passed on" 'x1b.31m' "at query-kvm stderr $(printf '\033[31mred')" "at query-kvm exit 1"
	caught "something that is no QMP" "QMP" "at query-kvm raw <html>"
	caught "an error where an answer is needed" "not today" "at query-cpus-fast error not today"
}


# The QEMU that is asked what it can do: nothing was started yet.
check_probe() {
	local step

	for step in exit\ 3 hangup; do
		rm -rf "$TMP/cache" # its answer is known
		echo "at qmp_capabilities $step" >"$TMP/honest/fakeqemu.script"
		run launch
		is "a probe that meets $step: exit 2" "$status" 2
		like "in a sentence about QEMU" "$(cat "$TMP/err")" "^qlaunch: .*(QMP|qemu-system-x86_64 exited)"
	done
	echo "at qmp_capabilities stop" >"$TMP/honest/fakeqemu.script"
	run launch --qmp-timeout 1s
	is "a probe that is stopped: exit 2" "$status" 2
	like "by the deadline that was asked for" "$(cat "$TMP/err")" "^qlaunch: .*did not answer for 1s"
	rm "$TMP/honest/fakeqemu.script"
	is "nobody is left of the probes" "$(fakes)" ""
}

# A guest that never says hello: what was waited for, for how long, and what its console shows.
check_silent_guest() {
	script "at cont console $(printf 'half way \033[31mred')"
	run silent_guest
	is "a guest that never says hello: exit 1" "$status" 1
	like "its console's last words, escaped, and what was waited for" "$(lines "$TMP/silent.jsonl" .error)" \
		"did not say hello within 1s \(--boot-timeout\); the guest's console ends: half way .x1b.31mred"
	: >"$SCRIPT"
	run silent_guest
	like "or that there are none" "$(lines "$TMP/silent.jsonl" .error | tail -n 1)" \
		"did not say hello within 1s \(--boot-timeout\); the guest's console is empty"
	is "nobody is left of them" "$(fakes)" ""
}

silent_guest() {
	PATH=$TMP/bin:$PATH timeout 600 "$QLAUNCH" bench --confine off --where guest --accel tcg --vcpus 1 --workload cpu \
		--repeat 1 --boot-timeout 1s -o "$TMP/silent.jsonl"
}

check_events() {
	script "at query-cpus-fast flood 5000" "at cont flood 5000" "at system_powerdown flood 100"
	run launch
	is "a flood of events drowns no reply" "$status $(tail -n 1 "$TMP/results.jsonl" | jq -r .ended)" "0 guest-shutdown"
	script "ignore powerdown 99"
	run launch
	is "one that ignores the power button is cut" "$status $(tail -n 1 "$TMP/results.jsonl" | jq -r .ended)" "0 cut"
	script "ignore powerdown 99" "ignore term" "at quit silent"
	run launch
	is "one that ignores quit and TERM is killed" "$status $(tail -n 1 "$TMP/results.jsonl" | jq -r .ended)" "0 cut"
	is "nobody is left" "$(fakes)" ""
}

lies_told() { # LIE...: FIND, tab, REPLACEMENT
	printf '%b\n' "$@" >"$TMP/forger/liar_qload.script"
	rm -f "$TMP/forged.jsonl"
	run timeout 600 "$TMP/forger/qlaunch" bench --where native --vcpus 1 --workload cpu --duration 200ms --warmup 10ms \
		--repeat 1 --observe light -o "$TMP/forged.jsonl"
}

# qload that lies in its result: figures of the host's, of other workloads, in other units, of no name.
check_forged() {
	local figures='"figures":{' histograms='"histograms":{' honest own lie name
	local -A lies=(
		["a figure of the host's"]='"offcpu_lock_s":{"value":0,"unit":"s","better":"lower"}'
		["another, that the host measures too"]='"run_delay_s":{"value":4242,"unit":"s","better":"lower"}'
		["one of all VMs"]='"vms_fairness":{"value":1,"unit":"1","better":"higher"}'
		["one of another workload"]='"io_read_iops":{"value":1,"unit":"ops/s","better":"higher"}'
		["one that nobody knows"]='"very_fast":{"value":1,"unit":"s","better":"lower"}'
	)

	mkdir "$TMP/forger"
	cp "$QLAUNCH" "$TMP/forger"
	cp "$BUILD/tests/liar_qload" "$TMP/forger/qload"
	lies_told '"better":"higher"\t"better":"higher"'
	is "an honest result" "$status $(lines "$TMP/forged.jsonl" '.warnings | map(select(test("left out"))) | length')" "0 0"
	honest=$(lines "$TMP/forged.jsonl" '.figures | keys | join(" ")')
	for name in "${!lies[@]}"; do
		lie=${lies[$name]}
		own=${lie#\"}
		own=${own%%\"*}
		lies_told "$figures\t$figures$lie,"
		is "$name is dropped" "$status $(lines "$TMP/forged.jsonl" '.figures | keys | join(" ")')" "0 $honest"
		like "$name: counted, and named" "$(lines "$TMP/forged.jsonl" '.warnings[]')" \
			"the load's result has 1 figure that cpu does not measure \($own\): left out"
	done
	is "the host's own figure stands where one was forged" "$(lies_told "$figures\t$figures${lies["another, that the host measures too"]},"
		lines "$TMP/forged.jsonl" '.figures.run_delay_s | .value != 4242 and (.value // .why) != null')" true
	like "the warning is on stderr and in the report" "$(cat "$TMP/err" "$TMP/out")" "inconsistent: the load's result has 1 figure"
	lies_told '"unit":"events/s"\t"unit":"ns"'
	is "the workload's own in another unit" "$(lines "$TMP/forged.jsonl" '.figures | has("cpu_events_per_s")')" false
	like "is one that it does not measure" "$(lines "$TMP/forged.jsonl" '.warnings[]')" "1 figure .*\(cpu_events_per_s\): left out"
	is "and the trial has no value of it" "$status" 1
	lies_told '"better":"higher"\t"better":"lower"'
	is "or with the other direction" "$(lines "$TMP/forged.jsonl" '.figures | has("cpu_events_per_s")')" false
	lies_told "$histograms\t$histograms"'"run_delay_ns":[[1,2]],"cpu_event_x":[[3,4]],'
	is "histograms of another name" "$status $(lines "$TMP/forged.jsonl" '.histograms | keys | join(" ")')" "0 cpu_event_ns"
	is "each is said" "$(lines "$TMP/forged.jsonl" '.warnings[]' | grep -c 'histogram of qload has the wrong name')" 2
	lies_told "$figures\t$figures"'"a\\u001b[31m":{"value":1,"unit":"s","better":"lower"},'
	is "a name that is none fails the trial" "$status $(lines "$TMP/forged.jsonl" .ended)" "1 failed"
	like "in a sentence" "$(lines "$TMP/forged.jsonl" .error)" "qload's result has a figure of the wrong shape"
}

check_honest
check_lies
check_deaths
check_probe
check_silent_guest
check_events
check_forged
finish

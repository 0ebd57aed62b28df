#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `qlaunch DISK`: a real Debian disk and boot sectors that behave badly, each from its start to its end.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

RESULTS=$TMP/run.jsonl
PINNED=()
[ "$(nproc)" -lt 2 ] || PINNED=(--pin 1 --policy fifo)

last() { # JQ-FILTER
	tail -n 1 "$RESULTS" | jq -r "$1"
}

console() { # of the last run
	cat "$(sed -n 's/^console: //p' "$TMP/err")"
}

boot() { # KIND TEXT [WORD]...: a boot sector's life, in $life_ms
	"$LAB/bootsector.sh" "$1" "$TMP/$1.img" "$2"
	life_ms=${EPOCHREALTIME//[!0-9]/}
	run timeout 600 "$QLAUNCH" --accel tcg --net none -o "$RESULTS" "$TMP/$1.img" "${@:3}"
	life_ms=$(((${EPOCHREALTIME//[!0-9]/} - life_ms) / 1000))
}

# The window is at least the duration, and leaves out the warm-up and the time that the guest had to shut down.
is_window() { # NAME DURATION-S SHUTDOWN-S
	is "$1" "$(last ".window_s.host | . >= $2 and . < $life_ms / 1000 - $3 - $(last '.warmup.s // 0')")" true || note "$(last .window_s) of $life_ms ms"
}

check_ends() {
	boot off "I am done"
	is "a guest that switches itself off: 0, and why" "$status $(last .ended)" "0 guest-shutdown"
	is "its window is its life, not a tick of ours" "$(last '.window_s.host < 30')" true
	like "its console is in the log" "$(console)" "I am done"
	like "the table is on stdout, the path last" "$(tail -n 1 "$TMP/out")" "^results: "
	like "with a row for the vCPU: CPUs, policy, % running, % waiting, switches" "$(cat "$TMP/out")" \
		"^  vcpu/0 +[0-9,-]+ +other +[0-9.<]+ +[0-9.<]+ +[0-9]+/[0-9]+ "
	like "and one for the main loop" "$(cat "$TMP/out")" "^  emulator/0 "
	like "what it does not know has its reason" "$(cat "$TMP/out")" "n/a 1 +only --observe deep sees single waits"
	is "report shows the same" "$("$QLAUNCH" report "$RESULTS")" "$(sed '/^$/{N;/^\nresults: /d}' "$TMP/out")"
	# shellcheck disable=SC2016  # jq's own variable
	is "every thread of the line has its figures" "$(last '.figures.cpu_time_s.by as $by |
		[.threads[] | "\(.role)/\(.index)" | select($by[.] == null)] | join(" ")')" ""
	is "every figure of a run is explained" "$(unexplained "$RESULTS")" ""
	boot reset "again" --reboot off
	is "--reboot off: a reset ends it" "$status $(last .ended) $(last .reboots)" "0 guest-reset 0"
	boot spin "I am deaf" --duration 1s --shutdown-timeout 3s
	is "a deaf guest is cut: 0, and said" "$status $(last .ended)" "0 cut"
	like "with a warning that counts the presses" "$(last '.warnings[]')" "cut by QMP quit after 2 presses"
	like "and on stderr" "$(cat "$TMP/err")" "ended after .*cut \(QMP quit\)"
	is_window "its window is the duration, without the shutdown" 1 3
	# QEMU's pool ends its first worker after 10 s without work; an empty console is worth a word after 20 s
	boot halt "" --duration 21s --shutdown-timeout 1s
	is "a guest that only sleeps too" "$status $(last .ended)" "0 cut"
	is "a worker of QEMU's that went leaves no hole in the totals" "$(last '.figures.context_switches.value > 0')" true
	is "an empty console is said once, with the likely reasons" \
		"$(grep -c 'nothing to its serial console for 20 s: .*console=ttyS0.*UEFI' "$TMP/err")" 1
}

check_reboots() {
	boot reboot "I boot. " ${PINNED[@]+"${PINNED[@]}"}
	is "a guest that reboots boots again, until it is off" "$status $(last .ended)" "0 guest-shutdown"
	is "its console has each boot" "$(console)" "I boot. I boot. I boot. "
	# a guest is quicker than a qlaunch that gets no CPU: two reboots may be seen as one
	is "reboots are counted, with their times" "$(last '(.reboots >= 1 and .reboots <= 2) and
		(.reboot_times_s | length) == .reboots and (.reboot_times_s | . == sort)')" true
	[ ${#PINNED[@]} = 0 ] ||
		is "its vCPU is still where it was put" \
			"$(last '.threads[] | select(.role == "vcpu") | "\(.got.cpus) \(.got.policy)"')" "1 fifo:1"
	boot fault "I crash. "
	is "a guest that faults at once is not booted for ever" "$status $(last .ended) $(last '.reboots >= 3')" "0 reset-loop true"
	like "with a sentence" "$(last '.warnings[]')" "reboots in a loop .*--reboot off"
	like "and on stderr" "$(cat "$TMP/err")" "ended after .*reset-loop"
}

# The build folder's file system takes O_DIRECT; the one of /tmp need not.
check_direct() {
	local disk

	disk=$(mktemp "$BUILD/tests/disk.XXXXXX")
	"$LAB/bootsector.sh" off "$disk" "past the page cache"
	run "$QLAUNCH" --accel tcg --net none --cache none --aio native -o "$RESULTS" "$disk"
	is "a disk is opened with O_DIRECT where --cache asks for it" "$status $(last .ended)" "0 guest-shutdown" ||
		note "$(cat "$TMP/err")"
	run "$QLAUNCH" --accel tcg --net none --cache directsync --snapshot -o "$RESULTS" "$disk"
	is "so is the overlay of --snapshot" "$status $(last .ended)" "0 guest-shutdown" || note "$(cat "$TMP/err")"
	rm -f "$disk"
}

check_warmup() {
	boot spin "debian login: " --warmup login --duration 1s --shutdown-timeout 1s
	is "--warmup login: the window opens at the prompt" "$status $(last '.warmup | "\(.s > 0) \(.until)"')" \
		"0 true a login prompt on its console"
	is_window "--duration counts from there" 1 1
	like "the table says so" "$(tr -s ' \n' ' ' <"$TMP/out")" "measured [0-9.]+ s, after a warm-up of [0-9.]+ s until a login prompt"
	boot spin "ready 42!" --warmup 'console:ready [0-9]+' --duration 500ms --shutdown-timeout 1s
	like "a pattern: what was seen is in the line" "$status $(last .warmup.seen)" "^0 ready 4"
	boot spin "" --warmup 700ms --duration 500ms --shutdown-timeout 1s
	is "a time: the window opens then" "$status $(last '.warmup.s >= 0.7')" "0 true"
	is_window "--duration counts from there too" 0.5 1
	boot doze "no prompt" --warmup login
	is "an event that never comes: every figure is null" "$status $(last '[.figures[] | select(.value != null)] | length') $(
		last '.window_s.host')" "0 0 null"
	like "with the reason" "$(last '.figures.cpu_time_s.why')" "the warm-up never ended: .*before a login prompt"
	like "also on stderr" "$(cat "$TMP/err")" "nothing was measured: the warm-up never ended"
	like "and in the table" "$(cat "$TMP/out")" "^  measured +nothing; ended: guest-shutdown"
	refuses "a pattern that is none" 2 "--warmup: 'a\(' is no regular expression" "$QLAUNCH" --warmup 'console:a(' "$TMP/spin.img"
	refuses "bench has no console to wait for" 2 "only run waits for its guest's console" "$QLAUNCH" bench --warmup login
}

check_flood() {
	boot flood "" --duration 3s --shutdown-timeout 1s
	is "a guest that floods its console is cut in time" "$status $(last .ended) $(last '.window_s.host < 30')" "0 cut true"
	is "its log is capped" "$(($(console | wc -c) <= 64 * 1024 * 1024))" 1
}


# A busy process on the real-time vCPU's CPU: the kernel gives it a little all the same, and no counter says so.
check_cause() {
	[ ${#PINNED[@]} != 0 ] || return
	# shellcheck disable=SC2016  # the inner shell's
	start taskset -c 1 sh -c 'while :; do :; done'
	boot spin "busy" "${PINNED[@]}" --duration 2s --shutdown-timeout 1s
	kill "$started"
	like "what keeps a real-time vCPU waiting is said, with what changes it" "$(tr -s ' \n' ' ' <"$TMP/out")" \
		"the vCPUs vcpu/0 waited for a CPU [0-9.]+ % of the time: .*(fair server|RT throttling|priority or above).*(fair_server/cpuN|sched_rt_runtime_us=-1|--policy above)"
}

make_disks() {
	qemu-img create -q -f qcow2 "$TMP/second.qcow2" 16M
	"$LAB/bootsector.sh" off "$TMP/first.img" "from the first"
}

check_disks() {
	make_disks
	run timeout 600 "$QLAUNCH" --accel tcg --iothreads 2 -o "$RESULTS" "$TMP/first.img" "$TMP/second.qcow2"
	like "of two disks the first boots" "$status $(console)" "^0 .*from the first"
	is "disk i has iothread i" "$(last '.vm.argv[] | select(startswith("{\"driver\":\"virtio-blk-pci\"")) |
		fromjson | "\(.id) \(.iothread)"' | paste -sd,)" "disk0 io0,disk1 io1"
	is "each is opened as what it is" "$(last '.vm.argv[] | select(startswith("{\"node-name\":\"disk")) | fromjson |
		"\(."node-name") \(.driver)"' | paste -sd,)" "disk0 raw,disk1 qcow2"
	is "--net user is the default here" "$(last '.vm.argv | index("user,id=net0") != null')" true
	is "a second QEMU may have them now" "$(qemu-img check -q "$TMP/second.qcow2" && echo free)" free
}

check_output() {
	run timeout 600 "$QLAUNCH" --accel tcg --net none -o - "$TMP/first.img"
	is "-o - : one line on stdout and nothing else" "$(jq -r .ended "$TMP/out"):$(wc -l <"$TMP/out")" "guest-shutdown:1"
	is "the cache that a disk really got is recorded" "$(jq -r '.spec.cache,
		(.vm.argv[] | select(startswith("{\"node-name\":\"disk0")) | fromjson | .cache.direct)' "$TMP/out" |
		paste -sd,)" writeback,false
	run timeout 600 "$QLAUNCH" --accel tcg --net none --vcpus 2 -o "$TMP/both.jsonl" "$TMP/first.img"
	run timeout 600 "$QLAUNCH" --accel tcg --net none --vcpus 1 -o "$TMP/both.jsonl" "$TMP/first.img"
	is "two runs in one file are two arms" "$("$QLAUNCH" report --format json "$TMP/both.jsonl" | jq -r '.arms | join("/")')" \
		"guest accel=tcg vcpus=2 net=none disk=first.img/guest accel=tcg vcpus=1 net=none disk=first.img"
	for word in virtio-rng-pci pvpanic; do
		run timeout 600 "$QLAUNCH" --accel tcg --net none -o "$TMP/words.jsonl" "$TMP/first.img" -- -device "$word"
	done
	is "so are two sets of words after --" "$("$QLAUNCH" report --format json "$TMP/words.jsonl" | jq -r '.arms | join("/")')" \
		"guest accel=tcg net=none disk=first.img -- -device virtio-rng-pci/guest accel=tcg net=none disk=first.img -- -device pvpanic"
	is "which each line has in its spec" "$(jq -r '.spec["qemu-args"]' "$TMP/words.jsonl" | paste -sd,)" \
		"-device virtio-rng-pci,-device pvpanic"
	cp "$TMP/first.img" "$TMP/other.img"
	run timeout 600 "$QLAUNCH" --accel tcg --net none -o "$TMP/disks.jsonl" "$TMP/first.img"
	run timeout 600 "$QLAUNCH" --accel tcg --net none -o "$TMP/disks.jsonl" "$TMP/other.img"
	is "so are two disks" "$("$QLAUNCH" report --format json "$TMP/disks.jsonl" | jq -r '.arms | join("/")')" \
		"guest accel=tcg net=none disk=first.img/guest accel=tcg net=none disk=other.img"
	mkdir "$TMP/folder"
	cp "$TMP/first.img" "$TMP/folder"
	run timeout 600 "$QLAUNCH" --accel tcg --net none -o "$TMP/disks.jsonl" "$TMP/folder/first.img"
	is "the table is of this run alone" "$(grep -c '^  vcpu/0 ' "$TMP/out")" 1
	like "two of one name are one arm, and that is said" "$("$QLAUNCH" report "$TMP/disks.jsonl" | tr -s ' \n' ' ')" \
		"warning the lines of arm 'guest accel=tcg net=none disk=first.img' differ in --disk \(in 1 trial\)"
}

# shellcheck disable=SC2317  # wait_until calls it
has_login() {
	console 2>/dev/null | grep -q 'login:'
}

check_debian() {
	local before

	"$LAB/debian_disk.sh" "$TMP/debian.qcow2" >"$TMP/lab" 2>&1 || {
		skip "a real Debian disk" "$(tail -n 1 "$TMP/lab")"
		return
	}
	before=$(sha256sum <"$TMP/debian.qcow2")
	start "$QLAUNCH" --accel tcg ${PINNED[@]+"${PINNED[@]}"} --shutdown-timeout 15m --snapshot -o "$RESULTS" "$TMP/debian.qcow2" \
		>"$TMP/out" 2>"$TMP/err" </dev/null
	check "a real Debian disk comes up to its login prompt" wait_until 40 has_login || note "$(tail "$TMP/err")"
	kill -TERM "$started"
	wait "$started"
	is "it obeys the power button" "$? $(last .ended)" "143 guest-shutdown" || note "$(tail "$TMP/err")"
	like "said so" "$(cat "$TMP/err")" "ended after .*obeyed the ACPI power button"
	is "--snapshot: not a byte of the disk changed" "$(sha256sum <"$TMP/debian.qcow2")" "$before"
	is "one line" "$(last .workload)" run
	is "with samples, not too many" "$(last '.samples | length | . >= 5 and . <= 512')" true
	is "samples go forward" "$(last '[.samples[]."vcpu/0".cpu_time_s] | . == sort')" true
	is "the vCPU worked" "$(last '.figures.cpu_time_s.by."vcpu/0" > 5')" true
	is "nothing strayed" "$(last '[.threads[] | select(.stray)] | length')" 0
	[ ${#PINNED[@]} = 0 ] ||
		is "the vCPU was where it was put at the end" \
			"$(last '.threads[] | select(.role == "vcpu") | "\(.got.cpus) \(.got.policy)"')" "1 fifo:1"
	is "threads that came and went leave no hole in the totals" "$(last '.figures.context_switches.value > 1000')" true
	run timeout 3600 "$QLAUNCH" --accel tcg --snapshot --warmup agent --duration 1s --shutdown-timeout 15m -o "$RESULTS" "$TMP/debian.qcow2"
	is "--warmup agent: the window opens when Debian's qemu-guest-agent answers" "$status $(last '.warmup | "\(.s > 1) \(.until)"')" \
		"0 true an answer of the QEMU guest agent" || note "$(tail "$TMP/err")"
	note "Debian: $(last '"\(.window_s.host) s, \(.samples | length) samples, \(.figures.context_switches.value) switches"')"
}

check_ends
check_reboots
check_direct
check_warmup
check_flood
check_cause
check_disks
check_output
check_debian
finish

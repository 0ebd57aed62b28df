#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --dry-run is the truth: its argv is the one that the same command then starts QEMU with, its line to paste boots, and
# it makes nothing.
# mostly waits
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

FAST=(--accel tcg --duration 200ms --warmup 100ms --repeat 1 --scratch-size 16M --vcpus 1)

# Each VM has a word of its own on the load's channel.
one_nonce() { sed 's/qload\.nonce=[0-9a-f]*/qload.nonce=X/'; }

# Shell lines of a dry run's argv as lists of words, sorted.
shown() { # FILE
	local line

	sed -n '/^argv:$/{n;p}' "$1" | while read -r line; do
		(
			eval "set -- $line"
			printf '%s\037' "$@" | jq -Rsc 'split("\u001f")[:-1]'
		)
	done | one_nonce | sort -u
}

taken() { # RESULTS
	jq -c '.vm.argv // empty' "$1" | one_nonce | sort -u
}

# The dry run, then the same command for real.
compare() { # NAME NR-OF-VMS COMMAND...
	local name=$1 nr=$2

	shift 2
	run "$@" --dry-run
	cp "$TMP/out" "$TMP/dry"
	run "$@" -o "$TMP/results.jsonl"
	is "$name: both end with 0" "$status:$(shown "$TMP/dry" | wc -l)" "0:$nr" || note "$(cat "$TMP/err")"
	is "$name: the argv shown is the argv taken" "$(shown "$TMP/dry")" "$(taken "$TMP/results.jsonl")"
	rm "$TMP/results.jsonl"
}

check_argv() {
	"$LAB/bootsector.sh" off "$TMP/off.img"
	qemu-img convert -O qcow2 "$TMP/off.img" "$TMP/off.qcow2"
	compare "a sweep" 2 "$QLAUNCH" sweep "${FAST[@]}" --virtio default,tuned --control off
	compare "a bench without I/O" 1 "$QLAUNCH" bench "${FAST[@]}" --workload cpu --where guest
	is "which has no scratch" "$(grep -c scratch "$TMP/dry")" 0
	# a file system without O_DIRECT: another cache mode
	compare "a bench in memory" 1 "$QLAUNCH" bench "${FAST[@]}" --workload randread --where guest --scratch /dev/shm \
		--aio native
	compare "a run" 1 "$QLAUNCH" --accel tcg --net none "$TMP/off.img"
	compare "one of two disks, with overlays" 1 "$QLAUNCH" --accel tcg --net none --snapshot --iothreads 1 \
		"$TMP/off.qcow2" "$TMP/off.img"
}

# What a fresh user's first run will make, by name, without making any of it.
check_first() {
	local kernel modules initrd

	kernel=$(sed -n 's/.* -kernel \([^ ]*\) .*/\1/p' "$TMP/bench" | tail -n 1)
	modules=${kernel%/boot/*}/lib/modules/${kernel##*/vmlinuz-}
	[ -d "$modules" ] || modules=/lib/modules/${kernel##*/vmlinuz-}
	export XDG_CACHE_HOME=$TMP/fresh XDG_STATE_HOME=$TMP/fresh
	run "$QLAUNCH" bench "${FAST[@]}" --where guest --workload cpu --kernel "$kernel" --modules "$modules" --dry-run
	initrd=$(sed -n 's/^note: the first run makes //p' "$TMP/out")
	is "the note names the initramfs of the argv" "$(grep -cE -- "(-initrd|gets a copy of) $initrd( |\$)" "$TMP/out")" 2
	is "nothing is made" "$(ls "$TMP/fresh" 2>/dev/null)" ""
	run "$QLAUNCH" bench "${FAST[@]}" --where guest --workload cpu --kernel "$kernel" --modules "$modules"
	check "a run makes it there" test -s "$initrd"
	unset XDG_CACHE_HOME
	export XDG_STATE_HOME=$TMP/state
}

# No kernel anywhere but in the distribution: apt says which it would be.
check_download() {
	unshare -m true 2>/dev/null || {
		skip "no kernel anywhere" "hiding /boot needs root"
		return
	}
	mkdir "$TMP/bin"
	ln -s "$(command -v qemu-system-x86_64)" "$TMP/bin"
	printf '#!/bin/sh\necho "Depends: linux-image-6.1.0-9-test (= 6.1-1)"\n' >"$TMP/bin/apt-cache"
	chmod +x "$TMP/bin/apt-cache"
	# shellcheck disable=SC2016  # the inner shell expands them
	run unshare -m sh -c 'mount -t tmpfs tmpfs /boot && exec "$@"' sh env PATH="$TMP/bin" XDG_CACHE_HOME="$TMP/none" \
		"$QLAUNCH" bench --accel tcg --where guest --workload cpu --dry-run
	is "without a kernel it ends with 0" "$status" 0 || note "$(cat "$TMP/err")"
	like "and says which will be downloaded, and where to" "$(grep ^note: "$TMP/out")" \
		"downloads.* $TMP/none/qlaunch/kernel/linux-image-6.1.0-9-test_6.1-1/boot/vmlinuz-6.1.0-9-test$"
	is "both lines name it" \
		"$(grep -cE -- "(-kernel|gets a copy of) $TMP/none/qlaunch/kernel/linux-image-6.1.0-9-test_6.1-1/boot/vmlinuz-6.1.0-9-test( |\$)" \
			"$TMP/out")" 2
	check "and it is not there" test ! -e "$TMP/none"
}

says() { grep -q "$1" "$TMP/paste"; }

# On the terminal the guest of the line to paste takes the load's own words.
check_paste() {
	run "$QLAUNCH" bench "${FAST[@]}" --workload cpu,randread --where guest --dry-run
	cp "$TMP/out" "$TMP/bench"
	sed -n '/^to paste:$/{n;p}' "$TMP/out" >"$TMP/line"
	mkfifo "$TMP/keys"
	timeout 600 sh "$TMP/line" <"$TMP/keys" >"$TMP/paste" 2>&1 &
	started=$!
	tap_pids="$tap_pids $started"
	exec 8>"$TMP/keys"
	check "the line to paste boots" wait_until 60 says "hello proto=1 .* scratch_bytes=16777216"
	echo "bye" >&8
	wait "$started"
	is "its guest answers on the terminal and switches itself off" "$?" 0 || note "$(cat "$TMP/paste")"
	exec 8>&-
}

check_argv
check_paste
check_first
check_download
finish

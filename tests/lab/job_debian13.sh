#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the Debian 13 root: the build, the unit tests whose outcome may depend on libraries, QEMU or the guest's kernel,
# one I/O trial on the host and in a guest, a user's disk past the page cache, report and dry run.
# Output: sections "@@ name", each with the exit status.
section() { # NAME COMMAND...
	echo "@@ $1"
	shift
	"$@" 2>&1
	echo "status $?"
}

qemu_version() {
	qemu-system-x86_64 --version | head -n 1
}

build() {
	make -j"$(nproc)" all tests >/build/log 2>&1 || { tail -n 20 /build/log && return 1; }
	grep -i warning /build/log
	true
}

# statistics are the same everywhere, and BPF is the kernel's
units() {
	find tests -name 'test_*.c' | sed 's/.*\///; s/\.c$//' |
		grep -vxE 'test_(verdicts|seed|rank|stats|limit|course|deep)' | xargs tests/run.sh
}

qload_io() {
	for how in --direct=off --sqpoll=on; do
		/build/qload randrw --scratch=/root --scratch-size=8M "$how" --duration=100ms --warmup=20ms --json || return
		echo
	done
}

direct_disk() {
	tests/lab/bootsector.sh off /root/off.img "I am off"
	/build/qlaunch run --accel tcg --net none --cache none --aio native -q -o - /root/off.img </dev/null
}

section gcc gcc -dumpversion
# shellcheck disable=SC2016  # dpkg-query's own variable
section liburing dpkg-query -W -f '${Version}\n' liburing-dev
section qemu qemu_version
section build build
section units units
section qload qload_io
section bench /build/qlaunch bench --accel tcg --workload randrw --duration 500ms --warmup 100ms --repeat 1 \
	--scratch-size 32M -o /root/bench.jsonl
echo "@@ lines"
cat /root/bench.jsonl
section report /build/qlaunch report --format json /root/bench.jsonl
section disk direct_disk
section dry-run /build/qlaunch sweep --preset quick --dry-run

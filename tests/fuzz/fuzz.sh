#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fuzz.sh SECONDS FUZZER... - runs each libFuzzer program so long; its finds stay beside it, with the seed corpus
# of tests/data/fuzz_NAME read first, and the words of tests/data/fuzz_NAME.dict.
set -u
# the default quarantine keeps 256 MB of freed memory out of the CPU's cache, and 30 frames are walked at each malloc
export ASAN_OPTIONS="quarantine_size_mb=16:malloc_context_size=8${ASAN_OPTIONS:+:$ASAN_OPTIONS}"

seconds=$1
shift
[ $# -gt 0 ] || {
	echo "no fuzzer to run" >&2
	exit 1
}
failed=0
for fuzzer; do
	name=${fuzzer##*/}
	corpus=$fuzzer.corpus
	log=$fuzzer.log
	mkdir -p "$corpus"
	set -- "$corpus"
	[ -d "tests/data/$name" ] && set -- "$@" "tests/data/$name"
	[ -f "tests/data/$name.dict" ] && set -- "-dict=tests/data/$name.dict" "$@"
	if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$fuzzer." "$@" >"$log" 2>&1 </dev/null; then
		echo "ok $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s," \
			"$(sed -n 's/.*DONE *cov: *\([0-9]*\).*/\1/p' "$log") places of the code"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		tail -n 40 "$log"
	fi
done
[ "$failed" = 0 ]

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `qlaunch bench`: the built-in loads, native and in a guest, to a comparison; and what its lines hold.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

RESULTS=$TMP/bench.jsonl
FIELDS='["arm","block","ended","figures","histograms","host","order","repeat","schema","seed","spec","started",
	"threads","warnings","window_s","workload"]'

check_run() {
	run "$QLAUNCH" bench "${SHORT[@]}" -o "$RESULTS"
	is "bench ends with 0" "$status" 0 || note "$(cat "$TMP/err")"
	is "a line for each arm and load" "$(lines "$RESULTS" '"\(.arm) \(.workload)"' | sort | paste -sd,)" \
		"guest cpu,guest randrw,native cpu,native randrw"
	like "stdout carries the comparison" "$(cat "$TMP/out")" "io_read_p95_ns"
	like "and says where the lines are" "$(tail -n 1 "$TMP/out")" "^results: $RESULTS$"
	like "the accelerator is said" "$(cat "$TMP/err")" "accelerator: .*tcg"
	is "columns fit 100 characters" "$(awk 'length($0) > 100' "$TMP/out" | wc -l)" 0
}

check_fields() {
	is "every line has every field" "$(lines "$RESULTS" "$FIELDS - keys | length" | sort -u)" 0
	is "the schema is named" "$(lines "$RESULTS" .schema | sort -u)" qlaunch.result/1
	is "each trial ended" "$(lines "$RESULTS" .ended | sort -u)" "done"
	is "a guest line has the VM, a native one none" \
		"$(lines "$RESULTS" '"\(.arm) \(has("vm"))"' | sort -u | paste -sd,)" "guest true,native false"
	is "the VM's accelerator is the real one" "$(lines "$RESULTS" 'select(.vm) | .vm.accel' | sort -u)" tcg
	is "order counts trials" "$(lines "$RESULTS" .order | sort -n | paste -sd' ')" "0 1 2 3"
	is "each figure has value, unit and direction" "$(lines "$RESULTS" \
		'.figures[] | select((has("value") and has("unit") and (.better | IN("higher", "lower", "none"))) | not)')" ""
	is "a null has its why, a number has none" "$(lines "$RESULTS" \
		'.figures[] | select((.value == null) != ((.why // "") != ""))')" ""
	is "a part that is null has one too" "$(lines "$RESULTS" \
		'.figures[] | select((.by // {} | any(. == null)) and ((.why // .by_why // "") == ""))')" ""
	is "no number is negative" "$(lines "$RESULTS" '.figures[] | select(.value != null and .value < 0)')" ""
	is "host facts are there" "$(lines "$RESULTS" '.host | (.cpu_model, .kernel, .clock_source) | type' | sort -u)" \
		string
}

check_figures() {
	is "every figure is explained" "$(unexplained "$RESULTS")" ""
	is "operations are those of the rate" "$(lines "$RESULTS" 'select(.workload == "cpu") |
		.ops / .window_s.load / .figures.cpu_events_per_s.value | . > 0.999 and . < 1.001' | sort -u)" true
	is "primary figures are above zero" \
		"$(lines "$RESULTS" '.figures[.primary].value > 0' | sort -u)" true
	is "both windows are what was asked for" "$(lines "$RESULTS" \
		'(.window_s | .host, .load) | . > 0.49 and . < 1.5' | sort -u)" true
	is "threads used CPU time, at most the window's" "$(lines "$RESULTS" \
		'.figures.cpu_time_s.value > 0 and
		 .figures.cpu_time_s.by[if .vm then "vcpu/0" else "native/0" end] <= .window_s.host * 1.05' | sort -u)" true
	is "roles add up to the total" "$(lines "$RESULTS" '.figures.context_switches |
		.value == ([.by | to_entries[] | select(.key | contains("/") | not) | .value] | add)' | sort -u)" true
	is "ops of the histogram are the IOPS, and those under way at the end" "$(lines "$RESULTS" 'select(.workload == "randrw") |
		([.histograms.io_read_ns[][1]] | add) - .window_s.load * .figures.io_read_iops.value |
		. > -2 and . < 130' | sort -u)" true
	is "bytes are ops times their size" "$(lines "$RESULTS" 'select(.workload == "randrw") | .figures |
		(.io_read_bytes_per_s.value / .io_read_iops.value | round) == 4096' | sort -u)" true
	is "reads are about 70 %" "$(lines "$RESULTS" 'select(.workload == "randrw") | .figures |
		(.io_read_iops.value / (.io_read_iops.value + .io_write_iops.value)) | . > 0.65 and . < 0.75' |
		sort -u)" true
	is "percentiles are in order" "$(lines "$RESULTS" 'select(.workload == "randrw") |
		[.figures[("io_read_p50_ns", "io_read_p95_ns", "io_read_p99_ns", "io_read_p999_ns", "io_read_max_ns")].value |
		select(. != null)] | . == sort' | sort -u)" true
	is "the guest is slower than the host at computing under TCG" "$(jq -rs 'map(select(.workload == "cpu")) |
		(map(select(.vm))[0].figures.cpu_events_per_s.value < map(select(.vm | not))[0].figures.cpu_events_per_s.value)' \
		"$RESULTS")" true
}

check_threads() {
	is "every thread was read back" "$(lines "$RESULTS" '.threads[] | select(.got.cpus == null or .got.policy == null)')" ""
	is "none is stray" "$(lines "$RESULTS" '.threads[].stray' | sort -u)" false
	is "the roles are there" "$(lines "$RESULTS" '[.threads[].role] | unique - ["pool", "helper"] | join("+")' |
		sort -u | paste -sd,)" "emulator+vcpu,loader+native"
}

check_report() {
	local before format

	before=$(sha256sum <"$RESULTS")
	run "$QLAUNCH" report "$RESULTS"
	is "report makes the table again" "$status" 0
	like "with its primary figure" "$(cat "$TMP/out")" "^  [*] cpu_events_per_s"
	run "$QLAUNCH" report --format json "$RESULTS"
	is "report as JSON" "$(jq -r '"\(.schema) \(.baseline) \(.comparisons | length > 10)"' "$TMP/out")" \
		"qlaunch.report/1 native true"
	run "$QLAUNCH" report --format csv "$RESULTS"
	is "report as CSV: every row as wide as its head" \
		"$(csv_widths "$TMP/out")" 1
	for format in table csv json; do
		is "report --format $format is quiet on stderr" \
			"$("$QLAUNCH" report --format $format "$RESULTS" 2>&1 >/dev/null)" ""
	done
	is "report leaves the results alone" "$(sha256sum <"$RESULTS")" "$before"
}

# How many different numbers of columns; quoted fields count as one.
csv_widths() { # FILE
	sed 's/"[^"]*"/x/g' "$1" | awk -F, '{ print NF }' | sort -u | wc -l
}

check_outputs() {
	run "$QLAUNCH" bench "${SHORT[@]}" --where native --workload cpu -o -
	is "-o - : only lines on stdout" "$(jq -r .schema "$TMP/out" | sort -u):$(wc -l <"$TMP/out")" "qlaunch.result/1:1"
	{ cat "$TMP/out" && head -c 40 "$TMP/out"; } >"$TMP/torn.jsonl"
	run "$QLAUNCH" bench "${SHORT[@]}" --where native --workload cpu -o "$TMP/torn.jsonl"
	is "-o FILE appends whole lines, also after half a one" \
		"$(sed -n '$p' "$TMP/torn.jsonl" | jq -r .workload):$(wc -l <"$TMP/torn.jsonl")" "cpu:3"
	run "$QLAUNCH" bench "${SHORT[@]}" --where native --workload cpu
	is "results land in XDG_STATE_HOME" "$(find "$XDG_STATE_HOME/qlaunch/results" -name '*-bench.jsonl' | wc -l)" 1
	is "and nobody else may read them" "$(stat -c %a "$XDG_STATE_HOME"/qlaunch/results/*-bench.jsonl)" 600
	is "no scratch is left there" "$(find "$XDG_STATE_HOME" -type f ! -name '*.jsonl' | wc -l)" 0
}

# Nothing else would tell of it: qload never says hello, and its deadline is minutes away.
check_panic() {
	run timeout 600 "$QLAUNCH" bench "${SHORT[@]}" --where guest --vcpus 1 --workload cpu --append "rdinit=/nope root=/nope" \
		-o "$TMP/panic.jsonl"
	is "a guest that panics ends the trial at once" "$status" 1
	like "with what its kernel says of it" "$(jq -r .error "$TMP/panic.jsonl")" \
		"QEMU exited.*the guest's console ends: Kernel panic - not syncing: [^\\\\]+$"
}

# One workload of two cannot run, in any arm: that is not what was asked for.
check_no_value() {
	run "$QLAUNCH" bench "${SHORT[@]}" --where guest --vcpus 1 --workload cpu,randread --append module_blacklist=virtio_blk \
		-o "$TMP/missing.jsonl"
	is "a workload without a value in any arm: exit 1, the other one measured" \
		"$status $(lines "$TMP/missing.jsonl" 'select(.workload == "cpu") | .figures.cpu_events_per_s.value > 0')" "1 true"
	like "it is named with the first reason" "$(tail -n 1 "$TMP/err")" \
		"^qlaunch: --workload randread has no value in any configuration: prepare: qload: .*needs a scratch"
}

# A stock kernel does not come up there: said before it starts, and waited for once, not once a boot.
check_software_kvm() {
	has_software_kvm || { skip "software KVM" "this host has none that opens"; return; }
	run timeout 600 "$QLAUNCH" bench --where guest --accel kvm --user root --vcpus 1 --workload cpu --repeat 2 --boots 2 \
		--boot-timeout 2s -o "$TMP/software.jsonl"
	is "the built-in guest on software KVM: exit 1" "$status" 1
	like "the warning stands before the first trial" "$(sed '/^trial/,$d' "$TMP/err")" \
		"neither vmx nor svm.*a stock 64-bit Linux does not boot on it"
	is "each line has the reason, and the second boot is not waited for" \
		"$(lines "$TMP/software.jsonl" '.error | [test("not tried again"), test("hello within 2s .*software KVM .*console")] | @csv')" \
		"false,true
true,true"
	run "$QLAUNCH" doctor
	is "the doctor does not recommend it" "$(grep -A 1 '^kvm ' "$TMP/out" | grep -c 'accel kvm')" 0
}

# Less than the kernel unpacks itself into: it would be silent until the boot's deadline.
check_memory() {
	local least

	refuses "a guest without room for its kernel" 2 "^qlaunch: --memory 32M: .* give it [0-9]+M or more$" \
		"$QLAUNCH" bench "${SHORT[@]}" --where guest --workload cpu --memory 32M -o "$TMP/small.jsonl"
	check "nothing was started" test ! -e "$TMP/small.jsonl"
	refuses "a dry run says it too" 2 "^qlaunch: --memory 32M: " \
		"$QLAUNCH" bench "${SHORT[@]}" --where guest --workload cpu --memory 32M --dry-run
	least=$("$QLAUNCH" bench --where guest --memory 32M --dry-run 2>&1 | sed -n 's/.*give it \([0-9]*M\) .*/\1/p')
	run "$QLAUNCH" sweep "${SHORT[@]}" --workload cpu --memory "32M,$least" --control off -o "$TMP/small.jsonl"
	is "what is advised is enough" "$status:$(lines "$TMP/small.jsonl" '"\(.arm) \(.ended)"' | sort | paste -sd,)" \
		"0:memory=32M refused,memory=$least done" || note "$(cat "$TMP/err")"
}

check_cache() {
	XDG_CACHE_HOME=$TMP/cache run "$QLAUNCH" bench "${SHORT[@]}" --where guest --workload cpu -o - \
		--kernel "$(lines "$RESULTS" '.vm.kernel // empty' | head -n 1)" \
		--modules "$(modules_of "$(lines "$RESULTS" '.vm.kernel // empty' | head -n 1)")"
	is "a kernel named is used" "$status:$(wc -l <"$TMP/out")" 0:1
	is "the initramfs lands in XDG_CACHE_HOME" "$(find "$TMP/cache/qlaunch/initramfs" -name '*.cpio' | wc -l)" 1
}

# tmpfs has no direct I/O that means anything: both venues go through the page cache then, and both lines say so.
check_no_direct() {
	mkdir "$TMP/memory"
	# shellcheck disable=SC2016  # the inner shell expands them
	run unshare -m sh -c 'mount -t tmpfs tmpfs "$1" && shift && exec "$@"' sh "$TMP/memory" "$QLAUNCH" bench "${SHORT[@]}" \
		--workload randread --scratch "$TMP/memory" -o "$TMP/memory.jsonl"
	is "a scratch without O_DIRECT is no obstacle" \
		"$status:$(lines "$TMP/memory.jsonl" 'select(.error == null) | .arm' | sort | xargs)" "0:guest native"
	is "it is recorded as page cache in both" \
		"$(lines "$TMP/memory.jsonl" '.spec.cache // .spec.direct' | sort | xargs)" "off writeback"
	is "and warned about" "$(grep -c 'direct on was not to be had' "$TMP/memory.jsonl")" 2
}

# The package's own modules stand beside the kernel that was unpacked from it.
modules_of() { # KERNEL
	local modules=${1%/boot/*}/lib/modules/${1##*/vmlinuz-}

	[ -d "$modules" ] || modules=/lib/modules/${1##*/vmlinuz-}
	echo "$modules"
}

check_run
check_fields
check_figures
check_threads
check_report
check_outputs
check_panic
check_no_value
check_software_kvm
check_memory
check_no_direct
check_cache
finish

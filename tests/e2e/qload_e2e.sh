#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# qload_e2e.sh - qload by hand: every workload, bad input, and that it leaves nothing behind.
. tests/lib/lib.sh

cd "$TMP" || exit 1
small=(--duration=100ms --warmup=20ms --scratch-size=8M)

like "help lists the workloads" "$("$QLOAD" --help)" '^  randrw '
for workload in cpu randread randwrite randrw read write; do
	json=$("$QLOAD" "$workload" "${small[@]}" --threads=2 --json)
	is "$workload: status" $? 0
	is "$workload: something was done" "$(jq '[.histograms[][] | .[1]] | add > 0' <<<"$json")" true
	is "$workload: no warning of its own" "$(jq -c '[.warnings[] | select(test("clock|io_uring ran without|direct") | not)]' <<<"$json")" '[]'
done
for workload in mem wakeup pipe fault lock syscall memcpy; do
	json=$("$QLOAD" "$workload" --duration=100ms --warmup=20ms --json)
	is "$workload: status" $? 0
	like "$workload: figures" "$(jq -r '.figures | keys | .[0]' <<<"$json")" "^$workload"
done
like "text for a person" "$("$QLOAD" randrw "${small[@]}" --bs=8k --iodepth=4 --rwmix=50)" 'io_write_p50_ns +[0-9.]+ us'
is "nothing is left in the folder" "$(ls -A)" ""

head -c 8M /dev/urandom >file
sum=$(sha256sum file)
check "reads a file" "$QLOAD" randread "${small[@]}" --file=file
check "reads a read-only file" setpriv --reuid=65534 --clear-groups "$QLOAD" read "${small[@]}" --file=/proc/self/exe --direct=off
is "and leaves it as it was" "$(sha256sum file)" "$sum"
truncate -s 16M file
like "holes are said" "$("$QLOAD" randread "${small[@]}" --file=file)" 'warning: the file has holes'

# open loop: what is due is counted whether or not it is done, and latencies count from when it was due
json=$("$QLOAD" randread --file=file --direct=off --duration=500ms --warmup=100ms --threads=2 --rate=1000 --json)
is "a rate is offered" "$(jq '.engine.offered | . >= 495 and . <= 510' <<<"$json")" true
is "and done" "$(jq '.figures.io_achieved_ratio.value | . > 0.8 and . < 1.2' <<<"$json")" true
is "which is no saturation" "$(jq -c '[.engine.rate, .engine.saturated]' <<<"$json")" '["1000",false]'
json=$("$QLOAD" randread --file=file --direct=off --duration=500ms --warmup=100ms --rate=50000000:poisson --json)
is "too high a rate is said to saturate" "$(jq -c '[.engine.rate, .engine.saturated]' <<<"$json")" '["50000000:poisson",true]'
like "in words too" "$(jq -r '.warnings[]' <<<"$json")" 'saturated: [0-9]+ requests were due'
is "and it has no primary figure, with the reason" "$(jq -r '.figures.io_read_iops | "\(.value) \(.why)"' <<<"$json")" \
	"null saturated: fewer requests were done than were due"
is "what was never answered is a lower bound" "$(jq -c '[.figures.io_read_max_ns.at_least, (.warnings | any(test("were given up")))]' <<<"$json")" \
	"[true,true]"
is "and its latencies are the queue's, not the disk's" \
	"$(jq '.figures | .io_read_p50_ns.value > 50e6 and .io_late.value > 1000 and .io_achieved_ratio.value < 0.5' <<<"$json")" true
json=$("$QLOAD" randread --file=file --nop --duration=100ms --warmup=20ms --json)
is "NOPs move nothing" "$(jq -c '[.figures.io_read_iops.value > 0, .io.read_bytes]' <<<"$json")" '[true,0]'
like "and that is said" "$(jq -r '.warnings[]' <<<"$json")" 'no request did anything'
refuses "NOPs of what does no I/O" 2 'nop is for I/O' "$QLOAD" cpu --nop
refuses "a rate of what does no I/O" 2 'a rate is for I/O' "$QLOAD" cpu --rate=100
refuses "no such arrivals" 2 "--rate: 'uniform' is neither" "$QLOAD" randread --rate=100:uniform

# several files: worker i reads the i-th, and each sequential one has its own file for itself
head -c 1M /dev/urandom >one
head -c 3M /dev/urandom >two
json=$("$QLOAD" read --file=one --file=two --threads=2 --direct=off --duration=100ms --warmup=20ms --json)
is "two files are read" "$(jq '.io.read_ops > 0 and .io.errors == 0 and .io.short == 0' <<<"$json")" true
truncate -s 4M hole
like "what is wrong with one of them is said" \
	"$("$QLOAD" randread --file=one --file=hole --threads=2 --direct=off --duration=50ms --warmup=0s)" 'has holes'
refuses "more files than workers" 2 'say --threads=2' "$QLOAD" randread --file=one --file=two
refuses "the file that is wrong is named" 1 'nothing: No such file' "$QLOAD" randread --threads=2 --file=one --file=nothing

# the load runs in a process of its own
worker_of() { # PID: waits for it
	wait_until 10 grep -q . "/proc/$1/task/$1/children"
	tr -d ' ' <"/proc/$1/task/$1/children"
}

# Its policy and its CPUs.
poller_says() {
	local tid

	tid=$(grep -ls '^iou-sqp' /proc/"$worker"/task/*/comm | cut -d / -f 5)
	[ -n "$tid" ] && chrt -p "$tid" && taskset -cp "$tid"
}

# shellcheck disable=SC2317  # wait_until calls it
# It has what its worker had until it is placed.
poller_is_apart() {
	local said

	said=$(poller_says) && grep -q SCHED_OTHER <<<"$said" && ! grep -qE "affinity list: (.*[,-])?$cpu(,|\$)" <<<"$said"
}

# polling is offered only where it can work
refuses "iopoll of the page cache" 2 'iopoll is for direct I/O' "$QLOAD" randread --file=one --direct=off --iopoll=on
refuses "polling of what does no I/O" 2 'sqpoll is for I/O' "$QLOAD" cpu --sqpoll=on
refuses "more pollers than spare CPUs" 2 "sqpoll: $(nproc --all) workers .* need $((2 * $(nproc --all))) CPUs" \
	"$QLOAD" randread --file=one --threads="$(nproc --all)" --sqpoll=on
[ "$(cat /sys/dev/block/"$(mountpoint -d "$(df --output=target . | tail -n 1)")"/{,../}queue/io_poll 2>/dev/null)" = 1 ] ||
	refuses "iopoll of a disk without such queues" 1 'iopoll: the (disk has no queue to poll|file lies on no)' \
		"$QLOAD" randread --file=one --iopoll=on
if [ "$(nproc)" -ge 2 ]; then
	cpu=$(($(nproc --all) - 1))
	polled=(randread --file=two --direct=off --sqpoll=on --pin="$cpu" --policy=fifo:1 --warmup=0s)
	"$QLOAD" "${polled[@]}" --duration=600s &
	pid=$!
	worker=$(worker_of $pid)
	check "the poller is an ordinary thread, off its worker's CPU" wait_until 5 poller_is_apart || note "$(poller_says)"
	kill $pid
	wait $pid 2>/dev/null
	"$QLOAD" "${polled[@]}" --duration=300ms --json >json
	is "and the load ends" $? 0
	is "with requests done, none by a call" \
		"$(jq '.io.read_ops > 0 and .engine.setup_flags == "single_issuer sqpoll" and .engine.enters < .engine.requests' json)" true
fi

# that process and qload end together
"$QLOAD" randread --file=two --direct=off --duration=60s &
pid=$!
kill -9 "$(worker_of $pid)"
wait $pid 2>/dev/null
is "who is killed at work is seen to be killed" $? 137
"$QLOAD" randread --file=two --direct=off --duration=60s &
pid=$!
worker=$(worker_of $pid)
kill $pid
wait $pid 2>/dev/null
is "a signal ends qload" $? 143
check "and its work" wait_until 10 sh -c "! kill -0 $worker"

mkfifo fifo
refuses "no workload" 2 'no workload named' "$QLOAD"
refuses "unknown workload" 2 "no workload 'dd'" "$QLOAD" dd
refuses "unknown option" 2 "unknown option '--thread=1'" "$QLOAD" cpu --thread=1
refuses "no value" 2 'needs a value' "$QLOAD" cpu --threads
refuses "zero workers" 2 "'0' is not in 1..256" "$QLOAD" cpu --threads=0
refuses "no patience" 2 "stuck-after: '0s' is not in 1ms..24h" "$QLOAD" randread --stuck-after=0s
refuses "too short" 2 'duration' "$QLOAD" cpu --duration=0s
refuses "bad size" 2 'bs' "$QLOAD" randread --bs=100
refuses "pins and workers differ" 2 'CPUs in pin' "$QLOAD" cpu --pin=0,1
refuses "writes to a file" 2 'randread and read only' "$QLOAD" randrw --file=file
refuses "serve without a channel" 2 'needs --fd' "$QLOAD" serve --nonce=0011223344556677
refuses "serve with a bad nonce" 2 'nonce' "$QLOAD" serve --fd=3 --nonce=xyz
refuses "serve on what is no scratch" 2 'neither a file nor a disk' \
	"$QLOAD" serve --fd=3 --nonce=0011223344556677 --scratch-fd=4 3</dev/null 4</dev/null
refuses "no such file" 1 'No such file' "$QLOAD" randread --file=nothing
refuses "a FIFO" 1 'neither a file nor a disk' "$QLOAD" randread --file=fifo
refuses "unaligned" 1 'no multiple of' "$QLOAD" randread --file=file --bs=1000
refuses "no such CPU" 1 'pin to CPU 1000' "$QLOAD" cpu --pin=1000
refuses "no room" 1 'MiB left' "$QLOAD" randread --scratch-size=1000T
refuses "too small" 1 'too small' "$QLOAD" read --scratch-size=4k --threads=2
refuses "full standard output" 1 'standard output' sh -c "'$QLOAD' cpu --duration=10ms --warmup=0s >/dev/full"
finish

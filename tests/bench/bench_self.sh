#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# bench_self.sh - qload beside the tools it takes after: sysbench for cpu, fio for io_uring reads of a file in the page
# cache (there the engine is the cost, not a disk); cyclictest and perf bench for the loads that no disk is in; mem beside a
# pointer chase of its own (tests/bench/mem_walk.c), level by level.
# Alternating pairs; the figure is the median of the pairs' ratios; of sysbench the quartiles must meet the target too.
# The files that have a target are a quarter of the last-level cache: of one that is larger than it, the kernel's wait for
# memory is most of a read, whoever asks (a row without target).
# What two workers do beside one of them is measured in one process, by turns, since one virtual CPU alone may have another
# speed a second later; the row of two processes, which share nothing of ours, is what the machine has to give.
# PAIRS (10), SECONDS_EACH (1), ROUNDS (200, of four windows) of ROUND_MS (50), ROWS (*: a pattern of the rows' names), FOLDER
# (the build folder; ext4 or xfs, not tmpfs: io_uring hands tmpfs to a thread).
set -eu

QLOAD=${QLOAD:-build/qload}
PAIRS=${PAIRS:-10}
SECONDS_EACH=${SECONDS_EACH:-1}
ROUNDS=${ROUNDS:-200}
ROUND_MS=${ROUND_MS:-50}
ROWS=${ROWS:-*}
FOLDER=${FOLDER:-$(dirname "$QLOAD")}
CPU=$(($(nproc) - 1))

for tool in fio sysbench cyclictest perf jq taskset "$QLOAD"; do
	command -v "$tool" >/dev/null || {
		echo "bench-self: $tool is missing" >&2
		exit 2
	}
done
file=$(mktemp "$FOLDER/bench-self.XXXXXX")
second=$(mktemp "$FOLDER/bench-self.XXXXXX")
large=$(mktemp "$FOLDER/bench-self.XXXXXX")
pairs=$(mktemp)
trap 'rm -f "$file" "$second" "$large" "$pairs"' EXIT
trap 'exit 130' INT TERM
# by sysfs: what getconf says is some processors' whole package
cache=$(sed -n 's/K$//p' /sys/devices/system/cpu/cpu"$CPU"/cache/index3/size 2>/dev/null) || cache=0
mib=$((${cache:-0} / 4 / 1024))
[ "$mib" -ge 4 ] || mib=4
[ "$mib" -le 256 ] || mib=256
fill() { # FILE MIB
	head -c "$2M" /dev/urandom >"$1"
	sync "$1"
	cat "$1" >/dev/null
}
fill "$file" $mib
fill "$second" $mib
fill "$large" 256

our_reads() { # FILE
	"$QLOAD" randread --file="$1" --direct=off --iodepth=32 --bs=4k --pin="$CPU" \
		--duration="${SECONDS_EACH}s" --warmup=100ms --json | jq .figures.io_read_iops.value
}

# fio drops the file from the page cache unless told not to
fio_reads() { # FILE FIO-OPTION...
	from=$1
	shift
	fio --name=x --readonly --filename="$from" --ioengine=io_uring --direct=0 --invalidate=0 \
		--rw=randread --bs=4k --iodepth=32 --norandommap --randrepeat=0 --cpus_allowed="$CPU" \
		--time_based --runtime="$SECONDS_EACH" --ramp_time=100ms --output-format=json "$@" |
		jq '.jobs[0].read.iops'
}

fio_tuned() {
	fio_reads "$file" --registerfiles=1 --fixedbufs=1 --iodepth_batch=16 --iodepth_batch_complete_min=1 \
		--iodepth_batch_complete_max=16 --gtod_reduce="$1"
}

our_events() { # THREADS CPUS
	taskset -c "$2" "$QLOAD" cpu --threads="$1" --duration=400ms --warmup=50ms --json |
		jq .figures.cpu_events_per_s.value
}

# So many events as take 400 ms: sysbench's time is in whole seconds, and within one of those a virtual CPU's own speed
# may change by more than what is to be seen.
sysbench_events() { # THREADS CPUS
	taskset -c "$2" sysbench cpu --cpu-max-prime=20000 --threads="$1" --time=0 \
		--events="$((events * $1))" run | sed -n 's/^ *events per second: *//p'
}

is_wanted() { # NAME
	# shellcheck disable=SC2254 # a pattern
	case $1 in
	$ROWS) ;;
	*) return 1 ;;
	esac
}

# Of the pairs in the file.
summarize() { # NAME LOW HIGH
	awk -v name="$1" -v low="$2" -v high="$3" -v within="${within:-0}" '
		function sort(a, n,   i, k, t) {
			for (i = 2; i <= n; i++)
				for (k = i; k > 1 && a[k] < a[k - 1]; k--) { t = a[k]; a[k] = a[k - 1]; a[k - 1] = t }
		}
		function median(a, n) { sort(a, n); return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2 }
		function is_met(lower, m, upper,   apart) {
			apart = median(ours, NR) - median(theirs, NR)
			if (within)
				return apart <= within && -apart <= within
			if (name ~ /sysbench/)
				return lower >= low && upper <= high
			return m >= low && (high == "-" || m <= high)
		}
		{ ours[NR] = $1; theirs[NR] = $2; ratio[NR] = $1 / $2 }
		END {
			m = median(ratio, NR)
			printf "%-38s %3d %10.0f %10.0f  %5.3f  %5.3f..%5.3f  %s\n", name, NR, median(ours, NR),
				median(theirs, NR), m, ratio[int((NR + 3) / 4)], ratio[NR + 1 - int((NR + 3) / 4)],
				low == "-" && !within ? "" : is_met(ratio[int((NR + 3) / 4)], m, ratio[NR + 1 - int((NR + 3) / 4)]) ? "met" : "MISSED"
		}' "$pairs"
}

compare() { # NAME LOW HIGH OURS -- THEIRS: each a command of plain words
	is_wanted "$1" || return 0
	: >"$pairs"
	i=0
	while [ $i -lt "$PAIRS" ]; do
		if [ $((i % 2)) = 0 ]; then
			ours=$($4) theirs=$($5)
		else
			theirs=$($5) ours=$($4)
		fi
		echo "$ours $theirs" >>"$pairs"
		i=$((i + 1))
	done
	summarize "$1" "$2" "$3"
}

# Two workers beside one of them: by turns, in one run (tests/bench/scale_load.c).
scale() { # NAME LOW PROCESSES FILE...
	is_wanted "$1" || return 0
	name=$1 low=$2 processes=$3
	shift 3
	"$(dirname "$QLOAD")/tests/scale_load" "$processes" "$((CPU - 1)),$CPU" "$ROUNDS" "$ROUND_MS" "$@" >"$pairs"
	summarize "$name" "$low" -
}

# Compared by the median: cyclictest 2.4 skips the periods that a stall covers, so its p99 leaves them out, where wakeup
# counts each of them.
# FIFO: there neither has a timer slack; both lock memory and keep the CPU out of deep idle states.
our_wakeups() {
	"$QLOAD" wakeup --policy=fifo:1 --pin="$CPU" --duration="${SECONDS_EACH}s" --warmup=100ms --json |
		jq .figures.wakeup_p50_ns.value
}

# the middle of the median's microsecond
cyclictest_wakeups() {
	cyclictest -m -q -p 1 -i 200 -D "$SECONDS_EACH" -t 1 -a "$CPU" -h 5000 |
		awk '/^[0-9]/ { us[++n] = $1; nr[n] = $2; sum += $2 }
		     END { for (i = 1; i <= n; i++) if ((seen += nr[i]) * 2 >= sum) { print us[i] * 1000 + 500; exit } }'
}

our_time() { # WORKLOAD FIGURE
	"$QLOAD" "$1" --pin="$CPU" --duration=500ms --warmup=100ms --json | jq ".figures.$2.value"
}

# ns a round trip of two threads on one CPU; -T: threads as ours
perf_pipe() {
	taskset -c "$CPU" perf bench sched pipe -T -l 50000 | awk '/usecs\/op/ { print $1 * 1000 }'
}

perf_syscall() {
	taskset -c "$CPU" perf bench syscall basic -l 1000000 | awk '/usecs\/op/ { print $1 * 1000 }'
}

perf_memcpy() {
	taskset -c "$CPU" perf bench mem memcpy -s 64MB -l 20 -f default | awk '/GB\/sec/ { printf "%.0f", $1 * 2 ^ 30 }'
}

# picoseconds a load; sizes as qload chose them, each on small pages
our_walk() { # FIGURE
	"$QLOAD" mem --pin="$CPU" --duration="${SECONDS_EACH}s" --warmup=100ms --json | jq ".figures.$1.value * 1000"
}

own_walk() { # SIZE
	taskset -c "$CPU" "$(dirname "$QLOAD")/tests/mem_walk" "$1" "$((SECONDS_EACH * 1000))" | awk '{ print $1 * 1000 }'
}

our_nops() {
	"$QLOAD" randread --nop --file="$file" --direct=off --iodepth=32 --bs=4k --pin="$CPU" \
		--duration="${SECONDS_EACH}s" --warmup=100ms --json | jq .figures.io_read_iops.value
}

bare_nops() {
	taskset -c "$CPU" "$(dirname "$QLOAD")/tests/bare_nop" "$SECONDS_EACH" 32 16
}

echo "$(nproc) CPUs, $(uname -r), reads of $mib MiB pinned to CPU $CPU, $SECONDS_EACH s each, alternating pairs"
printf '%-38s %3s %10s %10s  %5s  %12s  %s\n' 'ours / theirs' n ours theirs ratio quartiles target
compare 'qload / qload (what noise does)' - - "our_reads $file" "our_reads $file"
compare 'randread / fio, its defaults' 1.9 - "our_reads $file" "fio_reads $file"
compare 'randread / fio, tuned' 1.05 - "our_reads $file" 'fio_tuned 0'
compare 'randread / fio, tuned, no latencies' - - "our_reads $file" 'fio_tuned 1'
compare 'randread of 256 MiB / fio, defaults' - - "our_reads $large" "fio_reads $large"
compare 'NOP with latencies / bare liburing' 1.0 - our_nops bare_nops
[ "$CPU" = 0 ] || {
	scale 'randread, 2 workers on a file / 1' 1.85 1 "$file"
	scale 'randread, 2 workers, 2 files / 1' 1.85 1 "$file" "$second"
	scale 'randread, 2 processes, 2 files / 1' - 2 "$file" "$second"
}
within=2000 # ns
compare 'wakeup p50 / cyclictest, 2 us apart' - - our_wakeups cyclictest_wakeups
within=0
compare 'pipe / perf bench sched pipe' 0.9 1.1 'our_time pipe pipe_ns' perf_pipe
compare 'syscall / perf bench syscall basic' 0.9 1.1 'our_time syscall syscall_ns' perf_syscall
compare 'memcpy / perf bench mem memcpy' 0.9 1.1 'our_time memcpy memcpy_bytes_per_s' perf_memcpy
sizes=$("$QLOAD" mem --duration=50ms --warmup=0s --json | jq -r .engine.sizes)
for level in 'l1 mem_l1_ns' 'l2 mem_l2_ns' 'llc mem_llc_ns' 'dram mem_latency_ns'; do
	size=$(printf %s "$sizes" | sed -n "s/.*\<${level% *} \([0-9]*[kMG]\).*/\1/p")
	[ -z "$size" ] || compare "mem ${level% *} / a walk of $size, in ps" 0.95 1.05 "our_walk ${level#* }" "own_walk $size"
done
events=$(our_events 1 "$CPU" | awk '{ print int($1 * 0.4) }')
compare 'cpu / sysbench, 1 thread' 0.97 1.03 "our_events 1 $CPU" "sysbench_events 1 $CPU"
[ "$CPU" = 0 ] ||
	compare 'cpu / sysbench, 2 threads' 0.97 1.03 "our_events 2 $((CPU - 1)),$CPU" \
		"sysbench_events 2 $((CPU - 1)),$CPU"

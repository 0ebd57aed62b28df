# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034  # variables are for the scripts that source this
# e2e.sh - what the end-to-end scripts share: source it after lib.sh.

LAB=tests/lab

# A bench of two seconds; the cpu load alone needs no scratch.
SHORT=(--accel tcg --duration 500ms --warmup 200ms --repeat 1 --scratch-size 32M)

# Runs a command, keeps stdout and stderr in $TMP/out and $TMP/err, its exit status in $status.
run() { # COMMAND...
	"$@" >"$TMP/out" 2>"$TMP/err" </dev/null
	status=$?
}

# Starts a command with --hold (at its end, unless it has it); waits until it holds.  $started is its pid, $held QEMU's, fd 7 releases it.
hold() { # COMMAND...
	rm -f "$TMP/release"
	mkfifo "$TMP/release"
	: >"$TMP/err"
	case " $* " in *" --hold "*) ;; *) set -- "$@" --hold ;; esac
	"$@" >"$TMP/out" 2>"$TMP/err" <"$TMP/release" 7>&- &
	started=$!
	tap_pids="$tap_pids $started"
	exec 7>"$TMP/release"
	held=
	wait_until 60 is_held "$started" || return 1
	held=$(sed -n 's/^held pid=//p' "$TMP/err")
	[ -n "$held" ]
}

is_held() { # PID: holds, or is gone and never will
	grep -q '^held pid=' "$TMP/err" || ! kill -0 "$1" 2>/dev/null
}

# Lets it go and waits for its end: $status.
release() {
	echo >&7
	exec 7>&-
	wait "$started"
	status=$?
}

# Processes whose parent this is.
children() { # PID
	cat "/proc/$1/task/"*/children 2>/dev/null
}

# A running thread that is no zombie.
is_alive() { # PID
	[ -e "/proc/$1" ] && ! grep -q '^State:[[:space:]]*[ZX]' "/proc/$1/status" 2>/dev/null
}

all_gone() { # PID...
	local pid

	for pid; do
		! is_alive "$pid" || return 1
	done
}

# Kernel's own word on a thread, as the result line spells it: "1 fifo:1".
kernel_says() { # TID
	local cpus policy level

	cpus=$(taskset -pc "$1" 2>/dev/null | sed 's/.*: //')
	policy=$(chrt -p "$1" 2>/dev/null | sed -n 's/.*policy: SCHED_//p' | sed 's/|.*//' | tr '[:upper:]' '[:lower:]')
	level=$(chrt -p "$1" 2>/dev/null | sed -n 's/.*priority: //p')
	case $policy in
	fifo | rr) policy=$policy:$level ;;
	esac
	echo "$cpus $policy"
}

# One thing about a results file.
lines() { # FILE JQ-FILTER
	jq -r "$2" "$1"
}

# Figures of a results file whose unit and direction are not those that `qlaunch explain` names.  Of several VMs a figure is
# the other figure's.
unexplained() { # FILE
	local names

	lines "$1" '.figures | to_entries[] | select(.key | test("^vms_(total|worst)_") | not) |
		"\(.key) \(.value.unit) \(.value.better)"' | sort -u >"$TMP/figures"
	mapfile -t names < <(cut -d ' ' -f 1 "$TMP/figures")
	"$QLAUNCH" explain "${names[@]}" 2>&1 |
		awk '/^[a-z]/ { name = $1 } $1 == "unit" { unit = $2 } $1 == "better" { print name, unit, $2 } /no figure/' |
		sort -u | diff "$TMP/figures" -
}

# /dev/kvm that opens, on CPUs that have neither vmx nor svm.
has_software_kvm() {
	! grep -qwE 'vmx|svm' /proc/cpuinfo && (exec 3<>/dev/kvm) 2>/dev/null
}

# What stands in the way of a test that pins the guest away from qlaunch.
needs_two_cpus() {
	[ "$(nproc)" -ge 2 ] || skip_all "needs two CPUs"
}

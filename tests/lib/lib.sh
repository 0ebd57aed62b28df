# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# lib.sh - TAP for shell tests: source it, call check/is/like/skip, end with `finish`.
# A test gets its own folder in $TMP, removed at exit; background programs started through `start` are ended by pid.

BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
# shellcheck disable=SC2034  # for the scripts that source this
QLAUNCH=$BUILD/qlaunch
# shellcheck disable=SC2034
QLOAD=$BUILD/qload

TMP=$(mktemp -d "${TMPDIR:-/tmp}/qlaunch-test.XXXXXX") || exit 1
export TMP
# a QEMU that root starts runs as another user: it must reach a program in here by its name
chmod 711 "$TMP"
# results and state of a test never land in the user's folders; the cache (kernels) is shared on purpose
export XDG_STATE_HOME=$TMP/state

tap_count=0
tap_failed=0
tap_pids=

tap_cleanup() {
	local pid

	for pid in $tap_pids; do
		kill "$pid" 2>/dev/null
	done
	rm -rf "$TMP"
}
trap tap_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

pass() { # NAME
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

fail() { # NAME [WORDS]; false, for `is ... || note ...`
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	[ $# -lt 2 ] || note "$2"
	return 1
}

skip() { # NAME REASON
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# A whole file that cannot run here.
skip_all() { # REASON
	skip "all of it" "$1"
	finish
}

check() { # NAME COMMAND...: the command succeeds
	local name=$1 said

	shift
	if said=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name" "failed ($?): $*: $said"
	fi
}

refuses() { # NAME STATUS REGEX COMMAND...: ends with this status and one sentence that matches
	local name=$1 status=$2 regex=$3 said got

	shift 3
	said=$("$@" 2>&1 </dev/null)
	got=$?
	if [ "$got" != "$status" ]; then
		fail "$name" "exit status $got instead of $status: $said"
	elif ! printf '%s' "$said" | grep -Eq -- "$regex"; then
		fail "$name" "does not match $regex: $said"
	else
		pass "$name"
	fi
}

is() { # NAME GOT WANT
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got '$2', want '$3'"
	fi
}

like() { # NAME TEXT REGEX
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then
		pass "$1"
	else
		fail "$1" "does not match $3: $2"
	fi
}

# A copy of qlaunch that every user can reach: the checkout itself may lie in a folder that is closed to others.
open_copy() { # -> its path
	mkdir -p "$TMP/open"
	chmod 755 "$TMP" "$TMP/open"
	cp -u "$QLAUNCH" "$QLOAD" "$TMP/open"
	echo "$TMP/open/qlaunch"
}

# tracefs may be mounted nowhere: a mount of our own, seen by nobody else.
with_tracefs() { # COMMAND...
	[ "$(id -u)" = 0 ] || { "$@"; return; }
	# shellcheck disable=SC2016  # the inner shell's
	unshare -m sh -c '{ mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing; } && exec "$@"' sh "$@"
}

# Starts a program in the background; its pid is in $started.
start() { # COMMAND...
	"$@" &
	started=$!
	tap_pids="$tap_pids $started"
}

# Waits until a command succeeds: for what has no event that a shell can see.  SECONDS are an idle machine's; only a hang
# takes twenty times as long.
wait_until() { # SECONDS COMMAND...
	local end=$((SECONDS + 20 * $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

finish() {
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
	exit
}

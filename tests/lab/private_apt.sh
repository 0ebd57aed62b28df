#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# private_apt.sh - sourced: packages that are unpacked into the cache and never installed.  apt works in a root of its
# own, so this machine's architectures, sources, lists and packages stay as they are.

# Of WORK: the folder that apt may fill.
private_apt_root() { # WORK
	mkdir -p "$1/apt/state/lists/partial" "$1/apt/cache/archives/partial" "$1/apt/log"
	: >"$1/apt/state/status"
}

# Sources and keys are this machine's own, where no option says otherwise.
private_apt() { # WORK TOOL ARG...
	local root=$1/apt tool=$2

	shift 2
	"$tool" -q -o "Dir::State=$root/state" -o "Dir::State::status=$root/state/status" -o "Dir::Cache=$root/cache" \
		-o "Dir::Log=$root/log" -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# keep_unpacked NAME FILE: runs `unpack WORK`, which leaves WORK/root, once; prints the folder where that is kept.  FILE
# in it says that it is whole.
keep_unpacked() {
	local cache=${XDG_CACHE_HOME:-~/.cache}/qlaunch-lab kept work # ~ also where HOME is not set

	kept=$cache/$1
	mkdir -p "$cache"
	exec 9>"$cache/lock-$1"
	flock 9
	if [ ! -e "$kept/$2" ]; then
		work=$(mktemp -d "$cache/$1.XXXXXX")
		# shellcheck disable=SC2064  # the folder's name of now
		trap "rm -rf '$work'" EXIT
		mkdir "$work/root"
		private_apt_root "$work"
		unpack "$work"
		rm -rf "$kept"
		mv "$work/root" "$kept"
	fi
	echo "$kept"
}

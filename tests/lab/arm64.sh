#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# arm64.sh - Debian's cloud kernel and libjson-c for arm64, unpacked but never installed: prints the folder that holds
# vmlinuz and usr/.  apt works in a root of its own inside the cache, so this machine's architectures, lists and
# packages stay as they are.  Downloaded once; what is in the cache is used as it is.
set -eu

CACHE=${XDG_CACHE_HOME:-~/.cache}/qlaunch-lab # ~ also where HOME is not set
KEPT=$CACHE/arm64
META=linux-image-cloud-arm64

cannot() {
	echo "no arm64 packages: $*" >&2
	exit 1
}

# apt with everything it writes in WORK/apt; sources and keys are this machine's own
private_apt() { # WORK TOOL ARG...
	local root=$1/apt tool=$2

	shift 2
	"$tool" -q -o "Dir::State=$root/state" -o "Dir::State::status=$root/state/status" -o "Dir::Cache=$root/cache" \
		-o "Dir::Log=$root/log" -o APT::Architecture=arm64 -o APT::Architectures::=arm64 \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

unpack() { # WORK: leaves WORK/root
	local work=$1 image package

	mkdir -p "$work/apt/state/lists/partial" "$work/apt/cache/archives/partial" "$work/apt/log" "$work/root"
	: >"$work/apt/state/status"
	private_apt "$work" apt-get update >"$work/log" 2>&1 || cannot "apt-get update: $(tail -n 1 "$work/log")"
	image=$(private_apt "$work" apt-cache depends "$META" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p')
	[ -n "$image" ] || cannot "this machine's package sources have no $META"
	(cd "$work" && private_apt "$work" apt-get download "$image:arm64" libjson-c-dev:arm64) >"$work/log" 2>&1 ||
		cannot "apt-get download: $(tail -n 1 "$work/log")"
	for package in "$work"/*.deb; do
		dpkg-deb -x "$package" "$work/root"
	done
	mv "$work"/root/boot/vmlinuz-* "$work/root/vmlinuz"
	rm -rf "$work/root/lib" "$work/root/boot"
}

mkdir -p "$CACHE"
exec 9>"$CACHE/lock-arm64"
flock 9
if [ ! -e "$KEPT/vmlinuz" ]; then
	work=$(mktemp -d "$CACHE/arm64.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	unpack "$work"
	rm -rf "$KEPT"
	mv "$work/root" "$KEPT"
fi
echo "$KEPT"

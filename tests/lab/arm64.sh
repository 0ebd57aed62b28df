#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# arm64.sh - Debian's cloud kernel and libjson-c for arm64, unpacked but never installed: prints the folder that holds
# vmlinuz and usr/.  Downloaded once; what is in the cache is used as it is.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lab/private_apt.sh
. "$HERE/private_apt.sh"
META=linux-image-cloud-arm64

cannot() {
	echo "no arm64 packages: $*" >&2
	exit 1
}

arm64_apt() { # WORK TOOL ARG...
	local work=$1 tool=$2

	shift 2
	private_apt "$work" "$tool" -o APT::Architecture=arm64 -o APT::Architectures::=arm64 "$@"
}

unpack() { # WORK
	local work=$1 image package

	arm64_apt "$work" apt-get update >"$work/log" 2>&1 || cannot "apt-get update: $(tail -n 1 "$work/log")"
	image=$(arm64_apt "$work" apt-cache depends "$META" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p')
	[ -n "$image" ] || cannot "this machine's package sources have no $META"
	(cd "$work" && arm64_apt "$work" apt-get download "$image:arm64" libjson-c-dev:arm64) >"$work/log" 2>&1 ||
		cannot "apt-get download: $(tail -n 1 "$work/log")"
	for package in "$work"/*.deb; do
		dpkg-deb -x "$package" "$work/root"
	done
	mv "$work"/root/boot/vmlinuz-* "$work/root/vmlinuz"
	rm -rf "$work/root/lib" "$work/root/boot"
}

keep_unpacked arm64 vmlinuz

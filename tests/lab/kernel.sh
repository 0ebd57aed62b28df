#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kernel.sh - the distribution's cloud kernel, unpacked but never installed: prints the folder that holds
# vmlinuz, version and lib/modules/VERSION.  Downloaded once; what is in the cache is used as it is.
set -eu

CACHE=${XDG_CACHE_HOME:-~/.cache}/qlaunch-lab # ~ also where HOME is not set
PACKAGE=linux-image-cloud-amd64

newest() { find "$CACHE" -mindepth 1 -maxdepth 1 -type d -name 'kernel-*' 2>/dev/null | sort -V | tail -n 1; }

# The meta package depends on the one real image.
image_package() { apt-cache depends "$PACKAGE" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p'; }

unpack() { # PACKAGE WORK: leaves WORK/root
	(cd "$2" && apt-get -q -o APT::Sandbox::User=root download "$1" >&2)
	dpkg-deb -x "$2"/*.deb "$2/root"
	set -- "$1" "$2/root" "$(basename "$2/root/lib/modules/"*)"
	mv "$2/boot/vmlinuz-$3" "$2/vmlinuz"
	echo "$3" >"$2/version"
	rm -rf "${2:?}/boot" "${2:?}/usr"
	/sbin/depmod -b "$2" "$3"
}

mkdir -p "$CACHE"
exec 9>"$CACHE/lock"
flock 9
have=$(newest)
if [ -z "$have" ]; then
	image=$(image_package)
	if [ -z "$image" ]; then
		apt-get -q update >&2
		image=$(image_package)
	fi
	[ -n "$image" ] || {
		echo "no package $PACKAGE: apt-get update, then try again" >&2
		exit 1
	}
	work=$(mktemp -d "$CACHE/unpack.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	unpack "$image" "$work"
	have=$CACHE/kernel-$(cat "$work/root/version")
	mv "$work/root" "$have"
fi
echo "$have"

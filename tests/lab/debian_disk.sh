#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# debian_disk.sh OUT.qcow2 - a real Debian disk that nobody here wrote: systemd, a root login on the serial console,
# a power button that logind obeys, booted by SeaBIOS through extlinux.  Made once (root, about a minute), then kept
# in the cache; OUT is a copy, free to be written to.  Exit status 77: it cannot be made here, with the reason.
set -eu

OUT=${1:?usage: debian_disk.sh OUT.qcow2}
CACHE=${XDG_CACHE_HOME:-~/.cache}/qlaunch-lab # ~ also where HOME is not set
SUITE=bookworm
# logind needs dbus to hear the power button; --warmup agent waits for the guest agent
INCLUDE=linux-image-cloud-amd64,dbus,libpam-systemd,qemu-guest-agent
# what is kept depends on this script and nothing else
KEY=$(sha256sum <"$0" | cut -c 1-16)
KEPT=$CACHE/debian-$KEY.qcow2

cannot() {
	echo "no Debian disk: $*" >&2
	exit 77
}

make_disk() { # WORK -> WORK/disk.qcow2
	local disk=$1/disk.ext4 mount=$1/mount mirror

	# this machine's own mirror, where apt knows one
	# shellcheck disable=SC2016  # apt expands it
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
		"Codename: $SUITE" 2>/dev/null | head -n 1)
	debvm-create -h qlaunch-disk -z 1500M -o "$disk" -r "$SUITE" -s packagelists,systemdnetwork -- --quiet \
		"--include=$INCLUDE" ${mirror:+"$mirror"} >"$1/log" 2>&1 || {
		tail -n 5 "$1/log" >&2
		cannot "debvm-create failed (offline?)"
	}
	mkdir "$mount"
	mount -o loop "$disk" "$mount" 2>"$1/log" || cannot "no loop device: $(cat "$1/log")"
	{
		mkdir -p "$mount/boot/extlinux" &&
			printf '%s\n' 'DEFAULT debian' 'LABEL debian' ' LINUX /vmlinuz' ' INITRD /initrd.img' \
				' APPEND root=/dev/vda rw console=ttyS0' >"$mount/boot/extlinux/extlinux.conf" &&
			extlinux --install "$mount/boot/extlinux"
	} >"$1/log" 2>&1 || {
		umount "$mount"
		cannot "extlinux failed: $(tail -n 1 "$1/log")"
	}
	umount "$mount"
	qemu-img convert -O qcow2 "$disk" "$1/disk.qcow2"
}

mkdir -p "$CACHE"
exec 9>"$CACHE/lock"
flock 9
if [ ! -e "$KEPT" ]; then
	[ "$(id -u)" = 0 ] || cannot "making it needs root"
	for tool in debvm-create mmdebstrap extlinux qemu-img; do
		command -v "$tool" >/dev/null || cannot "no $tool"
	done
	rm -f "$CACHE"/debian-*.qcow2 # of older recipes
	work=$(mktemp -d "$CACHE/disk.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	make_disk "$work"
	mv "$work/disk.qcow2" "$KEPT"
fi
cp --reflink=auto "$KEPT" "$OUT"

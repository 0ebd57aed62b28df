#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# qemu.sh - a QEMU of Debian's backports, unpacked but never installed: prints the folder that holds usr/.  Downloaded
# once; what is in the cache is used as it is.
#
# It carries the KVM lab.  Debian 12's own, 7.2, may translate a CPU's code while another CPU patches it, as the kernel
# does for each tracepoint and jump label, and then runs the breakpoint of a patch that is over for ever: the emulated
# host stood still so with both vCPUs of its guest in __apic_accept_irq().  With KVM's tracepoints switched on and off for
# a minute, the host stood still in three runs of five on 7.2 and panicked in one, after five to 25 times; on 10.0 it came
# through 170 times in five runs.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lab/private_apt.sh
. "$HERE/private_apt.sh"
PACKAGES=(qemu-system-x86 qemu-system-common qemu-system-data seabios)

cannot() {
	echo "no newer QEMU: $*" >&2
	exit 1
}

# The mirror that this release comes from.
mirror() { # RELEASE
	# shellcheck disable=SC2016  # apt-get expands them
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		sed -n "s/^$1 main //p" | head -n 1
}

unpack() { # WORK
	local work=$1 release uri package from

	release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	uri=$(mirror "$release")
	[ -n "$uri" ] || cannot "this machine's package sources have no main of $release"
	echo "deb $uri $release-backports main" >"$work/sources"
	from=(-o "Dir::Etc::SourceList=$work/sources" -o Dir::Etc::SourceParts=/dev/null)
	private_apt "$work" apt-get "${from[@]}" update >"$work/log" 2>&1 || cannot "apt-get update: $(tail -n 1 "$work/log")"
	(cd "$work" && private_apt "$work" apt-get "${from[@]}" download "${PACKAGES[@]}") >"$work/log" 2>&1 ||
		cannot "apt-get download: $(tail -n 1 "$work/log")"
	for package in "$work"/*.deb; do
		dpkg-deb -x "$package" "$work/root"
	done
}

keep_unpacked qemu usr/bin/qemu-system-x86_64

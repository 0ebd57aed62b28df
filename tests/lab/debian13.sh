#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# debian13.sh PURPOSES COMMAND [ARG...] - runs a command in a private Debian 13, as root, on this machine's kernel: there
# gcc, QEMU, the libraries and the guest's kernel are others.  PURPOSES are those of packages.mk ("RUN UNIT BPF").
#
# The root is made once for each list of packages (mmdebstrap, this machine's own mirror) and kept in the cache folder,
# where it never changes: each command works on an overlay that is thrown away.  The checkout is /src, read-only, and the
# working folder; /build, /root and /tmp are new folders of the disk that holds TMPDIR, so that O_DIRECT and io_uring
# behave as on this machine.  /root/.cache is kept beside the root: it holds the guest's kernel.
#
# Every mount is made in a mount namespace of its own without propagation and ends with its last process: nothing of this
# machine can be unmounted or removed by way of a mount, and nothing is installed.  Exit status 77: it cannot be had here,
# with the reason; else the command's.
set -eu

PURPOSES=${1:?usage: debian13.sh PURPOSES COMMAND [ARG...]}
shift
SUITE=trixie
CACHE=${XDG_CACHE_HOME:-~/.cache}/qlaunch-lab # ~ also where HOME is not set
SOURCE=$(cd "$(dirname "$0")/../.." && pwd)

cannot() {
	echo "no Debian 13: $*" >&2
	exit 77
}

packages() {
	make -s -C "$SOURCE" list-packages PURPOSES="$PURPOSES" REPORT_PACKAGES='nodejs npm'
}

# No process works in it, or in what was left of one that was interrupted while it was made.
remove_unused() { # FOLDER...
	local folder

	for folder; do
		[ ! -d "$folder" ] || flock -n "$folder" rm -rf "$folder"
	done
}

make_root() { # PACKAGES WORK -> WORK/root, with its package lists: the guest's kernel comes from there
	local mirror

	# shellcheck disable=SC2016  # apt expands it
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' \
		2>/dev/null | grep -v security | head -n 1)
	apt-config dump | grep -iE '^Acquire::(https?::|[a-z]+::proxy|Retries)' >"$2/apt.conf" || true
	unshare -m --propagation private mmdebstrap --variant=minbase --skip=cleanup/apt/lists --aptopt="$2/apt.conf" \
		--include="$(echo "$1" | tr -s ' ' ,)" "$SUITE" "$2/root" ${mirror:+"$mirror"} >"$2/log" 2>&1 || {
		tail -n 5 "$2/log" >&2
		cannot "mmdebstrap failed (offline?)"
	}
}

# Keeps the root in $KEPT, locked against removal as long as descriptor 8 is open.
keep_root() {
	local list work

	list=$(packages) || cannot "no list of packages"
	KEPT=$CACHE/debian13-$(echo "$list" | cat - "$0" | sha256sum | cut -c 1-16)
	mkdir -p "$CACHE"
	exec 9>"$CACHE/lock-debian13"
	flock 9
	if [ ! -d "$KEPT" ]; then
		command -v mmdebstrap >/dev/null || cannot "no mmdebstrap"
		echo "debian13: making the root of $(echo "$list" | wc -w) packages, kept in $KEPT" >&2
		work=$(mktemp -d "$CACHE/debian13.XXXXXX")
		trap 'rm -rf "$work"' EXIT
		make_root "$list" "$work"
		mkdir "$work/cache"
		mv "$work" "$KEPT"
		trap - EXIT
	fi
	touch "$KEPT"
	exec 8<"$KEPT"
	flock -s 8
	# what no recipe of the last month asked for
	mapfile -t old < <(find "$CACHE" -mindepth 1 -maxdepth 1 -type d -name 'debian13[-.]*' -mtime +30)
	remove_unused ${old[@]+"${old[@]}"}
	exec 9>&-
}

[ "$(id -u)" = 0 ] || cannot "it takes root"
keep_root
WORK=$(mktemp -d "${TMPDIR:-/tmp}/debian13.XXXXXX")
trap 'rm -rf --one-file-system "$WORK"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$WORK"/{upper,work,root,build,home,tmp}
chmod 1777 "$WORK/tmp"
export SOURCE KEPT WORK SUITE

# shellcheck disable=SC2016  # the inner shell's
unshare -m --propagation private sh -eu -c '
	mount -t overlay overlay -o "lowerdir=$KEPT/root,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/root"
	cd "$WORK/root"
	mkdir -p src build
	for folder in proc sys dev; do
		mount --rbind "/$folder" "$folder"
	done
	mount --bind "$SOURCE" src
	mount -o remount,bind,ro src
	mount --bind "$WORK/build" build
	mount --bind "$WORK/home" root
	mount --bind "$WORK/tmp" tmp
	mkdir root/.cache
	mount --bind "$KEPT/cache" root/.cache
	cat /etc/resolv.conf >etc/resolv.conf
	cat /etc/hosts >etc/hosts
	exec chroot . /usr/bin/env -i "HOME=/root" "PATH=/usr/sbin:/usr/bin:/sbin:/bin" "LANG=C.UTF-8" BUILD=/build \
		sh -c "cd /src && exec \"\$@\"" sh "$@"
' sh "$@" 8<&-

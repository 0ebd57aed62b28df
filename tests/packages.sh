#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# packages.sh install|name PACKAGE... - names the Debian packages that are missing, or installs them.
# Touches the network only when something is missing, so that a second run works offline.
set -eu

action=$1
shift
if ! command -v dpkg-query >/dev/null; then
	exit 0 # no Debian: the compiler says what it does not find
fi
missing=
for package; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "missing packages:$missing" >&2
if [ "$action" != install ] || [ "$(id -u)" != 0 ]; then
	echo "  as root: apt-get update && apt-get install -y --no-install-recommends$missing" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
quiet="-q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086  # both are lists of words
{
	apt-get update $quiet </dev/null >&2 ||
		echo "apt-get update failed: trying with the package lists that are here" >&2
	apt-get install -y --no-install-recommends $quiet $missing </dev/null >&2
}

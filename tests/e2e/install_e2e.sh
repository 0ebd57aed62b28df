#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make install into a folder: what lands where, whether the installed program finds its qload, and that uninstall
# takes it all away.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh

into() { # GOAL
	make -s BUILD="${BUILD#"$PWD"/}" ${CC:+CC="$CC"} ${SAN:+SAN="$SAN"} DESTDIR="$TMP/root" PREFIX=/opt/q "$1" >"$TMP/make" 2>&1
}

check "make install" into install
for file in bin/qlaunch libexec/qlaunch/qload share/doc/qlaunch/LICENSE share/doc/qlaunch/README.md \
	share/bash-completion/completions/qlaunch; do
	check "$file is there" test -s "$TMP/root/opt/q/$file"
done
for page in docs/*.md; do
	check "${page##*/} is there" test -s "$TMP/root/opt/q/share/doc/qlaunch/${page##*/}"
done
for page in docs/man/*.1; do
	check "${page##*/} is there" test -s "$TMP/root/opt/q/share/man/man1/${page##*/}"
done
# away from the build folder, so that no qload stands beside it
"$TMP/root/opt/q/bin/qlaunch" bench --where native --vcpus 1 --workload cpu --duration 100ms --warmup 10ms --repeat 1 \
	-o - >"$TMP/result" 2>"$TMP/said"
is "the installed qlaunch finds its qload" "$(jq -rc '[.ended, .error]' "$TMP/result" 2>&1)" '["done",null]'
[ "$tap_failed" = 0 ] || note "$(cat "$TMP/make" "$TMP/said")"
if [ -s "$BUILD/report-assets/LICENCES.txt" ]; then
	check "and what draws the HTML report" "$TMP/root/opt/q/bin/qlaunch" report --format html tests/data/results-quick.jsonl
else
	skip "and what draws the HTML report" "make report-assets did not run"
fi
check "make uninstall" into uninstall
is "nothing is left" "$(find "$TMP/root" -type f)" ""
finish

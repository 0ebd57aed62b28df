#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check.sh [NAME...] - what a reader would otherwise have to check by eye: format, static analysis, spelling, the
# layer rule, budgets, banned calls, and that clang builds everything without a warning.  `make check` calls it.
set -u

cd "$(dirname "$0")/.." || exit 1
MAKE=${MAKE:-make}
unset MAKEFLAGS MFLAGS MAKELEVEL # the makes below are their own
ROOMS=(base qmp tuning measure workloads images report launcher)
TIDY=$(mktemp)
trap 'rm -f "$TIDY"' EXIT

mapfile -t C_FILES < <(find "${ROOMS[@]}" tests -name '*.[ch]' | sort)
mapfile -t ROOM_FILES < <(find "${ROOMS[@]}" -name '*.[ch]' | sort)
mapfile -t SCRIPTS < <({ find tests -name '*.sh' && ls .ci/run docs/completion/*.bash; } | sort)
mapfile -t SOURCES < <(printf '%s\n' "${C_FILES[@]}" "${SCRIPTS[@]}" Makefile tests/*.mk)

# Code only: comments and string contents blanked, line numbers kept.  Good enough for a grep, not for a compiler.
code_of() { # FILE
	sed -e 's/\\"//g; s/"[^"]*"/""/g; s|//.*||; s|/\*.*\*/||g' "$1" |
		awk '/\/\*/ { sub(/\/\*.*/, ""); print; inside = 1; next }
		     inside && /\*\// { sub(/.*\*\//, ""); inside = 0; print; next }
		     inside { print ""; next }
		     { print }'
}

grep_code() { # REGEX FILE...: prints file:line:text of each match
	local regex=$1 file

	shift
	for file; do
		code_of "$file" | grep -nE -- "$regex" | sed "s|^|$file:|"
	done
}

check_format() { clang-format --dry-run -Werror "${C_FILES[@]}"; }

# Leaks and unset values are left to sanitizers and compilers: cppcheck follows neither __attribute__((cleanup))
# nor a value that is set exactly when its function succeeded.  -Wsequence-point is better at evaluation order.
# measure/deep/bpf is for another machine, with libbpf's macros around each function.
check_cppcheck() {
	local paths

	mapfile -t paths < <(find "${ROOMS[@]}" tests -type d -not -path '*/bpf' -printf '-I%p\n')
	cppcheck --quiet --std=c11 -D_GNU_SOURCE '-DQLAUNCH_VERSION=""' --enable=warning,performance,portability \
		--inline-suppr --suppress=missingInclude --suppress=missingIncludeSystem --suppress=memleak \
		--suppress=resourceLeak --suppress=uninitvar --suppress=legacyUninitvar \
		--suppress=unknownEvaluationOrder --error-exitcode=1 -j 2 -i measure/deep/bpf \
		"${paths[@]}" "${ROOMS[@]}" tests
}

# SC2317: a function that is called through its name in a variable is not unreachable
check_shellcheck() { shellcheck -x -e SC2317 "${SCRIPTS[@]}"; }

check_spelling() {
	local docs=()

	mapfile -t docs < <(find . -maxdepth 1 -name '*.md'; find docs -name '*.md' -o -name '*.1')
	codespell --ignore-words-list=te,nd,fo,ot,conectix,hda,passt,bject,inh "${SOURCES[@]}" "${docs[@]}"
}

# An include that climbs out of its folder would go round the Makefile's -iquote lists, which are the layer rule.  A header
# that is included from above only is compiled under the row of its own folder here.  The table of docs/architecture.md has
# the rows of the Makefile.
check_layers() {
	local bad=0 file

	for file in tests/*.[ch] tests/*_e2e.sh; do
		[ ! -e "$file" ] || { echo "$file: belongs into a folder of tests/"; bad=1; }
	done
	! grep -n '#include "[^"]*/' "${C_FILES[@]}" || bad=1
	"$MAKE" --no-print-directory -s list-layers >"$TIDY.layers" || return 1
	while read -r file; do
		# shellcheck disable=SC2046 # a folder is a word
		gcc -std=gnu17 -D_GNU_SOURCE -fsyntax-only -Wall -Werror -xc $(awk -v folder="${file%/*}" '
			$1 == folder { for (i = 2; i <= NF; i++) printf "-iquote %s ", $i; found = 1 }
			END { exit !found }' "$TIDY.layers") "$file" || bad=1
	done < <(find "${ROOMS[@]}" -name '*.h' -not -path '*/bpf/*' | sort)
	# shellcheck disable=SC2016 # backquotes are Markdown's
	diff <(sort "$TIDY.layers") <(sed -n 's/^| `\([^`]*\)` | \([^|]*\) |.*/\1 \2/p' docs/architecture.md | sed 's/ *$//' | sort) || bad=1
	rm -f "$TIDY.layers"
	return $bad
}

check_basenames() {
	local twice

	twice=$(printf '%s\n' "${C_FILES[@]##*/}" | sort | uniq -d)
	[ -z "$twice" ] || { echo "more than one file is called: $twice"; return 1; }
}

check_licence() {
	local file bad=0

	for file in "${SOURCES[@]}"; do
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' && continue
		echo "$file: no SPDX line"
		bad=1
	done
	return $bad
}

# Functions of at most 60 lines: from "{" to "}" in the first column.  Files are cut by meaning, not by length.
check_sizes() {
	awk 'FNR == 1 { start = 0 }
	     /^\{/ { start = FNR }
	     /^\}/ && start {
		     if (FNR - start > 61) {
			     print FILENAME ":" start ": a function of " FNR - start - 1 " lines"
			     bad = 1
		     }
		     start = 0
	     }
	     END { exit bad }' "${C_FILES[@]}" "${SCRIPTS[@]}"
}

# A shell, unbounded copies, unchecked numbers; goto and typedef by our own rules (STYLE: CLEANUP, struct x); a child that
# is not bound to its parent (base/process.h; the guard of a trace is there to outlive us).
BANNED='\<(system|popen|sprintf|vsprintf|strcpy|strcat|strncpy|strtok|gets|atoi|atol|atoll|atof|tmpnam|mktemp|alloca)\('
check_banned() {
	local found

	found=$(grep_code "$BANNED" "${C_FILES[@]}"
		grep_code '\<goto\>|^[[:space:]]*typedef\>' "${ROOM_FILES[@]}"
		grep_code '\<u?sleep\(' "${ROOM_FILES[@]}"
		grep_code '\<(v?fork|clone3?|posix_spawnp?)\(' "${ROOM_FILES[@]}" | grep -v '^base/process\.c\|^measure/trace/trace_guard\.c'
		grep -nE '\<(TODO|FIXME|XXX)\>' "${ROOM_FILES[@]}")
	[ -z "$found" ] || { echo "$found"; return 1; }
}

# What man would warn of: unknown macros, wrong arguments, lines that cannot be set.
check_man() {
	local page said bad=0

	for page in docs/man/*.1; do
		said=$(MANWIDTH=80 groff -man -Tutf8 -ww -z "$page" 2>&1)
		[ -z "$said" ] || { echo "$said"; bad=1; }
	done
	return $bad
}

# Every option of the table is in --help, in a man page and in the completion of the commands that take it.
check_knobs() {
	local knobs bad=0 name command

	"$MAKE" --no-print-directory -s -j2 all >/dev/null || return 1
	mapfile -t knobs < <(sed -n 's/^\t{ \.name = "\([a-z-]*\)", .*/\1/p' launcher/options/knobs.c)
	[ ${#knobs[@]} -gt 70 ] || { echo "only ${#knobs[@]} knobs are read from knobs.c"; return 1; }
	for command in run bench sweep report doctor explain; do
		"${BUILD:-build}/qlaunch" help "$command" >"$TIDY.$command" || bad=1
	done
	for name in "${knobs[@]}"; do
		grep -qhE "^  (-., )?--$name( |$)" "$TIDY".* || { echo "--$name: not in --help"; bad=1; }
		for command in run bench sweep report doctor explain; do
			grep -qE "^  (-., )?--$name( |$)" "$TIDY.$command" || continue
			grep -qE "^\.B .*\\\\-\\\\-${name//-/\\\\-}( |$)" "docs/man/qlaunch-$command.1" ||
				{ echo "--$name: not in qlaunch-$command.1"; bad=1; }
			grep -qE "^	$command\) options=.*--$name " docs/completion/qlaunch.bash ||
				{ echo "--$name: not completed after $command"; bad=1; }
		done
	done
	rm -f "$TIDY".*
	return $bad
}

# The README is the first five minutes; everything else has a page of docs/, which it names.
check_readme() {
	local bad=0 lines page

	lines=$(wc -l <README.md)
	[ "$lines" -le 200 ] || { echo "README.md: $lines lines, 200 at most"; bad=1; }
	for page in docs/*.md; do
		grep -qF "($page)" README.md || { echo "README.md does not name $page"; bad=1; }
	done
	return $bad
}

check_whitespace() { ! grep -nE '[[:blank:]]+$' "${SOURCES[@]}"; }

check_clang() { "$MAKE" --no-print-directory -j2 CC=clang BUILD=build-clang all tests; }

check_fuzz() { "$MAKE" --no-print-directory -j2 CC=clang BUILD=build-clang fuzz SECONDS=3; }

CHECKS=(format cppcheck shellcheck spelling layers basenames licence sizes banned whitespace readme man knobs clang fuzz)
[ $# = 0 ] || CHECKS=("$@")
failed=()
for name in "${CHECKS[@]}"; do
	if "check_$name" >"$TIDY" 2>&1 </dev/null; then
		echo "ok     $name"
	else
		echo "FAIL   $name"
		tail -n 40 "$TIDY" | sed 's/^/     | /'
		failed+=("$name")
	fi
done
[ ${#failed[@]} = 0 ] || { echo "make check: ${failed[*]} failed"; exit 1; }

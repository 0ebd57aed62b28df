#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# beside_burners.sh COMMAND [ARG...] - runs a command while two busy processes are on each CPU that it may use: what passes
# so waits for events, not for a fast machine.
set -eu

pids=
trap 'kill $pids 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
for cpu in $(taskset -pc $$ | sed 's/.*: //; s/,/ /g'); do
	for one in $(seq "${cpu%-*}" "${cpu#*-}"); do
		for burner in 1 2; do
			setpriv --pdeathsig KILL taskset -c "$one" sh -c "while :; do :; done # burner $burner" &
			pids="$pids $!"
		done
	done
done
"$@"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# bootsector.sh KIND FILE [TEXT] - a disk whose whole operating system is its first sector: says TEXT on the serial
# port, then
#   off    switches the machine off (q35, ACPI port as SeaBIOS sets it)     reset  resets it
#   reboot resets it twice, then off
#   halt   sleeps for ever, deaf to ACPI                                    fault  triple-faults
#   tick   sleeps, woken by its timer 2,000 times a second                  nap    so 500 times, then off
#   spin   burns its CPU for ever, deaf to ACPI                             doze   so 100 times, then off
#   flood  fills the serial port for ever                                   rest   so 6,000 times, then off
#   echo   sends back each byte that it gets, until its power button is pressed: then off
# A whole life of a VM in under a second.
set -eu

kind=$1
file=$2
text=${3:-}

hex() { # BYTES as hex words: printf wants octal
	for byte; do
		# shellcheck disable=SC2059  # the format is the byte
		printf "\\$(printf %03o "0x$byte")"
	done
}

{
	hex 31 c0 8e d8 # ds = 0
	hex fc fa       # cld, cli
	hex ba f8 03    # dx = COM1
	hex be 40 7c    # si = text, below
	hex ac 84 c0    # al = *si++; end of text?
	hex 74 03
	hex ee eb f8 # out, again
	case $kind in
	off) hex ba 04 06 b8 00 20 ef f4 ;;
	reboot) # CMOS byte 0x6f lives through a reset: third boot? off, else reset
		hex b0 6f e6 70 e4 71 fe c0 e6 71 3c 02 77 07 ba f9 0c b0 06 ee f4
		hex ba 04 06 b8 00 20 ef f4
		;;
	reset) hex ba f9 0c b0 06 ee f4 ;;
	halt) hex f4 eb fd ;;
	spin) hex eb fe ;;
	tick) hex fb b0 34 e6 43 b0 54 e6 40 b0 02 e6 40 f4 eb fd ;; # sti, PIT to 0x254, hlt for ever
	doze) hex fb b0 34 e6 43 b0 54 e6 40 b0 02 e6 40 b9 64 00 f4 e2 fd fa ba 04 06 b8 00 20 ef f4 ;; # cx = 100
	nap) hex fb b0 34 e6 43 b0 54 e6 40 b0 02 e6 40 b9 f4 01 f4 e2 fd fa ba 04 06 b8 00 20 ef f4 ;; # cx = 500 hlts
	rest) hex fb b0 34 e6 43 b0 54 e6 40 b0 02 e6 40 b9 70 17 f4 e2 fd fa ba 04 06 b8 00 20 ef f4 ;; # cx = 6000
	fault) hex 0f 01 1e 3a 7c cc ;; # lidt with an empty table, then int3
	echo) # PM1 enable: power button; loop: PM1 status; line status; the byte
		hex ba 02 06 b8 00 01 ef ba 00 06 ed f6 c4 01 75 0f ba fd 03 ec a8 01 74 ef ba f8 03 ec ee eb e8
		hex ba 04 06 b8 00 20 ef f4
		;;
	flood) hex b0 41 ee eb fd ;;
	*)
		echo "bootsector: unknown kind $kind" >&2
		exit 2
		;;
	esac
} >"$file.code"
{
	cat "$file.code"
	head -c $((64 - $(wc -c <"$file.code"))) /dev/zero
	printf %s "$text" | head -c 440
} >"$file"
truncate -s 510 "$file"
hex 55 aa >>"$file"
truncate -s 1M "$file"
rm -f "$file.code"

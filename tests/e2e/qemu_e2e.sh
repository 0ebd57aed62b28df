#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mostly waits
# Which QEMU is started: --qemu, what is no QEMU, a QEMU without one of its accelerators, two of them as an axis, and what is
# remembered of them from one launch to the next.
# shellcheck disable=SC2317  # functions are called through others
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

export XDG_CACHE_HOME=$TMP/cache
mkdir "$XDG_CACHE_HOME"
DISK=$TMP/disk.img
"$LAB/bootsector.sh" off "$DISK"
REAL=$(command -v qemu-system-x86_64)

# A QEMU of this test's is a script that writes to its folder: that takes the caller's own rights.
HERE=(--user root --confine off)
[ "$(id -u)" = 0 ] || HERE=()

# A QEMU of a test's own, which counts its starts.
fake() { # FOLDER SCRIPT-LINE...
	local folder=$1

	shift
	mkdir -p "$folder"
	cp "$BUILD/tests/fakeqemu" "$folder/fake"
	printf '%s\n' "$@" >"$folder/fake.script"
	cat >"$folder/qemu" <<-END
		#!/bin/sh
		echo "\$*" >>$folder/starts
		[ ! -e $folder/refuses ] || case \$* in *blockdev*) echo "no such thing" >&2; exit 1 ;; esac
		exec $folder/fake "\$@"
	END
	chmod +x "$folder/qemu"
	: >"$folder/starts"
}

launch() { # QEMU WORD...
	local qemu=$1

	shift
	run timeout 600 "$QLAUNCH" run "${HERE[@]}" --accel tcg --net none --qemu "$qemu" --duration 100ms --shutdown-timeout 1s \
		-o "$TMP/lines.jsonl" "$DISK" "$@"
}

bad() { # NAME REGEX FILE
	refuses "--qemu: $1" 2 "^qlaunch: --qemu: .*$2" "$QLAUNCH" run --accel tcg --qemu "$3" "$DISK"
}

check_files() {
	printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0\1\0\0\0' >"$TMP/arm"
	head -c 4096 /dev/zero >>"$TMP/arm"
	chmod +x "$TMP/arm"
	bad "a file that is not there" "/nope: No such file" /nope
	bad "a name that is not on PATH" "no nope-qemu on PATH \(a file in this folder is ./nope-qemu\)" nope-qemu
	bad "a folder" "is not a regular file" "$TMP"
	bad "a file without the right to execute it" "may not be executed" /etc/passwd
	bad "another program" "/true is not QEMU" "$(command -v true)"
	bad "a program of another CPU" "is not a program for this machine's CPU" "$TMP/arm"
	bad "a QEMU of another guest" "emulates i386, and qlaunch needs x86_64" "${REAL%x86_64}i386"
	refuses "in a sweep too" 2 "^qlaunch: --qemu: .*/true is not QEMU" \
		"$QLAUNCH" sweep --accel tcg --qemu "$REAL,$(command -v true)" --workload cpu
	refuses "none at all" 2 "no qemu-system-x86_64 on PATH.* --qemu FILE" env PATH="$TMP" "$QLAUNCH" --accel tcg "$DISK"
}

check_line() {
	launch "$REAL"
	is "a line has the path, the version and the hash" "$status $(lines "$TMP/lines.jsonl" '.vm | "\(.qemu_path) \(.qemu_sha256)"')" \
		"0 $REAL $(sha256sum <"$REAL" | cut -d ' ' -f 1)"
	like "the version is what the VM's own QEMU says" "$(lines "$TMP/lines.jsonl" .vm.qemu)" \
		"^$("$REAL" -version | sed -n 's/.* version \([0-9.]*\).*/\1/p')"
	rm "$TMP/lines.jsonl"
	PATH=$TMP/named:$PATH
	fake "$TMP/named" "# honest"
	mv "$TMP/named/qemu" "$TMP/named/my-qemu"
	launch my-qemu
	is "a name is searched on PATH" "$status $(lines "$TMP/lines.jsonl" .vm.qemu_path)" "0 $TMP/named/my-qemu"
	rm "$TMP/lines.jsonl"
	run "$QLAUNCH" run --dry-run --accel tcg --qemu "$REAL" "$DISK"
	is "a dry run shows it" "$(sed -n '/^argv:/{n;s/ .*//p}' "$TMP/out")" "$REAL"
}

# Each arm's plan is made for its own binary: 11.0 has its threads named without being asked.
check_axis() {
	fake "$TMP/seven" "major 7"
	fake "$TMP/eleven" "major 11"
	run "$QLAUNCH" sweep "${HERE[@]}" --accel tcg --where guest --workload cpu --control off --qemu "$TMP/seven/qemu,$TMP/eleven/qemu" --dry-run
	is "two binaries are an axis, each with its own capabilities" \
		"$(sed -n '/^argv:/{n;s/ .*-name \([^ ]*\).*/ \1/p}' "$TMP/out" | paste -sd' ')" "$TMP/seven/qemu qlaunch,debug-threads=on $TMP/eleven/qemu qlaunch"
	is "in an arm of its own" "$(sed -n 's/^arm [0-9]: //p' "$TMP/out" | paste -sd,)" \
		"qemu=$TMP/seven/qemu,qemu=$TMP/eleven/qemu"
}

# QEMU's modules as an installation without TCG has them; what it says where KVM is asked for too.
without_tcg() { # COMMAND...
	# shellcheck disable=SC2016  # the inner shell expands them
	unshare -m sh -c 'folder=$(dirname "$(ls /usr/lib/*/qemu/accel-tcg-x86_64.so)") && mkdir "$0" && cp -a "$folder/." "$0" &&
		rm "$0"/accel-tcg-*.so && mount --bind "$0" "$folder" && "$@"; status=$?; umount "$folder"; rm -r "$0"; exit $status' \
		"$TMP/modules" "$@"
}

check_no_tcg() {
	ls /usr/lib/*/qemu/accel-tcg-x86_64.so >/dev/null 2>&1 || { skip "no TCG" "this QEMU has it built in"; return; }
	refuses "--accel tcg without TCG" 2 "^qlaunch: --accel tcg: .*tcg-accel-ops.*accel-tcg-x86_64.so" \
		without_tcg "$QLAUNCH" run --accel tcg "$DISK"
	run without_tcg "$QLAUNCH" doctor
	like "doctor says it" "$(grep ^tcg "$TMP/out")" "^tcg +limited .*tcg-accel-ops"
	if has_software_kvm; then
		refuses "--accel auto where neither can be used" 2 "no accelerator can be used: KVM: .*vmx.*; TCG: .*tcg-accel-ops" \
			without_tcg "$QLAUNCH" run "$DISK"
	fi
	(exec 3<>/dev/kvm) 2>/dev/null || { skip "KVM without TCG" "no /dev/kvm opens here"; return; }
	rm -f "$TMP/lines.jsonl"
	run without_tcg timeout 600 "$QLAUNCH" run "${HERE[@]}" --accel kvm --hold -o "$TMP/lines.jsonl" "$DISK"
	like "KVM works without it: vCPUs are there and placed" "$(cat "$TMP/err")" "^held pid="
	run without_tcg "$QLAUNCH" run "${HERE[@]}" --accel kvm --dry-run "$DISK"
	is "in a dry run too" "$status" 0
}

# How often QEMU was started: once to be asked, once as the VM.
starts() { # FOLDER
	wc -l <"$1/starts"
	: >"$1/starts"
}

check_cache() {
	local fake=$TMP/kept kept

	fake "$fake" "# honest"
	launch "$fake/qemu"
	is "the first launch asks" "$status $(starts "$fake")" "0 2"
	launch "$fake/qemu"
	is "the second one knows" "$status $(starts "$fake")" "0 1"
	is "both lines have the same QEMU" "$(lines "$TMP/lines.jsonl" '.vm | .qemu + .qemu_sha256' | sort -u | wc -l)" 1
	kept=$(echo "$XDG_CACHE_HOME"/qlaunch/qemu-*.json | tr ' ' '\n' | xargs grep -l "$(sha256sum <"$fake/qemu" | cut -d ' ' -f 1)")
	is "nobody else may read what is kept" "$(stat -c '%a' "$kept")" 600

	for spoil in "chmod 660" "chown 65534" "truncate -s 100" "truncate -s 5000" "truncate -s 0" "sed -i s/}/,1}/" \
		"sed -i s/version_text/version_test/" "sed -i s/true/1/" "sed -i s/70222/-70222/" "sed -i s/key\W*./&g/" "rm"; do
		$spoil "$kept"
		launch "$fake/qemu"
		is "after $spoil it asks again" "$status $(starts "$fake")" "0 2"
	done
	ln -sf /dev/zero "$kept"
	launch "$fake/qemu"
	is "after a link it asks again, and puts a file there" "$status $(starts "$fake") $(stat -c %F "$kept")" "0 2 regular file"
	chmod 770 "$XDG_CACHE_HOME/qlaunch"
	launch "$fake/qemu"
	is "nothing is read where others may write" "$status $(starts "$fake")" "0 2"
	chmod 700 "$XDG_CACHE_HOME/qlaunch"
	touch "$fake/qemu"
	launch "$fake/qemu"
	is "a binary that was touched is asked" "$status $(starts "$fake")" "0 2"
	run "$QLAUNCH" run "${HERE[@]}" --dry-run --accel tcg --qemu "$fake/qemu" "$DISK"
	is "a dry run reads the answer" "$status $(starts "$fake")" "0 0"
	run "$QLAUNCH" bench "${HERE[@]}" --dry-run --where guest --accel tcg --workload cpu --qemu "$fake/qemu"
	is "that of a bench too" "$status $(starts "$fake")" "0 0"
}

# What a binary answers may change without the binary: here its script, elsewhere what a wrapper starts.
check_stale() {
	local fake=$TMP/stale

	fake "$fake" "# honest"
	launch "$fake/qemu"
	echo "major 8" >"$fake/fake.script"
	: >"$fake/starts"
	rm "$TMP/lines.jsonl"
	launch "$fake/qemu"
	is "an answer that no longer holds is asked for once more" "$status $(starts "$fake") $(lines "$TMP/lines.jsonl" .vm.qemu | cut -c 1-6)" \
		"0 3 8.2.22"
	touch "$fake/refuses"
	launch "$fake/qemu"
	is "a QEMU that refuses the VM is asked once more, and not started again for nothing" "$status $(starts "$fake")" "1 2"
	like "its words are the message" "$(cat "$TMP/err")" "no such thing"
	rm "$fake/refuses"
	fake "$TMP/failing" "at greeting exit 1"
	launch "$TMP/failing/qemu"
	launch "$TMP/failing/qemu"
	is "a failure is not kept" "$status $(starts "$TMP/failing")" "2 4"
}

check_files
check_line
check_axis
check_no_tcg
check_cache
check_stale
finish

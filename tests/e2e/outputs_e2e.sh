#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What qlaunch writes goes only where it may: no device, no file of somebody else's, no file that holds something else,
# no symbolic link of another user's; and nothing is replaced that was not named for it.
# shellcheck disable=SC2317,SC2016,SC2089,SC2090  # functions are called through others; words are split on purpose
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

OTHER=65534
BENCH=(bench --workload cpu --repeat 1 --duration 20ms --warmup 0ms -q)
NATIVE=(--where native)

as_other() { # COMMAND...
	setpriv --reuid "$OTHER" --regid "$OTHER" --clear-groups "$@"
}

# Refused in a sentence, and the file is byte for byte what it was.
keeps() { # NAME FILE REGEX OPTION...
	local name=$1 file=$2 regex=$3 before

	shift 3
	before=$(sha256sum <"$file")
	refuses "$name" 2 "$regex" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" "$@"
	is "$name: nothing is written" "$(sha256sum <"$file")" "$before"
}

check_kinds() {
	local loop

	echo "somebody's data" >"$TMP/data"
	keeps "a file of something else" "$TMP/data" "^qlaunch: -o: .*data holds something else than qlaunch's results" -o "$TMP/data"
	printf '{"schema":"qlaunch.result/1"}\nand notes\n' >"$TMP/notes"
	keeps "a file that only begins with results" "$TMP/notes" "holds something else" -o "$TMP/notes"
	"$LAB/bootsector.sh" off "$TMP/disk.img"
	before=$(sha256sum <"$TMP/disk.img")
	refuses "the disk that is booted" 2 "^qlaunch: -o: .*disk.img holds something else" \
		"$QLAUNCH" --accel tcg --net none -o "$TMP/disk.img" "$TMP/disk.img"
	is "it is what it was" "$(sha256sum <"$TMP/disk.img")" "$before"
	refuses "a new file in /dev" 2 "/dev/qlaunch-test does not exist, and /dev is not a place for files" \
		"$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o /dev/qlaunch-test
	is "it is not there" "$(ls /dev/qlaunch-test 2>/dev/null)" ""
	refuses "a device" 2 "/dev/zero is a character device" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o /dev/zero
	refuses "a file of the kernel's" 2 "/proc/self/oom_score_adj is a file of the kernel" \
		"$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o /proc/self/oom_score_adj
	[ "$(id -u)" != 0 ] || refuses "a folder of message queues" 2 "x.jsonl is in a file system of the kernel" \
		unshare -mi sh -c 'mkdir -p "$1" && mount -t mqueue none "$1" || exit 1; shift; exec "$@"' - "$TMP/mqueue" \
		"$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$TMP/mqueue/x.jsonl"
	refuses "a folder" 2 "is a folder" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$TMP"
	refuses "a descriptor that nobody opened" 2 "descriptor 17 is not open" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o /dev/fd/17
	keeps "a descriptor of somebody's data" "$TMP/data" "holds something else" -o /dev/fd/8 8<>"$TMP/data"
	[ "$(id -u)" = 0 ] || { skip "a block device" "loop devices are root's"; return; }
	truncate -s 1M "$TMP/block"
	loop=$(losetup -f --show "$TMP/block" 2>/dev/null) || { skip "a block device" "no loop device"; return; }
	keeps "a block device" "$TMP/block" "$loop is a block device" -o "$loop"
	ln -s "$loop" "$TMP/block.link"
	keeps "a block device behind a link" "$TMP/block" "is a block device" -o "$TMP/block.link"
	losetup -d "$loop"
}

count() { # FILE: its result lines
	grep -c '^{"schema":"qlaunch.result/1"' "$1"
}

check_streams() {
	is "/dev/stdout is a pipe" "$("$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o /dev/stdout | wc -l)" 1
	is "/dev/fd/3 is one too" "$("$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o /dev/fd/3 3>&1 >/dev/null | wc -l)" 1
	run "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o /dev/stderr
	is "/dev/stderr" "$status $(count "$TMP/err")" "0 1"
	check "/dev/null" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o /dev/null
	mkfifo "$TMP/fifo"
	refuses "a FIFO that nobody reads" 2 "fifo is a FIFO that nobody reads" timeout 20 "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$TMP/fifo"
	timeout 60 cat "$TMP/fifo" >"$TMP/got" &
	started=$!
	exec 7<>"$TMP/fifo" # so that the reader is there
	run timeout 60 "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$TMP/fifo"
	exec 7>&-
	wait "$started"
	is "a FIFO that somebody reads is written and never read" "$status $(count "$TMP/got")" "0 1"
}

check_own_file() {
	local file=$TMP/own.jsonl

	check "a new file" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$file"
	is "it is its owner's alone" "$(stat -c %a "$file")" 600
	check "an empty one" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$(: >"$TMP/empty"; echo "$TMP/empty")"
	printf '{"schema":"qlaunch.result/1","arm":"cu' >>"$file"
	check "one with a torn last line of ours" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$file"
	is "two whole lines are in it" "$(jq -cR 'fromjson? | .schema' "$file" | wc -l)" 2
	jq -c . "$file" 2>/dev/null | head -n 1 | sed 's/":/": /' >"$TMP/again.jsonl"
	check "one that another JSON tool has written again" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$TMP/again.jsonl"
	ln "$file" "$TMP/other-name"
	keeps "a file with a second name" "$file" "has 2 names \(hard links\)" -o "$file"
	rm "$TMP/other-name"
	ln -s own.jsonl "$TMP/link"
	check "through a link of one's own" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$TMP/link"
	ln -s new.jsonl "$TMP/link.new"
	check "through one to a file that is new" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$TMP/link.new"
	is "it is where the link says" "$(count "$TMP/new.jsonl")" 1
	ln -s loop "$TMP/loop"
	refuses "through a loop of links" 2 "[Ss]ymbolic links" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$TMP/loop"
}

# Root and another user who prepares what root will meet.
check_others() {
	local home=$TMP/home secret=$TMP/secret.jsonl

	[ "$(id -u)" = 0 ] || { skip "another user's links" "needs root"; return; }
	chmod 755 "$TMP"
	mkdir "$home"
	chown "$OTHER" "$home"
	cp "$TMP/own.jsonl" "$secret"
	as_other ln -s "$secret" "$home/results.jsonl"
	keeps "root does not follow another user's link" "$secret" "is a symbolic link of another user \(uid $OTHER\)" -o "$home/results.jsonl"
	as_other ln -s "$TMP" "$home/folder"
	keeps "nor on the way" "$secret" "'folder' is a symbolic link of another user" -o "$home/folder/secret.jsonl"
	check "a new file of root's in another user's folder" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$home/new.jsonl"
	is "it is root's" "$(stat -c '%u %a' "$home/new.jsonl")" "0 600"
	mkdir -m 1777 "$TMP/sticky"
	as_other sh -c "cp '$TMP/data' '$TMP/sticky/r.jsonl'; : >'$TMP/sticky/r.jsonl'"
	keeps "another user's file in a folder that all may write" "$TMP/sticky/r.jsonl" "belongs to uid $OTHER, not to you" -o "$TMP/sticky/r.jsonl"
	as_other mkfifo -m 666 "$TMP/sticky/fifo"
	exec 7<>"$TMP/sticky/fifo" # so that it has a reader
	refuses "another user's FIFO there, whose owner would read the results" 2 "belongs to uid $OTHER, not to you" \
		"$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$TMP/sticky/fifo"
	exec 7>&-
	as_other ln -s "$secret" "$TMP/sticky/link.jsonl"
	keeps "and a link there" "$secret" "link of another user" -o "$TMP/sticky/link.jsonl"
	as_other mkdir -p "$home/.local/state/qlaunch"
	refuses "a HOME that is another user's" 2 "belongs to uid $OTHER, and qlaunch runs as uid 0: sudo -H" \
		env -u XDG_STATE_HOME HOME="$home" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}"
	is "nothing is made there" "$(find "$home/.local/state/qlaunch" -mindepth 1)" ""
	mkdir "$TMP/state2"
	as_other ln -s "$home" "$TMP/sticky/state"
	refuses "a state folder behind another user's link" 2 "link of another user" env XDG_STATE_HOME="$TMP/sticky/state" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}"
	chmod 777 "$TMP/state2"
	refuses "a state folder that all may write" 2 "other users may write to 'state2' \(mode 0777\)" \
		env XDG_STATE_HOME="$TMP/state2" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}"
	mkdir -p "$TMP/state3/qlaunch"
	ln -s "$TMP/state2" "$TMP/state3/qlaunch/results"
	refuses "results behind a link to such a folder" 2 "other users may write" \
		env XDG_STATE_HOME="$TMP/state3" "$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}"
	refuses "a scratch behind another user's link" 2 "link of another user" \
		"$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" --workload randread --scratch-size 1M --scratch "$home/folder" -o "$TMP/scratch.jsonl"
}

# What QEMU would write to because of a word after "--".
check_words() {
	local run=("$QLAUNCH" --accel tcg --net none -q -o "$TMP/words.jsonl") loop word before sock=$TMP/served.sock

	before=$(sha256sum <"$TMP/disk.img")
	for word in "-D $TMP/disk.img" "-pidfile $TMP/disk.img" "-serial file:$TMP/disk.img" "-debugcon file:$TMP/disk.img" \
		"-chardev file,id=c,path=$TMP/disk.img" "-chardev null,id=c,logfile=$TMP/disk.img" \
		"-netdev user,id=n -object filter-dump,id=f,netdev=n,file=$TMP/disk.img" \
		"-object memory-backend-file,id=m,mem-path=$TMP/disk.img,size=1M,share=on"; do
		# shellcheck disable=SC2086  # words
		refuses "${word%% *} on the disk that is booted" 2 "disk.img is a disk of this run" \
			timeout 60 "${run[@]}" --overwrite "$TMP/disk.img" -- $word
	done
	is "the disk is what it was" "$(sha256sum <"$TMP/disk.img")" "$before"
	echo "somebody's data" >"$TMP/log"
	refuses "a log in a file's place" 2 "log exists, and QEMU would replace it: name a new file, or --overwrite" \
		timeout 60 "${run[@]}" "$TMP/disk.img" -- -D "$TMP/log"
	is "the file is what it was" "$(cat "$TMP/log")" "somebody's data"
	chmod 666 "$TMP/log"
	check "unless it is said" timeout 60 "${run[@]}" --overwrite --user root "$TMP/disk.img" -- -D "$TMP/log"
	start_server "$sock"
	refuses "a socket that is served" 2 "served.sock is a socket that another program serves" \
		timeout 60 "${run[@]}" "$TMP/disk.img" -- -chardev "socket,id=s,path=$sock,server=on,wait=off"
	check "it is still there" test -S "$sock"
	[ "$(id -u)" = 0 ] || { skip "a device in use" "loop devices are root's"; return; }
	truncate -s 1M "$TMP/block"
	loop=$(losetup -f --show "$TMP/block" 2>/dev/null) || { skip "a device in use" "no loop device"; return; }
	# the file behind a loop device is in use, as a mounted device is, and needs no mount
	for word in "-blockdev qcow2,node-name=q,file.driver=raw,file.file.driver=file,file.file.filename=$TMP/block" \
		"-blockdev blkdebug,node-name=q,image.driver=file,image.filename=$TMP/block" \
		"-blockdev {\"driver\":\"raw\",\"node-name\":\"q\",\"file\":{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"$TMP/block\"}}}" \
		"-drive if=none,id=q,format=raw,file=file:$TMP/block" \
		"-drive if=none,id=q,file=json:{\"driver\":\"file\",,\"filename\":\"$TMP/block\"}" \
		"-chardev serial,id=c,path=$TMP/block" "-serial $TMP/block" "-D $TMP/block"; do
		# shellcheck disable=SC2086  # words
		refuses "${word:0:40} on a disk in use" 2 "block is in use by this host: it is behind $loop" \
			timeout 60 "${run[@]}" --overwrite "$TMP/disk.img" -- $word
	done
	losetup -d "$loop"
}

start_server() { # SOCKET
	qemu-system-x86_64 -M none -accel tcg -nodefaults -display none -S -monitor "unix:$1,server=on,wait=off" &
	tap_pids="$tap_pids $!"
	wait_until 30 test -S "$1"
}

# What --trace replaces is known before anything starts, also where tracing itself cannot be had.
check_trace() {
	local run=("$QLAUNCH" --accel tcg --net none --duration 100ms -q)

	echo keep >"$TMP/t.json"
	refuses "a trace in a file's place" 2 "^qlaunch: --trace: .*t.json exists: name a new file, or --overwrite" \
		"${run[@]}" --trace "$TMP/t.json" -o "$TMP/r1.jsonl" "$TMP/disk.img"
	is "the file is what it was" "$(cat "$TMP/t.json")" keep
	cp "$TMP/disk.img" "$TMP/disk.json"
	refuses "a trace in the disk's place" 2 "disk.json is a disk of this run" \
		"${run[@]}" --overwrite --trace "$TMP/disk.json" -o "$TMP/r2.jsonl" "$TMP/disk.json"
	refuses "a trace in the results' place" 2 "own.json is the results file of this run" \
		"${run[@]}" --overwrite --trace "$TMP/own.json" -o "$TMP/own.json" "$TMP/disk.img"
	: >"$TMP/s.0-x-cpu-b0-r0.json"
	refuses "a sweep's traces beside older ones" 2 "s.0-x-cpu-b0-r0.json exists in its folder" \
		"$QLAUNCH" "${BENCH[@]}" --where native,guest --accel tcg --trace "$TMP/s.json" -o "$TMP/r3.jsonl"
	refuses "a trace that is a device" 2 "not a regular file|symbolic link" \
		"$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" --overwrite --trace "$(ln -s /dev/zero "$TMP/z.json"; echo "$TMP/z.json")" -o "$TMP/r4.jsonl"
	with_tracefs test -e /sys/kernel/tracing/trace || { skip "a trace that replaces" "no tracefs"; return; }
	echo keep >"$TMP/t.json.part"
	check "--overwrite replaces it" with_tracefs "${run[@]}" --overwrite --trace "$TMP/t.json" -o "$TMP/r5.jsonl" "$TMP/disk.img"
	is "a whole trace is there, its owner's alone" "$(jq -r '.traceEvents | length > 0' "$TMP/t.json") $(stat -c %a "$TMP/t.json")" "true 600"
	is "a file of a similar name is not touched" "$(cat "$TMP/t.json.part")" keep
	is "and no part is left" "$(find "$TMP" -name 't.json.*.part')" ""
}

# sbatch stands in: what is there before it is called counts.
check_submit() {
	local submit=("$QLAUNCH" sweep --where native --workload cpu --policy "other,batch" --repeat 4 --boots 2 --slurm 2 --seed 5 --submit)

	mkdir "$TMP/bin" "$TMP/jobs"
	printf '#!/bin/sh\necho 7\n' >"$TMP/bin/sbatch"
	chmod +x "$TMP/bin/sbatch"
	cd "$TMP/jobs" || return
	export PATH=$TMP/bin:$PATH
	check "scripts are written" "${submit[@]}"
	is "they and their folder are their owner's alone" "$(stat -c %a qlaunch-5 qlaunch-5/array.sh qlaunch-5/gather.sh | paste -sd' ')" "700 600 600"
	refuses "scripts that are there" 1 "qlaunch-5/array.sh exists: name a new file, or --overwrite" "${submit[@]}"
	check "unless it is said" "${submit[@]}" --overwrite
	rm qlaunch-5/gather.sh
	ln -s "$TMP/data" qlaunch-5/gather.sh
	chmod 777 qlaunch-5
	refuses "a folder that all may write" 1 "qlaunch-5 belongs to uid .* with mode 0777" "${submit[@]}" --overwrite
	is "what a link there names is what it was" "$(cat "$TMP/data")" "somebody's data"
	cd - >/dev/null || return
}

# What the shell opened for us, over the disk that is named beside it; nothing of it may be written.
check_redirected() {
	local loop way before images=("$TMP/over.img" "$TMP/over.qcow2" "$TMP/base.img")

	"$LAB/bootsector.sh" off "$TMP/base.img"
	cp "$TMP/base.img" "$TMP/over.img"
	qemu-img create -q -f qcow2 -b "$TMP/base.img" -F raw "$TMP/over.qcow2"
	before=$(sha256sum "${images[@]}")
	for way in '"$Q" over.img 2>>over.img' '"$Q" over.img >>over.img' '"$Q" --nonsense ./over.img 2>>over.img' \
		'"$Q" -o - over.img >>over.img' '"$Q" -o new.jsonl over.img >>over.img 2>&1' '"$Q" --disk file=over.img,format=raw 2>>over.img' \
		"\"\$Q\" --disk '{\"file\": \"over.img\"}' 2>>over.img" '"$Q" --backing allow over.qcow2 2>>base.img' \
		'"$Q" --help -- -drive file=over.img 2>>over.img'; do
		said=$(cd "$TMP" && Q=$QLAUNCH XDG_STATE_HOME="$TMP/state" bash -c "$way" 2>&1 </dev/null)
		is "$way: is refused" $? 2
		[ "$way" = "${way%2>&1}" ] || continue # nowhere to say it
		like "$way: in a sentence" "$said" "^qlaunch: std(out|err) is redirected to a file that '.*' names"
	done
	is "no redirection changes a disk" "$(sha256sum "${images[@]}")" "$before"
	(cd "$TMP" && "$QLAUNCH" --help run >said.txt 2>>said2.txt)
	is "other files are as ever" "$? $(test -s "$TMP/said.txt" && echo full)" "0 full"
	[ "$(id -u)" = 0 ] || { skip "a block device as stderr" "loop devices are root's"; return; }
	truncate -s 1M "$TMP/block2"
	loop=$(losetup -f --show "$TMP/block2" 2>/dev/null) || { skip "a block device as stderr" "no loop device"; return; }
	before=$(sha256sum <"$TMP/block2")
	said=$("$QLAUNCH" --nonsense 2>>"$loop")
	is "a block device as stderr is refused" "$? $said" "2 qlaunch: stderr is redirected to a block device: redirect it to a file"
	losetup -d "$loop"
	is "and not written to" "$(sha256sum <"$TMP/block2")" "$before"
}

# `run` shares its file, so it cannot cut what did not fit.
check_full_disk() {
	local status

	"$LAB/bootsector.sh" off "$TMP/small.img"
	mkdir "$TMP/small"
	unshare -m bash -s "$TMP/small" "$QLAUNCH" --accel tcg --net none --memory 64M --shutdown-timeout 1s -o "$TMP/small/r.jsonl" "$TMP/small.img" \
		<<-'EOF' >"$TMP/statuses" 2>"$TMP/why" || { skip "a run on a full disk" "no mount here: $(head -n 1 "$TMP/why")"; return; }
		mount -t tmpfs -o size=64k none "$1" || exit 1
		full=$1
		shift
		say() { "$@" >/dev/null 2>"$TMP/full.err" </dev/null; echo "$? $(tail -n 1 "$TMP/full.err")"; }
		say "$@"
		head -c 1M /dev/zero >"$full/fill" 2>/dev/null
		say "$@"
		say "$@"
		rm "$full/fill"
		say "$@"
		grep -c '"ended"' "$full/r.jsonl"
		"${@:1:1}" report "$full/r.jsonl" >/dev/null 2>&1 || echo "no report"
	EOF
	mapfile -t status <"$TMP/statuses"
	is "a run beside room ends well" "${status[0]%% *}" 0
	like "on a full disk it has failed, and says what it leaves" "${status[1]}" \
		"^1 qlaunch: results in .*r.jsonl: half a line is left: write: No space left"
	like "the next is not started, and names the file" "${status[2]}" \
		"^2 qlaunch: results in .*r.jsonl: half a line of an earlier run: write: No space left"
	is "with room again it goes on" "${status[3]%% *}" 0
	is "behind the half line, and the report reads both" "${status[*]:4}" 2
}

# Another user swaps the name while root opens it, and root's own empty file is behind the link.
check_race() {
	local swap_pid

	[ "$(id -u)" = 0 ] || { skip "a name that is swapped" "needs root and another user"; return; }
	chmod 755 "$TMP"
	mkdir "$TMP/race"
	chown "$OTHER" "$TMP/race"
	: >"$TMP/empty"
	setpriv --reuid "$OTHER" --regid "$OTHER" --clear-groups bash -c 'while :; do ln -s "$1" "$2"; rm -f "$2"; : >"$2"; rm -f "$2"; done' sh "$TMP/empty" "$TMP/race/out" 2>/dev/null &
	swap_pid=$!
	for _ in {1..15}; do
		"$QLAUNCH" "${BENCH[@]}" "${NATIVE[@]}" -o "$TMP/race/out" >/dev/null 2>&1
		[ $? -le 2 ] || echo "no exit status of qlaunch's"
	done >"$TMP/odd"
	kill "$swap_pid"
	wait "$swap_pid" 2>/dev/null
	is "a name that another user swaps never leads into root's file" "$(cat "$TMP/odd")$(stat -c %s "$TMP/empty")" 0
}

# What is remembered of QEMU is asked again where the file is not what qlaunch wrote.
check_cache() {
	local file way

	export XDG_CACHE_HOME=$TMP/cache
	vm() { "$QLAUNCH" --accel tcg --net none --memory 64M --shutdown-timeout 1s -q -o "$TMP/cached.jsonl" "$TMP/small.img" >/dev/null 2>&1 </dev/null; }
	vm
	file=$(find "$TMP/cache" -name 'qemu-*.json')
	is "what QEMU can do is remembered in one file" "$(wc -w <<<"$file")" 1
	for way in 'truncate -s 1G "$1"' 'head -c 3000 /dev/urandom >"$1"' 'rm "$1"; mkfifo "$1"' 'rm "$1"; ln -s "$2" "$1"' 'rm "$1"; mkdir "$1"'; do
		bash -c "$way" sh "$file" "$TMP/data"
		check "a cache file after: $way" vm
		rm -rf "$file"
	done
	is "and nothing behind a link is written" "$(cat "$TMP/data")" "somebody's data"
	unset XDG_CACHE_HOME
}

check_kinds
check_full_disk
check_race
check_cache
check_redirected
check_streams
check_own_file
check_others
check_trace
check_words
check_submit
finish

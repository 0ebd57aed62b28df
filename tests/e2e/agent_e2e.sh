#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `--warmup agent`: guests that answer as the QEMU guest agent does, and guests that do anything else; each is a kernel with
# a shell as PID 1.  The real agent is run_e2e's, in a Debian disk.
# mostly waits
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

PORT=org.qemu.guest_agent.0
RESULTS=$TMP/run.jsonl
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/qlaunch

# The built-in guest's kernel and modules, with another PID 1: what is later in an initramfs replaces what is earlier.
make_guest() {
	"$BUILD/tests/image_tool" kernel "$CACHE" >"$TMP/kernel" 2>"$TMP/why" || skip_all "no kernel: $(tail -n 1 "$TMP/why")"
	{ read -r KERNEL && read -r _ && read -r MODULES; } <"$TMP/kernel"
	mkdir -p "$TMP/root/bin"
	cp "$(command -v busybox)" "$TMP/root/bin/busybox"
	cat >"$TMP/root/init" <<'INIT'
#!/bin/busybox sh
PATH=/bin
/bin/busybox --install -s /bin
mkdir -p /proc /sys
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/${module##*/}"; done </modules.list
until grep -l org.qemu.guest_agent.0 /sys/class/virtio-ports/*/name >/found; do usleep 20000; done
port=/dev/$(basename "$(dirname "$(cat /found)")")
exec 3<>"$port"
answer() {
	read -r request <&3
	id=${request##*:}
	printf '\377{"return": %s}\n' "${id%%\}*}" >&3
	echo answered
}
case $(cat /proc/cmdline) in
*agent=honest*) answer ;;
*agent=flood*) # never an end of line, then an answer, then for ever
	tr '\0' '{' </dev/zero | head -c 4000000 >&3
	answer
	cat /dev/zero >&3
	;;
*agent=garbage*)
	read -r request <&3
	tr '\0' '\377' </dev/zero | head -c 1000000 >&3
	printf '\377{"return": 1}\n' >&3
	poweroff -f
	;;
*agent=mute*)
	read -r request <&3
	poweroff -f
	;;
esac
exec sleep 100000
INIT
	chmod +x "$TMP/root/init"
	{
		cat "$("$BUILD/tests/image_tool" initramfs "$CACHE" "$QLOAD" "$KERNEL" "$MODULES")"
		(cd "$TMP/root" && find . | cpio -o -H newc --quiet)
	} >"$TMP/initrd"
}

last() { # JQ-FILTER
	tail -n 1 "$RESULTS" | jq -r "$1"
}

boot() { # AGENT [WORD]...
	run timeout 600 "$QLAUNCH" --accel tcg --net none -o "$RESULTS" --kernel "$KERNEL" --initrd "$TMP/initrd" \
		--append "console=ttyS0 quiet panic=-1 agent=$1" --warmup agent --shutdown-timeout 1s "${@:2}"
}

check_answer() { # AGENT WHAT
	boot "$1" --duration 1s
	is "$2: the window opens at its answer" "$status $(last '.warmup | "\(.s > 0) \(.until)"')" \
		"0 true an answer of the QEMU guest agent" || note "$(cat "$TMP/err")"
	is "$2: --duration counts from there" "$(last '.window_s.host | . >= 1 and . < 4')" true
	is "$2: its figures are there" "$(last '.figures.cpu_time_s.value != null')" true
}

check_none() { # AGENT WHAT REASON
	boot "$1"
	is "$2: the run goes on to its end, and every figure is null" "$status $(last .ended) $(
		last '[.figures[] | select(.value != null)] | length')" "0 guest-shutdown 0" || note "$(cat "$TMP/err")"
	like "$2: the line says why" "$(last '.figures.cpu_time_s.why')" "^the warm-up never ended: .* guest agent; $3$"
	like "$2: so does stderr" "$(cat "$TMP/err")" "nothing was measured: the warm-up never ended: .*$3"
}

make_guest
check_answer honest "a guest that answers"
like "the table says so" "$(tr -s ' \n' ' ' <"$TMP/out")" "after a warm-up of [0-9.]+ s until an answer of the QEMU guest agent"
check_answer flood "a guest that floods the port before and after"
check_none garbage "a guest that sends garbage" "what the guest sent by $PORT \(1000015 bytes\) had no valid answer"
check_none mute "a guest that reads and is silent" "the guest read $PORT and sent nothing"
"$LAB/bootsector.sh" doze "$TMP/doze.img" "no agent"
run timeout 600 "$QLAUNCH" --accel tcg --net none -o "$RESULTS" "$TMP/doze.img" --warmup agent
like "a guest without an agent" "$status $(last '.figures.cpu_time_s.why')" "^0 .*nothing in the guest read $PORT: is qemu-guest-agent installed"
refuses "a port of that name after --" 2 "--warmup agent makes the port $PORT itself" "$QLAUNCH" --accel tcg --warmup agent \
	"$TMP/doze.img" -- -device virtio-serial -chardev null,id=x -device "virtserialport,chardev=x,name=$PORT"
refuses "as JSON too" 2 "--warmup agent makes the port $PORT itself" "$QLAUNCH" --accel tcg --warmup agent "$TMP/doze.img" \
	-- -chardev null,id=x -device "{\"driver\":\"virtserialport\",\"chardev\":\"x\",\"name\":\"$PORT\"}"
run timeout 600 "$QLAUNCH" --accel tcg --net none -o "$RESULTS" "$TMP/doze.img" -- -device virtio-serial -chardev null,id=x \
	-device "virtserialport,chardev=x,name=$PORT"
is "without --warmup agent it is passed on" "$status $(last .ended)" "0 guest-shutdown"
run timeout 600 "$QLAUNCH" --accel tcg --net none -o "$RESULTS" "$TMP/doze.img" --warmup agent -- -device virtio-serial \
	-chardev null,id=x -device "virtserialport,chardev=x,name=other"
is "a port of another name is no conflict" "$status $(last .ended)" "0 guest-shutdown"
refuses "bench has no agent to wait for" 2 "only run waits for its guest's console or agent" "$QLAUNCH" bench --warmup agent
finish

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# qlaunch.bash - bash completion of qlaunch: commands, each command's options, their values and file names.

# knobs, from the table (make golden): begin
_qlaunch_commands='run bench sweep report doctor explain '

_qlaunch_options() { # COMMAND: its options, in $options
	case $1 in
	run) options='--accel --qemu --vcpus --memory --cpu --machine --net --kernel --initrd --append --user --confine --iothreads --aio --cache --queues --virtio --disk --snapshot --reboot --backing --pin --io-pin --emulator-pin --policy --io-policy --emulator-policy --place-at --poll-max-ns --shutdown-timeout --duration --warmup --observe --events --trace --trace-buffer --trace-limit --force --qmp-timeout --hold --overwrite --dry-run --output --verbose --quiet ' ;;
	bench) options='--where --accel --qemu --vcpus --memory --cpu --machine --net --kernel --append --modules --user --confine --vms --iothreads --aio --cache --queues --virtio --pin --io-pin --emulator-pin --policy --neighbour-policy --io-policy --emulator-policy --place-at --poll-max-ns --workload --guest-policy --duration --warmup --bs --iodepth --rwmix --handicap --rate --direct --iopoll --sqpoll --stuck-after --observe --events --trace --trace-buffer --trace-limit --scratch --scratch-size --force --noise --qmp-timeout --boot-timeout --hold --overwrite --dry-run --repeat --boots --seed --baseline --fail-if --output --verbose --quiet ' ;;
	sweep) options='--where --accel --qemu --vcpus --memory --cpu --machine --net --kernel --append --modules --user --confine --vms --iothreads --aio --cache --queues --virtio --pin --io-pin --emulator-pin --policy --neighbour-policy --io-policy --emulator-policy --place-at --poll-max-ns --workload --guest-policy --duration --warmup --bs --iodepth --rwmix --handicap --rate --direct --iopoll --sqpoll --stuck-after --observe --events --trace --trace-buffer --trace-limit --scratch --scratch-size --force --noise --qmp-timeout --boot-timeout --hold --overwrite --dry-run --repeat --boots --seed --baseline --control --arms --allow-paths --preset --fail-if --output --pairs --until-ci --budget --shard --slurm --submit --resume --verbose --quiet ' ;;
	report) options='--baseline --format --fail-if --old --new --spread-from --session-spread --by --verbose --quiet ' ;;
	doctor) options='--where --accel --qemu --vcpus --memory --cpu --machine --net --kernel --append --modules --user --confine --iothreads --aio --cache --queues --virtio --disk --reboot --backing --pin --io-pin --emulator-pin --policy --io-policy --emulator-policy --place-at --poll-max-ns --workload --guest-policy --duration --warmup --bs --iodepth --rwmix --handicap --rate --direct --iopoll --sqpoll --stuck-after --observe --events --trace --trace-buffer --trace-limit --scratch --scratch-size --force --json --verbose --quiet ' ;;
	explain) options='' ;;
	*) options= ;;
	esac
}

# What completes an option's value, in $value; 1 for an option without one.
_qlaunch_knob() { # OPTION
	case $1 in
	--where) value='native guest ' ;;
	--accel) value='auto kvm tcg ' ;;
	--qemu) value='FILE' ;;
	--vcpus) value='' ;;
	--memory) value='' ;;
	--cpu) value='' ;;
	--machine) value='' ;;
	--net) value='none user ' ;;
	--kernel) value='FILE' ;;
	--initrd) value='FILE' ;;
	--append) value='' ;;
	--modules) value='FOLDER' ;;
	--user) value='USER' ;;
	--confine) value='off on ' ;;
	--vms) value='' ;;
	--iothreads) value='' ;;
	--aio) value='threads native io_uring ' ;;
	--cache) value='none writeback writethrough directsync unsafe ' ;;
	--queues) value='' ;;
	--virtio) value='default tuned ' ;;
	--disk) value='FILE' ;;
	--reboot) value='off on ' ;;
	--backing) value='refuse allow ' ;;
	--pin) value='none ' ;;
	--io-pin) value='none ' ;;
	--emulator-pin) value='' ;;
	--policy) value='other batch idle fifo rr deadline ' ;;
	--neighbour-policy) value='other batch idle fifo rr deadline ' ;;
	--io-policy) value='other batch idle fifo rr deadline ' ;;
	--emulator-policy) value='other batch idle fifo rr deadline ' ;;
	--place-at) value='start ready ' ;;
	--poll-max-ns) value='' ;;
	--shutdown-timeout) value='' ;;
	--workload) value='cpu randread randwrite randrw read write mem wakeup pipe fault lock syscall memcpy ' ;;
	--guest-policy) value='other batch idle fifo rr deadline ' ;;
	--duration) value='' ;;
	--warmup) value='login agent console: ' ;;
	--bs) value='' ;;
	--iodepth) value='' ;;
	--rwmix) value='' ;;
	--handicap) value='' ;;
	--rate) value='none ' ;;
	--direct) value='off on ' ;;
	--iopoll) value='off on ' ;;
	--sqpoll) value='off on ' ;;
	--stuck-after) value='' ;;
	--observe) value='auto light counters deep ' ;;
	--events) value='' ;;
	--trace) value='FILE' ;;
	--trace-buffer) value='' ;;
	--trace-limit) value='' ;;
	--scratch) value='FOLDER' ;;
	--scratch-size) value='' ;;
	--noise) value='none cpu: ' ;;
	--qmp-timeout) value='' ;;
	--boot-timeout) value='' ;;
	--repeat) value='' ;;
	--boots) value='' ;;
	--seed) value='' ;;
	--baseline) value='' ;;
	--control) value='off on ' ;;
	--arms) value='FILE' ;;
	--preset) value='quick storage realtime overcommit seed ' ;;
	--format) value='table markdown csv json html junit ' ;;
	--fail-if) value='' ;;
	--session-spread) value='' ;;
	--by) value='' ;;
	--output | -o) value='FILE' ;;
	--until-ci) value='' ;;
	--budget) value='' ;;
	--shard) value='' ;;
	--slurm) value='' ;;
	--resume) value='FILE' ;;
	*) return 1 ;;
	esac
}
# knobs: end

# The word before the cursor, in $cur, and the ones before it, in $words: parted by blanks only.  bash also parts them at
# '=' and ':', and replaces the last part only.
_qlaunch_words() {
	local line=${COMP_LINE:0:COMP_POINT}

	read -ra words <<<"$line"
	cur=
	if [[ $line != *[[:blank:]] ]]; then
		cur=${words[-1]}
		unset 'words[-1]'
	fi
}

# The command and whether a -- came before.
_qlaunch_command() {
	local word

	command=run tail=
	[[ " $_qlaunch_commands help " != *" ${words[1]:-} "* ]] || command=${words[1]:-run}
	for word in "${words[@]:1}"; do
		[[ $word != -- ]] || tail=1
	done
}

# Completes $1, the end of $cur, with one of the words; a list keeps what is before its last comma.
_qlaunch_offer() { # CURRENT WORDS
	local before='' breaks=${COMP_WORDBREAKS//[^=:]/} last

	[[ -z $list || $1 != *,* ]] || before=${1%,*},
	mapfile -t COMPREPLY < <(compgen -P "${cur%"$1"}$before" -W "$2" -- "${1#"$before"}")
	[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *[=:] ]] || compopt -o nospace 2>/dev/null
	[[ -n $breaks ]] || return
	last=${cur##*["$breaks"]}
	COMPREPLY=("${COMPREPLY[@]#"${cur%"$last"}"}")
}

# Completes the value of an option; fails where it takes none.
_qlaunch_value() { # OPTION CURRENT
	local value list=''

	_qlaunch_knob "$1" || return
	[[ $command != sweep && $1 != --workload && $1 != --where ]] || list=1
	case $value in
	FILE) compopt -o default 2>/dev/null ;;
	FOLDER) compopt -o dirnames 2>/dev/null ;;
	USER) mapfile -t COMPREPLY < <(compgen -u -- "$2") ;;
	*) _qlaunch_offer "$2" "$value" ;;
	esac
}

# Completes a word that is neither an option nor its value.
_qlaunch_argument() { # PROGRAM
	local list=''

	case $command in
	help) [[ ${#words[@]} -gt 2 ]] || _qlaunch_offer "$cur" "$_qlaunch_commands" ;;
	explain) _qlaunch_offer "$cur" "$("$1" explain 2>/dev/null)" ;;
	run)
		[[ ${#words[@]} != 1 ]] || _qlaunch_offer "$cur" "$_qlaunch_commands help"
		[[ ${#COMPREPLY[@]} != 0 ]] || compopt -o default 2>/dev/null
		;;
	report) compopt -o default 2>/dev/null ;;
	esac
}

_qlaunch() { # PROGRAM WORD PREVIOUS
	local cur words command tail list='' options

	COMPREPLY=()
	_qlaunch_words
	_qlaunch_command
	if [[ -n $tail ]]; then
		compopt -o default 2>/dev/null
	elif [[ $cur == --*=* ]]; then
		_qlaunch_value "${cur%%=*}" "${cur#*=}"
	elif [[ $cur == -* ]]; then
		_qlaunch_options "$command"
		_qlaunch_offer "$cur" "$options --help --version"
	else
		_qlaunch_value "${words[-1]}" "$cur" || _qlaunch_argument "$1"
	fi
}

complete -F _qlaunch qlaunch

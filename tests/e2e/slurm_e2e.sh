#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mostly waits
# A sweep as a job array on a real Slurm of one machine, on loopback; a task is killed and requeued, and a job after
# them gathers.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/lib.sh
. tests/lib/e2e.sh

# no option that is repeated: that would be an axis
SWEEP=(sweep --control off --where native --workload cpu --policy "other,batch" --repeat 8 --boots 4 --duration 300ms --warmup 0ms)

check_script() {
	"$QLAUNCH" "${SWEEP[@]}" --slurm 2 --seed 5 --fail-if "cpu_events_per_s worse 99%" >"$TMP/job.sh" 2>"$TMP/err"
	is "the script is printed" $? 0
	check "it is one that bash can read" bash -n "$TMP/job.sh"
	like "of two tasks" "$(cat "$TMP/job.sh")" "^#SBATCH --array=1-2$"
	refuses "more tasks than blocks" 2 "a task has whole blocks, and this sweep has 4" "$QLAUNCH" "${SWEEP[@]}" --slurm 5
	like "it says how to gather" "$(cat "$TMP/job.sh")" "^#   cat qlaunch-5/shard-\*.jsonl >qlaunch-5/all.jsonl$"
	like "and where the limit belongs" "$(grep -F -- --fail-if "$TMP/job.sh")" \
		"^#   qlaunch report --fail-if 'cpu_events_per_s worse 99%' qlaunch-5/all.jsonl$"
	is "a node is asked for another machine's pins, not this one" \
		"$("$QLAUNCH" "${SWEEP[@]}" --pin 1000 --slurm 2 --seed 5 2>&1 | grep -c "^set -- .* --pin 1000 ")" 1
	refuses "nothing to submit" 2 "submit needs --slurm" "$QLAUNCH" "${SWEEP[@]}" --seed 1 --submit
	# no sbatch in that PATH
	(cd "$TMP" && PATH=/nowhere "$QLAUNCH" "${SWEEP[@]}" --slurm 2 --seed 6 --submit) >"$TMP/out" 2>"$TMP/err"
	is "without sbatch it ends with 1" $? 1
	like "in a sentence that says what is missing" "$(cat "$TMP/err")" "^qlaunch: --submit: there is no sbatch here"
	refuses "too few boots a task" 2 "looks at 8 boots .* of a task first, and this sweep has 2" \
		"$QLAUNCH" "${SWEEP[@]}" --until-ci 5% --slurm 4
	refuses "a shard of its own" 2 "slurm gives each task its own shard" "$QLAUNCH" "${SWEEP[@]}" --seed 1 --slurm 2 --shard 1/2
}

needs_slurm() {
	local tool

	[ "$(id -u)" = 0 ] || { skip "a real Slurm" "its daemons need root"; finish; }
	for tool in slurmctld slurmd sbatch munged mungekey; do
		command -v "$tool" >/dev/null || { skip "a real Slurm" "$tool is not installed"; finish; }
	done
}

start_munge() {
	mkdir -p "$TMP/munge"
	chown munge: "$TMP" "$TMP/munge"
	chmod 755 "$TMP" "$TMP/munge"
	setpriv --reuid munge --regid munge --clear-groups mungekey -c -k "$TMP/munge/key" || return 1
	start setpriv --reuid munge --regid munge --clear-groups munged -F --key-file "$TMP/munge/key" \
		--socket "$TMP/munge/socket" --pid-file "$TMP/munge/pid" --log-file "$TMP/munge/log" --seed-file "$TMP/munge/seed" 2>/dev/null
	wait_until 10 test -S "$TMP/munge/socket"
}

start_slurm() {
	local host

	host=$(hostname -s)
	mkdir -p "$TMP/state" "$TMP/spool"
	cat >"$TMP/slurm.conf" <<-END
		ClusterName=test
		SlurmctldHost=$host(127.0.0.1)
		SlurmctldPort=26817
		SlurmdPort=26818
		SlurmUser=root
		AuthType=auth/munge
		AuthInfo=socket=$TMP/munge/socket
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SelectType=select/cons_tres
		MpiDefault=none
		ReturnToService=2
		StateSaveLocation=$TMP/state
		SlurmdSpoolDir=$TMP/spool
		SlurmctldPidFile=$TMP/ctld.pid
		SlurmdPidFile=$TMP/d.pid
		SlurmctldLogFile=$TMP/ctld.log
		SlurmdLogFile=$TMP/d.log
		NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
		PartitionName=all Nodes=$host Default=YES State=UP
	END
	export SLURM_CONF=$TMP/slurm.conf
	start slurmctld -D -f "$SLURM_CONF" >/dev/null 2>&1
	start slurmd -D -f "$SLURM_CONF" >/dev/null 2>&1
	wait_until 20 is_idle
}

is_idle() { [ "$(sinfo -h -o %t)" = idle ]; }

queue_is_empty() { [ -z "$(squeue -h)" ]; }

has_lines() { # FILE N
	[ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]
}

submit() { # COMMAND...: its jobs are in $array and $gather
	run "$@"
	is "both jobs are submitted" "$status $(cat "$TMP/err")" "0 "
	array=$(sed -n 's/^job \([0-9]*\): [0-9]* tasks.*/\1/p' "$TMP/out")
	gather=$(sed -n 's/^job \([0-9]*\): gathers.*/\1/p' "$TMP/out")
}

check_array() {
	local before

	# of our own: $TMP is munge's here
	mkdir "$TMP/jobs" && cd "$TMP/jobs" || exit 1
	submit "$QLAUNCH" "${SWEEP[@]}" --slurm 2 --seed 5 --submit --fail-if "cpu_events_per_s worse 99%"
	is "the array is what is printed else" "$(cmp "$TMP/job.sh" qlaunch-5/array.sh 2>&1)" ""
	wait_until 30 has_lines "qlaunch-5/shard-1.jsonl" 2
	check "the first task runs" has_lines "qlaunch-5/shard-1.jsonl" 2
	before=$(head -n 2 "qlaunch-5/shard-1.jsonl")
	check "it is killed and put back into the queue" scontrol requeue "${array}_1"
	# a requeued job waits for a while on purpose; the test does not
	wait_until 60 release_and_look "$array"
	check "the queue runs empty" queue_is_empty
	is "what the lost task had measured is still there" "$(head -n 2 "qlaunch-5/shard-1.jsonl")" "$before"
	# Slurm's signal may reach the workload first: that trial has a line that says so, and is done again
	is "one file has all trials of the design, each done once" \
		"$(jq -r 'select(.ended == "done") | .order' qlaunch-5/all.jsonl | sort -n | paste -sd,)" "$(seq 0 15 | paste -sd,)"
	is "and no other line but the lost one's" \
		"$(jq -r 'select(.ended != "done") | .error' qlaunch-5/all.jsonl | grep -cv "was killed by SIG")" 0
	like "and one report compares them" "$(cat qlaunch-5/report.txt)" "16 trials in 4 blocks"
	is "the gathering job ends with 0" "$(scontrol show job "$gather" | grep -o "ExitCode=[0-9:]*")" "ExitCode=0:0"
}

# What gathers after a task that never ran.
check_missing() {
	mv qlaunch-5/shard-2.jsonl qlaunch-5/all.jsonl "$TMP"
	run bash qlaunch-5/gather.sh
	is "a task without results is a failure" "$status" 1
	like "with its number" "$(cat "$TMP/err")" "^task 2 of 2 left no results: see qlaunch-5-2.log$"
	like "what is there is compared, and said to be a part" "$(cat "$TMP/out")" "8 of 16 planned trials in 2 blocks"
	mv "$TMP/shard-2.jsonl" qlaunch-5/
}

release_and_look() { # JOB
	scontrol update jobid="${1}_1" starttime=now >/dev/null 2>&1
	queue_is_empty
}

# slurmctld saves its state as it leaves: the folder stays until then.
stop_slurm() {
	local pid

	for pid in $tap_pids; do
		kill "$pid" 2>/dev/null
	done
	wait
}

check_script
needs_slurm
if start_munge && start_slurm; then
	check_array
	check_missing
else
	fail "Slurm starts" "$(tail -n 5 "$TMP"/*.log "$TMP/munge/log" 2>&1)"
fi
stop_slurm 2>/dev/null
finish

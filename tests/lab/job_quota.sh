#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the lab, whose cgroups are version 2: a bench with a fifth of a CPU, beside samples of its cgroup's cpu.stat.
export XDG_STATE_HOME=/root/state XDG_CACHE_HOME=/root/cache
mkdir -p /root/state /root/cache
group=/sys/fs/cgroup/quota
echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
mkdir "$group"
echo "20000 100000" >"$group/cpu.max"

throttled() { # seconds since boot, microseconds
	echo "sample $(cut -d ' ' -f 1 /proc/uptime) $(sed -n 's/^throttled_usec //p' "$group/cpu.stat")"
}

sh -c "echo \$\$ >$group/cgroup.procs
	exec qlaunch bench --where native --vcpus 1 --workload cpu --repeat 1 --warmup 20ms --duration 1s -o -" >line 2>messages &
job=$!
while kill -0 "$job" 2>/dev/null; do
	throttled
	sleep 0.1
done >samples
wait "$job"
echo "status $?"
throttled >>samples
cat samples line
exit 7

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host.h - the machine as it goes into every result line, so that a comparison can refuse unlike hosts.
 */
#ifndef LAUNCHER_HOST_H
#define LAUNCHER_HOST_H

#include <stdint.h>

struct json_object;

/* CPU model, CPUs, memory, kernel, command line, governor, THP, mitigations, cgroup, RT limits, clock source, SMT,
 * isolation.  What this kernel does not say is null. */
struct json_object *host_record(void);
/* KVM's modules and their parameters: {"kvm": {...}, "kvm_amd": {...}}; NULL where there are none. */
struct json_object *host_kvm_modules(void);
/* MemAvailable of /proc/meminfo; 0 where the kernel does not say it. */
uint64_t host_memory_available(void);

#endif

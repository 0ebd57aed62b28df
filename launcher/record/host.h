/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host.h - the machine as it goes into every result line, so that a comparison can refuse unlike hosts.
 */
#ifndef LAUNCHER_HOST_H
#define LAUNCHER_HOST_H

#include <stddef.h>
#include <stdint.h>

struct json_object;
struct topology;

/* CPU model, CPUs, memory, kernel, command line, governor, THP, mitigations, cgroup, RT limits, clock source, SMT,
 * isolation.  What this kernel does not say is null.  "inherited" is there where host_inherited() says something. */
struct json_object *host_record(const struct topology *host);
/* KVM's modules and their parameters: {"kvm": {...}, "kvm_amd": {...}}; NULL where there are none. */
struct json_object *host_kvm_modules(void);
/* What qlaunch was given by its caller that is not usual, and so has everything that it starts: "policy other:5, CPUs 0 of
 * 0-1, I/O priority idle"; else "". */
void host_inherited(const struct topology *host, char *buf, size_t size);
/* MemAvailable of /proc/meminfo; 0 where the kernel does not say it. */
uint64_t host_memory_available(void);

#endif

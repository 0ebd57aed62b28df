/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load.c - which code does which workload of the catalog. */
#include "load.h"

#include <string.h>

#include "catalog.h"
#include "cpu.h"
#include "fault.h"
#include "io.h"
#include "lock.h"
#include "mem.h"
#include "memcpy.h"
#include "pipe.h"
#include "syscall.h"
#include "wakeup.h"

static const struct load *const loads[] = {
	&load_cpu,   &load_mem,     &load_wakeup, &load_pipe,
	&load_fault, &load_syscall, &load_memcpy, &load_lock,
};

const struct load *load_of(const struct workload *workload)
{
	for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
		if (!strcmp(loads[i]->name, workload->name))
			return loads[i];
	}
	return &load_io; /* the catalog has no others; a test holds both together */
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tool_help.c - what `qload --help` says above the list of workloads. */
#include "tool.h"

const char tool_help[] =
        "usage: qload WORKLOAD [OPTION]...\n"
        "  --threads=N        workers (1)\n"
        "  --duration=TIME    timed part (5s)\n"
        "  --warmup=TIME      before it, not counted (1s)\n"
        "  --pin=CPU,CPU,...  worker i on the i-th CPU\n"
        "  --policy=POLICY    of the workers: other, batch, idle, fifo:PRIO, rr:PRIO\n"
        "  --json             the result as JSON\n"
        "  --handicap=N%      cpu: so much more work in each event (0%)\n"
        "I/O workloads:\n"
        "  --bs=SIZE          bytes a request (4k)\n"
        "  --iodepth=N        requests in flight, per worker (32)\n"
        "  --rwmix=PERCENT    reads of randrw (70)\n"
        "  --direct=on|off    past the page cache, or through it (on)\n"
        "  --iopoll=on|off    poll the disk for completions; where queue/io_poll is 1 (off)\n"
        "  --sqpoll=on|off    a kernel thread a worker takes the requests; where CPUs are spare (off)\n"
        "  --rate=N[:poisson] requests a second, of all workers, that start when they are due (none)\n"
        "  --nop              requests that do nothing: what the engine itself costs\n"
        "  --seed=N           of the offsets (1)\n"
        "  --scratch=FOLDER   where the scratch file is made (.)\n"
        "  --scratch-size=SIZE (512M)\n"
        "  --file=PATH        read this file instead; randread and read only; several: worker i reads\n"
        "                     the i-th, and again from the first\n"
        "Under a host: qload serve --fd=N --nonce=HEX [--scratch-fd=N] [--scratch-buffered-fd=N]\n"
        "Workloads:\n";

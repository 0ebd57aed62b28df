/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings.h - one sentence a workload, made from its verdicts: what stands above every table.
 */
#ifndef REPORT_FINDINGS_H
#define REPORT_FINDINGS_H

#include <stddef.h>

struct comparisons;
struct results;

#define FINDINGS_MAX 2048

/* "policy=fifo:1 lowers wakeup_p99_ns by 98 % (2.90 ms -> 40.0 us), 95 % [-98.9, -97.0] %; inconclusive: pin=1."  ""
 * where the workload has no primary figure, or one arm. */
void findings_sentence(const struct results *results, const struct comparisons *comparisons,
                       int workload, char *buf, size_t size);

#endif

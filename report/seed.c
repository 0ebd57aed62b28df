/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed.c - the study's claims as data, each with the comparison that answers it. */
#include "seed.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "results.h"
#include "scale.h"
#include "verdict.h"

struct claim {
	const char *words, *theirs; /* theirs: "" where we have no figure of it */
	const char *arm, *baseline, *workload, *figure;
};

static const char ipc[] = "ipc", latency[] = "io_read_p95_ns", switches[] = "context_switches",
                  bandwidth[] = "io_read_bytes_per_s";

static const struct claim gains[] = {
	{ "VM against native: IPC", "-48 %", "VM", "native", "cpu", ipc },
	{ "VM against native: latency", "x7.4", "VM", "native", "randrw", latency },
	{ "VM against native: switches", "x14.8", "VM", "native", "randrw", switches },
	{ "pinning: IPC", "+13 %", "VM pinned", "VM", "cpu", ipc },
	{ "pinning: latency", "-20 %", "VM pinned", "VM", "randrw", latency },
	{ "pinning: switches", "-27 %", "VM pinned", "VM", "randrw", switches },
	{ "VirtIO: bandwidth", "+14 %", "VM virtio", "VM", "randrw", bandwidth },
	{ "VirtIO: latency", "-17 %", "VM virtio", "VM", "randrw", latency },
	{ "FIFO: switches", "-34 %", "VM fifo", "VM pinned", "randrw", switches },
};

static const struct claim policies[] = {
	{ "FIFO against OTHER: IPC", "+29 %", "VM fifo", "VM pinned", "cpu", ipc },
	{ "FIFO against OTHER: latency", "-39 %", "VM fifo", "VM pinned", "randrw", latency },
	{ "FIFO against OTHER: switches", "-34 %", "VM fifo", "VM pinned", "randrw", switches },
	{ "RR against OTHER: IPC", "", "VM rr", "VM pinned", "cpu", ipc },
	{ "RR against OTHER: latency", "", "VM rr", "VM pinned", "randrw", latency },
	{ "RR against OTHER: switches", "", "VM rr", "VM pinned", "randrw", switches },
};

static const char *const baselines[] = { "native", "VM", "VM pinned" };

struct answers {
	const struct results *results;
	struct comparisons by[ARRAY_SIZE(baselines)]; /* nr 0: that baseline has no trial */
};

static void answers_done(struct answers *answers)
{
	for (size_t i = 0; i < ARRAY_SIZE(baselines); i++)
		comparisons_done(&answers->by[i]);
}

static const struct comparison *find(const struct answers *answers, const struct claim *claim)
{
	const struct results *results = answers->results;
	int arm = names_find(&results->arms, claim->arm, strlen(claim->arm));
	int workload = names_find(&results->workloads, claim->workload, strlen(claim->workload));
	int figure = names_find(&results->figures, claim->figure, strlen(claim->figure));

	for (size_t b = 0; b < ARRAY_SIZE(baselines); b++) {
		const struct comparisons *by = &answers->by[b];

		for (size_t i = 0; i < by->nr && !strcmp(baselines[b], claim->baseline); i++) {
			const struct comparison *c = &by->list[i];

			if (c->arm == arm && c->workload == workload && c->figure == figure)
				return c;
		}
	}
	return NULL;
}

static void write_why(const char *why, FILE *out)
{
	fprintf(out, "n/a: %.100s\n", why ? why : "no trial of it");
}

static void write_claim(const struct answers *answers, const struct claim *claim, FILE *out)
{
	const struct comparison *c = find(answers, claim);
	char change[32], interval[64] = "";

	fprintf(out, "  %-29s %7s  ", claim->words, claim->theirs[0] ? claim->theirs : "-");
	if (!c || isnan(c->ratio)) {
		write_why(c ? c->why ? c->why : c->why_ratio : NULL, out);
		return;
	}
	scale_format_change(c->ratio, change, sizeof(change));
	if (!isnan(c->ci[0]))
		scale_format_interval(c->ci, interval, sizeof(interval));
	fprintf(out, "%9s  %-20s %s\n", change, interval, verdict_name(c->verdict));
	if (c->verdict == VERDICT_NONE && c->why_verdict)
		fprintf(out, "      (%.90s)\n", c->why_verdict);
}

static void write_table(const struct answers *answers, const char *title, const struct claim *claim,
                        size_t nr, FILE *out)
{
	fprintf(out, "\n%s\n  %-29s %7s  %9s  %-20s %s\n", title, "", "theirs", "ours", "95 %",
	        "verdict");
	for (size_t i = 0; i < nr; i++)
		write_claim(answers, &claim[i], out);
}

int seed_write(char *const *paths, int nr, FILE *out, struct err *err)
{
	CLEANUP(results_free) struct results *results = results_new();
	CLEANUP(answers_done) struct answers answers = { .results = results };

	if (!results)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < nr; i++) {
		int rc = results_read_file(results, paths[i], err);

		if (rc)
			return rc;
	}
	if (results_finish(results))
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < ARRAY_SIZE(baselines); i++) {
		struct err why;
		int rc = compare_make(results, baselines[i], &answers.by[i], &why);

		if (rc && rc != -ENOENT && rc != -ENODATA)
			return err_set(err, -rc, "%s", why.text);
	}
	write_table(&answers, "The seed study's gains, and ours", gains, ARRAY_SIZE(gains), out);
	write_table(&answers, "The seed study's policies, and ours: on the same pinned vCPUs",
	            policies, ARRAY_SIZE(policies), out);
	fprintf(out,
	        "\n  theirs       one run in a VM inside VirtualBox, loads not alike; -: we know "
	        "of no figure\n"
	        "  latency      p95 of reads under randrw; switches: of all the VM's threads\n");
	return fflush(out) || ferror(out) ? err_sys(err, "cannot write the report") : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seed.c - the study's claims as data, each with the comparison that answers it. */
#include "seed.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "compare.h"
#include "markdown.h"
#include "results.h"
#include "scale.h"
#include "sheet.h"
#include "text.h"
#include "verdict.h"

struct claim {
	const char *words, *theirs; /* theirs: "" where we have no figure of it */
	const char *arm, *baseline, *workload, *figure;
};

static const char ipc[] = "ipc", latency[] = "io_read_p95_ns",
                  switches[] = "context_switches_per_op", bandwidth[] = "io_read_bytes_per_s";

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

struct seed {
	const struct results *results;
	struct comparisons by[ARRAY_SIZE(baselines)]; /* nr 0: that baseline has no trial */
};

static const struct {
	const char *key, *kind, *title;
	const struct claim *claim;
	size_t nr;
} tables[] = {
	{ "gains", "seed_gains", "The seed study's gains, and ours", gains, ARRAY_SIZE(gains) },
	{ "policies", "seed_policies",
	  "The seed study's policies, and ours: on the same pinned vCPUs", policies,
	  ARRAY_SIZE(policies) },
};

static const char note_theirs[] =
        "one run in a VM inside VirtualBox, loads not alike; -: we know of "
        "no figure";
static const char note_latency[] =
        "p95 of reads under randrw; switches: of host threads (qload's or QEMU's), by I/O";

static const char note_rough[] =
        "the ratio of the two medians: too few boots or rounds pair for an estimate";

/* What stands in a row beside the claim's words. */
struct answer {
	const struct comparison *found; /* NULL: no trial of it */
	const char *why;                /* of n/a, else NULL */
	char change[32], interval[64];
};

void seed_free(struct seed **seed)
{
	for (size_t i = 0; *seed && i < ARRAY_SIZE(baselines); i++)
		comparisons_done(&(*seed)->by[i]);
	free(*seed);
	*seed = NULL;
}

/* The preset's own names: nobody else's arms are called so. */
static bool is_seed(const struct results *results)
{
	static const char *const names[] = { "VM", "VM pinned", "VM virtio", "VM fifo", "VM rr" };
	size_t found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		found += names_find(&results->arms, names[i], strlen(names[i])) >= 0;
	return found >= 2;
}

int seed_make(const struct results *results, struct seed **ret, struct err *err)
{
	CLEANUP(seed_free) struct seed *seed = NULL;

	*ret = NULL;
	if (!is_seed(results))
		return 0;
	seed = calloc(1, sizeof(*seed));
	if (!seed)
		return err_set(err, ENOMEM, "out of memory");
	seed->results = results;
	for (size_t i = 0; i < ARRAY_SIZE(baselines); i++) {
		struct err why;
		int rc = compare_make(results, baselines[i], &seed->by[i], &why);

		if (rc && rc != -ENOENT && rc != -ENODATA)
			return err_set(err, -rc, "%s", why.text);
	}
	*ret = STEAL(&seed);
	return 0;
}

static const struct comparison *find(const struct seed *seed, const struct claim *claim)
{
	const struct results *results = seed->results;
	int arm = names_find(&results->arms, claim->arm, strlen(claim->arm));
	int workload = names_find(&results->workloads, claim->workload, strlen(claim->workload));
	int figure = names_find(&results->figures, claim->figure, strlen(claim->figure));

	for (size_t b = 0; b < ARRAY_SIZE(baselines); b++) {
		const struct comparisons *by = &seed->by[b];

		for (size_t i = 0; i < by->nr && !strcmp(baselines[b], claim->baseline); i++) {
			const struct comparison *c = &by->list[i];

			if (c->arm == arm && c->workload == workload && c->figure == figure)
				return c;
		}
	}
	return NULL;
}

/* A trial that was refused has its reason with the arm's primary figures. */
static const char *why_refused(const struct seed *seed, const struct claim *claim)
{
	const struct results *results = seed->results;
	int arm = names_find(&results->arms, claim->arm, strlen(claim->arm));

	for (size_t b = 0; arm >= 0 && b < ARRAY_SIZE(baselines); b++) {
		for (size_t i = 0; i < seed->by[b].nr; i++) {
			const struct comparison *c = &seed->by[b].list[i];

			if (c->arm == arm && c->why)
				return c->why;
		}
	}
	/* an older qlaunch wrote no figures by operation */
	return names_find(&results->figures, claim->figure, strlen(claim->figure)) < 0
	               ? "the file has no such figure"
	               : "no trial of it";
}

static void answer_make(const struct seed *seed, const struct claim *claim, struct answer *ret)
{
	const struct comparison *c = find(seed, claim);

	*ret = (struct answer){ .found = c };
	if (!c || isnan(c->ratio)) {
		ret->why = !c ? why_refused(seed, claim) : c->why ? c->why : c->why_ratio;
		ret->why = ret->why ? ret->why : "no value";
		return;
	}
	ret->change[0] = '~';
	scale_format_change(c->ratio, ret->change + c->is_rough, sizeof(ret->change) - c->is_rough);
	if (!isnan(c->ci[0]))
		scale_format_interval(c->ci, ret->interval, sizeof(ret->interval));
}

#define ANSWER_COLUMN 41
#define WORDS_COLUMN  73

static void write_answer(const struct answer *a, struct sheet *sheet)
{
	char words[256], reason[160];

	verdict_words(a->found, words, sizeof(words));
	fprintf(sheet->out, "%9s  %-20s ", a->change, a->interval);
	if ((int)strlen(words) <= sheet->width - WORDS_COLUMN) {
		fprintf(sheet->out, "%s\n", words);
		return;
	}
	verdict_reason(a->found, reason, sizeof(reason));
	fprintf(sheet->out, "%s\n", verdict_name(a->found->verdict));
	sheet_indented(sheet, ANSWER_COLUMN, reason);
}

static void write_claim(const struct seed *seed, const struct claim *claim, struct sheet *sheet)
{
	struct answer a;
	char safe[1024], text[1100];

	answer_make(seed, claim, &a);
	fprintf(sheet->out, "  %-29s %7s  ", claim->words, claim->theirs[0] ? claim->theirs : "-");
	if (!a.why) {
		write_answer(&a, sheet);
		return;
	}
	text_escape(a.why, strlen(a.why), safe, sizeof(safe)); /* from the file */
	snprintf(text, sizeof(text), "n/a: %s", safe);
	sheet_hanging(sheet, ANSWER_COLUMN, text);
}

void seed_write_table(const struct seed *seed, struct sheet *sheet)
{
	for (size_t t = 0; seed && t < ARRAY_SIZE(tables); t++) {
		fprintf(sheet->out, "%s\n  %-29s %7s  %9s  %-20s %s\n", tables[t].title, "",
		        "theirs", "ours", "95 %", "verdict");
		for (size_t i = 0; i < tables[t].nr; i++)
			write_claim(seed, &tables[t].claim[i], sheet);
		fputc('\n', sheet->out);
	}
	if (!seed)
		return;
	sheet_line(sheet, "theirs", note_theirs);
	sheet_line(sheet, "latency", note_latency);
	sheet_line(sheet, "~", note_rough);
	fputc('\n', sheet->out);
}

void seed_write_markdown(const struct seed *seed, FILE *out)
{
	for (size_t t = 0; seed && t < ARRAY_SIZE(tables); t++) {
		fprintf(out,
		        "## %s\n\n| | theirs | ours | 95 %% | verdict |\n|---|--:|--:|---|---|\n",
		        tables[t].title);
		for (size_t i = 0; i < tables[t].nr; i++) {
			const struct claim *claim = &tables[t].claim[i];
			struct answer a;
			char words[256];

			answer_make(seed, claim, &a);
			fprintf(out, "| %s | %s | ", claim->words, claim->theirs);
			markdown_text(a.change, out);
			fputs(" | ", out);
			markdown_text(a.interval, out);
			fputs(a.why ? " | n/a: " : " | ", out);
			if (!a.why)
				verdict_words(a.found, words, sizeof(words));
			markdown_text(a.why ? a.why : words, out);
			fputs(" |\n", out);
		}
		fputc('\n', out);
	}
	if (seed)
		fprintf(out, "theirs: %s. latency: %s. \\~: %s.\n\n", note_theirs, note_latency,
		        note_rough);
}

void seed_each(const struct seed *seed, void (*put)(const struct seed_answer *answer, void *data),
               void *data)
{
	for (size_t t = 0; seed && t < ARRAY_SIZE(tables); t++) {
		for (size_t i = 0; i < tables[t].nr; i++) {
			const struct claim *claim = &tables[t].claim[i];
			struct answer a;

			answer_make(seed, claim, &a);
			put(&(struct seed_answer){ .kind = tables[t].kind,
			                           .claim = claim->words,
			                           .theirs = claim->theirs,
			                           .arm = claim->arm,
			                           .baseline = claim->baseline,
			                           .workload = claim->workload,
			                           .figure = claim->figure,
			                           .why = a.why ? a.why : "",
			                           .found = a.found },
			    data);
		}
	}
}

static struct json_object *number_or_null(double value)
{
	return isfinite(value) ? json_object_new_double(value) : NULL;
}

static struct json_object *text_or_null(const char *text)
{
	return text && text[0] ? json_object_new_string(text) : NULL;
}

static struct json_object *claim_json(const struct seed *seed, const struct claim *claim)
{
	struct json_object *o = json_object_new_object(), *ci = NULL;
	struct answer a;
	char words[256] = "";

	answer_make(seed, claim, &a);
	json_object_object_add(o, "claim", json_object_new_string(claim->words));
	json_object_object_add(o, "arm", json_object_new_string(claim->arm));
	json_object_object_add(o, "baseline", json_object_new_string(claim->baseline));
	json_object_object_add(o, "workload", json_object_new_string(claim->workload));
	json_object_object_add(o, "figure", json_object_new_string(claim->figure));
	json_object_object_add(o, "theirs", text_or_null(claim->theirs));
	json_object_object_add(o, "ratio_of_medians",
	                       json_object_new_boolean(!a.why && a.found->is_rough));
	json_object_object_add(o, "ratio", a.why ? NULL : number_or_null(a.found->ratio));
	if (!a.why && !isnan(a.found->ci[0])) {
		ci = json_object_new_array();
		for (int i = 0; i < 2; i++)
			json_object_array_add(ci, number_or_null(a.found->ci[i]));
	}
	json_object_object_add(o, "ci95", ci);
	json_object_object_add(
	        o, "verdict",
	        json_object_new_string(a.why ? "n/a" : verdict_name(a.found->verdict)));
	if (!a.why)
		verdict_words(a.found, words, sizeof(words));
	json_object_object_add(o, "words", text_or_null(words));
	json_object_object_add(o, "why", text_or_null(a.why ? a.why : a.found->why_verdict));
	return o;
}

struct json_object *seed_json(const struct seed *seed)
{
	struct json_object *o = seed ? json_object_new_object() : NULL,
	                   *titles = seed ? json_object_new_object() : NULL,
	                   *notes = seed ? json_object_new_object() : NULL;

	for (size_t t = 0; seed && t < ARRAY_SIZE(tables); t++) {
		struct json_object *list = json_object_new_array();

		json_object_object_add(titles, tables[t].key,
		                       json_object_new_string(tables[t].title));

		for (size_t i = 0; i < tables[t].nr; i++)
			json_object_array_add(list, claim_json(seed, &tables[t].claim[i]));
		json_object_object_add(o, tables[t].key, list);
	}
	if (!seed)
		return NULL;
	json_object_object_add(notes, "theirs", json_object_new_string(note_theirs));
	json_object_object_add(notes, "latency", json_object_new_string(note_latency));
	json_object_object_add(notes, "~", json_object_new_string(note_rough));
	json_object_object_add(o, "titles", titles);
	json_object_object_add(o, "notes", notes);
	return o;
}

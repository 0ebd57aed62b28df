/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help.c - --help out of the knob table and the catalog of workloads, in at most 100 columns. */
#include <string.h>

#include "catalog.h"
#include "cmdline.h"
#include "knobs.h"

#define COLUMNS 98
#define INDENT  28

static const char usage[] =
        "qlaunch starts QEMU, puts its threads where you want them, and measures native against guest.\n"
        "\n"
        "  qlaunch [run] [KNOB]... DISK... [-- QEMU-ARG...]   a VM, placed before its first instruction\n"
        "  qlaunch bench [KNOB]...                            the built-in loads, native and in a guest\n"
        "  qlaunch sweep [KNOB=V1,V2]... | --arms FILE | --preset NAME   many arms, compared\n"
        "  qlaunch report [--format table|markdown|csv|json|html] FILE...   a comparison of stored results\n"
        "  qlaunch doctor [--json] [KNOB]...                  what this host can do, and what to mend\n"
        "  qlaunch explain [FIGURE]...                        what a figure means and where it is read\n"
        "\n"
        "In a sweep a comma separates values of an axis; a value with commas is bracketed: --pin [0,2],[1,3]\n";

static const char *const headings[] = {
	[SCOPE_BOOT] = "Boot: what a new VM is needed for",
	[SCOPE_LIVE] = "Live: changed on a running VM",
	[SCOPE_LOAD] = "Load: told to the load, trial by trial",
	[SCOPE_HOST] = "Host",
	[SCOPE_REPORT] = "Trials and results",
};

/* Wraps text at spaces, from column `at`, to lines indented by INDENT. */
static void print_wrapped(const char *text, size_t at, FILE *out)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		if (at > INDENT && at + 1 + len > COLUMNS) {
			fprintf(out, "\n%*s", INDENT, "");
			at = INDENT;
		} else if (at > INDENT) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", (int)len, text);
		at += len;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void print_entry(const char *left, const char *text, FILE *out)
{
	int used = fprintf(out, "  %s", left);

	if (used >= INDENT)
		used = fprintf(out, "\n") - 1;
	fprintf(out, "%*s", INDENT - used, "");
	print_wrapped(text, INDENT, out);
}

static void print_knob(const struct knob *knob, const struct spec *defaults, FILE *out)
{
	char left[160], text[SPEC_KNOB_MAX], value[256] = "";

	if (knob->letter)
		snprintf(left, sizeof(left), "-%c, --%s %s", knob->letter, knob->name, knob->hint);
	else
		snprintf(left, sizeof(left), "--%s %s", knob->name, knob->hint);
	if (knob->fallback)
		snprintf(value, sizeof(value), "%s", knob->fallback);
	else if (!knob_is_flag(knob))
		knob_format(knob, defaults, value, sizeof(value));
	snprintf(text, sizeof(text), "%s%s%s%s", knob->help, value[0] ? " [" : "", value,
	         value[0] ? "]" : "");
	print_entry(left, text, out);
}

static bool is_wanted(const struct cmdline *cmdline, const struct knob *knob, enum scope scope)
{
	if (knob->scope != scope)
		return false;
	return !cmdline->is_explicit || (knob->commands >> cmdline->command & 1);
}

static void print_scope(const struct cmdline *cmdline, enum scope scope, FILE *out)
{
	const struct knob *knob;
	bool headed = false;

	for (int i = 0; (knob = knob_at(i)); i++) {
		if (!is_wanted(cmdline, knob, scope))
			continue;
		if (!headed)
			fprintf(out, "\n%s:\n", headings[scope]);
		headed = true;
		print_knob(knob, &cmdline->spec, out);
	}
}

static void print_workloads(FILE *out)
{
	const struct workload *workload;

	fprintf(out, "\nWorkloads:\n");
	for (int i = 0; (workload = workload_at(i)); i++)
		print_entry(workload->name, workload->does, out);
}

void cmdline_help(const struct cmdline *cmdline, FILE *out)
{
	fputs(usage, out);
	for (enum scope scope = SCOPE_BOOT; scope <= SCOPE_REPORT; scope++)
		print_scope(cmdline, scope, out);
	print_entry("-h, --help", "this; after a command: its knobs only", out);
	print_entry("--version", "the version", out);
	if (!cmdline->is_explicit || (knob_find("workload")->commands >> cmdline->command & 1))
		print_workloads(out);
}

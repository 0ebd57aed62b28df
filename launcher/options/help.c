/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help.c - --help from the knob table and the catalog of workloads, in at most 80 columns.  The man pages' options and examples
 * are generated from it (tests/unit/launcher/test_help.c). */
#include <string.h>

#include "catalog.h"
#include "cmdline.h"
#include "knobs.h"

#define COLUMNS 79
#define INDENT  28

struct example {
	const char *command, *does;
};

static const struct command_help {
	const char *usage, *does;
	const char *more; /* below the usage */
	struct example example[3];
} helps[] = {
	[COMMAND_RUN] = {
		.usage = "qlaunch [run] [OPTION]... DISK... [-- QEMU-OPTION...]",
		.does = "Start a VM from a disk image (the default command).",
		.more = "Each thread of QEMU is placed before the guest's first instruction. Options of QEMU "
		        "follow --.",
		.example = {
			{ "qlaunch --dry-run --pin 1 disk.qcow2",
			  "Print the placement and the QEMU command line; start nothing." },
			{ "qlaunch --pin 1 --policy fifo disk.qcow2",
			  "Run vCPU 0 on CPU 1 under SCHED_FIFO." },
			{ "qlaunch --snapshot --warmup login --duration 30s disk.qcow2",
			  "Measure 30 s from the login prompt on; discard the guest's writes." },
		},
	},
	[COMMAND_BENCH] = {
		.usage = "qlaunch bench [OPTION]...",
		.does = "Compare the built-in workloads on the host and in a guest.",
		.more = "The guest is built in: no disk image is needed.",
		.example = {
			{ "qlaunch bench --workload cpu,randread",
			  "Compare computation and random reads, native and in a guest." },
			{ "qlaunch bench --pin 1 --policy fifo --workload wakeup --duration 10s",
			  "Measure the wake-up latency of a pinned SCHED_FIFO vCPU." },
			{ "qlaunch bench --where native --workload randread --iodepth 1 --scratch .",
			  "Measure one read at a time on the file system of this folder." },
		},
	},
	[COMMAND_SWEEP] = {
		.usage = "qlaunch sweep [OPTION]... [--arms FILE | --preset NAME]",
		.does = "Compare many configurations, in randomized order.",
		.more = "A comma separates the values of an option; all combinations are run. A value that "
		        "contains commas is put in brackets: --pin [0,2],[1,3].",
		.example = {
			{ "qlaunch sweep --preset quick",
			  "Compare native, VM, pinned VM and tuned VM in at most four minutes." },
			{ "qlaunch sweep --pin 1 --policy other,fifo,rr --repeat 10",
			  "Compare three scheduling policies; one VM serves all of them." },
			{ "qlaunch sweep --pin none,1 --seed 1 --budget 30m --resume night.jsonl",
			  "Run as many repeats as fit in 30 minutes; resume after an interruption." },
		},
	},
	[COMMAND_REPORT] = {
		.usage = "qlaunch report [OPTION]... FILE... | --old FILE... --new FILE...",
		.does = "Compare stored results.",
		.more = "FILE is a results file of run, bench or sweep.",
		.example = {
			{ "qlaunch report results.jsonl", "Print the comparison as a table." },
			{ "qlaunch report --format csv results.jsonl >report.csv",
			  "Write it as one CSV table." },
			{ "qlaunch report --old before.jsonl --new after.jsonl",
			  "Compare each configuration before and after a change." },
		},
	},
	[COMMAND_DOCTOR] = {
		.usage = "qlaunch doctor [OPTION]...",
		.does = "Check what this host supports, and say how to fix what it does not.",
		.more = "With the options of a command that you plan, doctor checks what they need.",
		.example = {
			{ "qlaunch doctor", "Check this host." },
			{ "qlaunch doctor --pin 1 --policy fifo --observe deep",
			  "Check whether this host supports these options." },
			{ "qlaunch doctor --json", "Print the findings as JSON." },
		},
	},
	[COMMAND_EXPLAIN] = {
		.usage = "qlaunch explain [FIGURE]...",
		.does = "Explain a figure: meaning, unit, direction, source.",
		.more = "FIGURE is a name from a result line or report, or an event of --events.",
		.example = {
			{ "qlaunch explain", "List the figures." },
			{ "qlaunch explain run_delay_s", "Explain a figure." },
			{ "qlaunch explain vm_exits vm_exits_per_op",
			  "Explain a total and its part of one operation." },
		},
	},
};

/* In --help alone; the first sentence of each one's help fits beside it. */
static const char *const most_used[] = {
	"pin",      "policy", "vcpus", "memory",  "workload",
	"duration", "repeat", "trace", "dry-run", "output",
};

static const char *const headings[] = {
	[SCOPE_BOOT] = "VM options (a change needs a new boot)",
	[SCOPE_LIVE] = "Placement options (a running VM can change them)",
	[SCOPE_LOAD] = "Measurement options (set for each trial)",
	[SCOPE_HOST] = "Host options",
	[SCOPE_REPORT] = "Trial and result options",
};

/* Wraps text at spaces, from column `at`, to lines that are indented. */
static void print_wrapped(const char *text, size_t at, size_t indent, FILE *out)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		if (at > indent && at + 1 + len > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
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
	print_wrapped(text, INDENT, INDENT, out);
}

/* "-o, --output FILE" */
static void knob_left(const struct knob *knob, char *buf, size_t size)
{
	char letter[8] = "", room[KNOB_HINT_MAX];
	const char *hint = knob_hint(knob, room, sizeof(room));

	if (knob->letter)
		snprintf(letter, sizeof(letter), "-%c, ", knob->letter);
	snprintf(buf, size, "%s--%s%s%s", letter, knob->name, hint[0] ? " " : "", hint);
}

/* The length of the first sentence. */
static size_t first_sentence(const char *text)
{
	const char *end = strstr(text, ". ");

	return end ? (size_t)(end + 1 - text) : strlen(text);
}

/* Of "run: 0s; else 1s": what holds for the command. */
static void default_for(enum command_kind command, const char *text, char *buf, size_t size)
{
	const char *name = command_names[command];
	size_t len = strlen(name);

	for (const char *at = text; at; at = strstr(at, "; "), at = at ? at + 2 : NULL) {
		bool is_own = !strncmp(at, name, len) && !strncmp(at + len, ": ", 2);

		if (!is_own && strncmp(at, "else ", 5) != 0)
			continue;
		at += is_own ? len + 2 : 5;
		snprintf(buf, size, "%.*s", (int)strcspn(at, ";"), at);
		return;
	}
	snprintf(buf, size, "%s", text);
}

static void print_knob(const struct knob *knob, const struct cmdline *cmdline, FILE *out)
{
	char left[160], text[SPEC_KNOB_MAX], value[256] = "";

	knob_left(knob, left, sizeof(left));
	if (knob->fallback)
		default_for(cmdline->command, knob->fallback, value, sizeof(value));
	else if (!knob_is_flag(knob))
		knob_format(knob, &cmdline->spec, value, sizeof(value));
	snprintf(text, sizeof(text), "%s%s%s%s", knob->help, value[0] ? " [default: " : "", value,
	         value[0] ? "]" : "");
	print_entry(left, text, out);
}

static bool takes(const struct cmdline *cmdline, const struct knob *knob)
{
	return knob->commands >> cmdline->command & 1;
}

static void print_scope(const struct cmdline *cmdline, enum scope scope, FILE *out)
{
	const struct knob *knob;
	bool headed = false;

	for (int i = 0; (knob = knob_at(i)); i++) {
		if (knob->scope != scope || !takes(cmdline, knob))
			continue;
		if (!headed)
			fprintf(out, "\n%s:\n", headings[scope]);
		headed = true;
		print_knob(knob, cmdline, out);
	}
}

static void print_workloads(FILE *out)
{
	const struct workload *workload;

	fprintf(out, "\nWorkloads:\n");
	for (int i = 0; (workload = workload_at(i)); i++)
		print_entry(workload->name, workload->does, out);
}

static void print_examples(const struct command_help *help, FILE *out)
{
	fprintf(out, "\nExamples:\n");
	for (size_t i = 0; i < ARRAY_SIZE(help->example); i++)
		fprintf(out, "  %s\n      %s\n", help->example[i].command, help->example[i].does);
}

static void print_command(const struct cmdline *cmdline, FILE *out)
{
	const struct command_help *help = &helps[cmdline->command];

	fprintf(out, "Usage: %s\n\n%s\n", help->usage, help->does);
	print_wrapped(help->more, 0, 0, out);
	for (enum scope scope = SCOPE_BOOT; scope <= SCOPE_REPORT; scope++)
		print_scope(cmdline, scope, out);
	fputs("\nOther options:\n", out);
	print_entry("-h, --help", "Print this help.", out);
	print_entry("--version", "Print the version.", out);
	if (takes(cmdline, knob_find("workload")))
		print_workloads(out);
	print_examples(help, out);
}

/* One screen: 24 lines of at most 80 columns. */
static void print_overview(FILE *out)
{
	fputs("qlaunch starts QEMU, places its threads, and measures guest against native.\n"
	      "Usage: qlaunch [COMMAND] [OPTION]... [ARGUMENT]...\n\nCommands:\n",
	      out);
	for (int i = 0; command_names[i]; i++)
		fprintf(out, "  %-9s%s\n", command_names[i], helps[i].does);
	fputs("\nMost used options:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(most_used); i++) {
		const struct knob *knob = knob_find(most_used[i]);
		char left[80];

		knob_left(knob, left, sizeof(left));
		fprintf(out, "  %-*s%.*s\n", INDENT - 2, left, (int)first_sentence(knob->help),
		        knob->help);
	}
	fputs("\nAll options: qlaunch help COMMAND. Manual: man qlaunch, man qlaunch-COMMAND.\n",
	      out);
}

void cmdline_help(const struct cmdline *cmdline, FILE *out)
{
	if (cmdline->is_explicit)
		print_command(cmdline, out);
	else
		print_overview(out);
}

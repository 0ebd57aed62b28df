/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_spec.c - any bytes as a command line or an arms file.  What is accepted makes arms whose plans and arguments
 * keep their bounds; what is refused has words of one line.
 *
 * First byte even: argv, one word a line.  Odd: the text of an arms file.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arms.h"
#include "cleanup.h"
#include "cmdline.h"
#include "json.h"
#include "matrix.h"
#include "plan.h"
#include "qemu_args.h"
#include "topology.h"

#define WORDS_MAX 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct qemu_can can = {
	.path = "qemu-system-x86_64",
	.version = 70222,
	.aio_io_uring = true,
	.aio_native = true,
	.kvm_device = true,
	.kvm_hardware = true,
};

/* Too big for the stack. */
static struct topology host;
static struct plan plan;

static void require(bool good)
{
	if (!good)
		abort();
}

static void check_words(int rc, const struct err *err)
{
	require(rc < 0 && err->text[0] && !strchr(err->text, '\n'));
}

/* Every knob prints what it reads back. */
static void check_knobs(const struct spec *spec)
{
	static struct spec again;
	const struct knob *knob;

	spec_init(&again, COMMAND_RUN); /* once: it is 70 kB */
	for (int i = 0; (knob = knob_at(i)); i++) {
		char text[SPEC_PATH_MAX], twice[SPEC_PATH_MAX];

		knob_format(knob, spec, text, sizeof(text));
		if (!text[0] || !strcmp(knob->name, "disk"))
			continue;
		again.given = 0;
		require(knob_parse(knob, text, &again, NULL) == 0);
		knob_format(knob, &again, twice, sizeof(twice));
		require(!strcmp(text, twice));
	}
}

static void check_args(const struct spec *spec)
{
	CLEANUP(strv_done) struct strv args = { 0 };
	struct qemu_inputs in = { .qemu = &can, .spec = spec, .plan = &plan };

	in.pastable = spec->verbose > 0;
	for (int i = 0; i < spec->nr_disks; i++)
		in.disk[i] = (struct qemu_disk){ .file = spec->disk[i].file };
	if (plan.guest)
		require(qemu_args(&in, &args, NULL) == 0);
}

static void check_spec(const struct spec *spec)
{
	CLEANUP(json_done) struct json_object *json = spec_to_json(spec);
	struct err err = { 0 };
	int rc = plan_make(spec, &host, &can, &plan, &err);

	require(json != NULL);
	check_knobs(spec);
	if (rc) {
		check_words(rc, &err);
		return;
	}
	require(plan.nr_placements > 0 && plan.nr_placements <= PLAN_PLACEMENTS_MAX);
	require(plan.nr_notes <= PLAN_NOTES_MAX);
	check_args(spec);
}

static void check_matrix(const struct matrix *matrix)
{
	require(matrix->nr_arms > 0 && matrix->nr_arms <= MATRIX_ARMS_MAX);
	for (int i = 0; i < matrix->nr_arms && i < 4; i++) {
		require(matrix->arm[i].name[0] != '\0');
		check_spec(&matrix->arm[i].spec);
	}
}

static void try_order(const struct matrix *matrix)
{
	struct step *step = NULL;
	int nr = matrix_order(matrix, &step, NULL);

	/* a user's VM has no workloads, so no trials */
	require(nr >= 0 && nr <= MATRIX_TRIALS_MAX);
	require(nr > 0 || !matrix->arm[0].spec.nr_workloads);
	free(step);
}

static void try_argv(char *text)
{
	char *argv[WORDS_MAX + 2] = { text };
	CLEANUP(cmdline_done) struct cmdline cmdline = { 0 };
	CLEANUP(matrix_done) struct matrix matrix = { 0 };
	struct err err = { 0 };
	int argc = 1, rc;

	while (text && argc <= WORDS_MAX)
		argv[argc++] = strsep(&text, "\n");
	rc = cmdline_parse(argc, argv, &cmdline, &err);
	if (rc) {
		check_words(rc, &err);
		return;
	}
	if (cmdline.help || cmdline.version || cmdline.spec.arms)
		return;
	rc = matrix_make(&cmdline.spec, &cmdline.axes, &host, &matrix, &err);
	if (rc) {
		check_words(rc, &err);
		return;
	}
	check_matrix(&matrix);
	try_order(&matrix);
}

static void try_arms(const char *text, size_t len)
{
	CLEANUP(json_done) struct json_object *root = NULL;
	CLEANUP(matrix_done) struct matrix matrix = { 0 };
	static struct spec base;
	struct err err = { 0 };
	int rc = json_parse(text, len, &root, &err);

	spec_init(&base, COMMAND_SWEEP);
	if (!rc)
		rc = arms_parse(root, "arms.json", &base, &matrix, &err);
	if (rc)
		check_words(rc, &err);
	for (int i = 0; !rc && i < matrix.nr_arms && i < 4; i++)
		check_spec(&matrix.arm[i].spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	if (!cpuset_count(&host.allowed) && topology_read("tests/data/sys-2x8-smt", &host, NULL))
		abort();
	/* exactly as long as it is, so that a read past its end is seen */
	text = strndup((const char *)data + 1, size - 1);
	if (text && data[0] % 2)
		try_arms(text, strlen(text));
	else if (text)
		try_argv(text);
	free(text);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* matrix.c - multiplies axes out, merges equal arms, names and numbers them.  The trials' order is order.c's. */
#include "matrix.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "arms.h"
#include "arms_file.h"
#include "cleanup.h"
#include "cmdline.h"
#include "control.h"
#include "cross.h"
#include "json.h"
#include "knobs.h"
#include "pace.h"
#include "plan.h"
#include "text.h"

#define TEXT_MAX SPEC_PATH_MAX
#define BOOTS                                                                                      \
	10 /* the unit of a verdict: more of them than that buy little, more rounds in each buy less */
#define UNTIL_CI_REPEATS 30

/* Does the knob mean anything in this arm? */
static bool applies(const struct knob *knob, const struct spec *spec)
{
	if (!strcmp(knob->name, "qmp-timeout")) /* a sweep may be resumed with more patience */
		return false;
	if (knob->scope == SCOPE_HOST && knob_is_flag(knob) && strcmp(knob->name, "force") != 0)
		return false; /* how it is watched, not what is measured */
	if (spec->vms < 2 && !strcmp(knob->name, "neighbour-policy"))
		return false;
	return knob->scope <= SCOPE_HOST && !(knob->only_guest && spec->where == WHERE_NATIVE);
}

/* --virtio tuned sets these three unless they are given: then the same text means another thing. */
static bool wins_over_tuned(const struct knob *knob, const struct spec *spec)
{
	static const char *const names[] = { "iothreads", "aio", "cache" };

	for (size_t i = 0; i < ARRAY_SIZE(names) && spec->virtio == VIRTIO_TUNED; i++) {
		if (!strcmp(knob->name, names[i]))
			return knob_is_given(spec, knob->name);
	}
	return false;
}

/* A knob's value as it is compared; the guest's load and the neighbours get --policy where they have none of their own. */
static void value_format(const struct knob *knob, const struct spec *spec, char *buf, size_t size)
{
	const char *mark = wins_over_tuned(knob, spec) ? "!" : "";
	size_t len;

	if ((!strcmp(knob->name, "guest-policy") || !strcmp(knob->name, "neighbour-policy")) &&
	    !knob_is_given(spec, knob->name))
		knob = knob_find("policy");
	knob_format(knob, spec, buf, size);
	len = strlen(buf);
	text_copy(buf + len, size - len, mark);
}

/* Every knob that applies, one a line: equal texts are equal arms.  only_boot: those that need a new VM. */
static char *signature(const struct spec *spec, bool only_boot)
{
	char *text = NULL, value[TEXT_MAX];
	const struct knob *knob;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (int i = 0; (knob = knob_at(i)); i++) {
		if (!applies(knob, spec) || (only_boot && knob->scope != SCOPE_BOOT))
			continue;
		value_format(knob, spec, value, sizeof(value));
		fprintf(out, "%s=%s\n", knob->name, value);
	}
	fclose(out);
	return text;
}

char *arm_signature(const struct spec *spec)
{
	return signature(spec, false);
}

static void texts_free(char ***at)
{
	for (int i = 0; *at && i < MATRIX_ARMS_MAX; i++)
		free((*at)[i]);
	free(*at);
	*at = NULL;
}

static char **signatures(const struct matrix *matrix, bool only_boot)
{
	CLEANUP(texts_free) char **texts = calloc(MATRIX_ARMS_MAX, sizeof(*texts));

	for (int i = 0; texts && i < matrix->nr_arms; i++) {
		texts[i] = signature(&matrix->arm[i].spec, only_boot);
		if (!texts[i])
			return NULL;
	}
	return STEAL(&texts);
}

/* The arm before `i` that it may be merged with; -1. */
static int find_twin(const struct matrix *matrix, char *const *texts, int kept, int i)
{
	for (int j = 0; j < kept && !matrix->arm[i].is_named; j++) {
		if (!matrix->arm[j].is_named && !strcmp(texts[j], texts[i]))
			return j;
	}
	return -1;
}

static int refuse_twin(const struct arm *arm, const char *file, int nr, struct err *err)
{
	bool is_native = arm->spec.where == WHERE_NATIVE;

	return err_set(err, EEXIST,
	               "--arms %.100s: configuration %d of the list equals one before it%s: "
	               "change or remove it, or give it a \"name\" if both are to be measured",
	               file, nr,
	               is_native ? " (options of the guest change nothing natively)" : "");
}

/* Guest arms that differ only in what natively means nothing leave equal native arms behind.  Whoever lists an arm by
 * itself wants it measured: there an equal one is a mistake.  file: of the arms. */
static int merge_equal(struct matrix *matrix, const char *file, struct err *err)
{
	CLEANUP(texts_free) char **texts = signatures(matrix, false);
	int kept = 0, nr_listed = 0;

	if (!texts)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < matrix->nr_arms; i++) {
		char *text;

		nr_listed += matrix->arm[i].is_listed;
		if (find_twin(matrix, texts, kept, i) >= 0) {
			if (matrix->arm[i].is_listed)
				return refuse_twin(&matrix->arm[i], file, nr_listed, err);
			continue;
		}
		if (kept != i) {
			text = texts[kept];
			texts[kept] = texts[i];
			texts[i] = text;
			matrix->arm[kept] = matrix->arm[i];
		}
		kept++;
	}
	matrix->nr_arms = kept;
	return 0;
}

static int number_boots(struct matrix *matrix, struct err *err)
{
	CLEANUP(texts_free) char **texts = signatures(matrix, true);
	int next = 0;

	if (!texts)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < matrix->nr_arms; i++) {
		struct arm *arm = &matrix->arm[i];

		arm->boot = -1;
		if (arm->spec.where == WHERE_NATIVE)
			continue;
		for (int j = 0; j < i && arm->boot < 0; j++) {
			if (!strcmp(texts[j], texts[i]))
				arm->boot = matrix->arm[j].boot;
		}
		if (arm->boot < 0)
			arm->boot = next++;
	}
	return 0;
}

/* Among the arms in which it means something. */
static bool varies(const struct matrix *matrix, const struct knob *knob)
{
	char first[TEXT_MAX] = "", text[TEXT_MAX] = "";
	bool have = false;

	for (int i = 0; i < matrix->nr_arms; i++) {
		if (!applies(knob, &matrix->arm[i].spec))
			continue;
		value_format(knob, &matrix->arm[i].spec, have ? text : first, TEXT_MAX);
		if (have && strcmp(first, text))
			return true;
		have = true;
	}
	return false;
}

/* A value that a terminal would obey is written with escapes. */
static void name_add(char *name, const char *word, const char *value)
{
	size_t used = strlen(name);
	char escaped[ARM_NAME_MAX];

	if (value && !text_is_plain(value)) {
		text_escape(value, strlen(value), escaped, sizeof(escaped));
		value = escaped;
	}

	snprintf(name + used, ARM_NAME_MAX - used, "%s%s%s%s", used ? " " : "", word,
	         value ? "=" : "", value ? value : "");
}

/* Disks by their file names: the same disk is the same arm wherever it lies; what the folders differ in, the lines'
 * specs say. */
static void name_disks(char *name, const struct spec *spec)
{
	char text[96] = "";

	for (int i = 0; i < spec->nr_disks; i++) {
		const char *slash = strrchr(spec->disk[i].file, '/');
		const char *base = slash ? slash + 1 : spec->disk[i].file;
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s", i ? "," : "");
		used = strlen(text);
		text_escape(base, strnlen(base, 40), text + used, sizeof(text) - used);
	}
	if (spec->nr_disks)
		name_add(name, "disk", text);
}

/* `where` by its value alone; a knob that the arm does not set is not in its name. */
static void name_arm(struct arm *arm, const bool *vary)
{
	static const char *const wheres[] = { "native", "guest" };
	const struct knob *knob;
	char text[TEXT_MAX];

	for (int i = 0; (knob = knob_at(i)); i++) {
		bool is_where = !strcmp(knob->name, "where");

		if (!vary[i] || !applies(knob, &arm->spec))
			continue;
		if (!strcmp(knob->name, "disk")) {
			name_disks(arm->name, &arm->spec);
			continue;
		}
		knob_format(knob, &arm->spec, text, sizeof(text));
		if (is_where)
			name_add(arm->name, text, NULL);
		else if (knob_is_given(&arm->spec, knob->name))
			name_add(arm->name, knob->name, text);
	}
	if (!arm->name[0])
		text_copy(arm->name, sizeof(arm->name), wheres[arm->spec.where]);
}

static void name_qemu_words(char *name, const struct spec *spec)
{
	CLEANUP(str_free) char *words = spec_qemu_words(spec);
	char text[ARM_NAME_MAX];

	if (!words)
		return;
	text_escape(words, strlen(words), text, sizeof(text));
	name_add(name, "--", NULL);
	name_add(name, text, NULL);
}

void arm_name_alone(const struct spec *spec, char *ret)
{
	struct arm arm = { .spec = *spec };
	const struct knob *knob;
	bool vary[128] = { 0 };

	for (int i = 0; (knob = knob_at(i)); i++)
		vary[i] = (knob->scope == SCOPE_BOOT || knob->scope == SCOPE_LIVE) &&
		          strcmp(knob->name, "shutdown-timeout") != 0;
	name_arm(&arm, vary);
	name_qemu_words(arm.name, spec);
	text_copy(ret, ARM_NAME_MAX, arm.name);
}

/* Long values can be cut to the same name. */
static void make_unique(struct matrix *matrix, int i)
{
	struct arm *arm = &matrix->arm[i];

	for (int j = 0; j < matrix->nr_arms; j++) {
		char tail[16];
		size_t len;

		if (j == i || strcmp(matrix->arm[j].name, arm->name))
			continue;
		snprintf(tail, sizeof(tail), " #%d", i + 1);
		len = strlen(arm->name);
		if (len + strlen(tail) >= sizeof(arm->name))
			len = sizeof(arm->name) - 1 - strlen(tail);
		text_copy(arm->name + len, sizeof(arm->name) - len, tail);
		return;
	}
}

static void name_arms(struct matrix *matrix)
{
	const struct knob *knob;
	bool vary[128] = { 0 };

	for (int i = 0; (knob = knob_at(i)); i++)
		vary[i] = varies(matrix, knob);
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (!matrix->arm[i].is_named)
			name_arm(&matrix->arm[i], vary);
	}
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (!matrix->arm[i].is_named)
			make_unique(matrix, i);
	}
}

/* Before arms are compared and named: what an arm did not ask for is what it will have. */
static void settle_policies(struct matrix *matrix, const struct topology *host)
{
	for (int i = 0; i < matrix->nr_arms; i++)
		plan_inherit(&matrix->arm[i].spec, host);
}

/* Where --pin varies, the number that it implies must not: an arm would differ in two things. */
static void settle_vcpus(struct matrix *matrix, const struct topology *host)
{
	int longest = 0;

	for (int i = 0; i < matrix->nr_arms; i++) {
		if (matrix->arm[i].spec.pin.nr > longest)
			longest = matrix->arm[i].spec.pin.nr;
	}
	for (int i = 0; i < matrix->nr_arms; i++) {
		struct spec *spec = &matrix->arm[i].spec;

		if (!spec->vcpus)
			spec->vcpus = longest ? longest : plan_vcpus(spec, host);
	}
}

static int list_arms(const struct spec *base, const struct axes *axes, const struct topology *host,
                     struct matrix *ret, struct err *err)
{
	static const struct axes none;
	int rc;

	if (base->preset)
		return preset_make(base, host, ret, err);
	if (!base->arms)
		return cross_axes(base, axes ? axes : &none, ret, err);
	rc = arms_file_read(base->arms, &ret->file, err);
	return rc < 0 ? rc : arms_parse(ret->file, base->arms, base, ret, err);
}

int matrix_boots(const struct spec *spec, int repeats)
{
	if (spec->boots)
		return spec->boots;
	return spec->until_ci > 0 || repeats < BOOTS ? repeats : BOOTS;
}

static int settle_repeats(const struct spec *base, struct matrix *matrix, struct err *err)
{
	long trials = 0;

	if (!knob_is_given(base, "repeat") && base->budget_ns)
		matrix->repeats = pace_repeats(matrix, base->budget_ns);
	else if (!knob_is_given(base, "repeat") && base->until_ci > 0)
		matrix->repeats = UNTIL_CI_REPEATS;
	matrix->boots = matrix_boots(base, matrix->repeats);
	if (matrix->boots > matrix->repeats)
		return err_set(err, EINVAL,
		               "--boots %d is more than --repeat %d: a boot has a trial at least",
		               matrix->boots, matrix->repeats);
	for (int i = 0; i < matrix->nr_arms; i++)
		trials += (long)matrix->repeats * matrix->arm[i].spec.nr_workloads;
	if (trials > MATRIX_TRIALS_MAX)
		return err_set(err, E2BIG, "%ld trials are more than %d", trials,
		               MATRIX_TRIALS_MAX);
	return 0;
}

static int check_baseline(const struct spec *base, const struct matrix *matrix, struct err *err)
{
	char names[256] = "";
	size_t used = 0;

	for (int i = 0; base->baseline && i < matrix->nr_arms; i++) {
		if (!strcmp(matrix->arm[i].name, base->baseline))
			return 0;
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
			                         i ? ", " : "", matrix->arm[i].name);
	}
	if (!base->baseline)
		return 0;
	return err_set(err, EINVAL, "--baseline: '%.64s' is no arm; the arms: %s", base->baseline,
	               names);
}

int matrix_make(const struct spec *base, const struct axes *axes, const struct topology *host,
                struct matrix *ret, struct err *err)
{
	CLEANUP(matrix_done)
	struct matrix matrix = { .repeats = base->repeat, .seed = base->seed };
	int rc = list_arms(base, axes, host, &matrix, err);

	if (rc < 0)
		return rc;
	settle_vcpus(&matrix, host);
	settle_policies(&matrix, host);
	rc = merge_equal(&matrix, base->arms, err);
	if (!rc)
		rc = number_boots(&matrix, err);
	if (!rc)
		rc = settle_repeats(base, &matrix, err);
	if (rc < 0)
		return rc;
	name_arms(&matrix);
	rc = check_baseline(base, &matrix, err);
	if (!rc)
		rc = control_add(base, &matrix, err);
	if (rc < 0)
		return rc;
	*ret = matrix;
	matrix = (struct matrix){ 0 };
	return 0;
}

void matrix_done(struct matrix *matrix)
{
	free(matrix->arm);
	json_done(&matrix->file);
	memset(matrix, 0, sizeof(*matrix));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmdline.c - walks argv once, by the knob table. */
#include "cmdline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cmdline_check.h"
#include "qemu_words.h"
#include "text.h"
#include "unknown_word.h"

#define HELP_WORD "help" /* as a first word */

struct walk {
	struct cmdline *to;
	char **argv; /* the next argument */
};

static bool is_one_of(const char *word, const char *a, const char *b)
{
	return !strcmp(word, a) || !strcmp(word, b);
}

/* A copy that lives as long as the command line. */
static char *own(struct cmdline *cmdline, const char *text)
{
	char *copy = strdup(text);
	char **more;

	if (!copy)
		return NULL;
	more = realloc(cmdline->owned, sizeof(*more) * (size_t)(cmdline->nr_owned + 1));
	if (!more) {
		free(copy);
		return NULL;
	}
	cmdline->owned = more;
	cmdline->owned[cmdline->nr_owned++] = copy;
	return copy;
}

static int command_find(const char *word)
{
	for (int i = 0; command_names[i]; i++) {
		if (!strcmp(command_names[i], word))
			return i;
	}
	return -1;
}

static bool takes(const struct cmdline *cmdline, const struct knob *knob)
{
	return knob->commands >> cmdline->command & 1;
}

/* Several values at once make an axis: any knob of a sweep's arms, and `where`, which is what bench compares. */
static bool takes_axis(const struct cmdline *cmdline, const struct knob *knob)
{
	if (cmdline->command == COMMAND_BENCH)
		return !strcmp(knob->name, "where");
	return cmdline->command == COMMAND_SWEEP && knob_is_axis(knob);
}

static int foreign_knob(const struct cmdline *cmdline, const struct knob *knob, struct err *err)
{
	char others[64];
	size_t used = 0;

	for (int i = 0; command_names[i] && used < sizeof(others); i++) {
		if (knob->commands >> i & 1)
			used += (size_t)snprintf(others + used, sizeof(others) - used, "%s%s",
			                         used ? ", " : "", command_names[i]);
	}
	return err_set(err, EINVAL, "--%s: not valid for '%s' (only for: %s)", knob->name,
	               command_names[cmdline->command], others);
}

static struct axis *axis_find(struct axes *axes, const struct knob *knob)
{
	for (int i = 0; i < axes->nr; i++) {
		if (axes->axis[i].knob == knob)
			return &axes->axis[i];
	}
	if (axes->nr == AXES_MAX)
		return NULL;
	axes->axis[axes->nr] = (struct axis){ .knob = knob };
	return &axes->axis[axes->nr++];
}

static int axis_add(struct cmdline *cmdline, const struct knob *knob, const char *text,
                    struct err *err)
{
	struct axis *axis = axis_find(&cmdline->axes, knob);
	char *copy = own(cmdline, text);

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	if (!axis)
		return err_set(err, E2BIG, "more than %d axes", AXES_MAX);
	return axis_add_text(axis, copy, &cmdline->spec, err);
}

static int value_set(struct cmdline *cmdline, const struct knob *knob, const char *text,
                     struct err *err)
{
	bool once = !knob_is_flag(knob) && !knob_is_list(knob);
	int rc;

	if (once && knob_is_given(&cmdline->spec, knob->name))
		return err_set(err, EINVAL, "is given twice, and %s takes one value",
		               command_names[cmdline->command]);
	rc = knob_parse(knob, text, &cmdline->spec, err);
	if (rc < 0 && once && knob_is_axis(knob) && cmdline->command != COMMAND_SWEEP &&
	    axis_is_list(knob, text, &cmdline->spec))
		return err_set(err, EINVAL,
		               "'%.64s' is not one value (several are for qlaunch sweep)", text);
	return rc;
}

static int knob_take(struct cmdline *cmdline, const struct knob *knob, const char *text,
                     struct err *err)
{
	int rc = takes_axis(cmdline, knob) ? axis_add(cmdline, knob, text, err)
	                                   : value_set(cmdline, knob, text, err);

	return rc < 0 ? err_in(err, "--%s", knob->name) : 0;
}

/* The text of a knob that takes one: what follows '=', or the next argument.  An argument that starts with "--" is
 * the next knob: `--pin --force` is a value forgotten, and --append=--x says what is meant. */
static int next_value(struct walk *walk, const struct knob *knob, const char **ret, struct err *err)
{
	const char *next = *walk->argv;
	char hint[KNOB_HINT_MAX];

	if (!next || !strncmp(next, "--", 2))
		return err_set(err, EINVAL, "--%s needs a value: %s", knob->name,
		               knob_hint(knob, hint, sizeof(hint)));
	*ret = next;
	walk->argv++;
	return 0;
}

/* --name, --name=value, --name value */
static int take_long(struct walk *walk, char *word, struct err *err)
{
	const char *equals = strchr(word, '='), *text = equals ? equals + 1 : NULL;
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct knob *knob;
	char name[80];
	int rc = 0;

	snprintf(name, sizeof(name), "%.*s", (int)(len < 79 ? len : 79), word);
	knob = knob_find(name);
	if (!knob)
		return unknown_word(name, walk->to->command, err);
	if (!takes(walk->to, knob))
		return foreign_knob(walk->to, knob, err);
	if (!text && knob_is_flag(knob))
		text = "on";
	else if (!text)
		rc = next_value(walk, knob, &text, err);
	return rc < 0 ? rc : knob_take(walk->to, knob, text, err);
}

static const struct knob *letter_find(char letter)
{
	const struct knob *knob;

	for (int i = 0; (knob = knob_at(i)); i++) {
		if (knob->letter == letter)
			return knob;
	}
	return NULL;
}

/* -v, -vv, -o FILE, -oFILE */
static int take_short(struct walk *walk, const char *word, struct err *err)
{
	int known = unknown_short(word, walk->to->command == COMMAND_RUN, err);

	if (known < 0)
		return known;
	for (const char *at = word; *at; at++) {
		const struct knob *knob = letter_find(*at);
		const char *text = at[1] ? at + 1 : NULL;
		int rc;

		if (!knob)
			return err_set(err, EINVAL,
			               "unknown option '-%.64s': qlaunch help %s lists the options",
			               word, command_names[walk->to->command]);
		if (!takes(walk->to, knob))
			return foreign_knob(walk->to, knob, err);
		if (knob_is_flag(knob)) {
			rc = knob_take(walk->to, knob, "on", err);
		} else {
			rc = text ? 0 : next_value(walk, knob, &text, err);
			return rc < 0 ? rc : knob_take(walk->to, knob, text, err);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* A plain DISK word is a file's name as it stands, whatever is in it. */
static int take_disk(struct spec *spec, const char *word, struct err *err)
{
	struct disk *disk = &spec->disk[spec->nr_disks];

	if (command_find(word) >= 0 || !strcmp(word, HELP_WORD))
		return err_set(err, EINVAL,
		               "'%s' is a command, which comes first (a disk of that name: ./%s)",
		               word, word);
	if (spec->nr_disks == SPEC_DISKS_MAX)
		return err_set(err, E2BIG, "more than %d disks", SPEC_DISKS_MAX);
	if (!*word)
		return err_set(err, EINVAL, "a disk's name is empty");
	*disk = (struct disk){ 0 };
	if (text_copy(disk->file, sizeof(disk->file), word) < 0)
		return err_set(err, ENAMETOOLONG, "a disk's name is longer than %d bytes",
		               SPEC_PATH_MAX - 1);
	spec->nr_disks++;
	spec->given |= (unsigned __int128)1 << knob_index(knob_find("disk"));
	return 0;
}

static int add_file(struct cmdline *cmdline, char *word, struct err *err)
{
	size_t nr = (size_t)cmdline->nr_files + 1;
	char **files = realloc(cmdline->files, sizeof(*files) * nr);
	int *sides;

	if (!files)
		return err_set(err, ENOMEM, "out of memory");
	cmdline->files = files;
	sides = realloc(cmdline->sides, sizeof(*sides) * nr);
	if (!sides)
		return err_set(err, ENOMEM, "out of memory");
	cmdline->sides = sides;
	files[nr - 1] = word;
	sides[nr - 1] = (int)cmdline->spec.side;
	cmdline->nr_files++;
	return 0;
}

static int take_word(struct cmdline *cmdline, char *word, struct err *err)
{
	if (cmdline->command == COMMAND_RUN)
		return take_disk(&cmdline->spec, word, err);
	if (cmdline->command != COMMAND_REPORT && cmdline->command != COMMAND_EXPLAIN)
		return err_set(err, EINVAL, "%s takes options only: '%.64s' is not one",
		               command_names[cmdline->command], word);
	return add_file(cmdline, word, err);
}

static int take_tail(struct walk *walk, struct err *err)
{
	if (walk->to->command != COMMAND_RUN)
		return err_set(err, EINVAL, "only run takes QEMU's own options after --");
	walk->to->spec.qemu_args = walk->argv;
	return qemu_words_check(walk->argv, err);
}

static int walk_all(struct walk *walk, struct err *err)
{
	int rc = 0;

	while (!rc && *walk->argv) {
		char *word = *walk->argv++;

		if (!strcmp(word, "--"))
			return take_tail(walk, err);
		if (!strncmp(word, "--", 2))
			rc = take_long(walk, word + 2, err);
		else if (word[0] == '-' && word[1])
			rc = take_short(walk, word + 1, err);
		else
			rc = take_word(walk->to, word, err);
	}
	return rc;
}

/* An axis of one value is a plain value. */
static int settle_axes(struct cmdline *cmdline, struct err *err)
{
	struct axes *axes = &cmdline->axes;
	int kept = 0;

	if (cmdline->command == COMMAND_BENCH && !axes->nr)
		axes->axis[axes->nr++] = (struct axis){ .knob = knob_find("where"),
			                                .nr = 2,
			                                .value = { "native", "guest" } };
	for (int i = 0; i < axes->nr; i++) {
		int rc = 0;

		if (axes->axis[i].nr > 1)
			axes->axis[kept++] = axes->axis[i];
		else
			rc = knob_parse(axes->axis[i].knob, axes->axis[i].value[0], &cmdline->spec,
			                err);
		if (rc < 0)
			return rc;
	}
	axes->nr = kept;
	return 0;
}

static bool wants_words(struct cmdline *cmdline, char *const *argv)
{
	for (; *argv && strcmp(*argv, "--"); argv++) {
		cmdline->help |= is_one_of(*argv, "--help", "-h");
		cmdline->version |= !strcmp(*argv, "--version");
	}
	return cmdline->help || cmdline->version;
}

/* `qlaunch help`, `qlaunch help COMMAND` */
static int take_help(struct cmdline *cmdline, char *const *argv, struct err *err)
{
	int command = *argv ? command_find(*argv) : -1;

	cmdline->help = true;
	if (!*argv || is_one_of(*argv, "--help", "-h"))
		return 0;
	if (command < 0)
		return err_set(err, EINVAL,
		               "help: '%.64s' is not a command: qlaunch --help lists the commands",
		               *argv);
	if (argv[1])
		return err_set(err, EINVAL, "help: '%.64s' follows %s: help takes one command",
		               argv[1], *argv);
	cmdline->command = (enum command_kind)command;
	cmdline->is_explicit = true;
	spec_init(&cmdline->spec, cmdline->command);
	return 0;
}

int cmdline_parse(int argc, char **argv, struct cmdline *ret, struct err *err)
{
	struct walk walk = { .argv = argc > 1 ? argv + 1 : argv + argc };
	int rc, named = *walk.argv ? command_find(*walk.argv) : -1;

	memset(ret, 0, sizeof(*ret));
	ret->argv = argv;
	walk.to = ret;
	if (named >= 0) {
		ret->command = (enum command_kind)named;
		ret->is_explicit = true;
		walk.argv++;
	}
	spec_init(&ret->spec, ret->command);
	if (named < 0 && *walk.argv && !strcmp(*walk.argv, HELP_WORD))
		return take_help(ret, walk.argv + 1, err);
	if (wants_words(ret, walk.argv))
		return 0;
	rc = walk_all(&walk, err);
	if (!rc)
		rc = settle_axes(ret, err);
	if (!rc)
		rc = cmdline_check(ret, err);
	if (rc < 0)
		cmdline_done(ret);
	return rc;
}

void cmdline_done(struct cmdline *cmdline)
{
	for (int i = 0; i < cmdline->nr_owned; i++)
		free(cmdline->owned[i]);
	free(cmdline->owned);
	free(cmdline->files);
	free(cmdline->sides);
	memset(cmdline, 0, sizeof(*cmdline));
}

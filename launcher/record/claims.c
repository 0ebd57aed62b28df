/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claims.c - the guest's figures are foreign bytes until proven to have the right shape. */
#include "claims.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "catalog.h"
#include "cleanup.h"
#include "figure_table.h"
#include "json.h"
#include "marks.h"
#include "qmp_query.h"
#include "result.h"
#include "text.h"

#define FIGURES_MAX    64
#define HISTOGRAMS_MAX 8
#define BUCKETS_MAX    8192
#define WARNINGS_MAX   16

static bool is_name(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if (!islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) &&
		    text[i] != '_')
			return false;
	}
	return n > 0 && n < 48;
}

/* A copy of a string with everything unprintable escaped, NULL where it is none. */
static struct json_object *clean_string(struct json_object *o, const char *key)
{
	const char *text;
	char clean[200];

	if (json_get_string(o, "figure", key, &text, NULL))
		return NULL;
	text_escape(text, strlen(text), clean, sizeof(clean));
	return json_object_new_string(clean);
}

/* Only what this workload's load measures, in its unit: the rest of a line is the host's. */
static bool is_its_own(const struct workload *workload, const char *name, struct json_object *claim)
{
	const struct claim *known = workload_claim(workload, name);
	const char *unit, *better;

	return known && !json_get_string(claim, "figure", "unit", &unit, NULL) &&
	       !json_get_string(claim, "figure", "better", &better, NULL) &&
	       !strcmp(unit, known->unit) && !strcmp(better, known->better);
}

static int take_figure(struct json_object *figures, const char *name, struct json_object *claim)
{
	struct json_object *figure, *value, *bound, *unit = clean_string(claim, "unit"),
	                                            *better = clean_string(claim, "better");

	if (!unit || !better || !json_object_object_get_ex(claim, "value", &value) ||
	    (value && !json_object_is_type(value, json_type_double) &&
	     !json_object_is_type(value, json_type_int))) {
		json_object_put(unit);
		json_object_put(better);
		return -EINVAL;
	}
	figure = json_object_new_object();
	json_object_object_add(figure, "value", json_object_get(value));
	json_object_object_add(figure, "unit", unit);
	json_object_object_add(figure, "better", better);
	if (json_object_object_get_ex(claim, "at_least", &bound) &&
	    json_object_is_type(bound, json_type_boolean) && json_object_get_boolean(bound))
		json_object_object_add(figure, "at_least", json_object_new_boolean(true));
	if (json_has(claim, "why"))
		json_object_object_add(figure, "why", clean_string(claim, "why"));
	json_object_object_add(figures, name, figure);
	return 0;
}

static int take_figures(struct json_object *result, const struct workload *workload,
                        struct json_object *line, struct err *err)
{
	struct json_object *claims, *figures;
	const char *foreign = NULL;
	int nr = 0, nr_foreign = 0;

	if (json_get_object(result, "result", "figures", &claims, err) ||
	    json_get_object(line, "line", "figures", &figures, err))
		return -err->code;
	json_object_object_foreach(claims, name, claim) {
		if (nr++ == FIGURES_MAX || !is_name(name))
			return err_set(err, EPROTO,
			               "qload's result has a figure of the wrong shape");
		if (!is_its_own(workload, name, claim)) {
			foreign = name;
			nr_foreign++;
		} else if (take_figure(figures, name, claim)) {
			return err_set(err, EPROTO,
			               "qload's result has a figure of the wrong shape");
		}
	}
	if (nr_foreign)
		result_warn(line,
		            "inconsistent: the load's result has %d figure%s that %s does not "
		            "measure (%s): left out",
		            nr_foreign, nr_foreign == 1 ? "" : "s", workload->name, foreign);
	return 0;
}

static bool is_bucket(struct json_object *pair)
{
	return json_object_is_type(pair, json_type_array) && json_object_array_length(pair) == 2 &&
	       json_object_is_type(json_object_array_get_idx(pair, 0), json_type_int) &&
	       json_object_is_type(json_object_array_get_idx(pair, 1), json_type_int);
}

static void take_histograms(struct json_object *result, const struct workload *workload,
                            struct json_object *line)
{
	struct json_object *claims, *histograms = json_object_new_object();
	int nr = 0;

	json_object_object_add(line, "histograms", histograms);
	if (json_get_object(result, "result", "histograms", &claims, NULL))
		return;
	json_object_object_foreach(claims, name, buckets) {
		size_t n = json_object_is_type(buckets, json_type_array)
		                   ? json_object_array_length(buckets)
		                   : 0;
		bool good = nr++ < HISTOGRAMS_MAX && workload_has_histogram(workload, name) &&
		            n <= BUCKETS_MAX;

		for (size_t i = 0; good && i < n; i++)
			good = is_bucket(json_object_array_get_idx(buckets, i));
		if (good)
			json_object_object_add(histograms, name, json_object_get(buckets));
		else
			result_warn(
			        line,
			        "a histogram of qload has the wrong name or shape and was left out");
	}
}

static void take_warnings(struct json_object *result, struct json_object *line)
{
	struct json_object *warnings;

	if (json_get_array(result, "result", "warnings", &warnings, NULL))
		return;
	for (size_t i = 0; i < json_object_array_length(warnings) && i < WARNINGS_MAX; i++) {
		struct json_object *one = json_object_array_get_idx(warnings, i);
		char clean[300];

		if (!json_object_is_type(one, json_type_string))
			continue;
		text_escape(json_object_get_string(one), (size_t)json_object_get_string_len(one),
		            clean, sizeof(clean));
		result_warn(line, "qload: %s", clean);
	}
}

static int take_io(struct json_object *result, struct claims *ret, struct err *err)
{
	struct json_object *io;
	const struct {
		const char *key;
		uint64_t *to;
	} fields[] = { { "read_ops", &ret->read_ops },   { "read_bytes", &ret->read_bytes },
		       { "write_ops", &ret->write_ops }, { "write_bytes", &ret->write_bytes },
		       { "errors", &ret->errors },       { "short", &ret->shorts } };

	if (!json_has(result, "io"))
		return 0; /* a workload that does none */
	if (json_get_object(result, "result", "io", &io, err))
		return -err->code;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		int rc = json_get_u64(io, "result.io", fields[i].key, fields[i].to, err);

		if (rc)
			return rc;
	}
	return 0;
}

/* What an I/O workload did is in its counts, which are held against the block layer's. */
static int take_ops(struct json_object *result, const struct workload *workload, struct claims *ret,
                    struct err *err)
{
	if (workload->is_io)
		ret->ops = ret->read_ops + ret->write_ops;
	else if (workload->op)
		return json_get_u64(result, "result", "ops", &ret->ops, err);
	return 0;
}

/* setup flags and what was registered: a flat object of strings, numbers and booleans. */
static void take_engine(struct json_object *result, struct json_object *line)
{
	struct json_object *claims, *engine = json_object_new_object();

	json_object_object_add(line, "engine", engine);
	if (json_get_object(result, "result", "engine", &claims, NULL))
		return;
	json_object_object_foreach(claims, name, value) {
		if (!is_name(name) || json_object_object_length(engine) >= 16)
			continue;
		if (json_object_is_type(value, json_type_string))
			json_object_object_add(engine, name, clean_string(claims, name));
		else if (json_object_is_type(value, json_type_int) ||
		         json_object_is_type(value, json_type_boolean))
			json_object_object_add(engine, name, json_object_get(value));
	}
}

int claims_take(const char *text, const struct workload *workload, struct json_object *line,
                struct claims *ret, struct err *err)
{
	CLEANUP(json_done) struct json_object *result = NULL;
	struct claims claims = { 0 };
	int rc = json_parse(text, strlen(text), &result, err);

	if (rc)
		return err_in(err, "qload's result");
	rc = json_get_i64(result, "result", "window_ns", 1, INT64_MAX, &claims.window_ns, err);
	if (!rc)
		rc = take_io(result, &claims, err);
	if (!rc)
		rc = take_ops(result, workload, &claims, err);
	if (!rc)
		rc = take_figures(result, workload, line, err);
	if (rc)
		return rc;
	take_histograms(result, workload, line);
	take_engine(result, line);
	take_warnings(result, line);
	if (claims.errors || claims.shorts)
		result_warn(line, "%" PRIu64 " I/O errors and %" PRIu64 " short transfers",
		            claims.errors, claims.shorts);
	*ret = claims;
	return 0;
}

static void compare(const char *what, uint64_t claimed, uint64_t seen, double stretch,
                    uint64_t slack, struct json_object *line)
{
	double most = (double)seen * 1.05 + (double)slack;
	double least = (double)seen / (stretch > 1 ? stretch : 1) * 0.95 - (double)slack;

	if ((double)claimed > most || (double)claimed < least)
		result_warn(line,
		            "inconsistent: the guest claims %" PRIu64
		            " %s, the host's block layer saw %" PRIu64,
		            claimed, what, seen);
}

void claims_check(const struct claims *claims, const struct qmp_block *moved, double stretch,
                  uint64_t in_flight, struct json_object *line)
{
	uint64_t ops = claims->read_ops + claims->write_ops;
	uint64_t each = ops ? (claims->read_bytes + claims->write_bytes) / ops : 4096;

	/* operations may be merged on their way, bytes not */
	compare("bytes read", claims->read_bytes, moved->rd_bytes, stretch, 2 * in_flight * each,
	        line);
	compare("bytes written", claims->write_bytes, moved->wr_bytes, stretch,
	        2 * in_flight * each, line);
}

void claims_disown(struct json_object *line, int nr, const char *why)
{
	struct json_object *figures;

	if (!json_object_object_get_ex(line, "figures", &figures))
		return;
	json_object_object_foreach(figures, name, figure) {
		struct json_object *value;

		if (nr-- <= 0 && !figure_table_is_per_op(name))
			continue;
		if (!json_object_object_get_ex(figure, "value", &value) || !value)
			continue; /* it has its own reason */
		json_object_object_add(figure, "value", NULL);
		json_object_object_add(figure, "why", json_object_new_string(why));
	}
	json_object_object_add(line, "histograms", json_object_new_object());
}

bool claims_judge_clock(const struct claims *claims, const struct marks *marks, int nr,
                        struct json_object *line)
{
	char why[120];
	double rate;

	if (!marks || !marks_rate_is_wrong(marks, claims->window_ns, &rate))
		return false;
	snprintf(why, sizeof(why), "the guest's clock ran %.3g times as fast as the host's", rate);
	claims_disown(line, nr, why);
	result_warn(line,
	            "%s: qload's own figures are left out, the host's were taken by its own clock",
	            why);
	return true;
}

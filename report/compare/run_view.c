/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_view.c - joins threads[], figures.*.by and preemptors[] of a line by "role/index". */
#include "run_view.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "scale.h"
#include "text.h"

#define OPEN_WAIT     0.005 /* of the window: below it the ends of two readings differ so much */
#define WORKERS_APART 3     /* so many of a kind have rows of their own */

static const struct {
	const char *figure;
	const char *why; /* there is no such figure in the line */
} sources[RUN_NUMBERS] = {
	[RUN_RUNNING] = { "cpu_time_s", NULL },
	[RUN_WAITING] = { "run_delay_s", NULL },
	[RUN_LONGEST] = { "run_delay_max_ns", "only --observe deep sees single waits" },
	[RUN_VOLUNTARY] = { "context_switches_voluntary", NULL },
	[RUN_INVOLUNTARY] = { "context_switches_involuntary", NULL },
	[RUN_MIGRATIONS] = { "migrations", NULL },
	[RUN_EXITS] = { "vm_exits", NULL },
};

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &value)
	               ? value
	               : NULL;
}

static const char *string_of(struct json_object *o)
{
	return json_object_is_type(o, json_type_string) ? json_object_get_string(o) : NULL;
}

const char *run_text(const struct run_view *view, const char *first, const char *second,
                     const char *third)
{
	struct json_object *o = member(view->line, first);

	if (second)
		o = member(o, second);
	return string_of(third ? member(o, third) : o);
}

static struct run_number number_of(struct json_object *value, const char *why)
{
	bool is_number = json_object_is_type(value, json_type_double) ||
	                 json_object_is_type(value, json_type_int);

	if (!is_number)
		return (struct run_number){ .value = NAN, .why = why };
	return (struct run_number){ .value = json_object_get_double(value) };
}

struct run_number run_number(const struct run_view *view, const char *first, const char *second)
{
	return number_of(member(member(view->line, first), second), NULL);
}

struct run_number run_figure(const struct run_view *view, const char *name, const char *key)
{
	struct json_object *figure = member(member(view->line, "figures"), name), *part;
	const char *why = string_of(member(figure, "why"));

	if (!figure)
		return (struct run_number){ NAN, "the line has no such figure" };
	if (!key)
		return number_of(member(figure, "value"), why ? why : "the line does not say why");
	if (!why)
		why = string_of(member(figure, "by_why"));
	part = member(member(figure, "by"), key);
	if (part)
		return number_of(part, NULL);
	if (json_object_object_get_ex(member(figure, "by"), key, NULL))
		return (struct run_number){ NAN, why ? why : "ended inside the window" };
	return (struct run_number){ NAN,
		                    why ? why : "was not there when threads were last looked for" };
}

static void fill_numbers(const struct run_view *view, struct run_row *row, const char *key)
{
	bool is_vcpu = !strcmp(row->role, "vcpu");
	struct json_object *figures = member(view->line, "figures");

	for (int i = 0; i < RUN_NUMBERS; i++) {
		if (i == RUN_EXITS && !is_vcpu)
			row->number[i] = (struct run_number){ NAN, NULL };
		else if (sources[i].why && !member(figures, sources[i].figure))
			row->number[i] = (struct run_number){ NAN, sources[i].why };
		else
			row->number[i] = run_figure(view, sources[i].figure, key);
	}
}

static void copy_safe(char *buf, size_t size, const char *text)
{
	buf[0] = '\0';
	if (text)
		text_escape(text, strlen(text), buf, size);
}

static struct run_row *find_row(const struct run_view *view, const char *key)
{
	for (int i = 0; i < view->nr; i++) {
		if (!strcmp(view->row[i].key, key))
			return &view->row[i];
	}
	return NULL;
}

static struct run_row *new_row(struct run_view *view, const char *role, const char *key)
{
	struct run_row *row;

	if (view->nr == RUN_ROWS_MAX) {
		view->nr_more++;
		return NULL;
	}
	row = &view->row[view->nr++];
	row->nr = 1;
	copy_safe(row->role, sizeof(row->role), role);
	copy_safe(row->key, sizeof(row->key), key);
	fill_numbers(view, row, key);
	return row;
}

static void fill_place(struct json_object *thread, const char *what, struct run_place *place)
{
	copy_safe(place->want, sizeof(place->want),
	          string_of(member(member(thread, "want"), what)));
	copy_safe(place->got, sizeof(place->got), string_of(member(member(thread, "got"), what)));
}

static void add_thread(struct run_view *view, struct json_object *thread)
{
	const char *role = string_of(member(thread, "role"));
	struct json_object *index = member(thread, "index");
	struct run_row *row;
	char key[48];

	if (!role || !json_object_is_type(index, json_type_int) || member(thread, "vm"))
		return;
	snprintf(key, sizeof(key), "%.30s/%d", role, json_object_get_int(index));
	row = find_row(view, key) ? NULL : new_row(view, role, key);
	if (!row)
		return;
	row->is_listed = true;
	row->tid = json_object_get_int64(member(thread, "tid"));
	row->stray = json_object_get_boolean(member(thread, "stray"));
	fill_place(thread, "cpus", &row->cpus);
	fill_place(thread, "policy", &row->policy);
}

/* Workers that ended inside the window stand only in the figures. */
static void add_ended(struct run_view *view)
{
	struct json_object *by = member(member(member(view->line, "figures"), "cpu_time_s"), "by");

	if (!json_object_is_type(by, json_type_object))
		return;
	json_object_object_foreach(by, key, value) {
		const char *slash = strchr(key, '/');
		char role[24];

		(void)value;
		if (!slash || slash == key || strlen(key) >= 40 || find_row(view, key))
			continue;
		snprintf(role, sizeof(role), "%.*s", (int)(slash - key), key);
		new_row(view, role, key);
	}
}

static bool is_own_victim(struct json_object *preemptor, const char *key)
{
	const char *victim = string_of(member(preemptor, "victim"));

	return victim && !strcmp(victim, key);
}

const struct run_row *run_own_thread(const struct run_view *view, int64_t tid)
{
	for (int i = 0; tid && i < view->nr; i++) {
		if (view->row[i].tid == tid)
			return &view->row[i];
	}
	return NULL;
}

/* The list is sorted by time: the first one of the thread took the most. */
static void fill_preemptor(const struct run_view *view, struct run_row *row)
{
	struct json_object *list = member(view->line, "preemptors");
	size_t nr = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < nr; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		struct run_number count = number_of(member(one, "count"), NULL);
		const struct run_row *own;
		char comm[80], took[48];

		if (!is_own_victim(one, row->key))
			continue;
		own = run_own_thread(view, json_object_get_int64(member(one, "tid")));
		copy_safe(comm, sizeof(comm), string_of(member(one, "comm")));
		scale_format_value("s", number_of(member(one, "time_s"), NULL).value, took,
		                   sizeof(took));
		snprintf(row->preemptor, sizeof(row->preemptor), "%s%s (%d), %.0f time%s, %s",
		         own ? own->key : comm, own ? " of this VM" : "",
		         json_object_get_int(member(one, "tid")), count.value,
		         count.value > 1 ? "s" : "", took);
		return;
	}
}

/* The kernel adds a wait to the run delay when it ends.  A vCPU is ready from `cont` on: one that has never slept since
 * then has waited whenever it did not run. */
static void add_open_wait(const struct run_view *view, struct run_row *row)
{
	double ran = row->number[RUN_RUNNING].value, waited = row->number[RUN_WAITING].value;
	double rest = view->window_s - ran - waited;

	if (strcmp(row->role, "vcpu") || member(view->line, "warmup") ||
	    row->number[RUN_VOLUNTARY].value != 0 || !(rest > view->window_s * OPEN_WAIT))
		return;
	row->number[RUN_WAITING].value = view->window_s - ran;
	row->open_wait = true;
}

static bool is_worker(const struct run_row *row)
{
	return !strcmp(row->role, "pool") || !strcmp(row->role, "helper");
}

static void join_place(struct run_place *into, const struct run_place *from)
{
	if (strcmp(into->want, from->want))
		snprintf(into->want, sizeof(into->want), "several");
	if (strcmp(into->got, from->got))
		snprintf(into->got, sizeof(into->got), "several");
}

static void join(const struct run_view *view, struct run_row *into, const struct run_row *from)
{
	if (from->is_listed && into->is_listed) {
		join_place(&into->cpus, &from->cpus);
		join_place(&into->policy, &from->policy);
	} else if (from->is_listed) {
		into->cpus = from->cpus;
		into->policy = from->policy;
	}
	into->is_listed |= from->is_listed;
	into->stray |= from->stray;
	into->nr++;
	copy_safe(into->key, sizeof(into->key), into->role);
	fill_numbers(view, into, into->role);
}

static int count_role(const struct run_view *view, const char *role)
{
	int nr = 0;

	for (int i = 0; i < view->nr; i++)
		nr += !strcmp(view->row[i].role, role);
	return nr;
}

/* Many workers become one row a role, with the role's totals. */
static void join_workers(struct run_view *view)
{
	int kept = 0;

	for (int i = 0; i < view->nr; i++)
		view->row[i].is_joined = is_worker(&view->row[i]) &&
		                         count_role(view, view->row[i].role) > WORKERS_APART;
	for (int i = 0; i < view->nr; i++) {
		const struct run_row row = view->row[i];
		struct run_row *same = NULL;

		for (int j = 0; row.is_joined && j < kept; j++) {
			if (!strcmp(view->row[j].role, row.role))
				same = &view->row[j];
		}
		if (same)
			join(view, same, &row);
		else
			view->row[kept++] = row;
	}
	view->nr = kept;
}

int run_view_make(struct json_object *line, bool all, struct run_view *ret)
{
	struct run_view view = { .line = line };
	struct json_object *threads = member(line, "threads");

	view.window_s = number_of(member(member(line, "window_s"), "host"), NULL).value;
	if (!json_object_is_type(threads, json_type_array) || !json_object_array_length(threads))
		return -ENODATA;
	if (!(view.window_s > 0))
		view.window_s = NAN;
	view.row = calloc(RUN_ROWS_MAX, sizeof(*view.row));
	if (!view.row)
		return -ENOMEM;
	for (size_t i = 0; i < json_object_array_length(threads); i++)
		add_thread(&view, json_object_array_get_idx(threads, i));
	add_ended(&view);
	for (int i = 0; i < view.nr; i++) {
		fill_preemptor(&view, &view.row[i]);
		add_open_wait(&view, &view.row[i]);
	}
	if (!all)
		join_workers(&view);
	*ret = view;
	return 0;
}

void run_view_done(struct run_view *view)
{
	free(view->row);
	*view = (struct run_view){ 0 };
}

/* "0-3,8": the next range; NULL after the last, and where the text is none. */
static const char *next_range(const char *list, long *first, long *last)
{
	char *end;

	*first = strtol(list, &end, 10);
	if (end == list)
		return NULL;
	*last = *end == '-' ? strtol(end + 1, &end, 10) : *first;
	return *end == ',' ? end + 1 : end;
}

bool run_cpus_have(const char *list, int cpu)
{
	long first, last;

	while ((list = next_range(list, &first, &last))) {
		if (cpu >= first && cpu <= last)
			return true;
	}
	return false;
}

bool run_cpus_share(const char *a, const char *b)
{
	long first, last, other_first, other_last;

	while ((a = next_range(a, &first, &last))) {
		for (const char *at = b; (at = next_range(at, &other_first, &other_last));) {
			if (first <= other_last && other_first <= last)
				return true;
		}
	}
	return false;
}

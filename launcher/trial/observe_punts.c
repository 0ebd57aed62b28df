/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe_punts.c - io_punted_share: of the load's I/Os, those that io_uring handed to a kernel worker, on the host.
 * Natively qload submits them, in a VM QEMU does.
 */
#include <errno.h>
#include <json-c/json.h>
#include <liburing.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "caps.h"
#include "catalog.h"
#include "cleanup.h"
#include "figure.h"
#include "json.h"
#include "observe.h"
#include "observe_game.h"
#include "punts.h"
#include "session.h"
#include "spec.h"
#include "target.h"
#include "text.h"

#define BATCH   32
#define BATCHES 10
#define TURNS   2

/* A user's VM has none. */
static bool does_io(const char *name)
{
	const struct workload *workload = workload_find(name);

	return workload && workload->is_io;
}

struct watch {
	struct punts *punts; /* NULL: see why */
	uint64_t before, during;
	struct err why;
};

static void watch_free(struct watch **watch)
{
	if (*watch)
		punts_close(&(*watch)->punts);
	free(*watch);
	*watch = NULL;
}

static int open_on(const char *event, const pid_t *tids, int nr, struct punts **ret,
                   struct err *why)
{
	CLEANUP(caps_lower) int dac = caps_raise(CAP_DAC_OVERRIDE);
	CLEANUP(caps_lower) int perfmon = caps_raise(CAP_PERFMON), admin = observe_raise_admin();

	(void)dac, (void)perfmon, (void)admin;
	return punts_open(event, tids, nr, ret, why);
}

/* Who is there now: whoever submits has done so in the warm-up. */
static int attach(const struct target *target, struct watch *watch, struct err *err)
{
	pid_t *tids = calloc((size_t)target->threads.nr + 1, sizeof(*tids));

	if (!tids)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < target->threads.nr; i++)
		tids[i] = target->threads.list[i].tid;
	if (open_on(PUNTS_EVENT, tids, target->threads.nr, &watch->punts, &watch->why) < 0)
		watch->punts = NULL; /* the figure is null, and says why */
	free(tids);
	return 0;
}

static int open_punts(struct target *target, const struct spec *spec, int level, void **ret,
                      struct err *err)
{
	CLEANUP(watch_free) struct watch *watch = NULL;
	bool is_io = false;

	(void)level;
	for (int i = 0; i < spec->nr_workloads; i++)
		is_io |= does_io(spec->workload[i]);
	if (!is_io)
		return 0;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return err_set(err, ENOMEM, "out of memory");
	if (attach(target, watch, err) < 0)
		return -err->code;
	*ret = STEAL(&watch);
	return 0;
}

static void look(struct watch *watch, uint64_t *ret)
{
	if (watch->punts && punts_read(watch->punts, ret, &watch->why) < 0)
		punts_close(&watch->punts);
}

static int start(void *state, struct target *target, struct err *err)
{
	struct watch *watch = state;

	(void)target;
	(void)err;
	look(watch, &watch->before);
	return 0;
}

static int stop(void *state, struct err *err)
{
	struct watch *watch = state;

	(void)err;
	look(watch, &watch->during);
	watch->during -= watch->before;
	return 0;
}

/* What the load did in its window: the counts of its latencies. */
static uint64_t count_ios(struct json_object *line)
{
	static const char *const names[] = { "io_read_ns", "io_write_ns" };
	struct json_object *histograms, *list;
	uint64_t sum = 0;

	if (!json_object_object_get_ex(line, "histograms", &histograms))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!json_object_object_get_ex(histograms, names[i], &list))
			continue;
		for (size_t k = 0; k < json_object_array_length(list); k++)
			sum += json_object_get_uint64(
			        json_object_array_get_idx(json_object_array_get_idx(list, k), 1));
	}
	return sum;
}

/* The line says what the plan has made of --aio. */
static const char *who_has_none(struct json_object *line)
{
	struct json_object *spec, *aio;

	if (json_object_object_get_ex(line, "vm", NULL) &&
	    json_object_object_get_ex(line, "spec", &spec) &&
	    json_object_object_get_ex(spec, "aio", &aio) &&
	    strcmp(json_object_get_string(aio), "io_uring") != 0)
		return "on the host QEMU uses no io_uring here: see aio";
	return NULL;
}

static void figures(void *state, struct json_object *line)
{
	struct watch *watch = state;
	struct json_object *out, *workload;
	uint64_t ios = count_ios(line);
	const char *why;

	if (!json_object_object_get_ex(line, "figures", &out) ||
	    !json_object_object_get_ex(line, "workload", &workload) ||
	    !does_io(json_object_get_string(workload)))
		return;
	why = who_has_none(line);
	if (!why && !watch->punts)
		why = watch->why.text;
	if (!why && !ios)
		why = "no I/O was done in the window";
	if (why)
		figure_none(out, "io_punted_share", "1", BETTER_LOWER, why);
	else
		/* the host's window is a little longer than the load's */
		figure_put(out, "io_punted_share", "1", BETTER_LOWER,
		           fmin(1, (double)watch->during / (double)ios));
}

static bool do_nothing(struct io_uring *ring)
{
	for (int i = 0; i < BATCH; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

		if (!sqe)
			return false;
		io_uring_prep_nop(sqe);
	}
	if (io_uring_submit_and_wait(ring, BATCH) != BATCH)
		return false;
	io_uring_cq_advance(ring, BATCH);
	return true;
}

static void play_nops(int go, int answer)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);
	struct io_uring ring;
	char byte;

	if (write(answer, &tid, sizeof(tid)) != sizeof(tid) || io_uring_queue_init(BATCH, &ring, 0))
		return;
	while (read(go, &byte, 1) == 1) {
		int64_t ns = clock_now_ns();

		for (int i = 0; i < BATCHES; i++) {
			if (!do_nothing(&ring))
				return;
		}
		ns = clock_now_ns() - ns;
		if (write(answer, &ns, sizeof(ns)) != sizeof(ns))
			return;
	}
}

/*
 * What counting one costs, once a session: told by another event that is counted in the same way, as that of a
 * hand-over drowns in the hand-over's own noise.  In turns, the first to warm up.
 */
static double punt_price(struct session *session)
{
	CLEANUP(game_end) struct game game = { .go = -1, .answer = -1 };
	double *price = &session->observe.ns_per_punt, alone, seen = INFINITY;
	struct err why = { 0 };

	if (*price != 0)
		return *price;
	*price = NAN;
	if (game_start(play_nops, &game, &why))
		return NAN;
	(void)game_fastest(&game);
	alone = game_fastest(&game);
	for (int i = 0; i < TURNS; i++) {
		CLEANUP(punts_close) struct punts *punts = NULL;

		if (open_on("io_uring_complete", game.tid, 1, &punts, &why) < 0)
			return NAN;
		seen = fmin(seen, game_fastest(&game));
		punts_close(&punts);
		alone = fmin(alone, game_fastest(&game));
	}
	*price = game_price(alone, seen, BATCH * BATCHES);
	return *price;
}

/* A request that is not handed over costs nothing. */
static double cost_ns(const void *state, struct session *session, const char **why)
{
	const struct watch *watch = state;
	double ns;

	if (!watch->punts || !watch->during)
		return 0;
	ns = punt_price(session) * (double)watch->during;
	if (isnan(ns))
		*why = "what counting an I/O that is handed over costs could not be measured";
	return ns;
}

static void close_punts(void **state)
{
	watch_free((struct watch **)state);
}

const struct observer_kind observe_punts = {
	"punts", open_punts, start, stop, figures, close_punts, .cost_ns = cost_ns,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe_cost.c - a ping-pong of two threads on one CPU, alone and watched.  The fastest of several tells. */
#include "observe_cost.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"
#include "observe.h"
#include "observe_game.h"
#include "session.h"
#include "spec.h"
#include "target.h"
#include "text.h"

#define ROUNDS          200 /* about a millisecond: some games are played without being preempted */
#define TRACED_A_SWITCH 2   /* the wake-up before it, and itself */

static bool pass(int in, int out)
{
	char byte;

	return read(in, &byte, 1) == 1 && write(out, &byte, 1) == 1;
}

struct second {
	int in, out, tid_out;
};

static void *play_second(void *arg)
{
	const struct second *second = arg;
	pid_t tid = (pid_t)syscall(SYS_gettid);

	if (write(second->tid_out, &tid, sizeof(tid)) != sizeof(tid))
		_exit(1);
	while (pass(second->in, second->out))
		;
	return NULL;
}

static void play_rounds(int go, int answer, int out, int in)
{
	char byte = 0;

	while (read(go, &byte, 1) == 1) {
		int64_t ns = clock_now_ns();

		for (int i = 0; i < ROUNDS; i++) {
			if (write(out, &byte, 1) != 1 || read(in, &byte, 1) != 1)
				return;
		}
		ns = clock_now_ns() - ns;
		if (write(answer, &ns, sizeof(ns)) != sizeof(ns))
			return;
	}
}

static void play_ping_pong(int go, int answer)
{
	int to[2], from[2];
	struct second second;
	pthread_t id;

	if (pipe(to) || pipe(from))
		return;
	second = (struct second){ to[0], from[1], answer };
	if (!pthread_create(&id, NULL, play_second, &second))
		play_rounds(go, answer, to[1], from[0]);
}

static int watched(struct session *session, const struct spec *spec, bool kvm,
                   const struct game *game, double *ret, struct err *err)
{
	CLEANUP(observer_close) struct observer *observer = NULL;
	const enum role role = kvm ? ROLE_VCPU : ROLE_NATIVE;
	struct thread threads[2] = { { .tid = game->tid[0], .role = role },
		                     { .tid = game->tid[1], .role = role, .index = 1 } };
	struct child child = { .pid = game->pid };
	struct target target = {
		.session = session,
		.kvm = kvm,
		.child = &child,
		.threads = { .pid = game->pid, .nr = 2, .list = threads },
	};
	int rc = observer_open(&target, spec, &observer, err);

	if (!rc)
		rc = observer_start(observer, &target, err);
	if (rc)
		return rc;
	*ret = game_fastest(game);
	return observer_stop(observer, err);
}

/* Of a context switch, of which a round has two. */
static int measure(struct session *session, const struct spec *spec, bool kvm, double *ret,
                   struct err *err)
{
	CLEANUP(game_end) struct game game = { .go = -1, .answer = -1 };
	struct err why = { 0 };
	double alone, seen = NAN;
	int rc = game_start(play_ping_pong, &game, &why);

	*ret = NAN;
	if (rc)
		return why.code == ENOMEM ? err_set(err, ENOMEM, "%s", why.text) : 0;
	alone = game_fastest(&game);
	rc = watched(session, spec, kvm, &game, &seen, &why);
	if (rc)
		return why.code == ENOMEM ? err_set(err, ENOMEM, "%s", why.text) : 0;
	*ret = game_price(fmin(alone, game_fastest(&game)), seen, 2 * ROUNDS);
	return 0;
}

static const struct observe_price *find(const struct observe_costs *costs, int level,
                                        const struct spec *spec, bool kvm)
{
	const char *events = spec->events ? spec->events : "";

	for (int i = 0; i < costs->nr_prices && i < OBSERVE_PRICES; i++) {
		const struct observe_price *price = &costs->price[i];

		if (price->level == level && price->kvm == kvm &&
		    !strcmp(price->events ? price->events : "", events))
			return price;
	}
	return NULL;
}

double observe_price(const struct observe_costs *costs, int level, const struct spec *spec,
                     bool kvm)
{
	const struct observe_price *price = find(costs, level, spec, kvm);

	return price ? price->ns_per_switch : 0;
}

static int measure_level(struct session *session, int level, const struct spec *spec, bool kvm,
                         struct err *err)
{
	struct observe_costs *costs = &session->observe;
	struct observe_price price = { .level = level, .kvm = kvm, .events = spec->events };
	int rc = measure(session, spec, kvm, &price.ns_per_switch, err);

	if (!rc)
		costs->price[costs->nr_prices++ % OBSERVE_PRICES] = price;
	return rc;
}

/* The level and the trace each by itself: the one's price is that of a switch, the other's that of an event. */
int observe_cost(struct session *session, const struct spec *spec, bool kvm, struct err *err)
{
	struct observe_costs *costs = &session->observe;
	struct spec one = *spec;
	int level = observe_level(spec), rc = 0;

	one.nr_workloads = 0; /* nobody here does I/O */
	one.trace = NULL;
	if (level > OBSERVE_LIGHT && !find(costs, level, spec, kvm))
		rc = measure_level(session, level, &one, kvm, err);
	if (rc || !spec->trace || costs->ns_per_event != 0)
		return rc;
	one.trace = spec->trace;
	one.observe = OBSERVE_LIGHT;
	rc = measure(session, &one, kvm, &costs->ns_per_event, err);
	costs->ns_per_event /= TRACED_A_SWITCH;
	return rc;
}

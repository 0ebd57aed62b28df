/* SPDX-License-Identifier: GPL-2.0-or-later */
/* open_wait.c - how much of a wait for a CPU lies on which side of a sample.  Pure: reads nothing. */
#include "open_wait.h"

#define VAGUE_NS 10000000 /* what a bound may be off before the figure is called one */

/* One that runs at the sample has more CPU time by the next tick; one that waits gets a time slice before that. */
static bool has_run(const struct sched_sample *then, const struct sched_sample *now)
{
	return !now->alive || !now->is_runnable || now->timeslices != then->timeslices ||
	       now->cpu_time_ns != then->cpu_time_ns;
}

static uint64_t beyond(uint64_t value, int64_t limit)
{
	return limit < 0 || value > (uint64_t)limit ? value - (limit > 0 ? (uint64_t)limit : 0) : 0;
}

/*
 * It came to a CPU between the last look and this one.  Of what was added to run_delay since the sample, at most the time to
 * this look was waited after a window's end; and at least the time to the last look was waited after its start, as it had not
 * run by then.  Both make the window's run delay too small by one step between looks at most, and never too large.
 */
void open_wait_settle(struct sched_sample *sample, enum open_wait_edge edge,
                      const struct sched_sample *now)
{
	const int64_t until = edge == OPEN_WAIT_END ? now->read_ns : sample->looked_ns;
	const int64_t step = now->read_ns - sample->looked_ns;

	if (!has_run(sample, now)) {
		sample->looked_ns = now->read_ns;
		return;
	}
	sample->is_open = false;
	if (!now->alive) {
		sample->open_is_vague = true;
		return;
	}
	if (now->run_delay_ns <= sample->run_delay_ns)
		return;
	sample->added_ns = now->run_delay_ns - sample->run_delay_ns;
	sample->open_ns = beyond(now->run_delay_ns - sample->run_delay_ns, until - sample->read_ns);
	sample->open_is_vague = now->run_delay_ns - sample->run_delay_ns > VAGUE_NS &&
	                        step > VAGUE_NS;
}

/* All of the time between them. */
static void close_all_of_it(struct sched_sample *start, struct sched_sample *end)
{
	const uint64_t waited = end->run_delay_ns - start->run_delay_ns;

	start->open_ns = 0;
	end->open_ns = beyond((uint64_t)(end->read_ns - start->read_ns), (int64_t)waited);
	start->open_is_vague = end->open_is_vague = false;
}

/* Not given a CPU between the samples, and it waits still or has waited for longer than that: it did not run all the while. */
static bool is_one_wait(const struct sched_sample *start, const struct sched_sample *end)
{
	return start->alive && end->alive && end->is_runnable && start->is_runnable &&
	       end->timeslices == start->timeslices && end->cpu_time_ns == start->cpu_time_ns &&
	       ((end->is_open && start->is_open) ||
	        (end->added_ns && end->added_ns >= (uint64_t)(end->read_ns - start->read_ns)));
}

void open_wait_finish(struct sched_sample *start, struct sched_sample *end)
{
	if (is_one_wait(start, end))
		close_all_of_it(start, end);
	else if (end->is_open || start->is_open)
		end->open_is_vague = true;
	start->is_open = end->is_open = false;
	if (!end->alive || !start->alive ||
	    start->run_delay_ns + start->open_ns <= end->run_delay_ns + end->open_ns)
		return;
	start->open_ns = end->run_delay_ns + end->open_ns - start->run_delay_ns;
	end->open_is_vague = true;
}

int64_t open_wait_next_ns(int64_t sampled_ns, int64_t now_ns)
{
	int64_t step = (now_ns - sampled_ns) / 32;

	if (step < OPEN_WAIT_LOOK_NS)
		step = OPEN_WAIT_LOOK_NS;
	return now_ns + (step < OPEN_WAIT_LOOKS_NS ? step : OPEN_WAIT_LOOKS_NS);
}

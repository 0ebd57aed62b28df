/* SPDX-License-Identifier: GPL-2.0-or-later */
/* marks.c - stamps from two clocks. */
#include "marks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"
#include "wire.h"

#define CLOCK_MAX (INT64_MAX / 4) /* sums of two do not overflow */

/* What a guest says is a claim: any number is possible, and none is. */
static bool take(const struct wire_words *words, const char *key, int64_t *ret)
{
	const char *text = wire_word(words, key);
	uint64_t value;

	if (!text || text_parse_u64(text, 1, CLOCK_MAX, &value, NULL))
		return false;
	*ret = (int64_t)value;
	return true;
}

static bool take_clock(const char *text, int64_t *ret)
{
	CLEANUP(str_free) char *copy = strdup(text);
	struct wire_words words;

	return copy && !wire_words_parse(copy, &words) && take(&words, "clock_ns", ret);
}

void marks_hello(struct marks *marks, int64_t heard_ns, const char *text)
{
	*marks = (struct marks){ .hello_ns = heard_ns };
	marks->has_hello = take_clock(text, &marks->load_hello_ns);
}

void marks_ready(struct marks *marks, int64_t heard_ns, const char *text)
{
	marks->ready_ns = heard_ns;
	marks->has_ready = take_clock(text, &marks->load_ready_ns);
	marks->has_go = false; /* that was the trial before */
}

void marks_done(struct marks *marks, int64_t said_ns, int64_t heard_ns, const char *text)
{
	CLEANUP(str_free) char *copy = strdup(text);
	struct wire_words words;

	marks->go_ns = said_ns;
	marks->done_ns = heard_ns;
	marks->has_go = copy && !wire_words_parse(copy, &words) &&
	                take(&words, "clock_ns", &marks->load_done_ns) &&
	                take(&words, "go_ns", &marks->load_go_ns);
}

int marks_clock(const struct marks *marks, struct load_clock *ret, struct err *err)
{
	int64_t low, high, at_done;

	if (!marks->has_ready || !marks->has_go)
		return err_set(err, ENODATA, "qload did not say what its clock shows");
	low = marks->go_ns - marks->load_go_ns;
	high = marks->ready_ns - marks->load_ready_ns;
	at_done = marks->done_ns - marks->load_done_ns;
	if (low > high)
		return err_set(err, ERANGE, "the guest's clock was set between ready and go");
	if (at_done >= low && at_done < high)
		high = at_done;
	ret->bound_ns = (high - low + 1) / 2;
	ret->offset_ns = low + (high - low) / 2;
	ret->drift_ns = at_done < low ? low - at_done : 0;
	return 0;
}

bool marks_rate_is_wrong(const struct marks *marks, int64_t load_ns, double *ret_rate)
{
	double most_ns = (double)(marks->done_ns - marks->go_ns);
	double least_ns = (double)(marks->go_ns - marks->hello_ns);
	double waited_ns = (double)(marks->load_go_ns - marks->load_hello_ns);

	if (most_ns > 0 && (double)load_ns > most_ns * (1 + MARKS_RATE_OFF)) {
		*ret_rate = (double)load_ns / most_ns;
		return true;
	}
	if (!marks->has_hello || !marks->has_go || waited_ns >= least_ns * (1 - MARKS_RATE_OFF))
		return false;
	*ret_rate = waited_ns > 0 ? waited_ns / least_ns : 0;
	return true;
}

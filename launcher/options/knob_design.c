/* SPDX-License-Identifier: GPL-2.0-or-later */
/* knob_design.c - kinds of values that only a sweep's design has: noise, shares, shards. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knob_kinds.h"
#include "spec.h"
#include "text.h"

/* "none", "cpu:2", "cpu:2:batch", "cpu:1:other:5"; nothing in real time, nothing above nice 0. */
static int noise_parse(const char *text, struct noise *ret, struct err *err)
{
	struct noise noise = { 0 };
	char count[16];
	const char *colon;
	uint64_t nr;
	int rc;

	if (!strcmp(text, "none")) {
		*ret = noise;
		return 0;
	}
	if (strncmp(text, "cpu:", 4) != 0)
		return err_set(err, EINVAL, "'%.64s' is neither none nor cpu:N[:POLICY]", text);
	text += 4;
	colon = strchr(text, ':');
	snprintf(count, sizeof(count), "%.*s", colon ? (int)(colon - text) : 15, text);
	rc = text_parse_u64(count, 1, NOISE_MAX, &nr, err);
	if (!rc && colon)
		rc = policy_parse(colon + 1, &noise.policy, err);
	noise.has_policy = colon;
	if (rc)
		return rc;
	if (policy_is_realtime(&noise.policy) || noise.policy.level < 0)
		return err_set(err, EINVAL, "'%.64s': other, batch and idle only, nice 0 or more",
		               colon + 1);
	noise.nr = (int)nr;
	*ret = noise;
	return 0;
}

static void noise_format(const struct noise *noise, char *buf, size_t size)
{
	char policy[64];

	policy_format(&noise->policy, policy, sizeof(policy));
	if (!noise->nr)
		text_copy(buf, size, "none");
	else if (!noise->has_policy)
		snprintf(buf, size, "cpu:%d", noise->nr);
	else
		snprintf(buf, size, "cpu:%d:%s", noise->nr, policy);
}

static int noise_knob_parse(const struct knob_kind *kind, const char *text, void *field,
                            struct err *err)
{
	(void)kind;
	return noise_parse(text, field, err);
}

static void noise_knob_format(const struct knob_kind *kind, const void *field, char *buf,
                              size_t size)
{
	(void)kind;
	noise_format(field, buf, size);
}

const struct knob_kind kind_noise = { .parse = noise_knob_parse, .format = noise_knob_format };
/* "2%", "0.5%": digits, perhaps a point and digits. */
static int share_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	size_t whole = strspn(text, "0123456789"), rest = 0;
	double percent;

	if (text[whole] == '.')
		rest = 1 + strspn(text + whole + 1, "0123456789");
	if (!whole || rest == 1 || whole + rest > 8 || strcmp(text + whole + rest, "%") != 0)
		return err_set(err, EINVAL, "'%.32s' is no share like 2%% or 0.5%%", text);
	percent = strtod(text, NULL);
	if (percent < (double)kind->min / 1000 || percent > (double)kind->max / 1000)
		return err_set(err, ERANGE, "'%.32s' is not in %g%%..%g%%", text,
		               (double)kind->min / 1000, (double)kind->max / 1000);
	*(double *)field = percent / 100;
	return 0;
}

static void share_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	double share = *(const double *)field;

	(void)kind;
	text_copy(buf, size, "");
	if (share > 0)
		snprintf(buf, size, "%.6g%%", share * 100);
}

static int shard_parse(const struct knob_kind *kind, const char *text, void *field, struct err *err)
{
	char first[8] = "";
	const char *slash = strchr(text, '/');
	uint64_t i, of;

	if (!slash || slash - text >= (ptrdiff_t)sizeof(first))
		return err_set(err, EINVAL, "'%.32s' is no part like 1/4", text);
	memcpy(first, text, (size_t)(slash - text));
	if (text_parse_u64(slash + 1, 1, (uint64_t)kind->max, &of, err) ||
	    text_parse_u64(first, 1, of, &i, err))
		return -err->code;
	*(struct shard *)field = (struct shard){ .i = (int)i, .of = (int)of };
	return 0;
}

static void shard_format(const struct knob_kind *kind, const void *field, char *buf, size_t size)
{
	const struct shard *shard = field;

	(void)kind;
	text_copy(buf, size, "");
	if (shard->of)
		snprintf(buf, size, "%d/%d", shard->i, shard->of);
}

const struct knob_kind kind_share = {
	.min = 100, /* thousandths of a percent */
	.max = 50000,
	.parse = share_parse,
	.format = share_format,
};
const struct knob_kind kind_shard = {
	.max = 10000,
	.parse = shard_parse,
	.format = shard_format,
};

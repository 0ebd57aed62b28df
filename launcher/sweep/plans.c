/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plans.c - plan_make() over all arms. */
#include "plans.h"

#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "host.h"
#include "iopoll.h"
#include "knobs.h"
#include "matrix.h"
#include "plan.h"
#include "plan_vms.h"
#include "session.h"
#include "text.h"

int plans_make(struct matrix *matrix, const struct session *session, struct plans *ret,
               struct err *err)
{
	CLEANUP(plans_done) struct plans plans = { 0 };
	const uint64_t memory = host_memory_available();

	plans.plan = calloc((size_t)matrix->nr_arms + 1, sizeof(*plans.plan));
	if (!plans.plan)
		return err_set(err, ENOMEM, "out of memory");
	plans.nr = matrix->nr_arms;
	for (int i = 0; i < matrix->nr_arms; i++) {
		struct arm *arm = &matrix->arm[i];
		struct err why;

		plans.plan[i] = calloc(1, sizeof(*plans.plan[i]));
		if (!plans.plan[i])
			return err_set(err, ENOMEM, "out of memory");
		if (!plan_make(&arm->spec, &session->host, session_qemu(session, &arm->spec),
		               plans.plan[i], &why) &&
		    !plan_vms_memory(&arm->spec, memory, &why) && !iopoll_check(&arm->spec, &why) &&
		    !rlimits_check(&session->limits, &arm->spec, plans.plan[i], &why))
			continue;
		text_copy(arm->refused, sizeof(arm->refused), why.text);
		plan_free(&plans.plan[i]);
		plans.nr_refused++;
	}
	*ret = plans;
	plans = (struct plans){ 0 };
	return 0;
}

void plans_done(struct plans *plans)
{
	for (int i = 0; i < plans->nr; i++)
		plan_free(&plans->plan[i]);
	free(plans->plan);
	*plans = (struct plans){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fleet.c - starts, releases and ends the targets of one arm together.  What one target is, target.h says. */
#include "fleet.h"

#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "plan.h"
#include "target.h"

static int fleet_new(int nr, struct fleet **ret, struct err *err)
{
	CLEANUP(fleet_end) struct fleet *fleet = calloc(1, sizeof(*fleet));

	if (!fleet)
		return err_set(err, ENOMEM, "out of memory");
	fleet->target = calloc((size_t)nr, sizeof(struct target *));
	if (!fleet->target)
		return err_set(err, ENOMEM, "out of memory");
	fleet->nr = nr;
	*ret = STEAL(&fleet);
	return 0;
}

int fleet_blame(const struct fleet *fleet, int vm, struct err *err)
{
	return fleet->nr > 1 ? err_in(err, "vm%d", vm) : -err->code;
}

int fleet_start_native(struct session *session, const struct plan *plan, struct fleet **ret,
                       struct err *err)
{
	CLEANUP(fleet_end) struct fleet *fleet = NULL;
	int rc = fleet_new(1, &fleet, err);

	if (!rc)
		rc = target_start_native(session, plan, &fleet->target[0], err);
	if (rc)
		return rc;
	*ret = STEAL(&fleet);
	return 0;
}

int fleet_start_vms(struct session *session, const struct vm_wish *wish, struct fleet **ret,
                    struct err *err)
{
	CLEANUP(fleet_end) struct fleet *fleet = NULL;
	struct vm_wish one = *wish;
	int rc = fleet_new(wish->plan->vms, &fleet, err);

	for (int i = 0; !rc && i < wish->plan->vms; i++) {
		one.vm = i;
		if (target_start_vm(session, &one, &fleet->target[i], err))
			rc = fleet_blame(fleet, i, err);
	}
	if (rc)
		return rc;
	*ret = STEAL(&fleet);
	return 0;
}

int fleet_hold(struct fleet *fleet, struct err *err)
{
	return targets_hold(fleet->target, fleet->nr, err);
}

int fleet_release(struct fleet *fleet, const struct plan *plan, struct err *err)
{
	for (int i = 0; i < fleet->nr; i++) {
		if (target_cont(fleet->target[i], err))
			return fleet_blame(fleet, i, err);
	}
	for (int i = 0; i < fleet->nr; i++) {
		if (target_meet(fleet->target[i], plan, err))
			return fleet_blame(fleet, i, err);
	}
	return 0;
}

void fleet_end(struct fleet **at)
{
	struct fleet *fleet = *at;

	if (!fleet)
		return;
	for (int i = fleet->nr - 1; i >= 0; i--)
		target_end(&fleet->target[i]);
	free(fleet->target);
	free(fleet);
	*at = NULL;
}

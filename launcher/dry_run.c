/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dry_run.c - the plan and QEMU's argv on paper.  Starts nothing, changes nothing. */
#include "dry_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "disk.h"
#include "matrix.h"
#include "plan.h"
#include "plans.h"
#include "qemu_args.h"
#include "session.h"
#include "target.h"

/* The numbers that stand for inherited fds in the printed argv; the real ones are known at the start only. */
enum { FD_QMP = 10, FD_CONSOLE, FD_LOAD, FD_SCRATCH, FD_DISK = 20, FD_OVERLAY = 40 };

static void put_fds(const struct spec *spec, bool builtin, struct qemu_fds *fds)
{
	memset(fds, 0xff, sizeof(*fds));
	fds->qmp = FD_QMP;
	fds->console = FD_CONSOLE;
	if (builtin) {
		fds->load = FD_LOAD;
		fds->scratch = FD_SCRATCH;
		return;
	}
	for (int i = 0; i < spec->nr_disks; i++) {
		fds->disk[i] = FD_DISK + i;
		if (spec->snapshot)
			fds->overlay[i] = FD_OVERLAY + i;
	}
}

static int print_vm(const struct spec *spec, const struct plan *plan, const struct session *session,
                    const struct disk_info *disks, bool builtin, FILE *out, struct err *err)
{
	char append[1024];
	struct qemu_inputs in = { .spec = spec,
		                  .plan = plan,
		                  .qemu = &session->qemu,
		                  .builtin_guest = builtin,
		                  .kernel = spec->kernel,
		                  .initrd = spec->initrd,
		                  .append = spec->append };

	put_fds(spec, builtin, &in.fds);
	if (builtin) {
		if (target_guest_append(spec, plan, "0123456789abcdef", append, sizeof(append)))
			return err_set(err, E2BIG,
			               "--append: too long for the kernel's command line");
		/* both are made only where a guest is started */
		in.kernel = spec->kernel ? spec->kernel : "VMLINUZ";
		in.initrd = "INITRAMFS";
		in.append = append;
	}
	for (int i = 0; disks && i < spec->nr_disks; i++)
		in.disk[i] = (struct qemu_disk){ .file = disks[i].path,
			                         .qcow2 = disks[i].qcow2,
			                         .readonly = spec->disk[i].readonly,
			                         .block_device = disks[i].block_device,
			                         .by_name = disks[i].has_backing };
	for (int pastable = 0; pastable < 2; pastable++) {
		CLEANUP(strv_done) struct strv args = { 0 };
		int rc;

		in.pastable = pastable;
		rc = qemu_args(&in, &args, err);
		if (rc)
			return rc;
		fprintf(out, "%s:\n", pastable ? "to paste" : "argv");
		strv_print_shell(&args, out);
	}
	return 0;
}

int dry_run_print(const struct matrix *matrix, const struct plans *plans,
                  const struct session *session, FILE *out, struct err *err)
{
	for (int i = 0; i < matrix->nr_arms; i++) {
		const struct arm *arm = &matrix->arm[i];
		int rc;

		fprintf(out, "%sarm %d: %s\n", i ? "\n" : "", i + 1, arm->name);
		if (!plans->plan[i]) {
			fprintf(out, "refused: %s\n", arm->refused);
			continue;
		}
		plan_print(plans->plan[i], out);
		if (!plans->plan[i]->guest)
			continue;
		rc = print_vm(&arm->spec, plans->plan[i], session, NULL, true, out, err);
		if (rc)
			return rc;
	}
	fprintf(out, "\n%d arms x %d repeats in %d boots\n", matrix->nr_arms, matrix->repeats,
	        matrix->boots);
	return 0;
}

int dry_run_run(const struct spec *spec, const struct plan *plan, const struct session *session,
                const struct disk_info *disks, FILE *out, struct err *err)
{
	plan_print(plan, out);
	return print_vm(spec, plan, session, disks, false, out, err);
}

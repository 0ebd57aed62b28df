/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dry_run.c - the plan and QEMU's argv on paper.  Starts nothing, changes nothing. */
#include "dry_run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "catalog.h"
#include "child.h"
#include "cleanup.h"
#include "disk.h"
#include "initramfs.h"
#include "matrix.h"
#include "modules.h"
#include "paths.h"
#include "plan.h"
#include "plans.h"
#include "predict.h"
#include "progress.h"
#include "rt_limit.h"
#include "scratch.h"
#include "session.h"
#include "target.h"
#include "text.h"
#include "vm_inputs.h"

#define COPY_NOTE "note: QEMU runs as another user and gets a copy of"

/* Stands for the word by which qlaunch knows its own guest; each VM has another. */
#define NONCE "0123456789abcdef"

/* The built-in guest's files, wherever they are or will be. */
struct images {
	char kernel[4096], initrd[4096];
};

/* A real run opens each of these; the numbers in the child depend only on which there are. */
static void put_fds(const struct vm_wish *wish, const struct session *session, bool has_scratch,
                    struct qemu_fds *ret)
{
	struct qemu_fds ours;
	struct child_wish child = { 0 };

	memset(&ours, 0xff, sizeof(ours));
	ours.qmp = ours.console = 0;
	if (wish->builtin)
		ours.load = 0;
	if (spec_waits_for_agent(wish->spec))
		ours.agent = 0;
	if (wish->builtin && has_scratch)
		ours.scratch = 0;
	for (int i = 0; i < wish->spec->nr_disks && !wish->builtin; i++) {
		ours.disk[i] = 0;
		if (wish->spec->snapshot)
			ours.overlay[i] = 0;
		for (int k = 0; k < wish->disks[i].nr_layers; k++)
			ours.backing[i][k] = 0;
	}
	if (wish->plan->kvm && session_qemu(session, wish->spec)->kvm_by_fd)
		ours.kvm = 0;
	if (session->changes_uid && (wish->builtin || wish->spec->kernel))
		ours.kernel = 0;
	if (session->changes_uid && (wish->builtin || wish->spec->initrd))
		ours.initrd = 0;
	vm_fds(&ours, &child, ret);
}

/* A name is anybody's bytes. */
static void print_name(FILE *out, const char *before, const char *name)
{
	fprintf(out, "%s ", before);
	text_print_plain(name, strlen(name), out);
	fputc('\n', out);
}

static int print_vm(const struct vm_wish *wish, const struct session *session, bool has_scratch,
                    const struct images *images, FILE *out, struct err *err)
{
	struct vm_inputs in;
	struct qemu_fds fds;
	int rc;

	put_fds(wish, session, has_scratch, &fds);
	rc = vm_inputs(wish, session_qemu(session, wish->spec), &fds, images->kernel,
	               images->initrd, NONCE, &in, err);
	for (int pastable = 0; pastable < 2 && !rc; pastable++) {
		CLEANUP(strv_done) struct strv args = { 0 };

		in.qemu.pastable = pastable;
		rc = qemu_args(&in.qemu, &args, err);
		if (rc)
			break;
		if (!pastable && fds.kernel >= 0)
			print_name(out, COPY_NOTE, in.qemu.kernel);
		if (!pastable && fds.initrd >= 0)
			print_name(out, COPY_NOTE, in.qemu.initrd);
		fprintf(out, "%s:\n", pastable ? "to paste" : "argv");
		strv_print_shell(&args, out);
	}
	return rc;
}

static void say(void *arg, const char *sentence)
{
	const struct session *session = arg;

	progress_say(session->verbose, "%s", sentence);
}

/* Where a run finds or puts kernel and initramfs; what is not there yet is said, as the line to paste needs it.
 * *ret_small is not 0 where the arm's memory cannot hold them, with the reason in *err. */
static int find_images(const struct session *session, const struct spec *spec, struct images *ret,
                       int *ret_small, FILE *out, struct err *err)
{
	CLEANUP(caps_lower) int raised = caps_raise_for_path(CAP_DAC_OVERRIDE);
	char cache[4096], qload[4096];
	struct modules modules;
	struct kernel kernel;
	struct kernel_wish wish = { .kernel = spec->kernel,
		                    .modules = spec->modules,
		                    .cache = cache,
		                    .say = say,
		                    .arg = (void *)(uintptr_t)session };
	int rc = paths_cache_name(cache, sizeof(cache), err), absent;

	(void)raised;
	if (!rc)
		rc = paths_qload(qload, sizeof(qload), err);
	absent = rc = rc ? rc : kernel_look(&wish, &kernel, err);
	if (rc == 0)
		rc = modules_for_guest(kernel.modules, kernel.version, &modules, err);
	if (rc >= 0)
		rc = initramfs_name(&kernel, qload, cache, ret->initrd, sizeof(ret->initrd), err);
	if (rc < 0)
		return rc;
	*ret_small = session_check_memory(spec, &kernel, ret->initrd, err);
	if (*ret_small)
		return 0;
	memcpy(ret->kernel, kernel.path, sizeof(ret->kernel));
	if (absent)
		print_name(out, "note: the first run downloads the kernel package for",
		           ret->kernel);
	if (access(ret->initrd, F_OK))
		print_name(out, "note: the first run makes", ret->initrd);
	return 0;
}

/* The scratch is made once for all arms, as soon as one of them does I/O. */
static bool any_does_io(const struct matrix *matrix, const struct plans *plans)
{
	for (int i = 0; i < matrix->nr_arms; i++) {
		const struct spec *spec = &matrix->arm[i].spec;

		for (int w = 0; plans->plan[i] && w < spec->nr_workloads; w++) {
			if (workload_find(spec->workload[w])->is_io)
				return true;
		}
	}
	return false;
}

/* As a run does once it has made the scratch. */
static int fit_cache(const struct spec *spec, struct plan *plan, struct err *err)
{
	char folder[4096] = "";
	int rc = spec->scratch ? 0 : paths_state_name(folder, sizeof(folder), err);

	if (!rc && !scratch_looks_direct(spec->scratch ? spec->scratch : folder))
		plan_without_direct(plan);
	return rc;
}

static void print_inherited(const struct session *session, FILE *out)
{
	if (session->inherited[0])
		fprintf(out, "inherited: %s\n", session->inherited);
}

static void print_prediction(const struct prediction *prediction, FILE *out)
{
	char words[640];

	if (!prediction->is_short)
		return;
	snprintf(words, sizeof(words), "%s: to change it, %s", prediction->found, prediction->mend);
	print_name(out, "note:", words);
}

static void print_steal(FILE *out)
{
	struct prediction steal;

	predict_steal(&steal);
	print_prediction(&steal, out);
}

static void print_plan(const struct plan *plan, FILE *out)
{
	struct prediction quota;
	struct rt_limit limit;
	bool real_time = false;
	char words[300];

	plan_print(plan, out);
	predict_quota(plan, &quota);
	print_prediction(&quota, out);
	for (int i = 0; i < plan->nr_placements; i++)
		real_time |= plan->placement[i].has_policy &&
		             policy_has_priority(&plan->placement[i].policy);
	if (!real_time)
		return;
	rt_limit_read(&limit);
	rt_limit_format(&limit, words, sizeof(words));
	fprintf(out, "note: %s\n", words);
}

int dry_run_print(const struct matrix *matrix, const struct plans *plans,
                  const struct session *session, bool skips, FILE *out, struct err *err)
{
	bool has_scratch = any_does_io(matrix, plans);

	print_inherited(session, out);
	print_steal(out);
	for (int i = 0; i < matrix->nr_arms; i++) {
		const struct arm *arm = &matrix->arm[i];
		const struct vm_wish wish = { .spec = &arm->spec,
			                      .plan = plans->plan[i],
			                      .builtin = true };
		struct images images;
		int rc, small;

		fprintf(out, "%sarm %d: %s\n", i ? "\n" : "", i + 1, arm->name);
		if (!plans->plan[i]) {
			fprintf(out, "refused: %s\n", arm->refused);
			continue;
		}
		rc = has_scratch ? fit_cache(&arm->spec, plans->plan[i], err) : 0;
		if (rc)
			return rc;
		print_plan(plans->plan[i], out);
		if (!plans->plan[i]->guest)
			continue;
		rc = find_images(session, &arm->spec, &images, &small, out, err);
		if (!rc && small && !skips)
			return small;
		if (!rc && small)
			fprintf(out, "refused: %s\n", err->text);
		else if (!rc)
			rc = print_vm(&wish, session, has_scratch, &images, out, err);
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
	const struct vm_wish wish = { .spec = spec, .plan = plan, .disks = disks };
	const struct images none = { 0 };

	print_inherited(session, out);
	print_steal(out);
	print_plan(plan, out);
	return print_vm(&wish, session, false, &none, out, err);
}

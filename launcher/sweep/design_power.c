/* SPDX-License-Identifier: GPL-2.0-or-later */
/* design_power.c - applies report/'s rules for a verdict to a design that has no results yet. */
#include "design_power.h"

#include <math.h>
#include <string.h>

#include "catalog.h"
#include "course.h"
#include "judge.h"
#include "knobs.h"
#include "matrix.h"
#include "pace.h"
#include "signed_rank.h"
#include "stats.h"
#include "text.h"
#include "verdict.h"

/* How long a VM takes until its first trial is not known before one has booted: words say that it is assumed. */
#define BOOT_KVM_NS (2 * (int64_t)NSEC_PER_SEC)
#define BOOT_TCG_NS (10 * (int64_t)NSEC_PER_SEC)

static bool has_workload(const struct arm *arm, const char *name)
{
	for (int i = 0; i < arm->spec.nr_workloads; i++) {
		if (!strcmp(arm->spec.workload[i], name))
			return true;
	}
	return false;
}

/* Nothing is compared across workloads. */
static bool shares_workload(const struct arm *a, const struct arm *b)
{
	for (int i = 0; i < a->spec.nr_workloads; i++) {
		if (has_workload(b, a->spec.workload[i]))
			return true;
	}
	return false;
}

bool design_compares(const struct arm *arm, const struct arm *base)
{
	return arm != base && !arm->is_control && !arm->refused[0] && !base->refused[0] &&
	       shares_workload(arm, base);
}

static const struct arm *find_arm(const struct matrix *matrix, const char *name)
{
	for (int i = 0; i < matrix->nr_arms; i++) {
		if (!strcmp(matrix->arm[i].name, name))
			return &matrix->arm[i];
	}
	return NULL;
}

/* The arms that share Holm's correction: those of one workload. */
static int largest_family(const struct matrix *matrix, const struct arm *base)
{
	int most = 0;

	for (int w = 0; w < base->spec.nr_workloads; w++) {
		int nr = 0;

		for (int i = 0; i < matrix->nr_arms; i++)
			nr += design_compares(&matrix->arm[i], base) &&
			      has_workload(&matrix->arm[i], base->spec.workload[w]);
		most = nr > most ? nr : most;
	}
	return most;
}

static size_t count_primary(const struct spec *spec)
{
	size_t nr = 0;

	for (int i = 0; i < spec->nr_workloads; i++) {
		nr++;
		for (const char *p = workload_find(spec->workload[i])->primary; *p; p++)
			nr += *p == ' ';
	}
	return nr;
}

static int control_units(const struct matrix *matrix, const struct arm *base)
{
	double alpha = verdict_control_alpha(count_primary(&base->spec));
	size_t nr = JUDGE_SIDE_MIN;
	bool any = false;

	for (int i = 0; i < matrix->nr_arms; i++)
		any |= matrix->arm[i].is_control && !matrix->arm[i].refused[0];
	while (any && signed_rank_least(nr) > alpha)
		nr++;
	return any ? (int)nr : 0;
}

/* --budget may leave fewer repeats than --repeat: of each block the first, so as many units. */
static int units_of(const struct matrix *matrix, const struct spec *spec, bool by_boot)
{
	int units = by_boot ? matrix->boots : matrix->repeats;
	int fit = spec->budget_ns ? pace_repeats(matrix, spec->budget_ns) : units;

	return fit < units ? fit : units;
}

void design_power_make(const struct matrix *matrix, const struct spec *spec, const char *baseline,
                       struct design_power *ret)
{
	const struct arm *base = find_arm(matrix, baseline);

	*ret = (struct design_power){ .arms = base ? largest_family(matrix, base) : 0 };
	if (!ret->arms)
		return;
	for (int i = 0; i < matrix->nr_arms; i++)
		ret->by_boot |= design_compares(&matrix->arm[i], base) &&
		                (matrix->arm[i].spec.where == WHERE_GUEST ||
		                 base->spec.where == WHERE_GUEST);
	ret->units = units_of(matrix, spec, ret->by_boot);
	ret->needed = (int)judge_units_needed((size_t)ret->arms);
	ret->control_needed = control_units(matrix, base);
}

/* Without --repeat a budget plans with as many repeats as fit, and --boots follows --repeat up to a limit. */
static void name_options(const struct design_power *power, const struct matrix *matrix,
                         const struct spec *spec, int needed, char *buf, size_t size)
{
	int repeats = needed > matrix->repeats ? needed : matrix->repeats;
	int64_t budget_ns = pace_budget(matrix, needed);
	char budget[32];
	size_t used = 0;

	text_format_duration(budget_ns, budget, sizeof(budget));
	buf[0] = '\0';
	if (matrix->repeats < needed && (!spec->budget_ns || knob_is_given(spec, "repeat")))
		used += (size_t)snprintf(buf, size, " --repeat %d", needed);
	if (power->by_boot && matrix_boots(spec, repeats) < needed)
		used += (size_t)snprintf(buf + used, size - used, " --boots %d", needed);
	if (spec->budget_ns && spec->budget_ns < budget_ns)
		snprintf(buf + used, size - used, " --budget %s or more%s", budget,
		         power->by_boot ? ", and the time of the boots" : "");
}

void design_power_advise(const struct design_power *power, const struct matrix *matrix,
                         const struct spec *spec, char *buf, size_t size)
{
	const char *unit = power->by_boot ? "boots" : "rounds";
	char options[128], verdicts[96] = "", control[96] = "";
	bool lacks = power->arms && power->units < power->needed;
	bool lacks_control = power->control_needed && power->units < power->control_needed;
	int most = lacks_control && power->control_needed > power->needed ? power->control_needed
	                                                                  : power->needed;

	buf[0] = '\0';
	if (!lacks && !lacks_control)
		return;
	if (lacks)
		snprintf(verdicts, sizeof(verdicts), "a verdict on %d %s takes %d %s", power->arms,
		         power->arms == 1 ? "arm" : "arms", power->needed, unit);
	if (lacks_control)
		snprintf(control, sizeof(control), "%sthe A/A control takes %d%s%s",
		         lacks ? ", " : "", power->control_needed, lacks ? "" : " ",
		         lacks ? "" : unit);
	name_options(power, matrix, spec, most, options, sizeof(options));
	snprintf(buf, size, "%s%s, and this design has %d: use%s", verdicts, control, power->units,
	         options);
}

/* In seconds, minutes and hours: text_format_duration() writes what can be parsed again. */
static void format_about(int64_t ns, char *buf, size_t size)
{
	int64_t s = (ns + NSEC_PER_SEC / 2) / NSEC_PER_SEC;

	if (s >= 3600)
		snprintf(buf, size, "%d h %02d min", (int)(s / 3600), (int)(s / 60 % 60));
	else if (s >= 60)
		snprintf(buf, size, "%d min %02d s", (int)(s / 60), (int)(s % 60));
	else
		snprintf(buf, size, "%.1f s", (double)ns / NSEC_PER_SEC);
}

static void print_time(const struct course *course, const struct spec *spec, bool is_kvm,
                       bool drops_first, FILE *out)
{
	const int64_t boot_ns = is_kvm ? BOOT_KVM_NS : BOOT_TCG_NS;
	struct pace_sum sum;
	int64_t all_ns, fit;
	char all[32], trials[32], budget[32];

	pace_sum(course, drops_first, &sum);
	format_about(sum.trials_ns + sum.discarded_ns, trials, sizeof(trials));
	all_ns = sum.trials_ns + sum.discarded_ns + sum.boots * boot_ns;
	format_about(all_ns, all, sizeof(all));
	fprintf(out, "time: about %s: --warmup and --duration of %d trials", all, sum.trials);
	if (sum.discarded)
		fprintf(out, " and %d discarded ones", sum.discarded);
	fprintf(out, " are %s", trials);
	if (sum.boots)
		fprintf(out, "; %d boots at an assumed %d s each under %s (none is measured yet)",
		        sum.boots, (int)(boot_ns / NSEC_PER_SEC), is_kvm ? "KVM" : "TCG");
	fputc('\n', out);
	if (!spec->budget_ns)
		return;
	text_format_duration(spec->budget_ns, budget, sizeof(budget));
	all_ns /= course->matrix->repeats;
	fit = all_ns ? spec->budget_ns / all_ns : course->matrix->repeats;
	fprintf(out, "budget: %s, in which about %d of %d repeats fit\n", budget,
	        (int)(fit < course->matrix->repeats ? fit : course->matrix->repeats),
	        course->matrix->repeats);
}

/* Of one comparison with power .8, as the report computes it from what it measured. */
static double detectable(double noise, int units)
{
	return expm1(stats_detectable(log1p(noise) / sqrt(units), (size_t)units - 1));
}

void design_power_print(const struct design_power *power, const struct course *course,
                        const struct spec *spec, bool is_kvm, bool drops_first, FILE *out)
{
	char advice[384];

	print_time(course, spec, is_kvm, drops_first, out);
	if (!power->arms)
		return;
	design_power_advise(power, course->matrix, spec, advice, sizeof(advice));
	if (power->units < power->needed)
		fputs("effect: no verdict is possible\n", out);
	else
		fprintf(out,
		        "effect: minimum detectable with %d %s, power .8, before the correction "
		        "for several arms: %.2g %% where the ratios of pairs have a standard "
		        "deviation of 1 %%, %.2g %% with 5 %%\n",
		        power->units, power->by_boot ? "boots" : "rounds",
		        detectable(.01, power->units) * 100, detectable(.05, power->units) * 100);
	if (advice[0])
		fprintf(out, "this design: %s\n", advice);
}

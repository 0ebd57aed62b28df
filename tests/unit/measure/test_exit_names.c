/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_exit_names.c - the names of all exits, beside the text of the kernel's headers; and what an Intel host counted,
 * through the whole of by_reason.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "deep.h"
#include "deep_figures.h"
#include "err.h"
#include "exit_names.h"
#include "json.h"
#include "text.h"

#define HEADERS    "/usr/include/x86_64-linux-gnu/asm/"
#define NAMES_MAX  256
#define BUCKET_SUB (1 << DEEP_SUB_BITS)

/* A header's "#define NAME NUMBER" lines. */
static struct define {
	char name[64];
	unsigned long value;
} defines[NAMES_MAX];
static int nr_defines;

static char *read_header(const char *name)
{
	char path[128], *text = malloc(1 << 18);

	snprintf(path, sizeof(path), HEADERS "%s", name);
	assert_non_null(text);
	if (text_read_file(path, text, 1 << 18, NULL) >= 0)
		return text;
	free(text);
	return NULL;
}

static void take_defines(const char *header)
{
	CLEANUP(str_free) char *text = read_header(header);
	char name[64], value[64];

	for (char *at = text; at; at = strchr(at, '\n')) {
		char *end;

		at += *at == '\n';
		if (sscanf(at, "#define %63s %63s", name, value) != 2 || nr_defines == NAMES_MAX)
			continue;
		defines[nr_defines].value = strtoul(value, &end, 0);
		if (*end)
			continue;
		snprintf(defines[nr_defines++].name, sizeof(name), "%s", name);
	}
}

static unsigned long value_of(const char *name)
{
	for (int i = 0; i < nr_defines; i++) {
		if (!strcmp(defines[i].name, name))
			return defines[i].value;
	}
	fail_msg("the headers do not define %s", name);
	return 0;
}

static void assert_name(unsigned int isa, unsigned long reason, const char *want)
{
	const char *got = exit_name(isa, (unsigned int)reason);

	if (!got || strcmp(got, want))
		fail_msg("isa %u, reason %#lx is '%s', the header says '%s'", isa, reason,
		         got ? got : "(none)", want);
}

static int set_up(void **state)
{
	(void)state;
	nr_defines = 0;
	take_defines("vmx.h");
	take_defines("svm.h");
	take_defines("kvm.h");
	return 0;
}

/* Intel's names are those of the numbers. */
static void vmx_is_complete(void **state)
{
	static const char prefix[] = "EXIT_REASON_";
	int nr = 0;

	(void)state;
	for (int i = 0; i < nr_defines; i++) {
		if (strncmp(defines[i].name, prefix, strlen(prefix)))
			continue;
		assert_name(EXIT_ISA_VMX, defines[i].value, defines[i].name + strlen(prefix));
		nr++;
	}
	if (!nr)
		skip();
	assert_true(nr >= 60);
}

/* AMD's stand beside them: { SVM_EXIT_HLT, "hlt" }, and exceptions with a base. */
static void svm_is_complete(void **state)
{
	CLEANUP(str_free) char *text = read_header("svm.h");
	int nr = 0;

	(void)state;
	if (!text)
		skip();
	for (char *at = strstr(text, "SVM_EXIT_REASONS"); at; at = strchr(at + 1, '{')) {
		char base[64], more[64], name[64];

		if (sscanf(at, "{ %63[A-Z0-9_] , \"%63[^\"]\"", base, name) == 2)
			assert_name(EXIT_ISA_SVM, value_of(base), name);
		else if (sscanf(at, "{ %63[A-Z0-9_] + %63[A-Z0-9_] , \"%63[^\"]\"", base, more,
		                name) == 3)
			assert_name(EXIT_ISA_SVM, value_of(base) + value_of(more), name);
		else
			continue;
		nr++;
	}
	assert_true(nr >= 90);
}

/*
 * What SystemTap's kvm_service_time says that it saw on an Intel host (its example's output): exits, their sum, and the
 * longest, in us.
 */
static const struct {
	unsigned int reason;
	uint64_t count, sum_us, max_us;
	const char *name;
} intel[] = {
	{ 0, 55, 123, 12, "EXCEPTION_NMI" },    { 1, 16668, 23165, 77, "EXTERNAL_INTERRUPT" },
	{ 7, 65, 129, 21, "INTERRUPT_WINDOW" }, { 12, 182, 29145513, 500054, "HLT" },
	{ 28, 1, 2, 2, "CR_ACCESS" },           { 30, 1561, 5126, 43, "IO_INSTRUCTION" },
	{ 32, 10728, 7748, 32, "MSR_WRITE" },   { 40, 4966918, 1273170, 47, "PAUSE_INSTRUCTION" },
	{ 49, 105, 201, 22, "EPT_MISCONFIG" },
};

static int bucket_of(uint64_t ns)
{
	int shift = 0;

	while (ns >> shift >= 2 * BUCKET_SUB)
		shift++;
	return ns < BUCKET_SUB ? (int)ns : shift * BUCKET_SUB + (int)(ns >> shift);
}

static struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *found = NULL;

	if (!json_object_object_get_ex(o, key, &found))
		fail_msg("no %s in %s", key, json_object_to_json_string(o));
	return found;
}

/* Each exit took the mean, but for one that took the longest. */
static void fill(struct deep_reason *list)
{
	for (size_t i = 0; i < ARRAY_SIZE(intel); i++) {
		struct deep_exit *what = &list[i].what;

		list[i].key = (struct deep_exit_key){ 70, EXIT_ISA_VMX, intel[i].reason };
		what->count = intel[i].count;
		what->ns = intel[i].sum_us * 1000;
		what->max_ns = intel[i].max_us * 1000;
		what->time.bucket[bucket_of(what->ns / what->count)] = (unsigned int)what->count -
		                                                       1;
		what->time.bucket[bucket_of(what->max_ns)] += 1;
	}
}

static void check_row(struct json_object *row, size_t i)
{
	double mean = (double)intel[i].sum_us * 1000 / (double)intel[i].count, p50;

	assert_int_equal(json_object_get_int64(at(row, "count")), intel[i].count);
	assert_int_equal(json_object_get_int64(at(row, "max_ns")), intel[i].max_us * 1000);
	assert_true(fabs(json_object_get_double(at(row, "total_s")) * 1e6 -
	                 (double)intel[i].sum_us) < 0.5);
	if (intel[i].count < 20) {
		assert_null(at(row, "p50_ns"));
		assert_non_null(at(row, "why"));
		return;
	}
	p50 = json_object_get_double(at(row, "p50_ns"));
	if (p50 < mean * 0.93 || p50 > mean * 1.07)
		fail_msg("%s: p50 %g, all took %g", intel[i].name, p50, mean);
	assert_true((at(row, "p99_ns") == NULL) == (intel[i].count < 1000));
	assert_true(json_has(row, "why") == (intel[i].count < 1000));
}

static void intel_by_reason(void **state)
{
	static struct deep_reason reasons[ARRAY_SIZE(intel)];
	static const struct deep_name names[] = { { 70, "vcpu", "vcpu/0", false } };
	const struct deep_reading reading = { .nr_reasons = ARRAY_SIZE(intel), .reasons = reasons };
	CLEANUP(json_done) struct json_object *line = json_object_new_object();
	struct json_object *by_reason;
	double share = 0;

	(void)state;
	if (!exit_name(EXIT_ISA_VMX, 12))
		skip();
	fill(reasons);
	json_object_object_add(line, "figures", json_object_new_object());
	deep_figures(&reading, names, 1, line);
	by_reason = at(line, "by_reason");
	assert_int_equal(json_object_object_length(by_reason), ARRAY_SIZE(intel));
	for (size_t i = 0; i < ARRAY_SIZE(intel); i++) {
		struct json_object *row = at(by_reason, intel[i].name);

		check_row(row, i);
		check_row(at(at(row, "by"), "vcpu/0"), i);
		share += json_object_get_double(at(row, "share"));
	}
	assert_true(share > 0.999999 && share < 1.000001);
	assert_int_equal(
	        json_object_get_int64(at(at(at(line, "figures"), "vm_exits_traced"), "value")),
	        4996283);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(vmx_is_complete, set_up),
		cmocka_unit_test_setup(svm_is_complete, set_up),
		cmocka_unit_test(intel_by_reason),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

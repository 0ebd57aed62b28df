/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_spec.c - what a result line says of the knobs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "knobs.h"

static const struct knob *known(const char *name)
{
	const struct knob *knob = knob_find(name);

	assert_non_null(knob);
	return knob;
}

static const char *json_of(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) ? json_object_get_string(value) : NULL;
}

static void test_spec_to_json(void **state)
{
	struct spec spec;
	struct json_object *o;

	(void)state;
	spec_init(&spec, COMMAND_BENCH);
	assert_int_equal(knob_parse(known("policy"), "fifo:3", &spec, NULL), 0);
	assert_int_equal(knob_parse(known("append"), "caf\xe9", &spec, NULL), 0);
	o = spec_to_json(&spec);
	assert_string_equal(json_of(o, "policy"), "fifo:3");
	assert_string_equal(json_of(o, "guest-policy"), "fifo:3");
	assert_string_equal(json_of(o, "append"), "caf\\xe9"); /* no UTF-8: escaped */
	assert_string_equal(json_of(o, "workload"), "cpu,randrw");
	assert_string_equal(json_of(o, "bs"), "4k");
	assert_string_equal(json_of(o, "force"), "off");
	assert_null(json_of(o, "vcpus")); /* not known yet */
	assert_null(json_of(o, "repeat"));
	json_object_put(o);

	spec.qemu_args = (char *[]){ (char *)"-name", (char *)"it's", (char *)"-usb", NULL };
	o = spec_to_json(&spec);
	assert_string_equal(json_of(o, "qemu-args"), "-name 'it'\\''s' -usb");
	json_object_put(o);
	spec.qemu_args = NULL;

	spec.where = WHERE_NATIVE;
	assert_int_equal(knob_parse(known("append"), "caf\xc3\xa9", &spec, NULL), 0);
	o = spec_to_json(&spec);
	assert_null(json_of(o, "append")); /* means nothing natively */
	assert_string_equal(json_of(o, "where"), "native");
	json_object_put(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spec_to_json),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

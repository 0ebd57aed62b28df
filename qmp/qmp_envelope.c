/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp_envelope.c - the words around every command and answer.  Knows no socket. */
#include "qmp_envelope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "text.h"

int qmp_command_format(const char *command, struct json_object *args, int64_t id, char **ret,
                       struct err *err)
{
	CLEANUP(json_done) struct json_object *owned = args;
	CLEANUP(json_done) struct json_object *request = json_object_new_object();
	const char *text;

	if (!request ||
	    json_object_object_add(request, "execute", json_object_new_string(command)) ||
	    json_object_object_add(request, "id", json_object_new_int64(id)) ||
	    (owned && json_object_object_add(request, "arguments", json_object_get(owned))))
		return err_set(err, ENOMEM, "%s: out of memory", command);
	text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
	if (!text || asprintf(ret, "%s\n", text) < 0)
		return err_set(err, ENOMEM, "%s: out of memory", command);
	return 0;
}

int qmp_refusal(const char *command, struct json_object *error, struct err *err)
{
	struct json_object *class = NULL, *desc = NULL;
	char class_text[48] = "no class", desc_text[256] = "no words";
	int code = EIO;

	json_object_object_get_ex(error, "class", &class);
	json_object_object_get_ex(error, "desc", &desc);
	if (json_object_is_type(class, json_type_string))
		text_escape(json_object_get_string(class),
		            (size_t)json_object_get_string_len(class), class_text,
		            sizeof(class_text));
	if (json_object_is_type(desc, json_type_string))
		text_escape(json_object_get_string(desc), (size_t)json_object_get_string_len(desc),
		            desc_text, sizeof(desc_text));
	if (!strcmp(class_text, "CommandNotFound"))
		code = ENOSYS;
	if (!strcmp(class_text, "DeviceNotFound"))
		code = ENODEV;
	return err_set(err, code, "%s: %s (%s)", command, desc_text, class_text);
}

int qmp_greeting_read(struct json_object *greeting, int *ret_version, char *ret_text, size_t size,
                      struct err *err)
{
	struct json_object *hello, *version, *qemu;
	int64_t major, minor, micro;
	const char *package;
	char text[96];

	if (json_get_object(greeting, "greeting", "QMP", &hello, err) ||
	    json_get_object(hello, "greeting", "version", &version, err) ||
	    json_get_object(version, "greeting", "qemu", &qemu, err) ||
	    json_get_i64(qemu, "greeting", "major", 0, 9999, &major, err) ||
	    json_get_i64(qemu, "greeting", "minor", 0, 99, &minor, err) ||
	    json_get_i64(qemu, "greeting", "micro", 0, 99, &micro, err) ||
	    json_get_string(version, "greeting", "package", &package, err))
		return err_in(err, "QEMU's version");
	text_escape(package, strlen(package), text, sizeof(text));
	*ret_version = (int)(major * 10000 + minor * 100 + micro);
	snprintf(ret_text, size, "%d.%d.%d%s%s%s", (int)major, (int)minor, (int)micro,
	         text[0] ? " (" : "", text, text[0] ? ")" : "");
	return 0;
}

int qmp_get_text(struct json_object *o, const char *where, const char *key, char *ret, size_t size,
                 struct err *err)
{
	const char *text;
	int rc = json_get_string(o, where, key, &text, err);

	if (rc)
		return rc;
	if (strlen(text) >= size)
		return err_set(err, EINVAL, "%s.%s: longer than %zu characters", where, key,
		               size - 1);
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(err, EINVAL, "%s.%s: control characters", where, key);
	}
	return text_copy(ret, size, text);
}

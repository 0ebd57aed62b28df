/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.c - json-c with every check that it leaves to the caller. */
#include "json.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "text.h"
#include "utf8.h"

static void tokener_free(struct json_tokener **tok)
{
	if (*tok)
		json_tokener_free(*tok);
	*tok = NULL;
}

/* Counts the keys.  False: NaN or Infinity, which JSON_TOKENER_STRICT still accepts (json-c 0.16), and which huge numbers
 * become. */
static bool walk(struct json_object *o, size_t *nr_keys)
{
	if (json_object_is_type(o, json_type_double))
		return isfinite(json_object_get_double(o));
	if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(o); i++) {
			if (!walk(json_object_array_get_idx(o, i), nr_keys))
				return false;
		}
	}
	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, key, value) {
			(void)key;
			++*nr_keys;
			if (!walk(value, nr_keys))
				return false;
		}
	}
	return true;
}

/* What stands in a string as itself, in one byte. */
static const bool is_plain[256] = {
	[0x20 ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... 0x7f] = true,
};

static size_t digits_end(const char *text, size_t len, size_t at)
{
	while (at < len && text[at] >= '0' && text[at] <= '9')
		at++;
	return at;
}

/* json-c takes "00", "-01", "01.5" and "2.": returns what follows the number, or `at` where it is none. */
static size_t number_end(const char *text, size_t len, size_t at)
{
	size_t first = at + (text[at] == '-'), end = digits_end(text, len, first);

	if (end == first || (text[first] == '0' && end > first + 1))
		return at;
	if (end < len && text[end] == '.') {
		first = end + 1;
		end = digits_end(text, len, first);
		if (end == first)
			return at;
	}
	if (end == len || (text[end] != 'e' && text[end] != 'E'))
		return end;
	end++;
	end += end < len && (text[end] == '+' || text[end] == '-');
	first = end;
	end = digits_end(text, len, first);
	return end == first ? at : end;
}

/* The \u escape at `at`, or -1. */
static long unit_at(const char *text, size_t len, size_t at)
{
	char digits[5] = "", *end;
	long value;

	if (at + 6 > len || text[at] != '\\' || text[at + 1] != 'u')
		return -1;
	memcpy(digits, text + at + 2, 4);
	value = strtol(digits, &end, 16);
	return end == digits + 4 && isxdigit((unsigned char)digits[0]) ? value : -1;
}

/* The length of the escape at `at`; 0: cut short, not of ASCII, or half of a surrogate pair, of which json-c makes U+FFFD. */
static size_t escape_len(const char *text, size_t len, size_t at)
{
	long unit = unit_at(text, len, at), low;

	if (unit < 0xd800 ||
	    unit > 0xdfff) /* json-c refuses what is no escape; no byte of UTF-8 is passed here */
		return at + 2 <= len && text[at + 1] >= 0 ? 2 : 0;
	low = unit_at(text, len, at + 6);
	return unit < 0xdc00 && low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

/* The length of a piece inside of a string, which its quote ends; 0: no JSON. */
static size_t string_piece(const char *text, size_t len, size_t at)
{
	size_t end = at;
	uint32_t c;
	int n;

	while (end < len && is_plain[(unsigned char)text[end]])
		end++;
	if (end > at)
		return end - at;
	if (text[at] == '\\')
		return escape_len(text, len, at);
	n = utf8_read(text + at, len - at, &c);
	return n > 0 && c >= 0x20 ? (size_t)n : 0;
}

/* The same between strings. */
static size_t other_piece(const char *text, size_t len, size_t at)
{
	unsigned char first = (unsigned char)text[at];
	uint32_t c;
	int n;

	if (first == '-' || (first >= '0' && first <= '9'))
		return number_end(text, len, at) - at;
	if (first == '\'' || (first < 0x20 && first != '\t' && first != '\r' && first != '\n'))
		return 0;
	n = first < 0x80 ? 1 : utf8_read(text + at, len - at, &c);
	return n > 0 ? (size_t)n : 0;
}

/*
 * Refuses what some versions of json-c take in strict mode: control characters, strings in single quotes, numbers with
 * zeros before them or none after the point, half surrogate pairs, and bytes that are no UTF-8.  Counts the colons
 * outside of strings: valid text has as many as keys.
 */
static int check_text(const char *text, size_t len, size_t *ret_colons, struct err *err)
{
	bool in_string = false;
	size_t colons = 0, at = 0;

	while (at < len) {
		size_t n;

		if (text[at] == '"') {
			in_string = !in_string;
			n = 1;
		} else if (in_string) {
			n = string_piece(text, len, at);
		} else {
			colons += text[at] == ':';
			n = other_piece(text, len, at);
		}
		if (!n)
			return err_set(
			        err, EINVAL,
			        "no valid JSON: byte 0x%02x is no JSON in UTF-8 (at byte %zu)",
			        (unsigned char)text[at], at);
		at += n;
	}
	*ret_colons = colons;
	return 0;
}

/*
 * What goes to json-c, of at most three times the length (two bytes become six): a text that is valid is so in all its
 * versions once it is ASCII.  In strict mode 0.18 takes bytes from 0x80 on for control characters (json-c issue 875), and
 * JSON_TOKENER_VALIDATE_UTF8 takes overlong forms.  Returns the length.
 */
static size_t to_ascii(const char *text, size_t len, char *ret)
{
	const char *from = ret;

	for (size_t at = 0; at < len;) {
		uint32_t c = 0;

		if (text[at] >= 0) {
			*ret++ = text[at++];
			continue;
		}
		at += (size_t)utf8_read(text + at, len - at, &c);
		if (c < 0x10000)
			ret += snprintf(ret, sizeof("\\u0000"), "\\u%04x", c);
		else
			ret += snprintf(ret, sizeof("\\u0000\\u0000"), "\\u%04x\\u%04x",
			                0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
	}
	*ret = '\0';
	return (size_t)(ret - from);
}

/* How many bytes of the text are in the first so many of its ASCII. */
static size_t bytes_in(const char *text, size_t len, size_t ascii)
{
	size_t at = 0;

	while (at < len && ascii) {
		uint32_t c = 0;
		int n = utf8_read(text + at, len - at, &c);
		size_t width = c < 0x80 ? 1 : c < 0x10000 ? 6 : 12;

		at += n > 0 ? (size_t)n : 1;
		ascii -= ascii < width ? ascii : width;
	}
	return at;
}

/* The closing quote of the string that starts at `at`. */
static size_t string_end(const char *text, size_t len, size_t at)
{
	for (at++; at < len && text[at] != '"'; at++)
		at += text[at] == '\\';
	return at;
}

/* The keys of each object that is open, NULL for an array. */
struct keys {
	struct json_object *seen[JSON_DEPTH_MAX + 1];
	int depth;
};

static void keys_done(struct keys *keys)
{
	for (; keys->depth > 0; keys->depth--)
		json_object_put(keys->seen[keys->depth]);
}

static void keys_step(struct keys *keys, char c)
{
	if ((c == '{' || c == '[') && keys->depth < JSON_DEPTH_MAX)
		keys->seen[++keys->depth] = c == '{' ? json_object_new_object() : NULL;
	if ((c == '}' || c == ']') && keys->depth)
		json_object_put(keys->seen[keys->depth--]);
}

/* json-c keeps the last of several values.  Which one was meant is not ours to guess. */
static int name_duplicate(const char *text, size_t len, struct err *err)
{
	CLEANUP(keys_done) struct keys keys = { 0 };

	for (size_t i = 0, end; i < len; i++) {
		CLEANUP(json_done) struct json_object *key = NULL;
		CLEANUP(str_free) char *quoted = NULL;
		struct json_object *seen = keys.seen[keys.depth];

		keys_step(&keys, text[i]);
		if (text[i] != '"')
			continue;
		end = string_end(text, len, i);
		quoted = strndup(text + i, end + 1 - i);
		i = end;
		end += 1 + strspn(text + end + 1, " \t\r\n");
		if (!quoted || !seen || text[end] != ':')
			continue; /* a value */
		key = json_tokener_parse(quoted);
		if (json_has(seen, json_object_get_string(key)))
			return err_set(err, EINVAL, "the key %.64s is given twice in one object",
			               quoted);
		json_object_object_add(seen, json_object_get_string(key), NULL);
	}
	return err_set(err, EINVAL, "a key is given twice in one object");
}

int json_parse(const char *text, size_t len, struct json_object **ret, struct err *err)
{
	CLEANUP(tokener_free) struct json_tokener *tok = json_tokener_new_ex(JSON_DEPTH_MAX);
	CLEANUP(str_free) char *ascii = len < SIZE_MAX / 4 ? malloc(3 * len + 1) : NULL;
	CLEANUP(json_done) struct json_object *o = NULL;
	size_t ascii_len, colons = 0, nr_keys = 0;
	int rc;

	if (!tok || !ascii)
		return err_set(err, ENOMEM, "out of memory");
	rc = check_text(text, len, &colons, err);
	if (rc)
		return rc;
	ascii_len = to_ascii(text, len, ascii);
	if (ascii_len > INT32_MAX - 1)
		return err_set(err, EFBIG, "JSON text of %zu bytes is too long", len);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	/* with the NUL: a bare number ends only there, and more text after the value is an error */
	o = json_tokener_parse_ex(tok, ascii, (int)ascii_len + 1);
	if (json_tokener_get_error(tok) != json_tokener_success)
		return err_set(err, EINVAL, "no valid JSON: %s (at byte %zu)",
		               json_tokener_error_desc(json_tokener_get_error(tok)),
		               bytes_in(text, len, json_tokener_get_parse_end(tok)));
	if (!walk(o, &nr_keys))
		return err_set(err, EINVAL, "no valid JSON: NaN or Infinity");
	if (colons != nr_keys)
		return name_duplicate(ascii, ascii_len, err);
	*ret = STEAL(&o);
	return 0;
}

int json_parse_fd(int fd, const char *path, size_t max_bytes, struct json_object **ret,
                  struct err *err)
{
	CLEANUP(str_free) char *text = NULL;
	struct stat st;
	ssize_t len;

	if (fstat(fd, &st))
		return err_sys(err, "%s", path);
	if (!S_ISREG(st.st_mode) || (uintmax_t)st.st_size > max_bytes)
		return err_set(err, EFBIG, "%s: not a regular file of at most %zu bytes", path,
		               max_bytes);
	text = malloc((size_t)st.st_size + 2);
	if (!text)
		return err_set(err, ENOMEM, "%s: out of memory", path);
	len = pread(fd, text, (size_t)st.st_size + 1, 0);
	if (len < 0)
		return err_sys(err, "%s", path);
	text[len] = '\0';
	if (json_parse(text, (size_t)len, ret, err))
		return err_in(err, "%s", path);
	return 0;
}

/* The value under key, which must have the type; "integer" is what people call json_type_int. */
static int get(struct json_object *o, const char *where, const char *key, enum json_type type,
               struct json_object **ret, struct err *err)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(o, json_type_object))
		return err_set(err, EINVAL, "%s: expected an object, found %s", where,
		               json_type_to_name(json_object_get_type(o)));
	if (!json_object_object_get_ex(o, key, &value))
		return err_set(err, ENOENT, "%s.%s: missing", where, key);
	if (!json_object_is_type(value, type) &&
	    !(type == json_type_double && json_object_is_type(value, json_type_int)))
		return err_set(err, EINVAL, "%s.%s: expected %s, found %s", where, key,
		               json_type_to_name(type),
		               json_type_to_name(json_object_get_type(value)));
	*ret = value;
	return 0;
}

int json_get_i64(struct json_object *o, const char *where, const char *key, int64_t min,
                 int64_t max, int64_t *ret, struct err *err)
{
	struct json_object *value;
	int rc = get(o, where, key, json_type_int, &value, err);
	int64_t number;

	if (rc)
		return rc;
	number = json_object_get_int64(value);
	/* past INT64_MAX json-c clamps: the unsigned reading tells */
	if (number < min || number > max ||
	    (number == INT64_MAX && json_object_get_uint64(value) != INT64_MAX))
		return err_set(err, EINVAL, "%s.%s: %" PRId64 " is not in %" PRId64 "..%" PRId64,
		               where, key, number, min, max);
	*ret = number;
	return 0;
}

int json_get_u64(struct json_object *o, const char *where, const char *key, uint64_t *ret,
                 struct err *err)
{
	struct json_object *value;
	int rc = get(o, where, key, json_type_int, &value, err);

	if (rc)
		return rc;
	if (json_object_get_int64(value) < 0)
		return err_set(err, EINVAL, "%s.%s: a negative number", where, key);
	*ret = json_object_get_uint64(value);
	return 0;
}

int json_get_double(struct json_object *o, const char *where, const char *key, double *ret,
                    struct err *err)
{
	struct json_object *value;
	int rc = get(o, where, key, json_type_double, &value, err);

	if (rc)
		return rc;
	*ret = json_object_get_double(value);
	return 0;
}

int json_get_bool(struct json_object *o, const char *where, const char *key, bool *ret,
                  struct err *err)
{
	struct json_object *value;
	int rc = get(o, where, key, json_type_boolean, &value, err);

	if (rc)
		return rc;
	*ret = json_object_get_boolean(value);
	return 0;
}

int json_get_string(struct json_object *o, const char *where, const char *key, const char **ret,
                    struct err *err)
{
	struct json_object *value;
	int rc = get(o, where, key, json_type_string, &value, err);

	if (rc)
		return rc;
	if (strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
		return err_set(err, EINVAL, "%s.%s: a string with a NUL inside", where, key);
	*ret = json_object_get_string(value);
	return 0;
}

int json_get_object(struct json_object *o, const char *where, const char *key,
                    struct json_object **ret, struct err *err)
{
	return get(o, where, key, json_type_object, ret, err);
}

int json_get_array(struct json_object *o, const char *where, const char *key,
                   struct json_object **ret, struct err *err)
{
	return get(o, where, key, json_type_array, ret, err);
}

/* All of JSON's own characters are plain: what is not stands inside a string. */
static void write_plain(const char *text, size_t len, FILE *out)
{
	while (len) {
		size_t run = 0;
		uint32_t code;
		int n;

		while (run < len && (unsigned char)text[run] < 0x7f)
			run++;
		fwrite(text, 1, run, out);
		text += run;
		len -= run;
		if (!len)
			return;
		n = utf8_read(text, len, &code);
		if (n > 0 && utf8_is_plain(code))
			fwrite(text, 1, (size_t)n, out);
		else
			fprintf(out, "\\u%04x", n > 0 ? code : 0xfffd);
		n = n > 0 ? n : 1;
		text += n;
		len -= (size_t)n;
	}
}

char *json_line(struct json_object *o, int flags, size_t *ret_len)
{
	size_t len;
	const char *json = json_object_to_json_string_length(o, flags, &len);
	char *text = NULL;
	FILE *out = json ? open_memstream(&text, ret_len) : NULL;
	bool failed;

	if (!out)
		return NULL;
	write_plain(json, len, out);
	fputc('\n', out);
	failed = ferror(out);
	if (!fclose(out) && !failed)
		return text;
	free(text);
	return NULL;
}

int json_print(struct json_object *o, int flags, FILE *out)
{
	size_t len;
	CLEANUP(str_free) char *text = json_line(o, flags, &len);

	if (!text)
		return -ENOMEM;
	fwrite(text, 1, len, out);
	return 0;
}

bool json_has(struct json_object *o, const char *key)
{
	return json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, NULL);
}

void json_done(struct json_object **o)
{
	json_object_put(*o);
	*o = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.c - what people and the kernel write as text, read strictly.  Knows no meaning behind the numbers. */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "stop.h"
#include "utf8.h"

/* Digits from text into *ret; returns how many characters, 0 for none, -ERANGE past 64 bits. */
static int scan_digits(const char *text, uint64_t *ret)
{
	uint64_t value = 0;
	int n = 0;

	for (; isdigit((unsigned char)text[n]); n++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text[n] - '0'), &value))
			return -ERANGE;
	}
	*ret = value;
	return n;
}

int text_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret, struct err *err)
{
	uint64_t value;
	int n = scan_digits(text, &value);

	if (n == 0 || (n > 0 && text[n]))
		return err_set(err, EINVAL, "'%.64s' is not a whole number", text);
	if (n < 0 || value < min || value > max)
		return err_set(err, ERANGE, "'%.64s' is not in %" PRIu64 "..%" PRIu64, text, min,
		               max);
	*ret = value;
	return 0;
}

int text_parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret, struct err *err)
{
	bool negative = text[0] == '-';
	uint64_t magnitude;
	int64_t value;
	int n = scan_digits(text + negative, &magnitude);

	if (n == 0 || (n > 0 && text[negative + n]))
		return err_set(err, EINVAL, "'%.64s' is not a whole number", text);
	if (n < 0 || magnitude > INT64_MAX)
		return err_set(err, ERANGE, "'%.64s' is not in %" PRId64 "..%" PRId64, text, min,
		               max);
	value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	if (value < min || value > max)
		return err_set(err, ERANGE, "'%.64s' is not in %" PRId64 "..%" PRId64, text, min,
		               max);
	*ret = value;
	return 0;
}

int text_parse_size(const char *text, uint64_t *ret_bytes, struct err *err)
{
	static const char units[] = "kMGT";
	uint64_t value;
	int n = scan_digits(text, &value);
	const char *unit = "";
	int shift = 0;

	if (n > 0 && text[n]) {
		unit = strchr(units, text[n] == 'K' ? 'k' : text[n]);
		shift = unit ? 10 * (int)(unit - units + 1) : 0;
	}
	if (n == 0 || (n > 0 && text[n] && (!unit || text[n + 1])))
		return err_set(err, EINVAL, "'%.64s' is not a size such as 4k, 512M or 1G", text);
	if (n < 0 || (shift && value >> (64 - shift)))
		return err_set(err, ERANGE, "'%.64s' is too large a size", text);
	*ret_bytes = value << shift;
	return 0;
}

static const struct {
	const char *name;
	int64_t ns;
} duration_units[] = {
	{ "h", 3600 * NSEC_PER_SEC },
	{ "m", 60 * NSEC_PER_SEC },
	{ "s", NSEC_PER_SEC },
	{ "ms", 1000000 },
	{ "us", 1000 },
	{ "ns", 1 },
};

static int64_t unit_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(duration_units); i++) {
		if (!strcmp(name, duration_units[i].name))
			return duration_units[i].ns;
	}
	return 0;
}

int text_parse_duration(const char *text, int64_t *ret_ns, struct err *err)
{
	uint64_t whole, fraction = 0;
	int64_t unit, ns, scale = 1;
	int n = scan_digits(text, &whole), tail = n, digits = 0;

	if (n > 0 && text[n] == '.') {
		digits = scan_digits(text + n + 1, &fraction);
		tail = n + 1 + digits;
	}
	if (n == 0 || digits < 0 || digits > 9 || (n > 0 && text[n] == '.' && !digits))
		return err_set(err, EINVAL, "'%.64s' is not a time such as 5s, 200ms or 1.5s",
		               text);
	unit = n > 0 ? unit_find(text + tail) : 0;
	if (n > 0 && !unit)
		return err_set(err, EINVAL, "'%.64s' is not a time such as 5s, 200ms or 1.5s",
		               text);
	for (int i = 0; i < digits; i++)
		scale *= 10;
	if (n < 0 || whole > INT64_MAX || __builtin_mul_overflow((int64_t)whole, unit, &ns) ||
	    __builtin_add_overflow(ns, (int64_t)((__int128)fraction * unit / scale), &ns))
		return err_set(err, ERANGE, "'%.64s' is too long a time", text);
	if ((__int128)fraction * unit % scale)
		return err_set(err, EINVAL, "'%.64s' is finer than a nanosecond", text);
	*ret_ns = ns;
	return 0;
}

void text_format_size(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = { "", "k", "M", "G", "T" };
	size_t unit = 0;

	while (unit + 1 < ARRAY_SIZE(units) && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	snprintf(buf, size, "%" PRIu64 "%s", bytes, units[unit]);
}

void text_format_duration(int64_t ns, char *buf, size_t size)
{
	if (ns == 0) {
		text_copy(buf, size, "0s");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(duration_units); i++) {
		if (ns % duration_units[i].ns == 0) {
			snprintf(buf, size, "%" PRId64 "%s", ns / duration_units[i].ns,
			         duration_units[i].name);
			return;
		}
	}
}

int text_copy(char *buf, size_t size, const char *text)
{
	int n = snprintf(buf, size, "%s", text);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

void text_escape(const void *bytes, size_t len, char *buf, size_t size)
{
	const unsigned char *in = bytes;
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		char one[8];
		int n;

		if (in[i] == '\n' || in[i] == '\t' || in[i] == '\\')
			n = snprintf(one, sizeof(one), "\\%c",
			             in[i] == '\n'   ? 'n'
			             : in[i] == '\t' ? 't'
			                             : '\\');
		else if (in[i] < 0x20 || in[i] >= 0x7f)
			n = snprintf(one, sizeof(one), "\\x%02x", in[i]);
		else
			n = snprintf(one, sizeof(one), "%c", in[i]);
		if (used + (size_t)n + 4 > size) {
			snprintf(buf + used, size - used, "...");
			return;
		}
		memcpy(buf + used, one, (size_t)n);
		used += (size_t)n;
	}
	if (size)
		buf[used] = '\0';
}

void text_make_plain(char *text)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t code;
		int n = utf8_read(text, left, &code);
		size_t step = n > 0 ? (size_t)n : 1;

		if (n < 0 || !utf8_is_plain(code))
			memset(text, '?', step);
		text += step;
		left -= step;
	}
}

bool text_is_plain(const char *text)
{
	uint32_t code;

	for (size_t left = strlen(text); left;) {
		int n = utf8_read(text, left, &code);

		if (n < 0 || !utf8_is_plain(code))
			return false;
		text += n;
		left -= (size_t)n;
	}
	return true;
}

void text_print_plain(const char *text, size_t len, FILE *out)
{
	while (len) {
		uint32_t code;
		int n = utf8_read(text, len, &code);

		if (n > 0 && utf8_is_plain(code)) {
			fwrite(text, 1, (size_t)n, out);
		} else {
			n = 1;
			fprintf(out, "\\x%02x", (unsigned char)*text);
		}
		text += n;
		len -= (size_t)n;
	}
}

int text_split(char *text, char sep, char **parts, int max)
{
	int nr = 0, depth = 0;

	for (char *start = text;; text++) {
		if (*text == '[' || *text == '{')
			depth++;
		else if ((*text == ']' || *text == '}') && depth > 0)
			depth--;
		if (*text && (*text != sep || depth))
			continue;
		if (nr == max)
			return -E2BIG;
		parts[nr++] = start;
		if (!*text)
			return nr;
		*text = '\0';
		start = text + 1;
	}
}

int text_read_at(int dirfd, const char *path, char *buf, size_t size, struct err *err)
{
	CLEANUP(fd_close) int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t used = 0;

	if (fd < 0)
		return err_sys(err, "%s", path);
	while (used < size - 1) {
		ssize_t n = read(fd, buf + used, size - 1 - used);

		if (n < 0 && errno == EINTR && !stop_wanted())
			continue;
		if (n < 0)
			return err_sys(err, "%s", path);
		if (n == 0)
			break;
		used += (size_t)n;
	}
	if (used && buf[used - 1] == '\n')
		used--;
	buf[used] = '\0';
	return (int)used;
}

int text_read_file(const char *path, char *buf, size_t size, struct err *err)
{
	return text_read_at(AT_FDCWD, path, buf, size, err);
}

/* A descriptor is not blocking where another process made it so, and then it is waited for. */
static int wait_to_write(int fd)
{
	struct pollfd out = { .fd = fd, .events = POLLOUT };

	if (errno == EAGAIN && poll(&out, 1, -1) >= 0)
		return 0;
	return errno == EINTR && !stop_wanted() ? 0 : -1;
}

int text_write_all(int fd, const void *bytes, size_t len, struct err *err)
{
	const char *from = bytes;

	while (len) {
		ssize_t n = write(fd, from, len);

		if (n < 0 && !wait_to_write(fd))
			continue;
		if (n < 0)
			return err_sys(err, "write");
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

size_t text_distance(const char *a, const char *b)
{
	size_t row[64], la = strlen(a), lb = strlen(b);

	if (lb >= ARRAY_SIZE(row) || la > 64)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

size_t text_slips(size_t len)
{
	return len < 6 ? 1 : len < 12 ? 2 : 3;
}

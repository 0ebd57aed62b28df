/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - numbers, sizes and durations as people write them; bounded strings; small files read whole.
 *
 * Parsers take the whole text or refuse it: no leading space, no sign, no tail, no silent clamp.  Formatters
 * write what the parser reads back to the same value.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "err.h"

#define NSEC_PER_SEC 1000000000LL

/* CLOCK_MONOTONIC in ns: the one clock of deadlines and windows. */
static inline int64_t clock_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* Decimal, min..max inclusive. */
int text_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret, struct err *err)
        MUST_CHECK;
/* The same with an optional leading '-'. */
int text_parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret, struct err *err)
        MUST_CHECK;
/* Bytes: digits and an optional k, M, G or T (powers of 1024; K is k).  "4k", "512M", "1G". */
int text_parse_size(const char *text, uint64_t *ret_bytes, struct err *err) MUST_CHECK;
/* Time: number (a fraction is allowed) and a unit ns, us, ms, s, m, h.  "1.5s", "200us".  0 is refused unless "0s". */
int text_parse_duration(const char *text, int64_t *ret_ns, struct err *err) MUST_CHECK;

/* The largest unit that loses nothing: 4096 -> "4k", 1500000000 ns -> "1500ms". */
void text_format_size(uint64_t bytes, char *buf, size_t size);
void text_format_duration(int64_t ns, char *buf, size_t size);

/* Copies and terminates; -ENAMETOOLONG (buf then holds the cut text) where it does not fit. */
int text_copy(char *buf, size_t size, const char *text);
/* Foreign bytes made printable: \n \t \\ \xNN; cut text ends in "...". */
void text_escape(const void *bytes, size_t len, char *buf, size_t size);
/* A line for a terminal: each byte of a control character (C0, DEL, C1), of one that changes the direction or the end of
 * a line (Unicode's bidirectional controls and separators), and of what is no UTF-8 becomes '?'. */
void text_make_plain(char *text);
bool text_is_plain(const char *text);
/* The same for what is printed in any length: such bytes become \xNN. */
void text_print_plain(const char *text, size_t len, FILE *out);
/* Splits in place at sep outside of [ ] and { }; returns the count or -E2BIG.  Parts point into text. */
int text_split(char *text, char sep, char **parts, int max);

/* Reads at most size-1 bytes of a small (sysfs, procfs) file, strips the last newline.  Returns the length. */
int text_read_file(const char *path, char *buf, size_t size, struct err *err) MUST_CHECK;
int text_read_at(int dirfd, const char *path, char *buf, size_t size, struct err *err) MUST_CHECK;
/* Writes all of it, through short writes, EINTR and EAGAIN; a signal ends it (stop.h). */
int text_write_all(int fd, const void *bytes, size_t len, struct err *err) MUST_CHECK;

/* Edit distance (Levenshtein) of two names; SIZE_MAX where one is longer than 63 bytes. */
size_t text_distance(const char *a, const char *b);
/* So many slips that a name of this length is still the same word: more would give a short one another's meaning. */
size_t text_slips(size_t len);

#endif

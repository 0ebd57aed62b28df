/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * more_results.c - LINES result lines out of the few of a real sweep, for tests of large files.
 *
 *	more_results FILE LINES [SWEEPS] >large.jsonl
 *
 * The lines are repeated in turn with another block, repeat and time, and new digits in their figures, threads and
 * histograms: as long as the real ones, and no two alike.  Each sweep of several has arms of its own.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"

#define SOURCE_LINES_MAX 4096

/* Where one copy stands among all. */
struct copy {
	size_t round, sweep, line;
	uint64_t state;
};

static unsigned next_digit(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	return (unsigned)((z >> 33) % 10);
}

/* "key": at the place where at stands? */
static bool is_key(const char *at, const char *key)
{
	size_t len = strlen(key);

	return *at == '"' && !strncmp(at + 1, key, len) && at[1 + len] == '"' && at[2 + len] == ':';
}

/* Writes the key with a whole number that is larger; returns what follows the old one. */
static const char *put_more(const char *at, const char *key, size_t more)
{
	char *end;
	unsigned long old = strtoul(at + strlen(key) + 3, &end, 10);

	printf("\"%s\":%zu", key, old + more);
	return end;
}

/* The digits after the first of each number are drawn anew, those of an exponent and of strings are not; every second
 * number of histograms is a bucket's edge and stays. */
static void put_with_noise(const char *at, const char *end, uint64_t *state)
{
	bool inside = false, edge = false;
	char before = ' ';

	for (; at < end; before = *at++) {
		bool digit = isdigit((unsigned char)*at);

		if (*at == '"' && before != '\\')
			inside = !inside;
		if (*at == '[')
			edge = true;
		else if (*at == ',' || *at == ':')
			edge = false;
		if (!inside && !edge && digit && (isdigit((unsigned char)before) || before == '.'))
			putchar('0' + (int)next_digit(state));
		else
			putchar(*at);
	}
}

static void put_line(const char *line, struct copy *copy)
{
	const char *figures = strstr(line, "\"figures\":");
	const char *at = line, *end = figures ? figures : line + strlen(line);

	while (at < end) {
		if (is_key(at, "block")) {
			at = put_more(at, "block", copy->round * 100);
		} else if (is_key(at, "repeat")) {
			at = put_more(at, "repeat", copy->round * 100);
		} else if (is_key(at, "order")) {
			at = put_more(at, "order", copy->round * 100);
		} else if (is_key(at, "started")) {
			at += strlen("\"started\":\"2026-11-24T14:49:36.358Z\"");
			printf("\"started\":\"2026-%02zu-%02zuT%02zu:%02zu:%02zu.%03zuZ\"",
			       copy->line / 28 / 86400000 % 12 + 1, copy->line / 86400000 % 28 + 1,
			       copy->line / 3600000 % 24, copy->line / 60000 % 60,
			       copy->line / 1000 % 60, copy->line % 1000);
		} else if (copy->sweep && (is_key(at, "arm") || is_key(at, "control_of"))) {
			const char *name = strchr(at, ':') + 2, *quote = strchr(name, '"');

			printf("%.*s #%zu", (int)(quote - at), at, copy->sweep);
			at = quote;
		} else {
			putchar(*at++);
		}
	}
	put_with_noise(at, line + strlen(line), &copy->state);
	putchar('\n');
}

static void lines_free(char *(*lines)[SOURCE_LINES_MAX])
{
	for (size_t i = 0; i < SOURCE_LINES_MAX; i++)
		free((*lines)[i]);
}

int main(int argc, char **argv)
{
	CLEANUP(lines_free) char *lines[SOURCE_LINES_MAX] = { NULL };
	uint64_t wanted, sweeps = 1;
	size_t nr = 0, room = 0;
	FILE *in = argc > 2 ? fopen(argv[1], "re") : NULL;

	if (!in || text_parse_u64(argv[2], 1, 100000000, &wanted, NULL) ||
	    (argc > 3 && text_parse_u64(argv[3], 1, 1000, &sweeps, NULL))) {
		fprintf(stderr, "usage: more_results FILE LINES [SWEEPS]\n");
		return 2;
	}
	while (nr < SOURCE_LINES_MAX && getline(&lines[nr], &room, in) > 0) {
		lines[nr][strcspn(lines[nr], "\n")] = '\0';
		nr++;
		room = 0;
	}
	fclose(in);
	if (!nr)
		return 1;
	for (uint64_t i = 0; i < wanted; i++) {
		struct copy copy = { .line = i, .state = i };

		copy.sweep = i / nr % sweeps;
		copy.round = i / nr / sweeps;
		put_line(lines[i % nr], &copy);
	}
	return fflush(stdout) || ferror(stdout);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event_pmu.c - "cpu/event=0x3c,umask=0x0/" to perf's numbers, by what the PMU says in sysfs: `type`, format/TERM
 * ("config:0-7,32-35") and events/NAME ("event=0x3c,umask=0x00").  The files are the kernel's, but from a recorded
 * tree too: both are bounded and checked.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "events.h"
#include "text.h"

#define TERMS_MAX 24
#define ALIASES   2 /* an alias may hold terms, not another alias of an alias */

struct pmu {
	const char *sysfs, *name;
};

static int read_pmu(const struct pmu *pmu, const char *folder, const char *file, char *buf,
                    size_t size, struct err *err)
{
	char path[512];

	if (snprintf(path, sizeof(path), "%s/%s/%s%s%s", pmu->sysfs, pmu->name, folder,
	             *folder ? "/" : "", file) >= (int)sizeof(path))
		return err_set(err, ENAMETOOLONG, "'%.32s...' is too long a name", file);
	return text_read_file(path, buf, size, err);
}

/* A name may not climb out of its folder. */
static bool is_word(const char *text)
{
	size_t len = strspn(text,
	                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	return len && !text[len] && text[0] != '.';
}

static int parse_number(const char *text, uint64_t *ret, struct err *err)
{
	char *end;
	uint64_t value;

	if (!isdigit((unsigned char)*text))
		return err_set(err, EINVAL, "'%.64s' is no number", text);
	errno = 0;
	value = strtoull(text, &end, 0);
	if (*end || errno)
		return err_set(err, EINVAL, "'%.64s' is no number of 64 bits", text);
	*ret = value;
	return 0;
}

/* Spreads the value's bits over "0-7,32-35", lowest first. */
static int spread_bits(const char *ranges, uint64_t value, uint64_t *field)
{
	while (*ranges) {
		unsigned low, high;
		int used = 0;

		if (sscanf(ranges, "%u%n", &low, &used) != 1)
			return -EINVAL;
		ranges += used;
		high = low;
		if (*ranges == '-') {
			if (sscanf(ranges, "-%u%n", &high, &used) != 1)
				return -EINVAL;
			ranges += used;
		}
		if (low > high || high > 63)
			return -EINVAL;
		for (unsigned bit = low; bit <= high; bit++, value >>= 1)
			*field |= (value & 1) << bit;
		if (*ranges == ',')
			ranges++;
		else if (*ranges)
			return -EINVAL;
	}
	return value ? -ERANGE : 0;
}

static uint64_t *field_of(struct event *event, const char *name, size_t len)
{
	if (len == 6 && !strncmp(name, "config", len))
		return &event->config;
	if (len == 7 && !strncmp(name, "config1", len))
		return &event->config1;
	if (len == 7 && !strncmp(name, "config2", len))
		return &event->config2;
	return NULL;
}

static int set_term(const struct pmu *pmu, const char *term, const char *value, struct event *event,
                    struct err *err)
{
	uint64_t number = 1, *field = field_of(event, term, strlen(term));
	char format[128];
	size_t len;
	int rc = value ? parse_number(value, &number, err) : 0;

	if (rc)
		return err_in(err, "%s", term);
	if (field) {
		*field = number;
		return 0;
	}
	if (read_pmu(pmu, "format", term, format, sizeof(format), NULL) < 0)
		return err_set(err, EINVAL, "the PMU '%s' knows no '%.64s' (%s/%s/format)",
		               pmu->name, term, pmu->sysfs, pmu->name);
	len = strcspn(format, ":");
	field = field_of(event, format, len);
	if (!field || !format[len])
		return err_set(err, EINVAL, "%s/format/%s says '%.40s', which is not understood",
		               pmu->name, term, format);
	rc = spread_bits(format + len + 1, number, field);
	if (rc == -ERANGE)
		return err_set(err, ERANGE, "%s=%s does not fit into %s's bits %.40s", term,
		               value ? value : "1", pmu->name, format + len + 1);
	return rc ? err_set(err, EINVAL, "%s/format/%s says '%.40s', which is not understood",
	                    pmu->name, term, format)
	          : 0;
}

static int set_terms(const struct pmu *pmu, const char *terms, int aliases, struct event *event,
                     struct err *err);

static int set_one(const struct pmu *pmu, char *term, int aliases, struct event *event,
                   struct err *err)
{
	char *value = strchr(term, '='), alias[512];

	if (value)
		*value++ = '\0';
	if (!is_word(term))
		return err_set(err, EINVAL, "'%.64s' is no term of a PMU", term);
	if (value && (!strcmp(term, "period") || !strcmp(term, "freq")))
		return err_set(err, EINVAL, "'%s' is for sampling; here events are counted", term);
	if (value && !strcmp(term, "name"))
		return err_set(err, EINVAL,
		               "'name' gives an event another name; here its figure is named as "
		               "the event is spelled");
	if (!value && aliases && read_pmu(pmu, "events", term, alias, sizeof(alias), NULL) >= 0)
		return set_terms(pmu, alias, aliases - 1, event, err);
	return set_term(pmu, term, value, event, err);
}

static int set_terms(const struct pmu *pmu, const char *terms, int aliases, struct event *event,
                     struct err *err)
{
	char text[512], *part[TERMS_MAX];
	int nr, rc = 0;

	if (!*terms)
		return 0;
	if (text_copy(text, sizeof(text), terms))
		return err_set(err, ENAMETOOLONG, "too long a list of terms");
	nr = text_split(text, ',', part, TERMS_MAX);
	if (nr < 0)
		return err_set(err, E2BIG, "more than %d terms", TERMS_MAX);
	for (int i = 0; i < nr && !rc; i++)
		rc = set_one(pmu, part[i], aliases, event, err);
	return rc;
}

int event_pmu_parse(const char *sysfs, const char *name, const char *terms, struct event *ret,
                    struct err *err)
{
	const struct pmu pmu = { sysfs, name };
	struct event event = *ret;
	uint64_t type;
	char text[32];
	int rc;

	if (!is_word(name))
		return err_set(err, EINVAL, "'%.64s' is no name of a PMU", name);
	if (read_pmu(&pmu, "", "type", text, sizeof(text), NULL) < 0)
		return err_set(err, ENOENT, "there is no PMU '%.64s' here (%s)", name, sysfs);
	if (text_parse_u64(text, 0, UINT32_MAX, &type, err))
		return err_in(err, "%s/%s/type", sysfs, name);
	event.type = (uint32_t)type;
	rc = set_terms(&pmu, terms, ALIASES, &event, err);
	if (!rc)
		*ret = event;
	return rc;
}

/* Into the list of those that have the event: 1, or 0 where this one has none. */
static int add_pmu(const char *sysfs, const char *pmu, const char *event, char *found, size_t size)
{
	const struct pmu one = { sysfs, pmu };
	char terms[512];

	if (!is_word(pmu) || read_pmu(&one, "events", event, terms, sizeof(terms), NULL) < 0)
		return 0;
	snprintf(found + strlen(found), size - strlen(found), "%s%s", found[0] ? ", " : "", pmu);
	return 1;
}

int event_pmu_find(const char *sysfs, const char *name, struct event *ret, struct err *err)
{
	char found[256] = "";
	struct dirent *entry;
	int nr;

	if (!is_word(name))
		return 0;
	/* the core's own goes before all others */
	nr = add_pmu(sysfs, "cpu", name, found, sizeof(found));
	if (!nr) {
		CLEANUP(dir_close) DIR *dir = opendir(sysfs);

		while (dir && (entry = readdir(dir)))
			nr += add_pmu(sysfs, entry->d_name, name, found, sizeof(found));
	}
	if (nr > 1)
		return err_set(err, EINVAL, "several PMUs have it (%s): say which, as PMU/%s/",
		               found, name);
	if (!nr)
		return 0;
	nr = event_pmu_parse(sysfs, found, name, ret, err);
	return nr < 0 ? nr : 1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * results.h - result lines (qlaunch.result/1) read from files, kept as numbers.  Knows no statistics.
 *
 * One struct result_trial a line, one struct result_value a figure of a line; names are numbers into the tables.
 * The files are foreign: torn, broken, huge and unknown lines are skipped and counted, everything is bounded.
 */
#ifndef REPORT_RESULTS_H
#define REPORT_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "names.h"
#include "reasons.h"

#define RESULTS_LINE_MAX      (4 * 1024 * 1024)
#define RESULTS_ARMS_MAX      4096
#define RESULTS_WORKLOADS_MAX 256
#define RESULTS_FIGURES_MAX   2048
#define RESULTS_REASONS_MAX   4096
#define RESULTS_HOSTS_MAX     32
#define RESULTS_SPECS_MAX     4096

#define RESULTS_FILES_MAX 64

/* What a file is to the comparison; the old come first, then the new. */
enum result_side {
	SIDE_ALONE, /* the first file is held against each of the others */
	SIDE_OLD,
	SIDE_NEW,
	SIDE_SAME, /* compared with nothing: the spread between sessions is learned from it */
	NR_SIDES
};

#define RESULT_NATIVE   (-1)
#define RESULT_NO_GROUP (-2)

enum result_better { RESULT_NONE, RESULT_LOWER, RESULT_HIGHER };

/* Where a trial's I/O was served from: cache=writeback serves even a guest's O_DIRECT from the host's memory. */
enum result_source { SOURCE_UNKNOWN, SOURCE_DISK, SOURCE_PAGE_CACHE };

struct result_trial {
	uint64_t seed, started; /* hashes of what the line says; 0: nothing */
	uint32_t block, repeat;
	uint16_t arm, workload;
	int error;      /* its number in reasons, -1: it ran */
	int boot_group; /* arms of the same share a block's VM; -1: native; RESULT_NO_GROUP */
	int spec;       /* its number in specs, -1: not recorded */
	int16_t host;   /* its number in hosts, -1: not recorded */
	int16_t machine; /* that of the host; a changed kernel or setting does not make another one */
	int16_t accel, observer; /* their numbers in accels and observers, -1: none, or not said */
	uint8_t file;            /* its number in files */
	uint8_t reads, writes;   /* enum result_source */
	bool has_exits, has_preemptors; /* lists of --observe deep, empty or not */
	bool duplicate;                 /* the same trial once more: a file given twice */
};

struct result_value {
	uint32_t trial;
	uint16_t figure;
	union {
		uint16_t why; /* value is NaN: its number in reasons */
		uint16_t
		        share; /* else: of the time that it was counted, in 1/RESULT_SHARE; 0: all of it */
	};
	double value;
};

#define RESULT_SHARE    10000
#define RESULT_AT_LEAST 0x8000 /* in `share`: the value is a lower bound */

struct result_figure {
	char unit[24];
	enum result_better better;
};

struct results_skipped {
	unsigned long torn, broken, foreign, version, too_long, over, duplicates;
};

struct results;
struct json_object;

/* Sees every line that was taken, while it is there: for what the tables do not keep. */
struct results_watch {
	int (*line)(void *context, const struct results *results, size_t trial,
	            struct json_object *line); /* borrowed; 0 or -ENOMEM */
	void *context;
};

struct results {
	struct names arms, workloads, figures, reasons, hosts, accels, qemus, files;
	struct names specs;                 /* JSON without blanks */
	struct names observers;             /* levels of --observe */
	struct names designs;               /* sweeps that say how many trials they plan */
	unsigned long nr_planned;           /* by all of them */
	int planned_repeats, planned_boots; /* of an arm, the least of them; 0: they do not say */
	int planned_looks; /* of --until-ci, the most of them: each has its share of the level; 0: none */
	struct names warnings,
	        warning_kinds; /* the first of each kind; the kind: without its numbers */
	struct result_figure figure[RESULTS_FIGURES_MAX];
	int arm_order[RESULTS_ARMS_MAX];  /* as planned; INT_MAX: the lines do not say */
	int control_of[RESULTS_ARMS_MAX]; /* the arm it repeats under another name, or -1 */
	bool is_parted
	        [RESULTS_ARMS_MAX];    /* one file's part of an arm that several experiments have */
	int twin_of[RESULTS_ARMS_MAX]; /* the same arm of the first of several files, or -1 */
	int same_of[RESULTS_ARMS_MAX]; /* its trials in files of SIDE_SAME, or -1 */
	bool is_same[RESULTS_ARMS_MAX];  /* such trials */
	uint8_t side[RESULTS_FILES_MAX]; /* enum result_side, by file */
	double session_spread; /* given: the SD between sessions as a share; 0: to be learned */
	char primary[RESULTS_WORKLOADS_MAX][128];     /* names, space separated; "" */
	unsigned long nr_warned[RESULTS_REASONS_MAX]; /* lines, by number of its kind */
	char baseline[256];                           /* as planned, or "" */
	struct result_trial *trial;
	struct result_value *value;
	size_t nr_trials, nr_values, room_trials, room_values;
	int nr_copies; /* files that hold only lines of the files before them */
	bool is_copy[RESULTS_FILES_MAX];
	size_t nr_retried; /* failures that a later line of the same trial makes good */
	unsigned long nr_cut, more_hosts;
	struct reason_rows reason_rows; /* of --observe deep */
	struct results_skipped skipped;
	const struct results_watch *watch; /* NULL, or set before the first file; borrowed */
};

/* Large: on the heap.  NULL: no memory. */
struct results *results_new(void);
/* Adds the lines of one file (or pipe). */
int results_read_file(struct results *results, const char *path, struct err *err) MUST_CHECK;
/* Adds one line without its newline.  whole: a newline followed.  -ENOMEM only. */
int results_read_line(struct results *results, const char *text, size_t len, bool whole) MUST_CHECK;
/* After the last line: marks what is there twice, and parts arms of the same name that are of other experiments. */
int results_finish(struct results *results) MUST_CHECK;
/* Lines that were not taken, of all kinds. */
unsigned long results_nr_skipped(const struct results *results);
const char *results_better_name(enum result_better better);
void results_free(struct results **results);

#endif

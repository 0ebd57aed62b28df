/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sheet.h - a page of text of a fixed width: wrapped lines with a label, and numbered reasons for what is not known.
 * Everything that goes through it is printable ASCII, whatever a file says.
 */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include <stdbool.h>
#include <stdio.h>

#define SHEET_REASONS_MAX 99

struct sheet {
	FILE *out;
	/* Where set, labelled lines go here, whole and as the file has them. */
	void (*put_line)(FILE *out, const char *label, const char *text);
	int width;
	bool coloured;
	int nr_reasons;
	const char *reason[SHEET_REASONS_MAX]; /* borrowed */
};

enum sheet_colour { SHEET_PLAIN, SHEET_BOLD, SHEET_GOOD, SHEET_BAD };

/* What turns a colour on, or with SHEET_PLAIN all of them off; "" on a sheet without. */
const char *sheet_colour(const struct sheet *sheet, enum sheet_colour colour);
/* "  label  text", the text wrapped at blanks and indented under itself. */
void sheet_line(struct sheet *sheet, const char *label, const char *text);
/* The same from bytes of a file. */
void sheet_foreign_line(struct sheet *sheet, const char *label, const char *text);
/* The text alone, wrapped behind so many blanks. */
void sheet_indented(struct sheet *sheet, int indent, const char *text);
/* Goes on in a line that already has `indent` columns; what does not fit stands below, under its start. */
void sheet_hanging(struct sheet *sheet, int indent, const char *text);
/* Cuts the text to so many columns; a cut one ends in dots. */
void sheet_cut(char *text, int room);
/* "n/a 3": the reason's number; the last number is that of all for which there is none left, and says so. */
void sheet_reason(struct sheet *sheet, const char *why, char *buf, size_t size);
/* The numbered reasons, after a table that used some. */
void sheet_reasons(struct sheet *sheet);

#endif

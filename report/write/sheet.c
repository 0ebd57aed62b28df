/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sheet.c - wrapped lines and numbered reasons. */
#include "sheet.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"

#define LABEL_COLUMNS 13

/* How much of text goes into `room` columns: up to a blank, or a word too long for any line cut through. */
static int take(const char *text, int room)
{
	int len = (int)strlen(text), at = room;

	if (len <= room)
		return len;
	while (at > 0 && text[at] != ' ')
		at--;
	return at > 0 ? at : room;
}

void sheet_line(struct sheet *sheet, const char *label, const char *text)
{
	if (sheet->put_line) {
		sheet->put_line(sheet->out, label, text);
		return;
	}
	fprintf(sheet->out, "  %-*s", LABEL_COLUMNS, label);
	sheet_hanging(sheet, 2 + LABEL_COLUMNS, text);
}

void sheet_hanging(struct sheet *sheet, int indent, const char *text)
{
	int before = 0;

	do {
		int len = take(text, sheet->width - indent);

		fprintf(sheet->out, "%*s%.*s\n", before, "", len, text);
		text += len;
		text += strspn(text, " ");
		before = indent;
	} while (*text);
}

void sheet_indented(struct sheet *sheet, int indent, const char *text)
{
	fprintf(sheet->out, "%*s", indent, "");
	sheet_hanging(sheet, indent, text);
}

void sheet_cut(char *text, int room)
{
	static const char dots[] = "...";
	int len = room < 0 ? 0 : room, mark = len < 3 ? len : 3;

	if ((int)strlen(text) > len)
		snprintf(text + len - mark, (size_t)mark + 1, "%s", dots);
}

void sheet_foreign_line(struct sheet *sheet, const char *label, const char *text)
{
	char safe[4096];

	if (sheet->put_line) {
		sheet->put_line(sheet->out, label, text);
		return;
	}
	text_escape(text, strlen(text), safe, sizeof(safe));
	sheet_line(sheet, label, safe);
}

void sheet_reason(struct sheet *sheet, const char *why, char *buf, size_t size)
{
	int i = 0;

	while (i < sheet->nr_reasons && strcmp(sheet->reason[i], why))
		i++;
	if (i >= SHEET_REASONS_MAX - 1) {
		i = SHEET_REASONS_MAX - 1;
		why = "another reason than these: see the JSON report";
	}
	if (i >= sheet->nr_reasons)
		sheet->reason[sheet->nr_reasons++] = why;
	snprintf(buf, size, "n/a %d", i + 1);
}

void sheet_reasons(struct sheet *sheet)
{
	for (int i = 0; i < sheet->nr_reasons; i++) {
		char label[16];

		snprintf(label, sizeof(label), "n/a %d", i + 1);
		sheet_foreign_line(sheet, label, sheet->reason[i]);
	}
}

const char *sheet_colour(const struct sheet *sheet, enum sheet_colour colour)
{
	static const char *const codes[] = {
		[SHEET_PLAIN] = "\033[0m",
		[SHEET_BOLD] = "\033[1m",
		[SHEET_GOOD] = "\033[32m",
		[SHEET_BAD] = "\033[31m",
	};

	return sheet->coloured ? codes[colour] : "";
}

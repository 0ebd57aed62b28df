/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_out.h - foreign text into a page, so that it stays text: as HTML, and as JSON inside a <script> block.
 *
 * In a <script> nothing but "</script" and "<!--" ends or changes the block, so no '<' is ever written there.
 */
#ifndef REPORT_HTML_OUT_H
#define REPORT_HTML_OUT_H

#include <stddef.h>
#include <stdio.h>

/* Text for HTML: < > & and both quotes as entities, what is no UTF-8 as U+FFFD, control characters as blanks. */
void html_out_text(FILE *out, const char *text);
/* Text as a JSON string, with its quotes. */
void html_out_json_text(FILE *out, const char *text);
/* What is JSON already (its grammar was checked); bytes that are no UTF-8 become U+FFFD. */
void html_out_json(FILE *out, const char *text, size_t len);
/* Seven digits, or null. */
void html_out_number(FILE *out, double value);
/* A program of ours or of a library: "</script" and "<!--" are written so that they mean the same in a string. */
void html_out_script(FILE *out, const char *text, size_t len);

#endif

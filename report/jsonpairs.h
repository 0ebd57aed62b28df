/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jsonpairs.h - passes arrays of whole numbers, [[low,count],[low,count]...], 64 bytes at a time: the histograms are
 * half of a result line, and nobody but the page of HTML wants them.
 */
#ifndef REPORT_JSONPAIRS_H
#define REPORT_JSONPAIRS_H

/* at: behind an array's opening bracket.  Returns the place behind its last element that was passed, and then a comma,
 * the end of the array or anything else is to be looked at; or at itself. */
const char *jsonpairs_pass(const char *at, const char *end);

#endif

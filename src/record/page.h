/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/page.h - where a report for people is written: lines that never get wider than the page.
 *
 * Everything printed passes through text_clean(), so nothing from outside reaches a terminal raw,
 * and is cut or wrapped at the right margin. Spaces are only written when something follows them.
 * The first error of the stream is kept; later calls do nothing.
 */
#ifndef WEIR_RECORD_PAGE_H
#define WEIR_RECORD_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "record/report.h"

#define PAGE_COLUMNS_MIN 60  /* the longest address with its label and indent fits */
#define PAGE_COLUMNS_MAX 100 /* longer lines are hard to read */
#define PAGE_TEXT_MAX 4096   /* bytes of one piece of text; the rest is cut */

enum paint {
	PAINT_PLAIN,
	PAINT_STRONG, /* headings */
	PAINT_FAINT,  /* labels and axes */
	PAINT_GOOD,
	PAINT_INFO,
	PAINT_LOW,
	PAINT_MEDIUM,
	PAINT_HIGH,
	PAINT_CRITICAL,
	PAINT_COUNT
};

struct page {
	FILE *out;
	unsigned columns; /* width of the page */
	unsigned written; /* columns of this line that are written */
	unsigned column;  /* where the next text goes; >= written */
	bool color, is_ascii;
	int error; /* −errno of the first write that failed */
};

void page_open(struct page *page, const struct text_style *style, FILE *out);

/* Flushes. Returns 0 or the first error as −errno. */
int page_close(struct page *page);

/* The paint of a severity. */
enum paint page_severity_paint(enum severity severity);

/* Moves right to the column (counted from 0); does nothing when already there or beyond. */
void page_to(struct page *page, unsigned column);

/* Writes text here; what does not fit the line is cut, with an ellipsis. */
__attribute__((format(printf, 3, 4))) void page_put(
	struct page *page, enum paint paint, const char *format, ...);

/* As page_put, but ends at the right margin; does nothing when there is no room left. */
void page_put_right(struct page *page, enum paint paint, const char *text);

/* Ends the line. */
void page_end(struct page *page);

/* Appends words, wrapped: lines after this one start at column indent. Words are parted by one
 * space; one wider than a line is broken. */
__attribute__((format(printf, 4, 5))) void page_flow(
	struct page *page, unsigned indent, enum paint paint, const char *format, ...);

/* An empty line and a heading, which leaves room for more on its line. */
void page_heading(struct page *page, const char *text);

/* A label at column indent; what follows with page_flow() starts at PAGE_FIELD(indent). */
void page_label(struct page *page, unsigned indent, const char *label);

#define PAGE_FIELD(indent) ((indent) + 13)

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/table.h - aligned columns.
 *
 * The first row is the heading. A table too wide for the page first narrows its flexible column
 * (down to TABLE_FLEXIBLE_MIN, cut with an ellipsis), then leaves out columns from the right: so
 * put what matters to the left.
 */
#ifndef WEIR_RECORD_TABLE_H
#define WEIR_RECORD_TABLE_H

#include "record/page.h"

#define TABLE_COLUMNS 8
#define TABLE_ROWS 48
#define TABLE_CELL 96 /* bytes of a cell; longer ones are cut */
#define TABLE_FLEXIBLE_MIN 16

struct table {
	const char *align; /* a letter a column: l left, r right, w left and flexible */
	unsigned columns, rows;
	unsigned filled;		/* cells of the last row */
	unsigned widths[TABLE_COLUMNS]; /* after table_measure */
	char cells[TABLE_ROWS][TABLE_COLUMNS][TABLE_CELL];
};

/* An empty table; headings: one a letter of align. */
void table_open(struct table *table, const char *align, const char *const *headings);

/* Fills the next cell, beginning a new row after the last column. A full table takes no more. */
__attribute__((format(printf, 2, 3))) void table_cell(struct table *table, const char *format, ...);

/* Works out what fits beside indent. Before table_row_print. */
void table_measure(struct table *table, const struct page *page, unsigned indent);

/* Prints one row (0: the heading) with the end of its line. */
void table_row_print(struct page *page, const struct table *table, unsigned row, unsigned indent);

/* Measures and prints all rows. */
void table_print(struct page *page, struct table *table, unsigned indent);

#endif

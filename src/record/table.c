/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/table.c - aligned columns; see table.h. */
#include "record/table.h"

#include <stdarg.h>
#include <string.h>

#include "lib/text.h"

#define TABLE_GAP 2

void table_open(struct table *table, const char *align, const char *const *headings)
{
	table->align = align;
	table->columns = (unsigned)strlen(align);
	table->rows = 0;
	table->filled = table->columns;
	for (unsigned i = 0; i < table->columns; i++)
		table_cell(table, "%s", headings[i]);
}

void table_cell(struct table *table, const char *format, ...)
{
	char raw[TABLE_CELL * 4];
	va_list args;

	if (table->filled == table->columns) {
		if (table->rows == TABLE_ROWS)
			return;
		table->rows++;
		table->filled = 0;
		memset(table->cells[table->rows - 1], 0, sizeof(table->cells[0]));
	}
	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	text_clean(raw, false, table->cells[table->rows - 1][table->filled++], TABLE_CELL);
}

static void measure_column(struct table *table, unsigned column, bool is_ascii)
{
	table->widths[column] = 0;
	for (unsigned row = 0; row < table->rows; row++) {
		char clean[TABLE_CELL * 4];
		unsigned width = text_columns(
			text_clean(table->cells[row][column], is_ascii, clean, sizeof(clean)));

		if (width > table->widths[column])
			table->widths[column] = width;
	}
}

static unsigned total_width(const struct table *table)
{
	unsigned total = TABLE_GAP * (table->columns - 1);

	for (unsigned i = 0; i < table->columns; i++)
		total += table->widths[i];
	return total;
}

void table_measure(struct table *table, const struct page *page, unsigned indent)
{
	const char *letter = strchr(table->align, 'w');
	unsigned flexible = letter ? (unsigned)(letter - table->align) : 0;
	unsigned room = page->columns - indent;

	for (unsigned i = 0; i < table->columns; i++)
		measure_column(table, i, page->is_ascii);
	for (; table->columns > 1; table->columns--) {
		unsigned total = total_width(table), over = total > room ? total - room : 0;

		if (over == 0)
			break;
		if (letter && flexible < table->columns &&
			table->widths[flexible] >= over + TABLE_FLEXIBLE_MIN) {
			table->widths[flexible] -= over;
			break;
		}
	}
}

static void print_cell(
	struct page *page, enum paint paint, const char *cell, unsigned width, bool is_right)
{
	char clean[TABLE_CELL * 4];
	unsigned columns = text_columns(text_clean(cell, page->is_ascii, clean, sizeof(clean)));
	unsigned start = page->column;

	if (columns > width) {
		clean[text_prefix_bytes(clean, width > 0 ? width - 1 : 0)] = '\0';
		page_put(page, paint, "%s%s", clean, page->is_ascii ? "~" : "…");
	} else {
		page_to(page, start + (is_right ? width - columns : 0));
		page_put(page, paint, "%s", clean);
	}
	page_to(page, start + width);
}

void table_row_print(struct page *page, const struct table *table, unsigned row, unsigned indent)
{
	enum paint paint = row == 0 ? PAINT_FAINT : PAINT_PLAIN;

	page_to(page, indent);
	for (unsigned i = 0; i < table->columns; i++) {
		if (i > 0)
			page_to(page, page->column + TABLE_GAP);
		print_cell(page, paint, table->cells[row][i], table->widths[i],
			table->align[i] == 'r');
	}
	page_end(page);
}

void table_print(struct page *page, struct table *table, unsigned indent)
{
	table_measure(table, page, indent);
	for (unsigned row = 0; row < table->rows; row++)
		table_row_print(page, table, row, indent);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/page.c - lines that never get wider than the page; see page.h. */
#include "record/page.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "lib/text.h"

/* SGR parameters (ECMA-48 8.3.117): the eight basic colours, which every terminal and theme has. */
static const char *const paints[PAINT_COUNT] = {
	[PAINT_PLAIN] = "",
	[PAINT_STRONG] = "1",
	[PAINT_FAINT] = "2",
	[PAINT_GOOD] = "32",
	[PAINT_INFO] = "2",
	[PAINT_LOW] = "36",
	[PAINT_MEDIUM] = "33",
	[PAINT_HIGH] = "31",
	[PAINT_CRITICAL] = "1;31",
};

void page_open(struct page *page, const struct text_style *style, FILE *out)
{
	unsigned columns = style->columns;

	if (columns < PAGE_COLUMNS_MIN)
		columns = PAGE_COLUMNS_MIN;
	if (columns > PAGE_COLUMNS_MAX)
		columns = PAGE_COLUMNS_MAX;
	*page = (struct page){
		.out = out, .columns = columns, .color = style->color, .is_ascii = style->is_ascii
	};
}

static void write_bytes(struct page *page, const char *bytes, size_t len)
{
	if (page->error || len == 0)
		return;
	errno = 0;
	if (fwrite(bytes, 1, len, page->out) != len)
		page->error = errno ? -errno : -EIO;
}

int page_close(struct page *page)
{
	errno = 0;
	if (fflush(page->out) != 0 && !page->error)
		page->error = errno ? -errno : -EIO;
	return page->error;
}

enum paint page_severity_paint(enum severity severity)
{
	static const enum paint by_severity[SEVERITY_COUNT] = { PAINT_INFO, PAINT_LOW, PAINT_MEDIUM,
		PAINT_HIGH, PAINT_CRITICAL };

	return (unsigned)severity < SEVERITY_COUNT ? by_severity[severity] : PAINT_PLAIN;
}

void page_to(struct page *page, unsigned column)
{
	if (page->column < column)
		page->column = column;
}

/* Clean text that is known to fit. */
static void write_text(struct page *page, enum paint paint, const char *text, size_t len)
{
	bool is_painted = page->color && paint != PAINT_PLAIN;
	char sequence[16] = "";

	for (; page->written < page->column; page->written++)
		write_bytes(page, " ", 1);
	if (is_painted) {
		snprintf(sequence, sizeof(sequence), "\x1b[%sm", paints[paint]);
		write_bytes(page, sequence, strlen(sequence));
	}
	write_bytes(page, text, len);
	if (is_painted)
		write_bytes(page, "\x1b[0m", 4);
}

/* Clean text; cut at the margin. */
static void put_clean(struct page *page, enum paint paint, const char *text)
{
	unsigned room = page->columns > page->column ? page->columns - page->column : 0;
	unsigned width = text_columns(text);
	char cut[PAGE_TEXT_MAX + 4];

	if (width == 0 || room == 0)
		return;
	if (width > room) {
		size_t len = text_prefix_bytes(text, room - 1);

		memcpy(cut, text, len);
		snprintf(cut + len, sizeof(cut) - len, "%s", page->is_ascii ? "~" : "…");
		text = cut;
		width = text_columns(cut);
	}
	write_text(page, paint, text, strlen(text));
	page->written = page->column += width;
}

void page_put(struct page *page, enum paint paint, const char *format, ...)
{
	char raw[PAGE_TEXT_MAX], clean[PAGE_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	put_clean(page, paint, text_clean(raw, page->is_ascii, clean, sizeof(clean)));
}

void page_put_right(struct page *page, enum paint paint, const char *text)
{
	char clean[PAGE_TEXT_MAX];
	unsigned width = text_columns(text_clean(text, page->is_ascii, clean, sizeof(clean)));

	if (page->column + width > page->columns)
		return;
	page_to(page, page->columns - width);
	put_clean(page, paint, clean);
}

void page_end(struct page *page)
{
	write_bytes(page, "\n", 1);
	page->written = page->column = 0;
}

/* One word; breaks the line before it when it does not fit, and itself when no line can hold it. */
static void flow_word(
	struct page *page, unsigned indent, enum paint paint, const char *word, size_t len)
{
	char text[PAGE_TEXT_MAX];
	unsigned width, gap = page->column > indent ? 1 : 0;

	memcpy(text, word, len);
	text[len] = '\0';
	width = text_columns(text);
	if (gap && page->column + gap + width > page->columns) {
		page_end(page);
		gap = 0;
	}
	page_to(page, indent);
	page->column += gap;
	for (word = text; page->column + width > page->columns; width = text_columns(word)) {
		len = text_prefix_bytes(word, page->columns - page->column);
		write_text(page, paint, word, len);
		word += len;
		page_end(page);
		page_to(page, indent);
	}
	put_clean(page, paint, word);
}

/* A unit as lib/text writes it; a line does not break between a number and its unit. */
static bool is_unit(const char *word)
{
	static const char *const units[] = { "%", "B", "bit/s", "pps", "s", "ms", "us", "min",
		"h" };
	size_t len = strcspn(word, " ,;:.)");

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t unit_len = strlen(units[i]);
		bool has_prefix = len == unit_len + 1 && strchr("kMGTPE", word[0]);

		if ((len == unit_len || has_prefix) &&
			memcmp(word + len - unit_len, units[i], unit_len) == 0)
			return true;
	}
	return false;
}

/* Bytes of the word, with the unit after it when it is a number. */
static size_t word_length(const char *word)
{
	size_t len = strcspn(word, " ");
	bool is_number = len > 0 && word[len - 1] >= '0' && word[len - 1] <= '9';

	if (is_number && word[len] && is_unit(word + len + 1))
		len += 1 + strcspn(word + len + 1, " ");
	return len;
}

void page_flow(struct page *page, unsigned indent, enum paint paint, const char *format, ...)
{
	char raw[PAGE_TEXT_MAX], clean[PAGE_TEXT_MAX];
	const char *word = clean;
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	text_clean(raw, page->is_ascii, clean, sizeof(clean));
	while (*(word += strspn(word, " "))) {
		size_t len = word_length(word);

		flow_word(page, indent, paint, word, len);
		word += len;
	}
}

void page_heading(struct page *page, const char *text)
{
	page_end(page);
	page_put(page, PAINT_STRONG, "%s", text);
}

void page_label(struct page *page, unsigned indent, const char *label)
{
	page_to(page, indent);
	page_put(page, PAINT_FAINT, "%s", label);
	page_to(page, PAGE_FIELD(indent));
}

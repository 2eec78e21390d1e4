/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/curve.c - traffic over time as block characters; see curve.h. */
#include "record/curve.h"

#include <math.h>
#include <string.h>

#include "lib/text.h"

#define CURVE_LEFT 14u /* columns for the labels beside the drawing */

/* The drawing as it goes on the page: columns of cells. */
struct canvas {
	unsigned width;			 /* columns used */
	unsigned merge, stretch;	 /* steps a column, columns a step; one of them is 1 */
	double column[PAGE_COLUMNS_MAX]; /* packets a step */
	double peak;
	enum paint paint[PAGE_COLUMNS_MAX];
};

int64_t time_span_ns(int64_t a, int64_t b)
{
	int64_t span;

	if (__builtin_sub_overflow(b, a, &span))
		return b > a ? INT64_MAX : INT64_MIN;
	return span;
}

int64_t time_after_steps_ns(int64_t a, int64_t step_ns, unsigned count)
{
	int64_t length, end;

	if (__builtin_mul_overflow(step_ns, (int64_t)count, &length) ||
		__builtin_add_overflow(a, length, &end))
		return INT64_MAX;
	return end;
}

void curve_from_report(struct curve *curve, const struct report *report)
{
	*curve = (struct curve){ .start_ns = report->curve_start_ns,
		.step_ns = report->curve_step_ns };
	curve->count = report->curve_count < REPORT_STEPS ? report->curve_count : REPORT_STEPS;
	for (unsigned i = 0; i < curve->count; i++)
		curve->packets[i] = (double)report->curve_packets[i];
}

/* What is not a number, or below zero, counts as nothing; the upper limit keeps sums finite. */
static double step_value(double packets)
{
	return isnan(packets) || packets < 0 ? 0 : fmin(packets, 1e18);
}

void curve_from_timeline(struct curve *curve, const struct timeline *timeline)
{
	*curve = (struct curve){ .start_ns = timeline->start_ns, .step_ns = timeline->step_ns };
	curve->count = timeline->used < INCIDENT_TIMELINE ? timeline->used : INCIDENT_TIMELINE;
	for (unsigned i = 0; i < curve->count; i++)
		curve->packets[i] = step_value(timeline->packets[i]);
}

void curve_mark(
	struct curve *curve, int64_t first_ns, int64_t last_ns, enum paint paint, const char *label)
{
	struct curve_mark *mark = &curve->marks[curve->mark_count];

	if (curve->mark_count == CURVE_MARKS)
		return;
	curve->mark_count++;
	*mark = (struct curve_mark){ .first_ns = first_ns, .last_ns = last_ns, .paint = paint };
	snprintf(mark->label, sizeof(mark->label), "%s", label);
}

bool curve_is_worth_drawing(const struct curve *curve)
{
	if (curve->step_ns <= 0 || curve->count < 2)
		return false;
	for (unsigned i = 0; i < curve->count; i++)
		if (curve->packets[i] > 0)
			return true;
	return false;
}

/* Steps that share the column of this one; fewer in the last column. */
static unsigned merged_steps(const struct canvas *canvas, const struct curve *curve, unsigned step)
{
	unsigned left = curve->count - step / canvas->merge * canvas->merge;

	return left < canvas->merge ? left : canvas->merge;
}

static void canvas_fill(struct canvas *canvas, const struct curve *curve, unsigned room)
{
	*canvas = (struct canvas){ .merge = (curve->count + room - 1) / room };
	canvas->stretch = canvas->merge > 1 ? 1 : room / curve->count;
	canvas->width = (curve->count + canvas->merge - 1) / canvas->merge * canvas->stretch;
	for (unsigned i = 0; i < curve->count; i++)
		for (unsigned k = 0; k < canvas->stretch; k++)
			canvas->column[i / canvas->merge * canvas->stretch + k] +=
				curve->packets[i] / merged_steps(canvas, curve, i);
	for (unsigned i = 0; i < canvas->width; i++)
		if (canvas->column[i] > canvas->peak)
			canvas->peak = canvas->column[i];
}

/* The columns of a mark. False when it lies wholly outside of the drawing. */
static bool mark_columns(const struct canvas *canvas, const struct curve *curve,
	const struct curve_mark *mark, unsigned *ret_first, unsigned *ret_last)
{
	int64_t first = time_span_ns(curve->start_ns, mark->first_ns) / curve->step_ns;
	int64_t last = time_span_ns(curve->start_ns, mark->last_ns) / curve->step_ns;

	if (mark->last_ns < curve->start_ns || first >= curve->count)
		return false;
	first = first < 0 ? 0 : first;
	last = last >= curve->count ? curve->count - 1 : last < first ? first : last;
	*ret_first = (unsigned)first / canvas->merge * canvas->stretch;
	*ret_last = (unsigned)last / canvas->merge * canvas->stretch + canvas->stretch - 1;
	return true;
}

/* The first mark is the gravest and wins. */
static void canvas_paint(struct canvas *canvas, const struct curve *curve)
{
	unsigned first, last;

	for (unsigned m = curve->mark_count; m-- > 0;)
		if (mark_columns(canvas, curve, &curve->marks[m], &first, &last))
			for (unsigned i = first; i <= last; i++)
				canvas->paint[i] = curve->marks[m].paint;
}

static const char *cell_text(unsigned eighths, bool is_ascii)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { " ", ".", ".", ":", ":", ":", "#", "#", "#" };

	return is_ascii ? ascii[eighths] : blocks[eighths];
}

/* Eighths of a row that column fills in the given row, counted from the bottom. */
static unsigned cell_eighths(const struct canvas *canvas, unsigned column, unsigned row)
{
	/* Half an eighth or more counts; traffic that is there is always seen. */
	unsigned height = (unsigned)lround(canvas->column[column] / canvas->peak * CURVE_ROWS * 8);

	if (height == 0 && canvas->column[column] > 0)
		height = 1;
	if (height <= row * 8)
		return 0;
	return height - row * 8 > 8 ? 8 : height - row * 8;
}

/* One line of the drawing; neighbours of one paint are written together. */
static void print_row(struct page *page, const struct canvas *canvas, unsigned row)
{
	char run[PAGE_COLUMNS_MAX * 4];
	unsigned column = 0;

	while (column < canvas->width) {
		enum paint paint = canvas->paint[column];
		unsigned start = column, used = 0, len = 0;

		for (; column < canvas->width && canvas->paint[column] == paint; column++) {
			unsigned eighths = cell_eighths(canvas, column, row);

			used += (unsigned)snprintf(run + used, sizeof(run) - used, "%s",
				cell_text(eighths, page->is_ascii));
			len = eighths ? used : len;
		}
		run[len] = '\0'; /* without the spaces at its end */
		page_to(page, CURVE_LEFT + start);
		page_put(page, paint, "%s", run);
	}
	page_end(page);
}

static void put_left(struct page *page, enum paint paint, const char *label)
{
	unsigned width = text_columns(label);

	page_to(page, CURVE_LEFT - 1 > width ? CURVE_LEFT - 1 - width : 0);
	page_put(page, paint, "%s", label);
}

static void print_marks(struct page *page, const struct canvas *canvas, const struct curve *curve)
{
	for (unsigned m = 0; m < curve->mark_count; m++) {
		const struct curve_mark *mark = &curve->marks[m];
		unsigned first, last;

		if (!mark_columns(canvas, curve, mark, &first, &last))
			continue;
		put_left(page, mark->paint, mark->label);
		page_to(page, CURVE_LEFT + first);
		for (unsigned i = first; i <= last; i++)
			page_put(page, mark->paint, "%s", page->is_ascii ? "^" : "▔");
		page_end(page);
	}
}

/* The clock within a day, the date beyond; with milliseconds when the whole is short. */
static void format_axis(int64_t time_ns, int64_t span_ns, char *text)
{
	char full[TEXT_NUMBER_MAX];

	if (span_ns >= 24 * 3600 * NS_PER_S) {
		text_time(time_ns, text);
		text[16] = '\0';
	} else if (span_ns >= 10 * NS_PER_S) {
		snprintf(text, TEXT_NUMBER_MAX, "%s", text_time(time_ns, full) + 11);
	} else {
		snprintf(text, TEXT_NUMBER_MAX, "%.12s", text_timestamp(time_ns, full) + 11);
	}
}

static void print_axis(struct page *page, const struct canvas *canvas, const struct curve *curve)
{
	int64_t end_ns = time_after_steps_ns(curve->start_ns, curve->step_ns, curve->count);
	int64_t span_ns = time_span_ns(curve->start_ns, end_ns);
	char first[TEXT_NUMBER_MAX], last[TEXT_NUMBER_MAX];

	format_axis(curve->start_ns, span_ns, first);
	format_axis(end_ns, span_ns, last);
	put_left(page, PAINT_FAINT, "UTC");
	page_to(page, CURVE_LEFT);
	page_put(page, PAINT_FAINT, "%s", first);
	if (strlen(first) + strlen(last) + 2 <= canvas->width) {
		page_to(page, CURVE_LEFT + canvas->width - (unsigned)strlen(last));
		page_put(page, PAINT_FAINT, "%s", last);
	}
	page_end(page);
}

void curve_print(struct page *page, const struct curve *curve)
{
	char peak[TEXT_NUMBER_MAX];
	struct canvas canvas;
	double step_s;

	canvas_fill(&canvas, curve, page->columns - CURVE_LEFT);
	canvas_paint(&canvas, curve);
	step_s = (double)curve->step_ns / NS_PER_S;
	put_left(page, PAINT_FAINT, text_packet_rate(canvas.peak / step_s, peak));
	for (unsigned row = CURVE_ROWS; row-- > 0;)
		print_row(page, &canvas, row);
	print_marks(page, &canvas, curve);
	print_axis(page, &canvas, curve);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli/progress.c - see progress.h. */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/now.h"
#include "lib/text.h"

#define BAR_COLUMNS 40
#define REDRAW_NS 100000000
#define PATIENCE_NS 1000000000

void progress_begin(struct progress *progress)
{
	*progress = (struct progress){ .begun_ns = now_clock_ns(CLOCK_MONOTONIC) };
}

static void draw(uint64_t done, uint64_t total, double elapsed_s)
{
	char bytes[TEXT_NUMBER_MAX], rate[TEXT_NUMBER_MAX], bar[BAR_COLUMNS + 1];
	unsigned filled = total ? (unsigned)(done * BAR_COLUMNS / total) : 0;

	for (unsigned i = 0; i < BAR_COLUMNS; i++)
		bar[i] = i < filled ? '#' : '.';
	bar[BAR_COLUMNS] = '\0';
	text_bytes(done, bytes);
	text_scaled((double)done / elapsed_s, "B/s", rate);
	if (total)
		fprintf(stderr, "\r[%s] %3u %%  %s  %s\033[K", bar, (unsigned)(done * 100 / total),
			bytes, rate);
	else
		fprintf(stderr, "\r%s read  %s\033[K", bytes, rate);
}

void progress_show(void *context, uint64_t done, uint64_t total)
{
	struct progress *progress = context;
	int64_t time = now_clock_ns(CLOCK_MONOTONIC);

	if (!isatty(STDERR_FILENO) || time - progress->begun_ns < PATIENCE_NS ||
		time - progress->drawn_ns < REDRAW_NS)
		return;
	progress->drawn_ns = time;
	progress->is_shown = true;
	draw(done, total, (double)(time - progress->begun_ns) / 1e9);
}

void progress_end(struct progress *progress)
{
	if (progress->is_shown)
		fprintf(stderr, "\r\033[K");
	progress->is_shown = false;
}

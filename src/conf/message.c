/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/message.c - messages that refuse a configuration.
 *
 * The nearest word is found by edit distance with transpositions (Damerau 1964: four of five typing
 * errors are one letter missing, added, changed, or two swapped).
 */
#include "conf/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

#define WORD_MAX 32 /* longer words than the longest key are not compared */

int conf_refuse(struct err *err, const char *name, unsigned long line, const char *path,
	const char *format, ...)
{
	char what[384], where[32] = "";
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (line > 0)
		snprintf(where, sizeof(where), ":%lu", line);
	return err_set(
		err, -EINVAL, "%.100s%s: %s%s%s", name, where, path, *path ? ": " : "", what);
}

const char *conf_quote(const char *text, char quoted[CONF_QUOTE_MAX])
{
	char clean[CONF_QUOTE_MAX - 5];

	text_clean(text, false, clean, sizeof(clean));
	snprintf(quoted, CONF_QUOTE_MAX, "\"%s%s\"", clean,
		strlen(text) >= sizeof(clean) ? "..." : "");
	return quoted;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance; both are shorter than WORD_MAX. */
static unsigned distance(const char *a, const char *b)
{
	unsigned cost[WORD_MAX][WORD_MAX];
	size_t a_len = strlen(a), b_len = strlen(b);

	for (unsigned i = 0; i <= a_len; i++)
		cost[i][0] = i;
	for (unsigned k = 0; k <= b_len; k++)
		cost[0][k] = k;
	for (unsigned i = 1; i <= a_len; i++) {
		for (unsigned k = 1; k <= b_len; k++) {
			unsigned best = cost[i - 1][k - 1] + (a[i - 1] != b[k - 1]);

			best = least(best, least(cost[i - 1][k], cost[i][k - 1]) + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				best = least(best, cost[i - 2][k - 2] + 1);
			cost[i][k] = best;
		}
	}
	return cost[a_len][b_len];
}

const char *conf_nearest(const char *text, const char *const *words)
{
	const char *nearest = NULL;
	/* Up to a third of the letters wrong: more, and the guess is noise. */
	unsigned best = (unsigned)strlen(text) / 3 + 2;

	if (strlen(text) >= WORD_MAX)
		return NULL;
	for (; *words; words++) {
		unsigned cost = strlen(*words) < WORD_MAX ? distance(text, *words) : best;

		if (cost < best) {
			best = cost;
			nearest = *words;
		}
	}
	return nearest;
}

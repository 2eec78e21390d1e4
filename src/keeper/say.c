/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper/say.c - one line, one write, so that lines of two processes do not mix. */
#include "keeper/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/text.h"

void keeper_say(int priority, const char *format, ...)
{
	char what[900], clean[1200], line[1300];
	const char *journal = getenv("JOURNAL_STREAM");
	va_list args;
	int len;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	text_clean(what, false, clean, sizeof(clean));
	if (journal && *journal)
		len = snprintf(line, sizeof(line), "<%d>%s\n", priority, clean);
	else
		len = snprintf(line, sizeof(line), "weir: %s\n", clean);
	/* Where there is no stderr any more there is nobody to tell. */
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

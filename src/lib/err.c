/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/err.c - see err.h. */
#include "lib/err.h"

#include <stdarg.h>
#include <stdio.h>

int err_write(struct err *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return 0;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return 0;
}

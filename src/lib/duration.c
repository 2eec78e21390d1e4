/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/duration.c - lengths of time as an operator types them; see duration.h. */
#include "lib/duration.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	char letter;
	uint64_t seconds;
} units[] = { { 'w', 604800 }, { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

#define UNITS (sizeof(units) / sizeof(units[0]))

/* One number; *text is left behind it. */
static int parse_number(const char **text, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (**text < '0' || **text > '9')
		return -EINVAL;
	for (; **text >= '0' && **text <= '9'; ++*text) {
		number = number * 10 + (uint64_t)(**text - '0');
		if (number > DURATION_MAX_S)
			return -ERANGE;
	}
	*ret_number = number;
	return 0;
}

int duration_parse(const char *text, uint64_t *ret_seconds)
{
	uint64_t number, sum = 0;
	size_t next = 0; /* units before it have been used */

	do {
		size_t unit = next;
		int result = parse_number(&text, &number);

		if (result < 0)
			return result;
		if (*text == '\0' && next == 0) { /* seconds need no letter */
			sum = number;
			break;
		}
		while (unit < UNITS && units[unit].letter != *text)
			unit++;
		if (unit == UNITS)
			return -EINVAL;
		sum += number * units[unit].seconds;
		next = unit + 1;
		text++;
	} while (*text);
	if (sum == 0 || sum > DURATION_MAX_S)
		return -ERANGE;
	*ret_seconds = sum;
	return 0;
}

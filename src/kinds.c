/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kinds.c - the table behind kinds.h. */
#include "kinds.h"

#include <string.h>

static const struct kind_info kinds[KIND_COUNT] = { [KIND_NONE] = { "none", "", "nothing" },
#define KIND(symbol, name, attack, title) [KIND_##symbol] = { name, attack, title },
	KINDS_FLOOD(KIND) KINDS_REST(KIND)
#undef KIND
#define AMPLIFIER(symbol, name, port, title)                                                       \
	[KIND_AMPLIFICATION_##symbol] = { "amplification." name, "T1498.002", title " reflection" },
		AMPLIFIERS(AMPLIFIER)
#undef AMPLIFIER
};

const struct kind_info *kind_info(enum kind kind)
{
	return &kinds[(unsigned)kind < KIND_COUNT ? kind : KIND_NONE];
}

enum kind kind_by_name(const char *name)
{
	for (unsigned k = 1; k < KIND_COUNT; k++)
		if (strcmp(kinds[k].name, name) == 0)
			return (enum kind)k;
	return KIND_NONE;
}

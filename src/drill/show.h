/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drill/show.h - what a drill shows while it goes on, and at its end.
 */
#ifndef WEIR_DRILL_SHOW_H
#define WEIR_DRILL_SHOW_H

#include "drill/drill.h"

/* One look, on options->out: on a terminal the same line over and over, else a line a second.
 * phase: "before", "attack", "after". */
void show_live(const struct drill_options *options, const struct drill_result *result,
	const struct visitors *visitors, uint64_t sent, const char *phase);

#endif

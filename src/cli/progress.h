/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/progress.h - a progress bar on standard error, when that is a terminal.
 */
#ifndef WEIR_CLI_PROGRESS_H
#define WEIR_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_shown;
	int64_t begun_ns, drawn_ns; /* of the machine's clock: this is for a person */
};

void progress_begin(struct progress *progress);

/* Redraws at most ten times a second, and not in the first second. total 0: not known. */
void progress_show(void *progress, uint64_t done, uint64_t total);

/* Wipes the bar. */
void progress_end(struct progress *progress);

#endif

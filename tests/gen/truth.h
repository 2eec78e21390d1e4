/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/truth.h - prints what must be found in the captures.
 *
 * As JSON, one object a capture:
 *   {"name":…, "about":…, "judged":bool, "quiet":bool, "networks":[…], "told":bool,
 *    "expected":[{"kinds":[…], "roles":{"target":[…], …}, "hard":bool}, …], "tolerated":[…]}
 * quiet: nothing of medium severity or above may be found. Otherwise all of expected must be, of
 * whatever severity, with at least these addresses in these roles; and nothing else of medium or
 * above but kinds that are tolerated. hard: no failure when it is missed. told: weir has to be told
 * the networks, in its configuration.
 */
#ifndef WEIR_GEN_TRUTH_H
#define WEIR_GEN_TRUTH_H

#include <stdio.h>

#include "lib/err.h"

/* A table of all captures for people. 0. */
int truth_list(FILE *out);

/* The truth of the capture of that name, or with "all" an array of all. −ENOENT with a message. */
int truth_print(FILE *out, const char *name, struct err *err);

#endif

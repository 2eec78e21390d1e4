/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/duration.h - lengths of time as an operator types them.
 */
#ifndef WEIR_LIB_DURATION_H
#define WEIR_LIB_DURATION_H

#include <stdint.h>

#define DURATION_MAX_S (366ULL * 86400)

/* "90", "90s", "10m", "1h", "2d", "1w", "1h30m" in seconds, 1..DURATION_MAX_S; units fall, each
 * once. -EINVAL for anything else, -ERANGE for 0 and what is longer. */
int duration_parse(const char *text, uint64_t *ret_seconds);

#endif

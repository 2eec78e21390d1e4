/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/shape.h - does the YAML have the shape of the schema, and where in it does a key stand?
 *
 * Walks libyaml's events along the libcyaml schema, before libcyaml reads the same bytes: libcyaml
 * says neither in which line a value stands nor which key was meant, and an operator needs both.
 */
#ifndef WEIR_CONF_SHAPE_H
#define WEIR_CONF_SHAPE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* Refuses what is not YAML, has a second document, an alias, an unknown or doubled key, a value
 * of the wrong shape, too long a value, too long or too short a list. 0, -EINVAL, -ENOMEM. */
int conf_shape_check(const uint8_t *bytes, size_t len, const char *name, struct err *err);

/* Line, from 1, of the value at a path such as "flood.host_pps" or "groups[2].networks[0]"; 0
 * when there is none. */
unsigned long conf_shape_line(const uint8_t *bytes, size_t len, const char *path);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf/conf_fixture.h - what the tests of configurations share: load, print, refuse. */
#ifndef WEIR_CONF_FIXTURE_H
#define WEIR_CONF_FIXTURE_H

#include <stddef.h>

#include "conf/conf.h"

/* As messages name them. */
#define A_MAPPING "a mapping (\"key: value\" lines, indented)"
#define A_LIST "a list (\"- value\" lines, or [value, value])"

/* The text as "weir.yaml"; it must load. */
struct conf *load(const char *text);

/* To be freed. */
char *printed(const struct conf *conf);

/* The bytes do not load, and that is the message. */
void check_refused(const void *bytes, size_t len, const char *message);

#endif

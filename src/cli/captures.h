/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/captures.h - what the commands have in common that read captures. name: "weir inspect", for
 * messages, which go to standard error.
 */
#ifndef WEIR_CLI_CAPTURES_H
#define WEIR_CLI_CAPTURES_H

#include "capture/merge.h"
#include "conf/conf.h"

/* Opens what can be opened; tells of the rest. Returns how many could not, -1 without memory.
 * *ret_merge is NULL when none could. */
int captures_open(const char *name, char *const *files, unsigned count, struct merge **ret_merge);

/* path NULL: the defaults. −errno when it is not good, and says so. */
int captures_conf(const char *name, const char *path, struct conf **ret_conf);

/* As asked for (0: not), else as configured, else one a core. */
unsigned captures_workers(unsigned asked, const struct conf *conf);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli/print_status.h - the parts of the status that the live view shows too. */
#ifndef WEIR_CLI_PRINT_STATUS_H
#define WEIR_CLI_PRINT_STATUS_H

#include <jansson.h>

#include "record/page.h"

void print_mode(struct page *page, const json_t *status);
void print_interfaces(struct page *page, const json_t *status);
void print_rates(struct page *page, const json_t *status);

#endif

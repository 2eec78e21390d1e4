/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/inventory_internal.h - what inventory.c (the table) and inventory_clues.c (what events say)
 * share and nobody else. */
#ifndef WEIR_APP_INVENTORY_INTERNAL_H
#define WEIR_APP_INVENTORY_INTERNAL_H

#include "app/inventory.h"

struct inventory {
	const struct networks *networks;
	const struct oui *oui; /* NULL: not known */
	struct keyed hosts;
};

/* The host of that address, entered when it is inside and new; NULL when it is not, or when there
 * is no room. It has been seen now. */
struct inventory_host *inventory_take(
	struct inventory *inventory, const struct addr *addr, int64_t now_ns);

void inventory_add_service(
	struct inventory_host *host, uint16_t port, uint8_t proto, enum app_proto app_proto);

/* What a HOST event says; what any other says of the two sides (NULL: not ours). */
void inventory_clue_host(struct inventory *inventory, const struct app_event *event);
void inventory_clue_event(const struct app_event *event, struct inventory_host *const hosts[2]);
void inventory_clue_service(struct inventory_host *host, uint16_t port, uint8_t proto);

#endif

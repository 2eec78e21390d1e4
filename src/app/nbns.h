/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/nbns.h - the NetBIOS name service (RFC 1002 4.2): hosts that register their names.
 */
#ifndef WEIR_APP_NBNS_H
#define WEIR_APP_NBNS_H

#include "app/parser.h"

#define PORT_NBNS 137

/* Is it a message of the name service? Tells the name that the sender registers. */
bool nbns_see(struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len);

#endif

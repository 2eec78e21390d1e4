/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/beacon_known.h - what is known to call home at regular times and means no harm.
 */
#ifndef WEIR_DETECT_BEACON_KNOWN_H
#define WEIR_DETECT_BEACON_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "app/event.h"

/* A service whose clients are periodic by design, by its port (IANA protocol number, port). */
bool beacon_port_is_known(uint8_t proto, uint16_t port);

/* The same by what was recognised in it. */
bool beacon_proto_is_known(enum app_proto proto);

/* A host name below a domain of a maker, time service, certificate authority …, that hands out
 * nothing to strangers. name: small letters. */
bool beacon_name_is_known(const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/traffic.h - of which kind of flood a packet would be, were it part of one.
 *
 * Only what is not verified is of any kind: so downloads, backups and speed tests never count,
 * however fast they are.
 */
#ifndef WEIR_DETECT_TRAFFIC_H
#define WEIR_DETECT_TRAFFIC_H

#include "types.h"

/* The flood kind of an unverified packet that is no reflected answer, else KIND_NONE. */
enum kind traffic_flood_kind(const struct pkt *pkt);

/* The amplification kind of an answer nobody asked for, from an amplifier's port, else
 * KIND_NONE. */
enum kind traffic_amplification_kind(const struct pkt *pkt);

/* The amplification kind whose service this UDP port is, else KIND_NONE. */
enum kind traffic_amplifier_port(uint16_t port);

#endif

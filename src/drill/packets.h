/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drill/packets.h - what the packets of a rehearsed attack look like.
 */
#ifndef WEIR_DRILL_PACKETS_H
#define WEIR_DRILL_PACKETS_H

#include "drill/send.h"

#define PACKET_MAX 1514

/* Writes the number-th frame of the attack; bytes has PACKET_MAX. Returns its length. The same
 * order and number give the same frame. */
unsigned attack_packet(const struct send_order *order, uint64_t number, uint8_t *bytes);

#endif

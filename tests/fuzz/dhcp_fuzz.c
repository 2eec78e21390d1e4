/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/dhcp_fuzz.c - any datagram, for the parsers of what hosts say of themselves: DHCP, mDNS,
 * LLMNR, NBNS, SSDP.
 *
 * Input: one byte chooses parser (bits 0-2) and side (bit 7), the rest is the datagram.
 */
#include "fuzz/datagram_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		const struct datagram_parser *parser;
		uint16_t port;
	} all[] = { { &datagram_dhcp, 67 }, { &datagram_mdns, 5353 }, { &datagram_mdns, 5355 },
		{ &datagram_mdns, 137 }, { &datagram_ssdp, 1900 } };
	unsigned which;

	if (size == 0)
		return 0;
	which = (data[0] & 7) % 5;
	datagram_fuzz(all[which].parser, data[0] >> 7, all[which].port, data + 1, size - 1, NULL);
	return 0;
}

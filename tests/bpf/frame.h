/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/frame.h - frames written down as text, so that a row of a table shows the whole packet.
 *
 * Layers from outside to inside with a blank between, each NAME or NAME:VALUE,VALUE…, where a
 * VALUE is KEY=NUMBER, a word, or A>B. An Ethernet header comes first by itself. Types, next
 * headers, lengths and checksums follow from what comes behind, unless a value says otherwise.
 *   vlan:ID qinq:ID qinq9100:ID   tags (0x8100, 0x88a8, 0x9100)
 *   mpls mpls.                    a label; the last one of the stack has the dot
 *   pppoe snap arp type:N         PPPoE session, 802.3 with LLC/SNAP, ARP, any EtherType
 *   ip4 ip6                       A>B addresses; ttl= id= frag=BYTES more df options=BYTES
 *                                 len= ihl= version= next=
 *   hop dest route mobility hip shim   IPv6 extension headers; len=UNITS as in the header
 *   frag ah esp none proto:N      fragment header (offset=BYTES more), others, any protocol
 *   tcp udp sctp                  A>B ports; tcp: flags as letters of FSRPAUEC, offset=
 *                                 window= seq= ack= mss= wscale= sack ts; udp: len=
 *   icmp icmp6                    type= code=
 *   gre vxlan                     tunnels; what follows is their payload
 *   data:N text:WORD              N bytes 0x61 and on; the word itself
 *   cut:N                         only the first N bytes of the frame are there
 *   poke:OFFSET=BYTE              overwrites a byte of the frame; checksums are not mended
 * Outside is 192.0.2.1 and 2001:db8:a::1, inside 198.51.100.10 and 2001:db8:b::10; ports 40000>80.
 */
#ifndef WEIR_TESTS_BPF_FRAME_H
#define WEIR_TESTS_BPF_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 4096

struct frame_text {
	uint8_t bytes[FRAME_MAX];
	size_t len;
	size_t ip_offset, transport_offset; /* of the outermost IP; 0: none */
	uint8_t version, protocol;	    /* what stands at transport_offset */
};

/* Aborts with a message when the text is wrong. */
void frame_write(const char *text, struct frame_text *ret_frame);

/* IPv4 or IPv6 in the 16 bytes of the maps; bits 0..128, 128 without "/N". Aborts likewise. */
void frame_addr(const char *text, uint8_t ret_addr[16], unsigned *ret_bits);

/* One's complement sum of transport header and payload with the pseudo header: 0 when right. */
uint16_t frame_transport_sum(
	const uint8_t *ip, const uint8_t *transport, size_t len, uint8_t proto);
uint16_t frame_sum(const void *bytes, size_t len, uint32_t start);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/dns.c - DNS over UDP (RFC 1035 4.2.1).
 *
 * No question is kept: its answer repeats it. Only answers are told that were asked for: sent by
 * the side that did not open the conversation, with the standing of an answer. So nobody outside
 * can put look-ups into the mouth of a host of ours. Questions that are never answered are not
 * told.
 *
 * Off port 53 a message must be one from the first byte to the last. The kin of DNS (mDNS, LLMNR,
 * NBNS) have ports of their own and are read in mdns.c.
 */
#include "app/dns.h"

static bool is_of_kin(const struct parse *parse)
{
	static const uint16_t ports[] = { 137, 5353, 5355 };

	for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (parse->key.port[0] == ports[i] || parse->key.port[1] == ports[i])
			return true;
	return false;
}

/* A cut capture is no reason to refuse what is on the right port. */
static bool is_dns(
	const struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len)
{
	struct dns_message message;
	struct dns_name name;
	uint16_t type;

	if (is_of_kin(parse) || !dns_message_begin(&message, bytes, len))
		return false;
	if (!dns_header_is_likely(&message.header, pkt->side == 1))
		return false;
	if (parse->key.port[1] == DNS_PORT)
		return dns_read_question(&message, &name, &type);
	return len == pkt->payload_wire_len && dns_is_well_formed(bytes, len);
}

/* The rest of an event this large is not cleared: it is filled, or not told. */
static void tell_answer(
	struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len)
{
	struct app_event event;
	struct dns_space space;

	event.type = APP_DNS;
	if (dns_answer_read(bytes, len, pkt->payload_wire_len, &event.dns, &space))
		parse_tell(parse, &event);
}

static bool dns_see(struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len)
{
	if (!is_dns(parse, pkt, bytes, len))
		return false;
	if (pkt->side == 1 && pkt->standing >= STANDING_ANSWER)
		tell_answer(parse, pkt, bytes, len);
	return true;
}

const struct datagram_parser datagram_dns = {
	.proto = PROTO_DNS,
	.ports = { DNS_PORT },
	.see = dns_see,
};

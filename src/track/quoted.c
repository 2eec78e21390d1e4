/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track/quoted.c - reads what an ICMP error quotes; see quoted.h. */
#include "track/quoted.h"

#include <netinet/in.h>

#include "lib/rd.h"

#define ICMP_UNREACHABLE 3
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER 12
#define FRAGMENT_OFFSET 0x1fff /* RFC 791 3.1: a later fragment has no ports to quote */
#define ICMP6_ERROR_LAST 127   /* RFC 4443 2.1: errors are 0..127 */

bool quoted_is_error(const struct pkt *pkt)
{
	if (pkt->key.proto == IPPROTO_ICMPV6)
		return pkt->icmp_type <= ICMP6_ERROR_LAST;
	return pkt->key.proto == IPPROTO_ICMP &&
	       (pkt->icmp_type == ICMP_UNREACHABLE || pkt->icmp_type == ICMP_TIME_EXCEEDED ||
		       pkt->icmp_type == ICMP_PARAMETER);
}

static bool read_v4(struct rd *r, struct flow_key *key)
{
	unsigned first = rd_u8(r), header_len = (first & 0x0f) * 4, fragment;
	const uint8_t *source, *destination;

	rd_skip(r, 5);
	fragment = rd_be16(r) & FRAGMENT_OFFSET;
	rd_skip(r, 1);
	key->proto = rd_u8(r);
	rd_skip(r, 2);
	source = rd_bytes(r, 4);
	destination = rd_bytes(r, 4);
	if (!source || !destination || first >> 4 != 4 || fragment != 0 || header_len < 20 ||
		!rd_skip(r, header_len - 20))
		return false;
	key->addr[0] = addr_from_v4(source);
	key->addr[1] = addr_from_v4(destination);
	return true;
}

static bool read_v6(struct rd *r, struct flow_key *key)
{
	const uint8_t *source, *destination;
	unsigned first = rd_u8(r);

	rd_skip(r, 5);
	key->proto = rd_u8(r);
	rd_skip(r, 1);
	source = rd_bytes(r, 16);
	destination = rd_bytes(r, 16);
	if (!source || !destination || first >> 4 != 6)
		return false;
	key->addr[0] = addr_from_v6(source);
	key->addr[1] = addr_from_v6(destination);
	return true;
}

bool quoted_key(const struct pkt *pkt, struct flow_key *ret_key)
{
	struct flow_key key = { .vlan = pkt->key.vlan };
	struct rd r;
	bool is_read;

	if (pkt->payload_len == 0)
		return false;
	r = rd_over(pkt->bytes + pkt->payload_offset, pkt->payload_len);
	is_read = pkt->ip_version == 4 ? read_v4(&r, &key) : read_v6(&r, &key);
	if (!is_read || !addr_equal(&key.addr[0], &pkt->key.addr[1]) ||
		!addr_equal(&key.addr[1], &pkt->key.addr[0]))
		return false;
	if (key.proto == IPPROTO_TCP || key.proto == IPPROTO_UDP || key.proto == IPPROTO_SCTP) {
		key.port[0] = rd_be16(&r);
		key.port[1] = rd_be16(&r);
	}
	if (r.failed)
		return false;
	*ret_key = key;
	return true;
}

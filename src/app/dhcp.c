/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/dhcp.c - what a host says of itself when it asks for an address (DHCP, RFC 2131, 2132).
 *
 * Told of a client's messages (DISCOVER, REQUEST, INFORM …): its MAC address, its name (option 12,
 * or 81, RFC 4702), its maker (60) and the list of options it asks for (55): the order of these
 * tells the systems apart. Of a server's ACK: which address the MAC got. Options are read from the
 * options field only: that they may go on in the fields of file and server name (option 52) is of
 * no use here, nobody's name is that long. Pieces of an option that was split (RFC 3396) are
 * taken as the first one says.
 */
#include "app/parser.h"
#include "lib/rd.h"

#define MAGIC 0x63825363U /* RFC 1497 */
#define ETHERNET 1
#define OPTIONS_MAX 128

enum op { BOOT_REQUEST = 1, BOOT_REPLY = 2 };

enum option {
	OPTION_PAD = 0,
	OPTION_NAME = 12,
	OPTION_REQUESTED = 50,
	OPTION_TYPE = 53,
	OPTION_PARAMETERS = 55,
	OPTION_VENDOR = 60,
	OPTION_FQDN = 81,
	OPTION_END = 255,
};

enum { TYPE_ACK = 5 };

struct dhcp {
	uint8_t op, type;
	struct addr client, given; /* ciaddr, yiaddr */
	struct addr requested;
	struct app_host host;
};

/* 0.0.0.0 is no address. */
static struct addr read_addr(struct rd *rd)
{
	const uint8_t *bytes = rd_bytes(rd, 4);
	static const uint8_t none[4];

	if (!bytes || memcmp(bytes, none, sizeof(none)) == 0)
		return (struct addr){ 0 };
	return addr_from_v4(bytes);
}

static bool read_header(struct rd *rd, struct dhcp *dhcp)
{
	uint8_t type, mac_len;
	const uint8_t *mac;

	dhcp->op = rd_u8(rd);
	type = rd_u8(rd);
	mac_len = rd_u8(rd);
	rd_skip(rd, 1 + 4 + 2 + 2); /* hops, xid, secs, flags */
	dhcp->client = read_addr(rd);
	dhcp->given = read_addr(rd);
	rd_skip(rd, 8); /* siaddr, giaddr */
	mac = rd_bytes(rd, 16);
	rd_skip(rd, 64 + 128); /* sname, file */
	if (rd_be32(rd) != MAGIC || rd->failed)
		return false;
	dhcp->host.has_mac = type == ETHERNET && mac_len == sizeof(dhcp->host.mac);
	if (dhcp->host.has_mac)
		memcpy(dhcp->host.mac, mac, sizeof(dhcp->host.mac));
	return dhcp->op == BOOT_REQUEST || dhcp->op == BOOT_REPLY;
}

/* Option 81: flags and two codes, then the name; with flag E in DNS form, which is left alone but
 * for its first label. */
static struct app_text fqdn_of(struct app_text data)
{
	bool is_wire = data.len > 0 && (data.at[0] & 4);
	struct rd rd = rd_over(data.at, data.len);
	struct app_text name;

	rd_skip(&rd, 3);
	if (rd.failed)
		return (struct app_text){ 0 };
	if (is_wire) {
		uint32_t len = rd_u8(&rd);

		name = (struct app_text){ (const char *)rd.at, len };
		return rd_skip(&rd, len) ? name : (struct app_text){ 0 };
	}
	return (struct app_text){ (const char *)rd.at, (uint32_t)rd_left(&rd) };
}

static void note(struct app_text *text, struct app_text data)
{
	/* Some end their texts with a NUL (RFC 2132 2 says: take it away). */
	while (data.len > 0 && data.at[data.len - 1] == '\0')
		data.len--;
	if (text->len == 0)
		*text = data;
}

static void see_option(struct dhcp *dhcp, uint8_t option, struct app_text data)
{
	struct rd rd = rd_over(data.at, data.len);

	switch (option) {
	case OPTION_NAME:
		note(&dhcp->host.name, data);
		break;
	case OPTION_FQDN:
		note(&dhcp->host.name, fqdn_of(data));
		break;
	case OPTION_VENDOR:
		note(&dhcp->host.vendor, data);
		break;
	case OPTION_PARAMETERS:
		if (dhcp->host.parameters.len == 0)
			dhcp->host.parameters = data;
		break;
	case OPTION_REQUESTED:
		dhcp->requested = read_addr(&rd);
		break;
	case OPTION_TYPE:
		dhcp->type = rd_u8(&rd);
		break;
	default:
		break;
	}
}

static void read_options(struct rd *rd, struct dhcp *dhcp)
{
	for (unsigned i = 0; i < OPTIONS_MAX && rd_left(rd) > 0; i++) {
		uint8_t option = rd_u8(rd), len;
		const uint8_t *data;

		if (option == OPTION_PAD)
			continue;
		if (option == OPTION_END)
			return;
		len = rd_u8(rd);
		data = rd_bytes(rd, len);
		if (!data)
			return;
		see_option(dhcp, option, (struct app_text){ (const char *)data, len });
	}
}

static bool dhcp_see(struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len)
{
	struct rd rd = rd_over(bytes, len);
	struct dhcp dhcp = { .host.proto = PROTO_DHCP };
	struct app_event event = { .type = APP_HOST };

	(void)pkt;
	if (!read_header(&rd, &dhcp))
		return false;
	read_options(&rd, &dhcp);
	if (dhcp.op == BOOT_REPLY) {
		if (dhcp.type != TYPE_ACK || addr_is_zero(&dhcp.given) || !dhcp.host.has_mac)
			return true;
		event.host = (struct app_host){ .proto = PROTO_DHCP, .has_mac = true };
		memcpy(event.host.mac, dhcp.host.mac, sizeof(dhcp.host.mac));
		event.host.addr = dhcp.given;
	} else {
		event.host = dhcp.host;
		event.host.addr = addr_is_zero(&dhcp.client) ? dhcp.requested : dhcp.client;
	}
	parse_tell(parse, &event);
	return true;
}

const struct datagram_parser datagram_dhcp = {
	.proto = PROTO_DHCP,
	.ports = { 67, 68 },
	.see = dhcp_see,
};

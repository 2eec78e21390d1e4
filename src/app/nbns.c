/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/nbns.c - see nbns.h.
 *
 * A host registers and refreshes its name with a datagram to all (opcodes 5, 8, 9): the name is in
 * the question, 32 letters A..P, two a byte (RFC 1001 14.1); the last byte is its use: 0x00 a
 * workstation, 0x20 a server. The record that goes with it says whether it is a group's name
 * (a Windows domain), which is not the host's.
 */
#include "app/nbns.h"

#include "app/dns.h"

#define NAME_BYTES 16
#define GROUP 0x8000

enum opcode { OPCODE_REGISTER = 5, OPCODE_REFRESH = 8, OPCODE_REFRESH_TOO = 9 };

/* Two letters a byte, the upper half first; small letters by now. false: another kind of name. */
static bool decode(const struct dns_name *name, char text[NAME_BYTES])
{
	if (name->len < 2 * NAME_BYTES)
		return false;
	for (unsigned i = 0; i < NAME_BYTES; i++) {
		unsigned high = (unsigned)(uint8_t)name->text[2 * i] - 'a';
		unsigned low = (unsigned)(uint8_t)name->text[2 * i + 1] - 'a';

		if (high > 15 || low > 15)
			return false;
		text[i] = (char)(high << 4 | low);
	}
	return true;
}

static void tell(struct parse *parse, const char *text, const struct addr *sender)
{
	struct app_event event = { .type = APP_HOST };
	uint32_t len = NAME_BYTES - 1;

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\0'))
		len--;
	if (len == 0 || text[NAME_BYTES - 1] & ~0x20)
		return;
	event.host =
		(struct app_host){ .proto = PROTO_MDNS, .name = { text, len }, .addr = *sender };
	parse_tell(parse, &event);
}

bool nbns_see(struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len)
{
	struct dns_message message;
	struct dns_name name;
	struct dns_record record;
	char text[NAME_BYTES];
	unsigned opcode;
	uint16_t type;

	if (!dns_message_begin(&message, bytes, len) || message.header.questions > 1)
		return false;
	opcode = message.header.flags >> 11 & 15;
	if (opcode != OPCODE_REGISTER && opcode != OPCODE_REFRESH && opcode != OPCODE_REFRESH_TOO)
		return true;
	if ((message.header.flags & DNS_FLAG_RESPONSE) || message.header.additionals == 0 ||
		!dns_read_question(&message, &name, &type) || !decode(&name, text))
		return true;
	if (!dns_read_record(&message, &record) || record.type != DNS_NB || record.data_len < 6 ||
		(record.data[0] << 8 & GROUP))
		return true;
	tell(parse, text, &pkt->key.addr[0]);
	return true;
}

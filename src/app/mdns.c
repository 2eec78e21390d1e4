/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/mdns.c - what hosts say of themselves in the kin of DNS: mDNS with DNS-SD (RFC 6762, 6763)
 * and LLMNR (RFC 4795).
 *
 * Only answers are read: what a host asks for says nothing of it. Of an answer the name of its
 * address or service record is the host's name; a pointer names a service; a TXT record may name a
 * model ("model=", "md=", printers "ty=") or a person's name for it ("fn="). All records of one
 * answer are one host's. A responder may also speak for others (a sleep proxy), so an address
 * record with another address than the sender's is told as of that address. NetBIOS names are
 * read in nbns.c.
 */
#include <string.h>
#include <strings.h>

#include "app/dns.h"
#include "app/nbns.h"

#define PORT_MDNS 5353
#define PORT_LLMNR 5355

struct reading {
	struct app_host host;
	struct dns_space space;
};

static bool ends_in(const struct dns_name *name, const char *end)
{
	size_t len = strlen(end);

	return name->len >= len && memcmp(name->text + name->len - len, end, len) == 0;
}

/* "printer.local" is told as "printer". */
static void note_name(struct reading *reading, const struct dns_name *name)
{
	uint32_t len = name->len - (ends_in(name, ".local") ? 6 : 0);

	if (reading->host.name.len == 0)
		reading->host.name = dns_keep(&reading->space, name->text, len);
}

/* One "key=value" of a TXT record (RFC 6763 6.3). */
static void see_pair(struct reading *reading, const char *pair, size_t len)
{
	static const char *const models[] = { "model=", "md=", "ty=", "am=", "usb_mdl=" };
	struct app_host *host = &reading->host;

	for (unsigned i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		size_t skip = strlen(models[i]);

		if (len > skip && host->model.len == 0 && strncasecmp(pair, models[i], skip) == 0)
			host->model = dns_keep(&reading->space, pair + skip, len - skip);
	}
	if (len > 3 && host->vendor.len == 0 && strncasecmp(pair, "mf=", 3) == 0)
		host->vendor = dns_keep(&reading->space, pair + 3, len - 3);
	if (len > 8 && host->vendor.len == 0 && strncasecmp(pair, "usb_mfg=", 8) == 0)
		host->vendor = dns_keep(&reading->space, pair + 8, len - 8);
	if (len > 8 && host->system.len == 0 && strncasecmp(pair, "osxvers=", 8) == 0)
		host->system = dns_keep(&reading->space, pair, len);
}

static void see_text(struct reading *reading, const struct dns_record *record)
{
	struct rd rd = rd_over(record->data, record->data_len);

	while (rd_left(&rd) > 0) {
		size_t len = rd_u8(&rd);
		const uint8_t *pair = rd_bytes(&rd, len);

		if (!pair)
			return;
		see_pair(reading, (const char *)pair, len);
	}
}

/* "Anna's printer._ipp._tcp.local" and "_services._dns-sd._udp.local" lead to "_ipp._tcp". */
static void see_pointer(
	struct reading *reading, const struct dns_message *message, const struct dns_record *record)
{
	struct dns_name target;
	const struct dns_name *type = &record->name;

	if (reading->host.service.len > 0 || !ends_in(&record->name, ".local"))
		return;
	if (ends_in(&record->name, "_services._dns-sd._udp.local")) {
		if (!dns_name_in(message, record, 0, &target) || !ends_in(&target, ".local"))
			return;
		type = &target;
	}
	if (type->text[0] == '_')
		reading->host.service = dns_keep(&reading->space, type->text, type->len - 6);
}

static void see_record(struct reading *reading, const struct dns_message *message,
	const struct dns_record *record, const struct addr *sender)
{
	bool is_v4 = record->type == DNS_A && record->data_len == 4;
	bool is_v6 = record->type == DNS_AAAA && record->data_len == 16;
	struct dns_name target;

	if (is_v4 || is_v6) {
		struct addr addr = is_v4 ? addr_from_v4(record->data) : addr_from_v6(record->data);

		note_name(reading, &record->name);
		/* Of several addresses the sender's own is the one it is known by here. */
		if (addr_is_v4(&addr) == addr_is_v4(sender) &&
			(addr_is_zero(&reading->host.addr) || addr_equal(&addr, sender)))
			reading->host.addr = addr;
	} else if (record->type == DNS_SRV && dns_name_in(message, record, 6, &target)) {
		note_name(reading, &target);
	} else if (record->type == DNS_TXT) {
		see_text(reading, record);
	} else if (record->type == DNS_PTR) {
		see_pointer(reading, message, record);
	}
}

static bool skip_questions(struct dns_message *message)
{
	struct dns_name name;
	uint16_t type;

	for (unsigned i = 0; i < message->header.questions; i++)
		if (i == DNS_RECORDS_MAX || !dns_read_question(message, &name, &type))
			return false;
	return true;
}

static void read_answer(struct parse *parse, struct dns_message *message, const struct addr *sender)
{
	unsigned records =
		message->header.answers + message->header.authorities + message->header.additionals;
	struct app_event event = { .type = APP_HOST };
	struct reading reading = { .host.proto = PROTO_MDNS };
	struct dns_record record;
	const struct app_host *host = &reading.host;

	if (!skip_questions(message))
		return;
	for (unsigned i = 0; i < records && i < DNS_RECORDS_MAX; i++) {
		if (!dns_read_record(message, &record))
			break;
		see_record(&reading, message, &record, sender);
	}
	if (addr_is_zero(&host->addr))
		reading.host.addr = *sender;
	if (host->name.len == 0 && host->service.len == 0 && host->model.len == 0)
		return;
	event.host = reading.host;
	parse_tell(parse, &event);
}

static bool mdns_see(struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len)
{
	struct dns_message message;
	bool is_mdns = pkt->key.port[0] == PORT_MDNS || pkt->key.port[1] == PORT_MDNS;
	bool is_llmnr = pkt->key.port[0] == PORT_LLMNR || pkt->key.port[1] == PORT_LLMNR;

	if (pkt->key.port[0] == PORT_NBNS || pkt->key.port[1] == PORT_NBNS)
		return nbns_see(parse, pkt, bytes, len);
	if ((!is_mdns && !is_llmnr) || !dns_message_begin(&message, bytes, len))
		return false;
	if (message.header.flags >> 11 & 15)
		return false;
	/* What is not sent from the port of the service is not believed (RFC 6762 11). */
	if ((message.header.flags & DNS_FLAG_RESPONSE) &&
		(pkt->key.port[0] == PORT_MDNS || pkt->key.port[0] == PORT_LLMNR))
		read_answer(parse, &message, &pkt->key.addr[0]);
	return true;
}

const struct datagram_parser datagram_mdns = {
	.proto = PROTO_MDNS,
	.ports = { PORT_MDNS, PORT_LLMNR, PORT_NBNS },
	.see = mdns_see,
};

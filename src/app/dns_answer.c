/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/dns_answer.c - from an answer to the event that tells of it and of its question.
 *
 * An answer repeats the question's name and type, so the question need not be kept: its size is
 * that of its header, its question, and the EDNS record (RFC 6891) that the answer has only when
 * the question had one. Of the records those of the answer section are told, at most DNS_ANSWERS;
 * of the others only the OPT record is of use (the upper bits of the response code). An answer
 * that ends too early (a cut capture, hostile bytes) is told with what was readable.
 */
#include "app/dns.h"

#define OPT_LEN 11 /* an empty one: root, type, class, TTL, length */

/* The strings of a TXT record behind one another, without their lengths (RFC 1035 3.3.14). */
static struct app_text text_of(const struct dns_record *record, struct dns_space *space)
{
	struct rd rd = rd_over(record->data, record->data_len);
	struct app_text text = { .at = space->bytes + space->used };

	while (rd_left(&rd) > 0) {
		size_t len = rd_u8(&rd);
		const uint8_t *bytes;

		len = len < rd_left(&rd) ? len : rd_left(&rd);
		bytes = rd_bytes(&rd, len);
		text.len += dns_keep(space, (const char *)bytes, len).len;
	}
	return text;
}

static struct app_text bytes_of(const struct dns_record *record)
{
	return (struct app_text){ (const char *)record->data, record->data_len };
}

/* Where in a record's data a name begins; -1: it has none that is told. */
static int name_begins(uint16_t type)
{
	switch (type) {
	case DNS_CNAME:
	case DNS_NS:
	case DNS_PTR:
	case DNS_SOA:
		return 0;
	case DNS_MX:
		return 2;
	case DNS_SRV:
		return 6;
	default:
		return -1;
	}
}

static void answer_set(const struct dns_message *message, const struct dns_record *record,
	struct app_dns_answer *answer, struct dns_space *space)
{
	int begins = name_begins(record->type);
	struct dns_name name;

	*answer = (struct app_dns_answer){ .type = record->type, .ttl_s = record->ttl_s };
	if (record->type == DNS_A && record->data_len == 4)
		answer->addr = addr_from_v4(record->data);
	else if (record->type == DNS_AAAA && record->data_len == 16)
		answer->addr = addr_from_v6(record->data);
	else if (begins >= 0 && dns_name_in(message, record, (size_t)begins, &name))
		answer->data = dns_keep(space, name.text, name.len);
	else if (record->type == DNS_TXT)
		answer->data = text_of(record, space);
	else
		answer->data = bytes_of(record);
}

static void read_answers(struct dns_message *message, struct app_dns *dns, struct dns_space *space)
{
	struct dns_record record;

	for (unsigned i = 0; i < message->header.answers && i < DNS_RECORDS_MAX; i++) {
		if (!dns_read_record(message, &record))
			return;
		if (dns->listed < DNS_ANSWERS)
			answer_set(message, &record, &dns->answers[dns->listed++], space);
	}
}

/* Looks for the OPT record behind the answers; its TTL has more bits of the code in front. */
static bool has_opt(struct dns_message *message, unsigned *rcode)
{
	unsigned records = message->header.authorities + message->header.additionals;
	struct dns_record record;

	for (unsigned i = 0; i < records && i < DNS_RECORDS_MAX; i++) {
		if (!dns_read_record(message, &record))
			return false;
		if (record.type != DNS_OPT)
			continue;
		*rcode |= record.ttl_s >> 24 << 4;
		return true;
	}
	return false;
}

bool dns_answer_read(const uint8_t *bytes, size_t len, uint32_t wire_len, struct app_dns *dns,
	struct dns_space *space)
{
	struct dns_message message;
	struct dns_name name;
	unsigned rcode;
	uint16_t type;

	if (!dns_message_begin(&message, bytes, len) || message.header.questions != 1 ||
		!(message.header.flags & DNS_FLAG_RESPONSE) ||
		!dns_read_question(&message, &name, &type))
		return false;
	space->used = 0;
	*dns = (struct app_dns){
		.name = dns_keep(space, name.text, name.len),
		.type = type,
		.id = message.header.id,
		.flags = message.header.flags,
		.is_truncated = message.header.flags & DNS_FLAG_TRUNCATED,
		.is_authoritative = message.header.flags & DNS_FLAG_AUTHORITATIVE,
		.answer_count = message.header.answers,
		.bytes = { (uint32_t)(DNS_HEADER_LEN + name.wire_len + 4), wire_len },
	};
	rcode = message.header.flags & 15;
	read_answers(&message, dns, space);
	if (has_opt(&message, &rcode))
		dns->bytes[0] += OPT_LEN;
	dns->rcode = (uint8_t)(rcode < UINT8_MAX ? rcode : UINT8_MAX);
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gen/dns_message.c - see dns_message.h. */
#include "gen/dns_message.h"

#include <stdio.h>
#include <string.h>

#include "gen/content.h"
#include "gen/packet.h"

#define HEADER_BYTES 12
#define NAME_POINTER 0xc00c /* the name of the question */
#define FLAGS_QUERY 0x0100  /* RD */
#define FLAGS_ANSWER 0x8180 /* QR RD RA */
#define TYPE_OPT 41
#define EDNS_BYTES 4096
#define TXT_BYTES 200 /* of text in each record */
#define CLASS_IN 1

static size_t question(uint8_t *out, uint32_t number, uint16_t type)
{
	char name[16];
	int n = snprintf(name, sizeof(name), "host%u", number % 100000);
	size_t len = (size_t)n;

	out[0] = (uint8_t)len;
	memcpy(out + 1, name, len);
	memcpy(out + 1 + len, "\7example\3net", 13); /* with its final 0 */
	put16(out + len + 14, type);
	put16(out + len + 16, CLASS_IN);
	return len + 18;
}

static void header(uint8_t *out, uint16_t id, uint16_t flags, uint16_t answers, uint16_t additional)
{
	put16(out, id);
	put16(out + 2, flags);
	put16(out + 4, 1);
	put16(out + 6, answers);
	put16(out + 8, 0);
	put16(out + 10, additional);
}

static size_t option_record(uint8_t *out)
{
	memset(out, 0, 11);
	put16(out + 1, TYPE_OPT);
	put16(out + 3, EDNS_BYTES);
	return 11;
}

size_t dns_query(uint8_t *out, uint16_t id, uint32_t number, uint16_t type)
{
	size_t len = HEADER_BYTES;

	header(out, id, FLAGS_QUERY, 0, 1);
	len += question(out + len, number, type);
	return len + option_record(out + len);
}

static size_t record(uint8_t *out, uint16_t type, uint32_t number)
{
	bool is_text = type != DNS_TYPE_A;

	put16(out, NAME_POINTER);
	put16(out + 2, is_text ? DNS_TYPE_TXT : DNS_TYPE_A);
	put16(out + 4, CLASS_IN);
	put32(out + 6, 3600);
	put16(out + 10, is_text ? TXT_BYTES + 1 : 4);
	if (!is_text) {
		put32(out + 12, 0xc0000200 | (number & 0xff));
		return 16;
	}
	out[12] = TXT_BYTES;
	content_text(number, out + 13, TXT_BYTES);
	return 13 + TXT_BYTES;
}

size_t dns_answer(uint8_t *out, uint16_t id, uint32_t number, uint16_t type, size_t bytes)
{
	size_t len = HEADER_BYTES + question(out + HEADER_BYTES, number, type);
	uint16_t answers = 0;

	do
		len += record(out + len, type, number + answers++ * 977);
	while (len < bytes);
	header(out, id, FLAGS_ANSWER, answers, 1);
	return len + option_record(out + len);
}

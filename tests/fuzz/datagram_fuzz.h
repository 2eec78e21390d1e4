/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/datagram_fuzz.h - gives any bytes as a datagram to a parser, in memory of just their size,
 * and hands what it tells to check.
 */
#ifndef WEIR_FUZZ_DATAGRAM_FUZZ_H
#define WEIR_FUZZ_DATAGRAM_FUZZ_H

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "app/log.h"
#include "app/parser.h"

static inline void datagram_require(bool condition)
{
	if (!condition)
		abort();
}

/* Every byte of every text is looked at, for AddressSanitizer. */
static inline void datagram_look(void *context, const struct app_event *event)
{
	struct app_event copy = { 0 };
	struct app_text *texts[APP_TEXTS_MAX];
	unsigned *sum = context, count;

	memcpy(&copy, event, app_event_size(event));
	count = app_event_texts(&copy, texts);
	for (unsigned i = 0; i < count; i++)
		for (uint32_t at = 0; at < texts[i]->len; at++)
			*sum += (uint8_t)texts[i]->at[at];
}

static inline void datagram_fuzz(const struct datagram_parser *parser, unsigned side, uint16_t port,
	const uint8_t *data, size_t size, void (*check)(void *, const struct app_event *))
{
	struct parse parse = { .now_ns = 1, .flow = 1 };
	struct pkt pkt = { .payload_len = (uint32_t)size,
		.payload_wire_len = (uint32_t)size,
		.standing = side ? STANDING_ANSWER : STANDING_OPENING,
		.side = (uint8_t)side,
		.ip_version = 4 };
	uint8_t *copy = malloc(size + !size);
	unsigned sum = 0;

	datagram_require(copy && app_log_open(1U << 20, &parse.log) == 0);
	memcpy(copy, data, size);
	parse.key = (struct flow_key){ .port = { 50000, port }, .proto = IPPROTO_UDP };
	pkt.key = parse.key;
	pkt.key.port[side] = 50000;
	pkt.key.port[!side] = port;
	parser->see(&parse, &pkt, copy, size);
	app_logs_drain(&parse.log, 1, check ? check : datagram_look, &sum);
	app_log_close(parse.log);
	free(copy);
}

#endif

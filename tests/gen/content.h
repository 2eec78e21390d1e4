/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/content.h - what is inside: plausible payloads.
 *
 * A message is what one side says in one round of a conversation. Its beginning is what the
 * protocol puts there (an HTTP head, a TLS hello, a QUIC header), the rest is text or noise from a
 * pool. Any stretch of it can be had by offset, so segments are filled one by one and nothing is
 * kept.
 */
#ifndef WEIR_GEN_CONTENT_H
#define WEIR_GEN_CONTENT_H

#include <stddef.h>
#include <stdint.h>

enum content {
	CONTENT_NOISE, /* bytes that look random */
	CONTENT_TEXT,  /* printable */
	CONTENT_HTTP,  /* requests and responses over TCP */
	CONTENT_TLS,   /* TLS 1.3 over TCP */
	CONTENT_QUIC,  /* QUIC over UDP */
	CONTENT_RTP,   /* RTP one way, RTCP back */
	CONTENT_DHT,   /* BitTorrent's distributed hash table */
	CONTENT_COUNT
};

struct message {
	enum content content;
	unsigned side;	/* 0: from the client */
	unsigned round; /* counted from 0 */
	uint32_t len;	/* bytes */
	uint64_t seed;	/* the same for all messages of a conversation */
};

/* The length such a message really gets when len bytes are wanted: a head must fit, a hello has
 * its own. */
uint32_t content_len(const struct message *message);

/* Writes bytes [offset, offset + len) of the message. len below 2048. */
void content_fill(const struct message *message, uint32_t offset, uint8_t *out, size_t len);

/* len bytes of noise or text that depend on seed only. len below 2048. */
void content_noise(uint64_t seed, uint8_t *out, size_t len);
void content_text(uint64_t seed, uint8_t *out, size_t len);

#endif

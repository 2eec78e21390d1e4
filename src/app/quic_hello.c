/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/quic_hello.c - see quic_hello.h.
 */
#include "app/quic_hello.h"

#include <string.h>

#include "app/tls_hello.h"

#define HEAD 4	 /* type and length of a handshake message (RFC 8446 4) */
#define FIXED 34 /* version and random, the least that a hello begins with */
#define CLIENT_HELLO 1

void quic_hello_begin(struct quic_hello *hello, const struct flow_key *key)
{
	memset(hello, 0, offsetof(struct quic_hello, bytes));
	hello->key = *key;
}

static bool has(const struct quic_hello *hello, size_t at)
{
	return hello->has[at / 8] >> at % 8 & 1;
}

static bool has_any(const struct quic_hello *hello, size_t at, size_t end)
{
	while (at < end) {
		if (at % 8 == 0 && end - at >= 8 && hello->has[at / 8] == 0)
			at += 8;
		else if (has(hello, at))
			return true;
		else
			at++;
	}
	return false;
}

static void mark(struct quic_hello *hello, size_t at, size_t end)
{
	for (; at < end && at % 8 != 0; at++)
		hello->has[at / 8] |= (uint8_t)(1U << at % 8);
	memset(hello->has + at / 8, 0xff, (end - at) / 8);
	for (at += (end - at) / 8 * 8; at < end; at++)
		hello->has[at / 8] |= (uint8_t)(1U << at % 8);
}

void quic_hello_add(struct quic_hello *hello, uint64_t offset, const uint8_t *bytes, uint64_t len)
{
	size_t at = (size_t)offset, end;

	if (offset >= QUIC_HELLO_MAX || len == 0)
		return;
	end = at + (size_t)(len < QUIC_HELLO_MAX - at ? len : QUIC_HELLO_MAX - at);
	if (at >= hello->top || !has_any(hello, at, end)) {
		memcpy(hello->bytes + at, bytes, end - at);
	} else {
		for (size_t i = at; i < end; i++)
			if (!has(hello, i))
				hello->bytes[i] = bytes[i - at];
			else if (hello->bytes[i] != bytes[i - at])
				hello->differs = true;
	}
	mark(hello, at, end);
	if (end > hello->top)
		hello->top = (uint16_t)end;
}

/* So many bytes are there up to the first that is not. */
static size_t beginning(const struct quic_hello *hello)
{
	size_t at = 0;

	while (at < QUIC_HELLO_MAX && hello->has[at / 8] == 0xff)
		at += 8;
	while (at < QUIC_HELLO_MAX && has(hello, at))
		at++;
	return at;
}

/* Of the message, with its head; when that is there. */
static size_t whole_length(const struct quic_hello *hello)
{
	const uint8_t *b = hello->bytes;

	return HEAD + ((size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3]);
}

enum quic_hello_state quic_hello_state(const struct quic_hello *hello)
{
	size_t have = beginning(hello);

	if (have > 0 && hello->bytes[0] != CLIENT_HELLO)
		return QUIC_HELLO_WRONG;
	if (have >= HEAD && have >= whole_length(hello))
		return QUIC_HELLO_WHOLE;
	return have == QUIC_HELLO_MAX ? QUIC_HELLO_OVERLONG : QUIC_HELLO_PART;
}

void quic_hello_tell(const struct quic_hello *hello, struct parse *parse)
{
	struct app_event event = { .type = APP_QUIC };
	struct tls_hello read;
	size_t have = beginning(hello);
	bool is_whole;

	if (have < HEAD + FIXED || hello->bytes[0] != CLIENT_HELLO)
		return;
	is_whole = !hello->differs && have >= whole_length(hello);
	if (have > whole_length(hello))
		have = whole_length(hello);
	is_whole &= tls_client_hello_read(hello->bytes + HEAD, have - HEAD, &read);
	event.tls.sni = read.sni;
	event.tls.alpn = read.alpn;
	event.tls.client_version = read.version;
	if (is_whole) {
		tls_ja3(&read, event.tls.ja3);
		tls_ja4(&read, 'q', event.tls.ja4);
	}
	parse_tell(parse, &event);
}

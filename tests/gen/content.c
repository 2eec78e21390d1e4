/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/content.c - heads of protocols over a pool of bytes.
 *
 * Each content has a function that writes the head of a message and says how long it is; what
 * follows is copied from a pool at a place that depends on the seed, which costs one memcpy a
 * segment.
 */
#include "gen/content.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gen/packet.h"
#include "gen/prng.h"

#define POOL_BYTES 65536
#define FILL_BYTES_MAX 2048
#define HEAD_BYTES_MAX 1024

#define TLS_RECORD_BYTES_MAX 16384 /* RFC 8446 5.1 */
#define TLS_RECORD_HEAD 5

static uint8_t noise_pool[POOL_BYTES + FILL_BYTES_MAX];
static uint8_t text_pool[POOL_BYTES + FILL_BYTES_MAX];

/* Not thread-safe: the generator has one thread. */
static void pools_prepare(void)
{
	static const char letters[] =
		"etaoinshrdlucmfw ypvbgk etaoin <p> </p>\n    etaoinshr, dlu. 0123";
	static bool is_ready;
	struct prng prng = { .state = 0x77656972 };

	if (is_ready)
		return;
	for (size_t i = 0; i < sizeof(noise_pool); i++) {
		uint64_t draw = prng_next(&prng);

		noise_pool[i] = draw >> 56;
		text_pool[i] = (uint8_t)letters[draw % (sizeof(letters) - 1)];
	}
	is_ready = true;
}

void content_noise(uint64_t seed, uint8_t *out, size_t len)
{
	pools_prepare();
	memcpy(out, noise_pool + seed % POOL_BYTES, len);
}

void content_text(uint64_t seed, uint8_t *out, size_t len)
{
	pools_prepare();
	memcpy(out, text_pool + seed % POOL_BYTES, len);
}

/* A request fills its message: its length is made up by a cookie. */
static size_t http_request(const struct message *m, uint8_t *out)
{
	static const char head[] =
		"GET /article/%04u/page-%u HTTP/1.1\r\nHost: www.example.org\r\n"
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\nCookie: s=";
	size_t total = m->len < HEAD_BYTES_MAX ? m->len : HEAD_BYTES_MAX;
	int n = snprintf((char *)out, HEAD_BYTES_MAX, head, (unsigned)(m->seed % 10000), m->round);
	size_t used = n > 0 ? (size_t)n : 0;

	for (; used < total - 4; used++)
		out[used] = (uint8_t)('a' + (m->seed + used * 7) % 26);
	put_text(out + used, "\r\n\r\n");
	return total;
}

/* A request longer than its head may be is an upload. */
static size_t http_upload(const struct message *m, uint8_t *out)
{
	static const char head[] =
		"PUT /backup/%04u/part-%u HTTP/1.1\r\nHost: www.example.org\r\n"
		"Content-Type: application/octet-stream\r\nContent-Length: %010u\r\n\r\n";
	int n = snprintf(
		(char *)out, HEAD_BYTES_MAX, head, (unsigned)(m->seed % 10000), m->round, m->len);
	uint32_t body = m->len - (uint32_t)n;

	snprintf((char *)out, HEAD_BYTES_MAX, head, (unsigned)(m->seed % 10000), m->round, body);
	return (size_t)n;
}

static size_t http_response(const struct message *m, uint8_t *out)
{
	static const char head[] =
		"HTTP/1.1 200 OK\r\nServer: example\r\nContent-Type: text/html\r\n"
		"Content-Length: %010u\r\n\r\n";
	int n = snprintf((char *)out, HEAD_BYTES_MAX, head, m->len);

	snprintf((char *)out, HEAD_BYTES_MAX, head, m->len - (uint32_t)n);
	return (size_t)n;
}

static size_t http_head(const struct message *m, uint8_t *out)
{
	if (m->side)
		return http_response(m, out);
	return m->len < HEAD_BYTES_MAX ? http_request(m, out) : http_upload(m, out);
}

/* ClientHello of TLS 1.3 (RFC 8446 4.1.2) with a server name. */
static size_t tls_client_hello(const struct message *m, uint8_t *out)
{
	static const uint8_t suites[] = { 0, 8, 0x13, 1, 0x13, 2, 0x13, 3, 0xc0, 0x2f, 1, 0 };
	static const uint8_t extensions[] = {
		0, 0, 0, 20, 0, 18, 0, 0, 15, 'w', 'w', 'w', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e',
		'.', 'o', 'r', 'g',	       /* server_name */
		0, 10, 0, 4, 0, 2, 0, 29,      /* supported_groups: x25519 */
		0, 13, 0, 6, 0, 4, 4, 3, 8, 4, /* signature_algorithms */
		0, 16, 0, 11, 0, 9, 8, 'h', 't', 't', 'p', '/', '1', '.', '1', /* ALPN */
		0, 43, 0, 3, 2, 3, 4,		   /* supported_versions: 1.3 */
		0, 51, 0, 38, 0, 36, 0, 29, 0, 32, /* key_share, 32 bytes follow */
	};
	uint8_t *at = out + TLS_RECORD_HEAD + 4;

	put16(at, 0x0303);
	content_noise(m->seed, at + 2, 32);
	at[34] = 32;
	content_noise(m->seed + 32, at + 35, 32);
	at += 67;
	memcpy(at, suites, sizeof(suites));
	at += sizeof(suites);
	put16(at, sizeof(extensions) + 32);
	memcpy(at + 2, extensions, sizeof(extensions));
	at += 2 + sizeof(extensions);
	content_noise(m->seed + 64, at, 32);
	at += 32;
	put32(out, 0x16030100);
	put16(out + 3, (uint16_t)(at - out - TLS_RECORD_HEAD));
	put32(out + 5, 0x01000000 | (uint32_t)(at - out - TLS_RECORD_HEAD - 4));
	return (size_t)(at - out);
}

/* ServerHello, then the change-cipher-spec of the compatibility mode (RFC 8446 D.4). */
static size_t tls_server_hello(const struct message *m, uint8_t *out)
{
	static const uint8_t tail[] = { 0x13, 1, 0, 0, 46, 0, 43, 0, 2, 3, 4, 0, 51, 0, 36, 0, 29,
		0, 32 };
	static const uint8_t change[] = { 20, 3, 3, 0, 1, 1 };
	uint8_t *at = out + TLS_RECORD_HEAD + 4;

	put16(at, 0x0303);
	content_noise(m->seed + 96, at + 2, 32);
	at[34] = 32;
	content_noise(m->seed + 32, at + 35, 32);
	memcpy(at + 67, tail, sizeof(tail));
	at += 67 + sizeof(tail);
	content_noise(m->seed + 128, at, 32);
	at += 32;
	put32(out, 0x16030300);
	put16(out + 3, (uint16_t)(at - out - TLS_RECORD_HEAD));
	put32(out + 5, 0x02000000 | (uint32_t)(at - out - TLS_RECORD_HEAD - 4));
	memcpy(at, change, sizeof(change));
	return (size_t)(at - out) + sizeof(change);
}

static size_t tls_head(const struct message *m, uint8_t *out)
{
	if (m->round)
		return 0;
	return m->side ? tls_server_hello(m, out) : tls_client_hello(m, out);
}

/* The headers of the application data records that begin in [offset, offset + len). */
static void tls_records(
	const struct message *m, uint32_t head, uint32_t offset, uint8_t *out, size_t len)
{
	uint32_t step = TLS_RECORD_BYTES_MAX + TLS_RECORD_HEAD;
	uint32_t at = offset > head ? head + (offset - head) / step * step : head;

	for (; at < offset + len && at + TLS_RECORD_HEAD < m->len; at += step) {
		uint32_t left = m->len - at - TLS_RECORD_HEAD;
		uint32_t body = left < TLS_RECORD_BYTES_MAX ? left : TLS_RECORD_BYTES_MAX;
		uint8_t record[TLS_RECORD_HEAD] = { 23, 3, 3, body >> 8, body & 0xff };

		for (uint32_t i = 0; i < TLS_RECORD_HEAD; i++)
			if (at + i >= offset && at + i < offset + len)
				out[at + i - offset] = record[i];
	}
}

/* Long header with version 1 first (RFC 9000 17.2), short headers later. */
static size_t quic_head(const struct message *m, uint8_t *out)
{
	if (m->round) {
		out[0] = 0x40 | (m->seed & 0x3f);
		content_noise(m->seed + 8 * m->side, out + 1, 8);
		return 9;
	}
	out[0] = 0xc3;
	put32(out + 1, 1);
	out[5] = 8;
	content_noise(m->seed + 8 * m->side, out + 6, 8);
	out[14] = 0; /* no source connection id */
	out[15] = 0; /* no token */
	put16(out + 16, 0x4000 | (uint16_t)(m->len - 18));
	return 18;
}

/* RFC 3550 5.1, and a receiver report without blocks (6.4.2) the other way. */
static size_t rtp_head(const struct message *m, uint8_t *out)
{
	if (m->side == 0) {
		put32(out, 0x80c90001);
		put32(out + 4, (uint32_t)m->seed);
		return 8;
	}
	put16(out, 0x8060);
	put16(out + 2, (uint16_t)m->round);
	put32(out + 4, m->round * 3000);
	put32(out + 8, (uint32_t)m->seed ^ 0x5a5a);
	return 12;
}

/* BEP 5: ping and its answer. */
static size_t dht_head(const struct message *m, uint8_t *out)
{
	size_t len = put_text(out, m->side ? "d1:rd2:id20:" : "d1:ad2:id20:");

	content_noise(m->seed + 20 * m->side, out + len, 20);
	len += 20;
	return len + put_text(out + len, m->side ? "e1:t2:aa1:y1:re" : "e1:q4:ping1:t2:aa1:y1:qe");
}

static size_t head_write(const struct message *m, uint8_t *out)
{
	switch (m->content) {
	case CONTENT_HTTP:
		return http_head(m, out);
	case CONTENT_TLS:
		return tls_head(m, out);
	case CONTENT_QUIC:
		return quic_head(m, out);
	case CONTENT_RTP:
		return rtp_head(m, out);
	case CONTENT_DHT:
		return dht_head(m, out);
	default:
		return 0;
	}
}

uint32_t content_len(const struct message *m)
{
	static const uint32_t shortest[CONTENT_COUNT] = {
		[CONTENT_HTTP] = 240, [CONTENT_TLS] = 240, [CONTENT_QUIC] = 24, [CONTENT_RTP] = 8
	};
	uint8_t head[HEAD_BYTES_MAX];

	if (m->content == CONTENT_DHT || (m->content == CONTENT_TLS && !m->round && !m->side))
		return (uint32_t)head_write(m, head);
	if (m->content == CONTENT_RTP && m->side == 0)
		return shortest[CONTENT_RTP];
	return m->len < shortest[m->content] ? shortest[m->content] : m->len;
}

void content_fill(const struct message *m, uint32_t offset, uint8_t *out, size_t len)
{
	bool is_text = m->content == CONTENT_HTTP || m->content == CONTENT_TEXT;
	uint8_t head[HEAD_BYTES_MAX + FILL_BYTES_MAX];
	size_t head_len = 0;

	if (is_text)
		content_text(m->seed + m->round * 131 + offset, out, len);
	else
		content_noise(m->seed + m->round * 131 + offset, out, len);
	if (offset < HEAD_BYTES_MAX || m->content == CONTENT_TLS)
		head_len = head_write(m, head);
	if (offset < head_len)
		memcpy(out, head + offset, head_len - offset < len ? head_len - offset : len);
	if (m->content == CONTENT_TLS)
		tls_records(m, (uint32_t)head_len, offset, out, len);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gen/secure.c - see secure.h. */
#include "gen/secure.h"

#include <string.h>

#include "gen/secure_certificate.h"

#define FLIGHT_MAX 2048
#define RECORD_MAX 16384 /* RFC 8446 5.1 */
#define TAG_BYTES 16	 /* what AES-GCM adds */

enum record_type {
	RECORD_CHANGE = 20,
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
};

enum handshake_type {
	HANDSHAKE_CLIENT_HELLO = 1,
	HANDSHAKE_SERVER_HELLO = 2,
	HANDSHAKE_CERTIFICATE = 11,
	HANDSHAKE_SERVER_KEY = 12,
	HANDSHAKE_SERVER_DONE = 14,
	HANDSHAKE_CLIENT_KEY = 16,
};

struct flight {
	uint8_t bytes[FLIGHT_MAX];
	size_t len;
};

/* The hellos: cipher suites, then all extensions but server_name and the bytes of key_share. */
struct profile {
	const uint8_t *suites;
	size_t suites_len;
	const uint8_t *extensions;
	size_t extensions_len;
	bool has_key_share;
};

static const uint8_t browser_suites[] = { 0x1a, 0x1a, 0x13, 1, 0x13, 2, 0x13, 3, 0xc0, 0x2b, 0xc0,
	0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0xcc, 0xa9, 0xcc, 0xa8, 0xc0, 0x13, 0xc0, 0x14, 0, 0x9c, 0,
	0x9d, 0, 0x2f, 0, 0x35 };
static const uint8_t browser_extensions[] = { 0x2a, 0x2a, 0, 0, 0, 23, 0, 0, 0xff, 1, 0, 1, 0, 0,
	10, 0, 8, 0, 6, 0, 29, 0, 23, 0, 24, 0, 11, 0, 2, 1, 0, 0, 35, 0, 0, 0, 16, 0, 14, 0, 12, 2,
	'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1', 0, 5, 0, 5, 1, 0, 0, 0, 0, 0, 13, 0,
	18, 0, 16, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1, 0, 43, 0, 5, 4, 3, 4, 3, 3 };
static const uint8_t openssl_suites[] = { 0x13, 2, 0x13, 3, 0x13, 1, 0xc0, 0x2c, 0xc0, 0x30, 0,
	0x9f, 0xcc, 0xa9, 0xcc, 0xa8, 0xcc, 0xaa, 0xc0, 0x2b, 0xc0, 0x2f, 0, 0x9e, 0xc0, 0x24, 0xc0,
	0x28, 0, 0x6b, 0, 0xff };
static const uint8_t openssl_extensions[] = { 0, 11, 0, 4, 3, 0, 1, 2, 0, 10, 0, 12, 0, 10, 0, 29,
	0, 23, 0, 30, 0, 25, 0, 24, 0, 35, 0, 0, 0, 22, 0, 0, 0, 23, 0, 0, 0, 13, 0, 14, 0, 12, 4,
	3, 5, 3, 6, 3, 8, 7, 8, 4, 4, 1, 0, 43, 0, 5, 4, 3, 4, 3, 3 };
static const uint8_t old_suites[] = { 0xc0, 0x14, 0xc0, 0x13, 0, 0x35, 0, 0x2f, 0xc0, 0x0a, 0xc0, 9,
	0, 0x38, 0, 0x32, 0, 0x0a };
static const uint8_t old_extensions[] = { 0, 10, 0, 6, 0, 4, 0, 23, 0, 24, 0, 11, 0, 2, 1, 0 };

#define PROFILE(name, key_share)                                                                   \
	{                                                                                          \
		name##_suites, sizeof(name##_suites), name##_extensions,                           \
			sizeof(name##_extensions), key_share                                       \
	}
static const struct profile profiles[] = {
	[SECURE_BROWSER] = PROFILE(browser, true),
	[SECURE_OPENSSL] = PROFILE(openssl, true),
	[SECURE_OLD] = PROFILE(old, false),
};

static void flight_noise(struct flight *flight, struct script *script, size_t len)
{
	for (size_t i = 0; i < len; i++)
		flight->bytes[flight->len++] = script_draw(script) >> 56;
}

static void flight_put(struct flight *flight, const void *bytes, size_t len)
{
	memcpy(flight->bytes + flight->len, bytes, len);
	flight->len += len;
}

static void flight_put16(struct flight *flight, size_t value)
{
	put16(flight->bytes + flight->len, (uint16_t)value);
	flight->len += 2;
}

/* Says a flight as one record. */
static void record_say(
	struct script *script, unsigned side, enum record_type type, const struct flight *flight)
{
	uint8_t head[5] = { type, 3, 3, flight->len >> 8, flight->len & 0xff };

	script_say(script, side, head, sizeof(head));
	script_join(script);
	script_say(script, side, flight->bytes, flight->len);
}

/* The same as a handshake message. */
static void handshake_say(
	struct script *script, unsigned side, enum handshake_type type, struct flight *flight)
{
	memmove(flight->bytes + 4, flight->bytes, flight->len);
	put32(flight->bytes, (uint32_t)type << 24 | (uint32_t)flight->len);
	flight->len += 4;
	record_say(script, side, RECORD_HANDSHAKE, flight);
}

static void server_name_put(struct flight *flight, const char *name)
{
	size_t len = strlen(name);

	flight_put16(flight, 0);
	flight_put16(flight, len + 5);
	flight_put16(flight, len + 3);
	flight->bytes[flight->len++] = 0;
	flight_put16(flight, len);
	flight_put(flight, name, len);
}

static void key_share_put(struct flight *flight, struct script *script)
{
	flight_put16(flight, 51);
	flight_put16(flight, 38);
	flight_put16(flight, 36);
	flight_put16(flight, 29); /* x25519 */
	flight_put16(flight, 32);
	flight_noise(flight, script, 32);
}

static void client_hello(struct script *script, const struct secure *secure)
{
	static const uint8_t compression[] = { 1, 0 };
	const struct profile *profile = &profiles[secure->client];
	struct flight flight = { .len = 0 };
	size_t extensions_at;

	flight_put16(&flight, 0x0303);
	flight_noise(&flight, script, 32);
	flight.bytes[flight.len++] = 32;
	flight_noise(&flight, script, 32);
	flight_put16(&flight, profile->suites_len);
	flight_put(&flight, profile->suites, profile->suites_len);
	flight_put(&flight, compression, sizeof(compression));
	extensions_at = flight.len;
	flight.len += 2;
	if (secure->server_name)
		server_name_put(&flight, secure->server_name);
	flight_put(&flight, profile->extensions, profile->extensions_len);
	if (profile->has_key_share)
		key_share_put(&flight, script);
	put16(flight.bytes + extensions_at, (uint16_t)(flight.len - extensions_at - 2));
	handshake_say(script, 0, HANDSHAKE_CLIENT_HELLO, &flight);
}

static void server_hello(struct script *script, bool is_13)
{
	static const uint8_t tail_13[] = { 0x13, 1, 0, 0, 46, 0, 43, 0, 2, 3, 4, 0, 51, 0, 36, 0,
		29, 0, 32 };
	static const uint8_t tail_12[] = { 0xc0, 0x14, 0, 0, 5, 0xff, 1, 0, 1, 0 };
	struct flight flight = { .len = 0 };

	flight_put16(&flight, 0x0303);
	flight_noise(&flight, script, 32);
	flight.bytes[flight.len++] = 32;
	flight_noise(&flight, script, 32);
	if (is_13) {
		flight_put(&flight, tail_13, sizeof(tail_13));
		flight_noise(&flight, script, 32);
	} else {
		flight_put(&flight, tail_12, sizeof(tail_12));
	}
	handshake_say(script, 1, HANDSHAKE_SERVER_HELLO, &flight);
}

static void certificate_say(struct script *script, const struct secure *secure)
{
	struct prng prng = { .state = script_draw(script) };
	struct flight flight = { .bytes = { 0 }, .len = 6 };
	size_t len = certificate_put(flight.bytes + 6, secure, &prng);

	put16(flight.bytes + 1, (uint16_t)(len + 3)); /* two lengths of 24 bits */
	put16(flight.bytes + 4, (uint16_t)len);
	flight.len += len;
	handshake_say(script, 1, HANDSHAKE_CERTIFICATE, &flight);
}

static void change_say(struct script *script, unsigned side)
{
	struct flight flight = { .bytes = { 1 }, .len = 1 };

	record_say(script, side, RECORD_CHANGE, &flight);
}

static void noise_record(struct script *script, unsigned side, enum record_type type, size_t len)
{
	uint8_t head[5] = { type, 3, 3, len >> 8, len & 0xff };

	script_say(script, side, head, sizeof(head));
	if (len)
		script_join(script);
	script_noise(script, side, len);
}

/* TLS 1.2 with a key exchange that gives the certificate away. */
static void secure_open_12(struct script *script, const struct secure *secure)
{
	static const uint8_t curve[] = { 3, 0, 23, 65, 4 };
	struct flight key = { .len = 0 }, done = { .len = 0 }, answer = { .len = 0 };

	server_hello(script, false);
	script_join(script);
	certificate_say(script, secure);
	flight_put(&key, curve, sizeof(curve));
	flight_noise(&key, script, 64);
	flight_put16(&key, 0x0401);
	flight_put16(&key, 256);
	flight_noise(&key, script, 256);
	script_join(script);
	handshake_say(script, 1, HANDSHAKE_SERVER_KEY, &key);
	script_join(script);
	handshake_say(script, 1, HANDSHAKE_SERVER_DONE, &done);
	flight_put(&answer, curve + 3, 2);
	flight_noise(&answer, script, 64);
	handshake_say(script, 0, HANDSHAKE_CLIENT_KEY, &answer);
	script_join(script);
	change_say(script, 0);
	script_join(script);
	noise_record(script, 0, RECORD_HANDSHAKE, 40);
	change_say(script, 1);
	script_join(script);
	noise_record(script, 1, RECORD_HANDSHAKE, 40);
}

/* TLS 1.3: encrypted from the second message on. */
static void secure_open_13(struct script *script)
{
	server_hello(script, true);
	script_join(script);
	change_say(script, 1);
	script_join(script);
	noise_record(script, 1, RECORD_DATA, 2300 + script_draw(script) % 600);
	change_say(script, 0);
	script_join(script);
	noise_record(script, 0, RECORD_DATA, 53);
}

void secure_open(struct script *script, const struct secure *secure)
{
	client_hello(script, secure);
	if (secure->subject)
		secure_open_12(script, secure);
	else
		secure_open_13(script);
}

void secure_say(struct script *script, unsigned side, size_t len)
{
	for (bool is_first = true; len; is_first = false) {
		size_t take = len < RECORD_MAX ? len : RECORD_MAX;

		if (!is_first)
			script_join(script);
		noise_record(script, side, RECORD_DATA, take + TAG_BYTES);
		len -= take;
	}
}

void secure_close(struct script *script)
{
	noise_record(script, 0, RECORD_ALERT, 2 + TAG_BYTES + 6);
}

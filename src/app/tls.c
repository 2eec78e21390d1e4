/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/tls.c - parser_tls: TLS from SSL 3 to 1.3, up to where it is encrypted.
 *
 * Records (RFC 8446 5.1) carry pieces of handshake messages; messages are put together in the
 * hold of their side, never more than the message at hand needs: of a Certificate message the
 * first certificate, of what is of no interest only the four bytes of its header. One event is
 * told a handshake, as soon as all is known that will ever be visible: in TLS 1.3 with the
 * ServerHello, before with the Certificate, or with the ChangeCipherSpec of a resumption; else with
 * an alert, the first encrypted record, a gap or the end. Then the parser is done. Who is the
 * client is said by the messages, not by who opened the connection. A ClientHello in the form of
 * SSL 2 (RFC 5246 E.2) is known by its version only.
 */
#include <string.h>

#include "app/parser.h"
#include "app/tls_certificate.h"
#include "app/tls_hello.h"

#define RECORD_HEADER 5
#define RECORD_MAX (16384 + 2048) /* RFC 5246 6.2.3 */
#define MESSAGE_MAX 32768	  /* hello or certificate; the longest seen are near 4 KiB */
#define SNI_MAX 256
#define ALPN_MAX 64

enum content {
	CONTENT_CHANGE_CIPHER = 20,
	CONTENT_ALERT = 21,
	CONTENT_HANDSHAKE = 22,
	CONTENT_DATA = 23,
	CONTENT_HEARTBEAT = 24,
};

enum message { MESSAGE_CLIENT_HELLO = 1, MESSAGE_SERVER_HELLO = 2, MESSAGE_CERTIFICATE = 11 };

struct tls_side {
	uint8_t header[RECORD_HEADER];
	uint8_t header_len;
	uint8_t alert[2];
	uint8_t alert_len;
	bool is_ciphered; /* ChangeCipherSpec was said: handshake and alerts cannot be read */
	bool has_begun;
	uint32_t record_left;  /* bytes of the record at hand */
	uint32_t message_skip; /* bytes of a message of no interest */
};

struct tls_state {
	struct tls_side side[2];
	bool has_client, has_server, is_resumed;
	uint16_t client_version, version;
	uint8_t alert;
	uint16_t sni_len, alpn_len;
	char sni[SNI_MAX], alpn[ALPN_MAX];
	char ja3[JA3_SIZE], ja3s[JA3_SIZE], ja4[JA4_SIZE];
};

_Static_assert(sizeof(struct tls_state) <= PARSER_STATE_MAX, "fits");

static bool is_record_header(const uint8_t *b)
{
	uint32_t len = (uint32_t)b[3] << 8 | b[4];

	return b[0] >= CONTENT_CHANGE_CIPHER && b[0] <= CONTENT_HEARTBEAT && b[1] == 3 &&
	       b[2] <= 4 && len <= RECORD_MAX;
}

/* RFC 5246 E.2: the length with its top bit set, ClientHello, a version. */
static bool is_v2_hello(const uint8_t *b)
{
	return (b[0] & 0x80) && b[2] == MESSAGE_CLIENT_HELLO &&
	       ((b[3] == 3 && b[4] <= 4) || (b[3] == 0 && b[4] == 2));
}

/* The lengths in an SSL 2 hello agree: what is in it fills it. */
static enum verdict recognise_v2(const uint8_t *bytes, uint32_t len)
{
	struct rd r = rd_over(bytes, len);
	uint32_t record, ciphers, session, challenge;

	if (len < 11)
		return VERDICT_MAYBE;
	record = rd_be16(&r) & 0x7fff;
	rd_skip(&r, 3);
	ciphers = rd_be16(&r);
	session = rd_be16(&r);
	challenge = rd_be16(&r);
	return record == 9 + ciphers + session + challenge && ciphers % 3 == 0 && ciphers > 0
		       ? VERDICT_YES
		       : VERDICT_NO;
}

static enum verdict recognise_side(const uint8_t *bytes, uint32_t len)
{
	uint32_t record;

	if (len == 0)
		return VERDICT_MAYBE;
	if (len >= RECORD_HEADER && is_v2_hello(bytes))
		return recognise_v2(bytes, len);
	if (len < RECORD_HEADER)
		return (bytes[0] & 0x80) || (bytes[0] >= CONTENT_CHANGE_CIPHER &&
						    bytes[0] <= CONTENT_DATA &&
						    (len < 2 || bytes[1] == 3))
			       ? VERDICT_MAYBE
			       : VERDICT_NO;
	if (!is_record_header(bytes) || bytes[0] == CONTENT_HEARTBEAT)
		return VERDICT_NO;
	record = (uint32_t)bytes[3] << 8 | bytes[4];
	if (bytes[0] == CONTENT_HANDSHAKE) {
		if (record == 0)
			return VERDICT_NO;
		if (len == RECORD_HEADER)
			return VERDICT_MAYBE;
		return bytes[5] <= 24 ? VERDICT_YES : VERDICT_NO;
	}
	if (bytes[0] == CONTENT_ALERT)
		return record == 2 || record >= 16 ? VERDICT_YES : VERDICT_NO;
	if (bytes[0] == CONTENT_CHANGE_CIPHER)
		return record == 1 ? VERDICT_YES : VERDICT_NO;
	return record >= 17 ? VERDICT_YES : VERDICT_NO; /* an authentication tag and a byte */
}

static enum verdict tls_recognise(const struct opening *opening)
{
	enum verdict verdict[2];

	for (unsigned side = 0; side < 2; side++)
		verdict[side] = recognise_side(opening->bytes[side], opening->len[side]);
	if (verdict[0] == VERDICT_NO || verdict[1] == VERDICT_NO)
		return VERDICT_NO;
	return verdict[0] == VERDICT_YES || verdict[1] == VERDICT_YES ? VERDICT_YES : VERDICT_MAYBE;
}

static void tell(
	struct tls_state *s, struct parse *parse, const struct tls_certificate *certificate)
{
	struct app_event event = { .type = APP_TLS };
	struct app_tls *tls = &event.tls;

	parse->is_done = true;
	if (!s->has_client && !s->has_server)
		return;
	tls->sni = (struct app_text){ s->sni, s->sni_len };
	tls->alpn = (struct app_text){ s->alpn, s->alpn_len };
	tls->version = s->version;
	tls->client_version = s->client_version;
	memcpy(tls->ja3, s->ja3, sizeof(tls->ja3));
	memcpy(tls->ja3s, s->ja3s, sizeof(tls->ja3s));
	memcpy(tls->ja4, s->ja4, sizeof(tls->ja4));
	tls->is_resumed = s->is_resumed;
	tls->has_server = s->has_server;
	tls->alert = s->alert;
	if (certificate) {
		tls->has_certificate = true;
		tls->subject = (struct app_text){ certificate->subject, certificate->subject_len };
		tls->issuer = (struct app_text){ certificate->issuer, certificate->issuer_len };
		tls->serial = (struct app_text){ certificate->serial,
			(uint32_t)strlen(certificate->serial) };
		tls->not_before_s = certificate->not_before_s;
		tls->not_after_s = certificate->not_after_s;
		memcpy(tls->fingerprint, certificate->sha1, sizeof(tls->fingerprint));
		memcpy(tls->sha256, certificate->sha256, sizeof(tls->sha256));
		tls->is_self_signed = certificate->is_self_signed;
	}
	parse_tell(parse, &event);
}

static uint16_t keep_text(struct app_text text, char *out, size_t size)
{
	size_t len = text.len < size ? text.len : size;

	if (len)
		memcpy(out, text.at, len);
	return (uint16_t)len;
}

static void see_client_hello(
	struct tls_state *s, struct parse *parse, unsigned side, const uint8_t *body, size_t len)
{
	struct tls_hello hello;
	bool is_whole = tls_client_hello_read(body, len, &hello);

	if (s->has_client) /* again, after a HelloRetryRequest or by renegotiation */
		return;
	s->has_client = true;
	s->client_version = hello.version;
	s->sni_len = keep_text(hello.sni, s->sni, sizeof(s->sni));
	if (s->alpn_len == 0)
		s->alpn_len = keep_text(hello.alpn, s->alpn, sizeof(s->alpn));
	if (is_whole) {
		tls_ja3(&hello, s->ja3);
		tls_ja4(&hello, 't', s->ja4);
	}
	parse->is_side_done[side] = true;
}

static void see_server_hello(
	struct tls_state *s, struct parse *parse, const uint8_t *body, size_t len)
{
	struct tls_hello hello;

	if (!tls_server_hello_read(body, len, &hello))
		return;
	s->has_server = true;
	s->version = hello.version;
	tls_ja3s(&hello, s->ja3s);
	if (hello.alpn.len)
		s->alpn_len = keep_text(hello.alpn, s->alpn, sizeof(s->alpn));
	if (hello.is_retry)
		return;
	for (unsigned i = 0; i < hello.extensions.count; i++)
		if (hello.extensions.value[i] == 41) /* pre_shared_key, RFC 8446 4.2.11 */
			s->is_resumed = true;
	if (hello.version > 0x0303)
		tell(s, parse, NULL);
}

/* message: with its header, as far as it was needed. */
static void see_message(
	struct tls_state *s, struct parse *parse, unsigned side, const uint8_t *message, size_t len)
{
	struct tls_certificate certificate;

	if (len <= 4)
		return;
	switch (message[0]) {
	case MESSAGE_CLIENT_HELLO:
		see_client_hello(s, parse, side, message + 4, len - 4);
		break;
	case MESSAGE_SERVER_HELLO:
		see_server_hello(s, parse, message + 4, len - 4);
		break;
	case MESSAGE_CERTIFICATE:
		tell(s, parse,
			tls_certificate_read(message + 10, len - 10, &certificate) ? &certificate
										   : NULL);
		break;
	default:
		break;
	}
}

static uint32_t be24(const uint8_t *b)
{
	return (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
}

/* How many bytes of the message are needed before it can be seen, as far as its first len bytes
 * tell. The rest of it is skipped. */
static size_t needed(const struct tls_state *s, const uint8_t *message, size_t len)
{
	size_t body, first;

	if (len < 4)
		return 4;
	body = be24(message + 1);
	if (message[0] == MESSAGE_CLIENT_HELLO || message[0] == MESSAGE_SERVER_HELLO)
		return body <= MESSAGE_MAX ? 4 + body : 4;
	if (message[0] != MESSAGE_CERTIFICATE || !s->has_server || body < 6)
		return 4;
	if (len < 10)
		return 10;
	first = be24(message + 7);
	return first > 0 && first + 6 <= body && first <= MESSAGE_MAX ? 10 + first : 10;
}

static void finish_message(struct tls_state *s, struct parse *parse, unsigned side,
	const uint8_t *message, size_t have)
{
	s->side[side].message_skip = (uint32_t)(4 + be24(message + 1) - have);
	if (message[0] == MESSAGE_CERTIFICATE && have == 10) /* an empty or absurd one */
		have = 0;
	see_message(s, parse, side, message, have);
}

/* Bytes while a message waits in the hold. Returns how many were used; 0: no room. */
static size_t continue_message(
	struct tls_state *s, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	size_t held_len, want, take;
	const uint8_t *held = parse_held(parse, side, &held_len);

	want = needed(s, held, held_len);
	take = want - held_len < len ? want - held_len : len;
	if (!parse_hold(parse, side, bytes, take, MESSAGE_MAX + 16))
		return 0;
	held = parse_held(parse, side, &held_len);
	if (held_len >= needed(s, held, held_len)) {
		finish_message(s, parse, side, held, held_len);
		parse_drop(parse, side, held_len);
	}
	return take;
}

/* Bytes that begin a message. Returns how many were used; 0: no room. */
static size_t begin_message(
	struct tls_state *s, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	size_t want = needed(s, bytes, len);

	if (want > len)
		return parse_hold(parse, side, bytes, len, MESSAGE_MAX + 16) ? len : 0;
	finish_message(s, parse, side, bytes, want);
	return want;
}

static void see_handshake(
	struct tls_state *s, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct tls_side *my = &s->side[side];

	while (len > 0 && !parse->is_done && !parse->is_side_done[side]) {
		size_t held, used;

		if (my->message_skip > 0) {
			used = my->message_skip < len ? my->message_skip : len;
			my->message_skip -= (uint32_t)used;
		} else {
			parse_held(parse, side, &held);
			used = held ? continue_message(s, parse, side, bytes, len)
				    : begin_message(s, parse, side, bytes, len);
			if (used == 0)
				tell(s, parse, NULL);
		}
		bytes += used;
		len -= used;
	}
}

/* A record may hold several alerts. */
static void see_alert(
	struct tls_state *s, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct tls_side *my = &s->side[side];

	for (size_t i = 0; i < len && !parse->is_done; i++) {
		my->alert[my->alert_len++] = bytes[i];
		if (my->alert_len < 2)
			continue;
		my->alert_len = 0;
		if (my->alert[0] == 2) { /* fatal */
			s->alert = my->alert[1];
			tell(s, parse, NULL);
		}
	}
}

/* From here on this side is encrypted. A server that says so before a certificate resumes. */
static void see_change_cipher(struct tls_state *s, struct parse *parse, unsigned side)
{
	bool is_server = s->has_server && !parse->is_side_done[side];

	if (is_server && s->version <= 0x0303) {
		s->is_resumed = s->has_client;
		tell(s, parse, NULL);
	} else if (!s->has_server || s->version <= 0x0303) {
		s->side[side].is_ciphered = true;
	}
}

static void see_content(
	struct tls_state *s, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	switch (s->side[side].header[0]) {
	case CONTENT_HANDSHAKE:
		if (!s->side[side].is_ciphered)
			see_handshake(s, parse, side, bytes, len);
		break;
	case CONTENT_ALERT:
		if (!s->side[side].is_ciphered)
			see_alert(s, parse, side, bytes, len);
		break;
	case CONTENT_CHANGE_CIPHER:
		see_change_cipher(s, parse, side);
		break;
	case CONTENT_DATA:
		tell(s, parse, NULL);
		break;
	default:
		break;
	}
}

/* The header of a record is whole. false: these are no records. */
static bool begin_record(struct tls_state *s, struct parse *parse, unsigned side)
{
	struct tls_side *my = &s->side[side];

	my->header_len = 0;
	if (!my->has_begun && is_v2_hello(my->header)) {
		/* Type and version have been read with what would be the header of a record. */
		my->record_left = ((my->header[0] & 0x7fU) << 8 | my->header[1]) - 3;
		s->has_client = true;
		s->client_version = (uint16_t)(my->header[3] << 8 | my->header[4]);
		my->header[0] = 0; /* of no type: passed over */
		parse->is_side_done[side] = true;
		return true;
	}
	my->has_begun = true;
	if (!is_record_header(my->header))
		return false;
	my->record_left = (uint32_t)my->header[3] << 8 | my->header[4];
	return true;
}

static void tls_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct tls_state *s = state;
	struct tls_side *my = &s->side[side];

	while (len > 0 && !parse->is_done && !parse->is_side_done[side]) {
		size_t used = 1;

		if (my->record_left > 0) {
			used = my->record_left < len ? my->record_left : len;
			my->record_left -= (uint32_t)used;
			see_content(s, parse, side, bytes, used);
		} else {
			my->header[my->header_len++] = *bytes;
			if (my->header_len == RECORD_HEADER && !begin_record(s, parse, side))
				tell(s, parse, NULL);
		}
		bytes += used;
		len -= used;
	}
}

static void tls_gap(void *state, struct parse *parse, unsigned side, uint64_t missing)
{
	(void)missing;
	if (!parse->is_done && !parse->is_side_done[side])
		tell(state, parse, NULL);
}

static void tls_end(void *state, struct parse *parse)
{
	if (!parse->is_done)
		tell(state, parse, NULL);
}

const struct stream_parser parser_tls = {
	.proto = PROTO_TLS,
	.state_size = sizeof(struct tls_state),
	.recognise = tls_recognise,
	.data = tls_data,
	.gap = tls_gap,
	.end = tls_end,
};

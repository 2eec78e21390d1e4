/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/quic.c - datagram_quic: the ClientHello in QUIC's first packet.
 *
 * RFC 9000 17.2 (long headers), 19 (frames), RFC 9001 (TLS in it), RFC 9369 (version 2). A client
 * sends its hello in CRYPTO frames of Initial packets, often in pieces out of order; those of one
 * datagram are put together here. Nothing is kept between datagrams: of a hello that goes on in the
 * next one (post-quantum keys make it longer than a datagram) only what begins it is read, so it
 * has a name when the name stands there, and no fingerprint. Packets of a connection that goes on
 * (short headers) are not even looked at.
 */
#include <string.h>

#include "app/parser.h"
#include "app/quic_keys.h"
#include "app/tls_hello.h"
#include "lib/rd.h"

#define HELLO_MAX 4096
#define PACKETS_MAX 4	  /* of one datagram */
#define FRAMES_MAX 512	  /* of one packet, padding not counted: pieces are cut small on purpose */
#define DATAGRAM_MIN 1200 /* RFC 9000 14.1: a client pads its Initials to this */

/* Bytes of the hello by their place; which are here stands in has. */
struct crypto {
	uint8_t bytes[HELLO_MAX];
	bool has[HELLO_MAX];
	bool is_any;
};

/* RFC 9000 16. */
static uint64_t variable(struct rd *r)
{
	uint64_t value = rd_u8(r);
	unsigned more = (1U << (value >> 6)) - 1;

	value &= 0x3f;
	while (more-- > 0)
		value = value << 8 | rd_u8(r);
	return value;
}

static void add_crypto(struct crypto *crypto, uint64_t offset, const uint8_t *bytes, uint64_t len)
{
	if (offset >= HELLO_MAX)
		return;
	if (len > HELLO_MAX - offset)
		len = HELLO_MAX - offset;
	memcpy(crypto->bytes + offset, bytes, len);
	memset(crypto->has + offset, true, len);
	crypto->is_any = crypto->is_any || len > 0;
}

static void skip_ack(struct rd *r, bool has_ecn)
{
	uint64_t ranges;

	variable(r); /* largest */
	variable(r); /* delay */
	ranges = variable(r);
	variable(r); /* first range */
	while (!r->failed && ranges-- > 0) {
		variable(r);
		variable(r);
	}
	for (unsigned i = 0; has_ecn && i < 3; i++)
		variable(r);
}

/* One frame; only those that RFC 9000 12.4 allows in an Initial. false: another one. */
static bool read_frame(struct rd *r, uint8_t type, struct crypto *crypto)
{
	uint64_t offset, len;
	const uint8_t *bytes;

	switch (type) {
	case 0x01: /* PING */
		return true;
	case 0x02:
	case 0x03:
		skip_ack(r, type == 0x03);
		return !r->failed;
	case 0x06:
		offset = variable(r);
		len = variable(r);
		bytes = len <= rd_left(r) ? rd_bytes(r, (size_t)len) : NULL;
		if (!bytes)
			return false;
		add_crypto(crypto, offset, bytes, len);
		return true;
	default:
		return false;
	}
}

static void read_frames(const uint8_t *plain, size_t len, struct crypto *crypto)
{
	struct rd r = rd_over(plain, len);

	for (unsigned frames = 0; rd_left(&r) > 0 && frames < FRAMES_MAX;) {
		uint8_t type = rd_u8(&r);

		if (type == 0) /* PADDING */
			continue;
		if (!read_frame(&r, type, crypto))
			return;
		frames++;
	}
}

/* What a long header says; the packet's bytes from its first one to its end. */
struct packet {
	uint8_t first;
	uint32_t version;
	const uint8_t *id;
	size_t id_len;
	bool is_initial;
	size_t header_len; /* up to the packet number */
	size_t len;	   /* from there on */
};

/* The type bits mean other things in version 2 (RFC 9369 3.2). */
static bool is_initial_type(uint8_t first, uint32_t version)
{
	return (first >> 4 & 3) == (version == QUIC_VERSION_2 ? 1 : 0);
}

/* Reads up to the packet number of the packet at r. false: no long header of a known version. */
static bool read_header(struct rd *r, struct packet *packet)
{
	const uint8_t *start = r->at;
	uint64_t len;

	*packet = (struct packet){ .first = rd_u8(r) };
	packet->version = rd_be32(r);
	if ((packet->first & 0xc0) != 0xc0 || !quic_version_is_known(packet->version))
		return false;
	packet->id_len = rd_u8(r);
	packet->id = rd_bytes(r, packet->id_len);
	len = rd_u8(r);
	rd_skip(r, (size_t)len);
	if (r->failed || packet->id_len > QUIC_ID_MAX || len > QUIC_ID_MAX)
		return false;
	packet->is_initial = is_initial_type(packet->first, packet->version);
	if (packet->is_initial) {
		len = variable(r);
		if (len > rd_left(r) || !rd_skip(r, (size_t)len)) /* token */
			return false;
	}
	len = variable(r);
	packet->header_len = (size_t)(r->at - start);
	if (r->failed || len > rd_left(r))
		return false;
	packet->len = (size_t)len;
	return true;
}

static void read_packets(const uint8_t *bytes, size_t len, struct crypto *crypto)
{
	uint8_t plain[QUIC_PLAIN_MAX];
	struct rd r = rd_over(bytes, len);

	for (unsigned i = 0; i < PACKETS_MAX && rd_left(&r) > 0; i++) {
		const uint8_t *start = r.at;
		struct packet packet;
		size_t plain_len;

		if (!read_header(&r, &packet) || !packet.is_initial)
			return; /* what follows is later than an Initial (RFC 9000 12.2) */
		if (quic_open(&(struct quic_sealed){ packet.version, packet.id, packet.id_len,
				      start, packet.header_len, packet.len },
			    plain, &plain_len))
			read_frames(plain, plain_len, crypto);
		rd_skip(&r, packet.len);
	}
}

/* The hello up to the first byte that is not here. */
static void tell_hello(struct parse *parse, const struct crypto *crypto)
{
	struct app_event event = { .type = APP_QUIC };
	struct tls_hello hello;
	size_t have = 0, body;
	bool is_whole;

	while (have < HELLO_MAX && crypto->has[have])
		have++;
	if (have < 4 + 34 || crypto->bytes[0] != 1) /* ClientHello */
		return;
	body = (size_t)crypto->bytes[1] << 16 | (size_t)crypto->bytes[2] << 8 | crypto->bytes[3];
	is_whole = 4 + body <= have;
	is_whole &= tls_client_hello_read(crypto->bytes + 4, is_whole ? body : have - 4, &hello);
	event.tls.sni = hello.sni;
	event.tls.alpn = hello.alpn;
	event.tls.client_version = hello.version;
	if (is_whole) {
		tls_ja3(&hello, event.tls.ja3);
		tls_ja4(&hello, 'q', event.tls.ja4);
	}
	parse_tell(parse, &event);
}

/* The fixed part of a long header of any version (RFC 8999 5.1). */
static bool is_long_header(const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);
	uint8_t first = rd_u8(&r);
	uint32_t version = rd_be32(&r);
	uint8_t id_len = rd_u8(&r), other_len;

	rd_skip(&r, id_len);
	other_len = rd_u8(&r);
	rd_skip(&r, other_len);
	return !r.failed && (first & 0xc0) == 0xc0 && id_len <= QUIC_ID_MAX &&
	       other_len <= QUIC_ID_MAX && quic_version_is_known(version);
}

static bool quic_see(struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len)
{
	struct crypto crypto;

	if (!is_long_header(bytes, len))
		return false;
	if (pkt->side != 0 || len < DATAGRAM_MIN)
		return true;
	memset(crypto.has, 0, sizeof(crypto.has));
	crypto.is_any = false;
	read_packets(bytes, len, &crypto);
	if (crypto.is_any)
		tell_hello(parse, &crypto);
	return true;
}

const struct datagram_parser datagram_quic = {
	.proto = PROTO_QUIC,
	.ports = { 443, 80, 4433, 8443, 0 },
	.see = quic_see,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/quic.c - datagram_quic: the ClientHello in QUIC's first packets.
 *
 * RFC 9000 17.2 (long headers), 19 (frames), RFC 9001 (TLS in it), RFC 9369 (version 2). A client
 * sends its hello in CRYPTO frames of Initial packets, in pieces out of order and, as post-quantum
 * keys make it longer than a datagram, in two datagrams or more. What is not whole waits
 * (quic_table.h); as soon as it is whole it is told, and no packet of the connection is opened any
 * more.
 *
 * The keys follow from the id by which the client first calls the server, whatever it calls it
 * later; only a Retry gives new ones. From the server's packets nothing is read but the id they
 * give: so a client's packet that calls the server neither by that nor by the first one begins a
 * new connection. Packets of a connection that goes on (short headers) are not even looked at.
 */
#include <string.h>

#include "app/parser.h"
#include "app/quic_table.h"
#include "lib/rd.h"

#define PACKETS_MAX 4	  /* of one datagram */
#define FRAMES_MAX 512	  /* of one packet, padding not counted: pieces are cut small on purpose */
#define DATAGRAM_MIN 1200 /* RFC 9000 14.1: a client pads its Initials to this */
#define DATAGRAMS_MAX 16  /* weir: of one hello: the longest kept in pieces, each sent twice */
#define FAILURES_MAX 3	  /* packets of a connection that were not opened */
#define BEGUN_MAX 64	  /* weir: connections of a client's port with a server's, one by one */

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
static bool read_frame(struct rd *r, uint8_t type, struct quic_hello *hello)
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
		quic_hello_add(hello, offset, bytes, len);
		return true;
	default:
		return false;
	}
}

static void read_frames(const uint8_t *plain, size_t len, struct quic_hello *hello)
{
	struct rd r = rd_over(plain, len);

	for (unsigned frames = 0; rd_left(&r) > 0 && frames < FRAMES_MAX;) {
		uint8_t type = rd_u8(&r);

		if (type == 0) /* PADDING */
			continue;
		if (!read_frame(&r, type, hello))
			return;
		frames++;
	}
}

/* What a long header says; the packet's bytes from its first one to its end. */
struct packet {
	const uint8_t *start;
	uint8_t first;
	uint32_t version;
	const uint8_t *id, *from_id; /* of the receiver, of the sender */
	size_t id_len, from_id_len;
	bool is_initial;
	size_t header_len; /* up to the packet number */
	size_t len;	   /* from there on */
};

/* The type bits mean other things in version 2 (RFC 9369 3.2). */
static bool is_initial_type(uint8_t first, uint32_t version)
{
	return (first >> 4 & 3) == (version == QUIC_VERSION_2 ? 1 : 0);
}

/* Reads what is the same in all long headers (RFC 8999 5.1). false: none of a known version. */
static bool read_ids(struct rd *r, struct packet *packet)
{
	*packet = (struct packet){ .start = r->at };
	packet->first = rd_u8(r);
	packet->version = rd_be32(r);
	if ((packet->first & 0xc0) != 0xc0 || !quic_version_is_known(packet->version))
		return false;
	packet->id_len = rd_u8(r);
	packet->id = rd_bytes(r, packet->id_len);
	packet->from_id_len = rd_u8(r);
	packet->from_id = rd_bytes(r, packet->from_id_len);
	return !r->failed && packet->id_len <= QUIC_ID_MAX && packet->from_id_len <= QUIC_ID_MAX;
}

/* Reads up to the packet number of the packet at r. false: no long header of a known version, or
 * one without a number. */
static bool read_header(struct rd *r, struct packet *packet)
{
	uint64_t len;

	if (!read_ids(r, packet))
		return false;
	packet->is_initial = is_initial_type(packet->first, packet->version);
	if (packet->is_initial) {
		len = variable(r);
		if (len > rd_left(r) || !rd_skip(r, (size_t)len)) /* token */
			return false;
	}
	len = variable(r);
	packet->header_len = (size_t)(r->at - packet->start);
	if (r->failed || len > rd_left(r))
		return false;
	packet->len = (size_t)len;
	return true;
}

/* RFC 9000 17.2.5, RFC 9369 3.2. */
static bool is_retry(const struct packet *packet)
{
	return (packet->first >> 4 & 3) == (packet->version == QUIC_VERSION_2 ? 0 : 3);
}

static bool is_id(const struct packet *packet, const uint8_t *id, size_t id_len)
{
	return packet->id_len == id_len && (id_len == 0 || memcmp(packet->id, id, id_len) == 0);
}

static uint8_t keep_id(uint8_t kept[QUIC_ID_MAX], const uint8_t *id, size_t id_len)
{
	if (id_len > 0)
		memcpy(kept, id, id_len);
	return (uint8_t)id_len;
}

/* --- the client --- */

/* A datagram of the client while it is read. */
struct sight {
	struct quic_table *table;
	struct parse *parse;
	struct quic_connection *connection;
	struct quic_hello *hello; /* the connection's, or the scratch */
};

static bool open_packet(struct sight *sight, const struct quic_hello *hello,
	const struct packet *packet, uint8_t plain[QUIC_PLAIN_MAX], size_t *ret_len)
{
	struct quic_sealed sealed = { packet->start, packet->header_len, packet->len };

	sight->table->stats.opened++;
	return quic_open(sight->table->opener, &hello->keys, &sealed, plain, ret_len);
}

/* Makes the scratch an empty hello with the keys that follow from the id. */
static struct quic_hello *empty_hello(
	struct sight *sight, uint32_t version, const uint8_t *id, size_t id_len)
{
	struct quic_hello *hello = &sight->table->scratch;

	quic_hello_begin(hello, &sight->parse->key);
	sight->table->stats.derived++;
	return quic_keys_derive(sight->table->opener, version, id, id_len, &hello->keys) ? hello
											 : NULL;
}

/* The connection is that of the packet from here on. */
static void begin(struct quic_connection *connection, const struct packet *packet)
{
	connection->version = packet->version;
	connection->id_len = keep_id(connection->id, packet->id, packet->id_len);
	connection->has_server_id = connection->is_done = false;
	connection->begun++;
}

/* Does the packet call the server as this connection does? */
static bool is_of(const struct quic_connection *connection, const struct packet *packet)
{
	return (connection->version == packet->version &&
		       is_id(packet, connection->id, connection->id_len)) ||
	       (connection->has_server_id &&
		       is_id(packet, connection->server_id, connection->server_id_len));
}

/* Finds the connection of the first packet and its hello. false: there is nothing to be read. */
static bool take_connection(struct sight *sight, const struct packet *packet)
{
	struct quic_connection *connection = quic_table_find(sight->table, sight->parse);
	bool is_known = connection && is_of(connection, packet);

	/* Of one whose server is not in the capture nobody knows how it is called later. */
	if (connection && connection->is_done &&
		(is_known || !connection->has_server_id || connection->begun >= BEGUN_MAX))
		return false;
	if (!connection)
		connection = quic_table_make(sight->table, sight->parse);
	if (connection->begun == 0 || connection->is_done || (!connection->block && !is_known)) {
		if (connection->is_done)
			connection->datagrams = connection->failures = 0;
		begin(connection, packet);
	}
	sight->connection = connection;
	sight->hello = quic_table_hello(sight->table, connection);
	if (!sight->hello)
		sight->hello =
			empty_hello(sight, connection->version, connection->id, connection->id_len);
	return sight->hello != NULL;
}

/* A packet that does not open with the keys of what was collected may begin another connection,
 * or come after a Retry that we have not seen. */
static bool open_anew(struct sight *sight, const struct packet *packet,
	uint8_t plain[QUIC_PLAIN_MAX], size_t *ret_len)
{
	struct quic_connection *connection = sight->connection;
	struct quic_hello *other;

	if (!connection->block || is_of(connection, packet))
		return false;
	other = empty_hello(sight, packet->version, packet->id, packet->id_len);
	if (!other || !open_packet(sight, other, packet, plain, ret_len))
		return false;
	quic_table_done(sight->table, connection);
	begin(connection, packet);
	sight->hello = other;
	sight->table->stats.given_up++;
	return true;
}

/* The Initials of a datagram, up to the one that makes the hello whole. All packets of a datagram
 * are of one connection (RFC 9000 12.2). */
static void read_packets(struct sight *sight, const uint8_t *bytes, size_t len)
{
	uint8_t plain[QUIC_PLAIN_MAX];
	struct rd r = rd_over(bytes, len);
	struct packet packet, first = { 0 };

	for (unsigned i = 0; i < PACKETS_MAX && rd_left(&r) > 0; i++) {
		size_t plain_len;

		if (!read_header(&r, &packet))
			return;
		if (i == 0)
			first = packet;
		rd_skip(&r, packet.len);
		if (!packet.is_initial || !is_id(&packet, first.id, first.id_len))
			continue;
		if (!sight->hello && !take_connection(sight, &packet))
			return;
		if (open_packet(sight, sight->hello, &packet, plain, &plain_len) ||
			open_anew(sight, &packet, plain, &plain_len))
			read_frames(plain, plain_len, sight->hello);
		else
			sight->connection->failures++;
		if (quic_hello_state(sight->hello) != QUIC_HELLO_PART)
			return;
	}
}

/* It waits for the next datagram. false: there is no room to. */
static bool wait(struct sight *sight)
{
	struct quic_connection *connection = sight->connection;

	if (connection->block || sight->hello->top == 0)
		return true;
	return quic_table_keep(sight->table, connection, sight->parse);
}

/* What comes of the hello after a datagram. */
static void judge(struct sight *sight)
{
	struct quic_connection *connection = sight->connection;
	struct quic_table *table = sight->table;
	struct quic_hello *hello = sight->hello;
	enum quic_hello_state state = quic_hello_state(hello);
	bool is_enough = ++connection->datagrams >= DATAGRAMS_MAX || hello->differs ||
			 connection->failures >= FAILURES_MAX;

	connection->time_ns = sight->parse->now_ns;
	if (state == QUIC_HELLO_PART && !is_enough && wait(sight))
		return;
	table->stats.conflicts += hello->differs;
	table->stats.given_up += state != QUIC_HELLO_WHOLE || hello->differs;
	quic_hello_tell(hello, sight->parse);
	quic_table_done(table, connection);
}

static void see_client(struct parse *parse, const uint8_t *bytes, size_t len)
{
	struct sight sight = { .table = parse->quic, .parse = parse };

	read_packets(&sight, bytes, len);
	if (sight.hello)
		judge(&sight);
}

/* --- the server --- */

/* By which id the client is to call it. After a Retry the keys follow from that, too, and what was
 * sent before is sent again (RFC 9000 17.2.5.2), so it is still good. */
static void see_server(struct parse *parse, const struct packet *packet)
{
	struct quic_connection *connection = quic_table_find(parse->quic, parse);
	struct quic_hello *hello;

	if (!connection)
		return;
	connection->has_server_id = true;
	connection->server_id_len =
		keep_id(connection->server_id, packet->from_id, packet->from_id_len);
	if (!is_retry(packet) || connection->version != packet->version)
		return;
	connection->id_len = keep_id(connection->id, packet->from_id, packet->from_id_len);
	hello = quic_table_hello(parse->quic, connection);
	if (!hello)
		return;
	parse->quic->stats.derived++;
	quic_keys_derive(parse->quic->opener, connection->version, connection->id,
		connection->id_len, &hello->keys);
}

static bool quic_see(struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);
	struct packet packet;

	if (!read_ids(&r, &packet))
		return false;
	if (!parse->quic)
		return true;
	if (pkt->side == 1)
		see_server(parse, &packet);
	else if (len >= DATAGRAM_MIN)
		see_client(parse, bytes, len);
	return true;
}

const struct datagram_parser datagram_quic = {
	.proto = PROTO_QUIC,
	.ports = { 443, 80, 4433, 8443, 0 },
	.see = quic_see,
};

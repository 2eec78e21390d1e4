/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/like_quic.c - a browser of today over QUIC (RFC 9000): its hello has a post-quantum key and
 * so goes over two datagrams, in pieces out of order with PING and PADDING between them.
 *
 * The Initials of the client are sealed as RFC 9001 5 says; all that comes later is noise.
 */
#include <string.h>

#include "app/quic_test_bytes.h"
#include "gen/bots.h"
#include "types.h"

#define ID_BYTES 8
#define INITIAL_BYTES 1250 /* of a datagram, as Chromium pads them */
#define HELLO_BYTES_MAX 2048
#define KEM_BYTES 1216 /* X25519MLKEM768: of ML-KEM 1184, of X25519 32 */
#define PIECES 12      /* of the hello */
#define PIECE_HEAD 5   /* of a CRYPTO frame */
#define FILLING 12     /* PING and PADDING between two of them, at most */
#define PIECES_EACH (PIECES / 2)

struct buffer {
	uint8_t bytes[HELLO_BYTES_MAX];
	size_t len;
};

/* One connection of the browser. */
struct visit {
	struct script *script;
	struct buffer hello;
	uint8_t id[ID_BYTES], server_id[ID_BYTES];
	uint32_t number; /* of the next Initial */
};

static void buffer_put16(struct buffer *buffer, size_t value)
{
	put16(buffer->bytes + buffer->len, (uint16_t)value);
	buffer->len += 2;
}

static void buffer_put(struct buffer *buffer, const void *bytes, size_t len)
{
	memcpy(buffer->bytes + buffer->len, bytes, len);
	buffer->len += len;
}

static void noise_put(struct buffer *buffer, struct script *script, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buffer->bytes[buffer->len++] = script_draw(script) >> 56;
}

static void extension_put(struct buffer *buffer, unsigned type, const void *bytes, size_t len)
{
	buffer_put16(buffer, type);
	buffer_put16(buffer, len);
	buffer_put(buffer, bytes, len);
}

static void name_put(struct buffer *buffer, const char *name)
{
	size_t len = strlen(name);

	buffer_put16(buffer, 0);
	buffer_put16(buffer, len + 5);
	buffer_put16(buffer, len + 3);
	buffer->bytes[buffer->len++] = 0;
	buffer_put16(buffer, len);
	buffer_put(buffer, name, len);
}

static void key_share_put(struct buffer *buffer, struct script *script)
{
	static const uint8_t grease[] = { 0x3a, 0x3a, 0, 1, 0 };
	size_t len = sizeof(grease) + 4 + KEM_BYTES + 4 + 32;

	buffer_put16(buffer, 51);
	buffer_put16(buffer, len + 2);
	buffer_put16(buffer, len);
	buffer_put(buffer, grease, sizeof(grease));
	buffer_put16(buffer, 0x11ec);
	buffer_put16(buffer, KEM_BYTES);
	noise_put(buffer, script, KEM_BYTES);
	buffer_put16(buffer, 29);
	buffer_put16(buffer, 32);
	noise_put(buffer, script, 32);
}

/* The key in front of the name, so that no beginning of the hello has it. */
static void extensions_put(struct buffer *buffer, struct script *script, const char *name)
{
	static const uint8_t groups[] = { 0, 8, 0x3a, 0x3a, 0x11, 0xec, 0, 29, 0, 23 };
	static const uint8_t versions[] = { 4, 0x5a, 0x5a, 3, 4 };
	static const uint8_t signatures[] = { 0, 16, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6,
		1 };
	static const uint8_t parameters[] = { 1, 4, 0x80, 0, 0x75, 0x30, 3, 2, 0x45, 0xc0, 4, 4,
		0x80, 0xf0, 0, 0, 8, 2, 0x40, 0x64, 0x0f, 0 };

	extension_put(buffer, 0x2a2a, "", 0);
	key_share_put(buffer, script);
	extension_put(buffer, 10, groups, sizeof(groups));
	name_put(buffer, name);
	extension_put(buffer, 16, "\0\3\2h3", 5);
	extension_put(buffer, 43, versions, sizeof(versions));
	extension_put(buffer, 13, signatures, sizeof(signatures));
	extension_put(buffer, 45, "\1\1", 2);
	extension_put(buffer, 57, parameters, sizeof(parameters));
	buffer_put16(buffer, 0xfe0d); /* encrypted_client_hello, of noise, as browsers send it */
	buffer_put16(buffer, 250);
	noise_put(buffer, script, 250);
}

static void hello_make(struct visit *visit, const char *name)
{
	static const uint8_t suites[] = { 0, 8, 0x4a, 0x4a, 0x13, 1, 0x13, 2, 0x13, 3, 1, 0 };
	struct buffer *hello = &visit->hello;
	size_t extensions;

	hello->len = 4;
	buffer_put16(hello, 0x0303);
	noise_put(hello, visit->script, 32);
	hello->bytes[hello->len++] = 0;
	buffer_put(hello, suites, sizeof(suites));
	extensions = hello->len;
	hello->len += 2;
	extensions_put(hello, visit->script, name);
	put16(hello->bytes + extensions, (uint16_t)(hello->len - extensions - 2));
	put32(hello->bytes, 1U << 24 | (uint32_t)(hello->len - 4));
}

static void initial_say(struct visit *visit, const uint8_t *to, const struct buffer *frames)
{
	struct quic_seal seal = { .version = 1,
		.id = to,
		.key_id = visit->id,
		.id_len = ID_BYTES,
		.key_id_len = ID_BYTES,
		.number = ++visit->number,
		.size = INITIAL_BYTES };
	uint8_t datagram[QUIC_SEAL_MAX];

	quic_seal(&seal, frames->bytes, frames->len, datagram);
	script_say(visit->script, 0, datagram, INITIAL_BYTES);
}

/* Each of two datagrams has half of the pieces, drawn from all. */
static void hello_say(struct visit *visit)
{
	size_t each = (visit->hello.len + PIECES - 1) / PIECES;
	unsigned order[PIECES];

	for (unsigned i = 0; i < PIECES; i++) {
		unsigned other = (unsigned)(script_draw(visit->script) % (i + 1));

		order[i] = i;
		order[i] = order[other];
		order[other] = i;
	}
	for (unsigned first = 0; first < PIECES; first += PIECES_EACH) {
		struct buffer frames = { .len = 0 };

		for (unsigned i = first; i < first + PIECES_EACH; i++) {
			size_t from = order[i] * each, left = visit->hello.len - from;

			frames.len += quic_seal_crypto(frames.bytes + frames.len,
				visit->hello.bytes, from, left < each ? left : each);
			for (uint64_t n = script_draw(visit->script) % FILLING; n > 0; n--)
				frames.bytes[frames.len++] = n % 4 == 0;
		}
		initial_say(visit, visit->id, &frames);
	}
}

/* A long header of version 1, behind which there is noise. type: 0 Initial, 2 Handshake. */
static void long_header_say(struct visit *visit, unsigned side, unsigned type, size_t len)
{
	struct buffer head = { .bytes = { 0xc0 | type << 4, 0, 0, 0, 1 }, .len = 5 };
	const uint8_t ids[2] = { side ? 0 : ID_BYTES, side ? ID_BYTES : 0 };

	head.bytes[head.len++] = ids[0];
	buffer_put(&head, visit->server_id, ids[0]);
	head.bytes[head.len++] = ids[1];
	buffer_put(&head, visit->server_id, ids[1]);
	if (type == 0)
		head.bytes[head.len++] = 0;
	buffer_put16(&head, 0x4000 | len);
	script_say(visit->script, side, head.bytes, head.len);
	script_join(visit->script);
	script_noise(visit->script, side, len);
}

static void short_header_say(struct visit *visit, unsigned side, size_t len)
{
	struct buffer head = { .bytes = { 0x40 | script_draw(visit->script) % 64 }, .len = 1 };

	if (side == 0)
		buffer_put(&head, visit->server_id, ID_BYTES);
	script_say(visit->script, side, head.bytes, head.len);
	script_join(visit->script);
	script_noise(visit->script, side, len);
}

static void visit_play(struct cast *cast)
{
	static const uint8_t acknowledge[] = { 2, 1, 0x40, 0x40, 0, 1 };
	struct visit visit = { .script = cast_script(cast, 443) };
	struct buffer frames = { .len = 0 };
	unsigned requests;

	script_over_udp(visit.script);
	for (unsigned i = 0; i < ID_BYTES; i++) {
		visit.id[i] = script_draw(visit.script) >> 56;
		visit.server_id[i] = script_draw(visit.script) >> 56;
	}
	hello_make(&visit, cast->plan->name);
	hello_say(&visit);
	long_header_say(&visit, 1, 0, 1180);
	long_header_say(&visit, 1, 2, 1180);
	buffer_put(&frames, acknowledge, sizeof(acknowledge));
	initial_say(&visit, visit.server_id, &frames);
	long_header_say(&visit, 0, 2, 80);
	requests = 1 + (unsigned)(script_draw(visit.script) % 4);
	while (requests-- > 0) {
		uint64_t datagrams = 3 + script_draw(visit.script) % 40;

		short_header_say(&visit, 0, 90 + script_draw(visit.script) % 300);
		for (uint64_t i = 0; i < datagrams; i++) {
			short_header_say(&visit, 1, 1220);
			if (i % 4 == 3)
				short_header_say(&visit, 0, 26);
		}
		script_wait(visit.script, 0.2 + (double)(script_draw(visit.script) % 40) / 10);
	}
	cast_play(cast, visit.script);
}

void quic_browser(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);

	for (unsigned i = 0; i < plan->count; i++) {
		cast_lookup(&cast);
		visit_play(&cast);
		cast.at_ns += (int64_t)(2 + prng_next(&cast.prng) % 50) * NS_PER_S;
	}
}

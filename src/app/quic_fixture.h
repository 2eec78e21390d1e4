/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/quic_fixture.h - for the tests of QUIC: a client whose datagrams go to the parser, with a
 * table of connections.
 */
#ifndef WEIR_APP_QUIC_FIXTURE_H
#define WEIR_APP_QUIC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "app/app_fixture.h"
#include "app/quic_table.h"
#include "app/quic_test_bytes.h"
#include "app/tls_test_bytes.h"

#define DATAGRAM 1200
#define ID "\x83\x94\xc8\xf0\x3e\x51\x57\x08" /* RFC 9001 A.1 */
#define SERVER_ID "\xf0\x67\xa5\x50\x2a\x42\x62\xb5"
#define OTHER_ID "\x11\x22\x33\x44\x55\x66\x77\x88"
#define WHOLE_JA4 "q13d" TEST_JA4_REST

/* A client of version 1 that calls the server as in the RFC. */
static inline struct quic_seal client(void)
{
	return (struct quic_seal){
		.version = QUIC_VERSION_1, .id = ID, .id_len = 8, .number = 2, .size = DATAGRAM
	};
}

static inline void put_crypto(
	struct bytes *frames, const struct bytes *hello, size_t from, size_t len)
{
	frames->len += quic_seal_crypto(frames->at + frames->len, hello->at, from, len);
}

/* A hello of so many bytes: a key share of noise makes it as long as a post-quantum one. */
static inline void put_long_hello(struct bytes *hello, const char *sni, size_t len)
{
	size_t have, extensions = 4 + 34 + 1 + 2 + 32 + 2, more;

	hello->len = 0;
	put_client_hello(hello, sni);
	have = hello->len;
	more = len - have - 4;
	put16(hello, 0xfe0d); /* encrypted_client_hello */
	put16(hello, (unsigned)more);
	put_fill(hello, 0xa5, more);
	for (size_t i = 0; i < more; i++)
		hello->at[hello->len - more + i] = (uint8_t)(i * 7 + i / 251);
	hello->at[2] = (uint8_t)((len - 4) >> 8);
	hello->at[3] = (uint8_t)(len - 4);
	hello->at[extensions] = (uint8_t)((len - extensions - 2) >> 8);
	hello->at[extensions + 1] = (uint8_t)(len - extensions - 2);
}

static inline void open_fixture(struct fixture *f)
{
	fixture_open(f, NULL, 443);
	assert_int_equal(quic_table_open(f->memory.blocks, NULL, &f->parse.quic), 0);
}

static inline void close_fixture(struct fixture *f)
{
	quic_table_close(f->parse.quic);
	fixture_close(f);
}

static inline void send_sealed(
	struct fixture *f, const struct quic_seal *seal, const struct bytes *frames)
{
	uint8_t datagram[QUIC_SEAL_MAX];

	quic_seal(seal, frames->at, frames->len, datagram);
	assert_true(fixture_datagram(f, &datagram_quic, 0, datagram, seal->size));
}

/* A piece of the hello in a datagram of its own. */
static inline void send_piece(struct fixture *f, const struct quic_seal *seal,
	const struct bytes *hello, size_t from, size_t len)
{
	struct bytes frames = { 0 };

	put_crypto(&frames, hello, from, len);
	send_sealed(f, seal, &frames);
}

/* A long header of the server's: type as in version 1. */
static inline void answer(struct fixture *f, unsigned type, const void *id, uint8_t len)
{
	struct bytes b = { 0 };

	put8(&b, 0xc0 | type << 4);
	put16(&b, 0);
	put16(&b, 1);
	put8(&b, 0);
	put8(&b, len);
	put_bytes(&b, id, len);
	put_fill(&b, 0x5a, 40);
	assert_true(fixture_datagram(f, &datagram_quic, 1, b.at, b.len));
}

/* Ends what waits. */
static inline void finish(struct fixture *f)
{
	quic_table_turn(f->parse.quic, f->log, f->parse.now_ns, true);
	fixture_collect(f, f->log);
	assert_int_equal(blocks_used(f->memory.blocks), 0);
}

static inline const struct app_tls *only_event(struct fixture *f)
{
	assert_int_equal(f->count, 1);
	assert_int_equal(f->events[0].type, APP_QUIC);
	return &f->events[0].tls;
}

static inline void assert_told(struct fixture *f, const char *sni, bool is_whole)
{
	const struct app_tls *tls = only_event(f);

	assert_true(fixture_is(tls->sni, sni));
	assert_int_equal(strlen(tls->ja3), is_whole ? 32 : 0);
	assert_int_equal(strlen(tls->ja4), is_whole ? 36 : 0);
}

static inline const struct quic_table_stats *stats(const struct fixture *f)
{
	return &f->parse.quic->stats;
}

#endif

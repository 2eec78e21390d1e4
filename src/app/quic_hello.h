/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/quic_hello.h - the ClientHello of a QUIC connection as its pieces come: in any order, cut
 * anywhere, over several datagrams (RFC 9000 7.5, 19.6).
 *
 * Where pieces lie on one another the first one holds; a receiver may close the connection when
 * they differ, so such a hello is worth no fingerprint. Longer ones than QUIC_HELLO_MAX are read as
 * far as that: RFC 9000 7.5 asks of a server to keep 4096 bytes, and no more.
 */
#ifndef WEIR_APP_QUIC_HELLO_H
#define WEIR_APP_QUIC_HELLO_H

#include "app/parser.h"
#include "app/quic_keys.h"

#define QUIC_HELLO_MAX 7168

struct quic_hello {
	struct quic_keys keys;
	struct flow_key key;		 /* whose it is; side 0: the client */
	uint16_t top;			 /* no byte from here on is there */
	bool differs;			 /* pieces of other content lay on one another */
	uint8_t has[QUIC_HELLO_MAX / 8]; /* a bit a byte */
	uint8_t bytes[QUIC_HELLO_MAX];
};

enum quic_hello_state {
	QUIC_HELLO_PART,
	QUIC_HELLO_WHOLE,
	QUIC_HELLO_OVERLONG, /* all of it that is kept is there */
	QUIC_HELLO_WRONG,    /* not a ClientHello */
};

void quic_hello_begin(struct quic_hello *hello, const struct flow_key *key);

/* A piece; what is beyond QUIC_HELLO_MAX is left out. */
void quic_hello_add(struct quic_hello *hello, uint64_t offset, const uint8_t *bytes, uint64_t len);

enum quic_hello_state quic_hello_state(const struct quic_hello *hello);

/* Tells it as far as it is there without a hole, if that is far enough to say something. The
 * fingerprints are those of a whole one. */
void quic_hello_tell(const struct quic_hello *hello, struct parse *parse);

#endif

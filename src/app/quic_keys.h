/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/quic_keys.h - the protection of QUIC's Initial packets, which hides them from nobody: the
 * keys follow from the connection id that the client chose (RFC 9001 5, RFC 9369 3.3).
 *
 * Keys are derived once a connection and cost about as much as opening a packet; an opener has
 * what libcrypto needs, so that neither looks up an algorithm or allocates.
 */
#ifndef WEIR_APP_QUIC_KEYS_H
#define WEIR_APP_QUIC_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUIC_ID_MAX 20
#define QUIC_TAG 16
#define QUIC_SAMPLE 16
#define QUIC_PLAIN_MAX 4096 /* of one packet; an Initial is within one datagram */

#define QUIC_VERSION_1 0x00000001U
#define QUIC_VERSION_2 0x6b3343cfU

/* Is it one whose Initials can be read: 1, 2, drafts 23 to 34? */
bool quic_version_is_known(uint32_t version);

/* Of a lane. */
struct quic_opener;

struct quic_keys {
	uint8_t key[16], iv[12], header[16];
};

/* A protected Initial. */
struct quic_sealed {
	const uint8_t *header; /* the packet from its first byte… */
	size_t header_len;     /* …up to where the packet number begins */
	size_t len;	       /* of packet number and payload, tag included */
};

/* -ENOMEM: also when libcrypto has no such algorithm. */
int quic_opener_open(struct quic_opener **ret_opener);
/* NULL is fine. */
void quic_opener_close(struct quic_opener *opener);

/* The client's keys. id: destination connection id of its first packet, or the one that a Retry
 * gave it. false: no such version. */
bool quic_keys_derive(struct quic_opener *opener, uint32_t version, const uint8_t *id,
	size_t id_len, struct quic_keys *ret_keys);

/* Removes header protection and opens it into plain. false: it is not what it seems. */
bool quic_open(struct quic_opener *opener, const struct quic_keys *keys,
	const struct quic_sealed *sealed, uint8_t plain[QUIC_PLAIN_MAX], size_t *ret_len);

#endif

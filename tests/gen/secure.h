/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/secure.h - TLS handshakes (RFC 5246, RFC 8446) and records for scripts.
 *
 * The hellos are complete (fingerprints such as JA3 and JA4 can be had from them), the certificates
 * well-formed X.509 with keys and signatures of noise, and what would be encrypted is noise.
 */
#ifndef WEIR_GEN_SECURE_H
#define WEIR_GEN_SECURE_H

#include "gen/script.h"

/* Whose hello it looks like: order and choice of cipher suites and extensions. */
enum secure_client {
	SECURE_BROWSER, /* 1.3, GREASE, ALPN h2 */
	SECURE_OPENSSL, /* 1.3, a tool on Linux */
	SECURE_OLD,	/* 1.2, few suites: a bot's own library */
};

struct secure {
	enum secure_client client;
	const char *server_name;  /* NULL: no SNI */
	const char *subject;	  /* common name in the certificate; NULL: TLS 1.3, unseen */
	const char *issuer;	  /* NULL: self-signed */
	const char *from, *until; /* YYMMDDHHMMSSZ; NULL: 260101000000Z to 270101000000Z */
};

/* The handshake, up to both Finished. */
void secure_open(struct script *script, const struct secure *secure);

/* len bytes of application data in a record (at most 16 kB each). */
void secure_say(struct script *script, unsigned side, size_t len);

/* close_notify of the client. */
void secure_close(struct script *script);

#endif

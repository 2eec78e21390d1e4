/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/tls_hello.h - what is in a ClientHello or ServerHello, and its fingerprints.
 *
 * RFC 8446 4.1, RFC 5246 7.4.1, RFC 6066 3 (SNI), RFC 7301 (ALPN), RFC 8701 (GREASE). The lists
 * are kept up to TLS_LIST_MAX, far above what any client sends; a longer one has no fingerprint.
 * JA3 and JA3S as their authors published them; JA4 as in the published specification of its TLS
 * client part.
 */
#ifndef WEIR_APP_TLS_HELLO_H
#define WEIR_APP_TLS_HELLO_H

#include "app/event.h"

#define TLS_LIST_MAX 256
#define JA3_SIZE 33
#define JA4_SIZE 37

struct tls_list {
	uint16_t count;
	uint16_t value[TLS_LIST_MAX];
};

struct tls_hello {
	struct app_text sni, alpn;	/* the first of each; into the bytes read */
	uint16_t legacy_version;	/* of the field that RFC 8446 froze */
	uint16_t version;		/* the highest offered, or the one chosen */
	struct tls_list ciphers;	/* of a server: one */
	struct tls_list extensions;	/* in their order */
	struct tls_list groups, points; /* supported_groups, ec_point_formats */
	struct tls_list signatures;	/* signature_algorithms */
	bool is_overlong;		/* a list did not fit */
	bool is_retry;			/* HelloRetryRequest */
	bool has_sni;
};

/* The body of the handshake message, without its header. false: malformed; what came before the
 * fault is in hello nonetheless, which a hello that was cut needs. */
bool tls_client_hello_read(const uint8_t *bytes, size_t len, struct tls_hello *hello);
bool tls_server_hello_read(const uint8_t *bytes, size_t len, struct tls_hello *hello);

bool tls_is_grease(uint16_t value);

/* Write "" when there is none. */
void tls_ja3(const struct tls_hello *hello, char ja3[JA3_SIZE]);
void tls_ja3s(const struct tls_hello *hello, char ja3s[JA3_SIZE]);

/* transport: 't' TCP, 'q' QUIC. */
void tls_ja4(const struct tls_hello *hello, char transport, char ja4[JA4_SIZE]);

#endif

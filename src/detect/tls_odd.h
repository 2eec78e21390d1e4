/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/tls_odd.h - the traits that bot.tls weighs, for tls_odd.c and its test.
 */
#ifndef WEIR_DETECT_TLS_ODD_H
#define WEIR_DETECT_TLS_ODD_H

#include "app/event.h"
#include "detect/bot.h"

enum tls_trait {
	TRAIT_TLS_BARE = 1 << 0, /* no SNI, and the address was not looked up */
	TRAIT_TLS_SELF_SIGNED = 1 << 1,
	TRAIT_TLS_SAMPLE = 1 << 2, /* names out of a manual */
	TRAIT_TLS_YOUNG = 1 << 3,
	TRAIT_TLS_LONG = 1 << 4,
	TRAIT_TLS_RANDOM = 1 << 5,
	TRAIT_TLS_LONELY = 1 << 6, /* a JA4 nobody else in the LAN has */
	TRAIT_TLS_PORT = 1 << 7,
};

/* All but TRAIT_TLS_LONELY, which needs a memory. */
unsigned tls_odd_traits(const struct app_tls *tls, uint16_t port, bool is_looked_up, int64_t now_s);

/* 0..1. */
double tls_odd_score(unsigned traits);

/* Whose default certificate this is; NULL: nobody's. Static. */
const char *tls_odd_family(const struct app_tls *tls);

#endif

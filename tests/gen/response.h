/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/response.h - what reflectors answer, protocol by protocol.
 */
#ifndef WEIR_GEN_RESPONSE_H
#define WEIR_GEN_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gen/prng.h"
#include "kinds.h"

#define RESPONSE_BYTES_MAX 8192

/* How one amplifier answers. */
struct response {
	uint16_t port; /* that answers */
	/* Writes one response of about bytes bytes (at most RESPONSE_BYTES_MAX − 512); returns
	 * its length. */
	size_t (*write)(uint8_t *out, size_t bytes, struct prng *prng);
	uint16_t bytes; /* of a usual response that fits a packet; 0: has a length of its own */
	uint16_t bytes_long; /* of one that needs fragments; 0: never seen so */
};

/* The table's line of an amplification kind; every one has a line. */
const struct response *response_of(enum kind kind);

#endif

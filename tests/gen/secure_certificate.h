/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/secure_certificate.h - well-formed X.509 certificates (RFC 5280) nobody can verify.
 */
#ifndef WEIR_GEN_SECURE_CERTIFICATE_H
#define WEIR_GEN_SECURE_CERTIFICATE_H

#include <stddef.h>

#include "gen/prng.h"
#include "gen/secure.h"

#define CERTIFICATE_MAX 1200

/* Writes it as DER into out, CERTIFICATE_MAX bytes; returns its length. */
size_t certificate_put(uint8_t *out, const struct secure *secure, struct prng *prng);

#endif

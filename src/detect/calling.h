/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/calling.h - who of ours calls somebody outside.
 */
#ifndef WEIR_DETECT_CALLING_H
#define WEIR_DETECT_CALLING_H

#include "app/census.h"

/* Has somebody said what is inside, so that it need not be guessed? */
bool calling_is_configured(const struct conf *conf);

/* Is it inside wherever it is seen (RFC 1918, 3927, 4193, 4291)? */
bool calling_is_private(const struct addr *addr);

/* The parties of a conversation that one of ours opened to somebody outside. False for all others:
 * from outside, within, to a group. Where no address is private and nothing is configured, weir
 * guesses that the network that is contacted most is inside (track/assume.h), and that may be the
 * controller's: there the client is taken as ours, and is_foreign is set. */
bool calling_parties(const struct networks *networks, bool is_configured,
	const struct flow_key *key, struct parties *ret_parties);

#endif

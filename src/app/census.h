/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/census.h - who of ours has to do with whom outside, and under which name.
 *
 * Kept from events on one thread (before the detectors are given them), read by the detectors and
 * by correlate: an address or name that a large part of the LAN contacts is no controller; a name
 * says more than an address. Prevalence is counted with small sketches, in capped tables; those
 * least used give way.
 */
#ifndef WEIR_APP_CENSUS_H
#define WEIR_APP_CENSUS_H

#include "app/event.h"

struct conf;
struct networks;
struct census;

#define CENSUS_NAME_MAX 96 /* bytes of a name that is kept, the final 0 included */

/* -ENOMEM. */
int census_open(const struct conf *conf, const struct networks *networks, uint64_t seed,
	struct census **ret_census);
void census_see(struct census *census, const struct app_event *event);
void census_close(struct census *census);

/* Inside hosts that were seen to take part in a conversation. */
unsigned census_inside_hosts(const struct census *census);

/* How many of them have had to do with this outside address. Also by another address of the same
 * name. */
unsigned census_contacts(const struct census *census, const struct addr *outside);

/* The same for a name: a whole host name, or a registered domain (domain.h). */
unsigned census_name_contacts(const struct census *census, const char *name);

/* census_contacts() over census_inside_hosts(); 0 while fewer than 5 hosts are known, so that in a
 * capture of one host everything is not common. */
double census_prevalence(const struct census *census, const struct addr *outside);

/* The name by which this address was last looked up or spoken to (DNS answer, SNI, Host), in small
 * letters; "" when it is not known. Valid until the next census_see(). */
const char *census_name(const struct census *census, const struct addr *outside);

/* Was that name the answer to a look-up? Else a client has only claimed it (SNI, Host). */
bool census_is_looked_up(const struct census *census, const struct addr *outside);

/* Hosts, addresses and names that gave way to others. census may be NULL. */
uint64_t census_forgotten(const struct census *census);

/* Which side is ours. */
struct parties {
	struct addr inside, outside;
	unsigned inside_side; /* of the key */
	bool is_local;	      /* both are inside; inside is then the client */
	bool is_foreign;      /* neither is: inside is then the client, too */
};

struct parties parties_of(const struct networks *networks, const struct flow_key *key);

#endif

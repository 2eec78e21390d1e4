/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/json_hosts.h - the inventory of hosts as JSON, with the incidents each takes part in.
 */
#ifndef WEIR_RECORD_JSON_HOSTS_H
#define WEIR_RECORD_JSON_HOSTS_H

#include <jansson.h>

#include "app/inventory.h"
#include "correlate/incident.h"

struct hosts_question {
	const struct inventory *inventory; /* NULL: an empty list */
	struct incident *const *incidents;
	unsigned incident_count;
	unsigned list_max;
	struct addr within; /* only hosts in this prefix */
	unsigned bits;	    /* 0: all */
};

/* At most list_max hosts, the most suspicious first, then by address; *ret_total is how many there
 * are. NULL when memory ran out. */
json_t *value_hosts(const struct hosts_question *question, unsigned *ret_total);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/names.h - words for what an incident has as numbers: protocols, techniques, its subject.
 */
#ifndef WEIR_RECORD_NAMES_H
#define WEIR_RECORD_NAMES_H

#include "correlate/incident.h"

/* "TCP", "UDP", "IPv6-ICMP" …, as Suricata writes them; three digits for one without a name
 * ("099"). text: 8 bytes. Returns text or static storage. */
const char *proto_name(uint8_t proto, char *text);

struct technique {
	const char *id;	    /* "T1498.002" */
	const char *name;   /* "Reflection Amplification" */
	const char *tactic; /* "Impact" */
};

/* A technique of MITRE ATT&CK (Enterprise, v15) by its id, or NULL. */
const struct technique *technique_find(const char *id);

/* Suricata's classification (classification.config) that fits the kind. */
const char *kind_category(enum kind kind);

/* Is the port of this kind the one the traffic comes from (the abused service)? */
bool kind_port_is_source(enum kind kind);

/* What the subject of the incident does in it: a role, worked out from the role lists. */
enum role incident_subject_role(const struct incident *incident);

#define SUBJECT_MAX 320

/* "198.51.100.7, TCP port 443", "2001:db8::/48", "group web", "the whole network". Returns text. */
const char *incident_subject(const struct incident *incident, char text[SUBJECT_MAX]);

/* "against", "by" or "at": what stands before the subject. */
const char *incident_preposition(const struct incident *incident);

/* The only address with a role, or NULL when there is none, many, or a prefix. */
const struct addr *incident_only(const struct incident *incident, enum role role);

/* Is it about hosts of ours that work, or may work, for somebody else? */
bool incident_is_bot(const struct incident *incident);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/incident.h - an incident: findings that belong together, told as one story.
 *
 * Everything in it is bounded: the roles keep the loudest addresses and a true count (exact up to
 * INCIDENT_SOURCES distinct addresses, then a fair estimate that says so), the findings keep the
 * first and the strongest, the timeline doubles its step when it is full.
 */
#ifndef WEIR_CORRELATE_INCIDENT_H
#define WEIR_CORRELATE_INCIDENT_H

#include "types.h"

#define INCIDENT_ID_MAX 12
#define INCIDENT_STORY_MAX 1536
#define INCIDENT_FINDINGS 16	/* kept as evidence */
#define INCIDENT_TIMELINE 120	/* steps */
#define INCIDENT_SURE 0.6F	/* a finding that is more than a suspicion (weir) */
#define INCIDENT_PROVED 0.8F	/* proof before a host is shut in, an outsider shut out (weir) */
#define INCIDENT_PARTS 12	/* kinds of evidence told apart */
#define INCIDENT_LINKS 32	/* who has to do with whom, of bots */
#define INCIDENT_CONTROLLERS 8	/* named at most */
#define INCIDENT_ROLE_LIST 1000 /* most addresses kept of a role; report.list_max cuts further */

/* Up to so many senders of unproved addresses are named; more are taken for invented. */
#define INCIDENT_CREDIBLE_SOURCES 32

struct role_entry {
	struct addr addr;
	uint8_t bits; /* prefix length 0..128 */
	uint64_t packets;
};

struct role_list {
	struct role_entry *list; /* most packets first, then by address */
	unsigned listed;
	uint64_t count;	  /* true number, also of those not listed */
	bool is_estimate; /* count is a fair estimate (more than could be held) */
};

struct timeline {
	int64_t start_ns, step_ns;
	unsigned used;
	double packets[INCIDENT_TIMELINE];
};

/* What one kind of evidence adds to the score. */
struct incident_part {
	enum kind kind;
	float confidence; /* of its strongest finding */
	uint64_t findings;
};

/* A host of ours has to do with somebody: an edge of the role graph. */
struct incident_link {
	struct addr from, to;
	enum role to_role; /* ROLE_COUNT: not known */
	uint16_t port;
	enum kind kind; /* of the strongest finding */
	uint32_t kinds; /* all that there were: a bit each, see case_kind_bit() */
	float confidence;
	const char *family, *reason; /* of that finding; NULL: none */
	int64_t first_ns, last_ns;
	uint64_t findings;
	bool is_listed; /* the very address is in a list of the operator's */
	bool is_deed;	/* proves by itself what from does: see case_proof() */
	char name[FINDING_NAME_MAX];
};

/* Somebody who gives the orders, as far as can be told. */
struct incident_controller {
	struct addr addr;
	uint16_t port;
	float confidence;
	float evidence;	       /* of its strongest link alone */
	bool is_before_attack; /* heard from shortly before an attack began */
	bool is_listed;	       /* the very address is in a list of the operator's */
	bool is_deed;	       /* a deed of one of ours proves it: see case_proof() */
	uint32_t kinds;	       /* of evidence, as of a link */
	uint32_t zombies;      /* that have to do with it */
	double prevalence;     /* share of all inside hosts that have */
	char name[FINDING_NAME_MAX];
};

struct incident {
	char id[INCIDENT_ID_MAX]; /* the same for the same input */
	enum kind kind;
	enum scope scope;
	enum severity severity;
	float confidence;
	bool is_open; /* still going on when the input ended */
	bool is_spoofable;
	struct addr subject; /* what it is about: the target, or the scanner */
	uint8_t subject_bits;
	const char *group;
	uint16_t port;
	uint8_t proto;
	int64_t first_ns, last_ns;
	uint64_t packets, bytes;
	double peak_pps, peak_bps;
	uint64_t source_count; /* distinct senders, whatever their role */
	bool source_count_is_estimate;
	struct role_list roles[ROLE_COUNT];
	struct timeline timeline;
	struct finding findings[INCIDENT_FINDINGS]; /* sources and targets are NULL here */
	unsigned finding_count;			    /* kept */
	uint64_t findings_total;		    /* all there were */
	/* Of bots and what they do; the first of each is the weightiest. */
	float proof;	   /* what of the confidence rests on deeds: see case_proof() */
	bool has_unproved; /* several hosts, not each with proof of its own */
	const char *family;
	struct incident_part parts[INCIDENT_PARTS];
	unsigned part_count;
	struct incident_link links[INCIDENT_LINKS];
	unsigned link_count;
	uint64_t links_lost;
	struct incident_controller controllers[INCIDENT_CONTROLLERS];
	unsigned controller_count; /* 0: unknown */
	char story[INCIDENT_STORY_MAX];
	char remedy[256]; /* what would stop it, one sentence */
};

#endif

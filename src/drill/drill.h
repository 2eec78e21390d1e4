/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drill/drill.h - a fire drill: attacks rehearsed against your own configuration, where they can
 * harm nobody (lab.h, send.h).
 *
 * The lab gets nginx and a weir of its own, started with the configuration under test; what depends
 * on the place (interfaces, networks, directories) is replaced, and the mode is enforce. For each
 * attack: good clients alone, with the attack, and after it.
 */
#ifndef WEIR_DRILL_DRILL_H
#define WEIR_DRILL_DRILL_H

#include <stdio.h>

#include "conf/conf.h"
#include "drill/send.h"
#include "drill/visitors.h"

struct drill_options {
	struct conf *conf; /* changed: the places in it become those of the lab */
	bool is_chosen[ATTACK_COUNT];
	unsigned pps, seconds; /* of each attack */
	unsigned before_s, after_s;
	unsigned requests_per_s;
	bool is_live;	/* show what happens while it does, on out */
	bool has_color; /* and with SGR sequences */
	FILE *out;
};

struct drill_result {
	enum drill_attack attack;
	bool is_done;
	uint64_t sent;
	double offered_pps;
	double detect_s, drop_s;      /* from the first packet; < 0: not within the drill */
	char kind[40];		      /* of the incident that was found, "" for none */
	uint64_t stopped;	      /* dropped or answered by the kernel part */
	double before, during, after; /* good requests a second */
	unsigned failed_before, failed_during, failed_after;
	double cpu; /* of weir's processes, in processors, during the attack */
};

/* Runs it. results has ATTACK_COUNT places; *ret_count were filled. 0 or −errno with a message. */
int drill_run(const struct drill_options *options, struct drill_result *results,
	unsigned *ret_count, struct err *err);

/* The table for people, and the same as JSON. 0 or −errno. */
int drill_print(const struct drill_result *results, unsigned count, FILE *out);
int drill_print_json(const struct drill_result *results, unsigned count, FILE *out);

/* Was it a success: found and stopped, and the good requests served? */
bool drill_is_good(const struct drill_result *result);

#endif

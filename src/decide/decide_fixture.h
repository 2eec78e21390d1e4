/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/decide_fixture.h - packets for the traffic memory, and a stage to play the policy on.
 *
 * Inside is 198.51.100.0/24; the allowlist holds 192.0.2.0/28. A stage has four lanes of memory,
 * one incident and a keeper that says yes. Time goes in windows of 100 ms: fill the memory, then
 * stage_window(). It needs no cmocka: what cannot go on aborts. For tests only.
 */
#ifndef WEIR_DECIDE_FIXTURE_H
#define WEIR_DECIDE_FIXTURE_H

#include "conf/conf.h"
#include "conf/networks.h"
#include "decide/decide.h"

#define STAGE_LANES 4
#define STAGE_SEED 0x77656972ULL
#define STAGE_START_NS (1700000000LL * NS_PER_S)
#define STAGE_WINDOW_NS (100 * NS_PER_MS)
#define STAGE_TARGET "198.51.100.7"
#define STAGE_BYTES 256

struct addr stage_addr(const char *text);
/* A pseudo-random number of the sequence that all share; stage_random_begin() begins it anew. */
uint32_t stage_random(void);
void stage_random_begin(void);

/* A packet with its bytes. */
struct packet {
	struct pkt pkt;
	uint8_t bytes[STAGE_BYTES];
};

/* IPv4 with payload_len bytes of payload, all zero; from a random address. */
void packet_make(struct packet *packet, uint8_t proto, uint16_t from_port, const char *to,
	uint16_t to_port, uint32_t payload_len);
/* Random payload (what there is room for), time to live and IP identification. */
void packet_scramble(struct packet *packet);

struct stage {
	struct conf conf;
	struct networks *networks;
	struct prefix_set *allow;
	struct memory *memories[STAGE_LANES];
	struct decider *decider;
	struct incident incident;
	struct role_entry senders[64];
	struct incident *incidents[1];
	struct gate_hit hits[64];
	struct gate_host host;
	struct picture picture;
	struct orders orders;
	bool keeper_is_deaf; /* answers nothing */
	int keeper_says;     /* what it answers to APPLY */
	unsigned applied, revoked, extended;
	int64_t now_ns;
};

/* A flood of the kind to STAGE_TARGET begins at the start; mode enforce, with the kernel part. */
void stage_open(struct stage *stage, enum kind kind);
void stage_send(
	struct stage *stage, struct packet *packet, enum standing standing, int64_t time_ns);
/* Good conversations (UDP from port 27015, 40..100 bytes) to the target over the hour before. */
void stage_good_hour(struct stage *stage);
/* count packets of an attack over the window to come, as make says. */
void stage_attack(struct stage *stage, void (*make)(struct packet *packet), unsigned count);
/* Ends the window: decides, and tells what the keeper said. goes_on: the incident does. */
void stage_window(struct stage *stage, bool goes_on);
/* count senders of that role, from the first on; they are all there are. */
void stage_set_senders(struct stage *stage, enum role role, const char *first, unsigned count);
/* So many windows in which the incident goes on. */
void stage_windows(struct stage *stage, unsigned count);
/* The i-th live mitigation of that verb, or NULL. */
const struct mitigation *stage_find(const struct stage *stage, enum verb verb, unsigned i);
void stage_close(struct stage *stage);

/* Attacks. */
void attack_uniform(struct packet *packet); /* source port 4444, 512 bytes, random payload */
void attack_other(struct packet *packet);   /* source port 9999, 900 bytes */
void attack_random(struct packet *packet);  /* nothing in common */
void attack_dns(struct packet *packet);	    /* answers of 1,400 bytes and more */

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/early.h - what TCP says before its handshake is over (RFC 7413, Fast Open): the request in
 * the SYN, and the server's answer before the third packet.
 *
 * It waits here until the conversation is one. Who sends a SYN has proved nothing, so there is
 * little room: EARLY_SLOTS and EARLY_BYTES for SYNs of ours, and the same for those of strangers,
 * where the oldest gives way.
 */
#ifndef WEIR_APP_EARLY_H
#define WEIR_APP_EARLY_H

#include "track/stream.h"

#define EARLY_SLOTS 32
#define EARLY_WAYS 4
#define EARLY_BYTES 65536 /* of all of ours, of all of strangers */
/* weir: of one: the request, and ten segments, which a server may send at once (RFC 6928). */
#define EARLY_EACH 16384

struct early {
	uint64_t hash;	 /* 0: free */
	int64_t time_ns; /* of its SYN */
	struct stream stream;
	uint32_t begin[2]; /* number of the first byte, by side */
	uint32_t bytes[2]; /* that wait, by side */
	uint32_t end[2];   /* behind the furthest of them */
	bool has_server;   /* the SYN-ACK was seen */
	bool is_accepted;  /* and acknowledges what was in the SYN */
};

struct early_table {
	struct early slots[2][EARLY_SLOTS]; /* of strangers, of ours */
	uint32_t bytes[2];
	unsigned used;
	uint64_t refused;
};

/* A SYN with payload. */
void early_syn(
	struct early_table *table, struct stream_pool *pool, const struct pkt *pkt, bool is_ours);

/* The server's SYN-ACK, or payload before its client has answered that. */
void early_answer(struct early_table *table, struct stream_pool *pool, const struct pkt *pkt);

/* That of the packet, NULL when there is none. */
struct early *early_find(struct early_table *table, const struct pkt *pkt);

/* It is over: what waits in its stream is given back, unless it was moved to another. */
void early_free(struct early_table *table, struct stream_pool *pool, struct early *early);

/* All of them. */
void early_clear(struct early_table *table, struct stream_pool *pool);

#endif

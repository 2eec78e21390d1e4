/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/quic_table.h - the QUIC connections of a lane that begin: their ids, and hellos not whole.
 *
 * A hello of two datagrams is sent before the server has said anything, so before there is a flow:
 * this is by the conversation's number alone. Ours have one half of the table, strangers the other,
 * and of the hellos that are collected each half has QUIC_COLLECTED_MAX in blocks of the lane's
 * pool, so that a flood of halves from outside takes neither from ours. What gives way is told as
 * far as it came, and counted. A connection whose hello was told stays until a newer one needs its
 * place, so that its later Initials are not opened.
 */
#ifndef WEIR_APP_QUIC_TABLE_H
#define WEIR_APP_QUIC_TABLE_H

#include "app/quic_hello.h"
#include "conf/networks.h"
#include "lib/blocks.h"

#define QUIC_CONNECTIONS 512
#define QUIC_WAYS 4
#define QUIC_COLLECTED_MAX 12 /* weir: 12 of 8 KiB, of ours and of strangers */

/* A client sends again what was lost after 1 s, and after 2 s more (RFC 9002 6.2.1, 6.2.2). What
 * has not come by then was lost to the capture. */
#define QUIC_WAIT_NS (3 * NS_PER_S)
/* After such a silence the ports are used anew; RFC 9000 10.1 has endpoints choose it, 30 s is what
 * most do. */
#define QUIC_IDLE_NS (30 * NS_PER_S)

struct quic_connection {
	uint64_t flow;
	int64_t time_ns; /* of its last Initial */
	uint32_t version;
	uint32_t block;		     /* of its hello; 0: nothing is collected */
	uint8_t begun;		     /* connections between these ports so far */
	uint8_t datagrams, failures; /* with Initials; packets that were not opened */
	uint8_t id_len, server_id_len;
	uint8_t id[QUIC_ID_MAX];	/* that its keys follow from */
	uint8_t server_id[QUIC_ID_MAX]; /* that the client is to call the server by */
	bool is_used, has_server_id;
	bool is_done; /* told or given up: it is not looked at again */
};

struct quic_table_stats {
	uint64_t derived, opened; /* keys; packets, or tries of it */
	uint64_t given_up;	  /* not what they seemed: wrong keys, too many datagrams */
	uint64_t conflicts;	  /* with pieces of other content on one another */
	uint64_t refused;	  /* no room to wait in */
};

struct quic_table {
	struct blocks *blocks; /* of the lane */
	const struct networks *networks;
	struct quic_opener *opener;
	unsigned collected[2]; /* of strangers, of ours */
	struct quic_table_stats stats;
	struct quic_hello scratch; /* of the datagram that is being read */
	struct quic_connection connections[QUIC_CONNECTIONS];
};

/* networks: NULL: all are strangers. -ENOMEM. */
int quic_table_open(
	struct blocks *blocks, const struct networks *networks, struct quic_table **ret_table);
/* NULL is fine. Before the blocks are closed. */
void quic_table_close(struct quic_table *table);

/* That of parse, NULL when there is none. One that was silent for long is forgotten. */
struct quic_connection *quic_table_find(struct quic_table *table, const struct parse *parse);

/* A new one, wiped, for parse. */
struct quic_connection *quic_table_make(struct quic_table *table, struct parse *parse);

/* What was collected of it; NULL: nothing. */
struct quic_hello *quic_table_hello(
	const struct quic_table *table, const struct quic_connection *connection);

/* Keeps the scratch, which is not whole, as its hello. false: there is no room. */
bool quic_table_keep(
	struct quic_table *table, struct quic_connection *connection, struct parse *parse);

/* Nothing more is wanted of it. */
void quic_table_done(struct quic_table *table, struct quic_connection *connection);

/* Tells, as far as they came, those hellos of which nothing has come for QUIC_WAIT_NS, or all. */
void quic_table_turn(struct quic_table *table, struct app_log *log, int64_t now_ns, bool is_over);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/quic_table.c - see quic_table.h.
 */
#include "app/quic_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HALF (QUIC_CONNECTIONS / 2)
#define HELLO_BLOCK 8192

_Static_assert(sizeof(struct quic_hello) <= HELLO_BLOCK, "fits a block");

int quic_table_open(
	struct blocks *blocks, const struct networks *networks, struct quic_table **ret_table)
{
	struct quic_table *table = calloc(1, sizeof(*table));
	int r;

	if (!table)
		return -ENOMEM;
	table->blocks = blocks;
	table->networks = networks;
	r = quic_opener_open(&table->opener);
	if (r < 0) {
		quic_table_close(table);
		return r;
	}
	*ret_table = table;
	return 0;
}

static bool is_of_ours(const struct quic_table *table, const struct quic_connection *connection)
{
	return connection - table->connections >= HALF;
}

struct quic_hello *quic_table_hello(
	const struct quic_table *table, const struct quic_connection *connection)
{
	return connection->block
		       ? (struct quic_hello *)(void *)blocks_at(table->blocks, connection->block)
		       : NULL;
}

static void drop_hello(struct quic_table *table, struct quic_connection *connection)
{
	if (!connection->block)
		return;
	blocks_give(table->blocks, connection->block);
	connection->block = 0;
	table->collected[is_of_ours(table, connection)]--;
}

void quic_table_close(struct quic_table *table)
{
	if (!table)
		return;
	for (unsigned i = 0; i < QUIC_CONNECTIONS; i++)
		drop_hello(table, &table->connections[i]);
	quic_opener_close(table->opener);
	free(table);
}

void quic_table_done(struct quic_table *table, struct quic_connection *connection)
{
	drop_hello(table, connection);
	connection->is_done = true;
}

/* No more of it comes, or there is no room for it. */
static void tell_part(struct quic_table *table, struct quic_connection *connection,
	struct app_log *log, int64_t now_ns)
{
	const struct quic_hello *hello = quic_table_hello(table, connection);
	struct parse parse = { .log = log, .flow = connection->flow, .now_ns = now_ns };

	if (!hello)
		return;
	parse.key = hello->key;
	parse.proto = PROTO_QUIC;
	quic_hello_tell(hello, &parse);
	quic_table_done(table, connection);
}

static struct quic_connection *set_of(struct quic_table *table, const struct parse *parse)
{
	bool is_ours = table->networks && networks_is_inside(table->networks, &parse->key.addr[0]);
	unsigned set = (unsigned)((parse->flow >> 24) % (HALF / QUIC_WAYS));

	return &table->connections[is_ours * HALF + set * QUIC_WAYS];
}

struct quic_connection *quic_table_find(struct quic_table *table, const struct parse *parse)
{
	struct quic_connection *set = set_of(table, parse);

	for (unsigned i = 0; i < QUIC_WAYS; i++) {
		if (!set[i].is_used || set[i].flow != parse->flow)
			continue;
		if (parse->now_ns - set[i].time_ns < QUIC_IDLE_NS)
			return &set[i];
		tell_part(table, &set[i], parse->log, parse->now_ns);
		set[i].is_used = false;
	}
	return NULL;
}

/* Before another: a free place, one that is done, the oldest. */
static bool goes_before(const struct quic_connection *one, const struct quic_connection *other)
{
	if (one->is_used != other->is_used)
		return !one->is_used;
	if ((one->block == 0) != (other->block == 0))
		return one->block == 0;
	return one->time_ns < other->time_ns;
}

struct quic_connection *quic_table_make(struct quic_table *table, struct parse *parse)
{
	struct quic_connection *set = set_of(table, parse), *place = set;

	for (unsigned i = 1; i < QUIC_WAYS; i++)
		if (goes_before(&set[i], place))
			place = &set[i];
	table->stats.refused += place->block != 0;
	tell_part(table, place, parse->log, parse->now_ns);
	*place = (struct quic_connection){
		.flow = parse->flow, .time_ns = parse->now_ns, .is_used = true
	};
	return place;
}

/* The oldest hello of the half gives way. */
static void make_room(struct quic_table *table, bool is_ours, const struct parse *parse)
{
	struct quic_connection *half = &table->connections[is_ours * HALF], *oldest = NULL;

	for (unsigned i = 0; i < HALF; i++)
		if (half[i].block && (!oldest || half[i].time_ns < oldest->time_ns))
			oldest = &half[i];
	if (!oldest)
		return;
	table->stats.refused++;
	tell_part(table, oldest, parse->log, parse->now_ns);
}

bool quic_table_keep(
	struct quic_table *table, struct quic_connection *connection, struct parse *parse)
{
	const struct quic_hello *scratch = &table->scratch;
	bool is_ours = is_of_ours(table, connection);

	if (table->collected[is_ours] >= QUIC_COLLECTED_MAX)
		make_room(table, is_ours, parse);
	connection->block = blocks_take(table->blocks, sizeof(*scratch));
	if (!connection->block) {
		table->stats.refused++;
		return false;
	}
	table->collected[is_ours]++;
	memcpy(blocks_at(table->blocks, connection->block), scratch,
		offsetof(struct quic_hello, bytes) + scratch->top);
	return true;
}

void quic_table_turn(struct quic_table *table, struct app_log *log, int64_t now_ns, bool is_over)
{
	if (table->collected[0] + table->collected[1] == 0)
		return;
	for (unsigned i = 0; i < QUIC_CONNECTIONS; i++) {
		struct quic_connection *connection = &table->connections[i];

		if (connection->block && (is_over || now_ns - connection->time_ns >= QUIC_WAIT_NS))
			tell_part(table, connection, log, now_ns);
	}
}

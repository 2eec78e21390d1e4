/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/looks_mirai.c - Mirai's command channel; see looks.h.
 *
 * As in the published source (mirai/bot/main.c, mirai/cnc/bot.go, mirai/cnc/attack.go):
 *
 *   client   00 00 00 01, a length, an identity of that length; then 00 00 once a minute
 *   server   00 00 for each of these; orders: a length of 2 bytes that includes itself (or, in
 *            offspring, does not), duration in s (4), vector (1), how many targets (1), of each its
 *            address (4) and netmask (1), how many options (1), of each its key (1), length (1) and
 *            value
 *
 * A keepalive counts only when nothing came from that side for 5 s: zeros in a row are just zeros.
 */
#include <ctype.h>
#include <string.h>

#include "app/looks.h"
#include "lib/rd.h"

#define ID_MAX 32		/* the server reads so many */
#define ORDER_MAX 1024		/* the client reads so many */
#define ORDER_MIN 13		/* one target, no option, its length included */
#define APART_NS (5 * NS_PER_S) /* a bot says something once in 60 s; the server at once */

static bool tell(struct parse *parse, unsigned side, enum looks_kind kind, uint32_t count,
	const void *bytes, size_t len)
{
	looks_tell(parse, side, kind, 0, count, bytes, len);
	return true;
}

/* A byte of the registration. */
static bool register_byte(struct looks_mirai *mirai, struct parse *parse, uint8_t byte)
{
	static const uint8_t greeting[4] = { 0, 0, 0, 1 };
	uint16_t place = mirai->place++;

	if (place < 4) {
		mirai->is_dead[0] = byte != greeting[place];
		return false;
	}
	if (place == 4)
		mirai->id_len = byte;
	else
		mirai->order[place - 5] = byte; /* no orders before it is complete */
	if (mirai->id_len > ID_MAX || (place > 4 && !isgraph(byte))) {
		mirai->is_dead[0] = true;
		return false;
	}
	if (mirai->place < 5 + mirai->id_len)
		return false;
	mirai->is_login = true;
	mirai->spoke_ns[0] = parse->now_ns;
	return tell(parse, 0, LOOKS_MIRAI_LOGIN, 1, mirai->order, mirai->id_len);
}

static bool keepalive(struct looks_mirai *mirai, struct parse *parse, unsigned side)
{
	bool is_apart =
		mirai->spoke_ns[side] == 0 || parse->now_ns - mirai->spoke_ns[side] >= APART_NS;

	mirai->spoke_ns[side] = parse->now_ns;
	if (!is_apart || !mirai->is_login || mirai->keepalives[side] == UINT16_MAX)
		return false;
	mirai->keepalives[side]++;
	if (mirai->keepalives[side] > 8 && !looks_is_due(mirai->keepalives[side]))
		return false;
	return tell(parse, side, LOOKS_MIRAI_KEEPALIVE, mirai->keepalives[side], NULL, 0);
}

/* Is the order what it should be, as far as it was kept? */
static bool is_order(const struct looks_mirai *mirai)
{
	size_t kept =
		mirai->order_read < sizeof(mirai->order) ? mirai->order_read : sizeof(mirai->order);
	struct rd rd = rd_over(mirai->order, kept);
	uint32_t duration_s = rd_be32(&rd);
	uint8_t vector = rd_u8(&rd), targets = rd_u8(&rd), options;

	/* cnc/attack.go: at most an hour; weir: a day, offspring are more generous. */
	if (duration_s == 0 || duration_s > 86400 || vector > 63 || targets == 0)
		return false;
	for (unsigned i = 0; i < targets && kept < sizeof(mirai->order); i++) {
		rd_skip(&rd, 4);
		if (rd_u8(&rd) > 32)
			return false;
	}
	options = rd_u8(&rd);
	for (unsigned i = 0; i < options && !rd.failed; i++) {
		rd_skip(&rd, 1);
		rd_skip(&rd, rd_u8(&rd));
	}
	return kept == sizeof(mirai->order) || (!rd.failed && rd_left(&rd) == 0);
}

static bool end_order(struct looks_mirai *mirai, struct parse *parse)
{
	size_t kept =
		mirai->order_read < sizeof(mirai->order) ? mirai->order_read : sizeof(mirai->order);
	bool is_told = false;

	if (!is_order(mirai)) {
		mirai->is_dead[1] = true;
		return false;
	}
	mirai->orders++;
	if (mirai->is_login && (mirai->orders <= 64 || looks_is_due(mirai->orders)))
		is_told = tell(parse, 1, LOOKS_MIRAI_ORDER, mirai->orders, mirai->order, kept);
	mirai->order_len = 0;
	mirai->order_read = 0;
	return is_told;
}

/* Where an order ends, by its own contents: whether the length includes itself is then known. 0:
 * not yet. */
static size_t order_extent(const struct looks_mirai *mirai)
{
	struct rd rd = rd_over(mirai->order, mirai->order_read);
	uint8_t count;

	rd_skip(&rd, 5);
	count = rd_u8(&rd);
	rd_skip(&rd, 5U * count);
	count = rd_u8(&rd);
	for (unsigned i = 0; i < count && !rd.failed; i++) {
		rd_skip(&rd, 1);
		rd_skip(&rd, rd_u8(&rd));
	}
	return rd.failed ? 0 : (size_t)(rd.at - mirai->order);
}

static bool order_byte(struct looks_mirai *mirai, struct parse *parse, uint8_t byte)
{
	if (mirai->order_read < sizeof(mirai->order))
		mirai->order[mirai->order_read] = byte;
	mirai->order_read++;
	/* Two bytes short of the length: there it ends if its contents do. One that is longer than
	 * what is kept is taken to include its length, as the original does. */
	if (mirai->order_read + 2 == mirai->order_len &&
		(mirai->order_read > sizeof(mirai->order) ||
			order_extent(mirai) == mirai->order_read))
		return end_order(mirai, parse);
	return mirai->order_read == mirai->order_len && end_order(mirai, parse);
}

/* Two bytes: nothing, or a length. */
static bool pair(struct looks_mirai *mirai, struct parse *parse, unsigned side, uint16_t value)
{
	if (value == 0)
		return keepalive(mirai, parse, side);
	if (side == 1 && value >= ORDER_MIN - 2 && value <= ORDER_MAX)
		mirai->order_len = value;
	else
		mirai->is_dead[side] = true;
	return false;
}

static bool take_byte(struct looks_mirai *mirai, struct parse *parse, unsigned side, uint8_t byte)
{
	if (side == 0 && !mirai->is_login)
		return register_byte(mirai, parse, byte);
	if (side == 1 && !mirai->is_login) { /* nothing is said to who has not registered */
		mirai->is_dead[1] = true;
		return false;
	}
	if (side == 1 && mirai->order_len > 0)
		return order_byte(mirai, parse, byte);
	mirai->is_odd_byte[side] = !mirai->is_odd_byte[side];
	if (mirai->is_odd_byte[side]) {
		mirai->half[side] = byte;
		return false;
	}
	return pair(mirai, parse, side, (uint16_t)(mirai->half[side] << 8 | byte));
}

bool looks_mirai_data(struct looks_mirai *mirai, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	bool is_told = false;

	for (size_t i = 0; i < len && !mirai->is_dead[0] && !mirai->is_dead[side]; i++)
		is_told |= take_byte(mirai, parse, side, bytes[i]);
	return is_told;
}

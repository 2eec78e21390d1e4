/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/parse.c - what parsers may call (parser.h): telling, bytes that wait, lines, sums.
 *
 * Dropping from the front only moves a start, and bytes are moved down no more often than the
 * block is half empty, so a sender of single bytes costs no more than one of large pieces.
 */
#include <math.h>
#include <string.h>

#include "app/hold.h"
#include "app/log.h"

#define SUM_MAX 4096 /* bytes that entropy and printable share look at */
#define STEPS 257    /* so many bytes have their weights added step by step */

void parse_tell(struct parse *parse, struct app_event *event)
{
	event->time_ns = parse->now_ns;
	event->key = parse->key;
	event->flow = parse->flow;
	app_log_add(parse->log, event);
}

void parse_memory_clear(struct parse_memory *memory)
{
	for (unsigned side = 0; side < 2; side++) {
		blocks_give(memory->blocks, memory->holds[side].block);
		memory->holds[side] = (struct hold){ 0 };
	}
}

static uint32_t take_block(struct parse_memory *memory, size_t len)
{
	uint32_t block = blocks_take(memory->blocks, len);

	while (!block && memory->make_room && memory->make_room(memory))
		block = blocks_take(memory->blocks, len);
	return block;
}

/* Makes room for so many bytes in all, what waits at the front. */
static bool widen(struct parse_memory *memory, struct hold *hold, size_t len)
{
	size_t size = blocks_size(memory->blocks, hold->block);
	uint32_t block;

	if (hold->start + len <= size)
		return true;
	if (len <= size / 2 || (size == BLOCK_MAX && len <= size)) {
		uint8_t *bytes = blocks_at(memory->blocks, hold->block);

		memmove(bytes, bytes + hold->start, hold->len);
		hold->start = 0;
		return true;
	}
	block = take_block(memory, len);
	if (!block)
		return false;
	if (hold->len > 0)
		memcpy(blocks_at(memory->blocks, block),
			blocks_at(memory->blocks, hold->block) + hold->start, hold->len);
	blocks_give(memory->blocks, hold->block);
	hold->block = block;
	hold->start = 0;
	return true;
}

bool parse_hold(struct parse *parse, unsigned side, const uint8_t *bytes, size_t len, size_t max)
{
	struct parse_memory *memory = parse->owner;
	struct hold *hold = &memory->holds[side];

	if (len == 0)
		return true;
	if (max > HOLD_MAX)
		max = HOLD_MAX;
	if (len > max || hold->len > max - len || !widen(memory, hold, hold->len + len)) {
		++*memory->refused;
		return false;
	}
	memcpy(blocks_at(memory->blocks, hold->block) + hold->start + hold->len, bytes, len);
	hold->len += (uint32_t)len;
	return true;
}

const uint8_t *parse_held(const struct parse *parse, unsigned side, size_t *ret_len)
{
	const struct parse_memory *memory = parse->owner;
	const struct hold *hold = &memory->holds[side];

	*ret_len = hold->len;
	return hold->len ? blocks_at(memory->blocks, hold->block) + hold->start
			 : (const uint8_t *)"";
}

void parse_drop(struct parse *parse, unsigned side, size_t len)
{
	struct parse_memory *memory = parse->owner;
	struct hold *hold = &memory->holds[side];

	if (len < hold->len) {
		hold->start += (uint32_t)len;
		hold->len -= (uint32_t)len;
		return;
	}
	blocks_give(memory->blocks, hold->block);
	*hold = (struct hold){ 0 };
}

void parse_restart(struct parse *parse)
{
	struct parse_memory *memory = parse->owner;

	memory->wants_restart = true;
}

/* One line without its end. A \r before the \n goes, too. */
static struct app_text as_line(const uint8_t *bytes, size_t len)
{
	if (len > 0 && bytes[len - 1] == '\r')
		len--;
	return (struct app_text){ (const char *)bytes, (uint32_t)len };
}

/* Keeps the beginning of a line that is not ended. As much as max is kept however the bytes were
 * cut; then the line is given as it is and the rest of it skipped. false: take says stop. */
static bool keep_part(struct parse *parse, unsigned side, const uint8_t *bytes, size_t len,
	size_t max, bool *skipping, bool (*take)(void *, unsigned, struct app_text), void *context)
{
	size_t held, room;
	const uint8_t *line = parse_held(parse, side, &held);
	bool goes_on;

	room = held < max ? max - held : 0;
	if (len < room && parse_hold(parse, side, bytes, len, max))
		return true;
	if (room > len)
		room = len;
	*skipping = true;
	if (held == 0)
		return take(context, side, as_line(bytes, room));
	/* A line that found no room to wait in is given as far as it waited. */
	if (parse_hold(parse, side, bytes, room, max))
		line = parse_held(parse, side, &held);
	goes_on = take(context, side, as_line(line, held));
	parse_drop(parse, side, held);
	return goes_on;
}

/* A line that ends in these bytes. */
static bool give_line(struct parse *parse, unsigned side, const uint8_t *bytes, size_t len,
	size_t max, bool (*take)(void *, unsigned, struct app_text), void *context)
{
	size_t held;
	const uint8_t *line = parse_held(parse, side, &held);
	bool goes_on;

	if (held == 0)
		return take(context, side, as_line(bytes, len < max ? len : max));
	if (held + len > max)
		len = max > held ? max - held : 0;
	if (parse_hold(parse, side, bytes, len, max))
		line = parse_held(parse, side, &held);
	goes_on = take(context, side, as_line(line, held));
	parse_drop(parse, side, held);
	return goes_on;
}

size_t parse_lines(struct parse *parse, unsigned side, const uint8_t *bytes, size_t len, size_t max,
	bool *skipping, bool (*take)(void *context, unsigned side, struct app_text line),
	void *context)
{
	size_t used = 0;

	while (used < len) {
		const uint8_t *from = bytes + used;
		const uint8_t *end = memchr(from, '\n', len - used);
		size_t part = end ? (size_t)(end - from) : len - used;
		bool was_skipping = *skipping;

		used += part + (end != NULL);
		if (end)
			*skipping = false;
		if (was_skipping)
			continue;
		if (end ? !give_line(parse, side, from, part, max, take, context)
			: !keep_part(parse, side, from, part, max, skipping, take, context))
			break;
	}
	return used;
}

/* n log2 n in 1/65536: whole numbers, whose sum is the same in any order. Of the small ones, which
 * most are, each thread remembers it. */
static uint64_t weight_of(unsigned n)
{
	static _Thread_local uint32_t known[64];
	uint32_t weight;

	if (n < 2)
		return 0;
	if (n < sizeof(known) / sizeof(known[0]) && known[n])
		return known[n];
	weight = (uint32_t)lroundf((float)n * log2f((float)n) * 65536);
	if (n < sizeof(known) / sizeof(known[0]))
		known[n] = weight;
	return weight;
}

/* The sum of the weights of how often each byte is there. Of few bytes it grows step by step as
 * they are counted, which is quicker than to walk all that could be there. */
static uint64_t weights_of(const uint8_t *bytes, size_t len)
{
	static _Thread_local uint32_t steps[STEPS]; /* from one less; the last is never 0 */
	uint16_t counts[256] = { 0 };
	uint64_t sum = 0;

	if (steps[STEPS - 1] == 0)
		for (unsigned n = 1; n < STEPS; n++)
			steps[n] = (uint32_t)(weight_of(n) - weight_of(n - 1));
	if (len < STEPS) {
		for (size_t i = 0; i < len; i++)
			sum += steps[++counts[bytes[i]]];
		return sum;
	}
	for (size_t i = 0; i < len; i++)
		counts[bytes[i]]++;
	for (size_t i = 0; i < 256; i++)
		sum += weight_of(counts[i]);
	return sum;
}

uint8_t parse_entropy(const uint8_t *bytes, size_t len)
{
	uint64_t sum;
	float bits;

	if (len > SUM_MAX)
		len = SUM_MAX;
	if (len == 0)
		return 0;
	sum = weights_of(bytes, len);
	bits = log2f((float)len) - (float)sum / 65536 / (float)len;
	return bits <= 0 ? 0 : bits >= 255 / 32.0F ? 255 : (uint8_t)lroundf(bits * 32);
}

uint8_t parse_printable(const uint8_t *bytes, size_t len)
{
	size_t printable = 0;

	if (len > SUM_MAX)
		len = SUM_MAX;
	if (len == 0)
		return 0;
	for (size_t i = 0; i < len; i++)
		printable += (bytes[i] >= ' ' && bytes[i] < 0x7f) ||
			     (bytes[i] >= '\t' && bytes[i] <= '\r');
	return (uint8_t)(printable * 255 / len);
}

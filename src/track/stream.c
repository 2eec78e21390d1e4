/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/stream.c - see stream.h.
 *
 * The pieces that wait on a side are a list of blocks in the order of their numbers, which do not
 * overlap: what comes later is cut to the room between them. All numbers are compared as distances
 * (RFC 9293 3.4), so they may wrap anywhere.
 */
#include "track/stream.h"

#include <string.h>

#include "track/track_internal.h"

/* Begins the block of a piece; its bytes follow. */
struct piece {
	uint32_t next; /* block; 0: the last one */
	uint32_t seq, len;
	uint32_t room;
};

/* A stretch of bytes that came with a segment. */
struct stretch {
	uint32_t seq;
	uint32_t len;
	const uint8_t *bytes;
};

/* RFC 793's largest window without scaling: a reset must hit within it. */
#define RESET_WINDOW 65535

void stream_begin(struct stream *stream, unsigned side, uint32_t seq)
{
	stream->side[side].next = seq;
	stream->side[side].is_started = true;
}

static struct piece *piece_at(const struct stream_pool *pool, uint32_t block)
{
	return (struct piece *)(void *)blocks_at(pool->blocks, block);
}

static uint8_t *piece_bytes(struct piece *piece)
{
	return (uint8_t *)(piece + 1);
}

/* Puts the stretch where link is. false: there is no room. */
static bool add_piece(struct stream_pool *pool, struct stream_side *side, uint32_t *link,
	const struct stretch *stretch)
{
	uint32_t block = 0;
	struct piece *piece;

	if (side->pieces < STREAM_EARLY_PIECES &&
		side->early_bytes + stretch->len <= STREAM_EARLY_BYTES)
		block = blocks_take(pool->blocks, sizeof(*piece) + stretch->len);
	if (!block)
		return false;
	piece = piece_at(pool, block);
	*piece = (struct piece){ .next = *link,
		.seq = stretch->seq,
		.len = stretch->len,
		.room = (uint32_t)(blocks_size(pool->blocks, block) - sizeof(*piece)) };
	memcpy(piece_bytes(piece), stretch->bytes, stretch->len);
	*link = block;
	side->pieces++;
	side->early_bytes += stretch->len;
	return true;
}

/* Small ones that follow on share a block. */
static bool append(struct stream_side *side, struct piece *piece, const struct stretch *stretch)
{
	if (piece->seq + piece->len != stretch->seq || piece->room - piece->len < stretch->len ||
		side->early_bytes + stretch->len > STREAM_EARLY_BYTES)
		return false;
	memcpy(piece_bytes(piece) + piece->len, stretch->bytes, stretch->len);
	piece->len += stretch->len;
	side->early_bytes += stretch->len;
	return true;
}

static void cut_front(struct stretch *stretch, uint32_t len)
{
	stretch->seq += len;
	stretch->bytes += len;
	stretch->len -= len;
}

/* The beginning of the stretch lies on the piece. Returns whether they differ. */
static bool lay_over(const struct stream_pool *pool, struct piece *piece, struct stretch *stretch)
{
	uint32_t offset = stretch->seq - piece->seq;
	uint32_t len = piece->len - offset;
	uint8_t *held = piece_bytes(piece) + offset;
	bool differs;

	if (len > stretch->len)
		len = stretch->len;
	differs = memcmp(held, stretch->bytes, len) != 0;
	if (differs && pool->is_last_wins)
		memcpy(held, stretch->bytes, len);
	cut_front(stretch, len);
	return differs;
}

/* Keeps what came too early. false: the rest of it, in stretch, found no room. */
static bool keep(struct stream_pool *pool, struct stream_side *side, struct stretch *stretch)
{
	uint32_t *link = &side->early;
	struct piece *before = NULL;
	bool overlaps = false, differs = false, has_room = true;

	while (stretch->len > 0 && has_room) {
		struct piece *piece = *link ? piece_at(pool, *link) : NULL;
		struct stretch part = *stretch;

		if (piece && seq_after(stretch->seq, piece->seq + piece->len) >= 0) {
			before = piece;
			link = &piece->next;
			continue;
		}
		if (piece && seq_after(stretch->seq, piece->seq) >= 0) {
			differs |= lay_over(pool, piece, stretch);
			overlaps = true;
			continue;
		}
		if (piece && seq_after(stretch->seq + stretch->len, piece->seq) > 0)
			part.len = piece->seq - stretch->seq;
		has_room = (before && append(side, before, &part)) ||
			   add_piece(pool, side, link, &part);
		if (has_room)
			cut_front(stretch, part.len);
	}
	pool->stats.overlaps += overlaps;
	pool->stats.conflicts += differs;
	return has_room;
}

static void hand_on(struct stream_pool *pool, struct stream_side *side, unsigned number,
	const uint8_t *bytes, uint32_t len, void *context)
{
	side->next += len;
	if (len == 0)
		return;
	pool->stats.bytes += len;
	pool->data(context, number, bytes, len);
}

static void skip(struct stream_pool *pool, struct stream_side *side, unsigned number,
	uint32_t missing, void *context)
{
	side->next += missing;
	if (missing == 0)
		return;
	pool->stats.gaps++;
	pool->stats.gap_bytes += missing;
	pool->gap(context, number, missing);
}

/* Takes off the first piece that waits. */
static void drop_first(struct stream_pool *pool, struct stream_side *side)
{
	uint32_t block = side->early;
	const struct piece *piece = piece_at(pool, block);

	side->early = piece->next;
	side->early_bytes -= piece->len;
	side->pieces--;
	blocks_give(pool->blocks, block);
}

/* Hands on what waited and is now in order. */
static void drain(
	struct stream_pool *pool, struct stream_side *side, unsigned number, void *context)
{
	while (side->early) {
		struct piece *piece = piece_at(pool, side->early);
		int32_t old = seq_after(side->next, piece->seq);

		if (old < 0)
			return;
		if ((uint32_t)old < piece->len)
			hand_on(pool, side, number, piece_bytes(piece) + old,
				piece->len - (uint32_t)old, context);
		drop_first(pool, side);
	}
}

/* The first hole is given up. */
static void give_up_hole(
	struct stream_pool *pool, struct stream_side *side, unsigned number, void *context)
{
	skip(pool, side, number, piece_at(pool, side->early)->seq - side->next, context);
	drain(pool, side, number, context);
}

/* What the receiver has told to have, and we do not, does not come any more. */
static void give_up_acked(
	struct stream_pool *pool, struct stream_side *side, unsigned number, void *context)
{
	while (side->early && side->has_acked &&
		seq_after(side->acked, piece_at(pool, side->early)->seq) >= 0)
		give_up_hole(pool, side, number, context);
}

static void see_ack(
	struct stream_pool *pool, struct stream *stream, const struct pkt *pkt, void *context)
{
	unsigned number = !pkt->side;
	struct stream_side *side = &stream->side[number];

	if (!(pkt->tcp_flags & TCP_ACK) || !side->is_started)
		return;
	if (!side->has_acked || seq_after(pkt->tcp_ack, side->acked) > 0)
		side->acked = pkt->tcp_ack;
	side->has_acked = true;
	if (side->early)
		give_up_acked(pool, side, number, context);
}

/* In order or not: in the end the whole stretch is handed on, or waits. */
static void see_stretch(struct stream_pool *pool, struct stream_side *side, unsigned number,
	struct stretch stretch, void *context)
{
	while (stretch.len > 0) {
		int32_t ahead = seq_after(stretch.seq, side->next);

		if (ahead < 0) {
			uint32_t old = (uint32_t)-ahead;

			cut_front(&stretch, old < stretch.len ? old : stretch.len);
		} else if (ahead == 0) {
			uint32_t len = stretch.len;

			/* First come, first served, as a receiver that keeps what it has. */
			if (side->early && seq_after(stretch.seq + len,
						   piece_at(pool, side->early)->seq) > 0) {
				struct stretch rest = stretch;

				len = piece_at(pool, side->early)->seq - stretch.seq;
				cut_front(&rest, len);
				keep(pool, side, &rest);
			}
			hand_on(pool, side, number, stretch.bytes, len, context);
			cut_front(&stretch, len);
			drain(pool, side, number, context);
		} else if (side->has_acked && seq_after(side->acked, stretch.seq) >= 0 &&
			   !side->early) {
			skip(pool, side, number, (uint32_t)ahead, context);
		} else if (!keep(pool, side, &stretch)) {
			pool->stats.refused++;
			if (side->early)
				give_up_hole(pool, side, number, context);
			else
				skip(pool, side, number, (uint32_t)ahead, context);
		} else {
			give_up_acked(pool, side, number, context);
			return;
		}
	}
}

/* What the capture has cut off a segment never comes. */
static void see_cut_off(struct stream_pool *pool, struct stream_side *side, const struct pkt *pkt,
	uint32_t end, void *context)
{
	int32_t missing = seq_after(end, side->next);

	if (pkt->payload_len < pkt->payload_wire_len && missing > 0 &&
		(uint32_t)missing <= pkt->payload_wire_len - pkt->payload_len) {
		skip(pool, side, pkt->side, (uint32_t)missing, context);
		drain(pool, side, pkt->side, context);
	}
}

static void see_payload(
	struct stream_pool *pool, struct stream *stream, const struct pkt *pkt, void *context)
{
	struct stream_side *side = &stream->side[pkt->side];
	uint32_t seq = pkt->tcp_seq + ((pkt->tcp_flags & TCP_SYN) != 0);
	uint32_t end = seq + pkt->payload_wire_len;
	struct stretch stretch = { seq, pkt->payload_len, pkt->bytes + pkt->payload_offset };

	if (!side->is_started)
		stream_begin(stream, pkt->side, seq);
	if ((pkt->tcp_flags & TCP_FIN) && !side->has_fin && seq_after(end, side->next) >= 0) {
		side->has_fin = true;
		side->fin = end;
	}
	if (side->has_fin && seq_after(end, side->fin) > 0) {
		int32_t left = seq_after(side->fin, seq);

		end = side->fin;
		stretch.len = left <= 0			     ? 0
			      : (uint32_t)left < stretch.len ? (uint32_t)left
							     : stretch.len;
	}
	if (stretch.len > 0 && seq_after(seq, side->next) < 0 && seq_after(end, side->next) > 0)
		pool->stats.overlaps++;
	pool->stats.out_of_order += stretch.len > 0 && seq_after(seq, side->next) > 0;
	see_stretch(pool, side, pkt->side, stretch, context);
	see_cut_off(pool, side, pkt, end, context);
}

bool stream_keep(struct stream_pool *pool, struct stream *stream, const struct pkt *pkt)
{
	struct stretch stretch = { pkt->tcp_seq + ((pkt->tcp_flags & TCP_SYN) != 0),
		pkt->payload_len, pkt->bytes + pkt->payload_offset };

	return keep(pool, &stream->side[pkt->side], &stretch);
}

void stream_begin_kept(struct stream_pool *pool, struct stream *stream, unsigned side, uint32_t seq,
	bool is_wanted, void *context)
{
	stream_begin(stream, side, seq);
	while (!is_wanted && stream->side[side].early)
		drop_first(pool, &stream->side[side]);
	drain(pool, &stream->side[side], side, context);
}

void stream_see(
	struct stream_pool *pool, struct stream *stream, const struct pkt *pkt, void *context)
{
	if (pkt->payload_wire_len > 0 || (pkt->tcp_flags & TCP_FIN))
		see_payload(pool, stream, pkt, context);
	see_ack(pool, stream, pkt, context);
}

static bool is_side_over(const struct stream_side *side)
{
	return side->has_fin && seq_after(side->next, side->fin) >= 0;
}

bool stream_is_over(const struct stream *stream)
{
	return is_side_over(&stream->side[0]) && is_side_over(&stream->side[1]);
}

bool stream_is_reset(const struct stream *stream, const struct pkt *pkt)
{
	const struct stream_side *side = &stream->side[pkt->side];
	int32_t ahead = seq_after(pkt->tcp_seq, side->next);

	if (!(pkt->tcp_flags & TCP_RST))
		return false;
	/* Windows resets with the number before the one that is expected. */
	return !side->is_started || (ahead >= -1 && ahead <= RESET_WINDOW);
}

void stream_flush(struct stream_pool *pool, struct stream *stream, void *context)
{
	for (unsigned number = 0; number < 2; number++)
		while (stream->side[number].early)
			give_up_hole(pool, &stream->side[number], number, context);
}

void stream_clear(struct stream_pool *pool, struct stream *stream)
{
	for (unsigned number = 0; number < 2; number++)
		while (stream->side[number].early)
			drop_first(pool, &stream->side[number]);
}

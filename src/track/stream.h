/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track/stream.h - the bytes of a TCP conversation in their order, as its receivers get them.
 *
 * What comes in order is handed on straight from the packet. What comes too early waits in blocks
 * of a pool, up to a cap a side; where parts of it were sent twice and differ, the first or the
 * last one holds (as configured; receivers differ, so both are seen as a conflict). A hole is given
 * up when the other side acknowledges beyond it, when the cap or the pool is reached, or at the
 * end: then a gap is told, and what waited behind it comes next. Bytes that were handed on are not
 * kept: sent again they are only skipped.
 */
#ifndef WEIR_TRACK_STREAM_H
#define WEIR_TRACK_STREAM_H

#include "lib/blocks.h"
#include "types.h"

#define STREAM_EARLY_BYTES 65536 /* that wait on one side; the largest window without scaling */
#define STREAM_EARLY_PIECES 64	 /* in so many pieces: 64 KiB in segments of Ethernet are 45 */

struct stream_side {
	uint32_t next;	/* the next byte to hand on */
	uint32_t acked; /* the other side has all before it */
	uint32_t fin;	/* where the side ends */
	uint32_t early; /* block of the first piece that waits; 0: none */
	uint32_t early_bytes;
	uint8_t pieces;
	bool is_started, has_acked, has_fin;
};

struct stream {
	struct stream_side side[2];
};

struct stream_stats {
	uint64_t bytes, gap_bytes, gaps;
	uint64_t out_of_order, overlaps, conflicts; /* segments */
	uint64_t refused;			    /* found no room to wait in */
};

/* What all streams of a lane share. */
struct stream_pool {
	struct blocks *blocks;
	bool is_last_wins;
	/* Are called in the order of the bytes of a side. bytes: valid during the call. Neither may
	 * clear the stream they are called for. */
	void (*data)(void *context, unsigned side, const uint8_t *bytes, size_t len);
	void (*gap)(void *context, unsigned side, uint64_t missing);
	struct stream_stats stats;
};

/* The side's first byte has this number. Without that, the first segment seen begins it. */
void stream_begin(struct stream *stream, unsigned side, uint32_t seq);

/* Before there is a conversation (RFC 7413): the payload waits, wherever it begins. false: there is
 * no room. */
bool stream_keep(struct stream_pool *pool, struct stream *stream, const struct pkt *pkt);

/* Begins the side with this number, and hands on what waits from there on. What is not wanted is
 * dropped. */
void stream_begin_kept(struct stream_pool *pool, struct stream *stream, unsigned side, uint32_t seq,
	bool is_wanted, void *context);

/* The next packet of the conversation (pkt->side is set). */
void stream_see(
	struct stream_pool *pool, struct stream *stream, const struct pkt *pkt, void *context);

/* Have both sides said all, and was it handed on? */
bool stream_is_over(const struct stream *stream);

/* Does a reset with this number hit what its receiver expects? (RFC 5961 3.2) */
bool stream_is_reset(const struct stream *stream, const struct pkt *pkt);

/* Nothing more comes: gives up all holes and hands on what waits. */
void stream_flush(struct stream_pool *pool, struct stream *stream, void *context);

/* Gives back what waits. */
void stream_clear(struct stream_pool *pool, struct stream *stream);

#endif

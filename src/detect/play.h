/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/play.h - steady traffic for the tests of flood and amplification, and sums over what was
 * found.
 *
 * For tests only; stands on detect_fixture.h.
 */
#ifndef WEIR_DETECT_PLAY_H
#define WEIR_DETECT_PLAY_H

#include "detect/detect_fixture.h"

#define T0 FIXTURE_START_NS
#define MS(ms) ((ms)*NS_PER_MS)
#define S(seconds) ((int64_t)((seconds)*NS_PER_S))

/* count packets from at_ns on, pps a second, each as make says. */
struct play {
	int64_t at_ns;
	double pps;
	uint32_t count;
	struct pkt (*make)(uint32_t number);
	enum standing standing;
	uint16_t events;
};

static inline int64_t play_time(const struct play *play, uint32_t number)
{
	return play->at_ns + (int64_t)(number * (double)NS_PER_S / play->pps);
}

/* Returns the time after the last packet. */
static inline int64_t play(struct fixture *f, struct play play)
{
	for (uint32_t i = 0; i < play.count; i++) {
		struct pkt pkt = play.make(i);

		fixture_send(f, play_time(&play, i), &pkt, play.standing, play.events);
	}
	return play_time(&play, play.count);
}

/* Packets of all findings of a kind. */
static inline uint64_t packets_found(const struct fixture *f, enum kind kind)
{
	unsigned count;
	const struct fixture_finding *list = fixture_list(f, &count);
	uint64_t sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += list[i].finding.kind == kind ? list[i].finding.packets : 0;
	return sum;
}

/* From the first packet of the first finding to the last of the last. */
static inline struct window window_found(const struct fixture *f)
{
	unsigned count;
	const struct fixture_finding *list = fixture_list(f, &count);
	struct window window = { 0 };

	for (unsigned i = 0; i < count; i++) {
		if (i == 0 || list[i].finding.window.start_ns < window.start_ns)
			window.start_ns = list[i].finding.window.start_ns;
		if (list[i].finding.window.end_ns > window.end_ns)
			window.end_ns = list[i].finding.window.end_ns;
	}
	return window;
}

/* A well mixed number, the same for the same one. */
static inline uint32_t mix(uint32_t number)
{
	number ^= number >> 16;
	number *= 0x7feb352dU;
	number ^= number >> 15;
	number *= 0x846ca68bU;
	return number ^ number >> 16;
}

/* An address out of 100.64.0.0/10, one for each number below 2^22, in no order. */
static inline struct addr stranger(uint32_t number)
{
	return fixture_addr_at("100.64.0.0", (number * 0x9e3779b1U) >> 10);
}

#endif

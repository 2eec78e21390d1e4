/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/rhythm.h - how a conversation goes back and forth: messages, and bursts of them.
 *
 * Updated with each packet that brings new bytes, whether they are parsed or not, so it costs a
 * few additions. Times and sizes only; what the bytes are is told elsewhere.
 */
#ifndef WEIR_APP_RHYTHM_H
#define WEIR_APP_RHYTHM_H

#include "app/event.h"

struct rhythm {
	struct app_rhythm told;	  /* of the messages that are over */
	uint32_t message_bytes;	  /* of the one that goes on */
	uint8_t side;		  /* whose it is */
	bool is_begun, is_prompt; /* the message: may still be a prompt */
	float pause_log;	  /* of the silence before it, when it may */
	int64_t last_ns;	  /* when anybody last spoke */
	int64_t burst_ns;	  /* when the burst began */
	uint64_t burst_bytes[2];
	uint32_t burst_number;
};

/* The side says so many bytes. true: with this the client begins a new burst, and *ret_burst is
 * the one before (but for its proto). */
bool rhythm_see(struct rhythm *rhythm, unsigned side, uint32_t len, int64_t now_ns,
	struct app_burst *ret_burst);

/* All so far, the message that goes on included. */
struct app_rhythm rhythm_told(const struct rhythm *rhythm);

#endif

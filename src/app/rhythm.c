/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/rhythm.c - see rhythm.h; the thresholds are those that event.h states.
 *
 * A message is classed when the next one begins, as only then its size is known.
 */
#include "app/rhythm.h"

#include <math.h>

#define MESSAGE_GAP_NS (500 * NS_PER_MS) /* weir: longer than a round trip around the world */
#define BURST_GAP_NS NS_PER_S		 /* weir: the finest period of a beacon that is told */
#define PROMPT_GAP_NS (300 * NS_PER_MS)	 /* weir: of itself, not in answer to what was just said */
#define OBEYED_NS (3 * NS_PER_S)
#define IDLE_NS (10 * NS_PER_S)
#define SMALL_BYTES 128 /* weir: a line of a person, an order */
#define KEEPALIVE_BYTES 4

static void end_message(struct rhythm *rhythm, struct app_rhythm *told)
{
	unsigned side = rhythm->side;
	uint32_t bytes = rhythm->message_bytes, number = told->messages[side]++;

	told->small[side] += bytes <= SMALL_BYTES;
	told->keepalives[side] += bytes <= KEEPALIVE_BYTES;
	if (number < RHYTHM_FIRST)
		told->first[side][number] = bytes;
}

/* Welford's way to a mean and a variance (1962). */
static void count_prompt(const struct rhythm *rhythm, struct app_rhythm *told)
{
	float off = rhythm->pause_log - told->pause_mean;

	told->prompts++;
	told->pause_mean += off / (float)told->prompts;
	told->pause_squares += off * (rhythm->pause_log - told->pause_mean);
}

/* What the new message says of the one before. */
static void see_answer(struct rhythm *rhythm, unsigned side, int64_t silence_ns)
{
	if (!rhythm->is_prompt || rhythm->message_bytes > SMALL_BYTES)
		return;
	count_prompt(rhythm, &rhythm->told);
	rhythm->told.obeyed += side == 0 && silence_ns <= OBEYED_NS;
}

static void begin_message(struct rhythm *rhythm, unsigned side, int64_t silence_ns)
{
	if (rhythm->is_begun) {
		see_answer(rhythm, side, silence_ns);
		end_message(rhythm, &rhythm->told);
	}
	rhythm->is_prompt = rhythm->is_begun && side == 1 && silence_ns >= PROMPT_GAP_NS;
	if (rhythm->is_prompt)
		rhythm->pause_log = logf((float)silence_ns / (float)NS_PER_S);
	rhythm->is_begun = true;
	rhythm->side = (uint8_t)side;
	rhythm->message_bytes = 0;
}

static bool begin_burst(struct rhythm *rhythm, int64_t now_ns, struct app_burst *ret_burst)
{
	*ret_burst = (struct app_burst){
		.bytes = { rhythm->burst_bytes[0], rhythm->burst_bytes[1] },
		.begin_ns = rhythm->burst_ns,
		.end_ns = rhythm->last_ns,
		.number = ++rhythm->burst_number,
	};
	rhythm->burst_bytes[0] = rhythm->burst_bytes[1] = 0;
	rhythm->burst_ns = now_ns;
	return true;
}

bool rhythm_see(struct rhythm *rhythm, unsigned side, uint32_t len, int64_t now_ns,
	struct app_burst *ret_burst)
{
	int64_t silence_ns = rhythm->is_begun ? now_ns - rhythm->last_ns : 0;
	bool is_burst = false;

	if (!rhythm->is_begun)
		rhythm->burst_ns = now_ns;
	else if (silence_ns >= BURST_GAP_NS && side == 0)
		is_burst = begin_burst(rhythm, now_ns, ret_burst);
	if (silence_ns >= IDLE_NS)
		rhythm->told.idle_s += (uint32_t)(silence_ns / NS_PER_S);
	if (!rhythm->is_begun || side != rhythm->side || silence_ns >= MESSAGE_GAP_NS)
		begin_message(rhythm, side, silence_ns);
	if (len > UINT32_MAX - rhythm->message_bytes)
		len = UINT32_MAX - rhythm->message_bytes;
	rhythm->message_bytes += len;
	rhythm->burst_bytes[side] += len;
	if (now_ns > rhythm->last_ns)
		rhythm->last_ns = now_ns;
	return is_burst;
}

struct app_rhythm rhythm_told(const struct rhythm *rhythm)
{
	struct rhythm copy = *rhythm;

	if (copy.is_begun) {
		if (copy.is_prompt && copy.message_bytes <= SMALL_BYTES)
			count_prompt(rhythm, &copy.told);
		end_message(&copy, &copy.told);
	}
	return copy.told;
}

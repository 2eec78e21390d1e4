/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/bot_peers.c - the Kad network (Maymounkov, Mazières 2002, as eMule has it) used by a bot.
 *
 * TDL-4 finds its controllers in the public Kad: HELLO_REQ to known peers, REQ for ever the same
 * few targets, and a good part of the peers are gone. No file is ever transferred.
 */
#include <string.h>

#include "gen/bots.h"
#include "types.h"

#define KAD_MAGIC 0xe4
#define KAD_HELLO 0x11
#define KAD_HELLO_ANSWER 0x19
#define KAD_ASK 0x21
#define KAD_ASK_ANSWER 0x29
#define ID_BYTES 16
#define CONTACT_BYTES 25
#define CONTACTS 4
#define KAD_PORT 4672

static size_t noise(uint8_t *out, uint64_t seed, size_t len)
{
	struct prng prng = { .state = seed };

	for (size_t i = 0; i < len; i++)
		out[i] = prng_next(&prng) >> 56;
	return len;
}

/* Who is there: an id, its TCP port, version 8, no tags. */
static size_t kad_hello(uint8_t *out, uint8_t code, uint64_t id)
{
	static const uint8_t rest[] = { 0x36, 0x12, 8, 0 };
	size_t len = 2 + noise(out + 2, id, ID_BYTES);

	out[0] = KAD_MAGIC;
	out[1] = code;
	memcpy(out + len, rest, sizeof(rest));
	return len + sizeof(rest);
}

/* Who is near this target: what is wanted (4: a value), the target, the id of who is asked. */
static size_t kad_ask(uint8_t *out, uint64_t target, uint64_t peer)
{
	out[0] = KAD_MAGIC;
	out[1] = KAD_ASK;
	out[2] = 4;
	noise(out + 3, target, ID_BYTES);
	noise(out + 3 + ID_BYTES, peer, ID_BYTES);
	return 3 + 2 * ID_BYTES;
}

static size_t kad_answer(uint8_t *out, uint64_t target, uint64_t peer)
{
	size_t len = 2 + noise(out + 2, target, ID_BYTES);

	out[0] = KAD_MAGIC;
	out[1] = KAD_ASK_ANSWER;
	out[len++] = CONTACTS;
	return len + noise(out + len, target ^ peer, (size_t)CONTACTS * CONTACT_BYTES);
}

static void kad_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	struct addr client = crowd_member(&plan->from, 0);
	uint64_t number = prng_below(&paced->prng, crowd_count(&plan->to));
	struct addr peer = crowd_member(&plan->to, number);
	struct script *script =
		script_open(&client, &peer, (uint16_t)(1025 + number * 6151 % 60000), &paced->prng);
	bool is_hello = paced->number % 4 == 0;
	bool is_there = (double)(number % 100) >= plan->share * 100;
	uint64_t target = paced->salt + paced->number % 3;
	uint8_t ask[256], answer[256];

	script_over_udp(script);
	script_client_port(script, KAD_PORT);
	script_say(script, 0, ask,
		is_hello ? kad_hello(ask, KAD_HELLO, paced->salt) : kad_ask(ask, target, number));
	if (is_there)
		script_say(script, 1, answer,
			is_hello ? kad_hello(answer, KAD_HELLO_ANSWER, number)
				 : kad_answer(answer, target, number));
	script_play(script, schedule, paced->piece.at_ns);
}

void kad_bot(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, kad_emit);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/icmptunnel.c - finds hosts that carry data in echo requests and their replies.
 *
 * A reply must repeat its request (RFC 792, RFC 4443 4.2). Tunnels (ptunnel, hans, icmptunnel,
 * icmpsh) put their own data into it. So replies that do not repeat are counted per (inside,
 * outside) within ten minutes, with their bytes and how many sizes they have in both directions.
 * A ping of whatever size and rate (smokeping, MTU search, flood ping) is repeated; a router or
 * resolver that cuts the replies to large pings, or answers with a pattern of its own, gives
 * replies of one size or two. Data that only leaves, and is faithfully echoed, is not found: it
 * looks as a ping does.
 */
#include <errno.h>

#include "conf/conf.h"
#include "detect/bot.h"
#include "detect/detectors.h"
#include "lib/keyed.h"

#define ICMP_PLACES 4096
#define ICMP_WINDOW_NS (600 * NS_PER_S) /* as bot.tunnel_bytes is defined */
/* weir: a session of a few commands has more; a damaged reply now and then fewer. */
#define ICMP_REPLIES 40
#define ICMP_SHARE 0.5
/* weir: what is cut has one size, packets and screens of text have many. */
#define ICMP_SIZES 6
/* Of bot.tunnel_bytes: replies of their own are odd enough in themselves. */
#define ICMP_BYTES_SHARE 0.25

struct pair_key {
	struct addr inside, outside;
};

struct pair {
	struct keyed_head head;
	struct pair_key key;
	int64_t begin_ns, told_ns;
	uint64_t bytes[2]; /* of exchanges that were not repeated */
	uint32_t exchanges, odd;
	uint64_t sizes[2][4]; /* a bit for each size, modulo 256 */
};

struct icmptunnel {
	struct keyed pairs;
	const struct networks *networks;
	double bytes_wanted;
};

static int icmptunnel_init(void *state, const struct detector_env *env)
{
	struct icmptunnel *tunnel = state;

	tunnel->networks = env->networks;
	tunnel->bytes_wanted = env->conf->bot.tunnel_bytes * ICMP_BYTES_SHARE;
	return keyed_open(&tunnel->pairs, ICMP_PLACES, sizeof(struct pair), sizeof(struct pair_key),
		env->seed);
}

static void icmptunnel_close(void *state)
{
	struct icmptunnel *tunnel = state;

	keyed_close(&tunnel->pairs);
}

static unsigned sizes_of(const uint64_t sizes[4])
{
	unsigned count = 0;

	for (unsigned i = 0; i < 4; i++)
		count += (unsigned)__builtin_popcountll(sizes[i]);
	return count;
}

static void count(struct pair *pair, const struct app_exchange *exchange)
{
	pair->exchanges++;
	if (exchange->is_repeated)
		return;
	pair->odd++;
	for (unsigned side = 0; side < 2; side++) {
		uint32_t size = exchange->bytes[side] % 256;

		pair->bytes[side] += exchange->bytes[side];
		pair->sizes[side][size / 64] |= 1ULL << size % 64;
	}
}

static void judge(const struct icmptunnel *tunnel, struct pair *pair, const struct parties *parties,
	const struct app_event *event, struct findings *findings)
{
	unsigned sizes[2] = { sizes_of(pair->sizes[0]), sizes_of(pair->sizes[1]) };
	double bytes = (double)(pair->bytes[0] + pair->bytes[1]);
	struct finding finding;

	if (pair->odd < ICMP_REPLIES || pair->odd < ICMP_SHARE * pair->exchanges ||
		bytes < tunnel->bytes_wanted)
		return;
	/* Replies must vary, and with them or on their own the requests. */
	if (sizes[1] < ICMP_SIZES || !bot_is_due(&pair->told_ns, event->time_ns))
		return;
	finding = bot_finding(KIND_BOT_ICMPTUNNEL, detector_icmptunnel.name, parties,
		event->time_ns, sizes[0] >= ICMP_SIZES ? 0.8F : 0.65F,
		"replies to pings carry data of their own");
	finding.window.start_ns = pair->begin_ns;
	finding.proto = event->key.proto;
	finding.observed = bytes;
	finding.expected = tunnel->bytes_wanted;
	finding.to_confidence = 0.7F;
	bot_evidence(&finding, "carried", "bytes", bytes);
	bot_evidence(&finding, "up", "bytes", (double)pair->bytes[0]);
	bot_evidence(&finding, "down", "bytes", (double)pair->bytes[1]);
	bot_evidence(&finding, "differing", "replies", pair->odd);
	bot_evidence(&finding, "exchanges", "pings", pair->exchanges);
	bot_evidence(&finding, "sizes", "sizes", sizes[1]);
	bot_detail(&finding, "%u of %u replies differ from their requests, in %u sizes", pair->odd,
		pair->exchanges, sizes[1]);
	finding_add(findings, &finding);
}

static void icmptunnel_event(void *state, const struct app_event *event, struct findings *findings)
{
	struct icmptunnel *tunnel = state;
	struct parties parties;
	struct pair_key key;
	struct pair *pair;

	if (event->type != APP_EXCHANGE || !event->exchange.is_echo)
		return;
	parties = parties_of(tunnel->networks, &event->key);
	key = (struct pair_key){ parties.inside, parties.outside };
	pair = keyed_take(&tunnel->pairs, &key, keyed_weight(event->time_ns, 0));
	if (!pair)
		return;
	if (pair->begin_ns == 0 || event->time_ns - pair->begin_ns > ICMP_WINDOW_NS) {
		struct pair fresh = { .head = pair->head, .key = key, .told_ns = pair->told_ns };

		*pair = fresh;
		pair->begin_ns = event->time_ns;
	}
	count(pair, &event->exchange);
	pair->head.weight = keyed_weight(event->time_ns, pair->odd);
	judge(tunnel, pair, &parties, event, findings);
}

static void icmptunnel_losses(const void *state, struct losses *losses)
{
	const struct icmptunnel *tunnel = state;

	losses->forgotten += tunnel->pairs.evicted;
	losses->uncounted += tunnel->pairs.refused;
}

const struct detector detector_icmptunnel = {
	.name = "icmptunnel",
	.state_size = sizeof(struct icmptunnel),
	.init = icmptunnel_init,
	.event = icmptunnel_event,
	.losses = icmptunnel_losses,
	.close = icmptunnel_close,
};

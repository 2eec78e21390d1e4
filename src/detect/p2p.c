/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/p2p.c - finds hosts of ours that belong to a peer-to-peer botnet (bot.p2p).
 *
 * Kept per inside host, over the last hours: with how many outside peers, in how many networks, it
 * exchanged datagrams of no known protocol on high ports; how often the question had the same size;
 * in how many stretches of five minutes; and what it said in BitTorrent's DHT and in Kad. Told are
 *
 *   mozi          its own DHT node id begins as Mozi's do ("888888", Netlab 360, 2019)
 *   zeroaccess    many peers on one of ZeroAccess' ports, at one size (Symantec, "ZeroAccess
 *                 Indepth", 2013: 16464, 16465, 16470, 16471)
 *   DHT or Kad    for half an hour and more, without any transfer of content, which is what Mozi,
 *                 Hajime and TDL-4 do, and what a crawler does too
 *   unknown       small questions of one size to many scattered peers, for half an hour
 *
 * The last two are weak signs and stay low. Whoever shakes hands with BitTorrent peers, announces,
 * or opens uTP connections transfers content: a person, who is no incident.
 */
#include <math.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "detect/beacon_known.h"
#include "detect/bot.h"
#include "detect/calling.h"
#include "detect/detectors.h"
#include "lib/hash.h"
#include "lib/keyed.h"

#define HOST_PLACES 4096
#define PORT_LEAST 1024
#define STRETCH_NS (300 * NS_PER_S)
#define STRETCHES 6 /* of them active: half an hour */
#define FORGET_NS (3600 * NS_PER_S)
#define PEERS 40    /* weir: a player of games or a call has a handful */
#define NETWORKS 20 /* /16s: peers are scattered, servers stand together */
#define QUESTION_MAX 300
#define SAME_SHARE 0.5
#define MESSAGES 100 /* of DHT or Kad */
#define PEER_BITS 256
#define NETWORK_BITS 64

struct peers {
	uint64_t peers[PEER_BITS / 64];
	uint64_t networks;
};

struct p2p_host {
	struct keyed_head head;
	struct addr addr;
	int64_t first_ns, last_ns, stretch_ns, told_ns;
	struct peers unknown, family, mesh; /* mesh: of DHT and Kad */
	uint64_t exchanges;
	uint64_t asked, same;	      /* first questions to a peer; of the size that most have */
	uint64_t dht, kad, transfers; /* messages */
	uint16_t size, votes;	      /* the size that most questions have */
	uint16_t family_port;
	uint16_t stretches;
	bool has_mozi_id;
};

struct p2p_state {
	const struct networks *networks;
	uint64_t seed;
	bool is_configured;
	struct keyed hosts;
};

static int p2p_init(void *state, const struct detector_env *env)
{
	struct p2p_state *s = state;

	*s = (struct p2p_state){
		.networks = env->networks,
		.seed = env->seed,
		.is_configured = calling_is_configured(env->conf),
	};
	return keyed_open(
		&s->hosts, HOST_PLACES, sizeof(struct p2p_host), sizeof(struct addr), env->seed);
}

static void p2p_close(void *state)
{
	struct p2p_state *s = state;

	keyed_close(&s->hosts);
}

/* A host silent for an hour begins anew. */
static void forget(struct p2p_host *host)
{
	size_t kept = offsetof(struct p2p_host, first_ns);

	memset((uint8_t *)host + kept, 0, sizeof(*host) - kept);
}

static struct p2p_host *host_of(struct p2p_state *s, const struct addr *addr, int64_t now_ns)
{
	struct p2p_host *host = keyed_take(&s->hosts, addr, keyed_weight(now_ns, 1));

	if (!host)
		return NULL;
	if (host->last_ns != 0 && now_ns - host->last_ns > FORGET_NS)
		forget(host);
	if (host->first_ns == 0)
		host->first_ns = now_ns;
	host->last_ns = now_ns;
	if (host->stretches == 0 || now_ns - host->stretch_ns >= STRETCH_NS) {
		host->stretch_ns = now_ns;
		host->stretches += host->stretches < UINT16_MAX;
	}
	host->head.weight = keyed_weight(now_ns, host->exchanges + host->dht + host->kad + 1);
	return host;
}

/* True: a new one, as far as the sketch can tell. */
static bool peers_add(struct peers *peers, const struct addr *peer, uint64_t seed)
{
	struct addr network = addr_mask(peer, addr_is_v4(peer) ? ADDR_V4_BITS + 16 : 32);
	unsigned bit = (unsigned)(hash_addr(peer, seed) % PEER_BITS);
	bool is_new = !(peers->peers[bit / 64] >> bit % 64 & 1);

	peers->peers[bit / 64] |= 1ULL << bit % 64;
	peers->networks |= 1ULL << hash_addr(&network, seed) % NETWORK_BITS;
	return is_new;
}

/* Linear counting (Whang et al. 1990). */
static double counted(unsigned bits, unsigned set)
{
	return -(double)bits * log((double)(set < bits ? bits - set : 1) / bits);
}

static double peer_count(const struct peers *peers)
{
	unsigned set = 0;

	for (unsigned i = 0; i < PEER_BITS / 64; i++)
		set += (unsigned)__builtin_popcountll(peers->peers[i]);
	return counted(PEER_BITS, set);
}

static double network_count(const struct peers *peers)
{
	return counted(NETWORK_BITS, (unsigned)__builtin_popcountll(peers->networks));
}

static bool is_family_port(uint16_t port)
{
	return port == 16464 || port == 16465 || port == 16470 || port == 16471;
}

/* The size most questions have (Boyer and Moore 1981), and how many had it. */
static void note_size(struct p2p_host *host, uint32_t bytes)
{
	uint16_t size = (uint16_t)(bytes < UINT16_MAX ? bytes : UINT16_MAX);

	if (size == host->size) {
		host->votes += host->votes < UINT16_MAX;
		host->same++;
	} else if (host->votes > 0) {
		host->votes--;
	} else {
		host->size = size;
		host->votes = 1;
		host->same = 1;
	}
}

static bool is_of_no_known_service(const struct app_event *event)
{
	return event->key.proto == IPPROTO_UDP && event->key.port[1] >= PORT_LEAST &&
	       !beacon_port_is_known(IPPROTO_UDP, event->key.port[1]) &&
	       event->exchange.proto == PROTO_UNKNOWN;
}

static void tell(struct p2p_host *host, const struct app_event *event,
	const struct parties *parties, float confidence, const char *family, const char *reason,
	const struct peers *peers, struct findings *findings)
{
	struct finding finding;

	if (!bot_is_due(&host->told_ns, event->time_ns))
		return;
	finding = bot_finding(KIND_BOT_P2P, "p2p", parties, event->time_ns,
		parties->is_foreign ? confidence * 0.9F : confidence, reason);
	/* Peers are other victims: none of them is the controller. */
	finding.to = (struct addr){ 0 };
	finding.to_role = ROLE_COUNT;
	finding.port = event->key.port[1];
	finding.proto = event->key.proto;
	finding.family = family;
	finding.observed = peer_count(peers);
	finding.expected = PEERS;
	bot_evidence(&finding, "peers", "addresses", peer_count(peers));
	bot_evidence(&finding, "networks", "networks", network_count(peers));
	bot_evidence(&finding, "messages", "messages",
		(double)(host->exchanges + host->dht + host->kad));
	bot_evidence(&finding, "transfers", "transfers", (double)host->transfers);
	bot_evidence(&finding, "life", "s", (double)(event->time_ns - host->first_ns) / NS_PER_S);
	finding_add(findings, &finding);
}

static bool is_scattered(const struct peers *peers)
{
	return peer_count(peers) >= PEERS && network_count(peers) >= NETWORKS;
}

static void see_exchange(
	struct p2p_state *s, const struct app_event *event, struct findings *findings)
{
	struct parties parties;
	struct p2p_host *host;
	double share;

	if (!is_of_no_known_service(event) || event->exchange.bytes[0] > QUESTION_MAX ||
		!calling_parties(s->networks, s->is_configured, &event->key, &parties))
		return;
	host = host_of(s, &parties.inside, event->time_ns);
	if (!host)
		return;
	host->exchanges++;
	if (peers_add(&host->unknown, &parties.outside, s->seed)) {
		host->asked++;
		note_size(host, event->exchange.bytes[0]);
	}
	if (is_family_port(event->key.port[1])) {
		peers_add(&host->family, &parties.outside, s->seed);
		host->family_port = event->key.port[1];
	}
	share = (double)host->same / (double)(host->asked ? host->asked : 1);
	if (share < SAME_SHARE || host->transfers > 0)
		return;
	if (is_scattered(&host->family))
		tell(host, event, &parties, 0.75F, "zeroaccess",
			"it asks many scattered peers on a port of ZeroAccess", &host->family,
			findings);
	else if (is_scattered(&host->unknown) && host->stretches >= STRETCHES)
		tell(host, event, &parties, 0.45F, NULL,
			"it keeps asking many scattered peers small questions of one size",
			&host->unknown, findings);
}

/* BitTorrent's content, or a peer that says it has some. */
static bool is_transfer(struct app_text what)
{
	return app_text_is(what, "handshake") || app_text_is(what, "announce_peer") ||
	       app_text_is(what, "utp");
}

static bool is_mozi_id(struct app_text id)
{
	return id.len == 20 && memcmp(id.at, "888888", 6) == 0;
}

/* Whose node id stands in the message: that of the side that sent it. */
static bool is_by_inside(const struct app_event *event, const struct parties *parties)
{
	return event->p2p.side == parties->inside_side;
}

static void judge_mesh(struct p2p_host *host, const struct app_event *event,
	const struct parties *parties, struct findings *findings)
{
	if (host->has_mozi_id) {
		tell(host, event, parties, 0.8F, "mozi",
			"its node id in BitTorrent's DHT begins as Mozi's do", &host->mesh,
			findings);
		return;
	}
	if (host->transfers > 0 || host->dht + host->kad < MESSAGES ||
		host->stretches < STRETCHES || !is_scattered(&host->mesh))
		return;
	tell(host, event, parties, 0.42F, NULL,
		host->kad > host->dht ? "it takes part in Kad, but transfers nothing"
				      : "it takes part in BitTorrent's DHT, but transfers nothing",
		&host->mesh, findings);
}

/* Peers open conversations both ways, so the parties are those of the addresses alone. */
static void see_p2p(struct p2p_state *s, const struct app_event *event, struct findings *findings)
{
	struct parties parties = parties_of(s->networks, &event->key);
	struct p2p_host *host;

	if (parties.is_local)
		return;
	host = host_of(s, &parties.inside, event->time_ns);
	if (!host)
		return;
	host->transfers += is_transfer(event->p2p.what);
	host->dht += event->p2p.proto == PROTO_BITTORRENT;
	host->kad += event->p2p.proto == PROTO_KAD;
	peers_add(&host->mesh, &parties.outside, s->seed);
	if (is_by_inside(event, &parties) && event->p2p.proto == PROTO_BITTORRENT &&
		!app_text_is(event->p2p.what, "handshake") && is_mozi_id(event->p2p.id))
		host->has_mozi_id = true;
	judge_mesh(host, event, &parties, findings);
}

static void p2p_event(void *state, const struct app_event *event, struct findings *findings)
{
	if (event->type == APP_EXCHANGE)
		see_exchange(state, event, findings);
	else if (event->type == APP_P2P)
		see_p2p(state, event, findings);
}

static void p2p_losses(const void *state, struct losses *losses)
{
	const struct p2p_state *s = state;

	losses->uncounted += s->hosts.refused;
	losses->forgotten += s->hosts.evicted;
}

const struct detector detector_p2p = {
	.name = "p2p",
	.state_size = sizeof(struct p2p_state),
	.init = p2p_init,
	.event = p2p_event,
	.losses = p2p_losses,
	.close = p2p_close,
};

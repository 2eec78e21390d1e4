/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/beacon.c - finds hosts of ours that call home at regular times (bot.beacon).
 *
 * A contact is a connection, also one that is refused, a burst of the client within a long
 * connection, or a datagram and its answer, after a second of silence; counted per (inside host,
 * outside name or address, port). How regular they are is scored as RITA does (beacon_score.h).
 *
 * Most of what is regular is harmless. So what is known to be (beacon_known.h) is not told at all,
 * what a good part of the LAN contacts neither, and the rest is told with a confidence that says
 * low, unless nothing speaks for it: no name that was looked up, nobody else who goes there, no
 * keepalive within a connection that stands. A host that watches or polls a service of its own is
 * not told from a beacon by any rhythm.
 *
 * One capped table by pair (256 bytes each). Who has had many contacts stays for longer: each
 * doubling is worth ten minutes of silence, so a scan pushes out its own traces, not a beacon that
 * calls every five minutes.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "conf/conf.h"
#include "detect/beacon_internal.h"
#include "detect/beacon_known.h"
#include "detect/bot.h"
#include "detect/calling.h"
#include "detect/detectors.h"
#include "lib/hash.h"

#define BEACON_TIME_LEAST 0.65	/* weir: exponential gaps of 32 contacts have 0.52 +- 0.09 */
#define BEACON_ANSWER_MAX 65536 /* weir: more is media in segments, or files */
#define BEACON_ANSWERS 8.0	/* contacts that the mean of answers remembers */
#define BEACON_DOUBLING_S 600
/* Enough to believe in a timer: one in 10,000 by chance, and so many pairs a busy LAN has. */
#define TIMER_NATS 9.2
#define SIZE_STEADY 0.9	   /* score of the sizes: it always says the same */
#define NAME_HOSTS_LEAST 5 /* as prevalence: fewer are no LAN to compare with */
#define TELL_AGAIN_S 10

/* weir: who asks every few seconds keeps the connection, since its handshake costs more than the
 * question does. Ten minutes of handshakes, each two seconds and to the moment, are a choice that
 * implants make: no connection is left to be seen. */
#define HANDSHAKES_LEAST 250
#define HANDSHAKES_APART_S 10.0
#define HANDSHAKES_JITTER 0.02 /* MAD / median */

/* RITA v5 calls a connection of 1 h long, of 4 h low, of 8 h medium. */
#define THIN_LIFE_NS (4 * 3600 * NS_PER_S)
#define THIN_LONG_NS (8 * 3600 * NS_PER_S)
#define THIN_BYTES_PER_S 4.0 /* weir: 40 bytes each way every 20 s */
#define THIN_KEEPALIVES 20   /* each way */

struct beacon_state {
	const struct conf *conf;
	const struct networks *networks;
	const struct census *census;
	uint64_t seed;
	bool is_configured; /* somebody has said what is inside */
	struct keyed pairs;
};

/* The pair of an event: the client is ours. */
struct contact {
	struct parties parties;
	struct beacon_key key;
};

static void beacon_close(void *state)
{
	struct beacon_state *s = state;

	keyed_close(&s->pairs);
}

static int beacon_init(void *state, const struct detector_env *env)
{
	struct beacon_state *s = state;
	uint32_t places = KEYED_WAYS;

	*s = (struct beacon_state){
		.conf = env->conf,
		.networks = env->networks,
		.census = env->census,
		.seed = env->seed,
		.is_configured = calling_is_configured(env->conf),
	};
	while (places < env->conf->bot.pairs && places < 1U << 24)
		places *= 2;
	return keyed_open(
		&s->pairs, places, sizeof(struct beacon_pair), sizeof(struct beacon_key), s->seed);
}

static const char *name_of(const struct beacon_state *s, const struct addr *outside)
{
	return s->census ? census_name(s->census, outside) : "";
}

static bool contact_of(
	const struct beacon_state *s, const struct app_event *event, struct contact *ret_contact)
{
	struct contact contact = { 0 };
	const char *name;

	if (beacon_port_is_known(event->key.proto, event->key.port[1]) ||
		!calling_parties(s->networks, s->is_configured, &event->key, &contact.parties))
		return false;
	name = name_of(s, &contact.parties.outside);
	contact.key = (struct beacon_key){
		.inside = contact.parties.inside,
		.outside = contact.parties.outside,
		.port = event->key.port[1],
		.proto = event->key.proto,
	};
	if (*name) {
		contact.key.is_name = 1;
		contact.key.outside = (struct addr){ 0 };
		contact.key.outside.word[1] = hash_bytes(name, strlen(name), s->seed);
	}
	*ret_contact = contact;
	return true;
}

/* The pair, if it is there; also under its address, when its name was learned later. */
static struct beacon_pair *pair_find(const struct beacon_state *s, const struct contact *contact)
{
	struct beacon_pair *pair = keyed_find(&s->pairs, &contact->key);
	struct beacon_key key = contact->key;

	if (pair || !key.is_name)
		return pair;
	key.outside = contact->parties.outside;
	key.is_name = 0;
	return keyed_find(&s->pairs, &key);
}

static uint64_t seconds_of(int64_t time_ns)
{
	return time_ns > 0 ? (uint64_t)(time_ns / NS_PER_S) : 0;
}

static uint64_t weight_of(uint32_t contacts, int64_t last_ns)
{
	unsigned doublings = contacts > 1 ? 31 - (unsigned)__builtin_clz(contacts) : 0;

	return 1 + seconds_of(last_ns) + (uint64_t)doublings * BEACON_DOUBLING_S;
}

static double clamp(double value, double low, double high)
{
	return value < low ? low : value > high ? high : value;
}

/* How rare the outside one is: 1 when nobody else goes there, 0 from the limit on. */
static double rarity_of(const struct beacon_state *s, const struct beacon_pair *pair)
{
	double limit = s->conf->bot.prevalence;
	unsigned hosts = s->census ? census_inside_hosts(s->census) : 0;
	double share = s->census ? census_prevalence(s->census, &pair->outside) : 0;

	if (hosts <= 1 || share <= 1.0 / hosts)
		return 1;
	if (share >= limit)
		return 0;
	return 1 - 0.5 * share / limit;
}

/* A TLS handshake every few seconds, hundreds of times, as by a clock. */
static bool is_hammering(const struct beacon_pair *pair, const struct beacon_score *score)
{
	return pair->app == PROTO_TLS &&
	       pair->bursts + pair->refused <= pair->rhythm.contacts / 16 &&
	       pair->rhythm.contacts >= HANDSHAKES_LEAST &&
	       score->interval_s <= HANDSHAKES_APART_S && score->jitter <= HANDSHAKES_JITTER;
}

static bool is_dead(const struct beacon_pair *pair)
{
	return pair->refused > pair->rhythm.contacts / 2;
}

/* Knocking at a door that stays shut is the same each time, too. */
static bool says_the_same(const struct beacon_pair *pair, const struct beacon_score *score)
{
	return score->has_size ? score->size >= SIZE_STEADY : is_dead(pair);
}

/* What others than this host know of the other side: is it somebody's service? */
static double trust_factor(const struct beacon_state *s, const struct beacon_pair *pair,
	const struct beacon_score *score)
{
	unsigned hosts = s->census ? census_inside_hosts(s->census) : 0;
	bool is_web = pair->app == PROTO_TLS || pair->app == PROTO_HTTP || pair->app == PROTO_QUIC;
	bool is_named = *name_of(s, &pair->outside) != '\0';

	if (pair->key.proto == IPPROTO_UDP)
		return 0.7; /* keepalives of NAT bindings (RFC 4787: within 2 min) are everywhere */
	if (pair->bursts > pair->rhythm.contacts / 2)
		return is_web || is_named ? 0.65 : 0.8; /* WebSocket pings, long polls */
	if (is_hammering(pair, score))
		return 0.95;
	if (is_dead(pair))
		return 0.85; /* a server that was switched off, which a program of ours misses */
	if (is_named && is_web)
		return hosts >= 20 ? 0.85 : 0.8; /* of 20 hosts nobody else goes there */
	return 1;
}

/* Jitter takes nothing away, as long as it is a timer beyond doubt that always says the same. */
static double sureness_of(const struct beacon_state *s, const struct beacon_pair *pair,
	const struct beacon_score *score)
{
	double limit = s->conf->bot.beacon_score;
	double above = limit < 1 ? (score->total - limit) / (1 - limit) : 1;
	double timer = says_the_same(pair, score) ? score->timer_nats / TIMER_NATS : 0;

	return clamp(above > timer ? above : timer, 0, 1);
}

static double confidence_of(const struct beacon_state *s, const struct beacon_pair *pair,
	const struct beacon_score *score)
{
	double confidence = 0.4 + 0.4 * sureness_of(s, pair, score);
	double life_s = (double)(pair->rhythm.contact_ns - pair->rhythm.first_ns) / NS_PER_S;

	confidence *= rarity_of(s, pair) * trust_factor(s, pair, score);
	if (pair->is_foreign)
		confidence *= 0.95;
	if (life_s < 600 || pair->rhythm.contacts < 2 * s->conf->bot.beacon_contacts)
		confidence *= 0.85; /* early: it may stop */
	return confidence;
}

/* SNI and Host are the client's invention: where there is a LAN to compare with, such a name holds
 * only when it was looked up, or others go there too. */
static bool has_known_name(const struct beacon_state *s, const struct beacon_pair *pair)
{
	if (!beacon_name_is_known(name_of(s, &pair->outside)))
		return false;
	return census_is_looked_up(s->census, &pair->outside) ||
	       census_inside_hosts(s->census) < NAME_HOSTS_LEAST ||
	       census_contacts(s->census, &pair->outside) > 1;
}

static bool is_ordinary(const struct beacon_state *s, const struct beacon_pair *pair)
{
	if (beacon_proto_is_known(pair->app) || rarity_of(s, pair) <= 0)
		return true;
	if (pair->answer_bytes > BEACON_ANSWER_MAX)
		return true;
	return has_known_name(s, pair);
}

static struct finding finding_of(const struct beacon_state *s, const struct beacon_pair *pair,
	int64_t now_ns, double confidence, const char *reason)
{
	struct parties parties = { .inside = pair->key.inside, .outside = pair->outside };
	struct finding finding =
		bot_finding(KIND_BOT_BEACON, "beacon", &parties, now_ns, (float)confidence, reason);
	const char *name = name_of(s, &pair->outside);

	finding.port = pair->key.port;
	finding.proto = pair->key.proto;
	finding.to_confidence = (float)(0.9 * confidence);
	memcpy(finding.name, name, strnlen(name, sizeof(finding.name) - 1));
	return finding;
}

static void tell(const struct beacon_state *s, const struct beacon_pair *pair,
	const struct beacon_score *score, int64_t now_ns, struct findings *findings)
{
	const struct beacon_rhythm *rhythm = &pair->rhythm;
	double confidence = confidence_of(s, pair, score);
	struct finding finding = finding_of(s, pair, now_ns, confidence,
		is_dead(pair) ? "it keeps calling, at regular times, somebody who does not answer"
			      : "it calls somebody outside at regular times");

	finding.observed = score->total;
	finding.expected = s->conf->bot.beacon_score;
	bot_evidence(&finding, "timer", "nats", score->timer_nats);
	bot_evidence(&finding, "contacts", "contacts", rhythm->contacts);
	bot_evidence(&finding, "interval", "s", score->interval_s);
	bot_evidence(&finding, "jitter", "share", score->jitter);
	bot_evidence(&finding, "time_regularity", "", score->time);
	if (score->has_size)
		bot_evidence(&finding, "size_regularity", "", score->size);
	bot_evidence(
		&finding, "life", "s", (double)(rhythm->contact_ns - rhythm->first_ns) / NS_PER_S);
	if (s->census && !pair->is_foreign)
		bot_evidence(&finding, "contacted_by", "hosts",
			census_contacts(s->census, &pair->outside));
	bot_detail(&finding, "%u contacts, every %.3g s, give or take %.0f %%%s", rhythm->contacts,
		score->interval_s, 100 * score->jitter,
		pair->bursts > rhythm->contacts / 2 ? ", in connections that stand" : "");
	finding_add(findings, &finding);
}

static bool is_due(struct beacon_pair *pair, int64_t now_ns)
{
	uint32_t now_s = (uint32_t)seconds_of(now_ns);

	if (pair->told_s != 0 && now_s - pair->told_s < TELL_AGAIN_S)
		return false;
	pair->told_s = now_s ? now_s : 1;
	return true;
}

/* Half as many contacts will do for who is a timer beyond doubt, always says the same, and says it
 * to an address without a name that nobody else in the LAN knows. */
static bool is_enough(const struct beacon_state *s, const struct beacon_pair *pair,
	const struct beacon_score *score)
{
	if (pair->rhythm.contacts >= s->conf->bot.beacon_contacts)
		return true;
	return score->timer_nats >= TIMER_NATS && says_the_same(pair, score) &&
	       pair->key.proto == IPPROTO_TCP && pair->bursts == 0 && pair->refused == 0 &&
	       !*name_of(s, &pair->outside) && s->census &&
	       census_inside_hosts(s->census) >= NAME_HOSTS_LEAST &&
	       census_contacts(s->census, &pair->outside) <= 1;
}

static void judge_pair(const struct beacon_state *s, struct beacon_pair *pair, int64_t now_ns,
	struct findings *findings)
{
	struct beacon_rhythm *rhythm = &pair->rhythm;
	struct beacon_score score;

	if (rhythm->contacts < s->conf->bot.beacon_contacts / 2 ||
		!beacon_rhythm_score(rhythm, &score))
		return;
	if (!is_enough(s, pair, &score) || rhythm->contact_ns - rhythm->first_ns <
						   (int64_t)s->conf->bot.beacon_life_s * NS_PER_S)
		return;
	if (score.total < s->conf->bot.beacon_score ||
		(double)rhythm->smooth < s->conf->bot.beacon_score ||
		score.time < BEACON_TIME_LEAST)
		return;
	if (!is_ordinary(s, pair) && is_due(pair, now_ns))
		tell(s, pair, &score, now_ns, findings);
}

static void count_one(uint16_t *count)
{
	if (*count < UINT16_MAX)
		(*count)++;
}

static void see_answer(struct beacon_pair *pair, uint64_t bytes)
{
	float change = (float)bytes - pair->answer_bytes;

	pair->answer_bytes += pair->rhythm.sized <= 1 ? change : change / (float)BEACON_ANSWERS;
}

static void see_contact(
	struct beacon_state *s, const struct app_event *event, struct findings *findings)
{
	struct contact contact;
	struct beacon_pair *pair;
	bool is_new;

	if (!contact_of(s, event, &contact))
		return;
	pair = keyed_take(&s->pairs, &contact.key, weight_of(1, event->time_ns));
	if (!pair)
		return;
	pair->outside = contact.parties.outside;
	pair->is_foreign = contact.parties.is_foreign;
	if (event->type == APP_BURST || event->type == APP_EXCHANGE) {
		enum app_proto proto =
			event->type == APP_BURST ? event->burst.proto : event->exchange.proto;

		if (proto != PROTO_UNKNOWN)
			pair->app = (uint8_t)proto;
	}
	is_new = beacon_rhythm_add(&pair->rhythm, event->time_ns);
	pair->head.weight = weight_of(pair->rhythm.contacts, pair->rhythm.last_ns);
	if (!is_new)
		return;
	if (event->type == APP_REFUSED)
		count_one(&pair->refused);
	if (event->type == APP_BURST)
		count_one(&pair->bursts);
	if (event->type == APP_EXCHANGE) {
		beacon_rhythm_size(&pair->rhythm, event->exchange.bytes[0]);
		see_answer(pair, event->exchange.bytes[1]);
	}
	judge_pair(s, pair, event->time_ns, findings);
}

/* The burst before this one, of the same conversation. */
static void see_burst_size(struct beacon_state *s, const struct app_event *event)
{
	struct contact contact;
	struct beacon_pair *pair = contact_of(s, event, &contact) ? pair_find(s, &contact) : NULL;

	if (!pair)
		return;
	beacon_rhythm_size(&pair->rhythm, event->burst.bytes[0]);
	see_answer(pair, event->burst.bytes[1]);
}

static bool is_thin(const struct app_flow *flow)
{
	double life_s = (double)(flow->last_ns - flow->first_ns) / NS_PER_S;
	double bytes = (double)flow->payload_bytes[0] + (double)flow->payload_bytes[1];

	return flow->last_ns - flow->first_ns >= THIN_LIFE_NS && bytes > 0 &&
	       bytes < THIN_BYTES_PER_S * life_s && flow->rhythm.messages[0] >= THIN_KEEPALIVES &&
	       flow->rhythm.messages[1] >= THIN_KEEPALIVES;
}

/* A connection to nobody known, of nothing known, that stands for hours and says next to nothing:
 * a weaker sign. */
static void judge_thin(const struct beacon_state *s, struct beacon_pair *pair,
	const struct app_event *event, struct findings *findings)
{
	const struct app_flow *flow = &event->flow_end;
	int64_t life_ns = flow->last_ns - flow->first_ns;
	double life_s = (double)life_ns / NS_PER_S;
	struct finding finding;

	if (event->key.proto != IPPROTO_TCP || flow->proto != PROTO_UNKNOWN || !is_thin(flow) ||
		*name_of(s, &pair->outside) || is_ordinary(s, pair) ||
		!is_due(pair, event->time_ns))
		return;
	finding = finding_of(s, pair, event->time_ns,
		(life_ns >= THIN_LONG_NS ? 0.5 : 0.4) * rarity_of(s, pair),
		"a connection stands for hours and says next to nothing");
	finding.observed = life_s;
	finding.expected = (double)THIN_LIFE_NS / NS_PER_S;
	bot_evidence(&finding, "life", "s", life_s);
	bot_evidence(&finding, "sent", "bytes", (double)flow->payload_bytes[0]);
	bot_evidence(&finding, "received", "bytes", (double)flow->payload_bytes[1]);
	bot_evidence(&finding, "messages", "messages",
		(double)flow->rhythm.messages[0] + flow->rhythm.messages[1]);
	finding_add(findings, &finding);
}

/* Sizes of connections that were one contact each; those of longer ones came with their bursts. */
static void see_flow(
	struct beacon_state *s, const struct app_event *event, struct findings *findings)
{
	const struct app_flow *flow = &event->flow_end;
	struct contact contact;
	struct beacon_pair *pair;

	if (event->key.proto != IPPROTO_TCP || !contact_of(s, event, &contact))
		return;
	pair = pair_find(s, &contact);
	if (!pair)
		return;
	if (flow->proto != PROTO_UNKNOWN)
		pair->app = (uint8_t)flow->proto;
	judge_thin(s, pair, event, findings);
	if (flow->end == FLOW_END_ONGOING || pair->bursts > pair->rhythm.contacts / 2)
		return;
	beacon_rhythm_size(&pair->rhythm, flow->payload_bytes[0]);
	see_answer(pair, flow->payload_bytes[1]);
}

static void beacon_event(void *state, const struct app_event *event, struct findings *findings)
{
	struct beacon_state *s = state;

	switch (event->type) {
	case APP_CONNECT:
		if (!event->connect.is_midstream)
			see_contact(s, event, findings);
		break;
	case APP_BURST:
		see_burst_size(s, event);
		see_contact(s, event, findings);
		break;
	case APP_REFUSED:
		see_contact(s, event, findings);
		break;
	case APP_EXCHANGE:
		if (!event->exchange.is_echo)
			see_contact(s, event, findings);
		break;
	case APP_FLOW:
		see_flow(s, event, findings);
		break;
	default:
		break;
	}
}

static void beacon_losses(const void *state, struct losses *losses)
{
	const struct beacon_state *s = state;

	losses->uncounted += s->pairs.refused;
	losses->forgotten += s->pairs.evicted;
}

const struct detector detector_beacon = {
	.name = "beacon",
	.state_size = sizeof(struct beacon_state),
	.init = beacon_init,
	.event = beacon_event,
	.losses = beacon_losses,
	.close = beacon_close,
};

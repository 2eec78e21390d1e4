/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decide/decide_fixture.c - see decide_fixture.h. */
#include "decide/decide_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t random_state = STAGE_SEED;

static void must(bool holds)
{
	if (!holds)
		abort();
}

void stage_random_begin(void)
{
	random_state = STAGE_SEED;
}

uint32_t stage_random(void)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(random_state >> 33);
}

struct addr stage_addr(const char *text)
{
	struct addr addr = { 0 };
	unsigned bits;

	must(addr_prefix_parse(text, &addr, &bits) == 0);
	return addr;
}

static void set_ip_id(struct packet *packet, uint16_t id)
{
	packet->bytes[4] = (uint8_t)(id >> 8);
	packet->bytes[5] = (uint8_t)id;
}

void packet_make(struct packet *packet, uint8_t proto, uint16_t from_port, const char *to,
	uint16_t to_port, uint32_t payload_len)
{
	uint32_t random = stage_random();
	uint8_t source[4] = { 203, 0, 113, (uint8_t)random };
	uint16_t header = proto == 6 ? 40 : 28;
	struct pkt *pkt = &packet->pkt;

	*packet = (struct packet){ 0 };
	pkt->ip_version = 4;
	pkt->key.proto = proto;
	pkt->key.port[0] = from_port;
	pkt->key.port[1] = to_port;
	pkt->key.addr[0] = addr_from_v4(source);
	pkt->key.addr[1] = stage_addr(to);
	pkt->ttl = 60;
	pkt->transport_offset = 20;
	pkt->payload_offset = header;
	pkt->ip_len = pkt->wire_len = header + payload_len;
	pkt->captured_len = pkt->ip_len < STAGE_BYTES ? pkt->ip_len : STAGE_BYTES;
	pkt->payload_wire_len = payload_len;
	pkt->payload_len = pkt->captured_len - header;
}

void packet_scramble(struct packet *packet)
{
	for (unsigned i = packet->pkt.payload_offset; i < packet->pkt.captured_len; i++)
		packet->bytes[i] = (uint8_t)stage_random();
	packet->pkt.ttl = (uint8_t)(30 + stage_random() % 200);
	set_ip_id(packet, (uint16_t)stage_random());
}

static void begin_incident(struct stage *stage, enum kind kind)
{
	struct incident *incident = &stage->incident;

	snprintf(incident->id, sizeof(incident->id), "0badcafe");
	incident->kind = kind;
	incident->scope = SCOPE_HOST;
	incident->severity = SEVERITY_HIGH;
	incident->confidence = incident->proof = 0.9F;
	incident->is_open = true;
	incident->is_spoofable = true;
	incident->subject = stage_addr(STAGE_TARGET);
	incident->subject_bits = 128;
	incident->source_count = 1000;
	incident->first_ns = incident->last_ns = stage->now_ns;
	for (unsigned role = 0; role < ROLE_COUNT; role++)
		incident->roles[role].list = stage->senders;
	stage->incidents[0] = incident;
}

static void add_prefix(struct prefix_set *set, const char *text)
{
	struct prefix prefix;
	unsigned bits;

	must(addr_prefix_parse(text, &prefix.addr, &bits) == 0);
	prefix.bits = (uint8_t)bits;
	must(prefix_set_add(set, &prefix, 1) == 0 && prefix_set_build(set, NULL) == 0);
}

void stage_open(struct stage *stage, enum kind kind)
{
	struct prefix inside = { .bits = ADDR_V4_BITS + 24 };

	*stage = (struct stage){ .now_ns = STAGE_START_NS };
	stage_random_begin();
	conf_default(&stage->conf);
	inside.addr = stage_addr("198.51.100.0");
	must(networks_open_empty(&stage->networks) == 0 &&
		networks_add(stage->networks, &inside) == 0 &&
		networks_build(stage->networks) == 0);
	must(prefix_set_open(&stage->allow) == 0);
	add_prefix(stage->allow, "192.0.2.0/28");
	for (unsigned i = 0; i < STAGE_LANES; i++)
		must(memory_open(16, STAGE_SEED + i, &stage->memories[i]) == 0);
	must(decider_open(&stage->conf, stage->networks, stage->allow, STAGE_SEED,
		     &stage->decider) == 0);
	begin_incident(stage, kind);
	stage->picture = (struct picture){
		.mode = WIRE_MODE_ENFORCE,
		.has_gate = true,
		.incidents = stage->incidents,
		.incident_count = 1,
		.hosts = &stage->host,
		.hits = stage->hits,
		.memories = stage->memories,
		.memory_count = STAGE_LANES,
	};
	stage->host.addr = stage_addr(STAGE_TARGET);
}

void stage_close(struct stage *stage)
{
	decider_close(stage->decider);
	for (unsigned i = 0; i < STAGE_LANES; i++)
		memory_close(stage->memories[i]);
	prefix_set_close(stage->allow);
	networks_close(stage->networks);
}

void stage_send(struct stage *stage, struct packet *packet, enum standing standing, int64_t time_ns)
{
	struct pkt *pkt = &packet->pkt;

	pkt->bytes = packet->bytes;
	pkt->time_ns = time_ns;
	pkt->standing = (uint8_t)standing;
	memory_see(
		stage->memories[pkt->key.addr[0].byte[15] % STAGE_LANES], stage->networks, &pkt, 1);
}

void stage_good_hour(struct stage *stage)
{
	struct packet packet;

	for (int64_t second = 3500; second > 10; second -= 2) {
		packet_make(&packet, 17, (uint16_t)(1024 + stage_random() % 60000), STAGE_TARGET,
			27015, 40 + stage_random() % 60);
		packet_scramble(&packet);
		stage_send(stage, &packet, STANDING_VERIFIED, stage->now_ns - second * NS_PER_S);
	}
}

void stage_attack(struct stage *stage, void (*make)(struct packet *packet), unsigned count)
{
	struct packet packet;

	for (unsigned i = 0; i < count; i++) {
		make(&packet);
		stage_send(stage, &packet, STANDING_OPENING,
			stage->now_ns + STAGE_WINDOW_NS * i / count);
	}
}

static void answer(struct stage *stage, const struct order *order)
{
	int result = order->kind == ORDER_APPLY ? stage->keeper_says : 0;
	int64_t expires_ns = stage->now_ns + order->lease_ms * NS_PER_MS;

	stage->applied += order->kind == ORDER_APPLY;
	stage->revoked += order->kind == ORDER_REVOKE;
	stage->extended += order->kind == ORDER_EXTEND;
	if (!stage->keeper_is_deaf)
		decider_told(stage->decider, order->mitigation->id, order->kind, result,
			result ? "no" : NULL, expires_ns);
}

void stage_window(struct stage *stage, bool goes_on)
{
	stage->now_ns += STAGE_WINDOW_NS;
	if (goes_on)
		stage->incident.last_ns = stage->now_ns;
	stage->picture.now_ns = stage->now_ns;
	stage->picture.monotonic_ns = (uint64_t)(stage->now_ns - STAGE_START_NS) + NS_PER_S;
	decider_decide(stage->decider, &stage->picture, &stage->orders);
	for (unsigned i = 0; i < stage->orders.count; i++)
		answer(stage, &stage->orders.list[i]);
}

const struct mitigation *stage_find(const struct stage *stage, enum verb verb, unsigned i)
{
	unsigned count;
	const struct mitigation *const *list = decider_mitigations(stage->decider, &count);

	for (unsigned k = 0; k < count; k++)
		if (list[k]->verb == verb && mitigation_is_live(list[k]) && i-- == 0)
			return list[k];
	return NULL;
}

void attack_uniform(struct packet *packet)
{
	packet_make(packet, 17, 4444, STAGE_TARGET, (uint16_t)stage_random(), 512);
	packet_scramble(packet);
}

void attack_other(struct packet *packet)
{
	packet_make(packet, 17, 9999, STAGE_TARGET, (uint16_t)stage_random(), 900);
	packet_scramble(packet);
}

void attack_random(struct packet *packet)
{
	packet_make(packet, 17, (uint16_t)stage_random(), STAGE_TARGET, 27015,
		40 + stage_random() % 60);
	packet_scramble(packet);
}

void attack_dns(struct packet *packet)
{
	packet_make(
		packet, 17, 53, STAGE_TARGET, (uint16_t)stage_random(), 1372 + stage_random() % 60);
	packet_scramble(packet);
	packet->bytes[30] = 0x81;
	packet->bytes[31] = 0x80;
}

void stage_set_senders(struct stage *stage, enum role role, const char *first, unsigned count)
{
	struct addr addr = stage_addr(first);

	for (unsigned i = 0; i < count; i++) {
		stage->senders[i] = (struct role_entry){ addr, 128, 100 };
		addr.byte[15]++;
	}
	stage->incident.roles[role].listed = count;
	stage->incident.roles[role].count = stage->incident.source_count = count;
}

void stage_windows(struct stage *stage, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		stage_window(stage, true);
}

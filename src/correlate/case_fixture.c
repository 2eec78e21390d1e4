/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correlate/case_fixture.c - see case_fixture.h. */
#include "correlate/case_fixture.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/hash.h"

static void require(bool is_fine, const char *what)
{
	if (is_fine)
		return;
	fprintf(stderr, "case_fixture: cannot %s\n", what);
	abort();
}

void scene_open(struct scene *scene, void (*adjust)(struct conf *conf))
{
	static const char *const inside[] = { "192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32" };
	struct detector_env env = { .conf = &scene->conf, .seed = SCENE_SEED };

	conf_default(&scene->conf);
	if (adjust)
		adjust(&scene->conf);
	require(networks_open_empty(&scene->networks) == 0, "open networks");
	for (unsigned i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		struct prefix prefix;
		unsigned bits;

		require(addr_prefix_parse(inside[i], &prefix.addr, &bits) == 0, "read a prefix");
		prefix.bits = (uint8_t)bits;
		require(networks_add(scene->networks, &prefix) == 0, "add a prefix");
	}
	require(networks_build(scene->networks) == 0, "build networks");
	env.networks = scene->networks;
	require(correlator_open(&env, &scene->correlator) == 0, "open a correlator");
}

void scene_take(struct scene *scene, const struct finding *finding)
{
	struct finding copy = *finding;
	struct findings findings = { &copy, 1, 1, 0 };

	correlator_take(scene->correlator, &findings);
}

unsigned scene_finish(struct scene *scene)
{
	unsigned count;

	correlator_finish(scene->correlator, SCENE_START_NS + 3600 * NS_PER_S);
	correlator_incidents(scene->correlator, &count);
	return count;
}

const struct incident *scene_incident(const struct scene *scene, unsigned at)
{
	unsigned count;
	struct incident *const *incidents = correlator_incidents(scene->correlator, &count);

	require(at < count, "find that incident");
	return incidents[at];
}

void scene_close(struct scene *scene)
{
	correlator_close(scene->correlator);
	networks_close(scene->networks);
}

struct addr address(const char *text)
{
	struct addr addr;
	unsigned bits;

	require(addr_prefix_parse(text, &addr, &bits) == 0 && bits == 128, "read an address");
	return addr;
}

struct distinct crowd_open(const char *first, uint32_t count, uint64_t packets)
{
	struct distinct crowd;
	struct addr addr = address(first);
	struct distinct_entry *slots;
	uint32_t slot_count = 16;

	while (slot_count / 4 * 3 < count)
		slot_count *= 2;
	slots = calloc(slot_count, sizeof(*slots));
	require(slots != NULL, "make a crowd");
	distinct_init(&crowd, slots, slot_count);
	for (uint32_t i = 0; i < count; i++) {
		distinct_add(&crowd, &addr, hash_addr(&addr, SCENE_SEED), packets);
		for (unsigned b = 16; b-- > 0 && ++addr.byte[b] == 0;)
			;
	}
	return crowd;
}

void crowd_close(struct distinct *crowd)
{
	free(crowd->slots);
}

void prove(struct finding *finding, const char *name, const char *unit, double value)
{
	struct evidence *evidence = finding->evidence;

	while (evidence->name && strcmp(evidence->name, name) != 0)
		require(++evidence < finding->evidence + EVIDENCE_MAX, "add that much evidence");
	*evidence = (struct evidence){ name, unit, value };
}

static void plausible_volume(struct finding *finding)
{
	bool is_reflection =
		kind_is_amplification(finding->kind) || finding->kind == KIND_FLOOD_SYNACK;

	finding->to = address(SCENE_TARGET);
	finding->to_bits = 128;
	finding->is_spoofable = !is_reflection;
	finding->reason = is_reflection
				  ? "answers from many servers to questions nobody asked"
				  : "hundreds of senders never seen before, hardly one answered";
	finding->port = finding->kind == KIND_FLOOD_SYN ? 80 : is_reflection ? 53 : 0;
	finding->proto = IPPROTO_UDP;
	if (finding->kind <= KIND_FLOOD_FIN)
		finding->proto = IPPROTO_TCP;
	if (finding->kind == KIND_FLOOD_ICMP)
		finding->proto = IPPROTO_ICMP;
	if (finding->kind == KIND_FLOOD_OTHER)
		finding->proto = IPPROTO_GRE;
	prove(finding, "sources", "addresses", 40000);
	prove(finding, "answered", "share", 0);
	prove(finding, "same_length", "share", 0.8);
	prove(finding, "length", "bytes", 60);
	prove(finding, "same_source_port", "share", 0.6);
	prove(finding, "source_port", "port", 53);
	prove(finding, "fragments", "share", is_reflection ? 0.94 : 0);
}

static void plausible_scan(struct finding *finding)
{
	bool is_vertical =
		finding->kind == KIND_SCAN_VERTICAL || finding->kind == KIND_SCAN_STEALTH;

	finding->from = address(SCENE_STRANGER);
	finding->from_bits = 128;
	if (is_vertical) {
		finding->to = address(SCENE_TARGET);
		finding->to_bits = 128;
	}
	finding->proto = IPPROTO_TCP;
	finding->port = is_vertical ? 0 : 23;
	finding->observed = 54;
	finding->reason = "most of what was tried did not answer";
	if (finding->kind == KIND_SCAN_HORIZONTAL)
		prove(finding, "hosts_failed", "addresses", 54);
	if (finding->kind == KIND_SCAN_VERTICAL)
		prove(finding, "ports_failed", "ports", 54);
	prove(finding, "tried", is_vertical ? "ports" : "addresses", 57);
	if (finding->kind == KIND_SCAN_HORIZONTAL || finding->kind == KIND_SCAN_VERTICAL)
		prove(finding, "answered", is_vertical ? "ports" : "addresses", 3);
}

static void plausible_sender(struct finding *finding)
{
	bool is_flooder = finding->kind == KIND_BOT_FLOODER;

	finding->from = address(SCENE_TARGET);
	finding->to = address(SCENE_STRANGER);
	finding->from_bits = finding->to_bits = 128;
	finding->proto = IPPROTO_UDP;
	finding->port = is_flooder ? 0 : 53;
	finding->reason =
		is_flooder ? "datagrams that nobody answers"
			   : "a service of ours answers one outside address far more than it asks";
	if (!is_flooder)
		prove(finding, "amplification", "times", 29);
}

static void plausible_at_target(struct finding *finding)
{
	bool is_conn = finding->kind == KIND_CONN_EXHAUSTION;

	finding->to = address(SCENE_TARGET);
	finding->to_bits = 128;
	finding->from = address(SCENE_STRANGER);
	finding->from_bits = 128;
	finding->proto = IPPROTO_TCP;
	finding->port = is_conn ? 443 : 0;
	finding->is_spoofable = !is_conn;
	finding->reason = is_conn ? "one source holds many silent connections to one service"
				  : "SYN and FIN together";
	if (is_conn) {
		prove(finding, "silent_connections", "connections", 990);
		prove(finding, "open_connections", "connections", 1024);
	}
}

static void plausible_bot(struct finding *finding)
{
	finding->from = address(kind_is_bot(finding->kind) ? SCENE_TARGET : SCENE_STRANGER);
	finding->to = address(kind_is_bot(finding->kind) ? SCENE_STRANGER : SCENE_TARGET);
	finding->from_bits = finding->to_bits = 128;
	finding->to_role = kind_is_bot(finding->kind) ? ROLE_CONTROLLER : ROLE_TARGET;
	finding->proto = IPPROTO_TCP;
	finding->port = 22;
	finding->reason = "it does what no person does";
}

struct finding plausible(enum kind kind, unsigned second)
{
	int64_t start_ns = SCENE_START_NS + (int64_t)second * NS_PER_S;
	struct finding finding = { .kind = kind,
		.scope = SCOPE_HOST,
		.detector = "test",
		.window = { start_ns, start_ns + NS_PER_S },
		.confidence = 0.8F,
		.packets = 1000,
		.bytes = 100000,
		.peak_pps = 2000,
		.peak_bps = 1.6e6 };

	if (kind_is_flood(kind) || kind_is_amplification(kind))
		plausible_volume(&finding);
	else if (kind >= KIND_SCAN_HORIZONTAL && kind <= KIND_SCAN_MIRAI)
		plausible_scan(&finding);
	else if (kind == KIND_REFLECTOR_OPEN || kind == KIND_BOT_FLOODER)
		plausible_sender(&finding);
	else if (kind_is_bot(kind) || kind_is_bruteforce(kind))
		plausible_bot(&finding);
	else
		plausible_at_target(&finding);
	return finding;
}

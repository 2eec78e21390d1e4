/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode/tunnel_test.c - what is inside tunnels, and what only looks like one. */
#include "decode/test_packets.h"

static void inner_syn(struct packet *p)
{
	add_ip4(p, 6);
	p->bytes[p->len - 8] = 172; /* 172.0.0.1 → 172.0.0.2 */
	p->bytes[p->len - 4] = 172;
	add_tcp(p, 1234, 80, TCP_SYN);
}

static void gre(struct packet *p, uint16_t flags, uint16_t type)
{
	packet_start(p, 1);
	add_ethernet(p, 0x0800);
	add_ip4(p, 47);
	packet_be16(p, flags);
	packet_be16(p, type);
}

static void overlay(struct packet *p, uint16_t port)
{
	packet_start(p, 1);
	add_ethernet(p, 0x0800);
	add_ip4(p, 17);
	add_udp(p, 50000, port);
}

static void ipip(struct packet *p)
{
	packet_start(p, 1);
	add_ethernet(p, 0x0800);
	add_ip4(p, 4);
	inner_syn(p);
}

static void four_in_six(struct packet *p)
{
	packet_start(p, 1);
	add_ethernet(p, 0x86dd);
	add_ip6(p, 60);
	add_padding_header(p, 4);
	inner_syn(p);
}

static void gre_plain(struct packet *p)
{
	gre(p, 0, 0x0800);
	inner_syn(p);
}

static void gre_full(struct packet *p)
{
	gre(p, 0xb000, 0x0800);
	packet_fill(p, 9, 12);
	inner_syn(p);
}

static void gre_bridged(struct packet *p)
{
	gre(p, 0x2000, 0x6558);
	packet_fill(p, 9, 4);
	add_ethernet(p, 0x8100);
	add_vlan(p, 42, 0x0800);
	inner_syn(p);
}

static void gre_mpls(struct packet *p)
{
	gre(p, 0, 0x8847);
	BYTES(p, 0, 1, 1, 64);
	inner_syn(p);
}

static void pptp(struct packet *p)
{
	gre(p, 0x3081, 0x880b);
	packet_fill(p, 9, 12);
	BYTES(p, 0xff, 3, 0x00, 0x21);
	inner_syn(p);
}

static void erspan_1(struct packet *p)
{
	gre(p, 0, 0x88be);
	add_ethernet(p, 0x0800);
	inner_syn(p);
}

static void erspan_2(struct packet *p)
{
	gre(p, 0x1000, 0x88be);
	BYTES(p, 0, 0, 0, 1, 0x10, 1, 0, 1, 0, 0, 0, 0);
	add_ethernet(p, 0x0800);
	inner_syn(p);
}

static void erspan_3(struct packet *p)
{
	gre(p, 0x1000, 0x22eb);
	BYTES(p, 0, 0, 0, 1, 0x20, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
	add_ethernet(p, 0x0800);
	inner_syn(p);
}

static void erspan_3_long(struct packet *p)
{
	gre(p, 0x1000, 0x22eb);
	BYTES(p, 0, 0, 0, 1, 0x20, 1, 0, 1, 0, 0, 0, 0, 0, 0, 8, 1);
	packet_fill(p, 9, 8);
	inner_syn(p);
}

static void vxlan(struct packet *p)
{
	overlay(p, 4789);
	BYTES(p, 8, 0, 0, 0, 0, 0, 7, 0);
	add_ethernet(p, 0x8100);
	add_vlan(p, 42, 0x0800);
	inner_syn(p);
}

static void vxlan_linux(struct packet *p)
{
	overlay(p, 8472);
	BYTES(p, 8, 0, 0, 0, 0, 0, 7, 0);
	add_ethernet(p, 0x0800);
	inner_syn(p);
}

static void geneve(struct packet *p)
{
	overlay(p, 6081);
	BYTES(p, 2, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 1, 0, 0, 0, 0);
	add_ethernet(p, 0x0800);
	inner_syn(p);
}

static void geneve_ip(struct packet *p)
{
	overlay(p, 6081);
	BYTES(p, 0, 0, 0x08, 0x00, 0, 0, 7, 0);
	inner_syn(p);
}

static void gtp(struct packet *p)
{
	overlay(p, 2152);
	add_gtp(p, 0x30);
	inner_syn(p);
}

static void gtp_extended(struct packet *p)
{
	overlay(p, 2152);
	add_gtp(p, 0x34);
	BYTES(p, 0, 0, 0, 0x85, 1, 0x10, 0, 0xc0, 1, 0, 0, 0);
	inner_syn(p);
}

static const struct {
	const char *name;
	void (*build)(struct packet *);
	uint8_t outer_proto;
	uint16_t vlan;
	enum layer layer;
} tunnel_rows[] = {
	{ "ip in ip", ipip, 4, 0, LAYER_IPIP },
	{ "4 in 6", four_in_six, 4, 0, LAYER_IPIP },
	{ "gre", gre_plain, 47, 0, LAYER_GRE },
	{ "gre with all fields", gre_full, 47, 0, LAYER_GRE },
	{ "gre bridged", gre_bridged, 47, 42, LAYER_GRE },
	{ "gre mpls", gre_mpls, 47, 0, LAYER_MPLS },
	{ "pptp", pptp, 47, 0, LAYER_PPP },
	{ "erspan 1", erspan_1, 47, 0, LAYER_ERSPAN },
	{ "erspan 2", erspan_2, 47, 0, LAYER_ERSPAN },
	{ "erspan 3", erspan_3, 47, 0, LAYER_ERSPAN },
	{ "erspan 3 with ip", erspan_3_long, 47, 0, LAYER_ERSPAN },
	{ "vxlan", vxlan, 17, 42, LAYER_VXLAN },
	{ "vxlan, linux", vxlan_linux, 17, 0, LAYER_VXLAN },
	{ "geneve", geneve, 17, 0, LAYER_GENEVE },
	{ "geneve with ip", geneve_ip, 17, 0, LAYER_GENEVE },
	{ "gtp", gtp, 17, 0, LAYER_GTP },
	{ "gtp with extensions", gtp_extended, 17, 0, LAYER_GTP },
};

static void test_tunnels(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(tunnel_rows) / sizeof(tunnel_rows[0]); i++) {
		struct decode_stats stats = { 0 };
		struct packet p;
		struct pkt pkt;

		tunnel_rows[i].build(&p);
		packet_finish(&p);
		pkt = decode_packet(&p, &stats);
		assert_anomalies(pkt.anomalies, 0, tunnel_rows[i].name);
		if (pkt.tunnels != 1)
			fail_msg("%s: not followed", tunnel_rows[i].name);
		assert_int_equal(pkt.outer_proto, tunnel_rows[i].outer_proto);
		assert_int_equal(pkt.outer[0].byte[15], 1);
		assert_int_equal(pkt.outer[1].byte[15], 2);
		assert_int_equal(pkt.key.addr[0].byte[12], 172);
		assert_int_equal(pkt.key.proto, 6);
		assert_int_equal(pkt.key.port[1], 80);
		assert_int_equal(pkt.key.vlan, tunnel_rows[i].vlan);
		assert_int_equal(pkt.ip_len, 40);
		assert_int_equal(pkt.payload_len, 0);
		assert_int_equal(stats.layers[tunnel_rows[i].layer], 1);
		assert_int_equal(stats.ip_packets, 1);
	}
}

static void gre_routing(struct packet *p)
{
	gre(p, 0x4000, 0x0800);
	inner_syn(p);
}

static void gre_version(struct packet *p)
{
	gre(p, 0x0002, 0x0800);
	inner_syn(p);
}

static void gre_unknown(struct packet *p)
{
	gre(p, 0, 0x883e);
	inner_syn(p);
}

static void gre_arp(struct packet *p)
{
	gre(p, 0, 0x6558);
	add_ethernet(p, 0x8100);
	add_vlan(p, 42, 0x0806);
	packet_fill(p, 0, 28);
}

static void gre_lldp(struct packet *p)
{
	gre(p, 0, 0x6558);
	add_ethernet(p, 0x88cc);
	packet_fill(p, 0, 28);
}

static void gre_short(struct packet *p)
{
	gre(p, 0xb000, 0x0800);
}

static void gre_none(struct packet *p)
{
	gre(p, 0, 0);
	p->len -= 2;
}

static void pptp_ack(struct packet *p)
{
	gre(p, 0x2081, 0x880b);
	packet_fill(p, 9, 8);
}

static void erspan_version(struct packet *p)
{
	gre(p, 0x1000, 0x88be);
	packet_fill(p, 0x33, 40);
}

static void erspan_short(struct packet *p)
{
	gre(p, 0x1000, 0x88be);
	packet_fill(p, 0x11, 9);
}

static void erspan_3_short(struct packet *p)
{
	gre(p, 0x1000, 0x22eb);
	BYTES(p, 0, 0, 0, 1, 0x20, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1);
}

static void vxlan_flags(struct packet *p)
{
	vxlan(p);
	p->bytes[14 + 20 + 8] = 0x18;
}

static void vxlan_arp(struct packet *p)
{
	overlay(p, 4789);
	BYTES(p, 8, 0, 0, 0, 0, 0, 7, 0);
	add_ethernet(p, 0x0806);
	packet_fill(p, 0, 28);
}

static void vxlan_nibble(struct packet *p)
{
	overlay(p, 4789);
	BYTES(p, 8, 0, 0, 0, 0, 0, 7, 0);
	add_ethernet(p, 0x0800);
	packet_fill(p, 0x60, 60);
}

static void vxlan_inner_length(struct packet *p)
{
	overlay(p, 4789);
	BYTES(p, 8, 0, 0, 0, 0, 0, 7, 0);
	add_ethernet(p, 0x0800);
	packet_fill(p, 0x45, 60);
}

static void vxlan_inner_ihl(struct packet *p)
{
	overlay(p, 4789);
	BYTES(p, 8, 0, 0, 0, 0, 0, 7, 0);
	add_ethernet(p, 0x0800);
	packet_fill(p, 0x40, 60);
}

static void vxlan_inner_short(struct packet *p)
{
	overlay(p, 4789);
	BYTES(p, 8, 0, 0, 0, 0, 0, 7, 0);
	add_ethernet(p, 0x0800);
	packet_fill(p, 0x45, 10);
}

static void geneve_version(struct packet *p)
{
	overlay(p, 6081);
	BYTES(p, 0x40, 0, 0x08, 0x00, 0, 0, 7, 0);
	inner_syn(p);
}

static void geneve_options(struct packet *p)
{
	overlay(p, 6081);
	BYTES(p, 0x3f, 0, 0x08, 0x00, 0, 0, 7, 0);
	inner_syn(p);
}

static void geneve_other(struct packet *p)
{
	overlay(p, 6081);
	BYTES(p, 0, 0, 0x12, 0x34, 0, 0, 7, 0);
	inner_syn(p);
}

static void gtp_echo(struct packet *p)
{
	gtp(p);
	p->bytes[14 + 20 + 8 + 1] = 1;
}

static void gtp_extension_empty(struct packet *p)
{
	overlay(p, 2152);
	add_gtp(p, 0x34);
	BYTES(p, 0, 0, 0, 0x85, 0, 0, 0, 0);
	inner_syn(p);
}

static void gtp_extensions_many(struct packet *p)
{
	overlay(p, 2152);
	add_gtp(p, 0x34);
	BYTES(p, 0, 0, 0, 0x85);
	for (unsigned i = 0; i < 12; i++)
		BYTES(p, 1, 0, 0, i < 11 ? 0x85 : 0);
	inner_syn(p);
}

static void gtp_optional_short(struct packet *p)
{
	overlay(p, 2152);
	add_gtp(p, 0x32);
}

static void gtp_nibble(struct packet *p)
{
	overlay(p, 2152);
	add_gtp(p, 0x30);
	packet_fill(p, 0x50, 40);
}

static void gtp_no_payload(struct packet *p)
{
	overlay(p, 2152);
	add_gtp(p, 0x30);
}

static void gtp_short(struct packet *p)
{
	overlay(p, 2152);
	packet_fill(p, 0x30, 5);
}

/* Not followed: the packet is the outer one, with its own ports and all behind as payload. */
static const struct {
	const char *name;
	void (*build)(struct packet *);
	uint8_t proto;
	uint64_t anomalies;
} plain_rows[] = {
	{ "gre routing", gre_routing, 47, 0 },
	{ "gre version", gre_version, 47, 0 },
	{ "gre unknown", gre_unknown, 47, 0 },
	{ "gre arp", gre_arp, 47, 0 },
	{ "gre lldp", gre_lldp, 47, 0 },
	{ "gre short", gre_short, 47, 0 },
	{ "gre none", gre_none, 47, 0 },
	{ "pptp ack", pptp_ack, 47, 0 },
	{ "erspan version", erspan_version, 47, 0 },
	{ "erspan short", erspan_short, 47, ANOMALY_BIT(TRUNCATED) },
	{ "erspan 3 short", erspan_3_short, 47, 0 },
	{ "vxlan flags", vxlan_flags, 17, ANOMALY_BIT(UDP_CHECKSUM) },
	{ "vxlan arp", vxlan_arp, 17, 0 },
	{ "vxlan nibble", vxlan_nibble, 17, 0 },
	{ "vxlan length", vxlan_inner_length, 17, 0 },
	{ "vxlan ihl", vxlan_inner_ihl, 17, 0 },
	{ "vxlan short", vxlan_inner_short, 17, 0 },
	{ "geneve version", geneve_version, 17, 0 },
	{ "geneve options", geneve_options, 17, 0 },
	{ "geneve other", geneve_other, 17, 0 },
	{ "gtp echo", gtp_echo, 17, ANOMALY_BIT(UDP_CHECKSUM) },
	{ "gtp extension empty", gtp_extension_empty, 17, 0 },
	{ "gtp extensions", gtp_extensions_many, 17, 0 },
	{ "gtp optional", gtp_optional_short, 17, 0 },
	{ "gtp nibble", gtp_nibble, 17, 0 },
	{ "gtp empty", gtp_no_payload, 17, 0 },
	{ "gtp short", gtp_short, 17, 0 },
};

static void test_not_followed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(plain_rows) / sizeof(plain_rows[0]); i++) {
		struct packet p;
		struct pkt pkt;
		bool is_udp = plain_rows[i].proto == 17;

		plain_rows[i].build(&p);
		packet_finish(&p);
		if (plain_rows[i].anomalies & ANOMALY_BIT(UDP_CHECKSUM))
			p.bytes[40] ^= 1;
		pkt = decode_packet(&p, NULL);
		assert_anomalies(pkt.anomalies & ~ANOMALY_BIT(TRUNCATED),
			plain_rows[i].anomalies & ~ANOMALY_BIT(TRUNCATED), plain_rows[i].name);
		if (pkt.tunnels != 0)
			fail_msg("%s: followed", plain_rows[i].name);
		assert_int_equal(pkt.key.proto, plain_rows[i].proto);
		assert_int_equal(pkt.key.addr[0].byte[12], 10);
		assert_int_equal(pkt.key.vlan, 0);
		assert_int_equal(pkt.key.port[0], is_udp ? 50000 : 0);
		assert_int_equal(pkt.payload_offset, 34 + (is_udp ? 8 : 0));
		assert_int_equal(pkt.payload_len, p.len - pkt.payload_offset);
	}
}

/* A fragment of a tunnel packet is a fragment of the tunnel. */
static void test_fragments_of_tunnels(void **state)
{
	struct packet p;
	struct pkt pkt;

	(void)state;
	ipip(&p);
	packet_finish(&p);
	packet_layer(&p, 0)[6] = 0x20;
	packet_sum_ip4(&p, 0);
	pkt = decode_packet(&p, NULL);
	assert_int_equal(pkt.tunnels, 0);
	assert_int_equal(pkt.frag, FRAG_FIRST);
	assert_int_equal(pkt.key.proto, 4);
}

static void test_as_deep_as_allowed(void **state)
{
	struct packet p;
	struct pkt pkt;

	(void)state;
	packet_start(&p, 1);
	add_ethernet(&p, 0x86dd);
	add_ip6(&p, 41);
	add_ip6(&p, 47);
	packet_fill(&p, 0, 2);
	packet_be16(&p, 0x86dd);
	add_ip6(&p, 17);
	add_udp(&p, 1, 4789);
	BYTES(&p, 8, 0, 0, 0, 0, 0, 7, 0);
	add_ethernet(&p, 0x0800);
	add_ip4(&p, 4);
	inner_syn(&p);
	packet_finish(&p);
	pkt = decode_packet(&p, NULL);
	assert_anomalies(pkt.anomalies, 0, "four tunnels");
	assert_int_equal(pkt.tunnels, 4);
	assert_int_equal(pkt.outer_proto, 41);
	assert_int_equal(pkt.outer[0].byte[0], 0x20);
	assert_int_equal(pkt.key.port[1], 80);
}

/* Anomalies of the outer header stay with the packet. */
static void test_outer_anomalies(void **state)
{
	struct packet p;
	struct pkt pkt;

	(void)state;
	ipip(&p);
	packet_finish(&p);
	packet_layer(&p, 0)[11] ^= 1;
	packet_layer(&p, 2)[13] = 0;
	packet_sum_at(&p, 2, 16, 6);
	pkt = decode_packet(&p, NULL);
	assert_anomalies(pkt.anomalies, ANOMALY_BIT(IP_CHECKSUM) | ANOMALY_BIT(TCP_NULL), "both");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tunnels),
		cmocka_unit_test(test_not_followed),
		cmocka_unit_test(test_fragments_of_tunnels),
		cmocka_unit_test(test_as_deep_as_allowed),
		cmocka_unit_test(test_outer_anomalies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

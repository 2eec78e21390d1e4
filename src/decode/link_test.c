/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode/link_test.c - every link layer that leads to IP, and what does not. */
#include "decode/test_packets.h"

/* An IPv4 and TCP packet behind some link layer must come out like this. */
static void assert_is_syn(const struct pkt *pkt, uint16_t vlan, const char *what)
{
	assert_anomalies(pkt->anomalies, 0, what);
	assert_int_equal(pkt->ip_version, 4);
	assert_int_equal(pkt->key.proto, 6);
	assert_int_equal(pkt->key.port[0], 1234);
	assert_int_equal(pkt->key.port[1], 80);
	assert_int_equal(pkt->key.vlan, vlan);
	assert_int_equal(pkt->tcp_flags, TCP_SYN);
	assert_int_equal(pkt->payload_len, 0);
	assert_int_equal(pkt->payload_wire_len, 0);
	assert_int_equal(pkt->ip_len, 40);
	assert_int_equal(pkt->tunnels, 0);
}

static void add_syn(struct packet *p)
{
	add_ip4(p, 6);
	add_tcp(p, 1234, 80, TCP_SYN);
	packet_finish(p);
}

static void link_ethernet(struct packet *p)
{
	add_ethernet(p, 0x0800);
}

static void link_qinq(struct packet *p)
{
	add_ethernet(p, 0x88a8);
	add_vlan(p, 7, 0x9100);
	add_vlan(p, 8, 0x8100);
	add_vlan(p, 42 | 0x6000, 0x0800);
}

static void link_mpls(struct packet *p)
{
	add_ethernet(p, 0x8847);
	BYTES(p, 0, 1, 0x00, 64, 0, 2, 0x01, 64);
}

static void link_pppoe(struct packet *p)
{
	add_ethernet(p, 0x8864);
	packet_fix(p, FIX_PPPOE);
	BYTES(p, 0x11, 0, 0, 1, 0, 0, 0x00, 0x21);
}

static void link_snap(struct packet *p)
{
	add_ethernet(p, 48);
	BYTES(p, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0);
}

static void link_cooked(struct packet *p)
{
	BYTES(p, 0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0);
}

static void link_cooked_2(struct packet *p)
{
	BYTES(p, 8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0);
}

static void link_cooked_vlan(struct packet *p)
{
	BYTES(p, 0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 42, 8, 0);
}

static void link_null_little(struct packet *p)
{
	BYTES(p, 2, 0, 0, 0);
}

static void link_null_big(struct packet *p)
{
	BYTES(p, 0, 0, 0, 2);
}

static void link_none(struct packet *p)
{
	(void)p;
}

static void link_ppp(struct packet *p)
{
	BYTES(p, 0xff, 3, 0, 0x21);
}

static void link_ppp_compressed(struct packet *p)
{
	BYTES(p, 0x21);
}

static void link_ppp_mpls(struct packet *p)
{
	BYTES(p, 0xff, 3, 0x02, 0x81, 0, 1, 1, 64);
}

static void link_hdlc(struct packet *p)
{
	BYTES(p, 0x0f, 0, 8, 0);
}

static void link_pppoe_bare(struct packet *p)
{
	packet_fix(p, FIX_PPPOE);
	BYTES(p, 0x11, 0, 0, 1, 0, 0, 0x00, 0x21);
}

static void link_ppi(struct packet *p)
{
	BYTES(p, 0, 0, 12, 0, 1, 0, 0, 0, 9, 9, 9, 9);
	add_ethernet(p, 0x0800);
}

static const struct {
	const char *name;
	uint16_t link_type, vlan;
	void (*build)(struct packet *);
} link_rows[] = {
	{ "ethernet", 1, 0, link_ethernet },
	{ "qinq", 1, 42, link_qinq },
	{ "mpls", 1, 0, link_mpls },
	{ "pppoe", 1, 0, link_pppoe },
	{ "snap", 1, 0, link_snap },
	{ "cooked", 113, 0, link_cooked },
	{ "cooked vlan", 113, 42, link_cooked_vlan },
	{ "cooked 2", 276, 0, link_cooked_2 },
	{ "null little", 0, 0, link_null_little },
	{ "null big", 0, 0, link_null_big },
	{ "loop", 108, 0, link_null_big },
	{ "raw", 101, 0, link_none },
	{ "raw 12", 12, 0, link_none },
	{ "raw 14", 14, 0, link_none },
	{ "ipv4", 228, 0, link_none },
	{ "ppp", 9, 0, link_ppp },
	{ "ppp compressed", 9, 0, link_ppp_compressed },
	{ "ppp mpls", 9, 0, link_ppp_mpls },
	{ "ppp hdlc", 50, 0, link_ppp },
	{ "ppp cisco", 50, 0, link_hdlc },
	{ "cisco hdlc", 104, 0, link_hdlc },
	{ "ppp ethernet", 51, 0, link_pppoe_bare },
	{ "ppi", 192, 0, link_ppi },
};

static void test_links(void **state)
{
	struct decode_stats stats = { 0 };
	unsigned rows = sizeof(link_rows) / sizeof(link_rows[0]);

	(void)state;
	for (unsigned i = 0; i < rows; i++) {
		struct packet p;
		struct pkt pkt;

		packet_start(&p, link_rows[i].link_type);
		link_rows[i].build(&p);
		add_syn(&p);
		pkt = decode_packet(&p, &stats);
		assert_is_syn(&pkt, link_rows[i].vlan, link_rows[i].name);
		assert_true(decode_knows_link_type(link_rows[i].link_type));
	}
	assert_int_equal(stats.frames, rows);
	assert_int_equal(stats.ip_packets, rows);
	assert_int_equal(stats.layers[LAYER_TCP], rows);
	assert_int_equal(stats.layers[LAYER_VLAN], 4);
	assert_int_equal(stats.layers[LAYER_MPLS], 3);
	assert_int_equal(stats.layers[LAYER_OTHER], 0);
}

static void link_arp(struct packet *p)
{
	add_ethernet(p, 0x0806);
	packet_fill(p, 0, 28);
}

static void link_stp(struct packet *p)
{
	add_ethernet(p, 38);
	BYTES(p, 0x42, 0x42, 3);
	packet_fill(p, 0, 43);
}

static void link_snap_length(struct packet *p)
{
	add_ethernet(p, 8);
	BYTES(p, 0xaa, 0xaa, 3, 0, 0, 0, 0, 8);
}

static void link_discovery(struct packet *p)
{
	add_ethernet(p, 0x8863);
	packet_fill(p, 0, 40);
}

static void link_lldp(struct packet *p)
{
	add_ethernet(p, 0x88cc);
	packet_fill(p, 0, 40);
}

static void link_pppoe_bad(struct packet *p)
{
	add_ethernet(p, 0x8864);
	BYTES(p, 0x22, 0, 0, 1, 0, 0, 0x00, 0x21);
}

static void link_pppoe_lcp(struct packet *p)
{
	add_ethernet(p, 0x8864);
	BYTES(p, 0x11, 0, 0, 1, 0, 4, 0xc0, 0x21, 9, 1);
}

static void link_mpls_wire(struct packet *p)
{
	add_ethernet(p, 0x8847);
	BYTES(p, 0, 1, 1, 64, 0, 0, 0, 0);
}

static void link_vlans(struct packet *p)
{
	add_ethernet(p, 0x8100);
	for (unsigned i = 0; i < 40; i++)
		add_vlan(p, 1, 0x8100);
}

static void link_family(struct packet *p)
{
	BYTES(p, 0, 0, 0, 99);
}

static void link_ppi_self(struct packet *p)
{
	for (unsigned i = 0; i < 40; i++)
		BYTES(p, 0, 0, 8, 0, 192, 0, 0, 0);
}

static void link_ppi_unknown(struct packet *p)
{
	BYTES(p, 0, 0, 8, 0, 105, 0, 0, 0);
}

static void link_ppi_long(struct packet *p)
{
	BYTES(p, 0, 0, 0xff, 0xff, 1, 0, 0, 0);
}

static const struct {
	const char *name;
	uint16_t link_type;
	void (*build)(struct packet *);
	uint64_t anomalies;
} other_rows[] = {
	{ "arp", 1, link_arp, 0 },
	{ "stp", 1, link_stp, ANOMALY_BIT(LINK_UNKNOWN) },
	{ "snap with a length", 1, link_snap_length, ANOMALY_BIT(LINK_UNKNOWN) },
	{ "pppoe discovery", 1, link_discovery, ANOMALY_BIT(LINK_UNKNOWN) },
	{ "lldp", 1, link_lldp, ANOMALY_BIT(LINK_UNKNOWN) },
	{ "pppoe version", 1, link_pppoe_bad, ANOMALY_BIT(LINK_UNKNOWN) },
	{ "pppoe lcp", 1, link_pppoe_lcp, ANOMALY_BIT(LINK_UNKNOWN) },
	{ "mpls pseudowire", 1, link_mpls_wire, ANOMALY_BIT(LINK_UNKNOWN) },
	{ "endless vlans", 1, link_vlans, ANOMALY_BIT(LINK_UNKNOWN) },
	{ "address family", 0, link_family, ANOMALY_BIT(LINK_UNKNOWN) },
	{ "ppi in ppi", 192, link_ppi_self, ANOMALY_BIT(LINK_UNKNOWN) },
	{ "ppi with radio", 192, link_ppi_unknown, ANOMALY_BIT(LINK_UNKNOWN) },
	{ "ppi length", 192, link_ppi_long, ANOMALY_BIT(TRUNCATED) },
	{ "empty", 1, link_none, ANOMALY_BIT(TRUNCATED) },
	{ "empty raw", 101, link_none, ANOMALY_BIT(TRUNCATED) },
	{ "cooked stp", 113, link_stp, ANOMALY_BIT(LINK_UNKNOWN) },
};

static void test_not_ip(void **state)
{
	struct decode_stats stats = { 0 };
	unsigned rows = sizeof(other_rows) / sizeof(other_rows[0]);

	(void)state;
	for (unsigned i = 0; i < rows; i++) {
		struct packet p;
		struct pkt pkt;

		packet_start(&p, other_rows[i].link_type);
		other_rows[i].build(&p);
		pkt = decode_packet(&p, &stats);
		assert_anomalies(pkt.anomalies, other_rows[i].anomalies, other_rows[i].name);
		assert_int_equal(pkt.ip_version, 0);
		assert_int_equal(pkt.key.vlan, 0);
		assert_true(addr_is_zero(&pkt.key.addr[0]));
	}
	assert_int_equal(stats.layers[LAYER_OTHER], rows);
	assert_int_equal(stats.layers[LAYER_ARP], 1);
	assert_int_equal(stats.ip_packets, 0);
	assert_int_equal(stats.unknown_link, 0);
}

static void test_unknown_link_type(void **state)
{
	struct decode_stats stats = { 0 };
	struct packet p;
	struct pkt pkt;

	(void)state;
	packet_start(&p, 105);
	add_syn(&p);
	pkt = decode_packet(&p, &stats);
	assert_int_equal(pkt.ip_version, 0);
	assert_anomalies(pkt.anomalies, ANOMALY_BIT(LINK_UNKNOWN), "802.11");
	assert_int_equal(stats.unknown_link, 1);
	assert_int_equal(stats.layers[LAYER_OTHER], 1);
	assert_false(decode_knows_link_type(105));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_not_ip),
		cmocka_unit_test(test_unknown_link_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

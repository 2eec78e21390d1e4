/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/anomaly_test.c - each anomaly of anomalies.h is found, and nothing else is, in a packet
 * that has just it; and what looks like one but is not.
 *
 * A row builds a packet, which is finished (lengths, checksums), and may then spoil it. The last
 * test fails when an anomaly has no row: those of time belong to the engine, FRAG_OVERLAP to
 * fragments_test.c.
 */
#include "decode/test_anomalies_ip.h"
#include "decode/test_anomalies_transport.h"

#define ROW(build, spoil, bits)                                                                    \
	{                                                                                          \
#build " " #spoil, build, spoil, bits                                              \
	}
#define ONE(symbol) ANOMALY_BIT(symbol)

static const struct row {
	const char *name;
	void (*build)(struct packet *);
	void (*spoil)(struct packet *); /* after lengths and checksums; may be NULL */
	uint64_t anomalies;
} rows[] = {
	ROW(tcp4, NULL, 0),
	ROW(tcp6, NULL, 0),
	ROW(udp4, NULL, 0),
	ROW(tcp4, cut_ip, ONE(TRUNCATED)),
	ROW(tcp4, cut_tcp, ONE(TRUNCATED)),
	ROW(options_record, cut_options, ONE(TRUNCATED)),
	ROW(icmp_short, NULL, ONE(TRUNCATED)),
	ROW(sctp_short, NULL, ONE(TRUNCATED)),
	ROW(lldp, NULL, ONE(LINK_UNKNOWN)),
	ROW(tcp4, wrong_version, ONE(IP_VERSION)),
	ROW(tcp6, short_ihl, ONE(IP_VERSION)),
	ROW(raw, raw_version, ONE(IP_VERSION)),
	ROW(tunnel_version, NULL, ONE(IP_VERSION)),
	ROW(tcp4, short_ihl, ONE(IP_HEADER_LENGTH)),
	ROW(tcp4, long_ihl, ONE(IP_HEADER_LENGTH)),
	ROW(tcp4, short_ip, ONE(IP_HEADER_LENGTH)),
	ROW(tcp4, total_beyond_frame, ONE(IP_TOTAL_LENGTH)),
	ROW(tcp4, total_below_header, ONE(IP_TOTAL_LENGTH)),
	ROW(udp4, total_zero, ONE(IP_TOTAL_LENGTH)),
	ROW(tcp6, payload_beyond_frame, ONE(IP_TOTAL_LENGTH)),
	ROW(tcp6, short_ip, ONE(IP_TOTAL_LENGTH)),
	ROW(chain_beyond, NULL, ONE(IP_TOTAL_LENGTH)),
	ROW(ah4_short, NULL, ONE(IP_TOTAL_LENGTH)),
	ROW(tcp4, ip_sum, ONE(IP_CHECKSUM)),
	ROW(options_record, ip_sum, ONE(IP_CHECKSUM) | ONE(IP_OPTION)),
	ROW(tcp4, ip_sum_zero, 0),
	ROW(tcp4, ttl_zero, ONE(IP_TTL_ZERO)),
	ROW(tcp6, hops_zero, ONE(IP_TTL_ZERO)),
	ROW(options_bad, NULL, ONE(IP_OPTION_BAD)),
	ROW(options_short, NULL, ONE(IP_OPTION_BAD)),
	ROW(options_route, NULL, ONE(IP_SOURCE_ROUTE)),
	ROW(options_route, tcp_sum, ONE(IP_SOURCE_ROUTE)),
	ROW(routing_0, NULL, ONE(IP_SOURCE_ROUTE)),
	ROW(options_record, NULL, ONE(IP_OPTION)),
	ROW(options_alert, NULL, 0),
	ROW(tcp4, reserved_flag, ONE(IP_RESERVED_FLAG)),
	ROW(tcp4, from_0, ONE(IP_BOGON_SOURCE)),
	ROW(tcp4, from_nobody, ONE(IP_BOGON_SOURCE)),
	ROW(udp4, from_nobody_to_all, 0),
	ROW(tcp4, from_loopback, ONE(IP_BOGON_SOURCE)),
	ROW(raw, from_loopback, 0),
	ROW(tcp4, zero_macs, 0),
	ROW(tcp4, both_loopback, 0),
	ROW(tcp4, from_reserved, ONE(IP_BOGON_SOURCE)),
	ROW(tcp4, from_multicast, ONE(IP_BOGON_SOURCE)),
	ROW(tcp4, from_documentation, 0),
	ROW(tcp6, from_loopback6, ONE(IP_BOGON_SOURCE)),
	ROW(tcp6, from_compatible6, ONE(IP_BOGON_SOURCE)),
	ROW(tcp6, from_mapped6, ONE(IP_BOGON_SOURCE)),
	ROW(tcp6, from_multicast6, ONE(IP_BOGON_SOURCE)),
	ROW(tcp6, from_nobody6, ONE(IP_BOGON_SOURCE)),
	ROW(udp6, from_nobody_to_all6, 0),
	ROW(tcp6, both_loopback6, 0),
	ROW(tcp4, to_0, ONE(IP_MARTIAN)),
	ROW(tcp4, to_loopback, ONE(IP_MARTIAN)),
	ROW(raw, to_loopback, 0),
	ROW(tcp4, to_reserved, ONE(IP_MARTIAN)),
	ROW(udp4, to_broadcast, 0),
	ROW(tcp6, to_loopback6, ONE(IP_MARTIAN)),
	ROW(tcp6, to_unspecified6, ONE(IP_MARTIAN)),
	ROW(tcp4, land, ONE(LAND)),
	ROW(tcp4, land_ports_differ, 0),
	ROW(tcp6, land6, ONE(LAND)),
	ROW(tcp6, land6_loopback, 0),
	ROW(tcp4, frag_8_of_tcp, ONE(FRAG_TINY)),
	ROW(tcp4, frag_at_8, ONE(FRAG_TINY)),
	ROW(tcp4, frag_options_cut, ONE(FRAG_TINY)),
	ROW(frag6_at_8, NULL, ONE(FRAG_TINY)),
	ROW(udp4, frag_first, 0),
	ROW(udp4, frag_last, 0),
	ROW(udp4, frag_oversize, ONE(FRAG_OVERSIZE)),
	ROW(frag6_oversize, NULL, ONE(FRAG_OVERSIZE)),
	ROW(udp4, frag_unaligned, ONE(FRAG_UNALIGNED)),
	ROW(frag6_unaligned, NULL, ONE(FRAG_UNALIGNED)),
	ROW(chain_long, NULL, ONE(IP6_CHAIN_LONG) | ONE(IP6_CHAIN_ORDER)),
	ROW(chain_endless, NULL, ONE(IP6_CHAIN_LONG) | ONE(IP6_CHAIN_ORDER)),
	ROW(chain_order, NULL, ONE(IP6_CHAIN_ORDER)),
	ROW(chain_repeated, NULL, ONE(IP6_CHAIN_ORDER)),
	ROW(chain_full, NULL, 0),
	ROW(chain_split, NULL, ONE(IP6_CHAIN_SPLIT)),
	ROW(chain_split_header, NULL, ONE(IP6_CHAIN_SPLIT) | ONE(FRAG_TINY)),
	ROW(atomic, NULL, ONE(IP6_ATOMIC_FRAG)),
	ROW(option6_long, NULL, ONE(IP6_OPTION_BAD)),
	ROW(option6_many, NULL, ONE(IP6_OPTION_BAD)),
	ROW(jumbo_where_length, NULL, ONE(IP6_OPTION_BAD)),
	ROW(jumbo_odd, NULL, ONE(IP6_OPTION_BAD)),
	ROW(jumbo_where_length, jumbo, 0),
	ROW(jumbo_where_length, no_length, ONE(IP_TOTAL_LENGTH)),
	ROW(chain_full, no_length, ONE(IP_TOTAL_LENGTH)),
	ROW(ah6, NULL, ONE(IP6_AH_CHAIN)),
	ROW(ah4, NULL, 0),
	ROW(tcp4, offset_low, ONE(TCP_DATA_OFFSET)),
	ROW(tcp4, offset_high, ONE(TCP_DATA_OFFSET)),
	ROW(tcp_too_short, NULL, ONE(TCP_DATA_OFFSET)),
	ROW(tcp4, tcp_sum, ONE(TCP_CHECKSUM)),
	ROW(tcp6, tcp_sum, ONE(TCP_CHECKSUM)),
	ROW(tcp4, flags_syn_fin, ONE(TCP_SYN_FIN)),
	ROW(tcp4, flags_syn_rst, ONE(TCP_SYN_RST)),
	ROW(tcp4, flags_none, ONE(TCP_NULL)),
	ROW(tcp4, flags_xmas, ONE(TCP_XMAS) | ONE(TCP_FIN_NO_ACK)),
	ROW(tcp4, flags_fin, ONE(TCP_FIN_NO_ACK)),
	ROW(tcp4, flags_ecn, 0),
	ROW(tcp4, port_zero, ONE(TCP_PORT_ZERO)),
	ROW(tcp4, port_zero_to, ONE(TCP_PORT_ZERO)),
	ROW(tcp_option_long, NULL, ONE(TCP_OPTION_BAD)),
	ROW(tcp_option_short, NULL, ONE(TCP_OPTION_BAD)),
	ROW(tcp_option_cut, NULL, ONE(TCP_OPTION_BAD)),
	ROW(tcp_option_ends, NULL, 0),
	ROW(syn_payload, NULL, ONE(TCP_SYN_PAYLOAD)),
	ROW(syn_fast_open, NULL, 0),
	ROW(syn_fast_open_trial, NULL, 0),
	ROW(udp4, udp_low, ONE(UDP_LENGTH)),
	ROW(udp4, udp_high, ONE(UDP_LENGTH)),
	ROW(udp_too_short, NULL, ONE(UDP_LENGTH)),
	ROW(udp4, udp_with_options, 0),
	ROW(udp4, udp_sum, ONE(UDP_CHECKSUM)),
	ROW(udp6, udp_sum, ONE(UDP_CHECKSUM)),
	ROW(udp6, udp_sum_zero, ONE(UDP_CHECKSUM)),
	ROW(udp4, udp_sum_zero, 0),
	ROW(udp4, port_zero, 0),
	ROW(udp4, port_zero_to, ONE(UDP_PORT_ZERO)),
	ROW(ping, NULL, 0),
	ROW(ping6, NULL, 0),
	ROW(ping, icmp_sum, ONE(ICMP_CHECKSUM)),
	ROW(ping6, icmp_sum, ONE(ICMP_CHECKSUM)),
	ROW(ping, to_broadcast, ONE(ICMP_BROADCAST)),
	ROW(ping6, to_all6, ONE(ICMP_BROADCAST)),
	ROW(tunnels_deep, NULL, ONE(TUNNEL_DEPTH)),
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static struct pkt run_row(const struct row *row, struct decode_stats *stats)
{
	struct packet p;

	row->build(&p);
	packet_finish(&p);
	if (row->spoil)
		row->spoil(&p);
	return decode_packet(&p, stats);
}

static void test_rows(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROW_COUNT; i++) {
		struct decode_stats stats = { 0 };
		struct pkt pkt = run_row(&rows[i], &stats);

		assert_anomalies(pkt.anomalies, rows[i].anomalies, rows[i].name);
		for (unsigned bit = 0; bit < ANOMALY_COUNT; bit++)
			assert_int_equal(stats.anomalies[bit], rows[i].anomalies >> bit & 1);
		assert_int_equal(stats.ip_packets + stats.layers[LAYER_OTHER], 1);
	}
}

static void test_every_anomaly_has_a_row(void **state)
{
	uint64_t reached =
		ANOMALY_BIT(TIME_BACKWARDS) | ANOMALY_BIT(TIME_ABSURD) | ANOMALY_BIT(FRAG_OVERLAP);

	(void)state;
	for (unsigned i = 0; i < ROW_COUNT; i++)
		reached |= rows[i].anomalies;
	for (unsigned i = 0; i < ANOMALY_COUNT; i++)
		if (!(reached >> i & 1))
			fail_msg("%s has no row", anomaly_infos[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_anomaly_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

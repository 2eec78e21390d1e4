/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/captures_attack.c - each attack alone, over a bit of a web site's ordinary traffic.
 *
 * Forty seconds, the attack from the tenth on. The names follow the incident kinds: flood-…, amp-…,
 * scan-…, abuse-…, and the few that have none of these. Frames are cut at 256 bytes.
 */
#include "gen/catalogue.h"

#include "kinds.h"
#include "types.h"

#define SNAP_ATTACK 256

/* Attack of 15 s from the tenth second on, at that rate. */
#define AT(packets_per_second) .start_s = 10, .seconds = 15, .rate = (packets_per_second)
#define TARGET .to = WEB_SERVER, .port = 80
#define VICTIM HOST4(198, 51, 100, 30)
#define SCANNER HOST4(203, 0, 113, 66)

/* A list of the background and one more part. */
#define OVER_WEB(symbol, piece, ...)                                                               \
	static const struct part symbol[] = { WEB_BACKGROUND, { piece, { __VA_ARGS__ } } }

OVER_WEB(syn, flood_tcp, AT(6000), TARGET, .variant = TCP_SYN, .from = PUBLIC);
OVER_WEB(syn_thin, flood_tcp, .start_s = 5, .seconds = 35, .rate = 150, TARGET, .variant = TCP_SYN,
	.from = PUBLIC);
OVER_WEB(syn6, flood_tcp, AT(6000), .to = HOST6(0x100, 10), .port = 443, .variant = TCP_SYN,
	.from = PUBLIC6);
OVER_WEB(syn_answered, flood_tcp, AT(4000), TARGET, .variant = TCP_SYN, .from = PUBLIC,
	.options = PLAN_ANSWERED);
OVER_WEB(syn_retransmit, flood_tcp, AT(2500), TARGET, .variant = TCP_SYN, .from = PUBLIC,
	.options = PLAN_RETRANSMIT);
OVER_WEB(syn_ports, flood_tcp, AT(6000), .to = WEB_SERVER, .variant = TCP_SYN, .from = PUBLIC,
	.options = PLAN_RANDOM_PORTS);
OVER_WEB(syn_bots, flood_tcp, AT(6000), TARGET, .variant = TCP_SYN, .from = PUBLIC_OF(300),
	.options = PLAN_ANSWERED);
OVER_WEB(ack, flood_tcp, AT(8000), TARGET, .variant = TCP_ACK, .from = PUBLIC, .bytes = 64);
OVER_WEB(ack_answered, flood_tcp, AT(5000), TARGET, .variant = TCP_ACK, .from = PUBLIC,
	.options = PLAN_ANSWERED);
OVER_WEB(rst, flood_tcp, AT(8000), TARGET, .variant = TCP_RST, .from = PUBLIC);
OVER_WEB(fin, flood_tcp, AT(8000), TARGET, .variant = TCP_FIN | TCP_ACK, .from = PUBLIC);
OVER_WEB(synack, flood_tcp, AT(8000), TARGET, .variant = TCP_SYN | TCP_ACK, .from = PUBLIC);
OVER_WEB(tcp_mirrors, tcp_reflection, AT(2000), .to = VICTIM, .from = PUBLIC_OF(3000));
OVER_WEB(udp, flood_udp, AT(8000), .to = WEB_SERVER, .bytes = 512, .from = PUBLIC,
	.options = PLAN_RANDOM_PORTS);
OVER_WEB(udp_single, flood_udp, AT(8000), .to = WEB_SERVER, .port = 27015, .bytes = 1024,
	.from = SCANNER);
OVER_WEB(udp6, flood_udp, AT(8000), .to = HOST6(0x100, 10), .bytes = 512, .from = PUBLIC6,
	.options = PLAN_RANDOM_PORTS);
OVER_WEB(icmp, flood_icmp, AT(8000), .to = WEB_SERVER, .bytes = 56, .from = PUBLIC);
OVER_WEB(fragments, flood_fragments, AT(8000), .to = WEB_SERVER, .from = PUBLIC_OF(2000));
OVER_WEB(gre, flood_gre, AT(6000), .to = WEB_SERVER, .bytes = 512, .from = PUBLIC_OF(400));
OVER_WEB(gre_ip, flood_gre, AT(6000), .to = WEB_SERVER, .from = PUBLIC_OF(400),
	.options = PLAN_ENCAPSULATED);
OVER_WEB(carpet24, flood_udp, AT(10000), .to = NET4(198, 51, 100, 0, 24), .bytes = 512,
	.from = PUBLIC, .options = PLAN_RANDOM_PORTS);
OVER_WEB(carpet20, flood_udp, AT(12000), .to = NET4(10, 32, 0, 0, 20), .bytes = 512, .from = PUBLIC,
	.options = PLAN_RANDOM_PORTS);
OVER_WEB(carpet_syn, flood_tcp, AT(10000), .to = NET4(198, 51, 100, 0, 24), .port = 443,
	.variant = TCP_SYN, .from = PUBLIC);
OVER_WEB(ip6_headers, flood_ip6_headers, AT(6000), .to = HOST6(0x100, 10), .from = PUBLIC6);

/* One amplification a line of AMPLIFIERS. The target of all is VICTIM. */
#define AMPLIFIED(symbol, packets_per_second, reflectors, flags)                                   \
	OVER_WEB(amp_##symbol##_##flags, amplification, AT(packets_per_second), .to = VICTIM,      \
		.from = PUBLIC_OF(reflectors), .variant = KIND_AMPLIFICATION_##symbol,             \
		.options = (flags))
#define AMPLIFIER(symbol, name, port, title) AMPLIFIED(symbol, 2500, 1500, 0);
AMPLIFIERS(AMPLIFIER)
#undef AMPLIFIER
AMPLIFIED(DNS, 1200, 900, PLAN_FRAGMENTS);
AMPLIFIED(CLDAP, 1200, 900, PLAN_FRAGMENTS);
AMPLIFIED(MEMCACHED, 1200, 120, PLAN_FRAGMENTS);
AMPLIFIED(CHARGEN, 1200, 900, PLAN_FRAGMENTS);
AMPLIFIED(SNMP, 1200, 900, PLAN_FRAGMENTS);

OVER_WEB(horizontal, scan_horizontal, .seconds = 40, .rate = 15, .port = 3389, .from = SCANNER,
	.to = NET4(10, 20, 0, 0, 16));
OVER_WEB(vertical, scan_vertical, .start_s = 2, .seconds = 36, .rate = 30, .count = 1000,
	.from = SCANNER, .to = HOST4(198, 51, 100, 20));
OVER_WEB(null_scan, scan_stealth, .start_s = 2, .seconds = 36, .rate = 30, .count = 1000,
	.variant = 0, .from = SCANNER, .to = HOST4(198, 51, 100, 20));
OVER_WEB(fin_scan, scan_stealth, .start_s = 2, .seconds = 36, .rate = 30, .count = 1000,
	.variant = TCP_FIN, .from = SCANNER, .to = HOST4(198, 51, 100, 20));
OVER_WEB(xmas_scan, scan_stealth, .start_s = 2, .seconds = 36, .rate = 30, .count = 1000,
	.variant = TCP_FIN | TCP_PSH | TCP_URG, .from = SCANNER, .to = HOST4(198, 51, 100, 20));
OVER_WEB(mirai, scan_mirai, .seconds = 40, .rate = 100, .from = HOST4(10, 1, 0, 66), .to = PUBLIC);
OVER_WEB(sweep, ping_sweep, .seconds = 40, .rate = 10, .from = SCANNER,
	.to = NET4(198, 51, 100, 0, 24));

OVER_WEB(land_packets, land, AT(40), .to = WEB_SERVER);
OVER_WEB(xmas, bad_flags, AT(200), TARGET, .variant = TCP_FIN | TCP_PSH | TCP_URG,
	.from = PUBLIC_OF(50));
OVER_WEB(syn_fin, bad_flags, AT(200), TARGET, .variant = TCP_SYN | TCP_FIN, .from = PUBLIC_OF(50));
OVER_WEB(bogons, bogon_sources, AT(300), .to = WEB_SERVER);
OVER_WEB(teardrops, teardrop, AT(40), .to = WEB_SERVER, .from = SCANNER);
OVER_WEB(death, ping_of_death, AT(4), .to = WEB_SERVER, .from = SCANNER);
OVER_WEB(tiny, tiny_fragments, AT(40), .to = WEB_SERVER, .from = SCANNER);
OVER_WEB(options, bad_options, AT(40), .to = WEB_SERVER, .from = SCANNER);

OVER_WEB(exhaustion, silent_connections, .start_s = 5, .seconds = 30, .rate = 50, .port = 443,
	.from = PUBLIC_OF(20), .to = HOST4(198, 51, 100, 40));
OVER_WEB(reflector, open_resolver, AT(500), .from = HOST4(203, 0, 113, 99),
	.to = HOST4(10, 1, 0, 53));
OVER_WEB(flooder_udp, flood_udp, AT(6000), .from = HOST4(10, 1, 0, 66),
	.to = HOST4(203, 0, 113, 99), .port = 80, .bytes = 512);
OVER_WEB(flooder_syn, flood_tcp, AT(4000), .from = HOST4(10, 1, 0, 66),
	.to = HOST4(203, 0, 113, 99), .port = 80, .variant = TCP_SYN);

#define TARGET_ROLE "target=198.51.100.10"
#define SCAN_ROLES "zombie=203.0.113.66 target=198.51.100.20"

/* Name, parts, what it is, kinds, roles, and what else may be reported. */
#define ATTACK(name_, symbol, about_, kinds_, roles_, tolerated_)                                  \
	{                                                                                          \
		.name = (name_), .about = (about_), .parts = PARTS(symbol),                        \
		.expected = { { (kinds_), (roles_), false } }, .tolerated = (tolerated_),          \
		.snap_bytes = SNAP_ATTACK                                                          \
	}

static const struct capture list[] = {
	ATTACK("flood-syn", syn, "spoofed SYNs, 6,000 pps", "flood.syn", TARGET_ROLE, NULL),
	ATTACK("flood-syn-thin", syn_thin, "spoofed SYNs, only 150 pps", "flood.syn", TARGET_ROLE,
		NULL),
	ATTACK("flood-syn6", syn6, "spoofed SYNs over IPv6", "flood.syn", "target=2001:db8:100::a",
		NULL),
	ATTACK("flood-syn-answered", syn_answered, "spoofed SYNs, each answered by a SYN-ACK",
		"flood.syn", TARGET_ROLE, NULL),
	ATTACK("flood-syn-retransmit", syn_retransmit, "spoofed SYNs, each three times",
		"flood.syn", TARGET_ROLE, NULL),
	ATTACK("flood-syn-ports", syn_ports, "spoofed SYNs to random ports", "flood.syn",
		TARGET_ROLE, NULL),
	ATTACK("flood-syn-bots", syn_bots, "SYNs of 300 bots, answered, never completed",
		"flood.syn", TARGET_ROLE, NULL),
	ATTACK("flood-ack", ack, "spoofed ACKs with payload", "flood.ack", TARGET_ROLE, NULL),
	ATTACK("flood-ack-answered", ack_answered, "spoofed ACKs, each answered by a RST",
		"flood.ack", TARGET_ROLE, NULL),
	ATTACK("flood-rst", rst, "spoofed RSTs", "flood.rst", TARGET_ROLE, NULL),
	ATTACK("flood-fin", fin, "spoofed FINs", "flood.fin", TARGET_ROLE, NULL),
	ATTACK("flood-synack", synack, "spoofed SYN-ACKs", "flood.synack", TARGET_ROLE, NULL),
	ATTACK("flood-tcp-reflection", tcp_mirrors,
		"SYN-ACKs of 3,000 servers that were never asked", "flood.synack",
		"target=198.51.100.30", "flood.rst"),
	ATTACK("flood-udp", udp, "spoofed UDP, random ports, one payload", "flood.udp", TARGET_ROLE,
		NULL),
	ATTACK("flood-udp-single", udp_single, "UDP of a single source to one port", "flood.udp",
		TARGET_ROLE, NULL),
	ATTACK("flood-udp6", udp6, "spoofed UDP over IPv6", "flood.udp", "target=2001:db8:100::a",
		NULL),
	ATTACK("flood-icmp", icmp, "spoofed echo requests", "flood.icmp", TARGET_ROLE, NULL),
	ATTACK("flood-frag", fragments, "later fragments without a first", "flood.frag",
		TARGET_ROLE, "abuse.fragment"),
	ATTACK("flood-gre", gre, "GRE of 400 bots, noise in it", "flood.other", TARGET_ROLE, NULL),
	ATTACK("flood-gre-ip", gre_ip, "GRE of 400 bots, IP and UDP in it", "flood.other|flood.udp",
		TARGET_ROLE, "flood.other|flood.udp"),
	ATTACK("flood-carpet24", carpet24, "UDP over a whole /24, 40 pps a host", "flood.udp",
		"target=198.51.100.0/24", NULL),
	ATTACK("flood-carpet20", carpet20, "UDP over a whole /20, 3 pps a host", "flood.udp",
		"target=10.32.0.0/20", NULL),
	ATTACK("flood-carpet-syn", carpet_syn, "SYNs over a whole /24", "flood.syn",
		"target=198.51.100.0/24", NULL),
	ATTACK("flood-ip6-headers", ip6_headers, "long chains of IPv6 extension headers",
		"flood.icmp|flood.other|abuse.header|abuse.fragment", "target=2001:db8:100::a",
		"flood.icmp|flood.other|abuse.header"),

#define AMPLIFIER(symbol, name, port, title)                                                       \
	ATTACK("amp-" name, amp_##symbol##_0, title " responses nobody asked for",                 \
		"amplification." name, "target=198.51.100.30", "flood.udp"),
	AMPLIFIERS(AMPLIFIER)
#undef AMPLIFIER
#define FRAGMENTED(symbol, name)                                                                   \
	ATTACK("amp-" name "-frag", amp_##symbol##_PLAN_FRAGMENTS, "the same, long, in fragments", \
		"amplification." name, "target=198.51.100.30", "flood.udp|flood.frag")
		FRAGMENTED(DNS, "dns"),
	FRAGMENTED(CLDAP, "cldap"),
	FRAGMENTED(MEMCACHED, "memcached"),
	FRAGMENTED(CHARGEN, "chargen"),
	FRAGMENTED(SNMP, "snmp"),

	ATTACK("scan-horizontal", horizontal, "one port on 600 hosts of a /16", "scan.horizontal",
		"zombie=203.0.113.66", NULL),
	ATTACK("scan-vertical", vertical, "1,000 ports of one host, half open",
		"scan.vertical|scan.stealth", SCAN_ROLES, "scan.stealth"),
	ATTACK("scan-null", null_scan, "1,000 ports without any flag", "scan.stealth", SCAN_ROLES,
		"abuse.flags|scan.vertical"),
	ATTACK("scan-fin", fin_scan, "1,000 ports with FIN", "scan.stealth", SCAN_ROLES,
		"abuse.flags|scan.vertical"),
	ATTACK("scan-xmas", xmas_scan, "1,000 ports with FIN, PSH, URG", "scan.stealth", SCAN_ROLES,
		"abuse.flags|scan.vertical"),
	ATTACK("scan-mirai", mirai, "an inside device looks for telnet, sequence = destination",
		"scan.mirai", "zombie=10.1.0.66", "scan.horizontal"),
	ATTACK("scan-ping", sweep, "echo requests to every host of a /24", "scan.horizontal",
		"zombie=203.0.113.66", NULL),

	ATTACK("abuse-land", land_packets, "source = destination", "abuse.land", TARGET_ROLE, NULL),
	ATTACK("abuse-xmas", xmas, "FIN, PSH, URG", "abuse.flags", TARGET_ROLE, "scan.stealth"),
	ATTACK("abuse-synfin", syn_fin, "SYN and FIN", "abuse.flags", TARGET_ROLE, "scan.stealth"),
	ATTACK("abuse-bogon", bogons, "sources that cannot exist", "abuse.bogon", TARGET_ROLE,
		"flood.syn|flood.udp"),
	ATTACK("abuse-teardrop", teardrops, "overlapping fragments", "abuse.fragment", TARGET_ROLE,
		NULL),
	ATTACK("abuse-ping-of-death", death, "fragments beyond 65,535 bytes", "abuse.fragment",
		TARGET_ROLE, "flood.frag|flood.icmp"),
	ATTACK("abuse-tiny-fragments", tiny, "TCP headers in two fragments", "abuse.fragment",
		TARGET_ROLE, NULL),
	ATTACK("abuse-options", options, "source routes, impossible options", "abuse.header",
		TARGET_ROLE, NULL),

	ATTACK("conn-exhaustion", exhaustion, "1,500 connections of 20 sources that stay silent",
		"conn.exhaustion", "target=198.51.100.40", NULL),
	ATTACK("reflector-open", reflector, "an inside resolver answers queries in a victim's name",
		"reflector.open", "reflector=10.1.0.53 target=203.0.113.99", "amplification.dns"),
	ATTACK("bot-flooder-udp", flooder_udp, "an inside host floods outward, UDP", "bot.flooder",
		"zombie=10.1.0.66 target=203.0.113.99", "flood.udp"),
	ATTACK("bot-flooder-syn", flooder_syn, "an inside host floods outward, SYN", "bot.flooder",
		"zombie=10.1.0.66 target=203.0.113.99", "flood.syn"),
};

const struct captures captures_attack = { list, LENGTH_OF(list) };

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kinds.h - the incident kinds: one list, from which the names in JSON, rules, metrics and
 * manuals come.
 *
 * KIND(symbol, name, attack, title): symbol without KIND_; the stable name, never renamed; the
 * MITRE ATT&CK technique or "" where there is none; the words a person reads. AMPLIFIER(symbol,
 * name, port, title): the amplification kinds, with the UDP port that answers.
 */
#ifndef WEIR_KINDS_H
#define WEIR_KINDS_H

#include <stdbool.h>

#define KINDS_FLOOD(KIND)                                                                          \
	KIND(FLOOD_SYN, "flood.syn", "T1499.001", "TCP SYN flood")                                 \
	KIND(FLOOD_ACK, "flood.ack", "T1498.001", "TCP ACK flood")                                 \
	KIND(FLOOD_SYNACK, "flood.synack", "T1498.002", "TCP SYN-ACK reflection")                  \
	KIND(FLOOD_RST, "flood.rst", "T1498.001", "TCP RST flood")                                 \
	KIND(FLOOD_FIN, "flood.fin", "T1498.001", "TCP FIN flood")                                 \
	KIND(FLOOD_UDP, "flood.udp", "T1498.001", "UDP flood")                                     \
	KIND(FLOOD_ICMP, "flood.icmp", "T1498.001", "ICMP flood")                                  \
	KIND(FLOOD_FRAG, "flood.frag", "T1498.001", "IP fragment flood")                           \
	KIND(FLOOD_OTHER, "flood.other", "T1498.001", "flood of another IP protocol")

#define AMPLIFIERS(AMPLIFIER)                                                                      \
	AMPLIFIER(DNS, "dns", 53, "DNS")                                                           \
	AMPLIFIER(NTP, "ntp", 123, "NTP")                                                          \
	AMPLIFIER(SSDP, "ssdp", 1900, "SSDP")                                                      \
	AMPLIFIER(CLDAP, "cldap", 389, "CLDAP")                                                    \
	AMPLIFIER(MEMCACHED, "memcached", 11211, "memcached")                                      \
	AMPLIFIER(CHARGEN, "chargen", 19, "CHARGEN")                                               \
	AMPLIFIER(SNMP, "snmp", 161, "SNMP")                                                       \
	AMPLIFIER(QOTD, "qotd", 17, "QOTD")                                                        \
	AMPLIFIER(MDNS, "mdns", 5353, "mDNS")                                                      \
	AMPLIFIER(NETBIOS, "netbios", 137, "NetBIOS")                                              \
	AMPLIFIER(PORTMAP, "portmap", 111, "Portmap")                                              \
	AMPLIFIER(TFTP, "tftp", 69, "TFTP")                                                        \
	AMPLIFIER(WSD, "wsd", 3702, "WS-Discovery")                                                \
	AMPLIFIER(COAP, "coap", 5683, "CoAP")                                                      \
	AMPLIFIER(STUN, "stun", 3478, "STUN")                                                      \
	AMPLIFIER(RIP, "rip", 520, "RIPv1")                                                        \
	AMPLIFIER(IKE, "ike", 500, "IKE")                                                          \
	AMPLIFIER(BACNET, "bacnet", 47808, "BACnet")                                               \
	AMPLIFIER(DVR, "dvr", 37810, "DVR/DHDiscover")                                             \
	AMPLIFIER(ARMS, "arms", 3283, "Apple Remote Management")                                   \
	AMPLIFIER(OTHER, "other", 0, "unknown protocol")

#define KINDS_REST(KIND)                                                                           \
	KIND(CONN_EXHAUSTION, "conn.exhaustion", "T1499.001", "connection exhaustion")             \
	KIND(ABUSE_FLAGS, "abuse.flags", "", "impossible TCP flags")                               \
	KIND(ABUSE_LAND, "abuse.land", "T1499.004", "LAND packets")                                \
	KIND(ABUSE_FRAGMENT, "abuse.fragment", "T1499.004", "malicious fragments")                 \
	KIND(ABUSE_BOGON, "abuse.bogon", "", "sources that cannot exist")                          \
	KIND(ABUSE_SPOOF, "abuse.spoof", "", "spoofed sources leaving")                            \
	KIND(ABUSE_HEADER, "abuse.header", "T1499.004", "malformed IP headers")                    \
	KIND(SCAN_HORIZONTAL, "scan.horizontal", "T1595.001", "scan of many hosts")                \
	KIND(SCAN_VERTICAL, "scan.vertical", "T1046", "scan of many ports")                        \
	KIND(SCAN_STEALTH, "scan.stealth", "T1046", "stealth scan")                                \
	KIND(SCAN_MIRAI, "scan.mirai", "T1595.001", "Mirai scan")                                  \
	KIND(REFLECTOR_OPEN, "reflector.open", "T1498.002", "open reflector being abused")         \
	KIND(BOT_FLOODER, "bot.flooder", "T1498.001", "host taking part in a flood")               \
	KIND(BOT_C2, "bot.c2", "T1095", "command channel of a known bot family")                   \
	KIND(BOT_IRC, "bot.irc", "T1071.001", "IRC command channel")                               \
	KIND(BOT_SHELL, "bot.shell", "T1059", "remote shell")                                      \
	KIND(BOT_DROPPER, "bot.dropper", "T1105", "malware being fetched")                         \
	KIND(BOT_HTTP, "bot.http", "T1071.001", "HTTP command channel")                            \
	KIND(BOT_LIST, "bot.list", "T1071", "contact with a listed address")                       \
	KIND(BOT_MINER, "bot.miner", "T1496", "cryptocurrency miner")                              \
	KIND(BOT_DNSTUNNEL, "bot.dnstunnel", "T1071.004", "tunnel through DNS")                    \
	KIND(BOT_ICMPTUNNEL, "bot.icmptunnel", "T1095", "tunnel through ICMP")                     \
	KIND(BOT_DGA, "bot.dga", "T1568.002", "search for a controller by generated names")        \
	KIND(BOT_FASTFLUX, "bot.fastflux", "T1568.001", "fast-flux name")                          \
	KIND(BOT_SPAM, "bot.spam", "T1071.003", "spam sender")                                     \
	KIND(BOT_P2P, "bot.p2p", "T1090", "peer-to-peer botnet")                                   \
	KIND(BOT_TOR, "bot.tor", "T1090.003", "Tor client")                                        \
	KIND(BOT_TLS, "bot.tls", "T1573", "odd TLS client")                                        \
	KIND(BOT_BEACON, "bot.beacon", "T1071", "periodic call home")                              \
	KIND(BRUTEFORCE_SSH, "bruteforce.ssh", "T1110", "password guessing over SSH")              \
	KIND(BRUTEFORCE_TELNET, "bruteforce.telnet", "T1110", "password guessing over Telnet")     \
	KIND(BRUTEFORCE_FTP, "bruteforce.ftp", "T1110", "password guessing over FTP")              \
	KIND(BRUTEFORCE_RDP, "bruteforce.rdp", "T1110", "password guessing over RDP")              \
	KIND(BRUTEFORCE_SMTP, "bruteforce.smtp", "T1110", "password guessing over SMTP")           \
	KIND(BRUTEFORCE_HTTP, "bruteforce.http", "T1110", "password guessing over HTTP")

enum kind {
	KIND_NONE,
#define KIND(symbol, name, attack, title) KIND_##symbol,
	KINDS_FLOOD(KIND)
#undef KIND
#define AMPLIFIER(symbol, name, port, title) KIND_AMPLIFICATION_##symbol,
		AMPLIFIERS(AMPLIFIER)
#undef AMPLIFIER
#define KIND(symbol, name, attack, title) KIND_##symbol,
			KINDS_REST(KIND)
#undef KIND
				KIND_COUNT
};

struct kind_info {
	const char *name;   /* "flood.syn" */
	const char *attack; /* "T1499.001" or "" */
	const char *title;  /* "TCP SYN flood" */
};

/* What is known of a kind; KIND_NONE for anything out of range. */
const struct kind_info *kind_info(enum kind kind);

/* The kind of that name, or KIND_NONE. */
enum kind kind_by_name(const char *name);

static inline bool kind_is_flood(enum kind kind)
{
	return kind >= KIND_FLOOD_SYN && kind <= KIND_FLOOD_OTHER;
}

/* A host of ours works for somebody else. */
static inline bool kind_is_bot(enum kind kind)
{
	return kind >= KIND_BOT_FLOODER && kind <= KIND_BOT_BEACON;
}

static inline bool kind_is_bruteforce(enum kind kind)
{
	return kind >= KIND_BRUTEFORCE_SSH && kind <= KIND_BRUTEFORCE_HTTP;
}

static inline bool kind_is_amplification(enum kind kind)
{
	return kind >= KIND_AMPLIFICATION_DNS && kind <= KIND_AMPLIFICATION_OTHER;
}

#endif

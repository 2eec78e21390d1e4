/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/options.h - every key of the configuration: one list, from which all the rest comes.
 *
 * The fields of struct conf, defaults, ranges, the libcyaml schema, check and print are made of
 * these rows, and a test compares them with the tables of weir.yaml(5). A new option is one row
 * here and one row there.
 *
 * OPTION(section, key, type, default, min, max, unit, source, meaning)
 *   section   the mapping the key stands in; `top` for the outermost
 *   key       name in the file; the field of struct conf is CONF_FIELD(type, key)
 *   type      UNSIGNED (uint64_t), SIZE (uint64_t bytes, written 512M), FLOAT (double),
 *             CHOICE (uint64_t: index of a word), TEXT (const char *, never NULL)
 *   min, max  of a CHOICE: the first and last index; of a TEXT: its bytes
 *   unit      "" when the number has none; of a CHOICE: its words, "|" between them; of a TEXT:
 *             what it must be, CONF_IS_PATH or CONF_IS_ADDRESS, or ""
 *   source    where the default comes from; "weir": our own choice, no published figure
 *   meaning   one line
 * LIST(key, cap, source, meaning) are the outermost keys that hold a sequence.
 */
#ifndef WEIR_CONF_OPTIONS_H
#define WEIR_CONF_OPTIONS_H

/* In all lists together: so many, printed at their longest, still fit into CONF_BYTES_MAX. */
#define CONF_PREFIXES_MAX 16000
#define CONF_GROUPS_MAX 1000
#define CONF_NAME_MAX 63 /* bytes of a group's name */

#define CONF_PPS_MAX 10000000000 /* 10 G packets/s: no link carries more */
#define CONF_MBPS_MAX 100000000	 /* 100 Tbit/s */
#define CONF_MIB 1048576ULL
#define CONF_RATE_MAX 4294967295 /* packets/s that a field of 32 bits in the kernel part holds */

#define CONF_INTERFACES_MAX 32
#define CONF_LISTS_MAX 64
#define CONF_INTERFACE_MAX 15	 /* bytes of a name: IFNAMSIZ less the final 0 */
#define CONF_TEXT_OPTION_MAX 255 /* bytes of a TEXT */
#define CONF_IS_PATH "an absolute path"
#define CONF_IS_ADDRESS "an address"

/* clang-format off */
#define CONF_LISTS(LIST) \
	LIST(networks, CONF_PREFIXES_MAX, "RFC 1918, 4193, 3927, 4291", \
		"prefixes that are inside; empty: the private and link-local ones") \
	LIST(groups, CONF_GROUPS_MAX, "weir", \
		"named sets of inside prefixes that are judged together, each {name, networks}") \
	LIST(allow, CONF_PREFIXES_MAX, "weir", \
		"prefixes that no measure may ever touch; inspect takes none and does not use it") \
	LIST(interfaces, CONF_INTERFACES_MAX, "weir", \
		"where run protects; empty: those with a default route, else all that are up") \
	LIST(lists, CONF_LISTS_MAX, "weir", \
		"files or directories of bad addresses, names and fingerprints, as absolute paths")

#define CONF_OPTIONS_TOP(OPTION) \
	OPTION(top, workers, UNSIGNED, 0, 0, 64, "", "weir", \
		"worker threads; 0: one a core") \
	OPTION(top, seed, UNSIGNED, 0, 0, UINT64_MAX, "", "weir", \
		"seed of all hashing; 0: a fixed one, so that a file gives the same report again")

#define CONF_OPTIONS_MEMORY(OPTION) \
	OPTION(memory, total, SIZE, 768 * CONF_MIB, 64 * CONF_MIB, 1048576 * CONF_MIB, "bytes", \
		"weir", \
		"all tables together; what does not fit is refused at start") \
	OPTION(memory, flows, UNSIGNED, 1000000, 1000, 100000000, "flows", \
		"128 bytes each", "conversations followed at a time") \
	OPTION(memory, pending, UNSIGNED, 2000000, 1000, 100000000, "entries", \
		"32 bytes each", "half-open connections and unanswered datagrams at a time") \
	OPTION(memory, fragments, UNSIGNED, 65536, 256, 16777216, "datagrams", \
		"4 MiB, as Linux ipfrag_high_thresh", "fragmented datagrams followed at a time")

#define CONF_OPTIONS_WINDOW(OPTION) \
	OPTION(window, base_ms, UNSIGNED, 100, 10, 1000, "ms", \
		"10 judgements a second", "length of a window; at its end the detectors judge") \
	OPTION(window, quiet_s, UNSIGNED, 60, 1, 86400, "s", \
		"the longest window", "an incident ends after that long without a finding")

#define CONF_OPTIONS_FLOOD(OPTION) \
	OPTION(flood, host_pps, UNSIGNED, 20000, 1, CONF_PPS_MAX, "packets/s", \
		"FastNetMon threshold_pps", "rate to one host from which a flood is looked for") \
	OPTION(flood, host_mbps, UNSIGNED, 1000, 1, CONF_MBPS_MAX, "Mbit/s", \
		"FastNetMon threshold_mbps", "the same in bits") \
	OPTION(flood, prefix_pps, UNSIGNED, 40000, 1, CONF_PPS_MAX, "packets/s", \
		"twice host_pps", "rate to all hosts of one prefix (carpet bombing)") \
	OPTION(flood, prefix_mbps, UNSIGNED, 2000, 1, CONF_MBPS_MAX, "Mbit/s", \
		"twice host_mbps", "the same in bits") \
	OPTION(flood, group_pps, UNSIGNED, 0, 0, CONF_PPS_MAX, "packets/s", \
		"off: depends on the group", "rate to all hosts of one group; 0: not judged") \
	OPTION(flood, group_mbps, UNSIGNED, 0, 0, CONF_MBPS_MAX, "Mbit/s", \
		"off: depends on the group", "the same in bits; 0: not judged") \
	OPTION(flood, total_pps, UNSIGNED, 0, 0, CONF_PPS_MAX, "packets/s", \
		"off: depends on the link", "rate to all inside hosts; 0: not judged") \
	OPTION(flood, total_mbps, UNSIGNED, 0, 0, CONF_MBPS_MAX, "Mbit/s", \
		"off: depends on the link", "the same in bits; 0: not judged") \
	OPTION(flood, icmp_pps, UNSIGNED, 1000, 1, CONF_PPS_MAX, "packets/s", \
		"Linux icmp_msgs_per_sec", "ICMP to one host") \
	OPTION(flood, frag_pps, UNSIGNED, 2000, 1, CONF_PPS_MAX, "packets/s", \
		"a tenth of host_pps", "fragments to one host") \
	OPTION(flood, change_factor, FLOAT, 8, 1.5, 1000, "times", \
		"weir", "a rate this many times the usual one is a change") \
	OPTION(flood, change_pps, UNSIGNED, 1000, 1, CONF_PPS_MAX, "packets/s", \
		"weir", "below this rate no change is looked for") \
	OPTION(flood, sources, UNSIGNED, 500, 1, 100000000, "addresses", \
		"weir", "senders within a minute of whom hardly one is answered") \
	OPTION(flood, evidence_packets, UNSIGNED, 1000, 1, 1000000000, "packets", \
		"weir", "within a minute; fewer are no evidence where no rate limit is reached")

#define CONF_OPTIONS_AMPLIFICATION(OPTION) \
	OPTION(amplification, reflectors, UNSIGNED, 10, 1, 1000000, "addresses", \
		"weir", "senders of unasked answers from a known amplifier port") \
	OPTION(amplification, packets, UNSIGNED, 100, 1, 1000000000, "packets", \
		"weir", "unasked answers within a minute, from all of them together") \
	OPTION(amplification, other_reflectors, UNSIGNED, 100, 1, 1000000, "addresses", \
		"ten times reflectors", "the same from one port that is no known amplifier")

#define CONF_OPTIONS_SCAN(OPTION) \
	OPTION(scan, hosts, UNSIGNED, 25, 2, 1000000, "addresses", \
		"Zeek scan policy", "hosts that one source failed to reach on one port") \
	OPTION(scan, ports, UNSIGNED, 15, 2, 65535, "ports", \
		"Zeek scan policy", "ports of one host that one source failed to reach") \
	OPTION(scan, window_s, UNSIGNED, 300, 1, 86400, "s", \
		"Zeek scan policy", "the time in which they are counted") \
	OPTION(scan, failed_share, FLOAT, 0.5, 0, 1, "", \
		"weir", "share of the hosts or ports tried that must have failed") \
	OPTION(scan, ping_hosts, UNSIGNED, 15, 2, 1000000, "addresses", \
		"weir", "hosts that one source pinged; 5 of them and 25 % must not answer") \
	OPTION(scan, mirai_hosts, UNSIGNED, 10, 1, 1000000, "addresses", \
		"weir", "hosts that got Mirai's SYN (sequence number = destination)")

#define CONF_OPTIONS_CONN(OPTION) \
	OPTION(conn, connections, UNSIGNED, 1000, 1, 100000000, "connections", \
		"nginx.conf as shipped: 1024", "open connections of one service") \
	OPTION(conn, silent_share, FLOAT, 0.8, 0, 1, "", \
		"weir", "share of these that must say nothing or next to nothing") \
	OPTION(conn, per_source, UNSIGNED, 200, 1, 1000000, "connections", \
		"weir", "silent connections of one source to one service")

#define CONF_OPTIONS_ABUSE(OPTION) \
	OPTION(abuse, packets, UNSIGNED, 10, 1, 1000000000, "packets", \
		"weir", "packets that nothing honest sends, to one target within 10 s") \
	OPTION(abuse, sources, UNSIGNED, 20, 1, 1000000, "addresses", \
		"weir", "from so many senders on it is one incident of the target")

#define CONF_OPTIONS_REFLECTOR(OPTION) \
	OPTION(reflector, ratio, FLOAT, 5, 1, 100000, "times", \
		"weir", "bytes answered for each byte asked") \
	OPTION(reflector, responses, UNSIGNED, 100, 1, 1000000000, "packets", \
		"weir", "answers to one address within a minute")

#define CONF_OPTIONS_FLOODER(OPTION) \
	OPTION(flooder, pps, UNSIGNED, 1000, 1, CONF_PPS_MAX, "packets/s", \
		"a twentieth of host_pps", "unanswered packets from one inside host to one outside")

#define CONF_OPTIONS_APP(OPTION) \
	OPTION(app, inspect, CHOICE, 1, 0, 1, "off|on", "weir", \
		"read what conversations say, and look for bots") \
	OPTION(app, streams, UNSIGNED, 32768, 1024, 10000000, "streams", \
		"1 KiB each", "conversations with payload followed at a time") \
	OPTION(app, parsers, UNSIGNED, 8192, 256, 1000000, "streams", \
		"1 KiB each", "of these, that are parsed at a time") \
	OPTION(app, buffers, SIZE, 16 * CONF_MIB, 8 * CONF_MIB, 65536 * CONF_MIB, "bytes", \
		"weir", "bytes that wait for more, or came too early, of all streams") \
	OPTION(app, overlap, CHOICE, 0, 0, 1, "first|last", \
		"RFC 9293 3.10.7.4", "which holds of bytes that were sent twice and differ")

#define CONF_OPTIONS_EVENTS(OPTION) \
	OPTION(events, flow, CHOICE, 0, 0, 1, "off|on", "Suricata", "write an event a flow") \
	OPTION(events, http, CHOICE, 0, 0, 1, "off|on", "Suricata", "an event a request") \
	OPTION(events, fileinfo, CHOICE, 0, 0, 1, "off|on", "Suricata", "an event a file") \
	OPTION(events, dns, CHOICE, 0, 0, 1, "off|on", "Suricata", "an event an answer") \
	OPTION(events, tls, CHOICE, 0, 0, 1, "off|on", "Suricata", "an event a handshake") \
	OPTION(events, ssh, CHOICE, 0, 0, 1, "off|on", "Suricata", "an event a connection") \
	OPTION(events, smtp, CHOICE, 0, 0, 1, "off|on", "Suricata", "an event a mail") \
	OPTION(events, ftp, CHOICE, 0, 0, 1, "off|on", "Suricata", "an event a command") \
	OPTION(events, other, CHOICE, 0, 0, 1, "off|on", "weir", \
		"irc, stratum, socks, p2p, rdp, login and host events")

#define CONF_OPTIONS_BOT(OPTION) \
	OPTION(bot, beacon_score, FLOAT, 0.8, 0, 1, "", \
		"weir; RITA v5: 0.7, 0.9", "regularity from which contacts are a beacon") \
	OPTION(bot, beacon_contacts, UNSIGNED, 20, 4, 100000, "contacts", \
		"weir; RITA before v5: 20", "fewer are not judged; half if the rest is clear") \
	OPTION(bot, beacon_life_s, UNSIGNED, 300, 10, 86400, "s", \
		"weir: what lasts less is a task", "contacts over less time are not judged") \
	OPTION(bot, prevalence, FLOAT, 0.3, 0, 1, "", \
		"weir; RITA v5: 0.5", "what so many of the inside hosts contact is ordinary") \
	OPTION(bot, logins, UNSIGNED, 10, 2, 1000000, "logins", \
		"weir; Zeek: 30 in 30 min", "failed ones of one client within 10 min") \
	OPTION(bot, logins_slow, UNSIGNED, 30, 2, 1000000, "logins", \
		"weir; Zeek: 30 in 30 min", "failed ones of one client within a day") \
	OPTION(bot, nxdomains, UNSIGNED, 20, 2, 256, "names", \
		"weir", "missing registered domains, asked for by one host within 10 min") \
	OPTION(bot, tunnel_bytes, UNSIGNED, 20000, 1000, 1000000000, "bytes", \
		"weir", "said in names below one domain within 10 min; in a day, for a hint") \
	OPTION(bot, spam_servers, UNSIGNED, 10, 2, 64, "addresses", \
		"weir", "mail servers that one host delivers to within 10 min") \
	OPTION(bot, quiet_s, UNSIGNED, 3600, 1, 604800, "s", \
		"weir", "an incident of a bot ends after that long without a finding") \
	OPTION(bot, hosts, UNSIGNED, 65536, 1024, 16777216, "addresses", \
		"weir", "inside hosts of which is known what they are") \
	OPTION(bot, pairs, UNSIGNED, 131072, 4096, 16777216, "pairs", \
		"256 bytes each", "inside host and outside name or address, for beacons")

#define CONF_OPTIONS_REPORT(OPTION) \
	OPTION(report, list_max, UNSIGNED, 100, 1, 1000, "addresses", \
		"weir", "addresses of a role in JSON; the counts stay true") \
	OPTION(report, talkers, UNSIGNED, 10, 0, 20, "addresses", \
		"weir", "busiest hosts in JSON; the report for people shows at most 8")

#define CONF_OPTIONS_RUN(OPTION) \
	OPTION(run, mode, CHOICE, 1, 0, 2, "learn|shadow|enforce", "weir", \
		"learn: look only; shadow: say what would be dropped; enforce: drop") \
	OPTION(run, user, TEXT, "weir", 1, CONF_TEXT_OPTION_MAX, "", "weir", \
		"whom the process that reads packets runs as") \
	OPTION(run, group, TEXT, "weir", 1, CONF_TEXT_OPTION_MAX, "", "weir", \
		"whose members may use the control socket") \
	OPTION(run, state_dir, TEXT, "/var/lib/weir", 1, CONF_TEXT_OPTION_MAX, CONF_IS_PATH, \
		"FHS 3.0", "journal and events") \
	OPTION(run, runtime_dir, TEXT, "/run/weir", 1, 90, CONF_IS_PATH, "FHS 3.0", \
		"lock and control socket") \
	OPTION(run, events, TEXT, "", 0, CONF_TEXT_OPTION_MAX, CONF_IS_PATH, "as Suricata's", \
		"file of the events (EVE JSON); empty: eve.json in state_dir") \
	OPTION(run, ring, SIZE, 8 * CONF_MIB, 1 * CONF_MIB, 1024 * CONF_MIB, "bytes", \
		"80 ms of 100 MB/s", "packets that wait for one worker of one interface")

#define CONF_OPTIONS_GATE(OPTION) \
	OPTION(gate, attach, CHOICE, 0, 0, 4, "auto|native|generic|tc|none", "weir", \
		"where the kernel part sits; auto: the fastest place there is") \
	OPTION(gate, bpffs, TEXT, "/sys/fs/bpf/weir", 1, CONF_TEXT_OPTION_MAX, CONF_IS_PATH, \
		"bpffs", "where the kernel part is pinned, so that it outlives the processes") \
	OPTION(gate, unreadable, CHOICE, 1, 0, 1, "pass|drop", "weir", \
		"IP packets to protected hosts that cannot be parsed") \
	OPTION(gate, bogons, CHOICE, 0, 0, 1, "pass|drop", "RFC 6890", \
		"packets from addresses that cannot send") \
	OPTION(gate, antispoof, CHOICE, 0, 0, 1, "off|on", "BCP 38", \
		"drop what leaves with an address that is not inside") \
	OPTION(gate, syn_high_pps, UNSIGNED, 2000, 0, CONF_RATE_MAX, "packets/s", \
		"a tenth of host_pps", "SYNs to one host; above it they get cookies; 0: never") \
	OPTION(gate, syn_low_pps, UNSIGNED, 1000, 0, CONF_RATE_MAX, "packets/s", \
		"half of syn_high_pps", "below it that ends") \
	OPTION(gate, tcp_high_pps, UNSIGNED, 2000, 0, CONF_RATE_MAX, "packets/s", \
		"as syn_high_pps", "TCP of no known connection; above it dropped; 0: never") \
	OPTION(gate, tcp_low_pps, UNSIGNED, 1000, 0, CONF_RATE_MAX, "packets/s", \
		"half of tcp_high_pps", "below it that ends") \
	OPTION(gate, answer_high_pps, UNSIGNED, 1000, 0, CONF_RATE_MAX, "packets/s", \
		"weir", "UDP from amplifier ports; above it only answers pass; 0: never") \
	OPTION(gate, answer_low_pps, UNSIGNED, 500, 0, CONF_RATE_MAX, "packets/s", \
		"half of answer_high_pps", "below it that ends") \
	OPTION(gate, icmp_high_pps, UNSIGNED, 1000, 0, CONF_RATE_MAX, "packets/s", \
		"Linux icmp_msgs_per_sec", "ICMP to one host; more is dropped; 0: never") \
	OPTION(gate, icmp_low_pps, UNSIGNED, 500, 0, CONF_RATE_MAX, "packets/s", \
		"half of icmp_high_pps", "below it that ends") \
	OPTION(gate, fragment_high_pps, UNSIGNED, 2000, 0, CONF_RATE_MAX, "packets/s", \
		"flood.frag_pps", "fragments to one host; more than that is dropped; 0: never") \
	OPTION(gate, fragment_low_pps, UNSIGNED, 1000, 0, CONF_RATE_MAX, "packets/s", \
		"half of fragment_high_pps", "below it that ends") \
	OPTION(gate, hold_ms, UNSIGNED, 5000, 100, 3600000, "ms", \
		"weir", "the kernel's answer ends so long after the rate was last above low") \
	OPTION(gate, sample_one_in, UNSIGNED, 16, 0, 1000000, "packets", \
		"weir", "of dropped ones, one in so many is looked at; 0: none") \
	OPTION(gate, lease_max_s, UNSIGNED, 86400, 1, 2592000, "s", \
		"a day", "no measure is put in force for longer without being renewed") \
	OPTION(gate, requests_per_s, UNSIGNED, 1000, 1, 1000000, "requests/s", \
		"weir", "what the process that reads packets may ask of the privileged one") \
	OPTION(gate, cookie_mss, UNSIGNED, 1460, 536, 9000, "bytes", \
		"Ethernet: 1500 less 40", "offered with a cookie when the server's is not known") \
	OPTION(gate, synproxy, CHOICE, 1, 0, 1, "off|on", "weir", \
		"cookies for hosts behind this machine, completed by nftables' synproxy") \
	OPTION(gate, synproxy_after_s, UNSIGNED, 60, 0, 86400, "s", \
		"SSH keepalives", "so long conntrack watches before; what it has not seen breaks") \
	OPTION(gate, blocked_max, UNSIGNED, 1048576, 1024, 16777216, "addresses", \
		"40 bytes each and the key", "blocked addresses that the kernel part holds") \
	OPTION(gate, hosts_max, UNSIGNED, 65536, 1024, 16777216, "addresses", \
		"360 bytes each and the key", "protected hosts whose rates are known at a time")

#define CONF_OPTIONS_POLICY(OPTION) \
	OPTION(policy, collateral_max, FLOAT, 0.01, 0, 1, "", \
		"weir", "share of the last hour's good traffic that a measure may hit") \
	OPTION(policy, lease_s, UNSIGNED, 300, 1, 2592000, "s", \
		"weir", "a measure ends after that long unless it is renewed") \
	OPTION(policy, release_s, UNSIGNED, 30, 1, 86400, "s", \
		"weir", "and earlier when it was not hit for so long") \
	OPTION(policy, escalate_s, FLOAT, 1, 0.1, 3600, "s", \
		"weir", "what has not helped after so long is followed by the next measure") \
	OPTION(policy, block, CHOICE, 1, 0, 1, "off|on", "weir", \
		"block senders that cannot be spoofed") \
	OPTION(policy, quarantine, CHOICE, 1, 0, 1, "off|on", "weir", \
		"let nothing leave from inside hosts that attack") \
	OPTION(policy, limit, CHOICE, 1, 0, 1, "off|on", "weir", \
		"limit rates where nothing narrower helps") \
	OPTION(policy, blocks_max, UNSIGNED, 10000, 0, 1048576, "addresses", \
		"weir", "blocked at a time; what the operator blocks counts too") \
	OPTION(policy, portal, TEXT, "", 0, CONF_TEXT_OPTION_MAX, CONF_IS_ADDRESS, "weir", \
		"a quarantined host may still reach it; empty: nothing") \
	OPTION(policy, command, TEXT, "", 0, CONF_TEXT_OPTION_MAX, CONF_IS_PATH, "weir", \
		"program that is run for each measure; empty: none") \
	OPTION(policy, command_timeout_s, UNSIGNED, 10, 1, 3600, "s", \
		"weir", "after that long it is killed")

/* SECTION(name, options, meaning), in the order of print and manual; meaning is one sentence. */
#define CONF_SECTIONS(SECTION) \
	SECTION(memory, CONF_OPTIONS_MEMORY, "Caps of the tables, which are taken at start.") \
	SECTION(window, CONF_OPTIONS_WINDOW, "Time, as the packets tell it.") \
	SECTION(flood, CONF_OPTIONS_FLOOD, "Floods towards inside hosts.") \
	SECTION(amplification, CONF_OPTIONS_AMPLIFICATION, "Floods of answers nobody asked for.") \
	SECTION(scan, CONF_OPTIONS_SCAN, "Hosts that look for other hosts or for open ports.") \
	SECTION(conn, CONF_OPTIONS_CONN, "Connections that are opened to be held, not used.") \
	SECTION(abuse, CONF_OPTIONS_ABUSE, "Packets that nothing honest sends.") \
	SECTION(reflector, CONF_OPTIONS_REFLECTOR, "Inside hosts abused to reflect floods.") \
	SECTION(flooder, CONF_OPTIONS_FLOODER, "Inside hosts that take part in a flood.") \
	SECTION(app, CONF_OPTIONS_APP, "What conversations say.") \
	SECTION(events, CONF_OPTIONS_EVENTS, "Events of protocols, in the EVE file.") \
	SECTION(bot, CONF_OPTIONS_BOT, "Inside hosts that work for somebody else.") \
	SECTION(report, CONF_OPTIONS_REPORT, "What is written about an incident.") \
	SECTION(run, CONF_OPTIONS_RUN, "The processes of weir run.") \
	SECTION(gate, CONF_OPTIONS_GATE, "The part in the kernel, and what it does by itself.") \
	SECTION(policy, CONF_OPTIONS_POLICY, "Which measures are taken, and for how long.")
/* clang-format on */

/* The C type and field of an option: sizes are held in bytes. */
#define CONF_C_TYPE_UNSIGNED uint64_t
#define CONF_C_TYPE_SIZE uint64_t
#define CONF_C_TYPE_FLOAT double
#define CONF_C_TYPE_CHOICE uint64_t
#define CONF_C_TYPE_TEXT const char *

#define CONF_FIELD_UNSIGNED(key) key
#define CONF_FIELD_SIZE(key) key##_bytes
#define CONF_FIELD_FLOAT(key) key
#define CONF_FIELD_CHOICE(key) key
#define CONF_FIELD_TEXT(key) key
#define CONF_FIELD(type, key) CONF_FIELD_##type(key)

#endif

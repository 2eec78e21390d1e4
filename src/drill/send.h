/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drill/send.h - puts rehearsed attacks on a link of the lab, and on no other.
 *
 * The sender refuses any interface that is not one end of a virtual Ethernet pair of the lab, any
 * network namespace that holds anything but the lab's links (as the machine's own does), and any
 * order beyond its bounds in time, rate and count. So it cannot be turned against anybody, not even
 * by mistake.
 */
#ifndef WEIR_DRILL_SEND_H
#define WEIR_DRILL_SEND_H

#include <stdbool.h>
#include <stdint.h>

#include "drill/lab.h"
#include "lib/err.h"

#define SEND_SECONDS_MAX 60
#define SEND_PPS_MAX 2000000
#define SEND_PACKETS_MAX 30000000ULL

/* ATTACK(symbol, "name", "kind of incident that it must become", "what it rehearses") */
/* clang-format off */
#define DRILL_ATTACKS(ATTACK) \
	ATTACK(SYN, "syn", "flood.syn", "SYNs to the web server, senders invented") \
	ATTACK(FRAGMENT, "fragment", "flood.frag", "UDP fragments without a beginning") \
	ATTACK(UDP, "udp", "flood.udp", "UDP of one shape to the server, senders invented") \
	ATTACK(ICMP, "icmp", "flood.icmp", "echo requests, senders invented") \
	ATTACK(DNS, "dns", "amplification.dns", "large DNS answers nobody asked for") \
	ATTACK(NTP, "ntp", "amplification.ntp", "NTP monlist answers nobody asked for") \
	ATTACK(ACK, "ack", "flood.ack", "ACKs of no connection") \
	ATTACK(CARPET, "carpet", "flood.udp", "UDP to all addresses of the prefix in turn") \
	ATTACK(MIXED, "mixed", "flood.syn", "SYN, DNS answers and ICMP at the same time") \
	ATTACK(ZOMBIE, "zombie", "bot.flooder", "a host of the LAN floods somebody outside")
/* clang-format on */

#define ATTACK(symbol, ...) ATTACK_##symbol,
enum drill_attack { DRILL_ATTACKS(ATTACK) ATTACK_COUNT };
#undef ATTACK

struct attack_info {
	const char *name, *kind, *meaning;
};
extern const struct attack_info attack_infos[ATTACK_COUNT];

struct send_order {
	enum drill_attack attack;
	unsigned pps;	  /* 1..SEND_PPS_MAX */
	unsigned seconds; /* 1..SEND_SECONDS_MAX */
	unsigned senders; /* invented senders, 1..131072 */
	bool is_ipv6;	  /* SYN only */
	bool is_behind;	  /* at 192.0.2.10 or 2001:db8:2::10, behind the gate */
	const char *interface;
	uint8_t to_mac[6]; /* of the gate's end */
};

/* Read by the drill while it goes on (shared memory). */
struct send_progress {
	volatile uint64_t first_ns; /* CLOCK_REALTIME of the first packet; 0: not yet */
	volatile uint64_t sent;
	volatile uint64_t refused; /* by the link */
};

/* Is the interface one that may be sent on? Has to be asked in the namespace. 0, or −EPERM with the
 * reason. */
int send_check_interface(const char *interface, struct err *err);

/* Sends, in the present namespace, until time or count is up. 0 or −errno. */
int send_attack(const struct send_order *order, struct send_progress *progress, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/detect_fixture.h - lets a unit test play packets to one detector as the engine would.
 *
 * The test makes packets with fixture_tcp() and its sisters, sets what track would have set (or
 * takes the ready conversations below), and sends them in order of time. The fixture gives each
 * the lane of its address pair, hands them to the detector in batches, and closes base windows as
 * time passes: lanes are merged in order, the merged summary is judged, the findings are kept with
 * a copy of the sketches they pointed to. It needs no cmocka: what cannot go on aborts. For tests
 * only.
 *
 *	struct fixture *f = fixture_open(&detector_scan, NULL);
 *	struct pkt syn = fixture_tcp("203.0.113.9", 4711, "192.0.2.1", 23, TCP_SYN);
 *	fixture_refuse(f, t, &syn);
 *	fixture_end(f);
 *	assert_int_equal(fixture_count(f, KIND_SCAN_HORIZONTAL), 0);
 *	fixture_close(f);
 */
#ifndef WEIR_DETECT_FIXTURE_H
#define WEIR_DETECT_FIXTURE_H

#include "conf/conf.h"
#include "conf/networks.h"
#include "types.h"

#define FIXTURE_LANES 32
#define FIXTURE_SEED 0x77656972ULL
#define FIXTURE_START_NS (1700000000LL * NS_PER_S) /* when fixtures begin; any time will do */
#define FIXTURE_LISTED 100			   /* addresses kept of a finding's sketch */

/* A finding, and what its sketches held when it was made (its pointers are NULL by now). */
struct fixture_finding {
	struct finding finding;
	uint64_t source_count, target_count;
	unsigned sources_listed, targets_listed;
	struct distinct_entry sources[FIXTURE_LISTED], targets[FIXTURE_LISTED];
};

struct fixture;

/* Starts the detector with a default configuration, changed by adjust when that is not NULL.
 * Inside is 192.0.2.0/24, 10.0.0.0/8 and 2001:db8::/32. */
struct fixture *fixture_open(const struct detector *detector, void (*adjust)(struct conf *conf));

/* An address of text; of text plus an offset (10.0.0.0 + 258 = 10.0.1.2). */
struct addr fixture_addr(const char *text);
struct addr fixture_addr_at(const char *text, uint32_t offset);

/* Packets without options or payload, IPv4 or IPv6 as the addresses are; the rest is for the test
 * to set. fixture_pkt is the general one. ICMP echo carries its identifier as both ports. */
struct pkt fixture_pkt(
	uint8_t proto, struct addr from, uint16_t from_port, struct addr to, uint16_t to_port);
struct pkt fixture_tcp(
	const char *from, uint16_t from_port, const char *to, uint16_t to_port, uint8_t flags);
struct pkt fixture_udp(const char *from, uint16_t from_port, const char *to, uint16_t to_port,
	uint32_t payload_len);
struct pkt fixture_echo(const char *from, const char *to, uint16_t id, bool is_reply);

/* The same packet going back: addresses and ports exchanged, side turned. */
struct pkt fixture_reverse(const struct pkt *pkt);

/* Sends a copy of pkt at that time. flow may be NULL; it must stay valid until the window has
 * closed. Times may go back by less than the base window. */
void fixture_send(struct fixture *f, int64_t time_ns, const struct pkt *pkt, enum standing standing,
	uint16_t events);
void fixture_send_flow(struct fixture *f, int64_t time_ns, const struct pkt *pkt, struct flow *flow,
	enum standing standing, uint16_t events);

/* Tells the detector that a flow ended, in the window of the last packet. */
void fixture_flow_end(struct fixture *f, const struct flow *flow);

/* Conversations with the standing and events that track gives; all take 2 ms or less. The packet
 * given is the opening one (SYN, datagram, echo request). */
void fixture_open_only(
	struct fixture *f, int64_t time_ns, const struct pkt *opening); /* no answer */
void fixture_answer(
	struct fixture *f, int64_t time_ns, const struct pkt *opening); /* TCP: handshake */
void fixture_refuse(struct fixture *f, int64_t time_ns, const struct pkt *opening); /* TCP: RST */
void fixture_half_open(
	struct fixture *f, int64_t time_ns, const struct pkt *opening); /* SYN-ACK, RST */

/* Closes all windows up to that time. */
void fixture_until(struct fixture *f, int64_t time_ns);

/* The end of the input: closes the window, then judges an empty one that ends 10 s later. */
void fixture_end(struct fixture *f);

/* What was found so far: number of findings of a kind (KIND_NONE: of any), the last of a kind or
 * NULL, the list, how many were lost because the detector's list was full. */
unsigned fixture_count(const struct fixture *f, enum kind kind);
const struct fixture_finding *fixture_last(const struct fixture *f, enum kind kind);
const struct fixture_finding *fixture_list(const struct fixture *f, unsigned *ret_count);
uint64_t fixture_lost(const struct fixture *f);

/* What it is made of, for tests that look inside. */
void *fixture_state(struct fixture *f);
struct networks *fixture_networks(struct fixture *f);

/* NULL is fine. */
void fixture_close(struct fixture *f);

#endif

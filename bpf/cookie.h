/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * cookie.h - TCP to a target under attack: SYNs are answered with cookies, other segments pass only
 * when they belong to a connection or bring a cookie back.
 *
 * The cookies are the kernel's own (bpf_tcp_raw_gen_syncookie_…). Who completes the handshake:
 *  - of a target of this machine, the listening socket. Needs net.ipv4.tcp_syncookies=2 (cookies
 *    always count) and net.ipv4.tcp_timestamps=2 (no random offset under the options in the
 *    timestamp), and the socket has to be told of cookies every now and then, which
 *    bpf_tcp_gen_syncookie() does. No socket listens: the SYN is dropped here.
 *  - of a target behind this machine, the kernel's synproxy, which makes the connection to the
 *    server once the cookie is back. The gate answers the SYNs, so synproxy sees only the ACK:
 *    respond/gate_synproxy.c sets that up. Its mss and wscale are for SYNs, which it never gets; of
 *    the ACK it reads cookie and timestamp alone, and puts the client's own options into its SYN to
 *    the server. So the gate has to offer what the server does: what egress has learned of it.
 *    Without has_synproxy nobody does it: then SYNs are let through, and counted.
 * Neither accepts a cookie of a SYN that it would not have got: all checks are made again there.
 */
#ifndef WEIR_BPF_COOKIE_H
#define WEIR_BPF_COOKIE_H

#include "flows.h"
#include "parse.h"
#include "reply.h"

/* A SYN of a connection that has a socket already goes to it, at most so often: one that waits for
 * its ACK (Linux answers again after 1 s at the earliest), one in TIME-WAIT that is used again. */
#define COOKIE_AGAIN_NS 500000000ULL
#define COOKIE_TIME_WAIT_NS 10000000ULL

/* To look for the listening socket and to tell it costs more than all else about a cookie, so it is
 * done so often for each port. Told once, a socket accepts cookies for two minutes (Linux:
 * TCP_SYNCOOKIE_VALID); so long at most SYNs to a port that was closed are still answered. */
#define COOKIE_LISTENER_NS 1000000000ULL

/* Whether somebody completes the handshakes that cookies begin; else no SYN may be answered. */
static __always_inline bool cookie_is_completed(
	const struct wire_target *target, const struct wire_settings *set)
{
	return target->flags & WIRE_TARGET_LOCAL || set->has_synproxy;
}

/* What the helpers read of an IP header: addresses and, of a socket's, the version. */
struct cookie_ip {
	__be32 word[10];
};

static __always_inline void cookie_ip_make(const struct packet *p, struct cookie_ip *ret_ip)
{
	if (p->ip_version == 6) {
		ret_ip->word[0] = bpf_htonl(6U << 28);
		ret_ip->word[1] = 0;
		__builtin_memcpy(ret_ip->word + 2, p->source.word, sizeof(p->source));
		__builtin_memcpy(ret_ip->word + 6, p->destination.word, sizeof(p->destination));
		return;
	}
	ret_ip->word[0] = bpf_htonl(0x45U << 24);
	ret_ip->word[1] = ret_ip->word[2] = 0;
	ret_ip->word[3] = p->source.word[3];
	ret_ip->word[4] = p->destination.word[3];
}

/* Key of the connection or request that an arriving packet belongs to. */
static __always_inline void cookie_flow_key(const struct packet *p, struct wire_flow_key *ret_key)
{
	flow_key_set(ret_key, &p->destination, &p->source,
		FLOW_KEY_PORTS(p->destination_port, p->source_port, p->protocol));
}

/* The socket of this machine that would get the packet, or NULL. To be released. */
static __always_inline struct bpf_sock *cookie_socket(void *ctx, const struct packet *p)
{
	__be16 from = bpf_htons(p->source_port), to = bpf_htons(p->destination_port);
	struct bpf_sock_tuple tuple;

	if (p->ip_version == 6) {
		__builtin_memcpy(tuple.ipv6.saddr, p->source.word, sizeof(p->source));
		__builtin_memcpy(tuple.ipv6.daddr, p->destination.word, sizeof(p->destination));
		tuple.ipv6.sport = from;
		tuple.ipv6.dport = to;
		return bpf_skc_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
	}
	tuple.ipv4.saddr = p->source.word[3];
	tuple.ipv4.daddr = p->destination.word[3];
	tuple.ipv4.sport = from;
	tuple.ipv4.dport = to;
	return bpf_skc_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
}

/* Whether a SYN may go to the socket of its connection now; then it is noted. */
static __always_inline bool cookie_again(const struct packet *p, __u64 wait_ns, __u64 now)
{
	struct wire_flow_key key;
	struct wire_flow *flow;

	cookie_flow_key(p, &key);
	flow = bpf_map_lookup_elem(&flows, &key);
	if (flow && flow_is_younger(flow, now, wait_ns))
		return false;
	if (flow)
		flow->seen_ns = now;
	else
		flow_write(&key, now, WIRE_FLOW_OPEN, 0);
	return true;
}

/* Results of asking for a cookie, beside the cookie itself (MSS << 32 | number). */
enum cookie_answer {
	COOKIE_NONE = -1,      /* the kernel does not make one */
	COOKIE_CLOSED = -2,    /* nothing listens there */
	COOKIE_CONNECTED = -3, /* the connection has a socket, which is to answer */
};

#define COOKIE_SYN_BYTES (REPLY_TCP_BYTES + 4) /* of the SYN as the helpers see it */

/* A cookie without a socket: the same number, nobody is told. */
static __always_inline __s64 cookie_raw(
	const struct packet *p, struct cookie_ip *ip, struct reply_tcp *syn)
{
	__s64 value;

	if (p->ip_version == 6)
		value = bpf_tcp_raw_gen_syncookie_ipv6((void *)ip, (void *)syn, COOKIE_SYN_BYTES);
	else
		value = bpf_tcp_raw_gen_syncookie_ipv4((void *)ip, (void *)syn, COOKIE_SYN_BYTES);
	return value < 0 ? COOKIE_NONE : value;
}

/* A cookie of the listening socket, which so knows that cookies are about. */
static __always_inline __s64 cookie_of_listener(void *ctx, const struct packet *p,
	struct cookie_ip *ip, struct reply_tcp *syn, const struct wire_offer_key *at, __u64 now)
{
	struct bpf_sock *socket = cookie_socket(ctx, p);
	__u32 ip_bytes = p->ip_version == 6 ? 40 : 20;
	__u32 state;
	__s64 value;

	if (!socket)
		return COOKIE_CLOSED;
	state = socket->state;
	if (state == BPF_TCP_LISTEN) {
		value = bpf_tcp_gen_syncookie(socket, ip, ip_bytes, (void *)syn, COOKIE_SYN_BYTES);
		bpf_sk_release(socket);
		if (value < 0)
			return COOKIE_NONE;
		bpf_map_update_elem(&listeners, at, &now, BPF_ANY);
		return value;
	}
	bpf_sk_release(socket);
	if (cookie_again(
		    p, state == BPF_TCP_TIME_WAIT ? COOKIE_TIME_WAIT_NS : COOKIE_AGAIN_NS, now))
		return COOKIE_CONNECTED;
	return cookie_raw(p, ip, syn);
}

/* Whether somebody listened at the SYN's destination just now, and the connection is none that
 * might have a socket: all that have one since the gate stands are in flows. */
static __always_inline bool cookie_is_expected(
	const struct packet *p, const struct wire_offer_key *at, __u64 now)
{
	const __u64 *told_ns = bpf_map_lookup_elem(&listeners, at);
	struct wire_flow_key key;

	if (!told_ns || (__s64)(now - *told_ns) >= (__s64)COOKIE_LISTENER_NS)
		return false;
	cookie_flow_key(p, &key);
	return !bpf_map_lookup_elem(&flows, &key);
}

/* A cookie, from whoever has to accept it. COOKIE_NONE also without syncookies=2 or with a full
 * accept queue. */
static __always_inline __s64 cookie_make(void *ctx, const struct packet *p,
	const struct wire_target *target, struct reply_tcp *syn, const struct wire_offer_key *at,
	const struct wire_offer *server, __u64 now)
{
	struct cookie_ip ip;
	__s64 value;

	cookie_ip_make(p, &ip);
	if (!(target->flags & WIRE_TARGET_LOCAL) || cookie_is_expected(p, at, now))
		return cookie_raw(p, &ip, syn);
	value = cookie_of_listener(ctx, p, &ip, syn, at, now);
	/* answered before, but by no socket of ours: redirected (DNAT), so it goes its usual way */
	return value == COOKIE_CLOSED && server ? COOKIE_CONNECTED : value;
}

/* Reads the options of the SYN, and makes of it what the helpers need: a header with MSS alone. */
static __always_inline bool cookie_read(
	const struct xdp_md *ctx, const struct packet *p, struct reply_work *work)
{
	const __u8 *tcp = (const __u8 *)(long)ctx->data, *end = (const __u8 *)(long)ctx->data_end;
	__u32 mss;

	if (p->is_tunnelled || p->transport_offset > PACKET_OFFSET_MAX)
		return false;
	tcp += p->transport_offset;
	reply_options_read(work, tcp, end, p->tcp_header_bytes);
	mss = work->client.mss;
	if (!mss)
		mss = p->ip_version == 6 ? REPLY_MSS6 : REPLY_MSS4;
	work->tcp = (struct reply_tcp){
		.source = bpf_htons(p->source_port),
		.destination = bpf_htons(p->destination_port),
		.sequence = bpf_htonl(p->tcp_sequence),
		.offset = COOKIE_SYN_BYTES << 2,
		.flags = PACKET_SYN,
		.option = { bpf_htonl(2U << 24 | 4U << 16 | mss) },
	};
	return true;
}

/*
 * Answers a SYN to a target under attack. COOKIE_SENT: the packet is now the SYN-ACK, for
 * XDP_TX. NO_LISTENER: to be dropped. KNOWN_FLOW, CLEAN: not for a cookie, or none could be made
 * (which is counted); the server is to have the SYN. Only for enforce: it rewrites the packet. A
 * global function, so that the verifier walks it once.
 */
__noinline enum wire_reason cookie_syn(struct xdp_md *ctx, const struct packet *p,
	const struct wire_target *target, struct wire_host *host, __u64 now)
{
	struct wire_offer_key key;
	const struct wire_offer *server;
	const struct wire_settings *set;
	struct reply_work *work;
	struct reply_offer offer;
	__u32 tcp_bytes, zero = 0;
	bool is_ip6;
	__s64 value;

	if (!p || !target)
		return WIRE_REASON_CLEAN;
	key = (struct wire_offer_key){ .addr = p->destination, .port = p->destination_port };
	is_ip6 = p->ip_version == 6;
	server = bpf_map_lookup_elem(&offers, &key);
	set = bpf_map_lookup_elem(&settings, &zero);
	work = bpf_map_lookup_elem(&reply_work, &zero);
	if (!set || !work || !cookie_read(ctx, p, work))
		goto lost;
	value = cookie_make(ctx, p, target, &work->tcp, &key, server, now);
	if (value == COOKIE_CLOSED)
		return WIRE_REASON_NO_LISTENER;
	if (value == COOKIE_CONNECTED)
		return WIRE_REASON_KNOWN_FLOW;
	if (value < 0)
		goto lost;
	if (host && (target->flags & WIRE_TARGET_LOCAL))
		host->listener_seen_ns = now;
	reply_offer_make(server, set, &work->client, is_ip6, (__u16)(value >> 32), &offer);
	/* Data has to wait for the server, which synproxy has yet to ask; then it says a window. */
	if (!(target->flags & WIRE_TARGET_LOCAL))
		offer.window = 0;
	tcp_bytes =
		reply_write(work, (__u32)value, &offer, is_ip6, &p->destination, &p->source, now);
	if (reply_place(ctx, p->ip_offset, work, is_ip6, tcp_bytes))
		return WIRE_REASON_COOKIE_SENT;
lost:
	count_loss(WIRE_LOSS_REPLIES);
	return WIRE_REASON_CLEAN;
}

/* True when an ACK brings back a cookie that we have sent. */
static __always_inline bool cookie_is_back(const struct packet *p)
{
	struct reply_tcp tcp = {
		.source = bpf_htons(p->source_port),
		.destination = bpf_htons(p->destination_port),
		.sequence = bpf_htonl(p->tcp_sequence),
		.acknowledged = bpf_htonl(p->tcp_acknowledged),
	};
	struct cookie_ip ip;

	cookie_ip_make(p, &ip);
	if (p->ip_version == 6)
		return !bpf_tcp_raw_check_syncookie_ipv6((void *)&ip, (void *)&tcp);
	return !bpf_tcp_raw_check_syncookie_ipv4((void *)&ip, (void *)&tcp);
}

/* True when the packet belongs to a connection of this machine's that has a socket. Connections
 * that are older than the gate, or were silent for longer than it remembers, are found so. */
static __always_inline bool cookie_has_socket(void *ctx, const struct packet *p)
{
	struct bpf_sock *socket = cookie_socket(ctx, p);
	bool is_connected;

	if (!socket)
		return false;
	is_connected = socket->state != BPF_TCP_LISTEN && socket->state != BPF_TCP_NEW_SYN_RECV;
	bpf_sk_release(socket);
	return is_connected;
}

/* Judges TCP other than SYN to a target under attack: KNOWN_FLOW, COOKIE_VALID (from now on a known
 * flow) or COOKIE_INVALID. Changes nothing of the packet, so it serves every mode. has_cookies:
 * cookie_is_completed(), without which none was sent that could come back. */
static __noinline enum wire_reason cookie_tcp(void *ctx, const struct packet *p,
	const struct wire_target *target, __u64 now, bool has_cookies)
{
	bool has_ack = p->tcp_flags & PACKET_ACK;
	struct wire_flow_key key;

	cookie_flow_key(p, &key);
	if (flow_is_known(&key, has_ack ? p->tcp_acknowledged : 0, now))
		return WIRE_REASON_KNOWN_FLOW;
	if (has_cookies && has_ack && !(p->tcp_flags & (PACKET_SYN | PACKET_RST)) &&
		cookie_is_back(p)) {
		flow_write(&key, now, WIRE_FLOW_OPEN, 0);
		return WIRE_REASON_COOKIE_VALID;
	}
	if (!(target->flags & WIRE_TARGET_LOCAL) || !cookie_has_socket(ctx, p))
		return WIRE_REASON_COOKIE_INVALID;
	flow_write(&key, now, WIRE_FLOW_OPEN, 0);
	return WIRE_REASON_KNOWN_FLOW;
}

/* Judges a UDP datagram from an amplifier's port to a target under attack. */
static __always_inline enum wire_reason request_answered(const struct packet *p, __u64 now)
{
	struct wire_flow_key key;

	cookie_flow_key(p, &key);
	return request_is_known(&key, now) ? WIRE_REASON_SOLICITED : WIRE_REASON_UNSOLICITED;
}

#endif

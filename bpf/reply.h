/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * reply.h - the SYN-ACK with a cookie that the gate sends itself, for the server.
 *
 * The answer is built aside and written over the SYN from its IP header on: so IP options and IPv6
 * extension headers of the SYN need no care, VLAN tags stay as they are, and the packet is not
 * touched before all that can fail has gone well.
 *
 * A cookie has no room for window scale and SACK. They travel in the low bits of the timestamp that
 * the client sends back (the layout of Linux, net/ipv4/syncookies.c and nf_synproxy_core.c), so a
 * client without timestamps gets neither. ECN is not offered: its loss costs nobody a connection.
 */
#ifndef WEIR_BPF_REPLY_H
#define WEIR_BPF_REPLY_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "packet.h"
#include "wire.h"

#define REPLY_TCP_BYTES 20     /* header without options */
#define REPLY_TCP_MAX_BYTES 60 /* its data offset says no more */
#define REPLY_OPTION_WORDS 5
#define REPLY_NO_SCALE 255

/* Options that are looked at: senders put 8 or so into a SYN. */
#define REPLY_OPTIONS_MAX 16

/* What a sender that says nothing can take (RFC 9293, 3.7.1; RFC 8200: 1280 without headers). */
#define REPLY_MSS4 536
#define REPLY_MSS6 1220

/* When nothing is known of the server: 44 segments of 1460 bytes, what Linux offers itself with
 * its net.ipv4.tcp_rmem; its time to live. */
#define REPLY_WINDOW 64240
#define REPLY_TTL 64

#define REPLY_LINK_MAX_BYTES 64 /* Ethernet and its tags; more is not turned round */

/* Low bits of a timestamp that carries options (kernel: TS_OPT_…). */
#define REPLY_TS_BITS 6
#define REPLY_TS_NO_SCALE 0xf
#define REPLY_TS_SACK (1U << 4)

#define REPLY_NS_PER_MS 1000000 /* the clock of Linux' timestamps: ms of CLOCK_MONOTONIC */

struct reply_tcp {
	__be16 source, destination;
	__be32 sequence, acknowledged;
	__u8 offset; /* words << 4 */
	__u8 flags;
	__be16 window;
	__u16 checksum;
	__be16 urgent;
	__be32 option[REPLY_OPTION_WORDS];
};
_Static_assert(sizeof(struct reply_tcp) == 40, "goes on the wire");

/* What a SYN or SYN-ACK says of its sender. */
struct reply_options {
	__u32 timestamp; /* as on the wire */
	__u16 mss;	 /* 0: not said */
	__u8 window_scale;
	__u8 has_sack, has_timestamps;
	__u8 pad[3];
};

/* Map reply_work: one a processor; what would be too much for the stack. */
struct reply_work {
	__be32 ip[10]; /* the answer from its IP header on; IPv4 takes the last five words */
	struct reply_tcp tcp;
	struct reply_options client;
	__u32 at; /* option that is being read; in a map the verifier does not count its values */
};
#define REPLY_IP4_WORD 5

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reply_work);
} reply_work SEC(".maps");

/* Reads one option that begins at at and ends before end; unknown and cut ones are left out. */
static __always_inline void reply_option_read(
	const __u8 *at, const __u8 *end, struct reply_options *options)
{
	if (at[0] == 2 && at + 4 <= end) {
		options->mss = (__u16)(at[2] << 8 | at[3]);
	} else if (at[0] == 3 && at + 3 <= end) {
		options->window_scale = at[2] > 14 ? 14 : at[2]; /* RFC 7323, 2.3 */
	} else if (at[0] == 4) {
		options->has_sack = 1;
	} else if (at[0] == 8 && at + 10 <= end) {
		options->has_timestamps = 1;
		__builtin_memcpy(&options->timestamp, at + 2, 4);
	}
}

/* Reads the options of the SYN or SYN-ACK at tcp, whose data offset says bytes; end: the
 * frame's. */
static __always_inline void reply_options_read(
	struct reply_work *work, const __u8 *tcp, const __u8 *end, __u32 bytes)
{
	volatile __u32 *place = &work->at;

	work->client = (struct reply_options){ .window_scale = REPLY_NO_SCALE };
	*place = REPLY_TCP_BYTES;
	for (int i = 0; i < REPLY_OPTIONS_MAX; i++) {
		__u32 at = *place;
		const __u8 *option = tcp + at;

		if (at >= bytes || at >= REPLY_TCP_MAX_BYTES || option + 1 > end || option[0] == 0)
			break;
		if (option[0] == 1) {
			*place = at + 1;
			continue;
		}
		if (option + 2 > end || option[1] < 2 || at + option[1] > bytes)
			break;
		reply_option_read(option, end, &work->client);
		*place = at + option[1];
	}
}

/* What the answer offers: what the server would (as learned, else the settings), of that what the
 * client can. mss: what the cookie remembers of the client's. */
struct reply_offer {
	__u16 mss, window;
	__u8 window_scale, ttl;
	bool has_sack, has_timestamps;
};

static __always_inline void reply_offer_make(const struct wire_offer *server,
	const struct wire_settings *settings, const struct reply_options *client, bool is_ip6,
	__u16 mss, struct reply_offer *ret_offer)
{
	bool has_scale = server ? server->window_scale != REPLY_NO_SCALE : true;
	__u8 scale = server ? server->window_scale : settings->cookie_window_scale;
	__u16 known = server ? server->mss : 0;

	if (!known)
		known = is_ip6 ? settings->cookie_mss6 : settings->cookie_mss4;
	ret_offer->mss = known < mss || !client->mss ? known : mss;
	ret_offer->window = server && server->window ? server->window : REPLY_WINDOW;
	ret_offer->ttl = server && server->ttl ? server->ttl : REPLY_TTL;
	ret_offer->has_timestamps = client->has_timestamps && (!server || server->has_timestamps);
	ret_offer->has_sack =
		ret_offer->has_timestamps && client->has_sack && (!server || server->has_sack);
	has_scale = has_scale && ret_offer->has_timestamps && client->window_scale <= 14;
	ret_offer->window_scale = has_scale ? scale : REPLY_NO_SCALE;
}

/* Our timestamp: the time, its low bits the options, not later than now (the server's own
 * timestamps go on from there). The scale in it is the client's; ours the server knows. */
static __always_inline __u32 reply_timestamp(
	const struct reply_offer *offer, const struct reply_options *client, __u64 now)
{
	__u32 time_ms = (__u32)(now / REPLY_NS_PER_MS);
	__u32 bits = REPLY_TS_NO_SCALE;
	__u32 stamp;

	if (offer->window_scale != REPLY_NO_SCALE)
		bits = client->window_scale;
	if (offer->has_sack)
		bits |= REPLY_TS_SACK;
	stamp = (time_ms >> REPLY_TS_BITS << REPLY_TS_BITS) | bits;
	return stamp > time_ms ? stamp - (1U << REPLY_TS_BITS) : stamp;
}

/* Writes the options and returns the length of the header: 24 bytes with MSS alone, 40 with all. */
static __always_inline __u32 reply_options_write(struct reply_tcp *tcp,
	const struct reply_offer *offer, const struct reply_options *client, __u64 now)
{
	tcp->option[0] = bpf_htonl(2U << 24 | 4U << 16 | offer->mss);
	if (!offer->has_timestamps)
		return REPLY_TCP_BYTES + 4;
	tcp->option[1] = bpf_htonl(offer->has_sack ? 0x0402080a : 0x0101080a);
	tcp->option[2] = bpf_htonl(reply_timestamp(offer, client, now));
	tcp->option[3] = client->timestamp;
	tcp->option[4] =
		bpf_htonl(offer->window_scale != REPLY_NO_SCALE ? 0x01030300 | offer->window_scale
								: 0x01010101);
	return REPLY_TCP_BYTES + 20;
}

/* Sum of words for the Internet checksum (RFC 1071), which does not mind their order. */
static __always_inline __u64 reply_sum(const __be32 *words, int count)
{
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < count; i++)
		sum += words[i];
	return sum;
}

static __always_inline __u16 reply_checksum(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

/* Fills the IP header, from the server to the client. */
static __always_inline void reply_ip_write(struct reply_work *work, bool is_ip6,
	const struct wire_addr *server, const struct wire_addr *client, __u8 ttl, __u32 tcp_bytes)
{
	__be32 *ip = work->ip + REPLY_IP4_WORD;

	if (is_ip6) {
		work->ip[0] = bpf_htonl(6U << 28);
		work->ip[1] = bpf_htonl(tcp_bytes << 16 | 6 << 8 | ttl);
		__builtin_memcpy(work->ip + 2, server->word, sizeof(server->word));
		__builtin_memcpy(work->ip + 6, client->word, sizeof(client->word));
		return;
	}
	ip[0] = bpf_htonl(0x45U << 24 | (20 + tcp_bytes));
	ip[1] = bpf_htonl(0x4000); /* do not fragment, as Linux sends it */
	ip[2] = bpf_htonl((__u32)ttl << 24 | 6 << 16);
	ip[3] = server->word[3];
	ip[4] = client->word[3];
	/* the checksum is the low half of its word on the wire */
	ip[2] |= bpf_htonl(bpf_ntohs(reply_checksum(reply_sum(ip, 5))));
}

/* Sum of pseudo header (RFC 9293, 3.1; RFC 8200, 8.1) and TCP; of IPv4 only the last words of the
 * addresses count. */
static __always_inline __u16 reply_tcp_checksum(const struct reply_work *work, bool is_ip6,
	const struct wire_addr *server, const struct wire_addr *client, __u32 tcp_bytes)
{
	const __be32 *words = (const __be32 *)&work->tcp;
	__u64 sum = (__u64)server->word[3] + client->word[3] + bpf_htonl(6 << 16 | tcp_bytes);

	if (is_ip6)
		sum += reply_sum(server->word, 3) + reply_sum(client->word, 3);
	sum += reply_sum(words, 6);
	if (tcp_bytes > REPLY_TCP_BYTES + 4)
		sum += reply_sum(words + 6, REPLY_OPTION_WORDS - 1);
	return reply_checksum(sum);
}

/* Makes of the SYN header in work.tcp (ports and sequence number) the answer's, with its IP header
 * and checksums; returns the length of the TCP header. */
static __always_inline __u32 reply_write(struct reply_work *work, __u32 cookie,
	const struct reply_offer *offer, bool is_ip6, const struct wire_addr *server,
	const struct wire_addr *client, __u64 now)
{
	struct reply_tcp *tcp = &work->tcp;
	__u32 tcp_bytes = reply_options_write(tcp, offer, &work->client, now);
	__be16 client_port = tcp->source;

	tcp->source = tcp->destination;
	tcp->destination = client_port;
	tcp->acknowledged = bpf_htonl(bpf_ntohl(tcp->sequence) + 1);
	tcp->sequence = bpf_htonl(cookie);
	tcp->offset = (__u8)(tcp_bytes << 2);
	tcp->flags = PACKET_SYN | PACKET_ACK;
	tcp->window = bpf_htons(offer->window);
	reply_ip_write(work, is_ip6, server, client, offer->ttl, tcp_bytes);
	tcp->checksum = reply_tcp_checksum(work, is_ip6, server, client, tcp_bytes);
	return tcp_bytes;
}

/* Copies so many bytes of the answer to where the frame's IP header begins; bytes is a constant, so
 * that the copy is by words. */
static __always_inline bool reply_copy(
	struct xdp_md *ctx, __u32 ip_offset, const __be32 *from, const __u32 bytes)
{
	__u8 *place = (__u8 *)(long)ctx->data + ip_offset;

	if (place + bytes > (__u8 *)(long)ctx->data_end)
		return false;
#pragma unroll
	for (__u32 i = 0; i < bytes / 4; i++)
		((__be32 *)place)[i] = from[i];
	return true;
}

static __always_inline bool reply_turn_link(struct xdp_md *ctx)
{
	__u16 *mac = (__u16 *)(long)ctx->data; /* destination, source: three words each */

	if (mac + 6 > (__u16 *)(long)ctx->data_end)
		return false;
#pragma unroll
	for (int i = 0; i < 3; i++) {
		__u16 destination = mac[i];

		mac[i] = mac[i + 3];
		mac[i + 3] = destination;
	}
	return true;
}

/* Puts the answer in place of the SYN whose IP header begins at ip_offset, and turns the link
 * header round. False, and the packet as it was, when it cannot grow. */
static __always_inline bool reply_place(struct xdp_md *ctx, __u32 ip_offset,
	const struct reply_work *work, bool is_ip6, __u32 tcp_bytes)
{
	const __be32 *ip4 = work->ip + REPLY_IP4_WORD;
	bool is_short = tcp_bytes == REPLY_TCP_BYTES + 4;
	__u32 bytes = ip_offset + tcp_bytes + (is_ip6 ? 40 : 20);

	if (ip_offset < 14 || ip_offset > REPLY_LINK_MAX_BYTES)
		return false;
	if (bpf_xdp_adjust_tail(ctx, (int)(bytes - (__u32)bpf_xdp_get_buff_len(ctx))))
		return false;
	if (!reply_turn_link(ctx))
		return false;
	if (is_ip6)
		return is_short ? reply_copy(ctx, ip_offset, work->ip, 64)
				: reply_copy(ctx, ip_offset, work->ip, 80);
	return is_short ? reply_copy(ctx, ip_offset, ip4, 44) : reply_copy(ctx, ip_offset, ip4, 60);
}

#endif

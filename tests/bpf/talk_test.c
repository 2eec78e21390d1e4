/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/talk_test.c - several packets in both directions: a handshake by cookie, with the answer
 * looked at byte by byte; what egress learns of connections, requests and the server's options, and
 * what guard makes of it; what comes out of the ring of samples.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "bpf/kernel.h"

#define SYN_SEQ 0x01020304u /* what frame.h gives a segment by default */
#define FULL_SYN "tcp:S,mss=1460,sack,ts=77,wscale=7"

static struct kernel kernel;
static const char *obstacle;
static struct frame_text frame;
static uint8_t out[FRAME_MAX + 256];
static size_t out_len;

static int begin(void **state)
{
	(void)state;
	if (!obstacle)
		kernel_reset(&kernel);
	return 0;
}

#define NEEDS_KERNEL()                                                                             \
	do {                                                                                       \
		if (obstacle) {                                                                    \
			print_message("skipped: %s\n", obstacle);                                  \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

/* Sends a frame and says for which reason it went where it went. */
static enum wire_reason send_frame(enum program program, const char *text)
{
	struct kernel_counts before, after;

	frame_write(text, &frame);
	kernel_counts(&kernel, &before);
	if (kernel_run(&kernel, program, frame.bytes, frame.len, out, &out_len) == VERDICT_UNKNOWN)
		fail_msg("%s: no verdict", text);
	kernel_counts(&kernel, &after);
	for (unsigned i = 0; i < WIRE_REASON_COUNT; i++)
		if (after.reason[i].packets != before.reason[i].packets)
			return (enum wire_reason)i;
	return WIRE_REASON_COUNT;
}

static void expect(enum program program, const char *text, enum wire_reason expected)
{
	enum wire_reason reason = send_frame(program, text);

	if (reason != expected)
		fail_msg("%s on %s: %s, expected %s", text, kernel_program_names[program],
			reason < WIRE_REASON_COUNT ? kernel_reason_names[reason] : "nothing",
			kernel_reason_names[expected]);
}

static uint32_t load32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static unsigned load16(const uint8_t *at)
{
	return (unsigned)(at[0] << 8 | at[1]);
}

/* The TCP header of the answer: link header and tags as they were but for the MAC addresses, which
 * are exchanged; then IP without options. */
static const uint8_t *answer_tcp(void)
{
	const uint8_t *ip = out + frame.ip_offset;

	assert_memory_equal(out, frame.bytes + 6, 6);
	assert_memory_equal(out + 6, frame.bytes, 6);
	assert_memory_equal(out + 12, frame.bytes + 12, frame.ip_offset - 12);
	return ip + (frame.version == 4 ? 20 : 40);
}

static void check_ip(const uint8_t *tcp)
{
	const uint8_t *ip = out + frame.ip_offset, *asked = frame.bytes + frame.ip_offset;
	size_t size = frame.version == 4 ? 4 : 16, from = frame.version == 4 ? 12 : 8;
	size_t tcp_len = (size_t)(tcp[12] >> 4) * 4;

	assert_memory_equal(ip + from, asked + from + size, size);
	assert_memory_equal(ip + from + size, asked + from, size);
	if (frame.version == 4) {
		assert_int_equal(ip[0], 0x45);
		assert_int_equal(ip[9], 6);
		assert_int_equal(load16(ip + 2), 20 + tcp_len);
		assert_int_equal(load16(ip + 6) & 0x3fff, 0); /* not a fragment */
		assert_int_equal(frame_sum(ip, 20, 0), 0);
	} else {
		assert_int_equal(ip[0] >> 4, 6);
		assert_int_equal(ip[6], 6);
		assert_int_equal(load16(ip + 4), tcp_len);
	}
	assert_int_equal(frame_transport_sum(ip, tcp, tcp_len, 6), 0);
	assert_true(out_len >= frame.ip_offset + from + 2 * size + tcp_len);
}

/* Value of an option of 1, 2 or 4 bytes (of 8: the first 4), or -1. */
static int64_t option(const uint8_t *tcp, uint8_t kind)
{
	size_t end = (size_t)(tcp[12] >> 4) * 4;

	for (size_t at = 20; at < end && tcp[at] != 0; at += tcp[at] == 1 ? 1 : tcp[at + 1]) {
		if (tcp[at] == 1)
			continue;
		assert_true(at + 1 < end && tcp[at + 1] >= 2 && at + tcp[at + 1] <= end);
		if (tcp[at] != kind)
			continue;
		return tcp[at + 1] == 2	  ? 0
		       : tcp[at + 1] == 3 ? tcp[at + 2]
		       : tcp[at + 1] == 4 ? load16(tcp + at + 2)
					  : load32(tcp + at + 2);
	}
	return -1;
}

/* Sends a SYN, looks at the answer, gives the TCP header of it. */
static const uint8_t *syn_answered(const char *text)
{
	const uint8_t *tcp;

	expect(PROGRAM_XDP, text, WIRE_REASON_COOKIE_SENT);
	tcp = answer_tcp();
	assert_int_equal(load16(tcp), 80);
	assert_int_equal(load16(tcp + 2), 40000);
	assert_int_equal(load32(tcp + 8), SYN_SEQ + 1);
	assert_int_equal(tcp[13] & 0x3f, 0x12);
	check_ip(tcp);
	return tcp;
}

/* A whole handshake behind the layers that lead to TCP. */
static void handshake(const char *layers)
{
	char text[512];
	uint32_t cookie;

	frame_write("ip4 tcp:S", &frame);
	snprintf(text, sizeof(text), "%s %s", layers, FULL_SYN);
	frame_write(text, &frame);
	kernel_set(&kernel, "high:SYN=100 high:TCP=100 hot:SYN", &frame);
	cookie = load32(syn_answered(text) + 4);
	snprintf(text, sizeof(text), "%s tcp:A,seq=%u,ack=%u", layers, SYN_SEQ + 1,
		cookie + 0x00100000);
	expect(PROGRAM_XDP, text, WIRE_REASON_COOKIE_INVALID);
	snprintf(text, sizeof(text), "%s tcp:A,40001>80,seq=%u,ack=%u", layers, SYN_SEQ + 1,
		cookie + 1);
	expect(PROGRAM_XDP, text, WIRE_REASON_COOKIE_INVALID);
	snprintf(text, sizeof(text), "%s tcp:R,seq=%u,ack=%u", layers, SYN_SEQ + 1, cookie + 1);
	expect(PROGRAM_XDP, text, WIRE_REASON_COOKIE_INVALID);
	snprintf(text, sizeof(text), "%s tcp:A,seq=%u,ack=%u", layers, SYN_SEQ + 1, cookie + 1);
	expect(PROGRAM_XDP, text, WIRE_REASON_COOKIE_VALID);
	assert_int_equal(out_len, frame.len);
	assert_memory_equal(out, frame.bytes, frame.len);
	snprintf(text, sizeof(text), "%s tcp:PA,seq=%u,ack=%u text:GET", layers, SYN_SEQ + 1,
		cookie + 1);
	expect(PROGRAM_XDP, text, WIRE_REASON_KNOWN_FLOW);
}

#define HANDSHAKE(name, layers)                                                                    \
	static void handshake_##name(void **state)                                                 \
	{                                                                                          \
		(void)state;                                                                       \
		NEEDS_KERNEL();                                                                    \
		handshake(layers);                                                                 \
	}

HANDSHAKE(ipv4, "ip4")
HANDSHAKE(ipv6, "ip6")
HANDSHAKE(vlan, "vlan:5 ip4")
HANDSHAKE(qinq, "qinq:5 vlan:6 ip4")
HANDSHAKE(vlan_ipv6, "vlan:5 ip6")
HANDSHAKE(options, "ip4:options=40")
HANDSHAKE(extensions, "ip6 hop dest")

static void ask(const char *words, const char *text)
{
	frame_write(text, &frame);
	kernel_set(&kernel, "high:SYN=100 high:TCP=100 hot:SYN", &frame);
	kernel_set(&kernel, words, &frame);
}

/* Turning the MAC addresses round does not lead back through a label stack. */
static void not_answered_in_mpls(void **state)
{
	(void)state;
	NEEDS_KERNEL();
	ask("", "ip4 " FULL_SYN);
	expect(PROGRAM_XDP, "mpls. ip4 " FULL_SYN, WIRE_REASON_CLEAN);
	assert_memory_equal(out, frame.bytes, frame.len);
}

static void cookie_with_all_options(void **state)
{
	const uint8_t *tcp;

	(void)state;
	NEEDS_KERNEL();
	ask("", "ip4 " FULL_SYN);
	tcp = syn_answered("ip4 " FULL_SYN);
	assert_int_equal(option(tcp, 2), 1460);
	assert_int_equal(option(tcp, 3), 7);
	assert_int_equal(option(tcp, 4), 0);
	assert_true(option(tcp, 8) >= 0);
}

static void cookie_for_a_bare_syn(void **state)
{
	const uint8_t *tcp;

	(void)state;
	NEEDS_KERNEL();
	ask("", "ip4 tcp:S");
	tcp = syn_answered("ip4 tcp:S");
	assert_int_equal(option(tcp, 2), 1460);
	assert_int_equal(option(tcp, 3), -1);
	assert_int_equal(option(tcp, 4), -1);
	assert_int_equal(option(tcp, 8), -1);
	tcp = syn_answered("ip4:len=40 tcp:S data:6"); /* Ethernet padding */
	assert_int_equal(option(tcp, 3), -1);
}

/* What the server itself would have offered. */
static void cookie_like_the_server(void **state)
{
	struct wire_offer offer = {
		.mss = 1200, .window_scale = 3, .has_timestamps = 1, .ttl = 57, .window = 29200
	};
	struct wire_offer_key key = { .port = 80 };
	const uint8_t *tcp;

	(void)state;
	NEEDS_KERNEL();
	ask("", "ip4 " FULL_SYN);
	frame_addr("198.51.100.10", key.addr.byte, NULL);
	assert_int_equal(
		bpf_map_update_elem(kernel.map[KERNEL_MAP_offers], &key, &offer, BPF_ANY), 0);
	tcp = syn_answered("ip4 " FULL_SYN);
	assert_int_equal(option(tcp, 2), 1200);
	assert_int_equal(option(tcp, 3), 3);
	assert_int_equal(option(tcp, 4), -1);
	assert_int_equal(out[frame.ip_offset + 8], 57);
	assert_int_equal(load16(tcp + 14), 0); /* synproxy says when the server is there */
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static void cookie_of_own_listener(void **state)
{
	int fd;

	(void)state;
	NEEDS_KERNEL();
	fd = listen_on(80);
	ask("protect:198.51.100.10/32,local", "ip4 " FULL_SYN);
	assert_true(load16(syn_answered("ip4 " FULL_SYN) + 14) > 0);
	expect(PROGRAM_XDP, "ip4 tcp:S,40000>81,mss=1460", WIRE_REASON_NO_LISTENER);
	kernel_reset(&kernel);
	ask("protect:2001:db8:b::10/128,local", "ip6 " FULL_SYN);
	syn_answered("ip6 " FULL_SYN);
	expect(PROGRAM_XDP, "ip6 tcp:S,40000>81,mss=1460", WIRE_REASON_NO_LISTENER);
	close(fd);
}

/* A SYN-ACK that leaves tells what the server offers, and that its acknowledgement is to pass. */
static void egress_learns_connections(void **state)
{
	struct wire_offer_key key = { .port = 80 };
	struct wire_offer offer = { 0 };

	(void)state;
	NEEDS_KERNEL();
	ask("hot:TCP", "ip4 tcp:A");
	expect(PROGRAM_XDP, "ip4 tcp:A,ack=5001", WIRE_REASON_COOKIE_INVALID);
	expect(PROGRAM_EGRESS,
		"ip4:198.51.100.10>192.0.2.1,ttl=60 "
		"tcp:SA,80>40000,seq=5000,mss=1300,sack,ts=9,wscale=5",
		WIRE_REASON_EGRESS_CLEAN);
	frame_addr("198.51.100.10", key.addr.byte, NULL);
	assert_int_equal(bpf_map_lookup_elem(kernel.map[KERNEL_MAP_offers], &key, &offer), 0);
	assert_int_equal(offer.mss, 1300);
	assert_int_equal(offer.window_scale, 5);
	assert_int_equal(offer.has_sack, 1);
	assert_int_equal(offer.has_timestamps, 1);
	assert_int_equal(offer.ttl, 60);
	expect(PROGRAM_XDP, "ip4 tcp:A,ack=777", WIRE_REASON_COOKIE_INVALID);
	expect(PROGRAM_XDP, "ip4 tcp:A,ack=5001", WIRE_REASON_KNOWN_FLOW);
	expect(PROGRAM_XDP, "ip4 tcp:PA,ack=5001 text:GET", WIRE_REASON_KNOWN_FLOW);
	expect(PROGRAM_XDP, "ip4 tcp:A,40001>80,ack=5001", WIRE_REASON_COOKIE_INVALID);
}

static void egress_learns_old_connections(void **state)
{
	(void)state;
	NEEDS_KERNEL();
	ask("hot:TCP", "ip6 tcp:A");
	expect(PROGRAM_XDP, "ip6 tcp:A,ack=5001", WIRE_REASON_COOKIE_INVALID);
	expect(PROGRAM_EGRESS, "ip6:2001:db8:b::10>2001:db8:a::1 tcp:PA,80>40000 text:HTTP",
		WIRE_REASON_EGRESS_CLEAN);
	expect(PROGRAM_XDP, "ip6 tcp:A,ack=5001", WIRE_REASON_KNOWN_FLOW);
}

static void egress_learns_requests(void **state)
{
	(void)state;
	NEEDS_KERNEL();
	ask("high:ANSWER=100 hot:ANSWER", "ip4 udp:53>40000 data:60");
	expect(PROGRAM_XDP, "ip4 udp:53>40000 data:60", WIRE_REASON_UNSOLICITED);
	expect(PROGRAM_EGRESS, "ip4:198.51.100.10>192.0.2.1 udp:40000>53 data:30",
		WIRE_REASON_EGRESS_CLEAN);
	expect(PROGRAM_XDP, "ip4 udp:53>40000 data:60", WIRE_REASON_SOLICITED);
	expect(PROGRAM_XDP, "vlan:5 ip4 udp:53>40000 data:60", WIRE_REASON_SOLICITED);
	expect(PROGRAM_XDP, "ip4 udp:53>40001 data:60", WIRE_REASON_UNSOLICITED);
	expect(PROGRAM_XDP, "ip4:192.0.2.2>198.51.100.10 udp:53>40000 data:60",
		WIRE_REASON_UNSOLICITED);
	expect(PROGRAM_TC, "ip4 udp:53>40000 data:60", WIRE_REASON_SOLICITED);
}

static struct wire_sample sampled;
static unsigned sample_count;

static int take_sample(void *context, void *data, size_t size)
{
	(void)context;
	assert_true(size >= sizeof(sampled));
	memcpy(&sampled, data, sizeof(sampled));
	sample_count++;
	return 0;
}

static void samples(void **state)
{
	struct ring_buffer *ring;

	(void)state;
	NEEDS_KERNEL();
	ring = ring_buffer__new(kernel.map[KERNEL_MAP_samples], take_sample, NULL, NULL);
	assert_non_null(ring);
	ring_buffer__consume(ring);
	sample_count = 0;
	kernel_set(&kernel, "block:192.0.2.1", NULL);
	expect(PROGRAM_XDP, "vlan:5 ip4 udp text:attackpacket", WIRE_REASON_BLOCKED);
	ring_buffer__consume(ring);
	assert_int_equal(sample_count, 1);
	assert_int_equal(sampled.reason, WIRE_REASON_BLOCKED);
	assert_int_equal(sampled.wire_len, frame.len);
	assert_int_equal(sampled.captured, frame.len);
	assert_int_equal(sampled.weight, 1);
	assert_memory_equal(sampled.bytes, frame.bytes, frame.len);
	expect(PROGRAM_TC, "ip4 udp data:300", WIRE_REASON_BLOCKED);
	ring_buffer__consume(ring);
	assert_int_equal(sample_count, 2);
	assert_int_equal(sampled.captured, WIRE_SAMPLE_BYTES);
	assert_int_equal(sampled.wire_len, frame.len);
	assert_memory_equal(sampled.bytes, frame.bytes, WIRE_SAMPLE_BYTES);
	expect(PROGRAM_XDP, "ip4:192.0.2.9>198.51.100.10 udp data:30", WIRE_REASON_CLEAN);
	ring_buffer__consume(ring);
	assert_int_equal(sample_count, 2);
	ring_buffer__free(ring);
}

/* A lease counts what it decided on. */
static void hits(void **state)
{
	struct wire_lease lease;
	struct wire_addr addr;

	(void)state;
	NEEDS_KERNEL();
	kernel_set(&kernel, "block:192.0.2.1", NULL);
	for (unsigned i = 0; i < 5; i++)
		expect(PROGRAM_XDP, "ip4 udp data:100", WIRE_REASON_BLOCKED);
	frame_addr("192.0.2.1", addr.byte, NULL);
	assert_int_equal(bpf_map_lookup_elem(kernel.map[KERNEL_MAP_blocked], &addr, &lease), 0);
	assert_int_equal(lease.hits, 5);
	assert_int_equal(lease.bytes, 5 * frame.len);
	assert_true(lease.last_hit_ns > 0 && lease.last_hit_ns <= kernel_now_ns());
}

#define CASE(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest cases[] = {
		CASE(handshake_ipv4),
		CASE(handshake_ipv6),
		CASE(handshake_vlan),
		CASE(handshake_qinq),
		CASE(handshake_vlan_ipv6),
		CASE(not_answered_in_mpls),
		CASE(handshake_options),
		CASE(handshake_extensions),
		CASE(cookie_with_all_options),
		CASE(cookie_for_a_bare_syn),
		CASE(cookie_like_the_server),
		CASE(cookie_of_own_listener),
		CASE(egress_learns_connections),
		CASE(egress_learns_old_connections),
		CASE(egress_learns_requests),
		CASE(samples),
		CASE(hits),
	};
	int failed;

	obstacle = kernel_obstacle();
	if (!obstacle && kernel_load(WEIR_BPF_FOLDER, KERNEL_ENTRIES, &kernel) < 0) {
		fprintf(stderr, "the kernel part does not load\n");
		return EXIT_FAILURE;
	}
	failed = cmocka_run_group_tests(cases, NULL, NULL);
	if (!obstacle)
		kernel_close(&kernel);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

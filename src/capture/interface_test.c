/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/interface_test.c - live sockets on virtual links, in a network namespace of their own.
 *
 * The namespace has a veth pair, one end of which is captured on while frames are put into the
 * other. Without root all is skipped. Frames that the kernel itself sends (neighbour discovery) are
 * passed over: the test's own carry a mark.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/interface.h"
#include "capture/interface_spread.h"

#define RING_BYTES (2U << 20)
#define SOCKETS 4
#define WAIT_MS 2000 /* at most, for what comes at once */
#define MARK 0xa7    /* last byte of our frames */

static bool has_namespace;

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static void open_group(const char *name, unsigned count, struct source **sources)
{
	static uint16_t fanout_id = 100;
	struct err err = { "" };
	int fds[SOCKETS];

	if (interface_open_sockets(name, count, RING_BYTES, ++fanout_id, &err, fds) < 0)
		fail_msg("%s", err.text);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(interface_source_open(
					 fds[i], RING_BYTES, name, (uint16_t)i, &err, &sources[i]),
			0);
}

static int packet_socket(const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void send_bytes(int fd, const uint8_t *bytes, size_t len)
{
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
}

/* An IPv4 packet from 198.51.100.a to 192.0.2.b; the mark is its last byte. Returns its length. */
static size_t build_ip4(uint8_t *at, uint8_t proto, uint8_t a, uint8_t b)
{
	const uint8_t header[] = { 0x45, 0, 0, 44, 0, 0, 0, 0, 64, proto, 0, 0, 198, 51, 100, a,
		192, 0, 2, b };

	memset(at, 0, 44);
	memcpy(at, header, sizeof(header));
	at[43] = MARK;
	return 44;
}

static size_t build_ip6(uint8_t *at, uint8_t next, uint8_t a, uint8_t b)
{
	memset(at, 0, 64);
	at[0] = 0x60;
	at[5] = 24;
	at[6] = next;
	at[7] = 64;
	at[8] = at[24] = 0x20;
	at[9] = at[25] = 0x01;
	at[10] = at[26] = 0x0d;
	at[11] = at[27] = 0xb8;
	at[23] = a;
	at[39] = b;
	at[63] = MARK;
	return 64;
}

/* Swaps source and destination. */
static void turn(uint8_t *ip)
{
	unsigned at = ip[0] >> 4 == 4 ? 12 : 8, len = ip[0] >> 4 == 4 ? 4 : 16;

	for (unsigned i = 0; i < len; i++) {
		uint8_t held = ip[at + i];

		ip[at + i] = ip[at + len + i];
		ip[at + len + i] = held;
	}
}

/* An Ethernet frame around an IP packet, with that many VLAN tags. Returns its length. */
static size_t build_frame(uint8_t *at, const uint8_t *ip, size_t ip_len, unsigned tags)
{
	size_t len = 12;

	memset(at, 0x02, 12);
	for (unsigned i = 0; i < tags; i++) {
		at[len++] = 0x81;
		at[len++] = 0x00;
		at[len++] = 0x00;
		at[len++] = (uint8_t)(7 + i);
	}
	at[len++] = ip[0] >> 4 == 4 ? 0x08 : 0x86;
	at[len++] = ip[0] >> 4 == 4 ? 0x00 : 0xdd;
	memcpy(at + len, ip, ip_len);
	return len + ip_len;
}

static bool is_ours(const struct frame *frame)
{
	return frame->captured_len > 20 && frame->bytes[frame->captured_len - 1] == MARK;
}

/* Reads until the sources have given `wanted` frames of ours in all, or the time is over. Counts by
 * source. */
static unsigned gather_for(unsigned wait_ms, struct source **sources, unsigned count,
	unsigned wanted, unsigned *counts, struct frame *ret_last)
{
	unsigned found = 0;

	for (unsigned waited = 0; found < wanted && waited < wait_ms; waited += 10) {
		struct timespec nap = { 0, 10 * NS_PER_MS };

		for (unsigned s = 0; s < count; s++) {
			struct frame frames[32];
			int read;

			while ((read = sources[s]->ops->read(sources[s], frames, 32, NULL)) > 0)
				for (int i = 0; i < read; i++) {
					if (!is_ours(&frames[i]))
						continue;
					found++;
					counts[s]++;
					if (ret_last)
						*ret_last = frames[i];
				}
		}
		if (found < wanted)
			nanosleep(&nap, NULL);
	}
	return found;
}

static unsigned gather(struct source **sources, unsigned count, unsigned wanted, unsigned *counts,
	struct frame *ret_last)
{
	return gather_for(WAIT_MS, sources, count, wanted, counts, ret_last);
}

/* A link that was set up drops what is sent until the kernel, some time later, has woken its
 * queues. Returns when something has come through, and nothing is under way. */
static void wait_until_it_carries(int out, struct source **sources, unsigned count)
{
	uint8_t ip[64] = { 0 }, bytes[128];
	unsigned counts[SOCKETS] = { 0 }, tries = 0, found;
	size_t len = build_frame(bytes, ip, build_ip4(ip, 17, 1, 2), 0);

	do {
		send_bytes(out, bytes, len);
		found = gather_for(20, sources, count, 1, counts, NULL);
	} while (found == 0 && ++tries < WAIT_MS / 20);
	assert_true(found > 0);
	while (gather_for(100, sources, count, 1, counts, NULL) > 0)
		;
}

static void make_links(void)
{
	struct source *source;
	int out;

	/* A random address, and with it the kernel's own frames, ends in the mark now and then. */
	run("ip link add veth0 address 02:00:00:00:00:01 type veth "
	    "peer name veth1 address 02:00:00:00:00:02");
	run("ip link set lo up; ip link set veth0 up; ip link set veth1 up");
	open_group("veth0", 1, &source);
	out = packet_socket("veth1");
	wait_until_it_carries(out, &source, 1);
	close(out);
	source_close(source);
}

static void need_namespace(void)
{
	if (!has_namespace) {
		print_message("needs root and network namespaces\n");
		skip();
	}
	if (if_nametoindex("veth0") == 0)
		make_links();
}

static void close_group(struct source **sources, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		source_close(sources[i]);
}

static void frames_come_with_time_and_length(void **state)
{
	struct source *source;
	struct frame frame = { 0 };
	struct source_stats stats;
	struct timespec now;
	uint8_t ip[64] = { 0 }, bytes[128];
	size_t len;
	int out;

	(void)state;
	need_namespace();
	open_group("veth0", 1, &source);
	out = packet_socket("veth1");
	len = build_frame(bytes, ip, build_ip4(ip, 17, 1, 2), 0);
	send_bytes(out, bytes, len);
	/* The last block is read at its first frame and stays ours: the bytes are still there. */
	for (unsigned i = 0; i < 200 && !frame.bytes; i++) {
		struct pollfd poll_for = { .fd = interface_source_fd(source), .events = POLLIN };

		poll(&poll_for, 1, 10);
		if (source->ops->read(source, &frame, 1, NULL) == 1 && !is_ours(&frame))
			frame.bytes = NULL;
	}
	assert_non_null(frame.bytes);
	clock_gettime(CLOCK_REALTIME, &now);
	assert_int_equal(frame.wire_len, len);
	assert_int_equal(frame.captured_len, len);
	assert_memory_equal(frame.bytes, bytes, len);
	assert_int_equal(frame.link_type, 1);
	assert_in_range((uint64_t)frame.time_ns, (uint64_t)(now.tv_sec - 60) * NS_PER_S,
		(uint64_t)(now.tv_sec + 1) * NS_PER_S);
	source->ops->stats(source, &stats);
	assert_true(stats.packets > 0 && stats.bytes >= len && stats.kernel_drops == 0);
	assert_int_equal(source->ops->read(source, &frame, 1, NULL) >= 0, 1);
	close(out);
	source_close(source);
}

static void a_tag_that_was_taken_off_is_put_back(void **state)
{
	struct source *source;
	uint8_t ip[64] = { 0 }, bytes[128];
	int out;

	(void)state;
	need_namespace();
	out = packet_socket("veth1");
	for (unsigned tags = 1; tags <= 2; tags++) {
		struct frame frame = { 0 };
		unsigned counts[1] = { 0 };
		size_t len = build_frame(bytes, ip, build_ip4(ip, 17, 1, 2), tags);

		open_group("veth0", 1, &source);
		send_bytes(out, bytes, len);
		assert_int_equal(gather(&source, 1, 1, counts, &frame), 1);
		assert_int_equal(frame.captured_len, len);
		assert_int_equal(frame.wire_len, len);
		source_close(source);
	}
	close(out);
}

static void what_goes_out_is_seen_too(void **state)
{
	struct source *source;
	uint8_t ip[64] = { 0 }, bytes[128];
	unsigned counts[1] = { 0 };
	int out;

	(void)state;
	need_namespace();
	open_group("veth0", 1, &source);
	out = packet_socket("veth0");
	send_bytes(out, bytes, build_frame(bytes, ip, build_ip4(ip, 17, 1, 2), 0));
	assert_int_equal(gather(&source, 1, 1, counts, NULL), 1);
	close(out);
	source_close(source);
}

/* Which source of the group gets this frame, sent into one end or out of the other. */
static unsigned place_of(struct source **sources, int fd, const uint8_t *bytes, size_t len)
{
	unsigned counts[SOCKETS] = { 0 };

	send_bytes(fd, bytes, len);
	assert_int_equal(gather(sources, SOCKETS, 1, counts, NULL), 1);
	for (unsigned i = 0; i < SOCKETS; i++)
		if (counts[i])
			return i;
	return SOCKETS;
}

/* The ICMP error that a router, 203.0.113.1 or its likeness, sends about the packet. */
static size_t build_error(uint8_t *at, const uint8_t *quoted)
{
	bool is_four = quoted[0] >> 4 == 4;
	size_t header = is_four ? 20 : 40;

	if (is_four)
		build_ip4(at, 1, 200, quoted[15]);
	else
		build_ip6(at, 58, 200, quoted[23]);
	at[header] = is_four ? 3 : 1;
	memcpy(at + header + 8, quoted, header + 8);
	at[header * 2 + 16] = MARK;
	if (is_four)
		at[3] = (uint8_t)(header * 2 + 17);
	else
		at[5] = (uint8_t)(header + 17);
	return header * 2 + 17;
}

/* Both directions, the way in and the way out, with tags, and errors about it. */
static void a_conversation_stays_with_one_worker(void **state)
{
	unsigned used[SOCKETS] = { 0 };
	struct source *sources[SOCKETS];
	uint8_t ip[128] = { 0 }, error[192], bytes[256];
	int in, out;

	(void)state;
	need_namespace();
	open_group("veth0", SOCKETS, sources);
	in = packet_socket("veth1");
	out = packet_socket("veth0");
	for (unsigned i = 0; i < 12; i++) {
		size_t len =
			i % 2 ? build_ip6(ip, 17, (uint8_t)i, 2) : build_ip4(ip, 17, (uint8_t)i, 2);
		size_t error_len = build_error(error, ip);
		unsigned place = place_of(sources, in, bytes, build_frame(bytes, ip, len, 0));

		used[place]++;
		assert_int_equal(
			place_of(sources, in, bytes, build_frame(bytes, ip, len, 1)), place);
		assert_int_equal(
			place_of(sources, in, bytes, build_frame(bytes, ip, len, 2)), place);
		assert_int_equal(
			place_of(sources, in, bytes, build_frame(bytes, error, error_len, 0)),
			place);
		turn(ip);
		assert_int_equal(
			place_of(sources, out, bytes, build_frame(bytes, ip, len, 0)), place);
		assert_int_equal(
			place_of(sources, out, bytes, build_frame(bytes, ip, len, 1)), place);
	}
	for (unsigned i = 0; i < SOCKETS; i++)
		assert_true(used[i] < 12);
	close(in);
	close(out);
	close_group(sources, SOCKETS);
}

static void a_ring_that_is_full_counts_what_it_loses(void **state)
{
	struct source *source;
	struct source_stats stats;
	uint8_t ip[64] = { 0 }, bytes[1514] = { 0 };
	int out;

	(void)state;
	need_namespace();
	open_group("veth0", 1, &source);
	out = packet_socket("veth1");
	build_frame(bytes, ip, build_ip4(ip, 17, 1, 2), 0);
	bytes[sizeof(bytes) - 1] = MARK;
	for (unsigned i = 0; i < 3000; i++)
		send_bytes(out, bytes, sizeof(bytes));
	source->ops->stats(source, &stats);
	assert_true(stats.kernel_drops > 0);

	/* What was kept is given out, block after block, and then there is room again. */
	unsigned counts[1] = { 0 };
	unsigned kept = gather(&source, 1, 3000 - (unsigned)stats.kernel_drops, counts, NULL);

	assert_true(kept > 1000);
	source->ops->stats(source, &stats);
	for (unsigned i = 0; i < 100; i++)
		send_bytes(out, bytes, sizeof(bytes));
	counts[0] = 0;
	assert_int_equal(gather(&source, 1, 100, counts, NULL), 100);
	close(out);
	source_close(source);
}

/* The first result below 0, or 0 when there is none for a while. */
static int trouble(struct source *source)
{
	for (unsigned waited = 0; waited < WAIT_MS / 4; waited += 10) {
		struct timespec nap = { 0, 10 * NS_PER_MS };
		struct frame frames[8];
		struct err err = { "" };
		int r = source->ops->read(source, frames, 8, &err);

		if (r < 0)
			return r;
		nanosleep(&nap, NULL);
	}
	return 0;
}

static void a_link_goes_down_comes_back_and_goes_away(void **state)
{
	struct source *sources[SOCKETS];
	int out;

	(void)state;
	need_namespace();
	open_group("veth0", SOCKETS, sources);
	run("ip link set veth0 down");
	for (unsigned i = 0; i < SOCKETS; i++)
		assert_int_equal(trouble(sources[i]), -ENETDOWN);
	assert_int_equal(trouble(sources[0]), 0);
	run("ip link set veth0 up");
	out = packet_socket("veth1");
	wait_until_it_carries(out, sources, SOCKETS);
	close(out);
	run("ip link del veth0");
	for (unsigned i = 0; i < SOCKETS; i++) {
		assert_int_equal(trouble(sources[i]), -ENODEV);
		assert_int_equal(trouble(sources[i]), -ENODEV);
	}
	close_group(sources, SOCKETS);
}

/* Each frame comes once, whatever the kernel lets join a group then. */
static void a_link_that_is_down_is_waited_for(void **state)
{
	struct source *sources[SOCKETS];
	uint8_t ip[64] = { 0 }, bytes[128];
	unsigned counts[SOCKETS] = { 0 };
	int out;

	(void)state;
	need_namespace();
	run("ip link set veth0 down");
	open_group("veth0", SOCKETS, sources);
	run("ip link set veth0 up");
	out = packet_socket("veth1");
	wait_until_it_carries(out, sources, SOCKETS);
	for (unsigned i = 0; i < 20; i++)
		send_bytes(out, bytes, build_frame(bytes, ip, build_ip4(ip, 17, (uint8_t)i, 2), 0));
	assert_int_equal(gather(sources, SOCKETS, 21, counts, NULL), 20);
	close(out);
	close_group(sources, SOCKETS);
}

static void on_loopback_nothing_comes_twice(void **state)
{
	struct source *source;
	uint8_t ip[64] = { 0 }, bytes[128];
	unsigned counts[1] = { 0 };
	int out;

	(void)state;
	need_namespace();
	open_group("lo", 1, &source);
	out = packet_socket("lo");
	for (unsigned i = 0; i < 5; i++)
		send_bytes(out, bytes, build_frame(bytes, ip, build_ip4(ip, 17, 1, 2), 0));
	assert_int_equal(gather(&source, 1, 6, counts, NULL), 5);
	close(out);
	source_close(source);
}

static void a_tunnel_gives_bare_packets(void **state)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "tun7" };
	struct frame frame = { 0 };
	struct source *source;
	unsigned counts[1] = { 0 };
	uint8_t ip[64] = { 0 };
	int tun;

	(void)state;
	need_namespace();
	tun = open("/dev/net/tun", O_RDWR);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &request) < 0) {
		print_message("needs /dev/net/tun\n");
		skip();
	}
	run("ip link set tun7 up");
	open_group("tun7", 1, &source);
	send_bytes(tun, ip, build_ip4(ip, 17, 1, 2));
	assert_int_equal(gather(&source, 1, 1, counts, &frame), 1);
	assert_int_equal(frame.link_type, 101);
	assert_int_equal(frame.captured_len, 44);
	source_close(source);
	close(tun);
}

static void what_cannot_be_opened_says_why(void **state)
{
	struct err err;
	struct source *source = NULL;
	int fds[SOCKETS], r;

	(void)state;
	need_namespace();
	assert_int_equal(interface_open_sockets("nosuch0", 1, RING_BYTES, 1, &err, fds), -ENODEV);
	assert_non_null(strstr(err.text, "nosuch0"));
	assert_int_equal(interface_open_sockets("lo", 0, RING_BYTES, 1, &err, fds), -EINVAL);
	assert_int_equal(interface_open_sockets("lo", 65, RING_BYTES, 1, &err, fds), -EINVAL);
	assert_int_equal(seteuid(65534), 0);
	r = interface_open_sockets("lo", 1, RING_BYTES, 1, &err, fds);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(r, -EPERM);
	assert_non_null(strstr(err.text, "CAP_NET_RAW"));
	/* No ring behind it; the descriptor is closed all the same. */
	fds[0] = dup(0);
	assert_true(interface_source_open(fds[0], RING_BYTES, "lo", 0, &err, &source) < 0);
	assert_int_equal(fcntl(fds[0], F_GETFD), -1);
	assert_null(source);
}

/* Also where there is no namespace: the program is well-formed. */
static void the_program_jumps_forward_and_ends(void **state)
{
	struct sock_filter code[SPREAD_MAX];
	unsigned length = spread_program(code, 1);

	(void)state;
	assert_in_range(length, 50, SPREAD_MAX);
	for (unsigned i = 0; i < length; i++) {
		if (BPF_CLASS(code[i].code) != BPF_JMP)
			continue;
		if (BPF_OP(code[i].code) == BPF_JA)
			assert_true(i + 1 + code[i].k < length);
		else
			assert_true(i + 1U + code[i].jt < length && i + 1U + code[i].jf < length);
	}
	assert_int_equal(code[length - 1].code, BPF_RET | BPF_A);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_program_jumps_forward_and_ends),
		cmocka_unit_test(frames_come_with_time_and_length),
		cmocka_unit_test(a_tag_that_was_taken_off_is_put_back),
		cmocka_unit_test(what_goes_out_is_seen_too),
		cmocka_unit_test(a_conversation_stays_with_one_worker),
		cmocka_unit_test(a_ring_that_is_full_counts_what_it_loses),
		cmocka_unit_test(a_link_goes_down_comes_back_and_goes_away),
		cmocka_unit_test(a_link_that_is_down_is_waited_for),
		cmocka_unit_test(on_loopback_nothing_comes_twice),
		cmocka_unit_test(a_tunnel_gives_bare_packets),
		cmocka_unit_test(what_cannot_be_opened_says_why),
	};

	has_namespace = geteuid() == 0 && unshare(CLONE_NEWNET) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

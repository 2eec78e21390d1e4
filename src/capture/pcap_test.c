/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/pcap_test.c - classic capture files: every variant by every way in, and every kind of
 * damage.
 */
#include "capture/testing.h"

#include <signal.h>

#define MAGIC_US 0xa1b2c3d4
#define MAGIC_NS 0xa1b23c4d
#define MAGIC_KUZNETZOV 0xa1b2cd34

static void variants_and_orders(void **state)
{
	static const uint32_t magics[] = { MAGIC_US, MAGIC_NS };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct made m;
		struct seen seen;

		made_open(&m, i & 1 ? ORDER_LITTLE : ORDER_BIG);
		put_pcap_header(&m, magics[i / 2], 4, 1);
		put_pcap_packet(&m, 1000000, 123456, 60, 60);
		put_pcap_packet(&m, 1000001, 0, 0, 0);
		put_pcap_packet(&m, 1000001, 1, 96, 1500);
		seen = seen_by_all_ways(&m);
		assert_int_equal(seen.result, 0);
		assert_int_equal(seen.count, 3);
		if (i / 2 == 0)
			assert_int_equal(
				seen.list[0].frame.time_ns, 1000000 * NS_PER_S + 123456000);
		else
			assert_int_equal(seen.list[0].frame.time_ns, 1000000 * NS_PER_S + 123456);
		assert_int_equal(seen.list[1].frame.captured_len, 0);
		assert_int_equal(seen.list[2].frame.wire_len, 1500);
		assert_int_equal(seen.list[2].frame.number, 3);
		assert_int_equal(seen.list[2].frame.link_type, 1);
		assert_int_equal(seen.list[2].frame.file, 7);
		assert_int_equal(seen.stats.packets, 3);
		assert_int_equal(seen.stats.bytes, 156);
		assert_int_equal(seen.stats.snapped, 1);
		seen_close(&seen);
		made_close(&m);
	}
}

static void kuznetzov(void **state)
{
	struct made m;
	struct seen seen;

	(void)state;
	made_open(&m, ORDER_LITTLE);
	put_pcap_header(&m, MAGIC_KUZNETZOV, 4, 1);
	for (unsigned i = 0; i < 2; i++) {
		put_number(&m, 10 + i, 4);
		put_number(&m, 5, 4);
		put_number(&m, 20, 4);
		put_number(&m, 20, 4);
		put_number(&m, 0xabcdefabcdef, 8);
		put_payload(&m, 20);
	}
	seen = seen_by_all_ways(&m);
	assert_int_equal(seen.result, 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.list[1].frame.time_ns, 11 * NS_PER_S + 5000);
	assert_true(seen.list[1].hash == hash_bytes(m.bytes + m.len - 20, 20, 1));
	seen_close(&seen);
	made_close(&m);
}

/* One packet in a file of this version; the lengths as written. */
static struct frame one_packet(uint32_t minor, uint32_t network, uint32_t first, uint32_t second)
{
	struct made m;
	struct seen seen;
	struct frame frame;

	made_open(&m, ORDER_BIG);
	put_pcap_header(&m, MAGIC_US, minor, network);
	put_number(&m, 0, 8);
	put_number(&m, first, 4);
	put_number(&m, second, 4);
	put_payload(&m, first < second ? first : second);
	seen = seen_by_all_ways(&m);
	assert_int_equal(seen.result, 0);
	assert_int_equal(seen.count, 1);
	frame = seen.list[0].frame;
	seen_close(&seen);
	made_close(&m);
	return frame;
}

static void old_versions_swap_lengths(void **state)
{
	static const struct {
		uint32_t minor, first, second;
	} cases[] = { { 4, 40, 90 }, { 3, 40, 90 }, { 3, 90, 40 }, { 2, 90, 40 }, { 0, 90, 40 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = one_packet(cases[i].minor, 1, cases[i].first, cases[i].second);

		assert_int_equal(frame.captured_len, 40);
		assert_int_equal(frame.wire_len, 90);
	}
}

static void link_types_of_the_network_field(void **state)
{
	static const struct {
		uint32_t network;
		uint16_t link_type;
	} cases[] = {
		{ 1, 1 }, { 113, 113 }, { 101, 101 }, { 12, 101 }, { 14, 101 }, { 11, 100 },
		{ 0x24000001, 1 },	/* "4 bytes of FCS" */
		{ 0x14000071, 113 },	/* the same with 2 */
		{ 0x00010001, 0xffff }, /* reserved bits: not an Ethernet for sure */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			one_packet(4, cases[i].network, 9, 9).link_type, cases[i].link_type);
}

static void odd_but_read(void **state)
{
	struct made m;
	struct seen seen;

	(void)state;
	made_open(&m, ORDER_LITTLE);
	put_pcap_header(&m, MAGIC_US, 4, 1);
	put_pcap_packet(&m, 5, 1000000, 60, 60);	     /* a fraction of a whole second */
	put_pcap_packet(&m, 2147483648, 0, 60, 60);	     /* 2038 */
	put_pcap_packet(&m, 4102444800, 0, 60, 60);	     /* 2100 */
	put_pcap_packet(&m, UINT32_MAX, UINT32_MAX, 60, 60); /* 2106 */
	put_pcap_packet(&m, 1, 0, 60, 40);		     /* captured beyond the wire */
	put_pcap_packet(&m, 1, 0, 70000, 70000);	     /* beyond snaplen */
	put_pcap_packet(&m, 1, 0, FRAME_MAX_BYTES, FRAME_MAX_BYTES);
	put_pcap_packet(&m, 1, 0, 60, 60);
	seen = seen_by_all_ways(&m);
	assert_int_equal(seen.result, 0);
	assert_int_equal(seen.count, 8);
	assert_int_equal(seen.list[0].frame.time_ns, 5 * NS_PER_S + 999999000);
	assert_int_equal(seen.list[1].frame.time_ns, 2147483648 * NS_PER_S);
	assert_int_equal(seen.list[2].frame.time_ns, 4102444800 * NS_PER_S);
	assert_int_equal(seen.list[3].frame.time_ns, UINT32_MAX * NS_PER_S + 999999000);
	assert_int_equal(seen.list[4].frame.wire_len, 60);
	assert_int_equal(seen.list[6].frame.captured_len, FRAME_MAX_BYTES);
	seen_close(&seen);
	made_close(&m);
}

/* Two packets, then something; what is said of the third. */
static void expect_damage(struct made *m, const char *clause)
{
	struct seen seen = seen_by_all_ways(m);

	assert_int_equal(seen.result, -EBADMSG);
	assert_int_equal(seen.count, 2);
	assert_non_null(strstr(seen.err.text, "made: packet 3 at byte 176 cannot be read: "));
	assert_non_null(strstr(seen.err.text, clause));
	assert_non_null(strstr(seen.err.text, "only the 2 packets before it were read"));
	seen_close(&seen);
	made_close(m);
}

static void put_two_packets(struct made *m)
{
	made_open(m, ORDER_LITTLE);
	put_pcap_header(m, MAGIC_US, 4, 1);
	put_pcap_packet(m, 1, 0, 60, 60);
	put_pcap_packet(m, 2, 0, 60, 60);
	assert_int_equal(m->len, 176);
}

static void damage_length(void **state)
{
	struct made m;

	(void)state;
	put_two_packets(&m);
	put_number(&m, 0, 8);
	put_number(&m, FRAME_MAX_BYTES + 1, 4);
	put_number(&m, 60, 4);
	put_payload(&m, 1000);
	expect_damage(&m, "captured length 16777217 is beyond 16 MiB");
}

static void damage_cut_in_header(void **state)
{
	struct made m;

	(void)state;
	put_two_packets(&m);
	put_number(&m, 0, 8);
	put_number(&m, 60, 4);
	expect_damage(&m, "ends within a packet header (12 of 16 bytes are there)");
}

static void damage_cut_in_packet(void **state)
{
	struct made m;

	(void)state;
	put_two_packets(&m);
	put_pcap_packet(&m, 3, 0, 60, 60);
	m.len -= 10;
	expect_damage(&m, "ends within a packet (66 of 76 bytes are there)");
}

/* Cut at every place: what was read is what is there, and only whole packets are an end in peace.
 */
static void cut_anywhere(void **state)
{
	struct made m;

	(void)state;
	put_two_packets(&m);
	for (; m.len >= 4; m.len--) {
		struct seen seen = seen_by_all_ways(&m);
		unsigned whole = m.len < 100 ? 0 : m.len < 176 ? 1 : 2;
		bool is_clean = m.len == 24 || m.len == 100 || m.len == 176;

		assert_int_equal(seen.result, is_clean ? 0 : -EBADMSG);
		assert_int_equal(seen.count, whole);
		if (m.len < 24)
			assert_non_null(
				strstr(seen.err.text, "made: nothing can be read: the capture ends "
						      "within the file header"));
		seen_close(&seen);
	}
	made_close(&m);
}

static void header_of_unknown_version(void **state)
{
	struct made m;
	struct seen seen;

	(void)state;
	put_two_packets(&m);
	m.bytes[4] = 3;
	seen = seen_by_all_ways(&m);
	assert_int_equal(seen.result, -EBADMSG);
	assert_non_null(strstr(seen.err.text, "pcap version 3.4 is not known"));
	seen_close(&seen);
	made_close(&m);
}

/* DG/UX: version 543.0, lengths swapped. */
static void header_of_dg_ux(void **state)
{
	struct made m;
	struct seen seen;

	(void)state;
	put_two_packets(&m);
	memcpy(m.bytes + 4, "\x1f\x02\0\0", 4);
	put_number(&m, 0, 8);
	put_number(&m, 90, 4);
	put_number(&m, 40, 4);
	put_payload(&m, 40);
	seen = seen_by_all_ways(&m);
	assert_int_equal(seen.result, 0);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.list[2].frame.wire_len, 90);
	seen_close(&seen);
	made_close(&m);
}

/* A damaged place stays one: reading on says the same again. */
static void damage_is_not_passed(void **state)
{
	struct frame frames[8];
	struct source *source;
	struct err err;
	struct made m;

	(void)state;
	put_two_packets(&m);
	put_payload(&m, 7);
	assert_int_equal(way_open(m.bytes, m.len, WAY_MAPPED, &err, &source), 0);
	assert_int_equal(source->ops->read(source, frames, 8, &err), 2);
	for (int i = 0; i < 3; i++) {
		err.text[0] = 0;
		assert_int_equal(source->ops->read(source, frames, 8, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "packet 3 at byte 176"));
	}
	assert_int_equal(source->ops->read(source, frames, 8, NULL), -EBADMSG);
	source_close(source);
	made_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variants_and_orders),
		cmocka_unit_test(kuznetzov),
		cmocka_unit_test(old_versions_swap_lengths),
		cmocka_unit_test(link_types_of_the_network_field),
		cmocka_unit_test(odd_but_read),
		cmocka_unit_test(damage_length),
		cmocka_unit_test(damage_cut_in_header),
		cmocka_unit_test(damage_cut_in_packet),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(header_of_unknown_version),
		cmocka_unit_test(header_of_dg_ux),
		cmocka_unit_test(damage_is_not_passed),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode/fragments_test.c - attribution, overlap, expiry and eviction of the fragment table. */
#include <errno.h>
#include <stdlib.h>

#include "decode/test_packets.h"

/* The code under test allocates through this, so that want of memory can be had. */
static unsigned callocs_until_failure = ~0u;

static void *calloc_or_fail(size_t count, size_t size)
{
	return callocs_until_failure-- ? calloc(count, size) : NULL;
}

#define calloc calloc_or_fail
#include "decode/fragments.c" /* NOLINT(bugprone-suspicious-include) */
#undef calloc

#define UDP_4 0
#define UDP_6 1

struct piece {
	uint16_t offset, len; /* bytes of the datagram */
	bool has_more;
};

static struct fragments *open_table(unsigned cap)
{
	struct fragments *fragments = NULL;

	assert_int_equal(fragments_open(cap, 99, &fragments), 0);
	return fragments;
}

static void build_piece_4(struct packet *p, uint16_t id, struct piece piece)
{
	packet_start(p, 101);
	add_ip4(p, 17);
	if (piece.offset == 0)
		BYTES(p, 0, 53, 0x0f, 0xa0, 0x20, 0, 0, 0); /* length of the whole datagram */
	packet_fill(p, 1, piece.len - (piece.offset ? 0u : 8u));
	packet_finish(p);
	put16(packet_layer(p, 0) + 4, id);
	put16(packet_layer(p, 0) + 6, piece.offset / 8 | (piece.has_more ? 0x2000 : 0));
	packet_sum(p);
}

static void build_piece_6(struct packet *p, uint16_t id, struct piece piece)
{
	packet_start(p, 101);
	add_ip6(p, 60);
	add_padding_header(p, 44);
	add_fragment_header(p, 60, piece.offset, piece.has_more);
	put16(p->bytes + p->len - 2, id);
	if (piece.offset == 0) {
		add_padding_header(p, 17);
		BYTES(p, 0, 53, 0x0f, 0xa0, 0x20, 0, 0, 0);
	}
	packet_fill(p, 1, piece.len - (piece.offset ? 0u : 16u));
	packet_finish(p);
}

/* Sends one piece; gives the pkt as the table left it. */
static struct pkt see(
	struct fragments *fragments, unsigned family, uint16_t id, int64_t ms, struct piece piece)
{
	static struct packet p; /* pkt.bytes points into it */
	struct pkt pkt;

	if (family == UDP_4)
		build_piece_4(&p, id, piece);
	else
		build_piece_6(&p, id, piece);
	pkt = decode_packet(&p, NULL);
	assert_anomalies(pkt.anomalies, 0, "piece");
	pkt.time_ns = ms * NS_PER_MS;
	fragments_see(fragments, &pkt, TEST_SEED);
	return pkt;
}

static bool overlaps(
	struct fragments *fragments, unsigned family, uint16_t id, int64_t ms, struct piece piece)
{
	return see(fragments, family, id, ms, piece).anomalies & ANOMALY_BIT(FRAG_OVERLAP);
}

static struct fragments_stats stats_of(const struct fragments *fragments)
{
	struct fragments_stats stats;

	fragments_stats(fragments, &stats);
	return stats;
}

static void test_attribution(void **state)
{
	(void)state;
	for (unsigned family = UDP_4; family <= UDP_6; family++) {
		struct fragments *fragments = open_table(8);
		struct pkt first = see(fragments, family, 1, 0, (struct piece){ 0, 64, true });
		struct pkt later = see(fragments, family, 1, 1, (struct piece){ 64, 64, true });
		struct pkt last = see(fragments, family, 1, 2, (struct piece){ 128, 13, false });
		struct pkt other = see(fragments, family, 2, 3, (struct piece){ 64, 64, true });

		assert_int_equal(first.key.port[0], 53);
		assert_int_equal(later.key.port[0], 53);
		assert_int_equal(later.key.port[1], 4000);
		assert_int_equal(last.key.port[1], 4000);
		assert_int_equal(last.key.proto, 17);
		assert_true(later.hash == first.hash);
		assert_int_equal(later.lane, first.lane);
		assert_int_equal(other.key.port[0], 0);
		assert_int_equal(other.lane, first.lane);
		assert_int_equal(stats_of(fragments).datagrams, 2);
		assert_int_equal(stats_of(fragments).attributed, 2);
		assert_int_equal(stats_of(fragments).unattributed, 1);
		fragments_close(fragments);
	}
}

static void test_whole_packets_are_ignored(void **state)
{
	struct fragments *fragments = open_table(8);
	struct pkt pkt = { .ip_version = 4 };

	(void)state;
	fragments_see(fragments, &pkt, 1);
	assert_int_equal(stats_of(fragments).datagrams, 0);
	fragments_close(fragments);
}

struct overlap_row {
	const char *name;
	struct piece pieces[6]; /* ends at length 0 */
	unsigned overlaps;	/* bit by piece */
	bool is_complete;
};

static const struct overlap_row overlap_rows[] = {
	{ "in order", { { 0, 64, 1 }, { 64, 64, 1 }, { 128, 10, 0 } }, 0, true },
	{ "backwards", { { 128, 10, 0 }, { 64, 64, 1 }, { 0, 64, 1 } }, 0, true },
	{ "shuffled", { { 64, 64, 1 }, { 192, 8, 0 }, { 0, 64, 1 }, { 128, 64, 1 } }, 0, true },
	{ "sizes differ", { { 0, 64, 1 }, { 64, 32, 1 }, { 96, 64, 1 }, { 160, 8, 0 } }, 0, true },
	{ "missing", { { 0, 64, 1 }, { 128, 64, 1 }, { 192, 8, 0 } }, 0, false },
	{ "all twice", { { 0, 64, 1 }, { 0, 64, 1 }, { 64, 64, 1 }, { 64, 64, 1 } }, 0, false },
	{ "doubled to the end", { { 0, 64, 1 }, { 64, 9, 0 }, { 64, 9, 0 }, { 0, 64, 1 } }, 0,
		true },
	{ "duplicate in a run", { { 0, 64, 1 }, { 64, 64, 1 }, { 128, 64, 1 }, { 64, 64, 1 } }, 0,
		false },
	{ "teardrop", { { 0, 64, 1 }, { 24, 8, 0 } }, 2, false },
	{ "reaches back", { { 0, 64, 1 }, { 56, 64, 1 } }, 2, false },
	{ "covers", { { 64, 64, 1 }, { 0, 256, 1 } }, 2, false },
	{ "joins two", { { 0, 64, 1 }, { 128, 64, 1 }, { 32, 128, 1 } }, 4, false },
	{ "cut elsewhere", { { 0, 64, 1 }, { 64, 64, 1 }, { 0, 128, 1 } }, 4, false },
	{ "shorter within", { { 0, 64, 1 }, { 64, 64, 1 }, { 64, 32, 1 } }, 4, false },
	{ "short last, shorter", { { 0, 64, 1 }, { 64, 16, 1 }, { 64, 8, 0 } }, 4, false },
};

static void test_overlaps(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(overlap_rows) / sizeof(overlap_rows[0]); i++) {
		const struct overlap_row *row = &overlap_rows[i];

		for (unsigned family = UDP_4; family <= UDP_6; family++) {
			struct fragments *fragments = open_table(8);
			bool is_complete = false;

			for (unsigned j = 0; j < 6 && row->pieces[j].len; j++)
				if (overlaps(fragments, family, 1, j, row->pieces[j]) !=
					(row->overlaps >> j & 1))
					fail_msg("%s: piece %u, family %u", row->name, j, family);
			for (unsigned way = 0; way < WAYS; way++)
				is_complete |= fragments->slots[way].is_complete;
			if (is_complete != row->is_complete)
				fail_msg("%s: complete, family %u", row->name, family);
			fragments_close(fragments);
		}
	}
}

/* Another first fragment in place of the first: the ports are what it is about. */
static void test_first_replaced(void **state)
{
	struct fragments *fragments = open_table(8);
	struct packet p;
	struct pkt pkt;

	(void)state;
	see(fragments, UDP_4, 1, 0, (struct piece){ 0, 64, true });
	build_piece_4(&p, 1, (struct piece){ 0, 64, true });
	put16(p.bytes + 20, 54);
	pkt = decode_packet(&p, NULL);
	pkt.time_ns = NS_PER_MS;
	fragments_see(fragments, &pkt, TEST_SEED);
	assert_true(pkt.anomalies & ANOMALY_BIT(FRAG_OVERLAP));
	assert_int_equal(
		see(fragments, UDP_4, 1, 2, (struct piece){ 64, 64, true }).key.port[0], 53);
	fragments_close(fragments);
}

/* Fragments of eleven sizes with gaps: more runs than are held. Nothing is wrongly called an
 * overlap. */
static void test_many_runs(void **state)
{
	struct fragments *fragments = open_table(8);

	(void)state;
	for (uint16_t i = 1; i < 12; i++)
		assert_false(
			overlaps(fragments, UDP_4, 1, i, (struct piece){ i * 256, i * 8, true }));
	assert_true(overlaps(fragments, UDP_4, 1, 20, (struct piece){ 264, 8, true }) ||
		    overlaps(fragments, UDP_4, 1, 21, (struct piece){ 248, 16, true }));
	fragments_close(fragments);
}

/* Identifications come round: a complete datagram, or one long silent, gives way to another. */
static void test_identification_again(void **state)
{
	struct fragments *fragments = open_table(8);

	(void)state;
	assert_false(overlaps(fragments, UDP_4, 1, 0, (struct piece){ 0, 64, true }));
	assert_false(overlaps(fragments, UDP_4, 1, 1, (struct piece){ 64, 64, false }));
	assert_false(overlaps(fragments, UDP_4, 1, 2, (struct piece){ 0, 96, true }));
	assert_int_equal(stats_of(fragments).datagrams, 2);
	assert_true(overlaps(fragments, UDP_4, 1, 1500, (struct piece){ 0, 32, true }));
	assert_false(overlaps(fragments, UDP_4, 1, 4000, (struct piece){ 0, 48, true }));
	assert_int_equal(stats_of(fragments).datagrams, 3);
	fragments_close(fragments);
}

static void test_expiry(void **state)
{
	struct fragments *fragments = open_table(8);

	(void)state;
	see(fragments, UDP_4, 1, 0, (struct piece){ 0, 64, true });
	assert_int_equal(
		see(fragments, UDP_4, 1, 29000, (struct piece){ 64, 64, true }).key.port[0], 53);
	assert_int_equal(
		see(fragments, UDP_4, 1, 31000, (struct piece){ 128, 64, true }).key.port[0], 0);
	assert_int_equal(stats_of(fragments).expired, 1);
	assert_int_equal(stats_of(fragments).unattributed, 1);
	see(fragments, UDP_4, 1, -90000, (struct piece){ 0, 64, true });
	assert_int_equal(stats_of(fragments).expired, 2);
	fragments_close(fragments);
}

/* One bucket: the ninth datagram takes the place of the oldest, but rather that of a complete
 * one, and rather still that of an expired one. */
static void test_eviction(void **state)
{
	struct fragments *fragments = open_table(15);

	(void)state;
	for (uint16_t id = 0; id < 8; id++)
		see(fragments, UDP_4, id, 100 + id, (struct piece){ 0, 64, true });
	see(fragments, UDP_4, 100, 200, (struct piece){ 0, 64, true });
	assert_int_equal(stats_of(fragments).evicted, 1);
	assert_int_equal(
		see(fragments, UDP_4, 1, 201, (struct piece){ 64, 8, false }).key.port[0], 53);
	see(fragments, UDP_4, 101, 202, (struct piece){ 0, 64, true });
	assert_int_equal(stats_of(fragments).evicted, 1);
	assert_int_equal(
		see(fragments, UDP_4, 2, 203, (struct piece){ 64, 64, true }).key.port[0], 53);
	see(fragments, UDP_4, 102, 40000, (struct piece){ 0, 64, true });
	assert_int_equal(stats_of(fragments).evicted, 1);
	assert_int_equal(stats_of(fragments).expired, 1);
	fragments_close(fragments);
}

static void test_open(void **state)
{
	struct fragments *fragments = NULL;

	(void)state;
	assert_int_equal(fragments_open(7, 1, &fragments), -EINVAL);
	callocs_until_failure = 0;
	assert_int_equal(fragments_open(8, 1, &fragments), -ENOMEM);
	callocs_until_failure = 1;
	assert_int_equal(fragments_open(8, 1, &fragments), -ENOMEM);
	callocs_until_failure = ~0u;
	assert_null(fragments);
	fragments_close(NULL);
	fragments = open_table(100);
	assert_int_equal(fragments->bucket_mask, 7);
	fragments_close(fragments);
}

/* A packet that is cut within its first fragment's header chain. */
static void test_cut_chain(void **state)
{
	struct fragments *fragments = open_table(8);
	struct packet p;

	(void)state;
	build_piece_6(&p, 1, (struct piece){ 0, 64, true });
	for (size_t len = 0; len < p.len; len++) {
		struct decode_stats stats = { 0 };
		struct pkt pkt = decode_bytes_of(&p, len, (uint32_t)p.len, &stats);

		fragments_see(fragments, &pkt, TEST_SEED);
	}
	assert_int_equal(stats_of(fragments).datagrams, 1);
	fragments_close(fragments);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attribution),
		cmocka_unit_test(test_whole_packets_are_ignored),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_first_replaced),
		cmocka_unit_test(test_many_runs),
		cmocka_unit_test(test_identification_again),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_cut_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

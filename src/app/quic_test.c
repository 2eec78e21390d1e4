/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of app/quic.c and quic_table.c. The packets are sealed by quic_test_bytes.h; that this is
 * done right is shown by RFC 9001's own sample, whose first bytes are compared.
 */
#include "app/quic_fixture.h"

/* RFC 9001 A.2: what the sample's packet begins with. */
static void the_sample_of_the_rfc(void **state)
{
	static const uint8_t sample[] = { 0xc0, 0, 0, 0, 1, 8, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51,
		0x57, 0x08, 0, 0, 0x44, 0x9e, 0x7b, 0x9a, 0xec, 0x34, 0xd1, 0xb1, 0xc9, 0x8d, 0xd7,
		0x68, 0x9f, 0xb8, 0xec, 0x11 };
	static const uint8_t hello[] = { 0x06, 0x00, 0x40, 0xf1, 0x01, 0x00, 0x00, 0xed, 0x03, 0x03,
		0xeb, 0xf8, 0xfa, 0x56, 0xf1, 0x29, 0x39, 0xb9, 0x58, 0x4a, 0x38, 0x96, 0x47, 0x2e,
		0xc4, 0x0b, 0xb8, 0x63, 0xcf, 0xd3, 0xe8, 0x68, 0x04, 0xfe, 0x3a, 0x47, 0xf0, 0x6a,
		0x2b, 0x69, 0x48, 0x4c, 0x00, 0x00, 0x04, 0x13, 0x01, 0x13, 0x02, 0x01, 0x00, 0x00,
		0xc0, 0x00, 0x00, 0x00, 0x10, 0x00, 0x0e, 0x00, 0x00, 0x0b, 0x65, 0x78, 0x61, 0x6d,
		0x70, 0x6c, 0x65, 0x2e, 0x63, 0x6f, 0x6d };
	struct quic_seal seal = client();
	uint8_t datagram[QUIC_SEAL_MAX];
	struct bytes frames = { 0 };
	struct fixture f;

	(void)state;
	put_bytes(&frames, hello, sizeof(hello));
	quic_seal(&seal, frames.at, frames.len, datagram);
	/* Those after the first 32 bytes depend on more of the hello than is given here. */
	assert_memory_equal(datagram + 1, sample + 1, 17);
	assert_memory_equal(datagram + 22, sample + 22, sizeof(sample) - 22);
	frames.at[2] = 0x40; /* as long as it is here */
	frames.at[3] = sizeof(hello) - 4;
	open_fixture(&f);
	send_sealed(&f, &seal, &frames);
	finish(&f);
	assert_told(&f, "example.com", false);
	close_fixture(&f);
}

static void all_versions(void **state)
{
	static const uint32_t versions[] = { QUIC_VERSION_1, QUIC_VERSION_2, QUIC_SEAL_DRAFT_29 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct quic_seal seal = client();
		struct bytes hello = { 0 };
		const struct app_tls *tls;
		struct fixture f;

		seal.version = versions[i];
		put_client_hello(&hello, "weir.example");
		open_fixture(&f);
		send_piece(&f, &seal, &hello, 0, hello.len);
		tls = only_event(&f);
		assert_true(fixture_is(tls->sni, "weir.example"));
		assert_true(fixture_is(tls->alpn, "h2"));
		assert_string_equal(tls->ja4, WHOLE_JA4);
		assert_int_equal(strlen(tls->ja3), 32);
		assert_int_equal(tls->client_version, 0x0304);
		close_fixture(&f);
	}
}

/* As Chrome sends it: pieces shuffled, with PING, PADDING and ACK between them. */
static void frames_out_of_order(void **state)
{
	struct bytes hello = { 0 }, frames = { 0 };
	struct quic_seal seal = client();
	struct fixture f;

	(void)state;
	put_client_hello(&hello, "weir.example");
	put_crypto(&frames, &hello, 100, hello.len - 100);
	put_bytes(&frames, "\x01\x00\x00\x02\x05\x01\x00\x00", 8);
	put_crypto(&frames, &hello, 0, 60);
	put_crypto(&frames, &hello, 40, 60);
	open_fixture(&f);
	send_sealed(&f, &seal, &frames);
	assert_string_equal(only_event(&f)->ja4, WHOLE_JA4);
	close_fixture(&f);
}

/* --- several datagrams --- */

struct cuts {
	unsigned count; /* of datagrams */
	size_t at[5];	/* the i-th has what is from at[i] to at[i + 1] */
	unsigned order[4];
};

static void send_cuts(struct fixture *f, const struct bytes *hello, const struct cuts *cuts)
{
	struct quic_seal seal = client();

	for (unsigned i = 0; i < cuts->count; i++) {
		unsigned which = cuts->order[i];

		seal.number = i;
		send_piece(f, &seal, hello, cuts->at[which], cuts->at[which + 1] - cuts->at[which]);
	}
}

/* The next order of the datagrams, of all there are. false: it was the last. */
static bool next_order(struct cuts *cuts)
{
	unsigned i = cuts->count - 1, j = cuts->count - 1, swap;

	while (i > 0 && cuts->order[i - 1] > cuts->order[i])
		i--;
	if (i == 0)
		return false;
	while (cuts->order[j] < cuts->order[i - 1])
		j--;
	swap = cuts->order[j];
	cuts->order[j] = cuts->order[i - 1];
	cuts->order[i - 1] = swap;
	for (j = cuts->count - 1; i < j; i++, j--) {
		swap = cuts->order[j];
		cuts->order[j] = cuts->order[i];
		cuts->order[i] = swap;
	}
	return true;
}

static void all_orders_tell(
	const struct bytes *hello, struct cuts *cuts, const struct app_event *expected)
{
	for (unsigned i = 0; i < cuts->count; i++)
		cuts->order[i] = i;
	do {
		struct fixture f;

		open_fixture(&f);
		send_cuts(&f, hello, cuts);
		only_event(&f);
		assert_true(fixture_events_are_equal(&f.events[0], expected));
		assert_int_equal(stats(&f)->derived, 1);
		assert_int_equal(stats(&f)->opened, cuts->count);
		finish(&f);
		assert_int_equal(f.count, 1);
		assert_int_equal(stats(&f)->given_up + stats(&f)->refused, 0);
		close_fixture(&f);
	} while (next_order(cuts));
}

static void all_splits_and_orders_tell_the_same(void **state)
{
	static const struct cuts cuts[] = { { .count = 2, .at = { 0, 900, 1800 } },
		{ .count = 2, .at = { 0, 1150, 1800 } }, { .count = 2, .at = { 0, 1149, 1150 } },
		{ .count = 2, .at = { 0, 1, 1100 } }, { .count = 2, .at = { 0, 3, 1100 } },
		{ .count = 3, .at = { 0, 600, 1300, 1800 } },
		{ .count = 3, .at = { 0, 5, 1100, 1800 } },
		{ .count = 4, .at = { 0, 450, 900, 1350, 1800 } },
		{ .count = 4, .at = { 0, 800, 1601, 2400, 3100 } } };

	(void)state;
	for (unsigned i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct cuts one = cuts[i];
		size_t len = one.at[one.count];
		struct quic_seal seal = client();
		struct bytes hello;
		struct fixture whole;

		put_long_hello(&hello, "long.weir.example", len);
		open_fixture(&whole);
		/* In order, in small pieces: what all the others must tell. */
		for (size_t at = 0; at < len; at += 700)
			send_piece(&whole, &seal, &hello, at, len - at < 700 ? len - at : 700);
		assert_told(&whole, "long.weir.example", true);
		all_orders_tell(&hello, &one, &whole.events[0]);
		close_fixture(&whole);
	}
}

static uint32_t roll(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

/* Small pieces, mixed over the datagrams, some twice, some lying on others. */
static void chaos_tells_the_same(void **state)
{
	uint32_t random = 20240601;

	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		struct bytes hello, frames[3] = { { 0 } };
		struct quic_seal seal = client();
		struct fixture f;

		put_long_hello(&hello, "chaos.weir.example", 1800);
		for (size_t at = 0; at < hello.len;) {
			size_t len = 1 + roll(&random) % 120, back = roll(&random) % 8;
			size_t from = at > back ? at - back : 0;
			struct bytes *into = &frames[roll(&random) % 3];

			if (from + len > hello.len)
				len = hello.len - from;
			if (into->len + len > 1100)
				continue;
			put_crypto(into, &hello, from, len);
			put_fill(into, roll(&random) % 2, roll(&random) % 4);
			at = from + len > at ? from + len : at;
		}
		open_fixture(&f);
		for (unsigned i = 0; i < 3; i++)
			send_sealed(&f, &seal, &frames[(i + round) % 3]);
		assert_told(&f, "chaos.weir.example", true);
		close_fixture(&f);
	}
}

/* What comes after the hello is not opened, nor are keys made for it; nothing is told twice. */
static void after_the_hello_nothing_is_opened(void **state)
{
	struct quic_seal seal = client();
	struct bytes hello;
	struct fixture f;

	(void)state;
	put_long_hello(&hello, "weir.example", 1800);
	open_fixture(&f);
	send_piece(&f, &seal, &hello, 0, 1000);
	send_piece(&f, &seal, &hello, 0, 1000); /* sent again */
	assert_int_equal(f.count, 0);
	send_piece(&f, &seal, &hello, 1000, 800);
	assert_int_equal(stats(&f)->opened, 3);
	send_piece(&f, &seal, &hello, 0, 1000);
	answer(&f, 0, SERVER_ID, 8);
	seal.key_id = ID;
	seal.key_id_len = 8;
	seal.id = SERVER_ID;
	for (unsigned i = 0; i < 20; i++)
		send_piece(&f, &seal, &hello, 1000, 800);
	assert_told(&f, "weir.example", true);
	assert_int_equal(stats(&f)->opened, 3);
	assert_int_equal(stats(&f)->derived, 1);
	close_fixture(&f);
}

/* The server answered the first datagram: the second calls it by the id that it gave, and is sealed
 * with keys of the first one. Whether we have seen the answer or not. */
static void the_first_id_stays_the_source_of_keys(void **state)
{
	(void)state;
	for (unsigned is_seen = 0; is_seen < 2; is_seen++) {
		struct quic_seal seal = client();
		struct bytes hello;
		struct fixture f;

		put_long_hello(&hello, "weir.example", 1800);
		open_fixture(&f);
		send_piece(&f, &seal, &hello, 0, 1000);
		if (is_seen)
			answer(&f, 0, SERVER_ID, 8);
		seal.key_id = ID;
		seal.key_id_len = 8;
		seal.id = SERVER_ID;
		send_piece(&f, &seal, &hello, 1000, 800);
		assert_told(&f, "weir.example", true);
		assert_int_equal(stats(&f)->derived, 1);
		close_fixture(&f);
	}
}

/* After a Retry all is sent again, with a token and keys that follow from the id in it. */
static void a_retry_gives_new_keys(void **state)
{
	(void)state;
	for (unsigned is_seen = 0; is_seen < 2; is_seen++) {
		struct quic_seal seal = client();
		struct bytes hello;
		struct fixture f;

		put_long_hello(&hello, "weir.example", 1800);
		open_fixture(&f);
		send_piece(&f, &seal, &hello, 0, 1000);
		if (is_seen)
			answer(&f, 3, SERVER_ID, 8);
		seal.id = SERVER_ID;
		seal.token_len = 40;
		send_piece(&f, &seal, &hello, 0, 1000);
		assert_int_equal(f.count, 0);
		answer(&f, 0, OTHER_ID, 8);
		seal.key_id = SERVER_ID;
		seal.key_id_len = 8;
		seal.id = OTHER_ID;
		send_piece(&f, &seal, &hello, 1000, 800);
		assert_told(&f, "weir.example", true);
		close_fixture(&f);
	}
}

/* Told before the Retry, the hello is not told again. */
static void a_retry_after_the_hello(void **state)
{
	struct quic_seal seal = client();
	struct bytes hello = { 0 };
	struct fixture f;

	(void)state;
	put_client_hello(&hello, "weir.example");
	open_fixture(&f);
	send_piece(&f, &seal, &hello, 0, hello.len);
	answer(&f, 3, SERVER_ID, 8);
	seal.id = SERVER_ID;
	seal.token_len = 40;
	send_piece(&f, &seal, &hello, 0, hello.len);
	assert_told(&f, "weir.example", true);
	assert_int_equal(stats(&f)->opened, 1);
	close_fixture(&f);
}

/* From the same port to the same server once more: by another id, or after a silence. */
static void the_next_connection_is_told(void **state)
{
	struct quic_seal seal = client();
	struct bytes hello = { 0 };
	struct fixture f;

	(void)state;
	put_client_hello(&hello, "weir.example");
	open_fixture(&f);
	send_piece(&f, &seal, &hello, 0, hello.len);
	answer(&f, 0, SERVER_ID, 8);
	seal.id = OTHER_ID;
	send_piece(&f, &seal, &hello, 0, hello.len);
	assert_int_equal(f.count, 2);
	fixture_wait(&f, QUIC_IDLE_NS);
	seal.id = ID;
	send_piece(&f, &seal, &hello, 0, hello.len);
	assert_int_equal(f.count, 3);
	/* Version negotiation: another version, so other keys, in the middle of it. */
	fixture_wait(&f, QUIC_IDLE_NS);
	put_long_hello(&hello, "weir.example", 1800);
	send_piece(&f, &seal, &hello, 0, 1000);
	seal.version = QUIC_VERSION_2;
	send_piece(&f, &seal, &hello, 0, 1000);
	send_piece(&f, &seal, &hello, 1000, 800);
	assert_int_equal(f.count, 4);
	assert_int_equal(strlen(f.events[3].tls.ja4), 36);
	close_fixture(&f);
}

/* Two Initials and a packet of 0-RTT in one datagram (RFC 9000 12.2). */
static void coalesced_packets(void **state)
{
	static const uint8_t zero_rtt[] = { 0xd3, 0, 0, 0, 1, 8, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51,
		0x57, 0x08, 0, 30 };
	uint8_t datagram[QUIC_SEAL_MAX] = { 0 };
	struct bytes hello, frames = { 0 };
	struct quic_seal seal = client();
	struct fixture f;

	(void)state;
	put_long_hello(&hello, "weir.example", 1000);
	seal.size = 600;
	put_crypto(&frames, &hello, 500, 500);
	quic_seal(&seal, frames.at, frames.len, datagram);
	/* 0-RTT: 30 bytes. */
	memcpy(datagram + 600, zero_rtt, sizeof(zero_rtt));
	frames.len = 0;
	put_crypto(&frames, &hello, 0, 500);
	seal.number++;
	quic_seal(&seal, frames.at, frames.len, datagram + 646);
	open_fixture(&f);
	fixture_datagram(&f, &datagram_quic, 0, datagram, 1246);
	assert_told(&f, "weir.example", true);
	assert_int_equal(stats(&f)->derived, 1);
	close_fixture(&f);
	/* One that is for somebody else is passed over. */
	seal.id = OTHER_ID;
	quic_seal(&seal, frames.at, frames.len, datagram + 646);
	open_fixture(&f);
	fixture_datagram(&f, &datagram_quic, 0, datagram, 1246);
	assert_int_equal(stats(&f)->opened, 1);
	finish(&f);
	assert_int_equal(f.count, 0);
	close_fixture(&f);
}

/* The rest was lost: what is there is told, once, without a fingerprint. */
static void half_a_hello_is_told_at_last(void **state)
{
	struct quic_seal seal = client();
	struct bytes hello;
	struct fixture f;

	(void)state;
	put_long_hello(&hello, "weir.example", 1800);
	open_fixture(&f);
	send_piece(&f, &seal, &hello, 0, 1000);
	fixture_wait(&f, QUIC_WAIT_NS - 1);
	quic_table_turn(f.parse.quic, f.log, f.parse.now_ns, false);
	fixture_collect(&f, f.log);
	assert_int_equal(f.count, 0);
	fixture_wait(&f, 1);
	quic_table_turn(f.parse.quic, f.log, f.parse.now_ns, false);
	fixture_collect(&f, f.log);
	assert_told(&f, "weir.example", false);
	assert_int_equal(f.events[0].flow, f.parse.flow);
	assert_true(addr_equal(&f.events[0].key.addr[1], &f.parse.key.addr[1]));
	send_piece(&f, &seal, &hello, 1000, 800);
	finish(&f);
	assert_int_equal(f.count, 1);
	close_fixture(&f);
	/* Its beginning was lost: there is nothing to say. */
	open_fixture(&f);
	send_piece(&f, &seal, &hello, 50, 1000);
	finish(&f);
	assert_int_equal(f.count, 0);
	close_fixture(&f);
}

/* Over TCP, in records and segments of any size, it has the same name and fingerprint. */
static void the_same_hello_over_tcp(void **state)
{
	static struct bytes records;
	struct bytes hello;
	struct quic_seal seal = client();
	struct fixture tcp, quic;

	(void)state;
	put_long_hello(&hello, "long.weir.example", 1800);
	records.len = 0;
	put_records(&records, 22, &hello, 700);
	fixture_run(&tcp, &parser_tls, 443,
		&(struct say){ .side = 0, .bytes = records.at, .len = records.len }, 1);
	open_fixture(&quic);
	send_piece(&quic, &seal, &hello, 1000, 800);
	send_piece(&quic, &seal, &hello, 0, 1000);
	assert_told(&quic, "long.weir.example", true);
	assert_int_equal(tcp.count, 1);
	assert_true(fixture_is(tcp.events[0].tls.sni, "long.weir.example"));
	assert_string_equal(tcp.events[0].tls.ja3, quic.events[0].tls.ja3);
	assert_string_equal(tcp.events[0].tls.ja4 + 1, quic.events[0].tls.ja4 + 1);
	close_fixture(&quic);
	fixture_close(&tcp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_of_the_rfc),
		cmocka_unit_test(all_versions),
		cmocka_unit_test(frames_out_of_order),
		cmocka_unit_test(all_splits_and_orders_tell_the_same),
		cmocka_unit_test(chaos_tells_the_same),
		cmocka_unit_test(after_the_hello_nothing_is_opened),
		cmocka_unit_test(the_first_id_stays_the_source_of_keys),
		cmocka_unit_test(a_retry_gives_new_keys),
		cmocka_unit_test(a_retry_after_the_hello),
		cmocka_unit_test(the_next_connection_is_told),
		cmocka_unit_test(coalesced_packets),
		cmocka_unit_test(half_a_hello_is_told_at_last),
		cmocka_unit_test(the_same_hello_over_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

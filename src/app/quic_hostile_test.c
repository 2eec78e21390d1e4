/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of what QUIC's parser does with those who mean it no good: each is bounded, and counted.
 */
#include "app/quic_fixture.h"

static void pieces_that_differ(void **state)
{
	struct quic_seal seal = client();
	struct bytes hello, other;
	struct fixture f;

	(void)state;
	put_long_hello(&hello, "weir.example", 1800);
	put_long_hello(&other, "evil.example", 1800);
	open_fixture(&f);
	send_piece(&f, &seal, &hello, 0, 1000);
	send_piece(&f, &seal, &other, 0, 1000);
	send_piece(&f, &seal, &hello, 1000, 800);
	assert_told(&f, "weir.example", false);
	assert_int_equal(stats(&f)->conflicts, 1);
	assert_int_equal(stats(&f)->given_up, 1);
	finish(&f);
	close_fixture(&f);
}

static void endless_initials(void **state)
{
	struct bytes ping = { 1, { 1 } }, hello;
	struct quic_seal seal = client();
	struct fixture f;

	(void)state;
	/* With nothing in them; with the same bytes; each with one byte more. */
	for (unsigned kind = 0; kind < 3; kind++) {
		open_fixture(&f);
		put_long_hello(&hello, "weir.example", 1800);
		for (unsigned i = 0; i < 100; i++) {
			if (kind == 0)
				send_sealed(&f, &seal, &ping);
			else
				send_piece(&f, &seal, &hello, 0, kind == 1 ? 1000 : 1 + i);
		}
		assert_int_equal(stats(&f)->opened, 16);
		assert_int_equal(stats(&f)->given_up, 1);
		finish(&f);
		assert_true(f.count <= 1);
		close_fixture(&f);
	}
	/* A new connection each time, which the server seems to answer. */
	open_fixture(&f);
	for (unsigned i = 0; i < 2000; i++) {
		uint8_t id[8] = { (uint8_t)i, (uint8_t)(i >> 8) };

		seal.id = id;
		send_piece(&f, &seal, &hello, 0, 1000);
		answer(&f, 0, SERVER_ID, 8);
	}
	assert_true(stats(&f)->opened <= 64 * 2 * 16);
	finish(&f);
	close_fixture(&f);
}

static void far_offsets(void **state)
{
	static const char frames[6][13] = { "\x06\xff\xff\xff\xff\xff\xff\xff\xff\x40\x20",
		"\x06\xc0\x00\x00\x00\xff\xff\xff\xff\x40\x20",
		"\x06\x40\x00\xff\xff\xff\xff\xff\xff\xff\xff", "\x06\x80\x00\x1b\xff\x40\x20",
		"\x06\x80\x00\x1c\x00\x40\x20",
		"\x02\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00" };
	struct quic_seal seal = client();
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct bytes b = { 0 };

		put_bytes(&b, frames[i], 12);
		put_fill(&b, 0x31, 40);
		open_fixture(&f);
		send_sealed(&f, &seal, &b);
		finish(&f);
		assert_int_equal(f.count, 0);
		close_fixture(&f);
	}
}

/* It says that it is longer than what is kept. */
static void an_overlong_hello(void **state)
{
	struct quic_seal seal = client();
	struct bytes hello;
	struct fixture f;

	(void)state;
	put_long_hello(&hello, "weir.example", 1000);
	hello.at[1] = 1;
	open_fixture(&f);
	send_piece(&f, &seal, &hello, 0, 1000);
	for (unsigned at = 1000; at < QUIC_HELLO_MAX; at += 1000) {
		struct bytes frames = { 0 };

		put8(&frames, 6);
		put16(&frames, 0x4000 | at);
		put16(&frames, 0x4000 | 1000);
		put_fill(&frames, 0x77, 1000);
		send_sealed(&f, &seal, &frames);
	}
	assert_told(&f, "weir.example", false);
	assert_int_equal(stats(&f)->given_up, 1);
	finish(&f);
	close_fixture(&f);
}

static void wrong_keys(void **state)
{
	struct quic_seal seal = client();
	struct bytes hello;
	struct fixture f;

	(void)state;
	put_long_hello(&hello, "weir.example", 1800);
	open_fixture(&f);
	send_piece(&f, &seal, &hello, 0, 1000);
	/* In its name, by who does not know the id: it stays good. */
	seal.id = OTHER_ID;
	seal.key_id = "x";
	seal.key_id_len = 1;
	send_piece(&f, &seal, &hello, 1000, 800);
	seal = client();
	send_piece(&f, &seal, &hello, 1000, 800);
	assert_told(&f, "weir.example", true);
	close_fixture(&f);
	/* Picked up in its middle: after some no more are tried. */
	open_fixture(&f);
	seal.key_id = SERVER_ID;
	seal.key_id_len = 8;
	for (unsigned i = 0; i < 50; i++)
		send_piece(&f, &seal, &hello, 1000, 800);
	assert_int_equal(f.count, 0);
	assert_true(stats(&f)->opened <= 3);
	assert_int_equal(stats(&f)->given_up, 1);
	close_fixture(&f);
}

/* More hellos at a time than wait, of more connections than are known. */
static void too_many_at_a_time(void **state)
{
	struct quic_seal seal = client();
	struct bytes hello;
	struct fixture f;

	(void)state;
	put_long_hello(&hello, "weir.example", 1800);
	open_fixture(&f);
	for (unsigned i = 0; i < 1000; i++) {
		f.parse.flow = (uint64_t)i * 0x9e3779b97f4a7c15ULL >> 1;
		fixture_wait(&f, 1000);
		send_piece(&f, &seal, &hello, 0, 1000);
		assert_true(blocks_used(f.memory.blocks) <= QUIC_COLLECTED_MAX * 8192);
	}
	assert_int_equal(f.count, 1000 - QUIC_COLLECTED_MAX);
	assert_int_equal(stats(&f)->refused, 1000 - QUIC_COLLECTED_MAX);
	send_piece(&f, &seal, &hello, 1000, 800);
	assert_int_equal(strlen(f.events[f.count - 1].tls.ja4), 36);
	finish(&f);
	assert_int_equal(f.count, 1000);
	close_fixture(&f);
}

static void without_memory_the_beginning_is_told(void **state)
{
	struct quic_seal seal = client();
	struct bytes hello;
	uint32_t taken[8], block;
	unsigned count = 0;
	struct fixture f;

	(void)state;
	put_long_hello(&hello, "weir.example", 1800);
	open_fixture(&f);
	while ((block = blocks_take(f.memory.blocks, BLOCK_MAX)) != 0)
		taken[count++] = block;
	send_piece(&f, &seal, &hello, 0, 1000);
	assert_told(&f, "weir.example", false);
	assert_int_equal(stats(&f)->refused, 1);
	send_piece(&f, &seal, &hello, 1000, 800);
	assert_int_equal(f.count, 1);
	while (count > 0)
		blocks_give(f.memory.blocks, taken[--count]);
	close_fixture(&f);
}

static void bent_datagrams(void **state)
{
	struct bytes hello = { 0 }, frames = { 0 };
	struct quic_seal seal = client();
	uint8_t datagram[QUIC_SEAL_MAX];
	struct fixture f;

	(void)state;
	put_client_hello(&hello, "weir.example");
	put_crypto(&frames, &hello, 0, hello.len);
	quic_seal(&seal, frames.at, frames.len, datagram);
	open_fixture(&f);
	for (size_t len = 0; len < DATAGRAM; len += len < 60 ? 1 : 57)
		fixture_datagram(&f, &datagram_quic, 0, datagram, len);
	for (size_t i = 0; i < DATAGRAM; i += i < 60 ? 1 : 57) {
		datagram[i] ^= 0x40;
		f.parse.flow++; /* else they are soon left alone */
		fixture_datagram(&f, &datagram_quic, 0, datagram, DATAGRAM);
		datagram[i] ^= 0x40;
	}
	assert_int_equal(f.count, 0);
	/* From the server, or not QUIC at all. */
	assert_true(fixture_datagram(&f, &datagram_quic, 1, datagram, DATAGRAM));
	assert_false(fixture_datagram(&f, &datagram_quic, 0, "\x40short header", 13));
	assert_false(fixture_datagram(&f, &datagram_quic, 0, "", 0));
	assert_int_equal(f.count, 0);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_that_differ),
		cmocka_unit_test(endless_initials),
		cmocka_unit_test(far_offsets),
		cmocka_unit_test(an_overlong_hello),
		cmocka_unit_test(wrong_keys),
		cmocka_unit_test(too_many_at_a_time),
		cmocka_unit_test(without_memory_the_beginning_is_told),
		cmocka_unit_test(bent_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track/quoted_test.c - what an ICMP error quotes: read when it is whole and honest, else not. */
#include "track/quoted.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "track/track_fixture.h"

#define AT 42 /* where the quoted packet begins */

/* An error from host 2 to host 1, who had sent it a datagram from port 5000 to 53. */
struct error {
	uint8_t bytes[AT + 80];
	struct pkt pkt;
};

static void put_ports(uint8_t *at)
{
	at[0] = 5000 >> 8;
	at[1] = 5000 & 0xff;
	at[3] = 53;
}

static void build_v4(struct error *error, unsigned option_words)
{
	uint8_t *quote = error->bytes + AT;
	struct addr asker = host(1), asked = host(2);

	memset(error, 0, sizeof(*error));
	quote[0] = (uint8_t)(0x45 + option_words);
	quote[9] = IPPROTO_UDP;
	memcpy(quote + 12, &asker.byte[12], 4);
	memcpy(quote + 16, &asked.byte[12], 4);
	put_ports(quote + 20 + option_words * 4);
	error->pkt = packet(IPPROTO_ICMP, asked, 0x0303, asker, 0x0303);
	error->pkt.icmp_type = 3;
	error->pkt.icmp_code = 3;
	error->pkt.bytes = error->bytes;
	error->pkt.payload_len = 28 + option_words * 4;
}

static void build_v6(struct error *error)
{
	static const uint8_t asker_bytes[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	static const uint8_t asked_bytes[16] = { 0x20, 1, 0xd, 0xb8, [15] = 2 };
	uint8_t *quote = error->bytes + AT;

	memset(error, 0, sizeof(*error));
	quote[0] = 0x60;
	quote[6] = IPPROTO_UDP;
	memcpy(quote + 8, asker_bytes, 16);
	memcpy(quote + 24, asked_bytes, 16);
	put_ports(quote + 40);
	error->pkt = packet(IPPROTO_ICMPV6, addr_from_v6(asked_bytes), 0x0104,
		addr_from_v6(asker_bytes), 0x0104);
	error->pkt.ip_version = 6;
	error->pkt.icmp_type = 1;
	error->pkt.bytes = error->bytes;
	error->pkt.payload_len = 48;
}

static void assert_reads(const struct pkt *pkt)
{
	struct flow_key key;

	assert_true(quoted_key(pkt, &key));
	assert_true(addr_equal(&key.addr[0], &pkt->key.addr[1]));
	assert_true(addr_equal(&key.addr[1], &pkt->key.addr[0]));
	assert_int_equal(key.port[0], 5000);
	assert_int_equal(key.port[1], 53);
	assert_int_equal(key.proto, IPPROTO_UDP);
}

static void assert_refuses(const struct pkt *pkt)
{
	struct flow_key key = { .vlan = 77 };

	assert_false(quoted_key(pkt, &key));
	assert_int_equal(key.vlan, 77);
}

static void reads_v4_with_and_without_options(void **state)
{
	struct error error = { 0 };

	(void)state;
	for (unsigned words = 0; words <= 10; words++) {
		build_v4(&error, words);
		error.pkt.key.vlan = 9;
		assert_reads(&error.pkt);
	}
}

static void reads_v6(void **state)
{
	struct error error = { 0 };

	(void)state;
	build_v6(&error);
	assert_reads(&error.pkt);
}

/* Cut after every byte: read only when the ports are there. */
static void cut_ones_are_refused(void **state)
{
	struct error error = { 0 };

	(void)state;
	build_v4(&error, 1);
	for (uint32_t len = 0; len < 28; len++) {
		error.pkt.payload_len = len;
		assert_refuses(&error.pkt);
	}
	build_v6(&error);
	for (uint32_t len = 0; len < 44; len++) {
		error.pkt.payload_len = len;
		assert_refuses(&error.pkt);
	}
}

static void other_protocols_have_no_ports(void **state)
{
	struct error error = { 0 };
	struct flow_key key;

	(void)state;
	build_v4(&error, 0);
	error.bytes[AT + 9] = 47;
	error.pkt.payload_len = 20;
	assert_true(quoted_key(&error.pkt, &key));
	assert_int_equal(key.proto, 47);
	assert_int_equal(key.port[0], 0);
}

/* A router on the way quotes packets between others; and nobody can quote what he was not sent. */
static void errors_from_others_are_refused(void **state)
{
	struct error error = { 0 };

	(void)state;
	build_v4(&error, 0);
	error.pkt.key.addr[0] = host(9);
	assert_refuses(&error.pkt);
	build_v4(&error, 0);
	error.pkt.key.addr[1] = host(9);
	assert_refuses(&error.pkt);
}

static void impossible_headers_are_refused(void **state)
{
	struct error error = { 0 };

	(void)state;
	build_v4(&error, 0);
	error.bytes[AT] = 0x44; /* four words */
	assert_refuses(&error.pkt);
	build_v4(&error, 0);
	error.bytes[AT] = 0x65; /* not IPv4 */
	assert_refuses(&error.pkt);
	build_v6(&error);
	error.bytes[AT] = 0x45;
	assert_refuses(&error.pkt);
}

/* A later fragment has payload where the ports would be. */
static void later_fragments_are_refused(void **state)
{
	struct error error = { 0 };

	(void)state;
	build_v4(&error, 0);
	error.bytes[AT + 7] = 1; /* offset 8 */
	assert_refuses(&error.pkt);
	build_v4(&error, 0);
	error.bytes[AT + 6] = 0x20; /* the first one, more to come */
	assert_reads(&error.pkt);
	error.bytes[AT + 6] = 0x40; /* not to be fragmented */
	assert_reads(&error.pkt);
}

static void nothing_captured_is_refused(void **state)
{
	struct error error = { 0 };

	(void)state;
	build_v4(&error, 0);
	error.pkt.bytes = NULL;
	error.pkt.payload_len = 0;
	assert_refuses(&error.pkt);
}

static bool is_error(uint8_t proto, uint8_t type)
{
	struct pkt pkt = packet(proto, host(1), 0, host(2), 0);

	pkt.icmp_type = type;
	return quoted_is_error(&pkt);
}

static void knows_what_is_an_error(void **state)
{
	(void)state;
	assert_true(is_error(IPPROTO_ICMP, 3));
	assert_true(is_error(IPPROTO_ICMP, 11));
	assert_true(is_error(IPPROTO_ICMP, 12));
	assert_false(is_error(IPPROTO_ICMP, 0));
	assert_false(is_error(IPPROTO_ICMP, 8));
	assert_false(is_error(IPPROTO_ICMP, 5)); /* redirect: about the way, not the packet */
	assert_true(is_error(IPPROTO_ICMPV6, 1));
	assert_true(is_error(IPPROTO_ICMPV6, 4));
	assert_false(is_error(IPPROTO_ICMPV6, 128));
	assert_false(is_error(IPPROTO_UDP, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_v4_with_and_without_options),
		cmocka_unit_test(reads_v6),
		cmocka_unit_test(cut_ones_are_refused),
		cmocka_unit_test(other_protocols_have_no_ports),
		cmocka_unit_test(errors_from_others_are_refused),
		cmocka_unit_test(impossible_headers_are_refused),
		cmocka_unit_test(later_fragments_are_refused),
		cmocka_unit_test(nothing_captured_is_refused),
		cmocka_unit_test(knows_what_is_an_error),
	};

	return cmocka_run_group_tests_name("quoted", tests, NULL, NULL);
}

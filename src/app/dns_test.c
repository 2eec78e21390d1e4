/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of DNS over UDP and TCP: every field, every record type, hostile names, any cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/app_fixture.h"
#include "app/dns.h"

/* A message that is being written. */
struct writer {
	uint8_t bytes[65535];
	size_t len;
};

static void put(struct writer *w, const void *bytes, size_t len)
{
	assert_true(w->len + len <= sizeof(w->bytes));
	memcpy(w->bytes + w->len, bytes, len);
	w->len += len;
}

static void put16(struct writer *w, unsigned value)
{
	put(w, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

static void put32(struct writer *w, uint32_t value)
{
	put16(w, value >> 16);
	put16(w, value & 0xffff);
}

/* Of "a.b": 1 a 1 b 0. */
static void put_name(struct writer *w, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");
		uint8_t byte = (uint8_t)len;

		put(w, &byte, 1);
		put(w, name, len);
		name += len + (name[len] == '.');
	}
	put(w, "", 1);
}

static void begin(
	struct writer *w, unsigned id, unsigned flags, unsigned answers, unsigned additionals)
{
	w->len = 0;
	put16(w, id);
	put16(w, flags);
	put16(w, 1);
	put16(w, answers);
	put16(w, 0);
	put16(w, additionals);
}

static void question(struct writer *w, const char *name, unsigned type)
{
	put_name(w, name);
	put16(w, type);
	put16(w, 1);
}

/* A record of the name that was asked for. */
static void record(struct writer *w, unsigned type, uint32_t ttl_s, const void *data, size_t len)
{
	put16(w, 0xc00c);
	put16(w, type);
	put16(w, 1);
	put32(w, ttl_s);
	put16(w, (unsigned)len);
	put(w, data, len);
}

static void opt(struct writer *w, uint32_t ttl)
{
	put(w, "", 1);
	put16(w, DNS_OPT);
	put16(w, 1232);
	put32(w, ttl);
	put16(w, 0);
}

static struct fixture fixture;
static struct writer w, second;

static int set_up(void **state)
{
	(void)state;
	fixture_open(&fixture, NULL, 53);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&fixture);
	return 0;
}

static const struct app_dns *answer_of(unsigned index)
{
	const struct app_event *event = fixture_event(&fixture, APP_DNS, index);

	assert_non_null(event);
	return &event->dns;
}

static void test_addresses(void **state)
{
	const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	const struct app_dns *dns;
	struct addr v4 = addr_from_v4((uint8_t[]){ 192, 0, 2, 7 });

	(void)state;
	begin(&w, 0x1234, 0x8580, 3, 1);
	question(&w, "Www.Example.COM", DNS_A);
	record(&w, DNS_CNAME, 60, "\1a\xc0\x10", 4);
	record(&w, DNS_A, 300, "\xc0\0\2\7", 4);
	record(&w, DNS_AAAA, 301, v6, 16);
	opt(&w, 0);
	assert_true(fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len));
	dns = answer_of(0);
	assert_true(fixture_is(dns->name, "www.example.com"));
	assert_int_equal(dns->type, DNS_A);
	assert_int_equal(dns->id, 0x1234);
	assert_int_equal(dns->flags, 0x8580);
	assert_int_equal(dns->rcode, 0);
	assert_true(dns->is_authoritative && !dns->is_truncated && !dns->is_tcp);
	assert_int_equal(dns->answer_count, 3);
	assert_int_equal(dns->listed, 3);
	assert_int_equal(dns->bytes[0], 12 + 17 + 4 + 11);
	assert_int_equal(dns->bytes[1], w.len);
	assert_true(fixture_is(dns->answers[0].data, "a.example.com"));
	assert_int_equal(dns->answers[0].ttl_s, 60);
	assert_true(addr_equal(&dns->answers[1].addr, &v4));
	assert_memory_equal(dns->answers[2].addr.byte, v6, 16);
	assert_int_equal(dns->answers[2].type, DNS_AAAA);
}

/* Data of a type, and what is told of it. */
static void check_data(unsigned type, const void *data, size_t len, const char *told)
{
	unsigned before = fixture_count(&fixture, APP_DNS);

	begin(&w, 1, 0x8180, 1, 0);
	question(&w, "t.example", type);
	record(&w, type, 5, data, len);
	assert_true(fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len));
	assert_int_equal(answer_of(before)->answers[0].type, type);
	assert_true(fixture_is(answer_of(before)->answers[0].data, told));
}

static void test_types(void **state)
{
	(void)state;
	check_data(DNS_NS, "\2ns\xc0\x0c", 5, "ns.t.example");
	check_data(DNS_PTR, "\4host\0", 6, "host");
	check_data(DNS_MX, "\0\12\4mail\xc0\x0e", 9, "mail.example");
	check_data(DNS_SRV, "\0\1\0\2\x1f\x90\3srv\0", 11, "srv");
	check_data(DNS_TXT, "\3one\4two!", 9, "onetwo!");
	check_data(DNS_TXT, "\377cut", 4, "cut");
	check_data(DNS_NULL, "raw bytes", 9, "raw bytes");
	check_data(DNS_HTTPS, "\1\2", 2, "\1\2");
	check_data(65399, "private", 7, "private");
	check_data(DNS_A, "abc", 3, "abc");
	check_data(DNS_CNAME, "\xc0\x40", 2, "\xc0\x40");
}

static void test_codes(void **state)
{
	(void)state;
	begin(&w, 1, 0x8383, 0, 0);
	question(&w, "nothing.example", DNS_A);
	assert_true(fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len));
	assert_int_equal(answer_of(0)->rcode, DNS_NXDOMAIN);
	assert_true(answer_of(0)->is_truncated);
	begin(&w, 1, 0x8180, 0, 1);
	question(&w, "x.example", DNS_A);
	opt(&w, 1U << 24);
	assert_true(fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len));
	assert_int_equal(answer_of(1)->rcode, 16);
}

/* Bytes that would be taken for something else are written out. */
static void test_odd_bytes(void **state)
{
	(void)state;
	begin(&w, 1, 0x8180, 0, 0);
	put(&w, "\5a.b\0\\\2\xff\xfe\0", 10);
	put16(&w, DNS_TXT);
	put16(&w, 1);
	assert_true(fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len));
	assert_true(fixture_is(answer_of(0)->name, "a\\046b\\000\\092.\xff\xfe"));
}

static void test_long_names(void **state)
{
	char name[300];

	(void)state;
	/* 127 labels of one byte: 255 with the root's. */
	for (unsigned i = 0; i < 127; i++)
		memcpy(name + i * 2, "x.", 2);
	name[253] = '\0';
	begin(&w, 1, 0x8180, 0, 0);
	question(&w, name, DNS_A);
	assert_true(fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len));
	assert_true(fixture_is(answer_of(0)->name, name));
	begin(&w, 1, 0x8180, 0, 0);
	memcpy(name + 253, ".x", 3);
	question(&w, name, DNS_A);
	assert_false(fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len));
}

static bool see_name(const void *name, size_t len)
{
	begin(&w, 1, 0x8180, 0, 0);
	put(&w, name, len);
	put16(&w, DNS_A);
	put16(&w, 1);
	return fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len);
}

static void test_loops(void **state)
{
	(void)state;
	assert_false(see_name("\xc0\x0c", 2));	       /* itself */
	assert_false(see_name("\1a\xc0\x0c", 4));      /* its own beginning */
	assert_false(see_name("\xc0\x0e\xc0\x0c", 4)); /* forward */
	assert_false(see_name("\xff\xff", 2));
	assert_false(see_name("\x40", 1)); /* reserved label types */
	assert_false(see_name("\x80", 1));
	assert_int_equal(fixture_count(&fixture, APP_DNS), 0);
	/* A chain of jumps backwards ends. */
	begin(&w, 1, 0x8180, 1, 0);
	question(&w, "example", DNS_CNAME);
	record(&w, DNS_CNAME, 1, "\1b\xc0\x0c", 4);
	assert_true(fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len));
	assert_true(fixture_is(answer_of(0)->answers[0].data, "b.example"));
}

/* A TXT record that is a chain of so many jumps, and a record whose name is at its end. */
static unsigned listed_behind_chain(unsigned jumps)
{
	uint8_t chain[512] = { 0xc0, 0x0c };
	size_t at;

	begin(&w, 1, 0x8180, 2, 0);
	question(&w, "example", DNS_TXT);
	at = w.len + 12;
	for (unsigned i = 1; i < jumps; i++) {
		chain[i * 2] = (uint8_t)(0xc0 | (at + i * 2 - 2) >> 8);
		chain[i * 2 + 1] = (uint8_t)(at + i * 2 - 2);
	}
	record(&w, DNS_TXT, 1, chain, (size_t)jumps * 2);
	at += (size_t)jumps * 2 - 2;
	put16(&w, (unsigned)(0xc000 | at));
	put16(&w, DNS_A);
	put16(&w, 1);
	put32(&w, 1);
	put16(&w, 4);
	put(&w, "\1\2\3\4", 4);
	assert_true(fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len));
	return answer_of(fixture_count(&fixture, APP_DNS) - 1)->listed;
}

/* No name has more than 127 labels, so none needs more jumps: a message made of jumps would be
 * walked through again for each of its records. */
static void test_endless_jumps(void **state)
{
	(void)state;
	assert_int_equal(listed_behind_chain(100), 2);
	assert_int_equal(listed_behind_chain(200), 1);
}

/* Wherever it is cut: no crash, and what is told is of the answer's beginning. */
static void test_cut(void **state)
{
	(void)state;
	begin(&w, 1, 0x8180, 2, 1);
	question(&w, "www.example", DNS_A);
	record(&w, DNS_A, 1, "\xc0\0\2\7", 4);
	record(&w, DNS_TXT, 1, "\3one", 4);
	opt(&w, 0);
	for (size_t len = 0; len < w.len; len++) {
		unsigned before = fixture_count(&fixture, APP_DNS);
		bool is_dns = fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, len);

		assert_int_equal(is_dns, len >= 12 + 13 + 4);
		assert_int_equal(fixture_count(&fixture, APP_DNS), before + is_dns);
		if (is_dns)
			assert_true(fixture_is(answer_of(before)->name, "www.example"));
	}
}

static void test_more_answers_than_are_told(void **state)
{
	(void)state;
	begin(&w, 1, 0x8180, 600, 0);
	question(&w, "www.example", DNS_A);
	for (unsigned i = 0; i < 600; i++)
		record(&w, DNS_TXT, 1, "\1x", 2);
	w.bytes[6] = 1; /* 344: more than 512 are not believed */
	assert_true(fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len));
	assert_int_equal(answer_of(0)->listed, DNS_ANSWERS);
	assert_int_equal(answer_of(0)->answer_count, 344);
}

static void test_who_may_answer(void **state)
{
	(void)state;
	begin(&w, 1, 0x0100, 0, 0);
	question(&w, "www.example", DNS_A);
	assert_true(fixture_datagram(&fixture, &datagram_dns, 0, w.bytes, w.len));
	/* The one who asks gives no answers, the one who answers asks nothing. */
	assert_false(fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len));
	w.bytes[2] = 0x81;
	assert_false(fixture_datagram(&fixture, &datagram_dns, 0, w.bytes, w.len));
	assert_int_equal(fixture_count(&fixture, APP_DNS), 0);
}

static void test_by_content(void **state)
{
	struct fixture other;

	(void)state;
	fixture_open(&other, NULL, 5300);
	begin(&w, 1, 0x0100, 0, 0);
	question(&w, "www.example", DNS_A);
	assert_true(fixture_datagram(&other, &datagram_dns, 0, w.bytes, w.len));
	assert_false(fixture_datagram(&other, &datagram_dns, 0, w.bytes, w.len - 1));
	put(&w, "x", 1);
	assert_false(fixture_datagram(&other, &datagram_dns, 0, w.bytes, w.len));
	fixture_close(&other);
}

/* Bytes without sense, of all lengths; under AddressSanitizer. */
static void test_noise(void **state)
{
	uint32_t noise = 1;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		begin(&w, 1, 0x8180, 2, 1);
		while (w.len < 12 + round % 200) {
			noise = noise * 1664525 + 1013904223;
			put(&w, (uint8_t[]){ (uint8_t)(noise >> 24) }, 1);
		}
		fixture_datagram(&fixture, &datagram_dns, 1, w.bytes, w.len);
	}
}

/* With its length in front, behind what is there. */
static void put_message(struct writer *to, const struct writer *message)
{
	put16(to, (unsigned)message->len);
	put(to, message->bytes, message->len);
}

static struct writer asked, answered;

static void two_questions(void)
{
	asked.len = answered.len = 0;
	begin(&w, 7, 0x0100, 0, 0);
	question(&w, "one.example", DNS_A);
	put_message(&asked, &w);
	begin(&w, 8, 0x0100, 0, 1);
	question(&w, "two.example", DNS_TXT);
	put(&w, "\0\0\x29\4\xd0\0\0\0\0\0\4\0\3\0\0", 15);
	put_message(&asked, &w);
	begin(&w, 8, 0x8180, 1, 0);
	question(&w, "two.example", DNS_TXT);
	record(&w, DNS_TXT, 9, "\5hello", 6);
	put_message(&answered, &w);
	begin(&w, 7, 0x8183, 0, 0);
	question(&w, "one.example", DNS_A);
	put_message(&answered, &w);
}

static void test_tcp(void **state)
{
	struct fixture tcp;
	const struct app_dns *dns;

	(void)state;
	two_questions();
	fixture_open(&tcp, &parser_dns_tcp, 53);
	fixture_feed(&tcp, 0, asked.bytes, asked.len, 0);
	fixture_feed(&tcp, 1, answered.bytes, answered.len, 0);
	fixture_end(&tcp);
	assert_int_equal(fixture_count(&tcp, APP_DNS), 2);
	dns = &fixture_event(&tcp, APP_DNS, 0)->dns;
	assert_true(fixture_is(dns->name, "two.example") && dns->is_tcp);
	assert_true(fixture_is(dns->answers[0].data, "hello"));
	assert_int_equal(dns->bytes[0], 12 + 13 + 4 + 15);
	dns = &fixture_event(&tcp, APP_DNS, 1)->dns;
	assert_int_equal(dns->rcode, DNS_NXDOMAIN);
	assert_int_equal(dns->bytes[0], 12 + 13 + 4);
	fixture_close(&tcp);
}

static void test_tcp_however_cut(void **state)
{
	struct say says[2];

	(void)state;
	two_questions();
	says[0] = (struct say){ 0, asked.bytes, asked.len };
	says[1] = (struct say){ 1, answered.bytes, answered.len };
	fixture_same_however_cut(&parser_dns_tcp, 53, says, 2);
}

/* Messages of no length, of the greatest, and of nonsense, between two good ones. */
static void test_tcp_hostile(void **state)
{
	struct fixture tcp;
	static uint8_t junk[65535];

	(void)state;
	begin(&w, 7, 0x8180, 0, 0);
	question(&w, "one.example", DNS_A);
	second.len = 0;
	put_message(&second, &w);
	put16(&second, 0);
	put16(&second, 3);
	put(&second, "abc", 3);
	fixture_open(&tcp, &parser_dns_tcp, 53);
	fixture_feed(&tcp, 1, second.bytes, second.len, 1);
	fixture_feed(&tcp, 1, "\xff\xff", 2, 1);
	fixture_feed(&tcp, 1, junk, sizeof(junk), 1000);
	fixture_feed(&tcp, 1, second.bytes, second.len, 1);
	assert_int_equal(fixture_count(&tcp, APP_DNS), 2);
	fixture_close(&tcp);
}

static void test_tcp_recognise(void **state)
{
	(void)state;
	two_questions();
	for (size_t len = 0; len < asked.len; len++)
		assert_int_equal(fixture_recognise(&parser_dns_tcp, asked.bytes, len, NULL, 0, 53),
			len < 2 + 12 + 13 + 4 ? VERDICT_MAYBE : VERDICT_YES);
	assert_int_equal(fixture_recognise(
				 &parser_dns_tcp, "GET / HTTP/1.1\r\nHost: a\r\n", 25, NULL, 0, 53),
		VERDICT_NO);
	assert_int_equal(
		fixture_recognise(&parser_dns_tcp, NULL, 0, "220 mail.example ESMTP\r\n", 24, 25),
		VERDICT_NO);
	assert_int_equal(fixture_recognise(&parser_dns_tcp,
				 "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x01\x02\x03\x04",
				 16, NULL, 0, 443),
		VERDICT_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_types, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_codes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_odd_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_loops, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_endless_jumps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_more_answers_than_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_who_may_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_by_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_noise, set_up, tear_down),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_tcp_however_cut),
		cmocka_unit_test(test_tcp_hostile),
		cmocka_unit_test(test_tcp_recognise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

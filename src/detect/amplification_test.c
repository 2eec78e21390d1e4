/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/amplification_test.c - unasked answers of every kind are found without a rate, just below
 * the limits they are not, and answers that somebody wanted never are. "Other" is in flood_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/detectors.h"
#include "detect/play.h"
#include "detect/volume.h"

#define VICTIM "192.0.2.7"

static uint16_t service = 53; /* the reflectors' port */
static uint32_t reflectors = 12;
static uint32_t answer_len = 1400; /* of the IP packet */
static const char *victim = VICTIM;

static void defaults(void)
{
	service = 53;
	reflectors = 12;
	answer_len = 1400;
	victim = VICTIM;
}

static int set_up(void **state)
{
	(void)state;
	defaults();
	return 0;
}

static struct pkt answer(uint32_t number)
{
	struct pkt pkt = fixture_pkt(17, stranger(number % reflectors), service,
		fixture_addr(victim), (uint16_t)(1024 + mix(number) % 60000));

	pkt.payload_wire_len = answer_len - 28;
	pkt.ip_len = answer_len;
	return pkt;
}

static struct fixture *after(struct play what)
{
	struct fixture *f = fixture_open(&detector_amplification, NULL);

	play(f, what);
	fixture_end(f);
	return f;
}

static unsigned findings_of(struct play what)
{
	struct fixture *f = after(what);
	unsigned count = fixture_count(f, KIND_NONE);

	fixture_close(f);
	return count;
}

/* 20 a second, from a dozen. */
static const struct play thin = { T0, 20, 300, answer, STANDING_OPENING, EVENT_NEW };

static void every_kind(void **state)
{
	static const struct {
		uint16_t port;
		enum kind kind;
	} table[] = {
#define AMPLIFIER(symbol, name, port, title) { port, KIND_AMPLIFICATION_##symbol },
		AMPLIFIERS(AMPLIFIER)
#undef AMPLIFIER
			{ 4500, KIND_AMPLIFICATION_IKE },
		{ 138, KIND_AMPLIFICATION_NETBIOS },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fixture *f;
		const struct finding *finding;

		if (table[i].port == 0)
			continue;
		service = table[i].port;
		f = after(thin);
		assert_true(fixture_count(f, table[i].kind) > 0);
		assert_int_equal(fixture_count(f, table[i].kind), fixture_count(f, KIND_NONE));
		finding = &fixture_list(f, &(unsigned){ 0 })[0].finding;
		assert_int_equal(finding->scope, SCOPE_HOST);
		assert_int_equal(finding->port, table[i].port);
		assert_int_equal(finding->proto, 17);
		assert_false(finding->is_spoofable); /* reflectors are who they say */
		assert_true(finding->confidence >= 0.8 && finding->confidence < 1);
		assert_string_equal(finding->evidence[0].name, "reflectors");
		assert_int_equal(packets_found(f, table[i].kind), 300);
		assert_int_equal(fixture_last(f, table[i].kind)->source_count, 12);
		fixture_close(f);
	}
}

/* Few reflectors can be loud: one memcached server answers a small question with megabytes. */
static void few_but_loud(void **state)
{
	struct play what = thin;
	struct fixture *f;

	(void)state;
	service = 11211;
	reflectors = 3;
	what.pps = 5000;
	what.count = 20000;
	f = after(what);
	assert_int_equal(
		fixture_list(f, &(unsigned){ 0 })->finding.kind, KIND_AMPLIFICATION_MEMCACHED);
	assert_int_equal(packets_found(f, KIND_AMPLIFICATION_MEMCACHED), 20000);
	fixture_close(f);
	what.pps = 500;
	what.count = 2000;
	assert_int_equal(findings_of(what), 0);
}

static void just_below(void **state)
{
	struct play what = thin;

	(void)state;
	reflectors = 9;
	assert_int_equal(findings_of(what), 0);
	reflectors = 10;
	assert_true(findings_of(what) > 0);
	what.count = 99;
	assert_int_equal(findings_of(what), 0);
	what.count = 400;
	what.pps = 8; /* one every now and then */
	assert_int_equal(findings_of(what), 0);
}

static struct pkt tftp_block(uint32_t number)
{
	static uint8_t bytes[64] = { [42] = 0, 3, 0, 1 };
	struct pkt pkt = answer(number);

	pkt.key.port[0] = (uint16_t)(32768 + mix(number) % 20000);
	pkt.bytes = bytes;
	pkt.payload_offset = 42;
	pkt.payload_len = 8;
	return pkt;
}

static void tftp_from_odd_ports(void **state)
{
	struct play what = thin;
	struct fixture *f;

	(void)state;
	what.make = tftp_block;
	f = after(what);
	assert_true(fixture_count(f, KIND_AMPLIFICATION_TFTP) > 0);
	assert_int_equal(fixture_last(f, KIND_AMPLIFICATION_TFTP)->finding.port, 0);
	fixture_close(f);
}

/* Mostly later fragments, as large answers come. */
static struct pkt fragmented(uint32_t number)
{
	struct pkt pkt = answer(number / 3);

	pkt.frag = number % 3 ? FRAG_LATER : FRAG_FIRST;
	return pkt;
}

static void fragments_belong_to_it(void **state)
{
	struct play what = thin;
	struct fixture *f;

	(void)state;
	what.make = fragmented;
	f = after(what);
	assert_int_equal(packets_found(f, KIND_AMPLIFICATION_DNS), 300);
	assert_float_equal(
		finding_evidence(&fixture_last(f, KIND_AMPLIFICATION_DNS)->finding, "fragments", 0),
		1, 0);
	fixture_close(f);
}

/* The last address of a /24 is a host like others in larger networks. */
static void a_target_that_looks_like_a_broadcast_address(void **state)
{
	(void)state;
	victim = "192.0.2.255";
	assert_true(findings_of(thin) > 0);
	victim = "239.1.1.1";
	assert_int_equal(findings_of(thin), 0);
}

static struct pkt answer_v6(uint32_t number)
{
	uint8_t from[16] = { 0x20, 1, 0xd, 0xb9, [15] = (uint8_t)(number % reflectors) };
	struct pkt pkt = fixture_pkt(17, addr_from_v6(from), service, fixture_addr("2001:db8::7"),
		(uint16_t)(1024 + mix(number) % 60000));

	pkt.payload_wire_len = 1200;
	pkt.ip_len = 1248;
	return pkt;
}

static void over_ipv6(void **state)
{
	struct play what = thin;

	(void)state;
	what.make = answer_v6;
	assert_true(findings_of(what) > 0);
}

static struct pkt question(uint32_t number)
{
	struct pkt pkt = answer(number);

	return fixture_reverse(&pkt);
}

static void questions_are_none(void **state)
{
	struct play what = thin;

	(void)state;
	what.make = question;
	what.pps = 500;
	what.count = 2000;
	assert_int_equal(findings_of(what), 0);
}

static void answers_that_were_asked_for(void **state)
{
	struct play what = { T0, 500, 5000, answer, STANDING_ANSWER, EVENT_ANSWERED };

	(void)state;
	reflectors = 2000;
	assert_int_equal(findings_of(what), 0);
	what.standing = STANDING_VERIFIED;
	assert_int_equal(findings_of(what), 0);
}

/* wanted answers in time, and so many late ones, from many servers. */
static unsigned resolver(uint32_t wanted_of_ten)
{
	struct fixture *f = fixture_open(&detector_amplification, NULL);
	unsigned count;

	reflectors = 2000;
	for (uint32_t i = 0; i < 4000; i++) {
		struct pkt pkt = answer(i);
		bool is_wanted = i % 10 < wanted_of_ten;

		pkt.side = 1;
		fixture_send(f, T0 + i * MS(5), &pkt,
			is_wanted ? STANDING_ANSWER : STANDING_OPENING,
			is_wanted ? EVENT_ANSWERED : EVENT_NEW);
	}
	fixture_end(f);
	count = fixture_count(f, KIND_NONE);
	fixture_close(f);
	return count;
}

static void a_resolver_with_late_answers(void **state)
{
	(void)state;
	assert_int_equal(resolver(8), 0);
	assert_int_equal(resolver(7), 0);
	assert_true(resolver(5) > 0);
}

/* One question to a group, and everybody answers. */
static unsigned discovery(const char *group, uint16_t port, int64_t silence_ns, struct play answers)
{
	struct fixture *f = fixture_open(&detector_amplification, NULL);
	struct pkt query = fixture_udp(VICTIM, 50000, group, port, 100);
	unsigned count;

	service = port;
	reflectors = 50;
	fixture_open_only(f, T0, &query);
	answers.at_ns = T0 + silence_ns;
	play(f, answers);
	fixture_end(f);
	count = fixture_count(f, KIND_NONE);
	fixture_close(f);
	return count;
}

static void discovery_in_the_local_network(void **state)
{
	struct play answers = { 0, 100, 2000, answer, STANDING_OPENING, EVENT_NEW };

	(void)state;
	assert_int_equal(discovery("239.255.255.250", 1900, MS(10), answers), 0);
	assert_int_equal(discovery("224.0.0.251", 5353, MS(10), answers), 0);
	assert_int_equal(discovery("10.0.0.255", 137, MS(10), answers), 0);
	assert_int_equal(discovery("239.255.255.250", 3702, S(30), answers), 0);
	assert_true(discovery("239.255.255.250", 1900, S(62), answers) > 0); /* long forgotten */
	assert_true(discovery("239.255.255.250", 9999, MS(10),
			    (struct play){ 0, 100, 2000, answer, STANDING_OPENING, EVENT_NEW }) ==
		    0); /* no service anybody knows: not counted here */
	service = 1900;
	assert_true(findings_of((struct play){
			    T0, 100, 2000, answer, STANDING_OPENING, EVENT_NEW }) > 0);
}

/* A question to the group is no licence for an attack. */
static void a_flood_in_spite_of_a_question(void **state)
{
	struct play answers = { 0, 1500, 4500, answer, STANDING_OPENING, EVENT_NEW };

	(void)state;
	assert_true(discovery("239.255.255.250", 1900, MS(10), answers) > 0);
}

static struct pkt answer_to_campus(uint32_t number)
{
	struct pkt pkt = answer(number);

	pkt.key.addr[1] = fixture_addr_at("10.20.0.0", mix(number) % 3000);
	return pkt;
}

/* Only the answers are captured, not the questions: ordinary ones are small. */
static void one_way_answers_of_dns(void **state)
{
	struct play what = { T0, 500, 5000, answer, STANDING_OPENING, EVENT_NEW };

	(void)state;
	answer_len = 130;
	assert_int_equal(findings_of(what), 0);
	what.make = answer_to_campus;
	what.pps = 3000;
	what.count = 30000;
	assert_int_equal(findings_of(what), 0);
	what.make = answer;
	what.pps = 1500; /* but one host gets no thousand of them */
	what.count = 4500;
	assert_true(findings_of(what) > 0);
	answer_len = 600;
	what.pps = 100;
	assert_true(findings_of(what) > 0);
}

static struct pkt carpet(uint32_t number)
{
	struct pkt pkt = answer(number);

	pkt.key.addr[1] = fixture_addr_at("192.0.2.0", number % 256);
	return pkt;
}

static struct pkt carpet_of_7(uint32_t number)
{
	struct pkt pkt = answer(number);

	pkt.key.addr[1] = fixture_addr_at("192.0.2.0", number % 7);
	return pkt;
}

static void a_carpet(void **state)
{
	struct play what = { T0, 512, 512 * 8, carpet, STANDING_OPENING, EVENT_NEW };
	struct fixture *f;
	unsigned count;
	const struct fixture_finding *list;
	char text[ADDR_TEXT_MAX];

	(void)state;
	reflectors = 300;
	f = after(what);
	list = fixture_list(f, &count);
	assert_true(count > 0);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(list[i].finding.scope, SCOPE_PREFIX);
		assert_string_equal(
			addr_prefix_format(&list[i].finding.to, list[i].finding.to_bits, text),
			"192.0.2.0/24");
	}
	assert_int_equal(packets_found(f, KIND_AMPLIFICATION_DNS), 512 * 8);
	fixture_close(f);
	what.make = carpet_of_7; /* seven hosts are seven hosts */
	f = after(what);
	list = fixture_list(f, &count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(list[i].finding.scope, SCOPE_HOST);
	assert_true(count >= 7);
	fixture_close(f);
}

static void total_limit(struct conf *conf)
{
	conf->flood.total_pps = 1000;
}

static void the_limit_of_all(void **state)
{
	struct play what = { T0, 1250, 1250 * 4, answer_to_campus, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = fixture_open(&detector_amplification, total_limit);

	(void)state;
	reflectors = 5; /* too few for anything else */
	play(f, what);
	fixture_end(f);
	assert_true(fixture_count(f, KIND_AMPLIFICATION_DNS) > 0);
	assert_int_equal(fixture_last(f, KIND_AMPLIFICATION_DNS)->finding.scope, SCOPE_TOTAL);
	fixture_close(f);
	assert_int_equal(findings_of(what), 0);
}

static void what_is_reported_adds_up(void **state)
{
	struct play what = { T0 + 5, 150, 150 * 130, answer, STANDING_OPENING, EVENT_NEW };
	struct fixture *f;
	unsigned count, ends = 0;
	const struct fixture_finding *list;

	(void)state;
	reflectors = 900;
	f = after(what);
	assert_int_equal(packets_found(f, KIND_AMPLIFICATION_DNS), 150 * 130);
	assert_int_equal(window_found(f).start_ns, T0 + 5);
	assert_int_equal(window_found(f).end_ns, play_time(&what, 150 * 130 - 1));
	list = fixture_list(f, &count);
	for (unsigned i = 0; i < count; i++)
		ends += strcmp(list[i].finding.reason, "until it ended") == 0;
	assert_true(ends <= 1);
	assert_in_range(count, 110, 140);
	fixture_close(f);
}

/* The attack begins while the victim asks questions of its own. */
static void the_victim_asks_too(void **state)
{
	struct fixture *f = fixture_open(&detector_amplification, NULL);

	(void)state;
	reflectors = 900;
	for (uint32_t i = 0; i < 6000; i++) {
		struct pkt pkt = answer(i);
		bool is_wanted = i % 10 == 0;

		fixture_send(f, T0 + i * MS(5), &pkt,
			is_wanted ? STANDING_ANSWER : STANDING_OPENING,
			is_wanted ? EVENT_ANSWERED : EVENT_NEW);
	}
	fixture_end(f);
	assert_true(fixture_count(f, KIND_AMPLIFICATION_DNS) > 0);
	assert_int_equal(packets_found(f, KIND_AMPLIFICATION_DNS), 5400);
	fixture_close(f);
}

#define IN(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(every_kind),
		IN(few_but_loud),
		IN(just_below),
		IN(tftp_from_odd_ports),
		IN(fragments_belong_to_it),
		IN(a_target_that_looks_like_a_broadcast_address),
		IN(over_ipv6),
		IN(questions_are_none),
		IN(answers_that_were_asked_for),
		IN(a_resolver_with_late_answers),
		IN(discovery_in_the_local_network),
		IN(a_flood_in_spite_of_a_question),
		IN(one_way_answers_of_dns),
		IN(a_carpet),
		IN(the_limit_of_all),
		IN(what_is_reported_adds_up),
		IN(the_victim_asks_too),
	};

	return cmocka_run_group_tests_name("amplification", tests, NULL, NULL);
}

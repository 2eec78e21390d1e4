/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/flood_wide_test.c - floods of more than one host: carpets, groups, all that is inside; and
 * what happens when there are more targets than can be followed one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/detectors.h"
#include "detect/play.h"
#include "detect/volume.h"

static void low(struct conf *conf)
{
	conf->flood.host_pps = 2000;
	conf->flood.prefix_pps = 4000;
}

static struct pkt syn_to(struct addr from, struct addr to, uint32_t number)
{
	struct pkt pkt = fixture_pkt(6, from, (uint16_t)(1024 + mix(number) % 60000), to, 443);

	pkt.tcp_flags = TCP_SYN;
	return pkt;
}

static struct pkt carpet_24(uint32_t number)
{
	return syn_to(stranger(number), fixture_addr_at("192.0.2.0", number % 256), number);
}

static struct pkt carpet_20(uint32_t number)
{
	return syn_to(stranger(number), fixture_addr_at("10.20.48.0", number % 4096), number);
}

static struct pkt carpet_v6(uint32_t number)
{
	uint8_t bytes[16] = { 0x20, 1, 0xd, 0xb8, [5] = 1, [6] = 7, [15] = 9 };
	uint8_t from[16] = { 0x20, 1, 0xd, 0xb9 };

	bytes[7] = (uint8_t)number;
	from[14] = (uint8_t)(number >> 8);
	from[15] = (uint8_t)number;
	return syn_to(addr_from_v6(from), addr_from_v6(bytes), number);
}

static struct fixture *after(struct play what, void (*adjust)(struct conf *conf))
{
	struct fixture *f = fixture_open(&detector_flood, adjust);

	play(f, what);
	fixture_end(f);
	return f;
}

static unsigned findings_of(struct play what, void (*adjust)(struct conf *conf))
{
	struct fixture *f = after(what, adjust);
	unsigned count = fixture_count(f, KIND_NONE);

	fixture_close(f);
	return count;
}

/* All findings are of that prefix, and together of so many packets. */
static void assert_carpet(struct fixture *f, const char *prefix, uint64_t targets, uint64_t packets)
{
	unsigned count;
	const struct fixture_finding *list = fixture_list(f, &count);
	char text[ADDR_TEXT_MAX];

	assert_true(count > 0);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(list[i].finding.scope, SCOPE_PREFIX);
		assert_string_equal(
			addr_prefix_format(&list[i].finding.to, list[i].finding.to_bits, text),
			prefix);
		assert_int_equal(list[i].finding.kind, KIND_FLOOD_SYN);
		assert_int_equal(list[i].target_count, targets);
	}
	assert_int_equal(packets_found(f, KIND_FLOOD_SYN), packets);
}

static void a_carpet_over_24(void **state)
{
	struct play what = { T0, 2560, 2560 * 6, carpet_24, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, NULL);

	(void)state;
	assert_carpet(f, "192.0.2.0/24", 256, 2560 * 6);
	assert_non_null(strstr(fixture_list(f, &(unsigned){ 0 })[0].finding.reason, "carpet"));
	assert_int_equal(window_found(f).start_ns, T0);
	assert_int_equal(window_found(f).end_ns, play_time(&what, 2560 * 6 - 1));
	fixture_close(f);
}

static void a_carpet_over_20(void **state)
{
	struct play what = { T0, 8192, 8192 * 6, carpet_20, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, NULL);

	(void)state;
	assert_carpet(f, "10.20.48.0/20", 4096, 8192 * 6);
	fixture_close(f);
}

static void a_carpet_over_ipv6(void **state)
{
	struct play what = { T0, 2560, 2560 * 6, carpet_v6, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, NULL);

	(void)state;
	assert_carpet(f, "2001:db8:1:700::/56", 256, 2560 * 6);
	fixture_close(f);
}

/* The same beside the noise that a whole /16 gets. */
static void a_carpet_among_noise(void **state)
{
	struct fixture *f = fixture_open(&detector_flood, NULL);
	char text[ADDR_TEXT_MAX];
	const struct finding *last;

	(void)state;
	for (uint32_t i = 0; i < 8192 * 6; i++) {
		struct pkt pkt = carpet_20(i);
		struct pkt noise =
			syn_to(stranger(i * 3), fixture_addr_at("10.20.0.0", mix(i) % 65536), i);

		fixture_send(f, T0 + i * (NS_PER_S / 8192), &pkt, STANDING_OPENING, EVENT_NEW);
		if (i % 20 == 0)
			fixture_open_only(f, T0 + i * (NS_PER_S / 8192), &noise);
	}
	fixture_end(f);
	last = &fixture_last(f, KIND_FLOOD_SYN)->finding;
	assert_string_equal(addr_prefix_format(&last->to, last->to_bits, text), "10.20.48.0/20");
	fixture_close(f);
}

static struct pkt carpet_of_20_senders(uint32_t number)
{
	return syn_to(stranger(number % 20), fixture_addr_at("192.0.2.0", number % 256), number);
}

static struct pkt carpet_of_9_senders(uint32_t number)
{
	return syn_to(stranger(number % 9), fixture_addr_at("192.0.2.0", number % 256), number);
}

static struct pkt seven_hosts(uint32_t number)
{
	return syn_to(stranger(number % 20), fixture_addr_at("192.0.2.0", number % 7), number);
}

static void the_limit_of_a_prefix(void **state)
{
	struct play what = { T0, 4600, 4600 * 3, carpet_of_20_senders, STANDING_OPENING,
		EVENT_NEW };
	struct fixture *f = after(what, low);

	(void)state;
	assert_carpet(f, "192.0.2.0/24", 256, 4600 * 3);
	assert_float_equal(fixture_list(f, &(unsigned){ 0 })[0].finding.expected, 4000, 0);
	fixture_close(f);
	what.pps = 3700;
	assert_int_equal(findings_of(what, low), 0);
	what.pps = 4600;
	what.make = carpet_of_9_senders;
	assert_int_equal(findings_of(what, low), 0);
	what.make = seven_hosts; /* each below its own limit */
	assert_int_equal(findings_of(what, low), 0);
}

static void too_little_evidence_for_a_carpet(void **state)
{
	struct play what = { T0, 450, 450 * 8, carpet_24, STANDING_OPENING, EVENT_NEW };

	(void)state;
	assert_int_equal(findings_of(what, NULL), 0); /* below 500 pps */
	what.make = carpet_20; /* not even two packets a host: noise, or a spoofed scan */
	what.pps = 1500;
	what.count = 1500 * 8;
	assert_int_equal(findings_of(what, NULL), 0);
	what.make = carpet_of_20_senders;
	what.pps = 2560;
	what.count = 2560 * 8;
	assert_int_equal(findings_of(what, NULL), 0);
}

static struct pkt syn_v6(uint32_t number)
{
	uint8_t from[16] = { 0x20, 1, 0xd, 0xb9, [13] = (uint8_t)(number >> 16),
		[14] = (uint8_t)(number >> 8), [15] = (uint8_t)number };

	return syn_to(addr_from_v6(from), fixture_addr("2001:db8::80"), number);
}

static void one_host_over_ipv6(void **state)
{
	struct play what = { T0, 150, 2500, syn_v6, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, NULL);
	struct addr target = fixture_addr("2001:db8::80");

	(void)state;
	assert_true(fixture_count(f, KIND_FLOOD_SYN) > 0);
	assert_int_equal(fixture_last(f, KIND_FLOOD_SYN)->finding.scope, SCOPE_HOST);
	assert_true(addr_equal(&fixture_last(f, KIND_FLOOD_SYN)->finding.to, &target));
	assert_int_equal(packets_found(f, KIND_FLOOD_SYN), 2500);
	fixture_close(f);
}

static void total_limit(struct conf *conf)
{
	conf->flood.total_pps = 2000;
}

/* Over all of inside: few to each host, none of them hit as one prefix. */
static struct pkt everywhere(uint32_t number)
{
	return syn_to(stranger(number % 5), fixture_addr_at("10.0.0.0", mix(number) % (1U << 24)),
		number);
}

static struct pkt outside(uint32_t number)
{
	return syn_to(
		stranger(number % 5), fixture_addr_at("203.0.0.0", mix(number) % 65536), number);
}

static void the_limit_of_all(void **state)
{
	struct play what = { T0, 2400, 2400 * 3, everywhere, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, total_limit);
	const struct finding *last = &fixture_last(f, KIND_FLOOD_SYN)->finding;

	(void)state;
	assert_int_equal(last->scope, SCOPE_TOTAL);
	assert_true(addr_is_zero(&last->to));
	assert_int_equal(last->to_bits, 0);
	assert_null(last->group);
	fixture_close(f);
	assert_int_equal(findings_of(what, NULL), 0); /* off unless it is set */
	what.pps = 1700;
	assert_int_equal(findings_of(what, total_limit), 0);
	what.pps = 2400;
	what.make = outside;
	assert_int_equal(findings_of(what, total_limit), 0);
}

/* The fixture's networks have no groups: these are put in their place. */
static struct networks *open_groups(void)
{
	static const struct prefix shop = { .bits = 120 }, mail = { .bits = 120 };
	static struct prefix prefixes[2];
	static struct conf_group groups[2];
	struct conf conf;
	struct networks *networks = NULL;

	prefixes[0] = shop;
	prefixes[0].addr = fixture_addr("10.1.1.0");
	prefixes[1] = mail;
	prefixes[1].addr = fixture_addr("10.1.2.0");
	groups[0] = (struct conf_group){ "shop", { &prefixes[0], 1 } };
	groups[1] = (struct conf_group){ "mail", { &prefixes[1], 1 } };
	conf_default(&conf);
	conf.groups = groups;
	conf.group_count = 2;
	assert_int_equal(networks_open(&conf, NULL, &networks), 0);
	return networks;
}

static void group_limit(struct conf *conf)
{
	conf->flood.group_pps = 1000;
	conf->flood.group_mbps = 3;
}

static struct pkt to_mail(uint32_t number)
{
	return syn_to(stranger(number % 5), fixture_addr_at("10.1.2.0", number % 200), number);
}

static struct pkt to_both(uint32_t number)
{
	return syn_to(stranger(number % 5), fixture_addr_at("10.1.1.0", number % 512), number);
}

static struct pkt big_to_mail(uint32_t number)
{
	struct pkt pkt = to_mail(number);

	pkt.ip_len = 1400;
	return pkt;
}

static unsigned group_findings(struct play what, const char *name)
{
	struct fixture *f = fixture_open(&detector_flood, group_limit);
	struct networks *networks = open_groups();
	unsigned count;
	const struct fixture_finding *list;

	((struct volume *)fixture_state(f))->networks = networks;
	play(f, what);
	fixture_end(f);
	list = fixture_list(f, &count);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(list[i].finding.scope, SCOPE_GROUP);
		assert_string_equal(list[i].finding.group, name);
		assert_true(addr_is_zero(&list[i].finding.to));
	}
	fixture_close(f);
	networks_close(networks);
	return count;
}

static void the_limit_of_a_group(void **state)
{
	struct play what = { T0, 1250, 1250 * 4, to_mail, STANDING_OPENING, EVENT_NEW };

	(void)state;
	assert_true(group_findings(what, "mail") > 0);
	what.pps = 850;
	assert_int_equal(group_findings(what, "mail"), 0);
	what.pps = 1250;
	what.make = to_both; /* half each */
	assert_int_equal(group_findings(what, "mail"), 0);
	what.make = big_to_mail;
	what.pps = 400;
	what.count = 400 * 4;
	assert_true(group_findings(what, "mail") > 0);
}

static void very_low(struct conf *conf)
{
	conf->flood.host_pps = 50;
	conf->flood.prefix_pps = 4000;
}

/* 600 hosts at once, each over its limit: 448 are followed, the rest is a carpet. Nothing is lost,
 * and nothing counted twice. */
static struct pkt six_hundred(uint32_t number)
{
	return syn_to(stranger(number % 40), fixture_addr_at("10.30.0.0", number % 600), number);
}

static void more_targets_than_can_be_followed(void **state)
{
	struct play what = { T0, 600000, 36000, six_hundred, STANDING_OPENING, EVENT_NEW };
	struct fixture *f = after(what, very_low);
	unsigned count, hosts = 0, prefixes = 0;
	const struct fixture_finding *list = fixture_list(f, &count);

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		hosts += list[i].finding.scope == SCOPE_HOST;
		prefixes += list[i].finding.scope == SCOPE_PREFIX;
	}
	assert_int_equal(hosts, VOLUME_ACTIVE_MAX - VOLUME_ACTIVE_WIDE);
	assert_int_equal(prefixes, 1);
	assert_int_equal(packets_found(f, KIND_FLOOD_SYN), 36000);
	what.at_ns = T0 + S(30); /* all are let go again */
	play(f, what);
	fixture_end(f);
	list = fixture_list(f, &count);
	hosts = 0;
	for (unsigned i = 0; i < count; i++)
		hosts += list[i].finding.scope == SCOPE_HOST;
	assert_int_equal(hosts, 2 * (VOLUME_ACTIVE_MAX - VOLUME_ACTIVE_WIDE));
	fixture_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_carpet_over_24),
		cmocka_unit_test(a_carpet_over_20),
		cmocka_unit_test(a_carpet_over_ipv6),
		cmocka_unit_test(a_carpet_among_noise),
		cmocka_unit_test(the_limit_of_a_prefix),
		cmocka_unit_test(too_little_evidence_for_a_carpet),
		cmocka_unit_test(one_host_over_ipv6),
		cmocka_unit_test(the_limit_of_all),
		cmocka_unit_test(the_limit_of_a_group),
		cmocka_unit_test(more_targets_than_can_be_followed),
	};

	return cmocka_run_group_tests_name("flood_wide", tests, NULL, NULL);
}

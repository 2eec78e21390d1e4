/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/dnstunnel_test.c - tunnels through DNS and ICMP are found; long names, lists, telemetry
 * and odd pings are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"

#define BOT "192.168.0.7"
#define RESOLVER "192.168.0.1"

static int set_up(void **state)
{
	*state = play_open(&detector_dnstunnel, NULL);
	return 0;
}

static int tear_down(void **state)
{
	play_close(*state);
	return 0;
}

static int set_up_icmp(void **state)
{
	*state = play_open(&detector_icmptunnel, NULL);
	return 0;
}

/* len letters in hex, in labels of at most 60, and the domain. */
static const char *hexadecimal(unsigned number, unsigned len, const char *domain)
{
	static char name[300];
	uint64_t noise = number * 6364136223846793005ULL + 1442695040888963407ULL;
	unsigned at = 0;

	for (unsigned i = 0; i < len; i++) {
		noise = noise * 6364136223846793005ULL + 1442695040888963407ULL;
		name[at++] = "0123456789abcdef"[noise >> 60];
		if (i % 60 == 59 && i + 1 < len)
			name[at++] = '.';
	}
	snprintf(name + at, sizeof(name) - at, ".%s", domain);
	return name;
}

struct question {
	double time_s;
	const char *client, *server;
	uint16_t type;
	uint16_t flags;
	uint32_t data_len; /* of the answer, when that is no address */
	struct addr addr;  /* or of the address */
};

static void ask(struct play *play, struct question question, const char *name)
{
	static const char data[512];
	struct app_event event = play_event(play, APP_DNS, question.time_s,
		play_addr(question.client ? question.client : BOT),
		play_addr(question.server ? question.server : RESOLVER), IPPROTO_UDP, 53);

	event.dns = (struct app_dns){ .name = { name, (uint32_t)strlen(name) },
		.type = question.type,
		.flags = question.flags,
		.answer_count = 1,
		.listed = 1,
		.answers = { { .type = question.type,
			.data = { data, question.data_len },
			.addr = question.addr } } };
	play_see(play, &event);
}

static float sureness(struct play *play, enum kind kind)
{
	float confidence;

	play_count(play, kind, (struct addr){ 0 }, &confidence);
	return confidence;
}

static void test_iodine(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 200; i++)
		ask(play,
			(struct question){
				.time_s = i * 0.1, .type = i % 2 ? 10 : 65399, .data_len = 100 },
			hexadecimal(i, 30, "t.example.com"));
	assert_true(sureness(play, KIND_BOT_DNSTUNNEL) >= 0.8F);
	assert_string_equal(play->findings.list[0].name, "example.com");
	assert_int_equal(play->findings.list[0].to_role, ROLE_COUNT);
}

/* dnscat2: TXT, CNAME and MX in turn, hex labels. Low at bot.tunnel_bytes, more with more. */
static void test_dnscat(void **state)
{
	static const uint16_t types[] = { 16, 5, 15 };
	struct play *play = *state;

	for (unsigned i = 0; i < 150; i++)
		ask(play, (struct question){ .time_s = i, .type = types[i % 3], .data_len = 30 },
			hexadecimal(i, 150, "example.org"));
	assert_true(sureness(play, KIND_BOT_DNSTUNNEL) >= 0.5F);
	assert_true(sureness(play, KIND_BOT_DNSTUNNEL) < 0.7F);
	for (unsigned i = 150; i < 400; i++)
		ask(play, (struct question){ .time_s = i, .type = types[i % 3], .data_len = 30 },
			hexadecimal(i, 150, "example.org"));
	assert_true(sureness(play, KIND_BOT_DNSTUNNEL) >= 0.7F);
}

/* dns2tcp, a download: short names up, much TXT down. */
static void test_download(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 600; i++)
		ask(play, (struct question){ .time_s = i * 0.1, .type = 16, .data_len = 220 },
			hexadecimal(i, 12, "example.org"));
	assert_true(sureness(play, KIND_BOT_DNSTUNNEL) >= 0.6F);
}

/* A question of 40 letters each minute, for half a day: a hint, told as one. */
static void test_slow(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 720; i++)
		ask(play, (struct question){ .time_s = i * 60, .type = 16, .data_len = 30 },
			hexadecimal(i, 40, "example.org"));
	assert_true(play->findings.count > 0);
	assert_float_equal(sureness(play, KIND_BOT_DNSTUNNEL), 0.5, 0.01);
	assert_true(play->findings.list[0].window.end_ns - play->findings.list[0].window.start_ns >
		    3 * 3600 * NS_PER_S);
}

/* The private types of iodine at rest, a question each ten seconds: below the bytes of a window. */
static void test_slow_raw(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 360; i++)
		ask(play, (struct question){ .time_s = i * 10, .type = 10, .data_len = 10 },
			hexadecimal(i, 20, "example.org"));
	assert_true(sureness(play, KIND_BOT_DNSTUNNEL) >= 0.75F);
}

/* It ends in the morning; what the host asks of the same domain later is no sign of it. */
static void test_slow_has_ended(void **state)
{
	struct play *play = *state;
	unsigned told;

	for (unsigned i = 0; i < 720; i++)
		ask(play, (struct question){ .time_s = i * 20, .type = 16, .data_len = 30 },
			hexadecimal(i, 40, "example.org"));
	ask(play, (struct question){ .time_s = 14500, .type = 1 }, "www.example.org");
	told = play->findings.count;
	assert_true(told > 0);
	for (unsigned i = 0; i < 24; i++)
		ask(play, (struct question){ .time_s = 16000 + i * 900, .type = 1 },
			"www.example.org");
	assert_int_equal(play->findings.count, told);
}

/* A mail server in a day: each customer's keys and policies, again and again; and the policy made
 * of the sender's address, of some hundred senders. */
static void test_slow_names_that_come_again(void **state)
{
	struct play *play = *state;
	char name[128];

	for (unsigned i = 0; i < 8000; i++) {
		struct question question = { .time_s = i * 10, .type = 16, .data_len = 120 };

		snprintf(name, sizeof(name), "selector%u-customer-example-com._domainkey.mail",
			i % 150);
		snprintf(name + strlen(name), sizeof(name) - strlen(name), ".example.net");
		ask(play, question, name);
		snprintf(name, sizeof(name), "%u.113.0.203._spf.example.com", i % 180);
		ask(play, question, name);
	}
	assert_int_equal(play->findings.count, 0);
}

static void test_addresses_never_contacted(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 600; i++)
		ask(play,
			(struct question){ .time_s = i,
				.type = 1,
				.addr = addr_from_v4((uint8_t[]){ 203, 0, 113, (uint8_t)i }) },
			hexadecimal(i, 120, "example.org"));
	assert_true(sureness(play, KIND_BOT_DNSTUNNEL) >= 0.55F);
}

/* A content network with a name for each object: the host goes where the names lead. */
static void test_content_network(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 600; i++) {
		struct addr addr =
			addr_from_v4((uint8_t[]){ 203, 0, (uint8_t)(i >> 8), (uint8_t)i });

		ask(play, (struct question){ .time_s = i, .type = 1, .addr = addr },
			hexadecimal(i, 120, "example.org"));
		play_connection(play, i + 0.1, play_addr(BOT), addr, 443, PROTO_TLS, 900, 9000);
	}
	assert_int_equal(play->findings.count, 0);
}

/* The same with few addresses, one connection to each that is kept, for longer than a window. */
static void test_content_network_of_few_addresses(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 2400; i++) {
		struct addr addr = addr_from_v4((uint8_t[]){ 203, 0, 113, (uint8_t)(i % 4) });

		ask(play, (struct question){ .time_s = i, .type = 1, .addr = addr },
			hexadecimal(i, 120, "example.org"));
		if (i < 4)
			play_connection(
				play, i + 0.1, play_addr(BOT), addr, 443, PROTO_TLS, 900, 9000);
	}
	assert_int_equal(play->findings.count, 0);
}

/* Questions go straight to the domain's own server: that is the other end. */
static void test_direct(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 300; i++)
		ask(play,
			(struct question){ .time_s = i,
				.type = 10,
				.flags = 0x8400,
				.server = "203.0.113.53",
				.data_len = 100 },
			hexadecimal(i, 30, "example.org"));
	assert_int_equal(play->findings.list[play->findings.count - 1].to_role, ROLE_CONTROLLER);
}

/* A public resolver of which only the tunnel is seen is not blamed. */
static void test_public_resolver(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 300; i++)
		ask(play,
			(struct question){ .time_s = i,
				.type = 10,
				.flags = 0x8180,
				.server = "203.0.113.53",
				.data_len = 100 },
			hexadecimal(i, 30, "example.org"));
	assert_true(play->findings.count >= 1);
	for (unsigned i = 0; i < play->findings.count; i++)
		assert_int_equal(play->findings.list[i].to_role, ROLE_COUNT);
}

static void test_lists_and_mail(void **state)
{
	struct play *play = *state;
	struct addr listed = addr_from_v4((uint8_t[]){ 127, 0, 0, 2 });
	char name[256];

	for (unsigned i = 0; i < 1000; i++) {
		struct question text = { .time_s = i * 0.5, .type = 16, .data_len = 200 };
		struct question address = { .time_s = i * 0.5, .type = 1, .addr = listed };

		ask(play, text, hexadecimal(i, 100, "zen.spamhaus.org"));
		ask(play, address, hexadecimal(i, 100, "avts.mcafee.com"));
		ask(play, address, hexadecimal(i, 100, "reputation.example.org"));
		snprintf(name, sizeof(name), "key%u._domainkey.example%u.com", i % 3, i);
		ask(play, text, name);
		snprintf(name, sizeof(name), "example%u.com", i);
		ask(play, text, name);
		ask(play, (struct question){ .time_s = i * 0.5, .type = 12, .data_len = 40 },
			hexadecimal(i, 30, "in-addr.arpa"));
		ask(play, (struct question){ .time_s = i * 0.5, .type = 33, .data_len = 40 },
			hexadecimal(i, 60, "_tcp.local"));
	}
	assert_int_equal(play->findings.count, 0);
}

/* Telemetry: the same long names again, and names of people. */
static void test_telemetry(void **state)
{
	struct play *play = *state;
	char name[128];

	for (unsigned i = 0; i < 3000; i++) {
		struct question question = { .time_s = i * 0.2,
			.type = 1,
			.addr = addr_from_v4((uint8_t[]){ 203, 0, 113, 9 }) };

		ask(play, question, hexadecimal(i % 40, 150, "telemetry.example.com"));
		snprintf(name, sizeof(name), "edge-%u.region-%u.service.example.net", i % 300,
			i % 7);
		ask(play, question, name);
	}
	assert_int_equal(play->findings.count, 0);
}

/* Through a resolver of ours that many ask: it is not the zombie, the one behind it is. */
static void test_relayed(void **state)
{
	struct play *play = *state;
	float confidence;

	for (unsigned i = 0; i < 300; i++) {
		const char *name = hexadecimal(i, 30, "example.org");

		ask(play, (struct question){ .time_s = i, .type = 10, .data_len = 100 }, name);
		ask(play,
			(struct question){ .time_s = i,
				.type = 10,
				.client = RESOLVER,
				.server = "203.0.113.53",
				.data_len = 100 },
			name);
	}
	play_count(play, KIND_BOT_DNSTUNNEL, play_addr(BOT), &confidence);
	assert_true(confidence >= 0.7F);
	play_count(play, KIND_BOT_DNSTUNNEL, play_addr(RESOLVER), &confidence);
	assert_true(confidence < 0.6F);
}

static void ping(struct play *play, double time_s, uint32_t sent, uint32_t received, bool repeated)
{
	struct app_event event = play_event(play, APP_EXCHANGE, time_s, play_addr(BOT),
		play_addr("203.0.113.9"), IPPROTO_ICMP, 8);

	event.exchange = (struct app_exchange){
		.bytes = { sent, received }, .is_echo = true, .is_repeated = repeated
	};
	play_see(play, &event);
}

static void test_icmp_tunnel(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 200; i++)
		ping(play, i * 0.1, 40 + i * 7 % 300, 52 + i * 31 % 900, false);
	assert_true(sureness(play, KIND_BOT_ICMPTUNNEL) >= 0.7F);
	assert_int_equal(play->findings.list[0].to_role, ROLE_CONTROLLER);
}

static void test_pings(void **state)
{
	struct play *play = *state;

	for (unsigned i = 0; i < 20000; i++)
		ping(play, i * 0.01, 1472, 1472, true); /* flood ping */
	for (unsigned i = 0; i < 1400; i++)
		ping(play, 300 + i, i, i, true); /* MTU search */
	for (unsigned i = 0; i < 1400; i++)
		ping(play, 2000 + i * 0.1, i + 65, 64, false); /* replies are cut */
	for (unsigned i = 0; i < 20; i++)
		ping(play, 3000 + i, 1000 + i, 900 + i, false); /* a few damaged ones */
	assert_int_equal(play->findings.count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_iodine),
		TEST(test_dnscat),
		TEST(test_download),
		TEST(test_slow),
		TEST(test_slow_raw),
		TEST(test_slow_has_ended),
		TEST(test_slow_names_that_come_again),
		TEST(test_addresses_never_contacted),
		TEST(test_content_network),
		TEST(test_content_network_of_few_addresses),
		TEST(test_direct),
		TEST(test_public_resolver),
		TEST(test_lists_and_mail),
		TEST(test_telemetry),
		TEST(test_relayed),
		cmocka_unit_test_setup_teardown(test_icmp_tunnel, set_up_icmp, tear_down),
		cmocka_unit_test_setup_teardown(test_pings, set_up_icmp, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

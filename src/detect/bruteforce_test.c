/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of detect/bruteforce.c and bruteforce_judge.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"

#define OUTSIDE "203.0.113.7"
#define INSIDE "192.168.1.20"
#define SERVER "192.168.1.2"
#define ELSEWHERE "198.51.100.9"

static void login(struct play *p, double time_s, struct addr client, struct addr server,
	enum app_proto proto, enum login_result result, const char *user)
{
	struct app_event event = play_event(p, APP_LOGIN, time_s, client, server, IPPROTO_TCP, 22);

	event.login = (struct app_login){ .proto = proto,
		.result = result,
		.user = { user, (uint32_t)strlen(user) },
		.tries = 1,
		.is_guessed = proto == PROTO_SSH };
	play_see(p, &event);
}

/* count tries, at times that wander by most of their distance. */
static void fails(struct play *p, double from_s, unsigned count, double every_s, const char *client,
	const char *server, enum app_proto proto)
{
	for (unsigned i = 0; i < count; i++)
		login(p, from_s + (i + (i * 7 % 10) / 11.0) * every_s, play_addr(client),
			play_addr(server), proto, LOGIN_FAILED, "");
}

static float found(struct play *p, enum kind kind, const char *from)
{
	float confidence;

	play_count(p, kind, play_addr(from), &confidence);
	return confidence;
}

static void one_to_one_both_ways(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);
	const struct finding *last;

	(void)state;
	fails(p, 0, 9, 1, OUTSIDE, SERVER, PROTO_SSH);
	assert_int_equal(p->findings.count, 0);
	fails(p, 10, 60, 1, OUTSIDE, SERVER, PROTO_SSH);
	assert_true(found(p, KIND_BRUTEFORCE_SSH, OUTSIDE) >= 0.75F);
	fails(p, 0, 60, 1, INSIDE, ELSEWHERE, PROTO_SSH);
	assert_true(found(p, KIND_BRUTEFORCE_SSH, INSIDE) >= 0.75F);
	last = &p->findings.list[p->findings.count - 1];
	assert_true(addr_equal(&last->to, &(struct addr[]){ play_addr(ELSEWHERE) }[0]));
	assert_int_equal(last->to_role, ROLE_TARGET);
	assert_int_equal(last->port, 22);
	play_close(p);
}

static void all_protocols(void **state)
{
	static const struct {
		enum app_proto proto;
		enum kind kind;
	} pairs[] = { { PROTO_TELNET, KIND_BRUTEFORCE_TELNET }, { PROTO_FTP, KIND_BRUTEFORCE_FTP },
		{ PROTO_SMTP, KIND_BRUTEFORCE_SMTP }, { PROTO_IMAP, KIND_BRUTEFORCE_SMTP },
		{ PROTO_POP3, KIND_BRUTEFORCE_SMTP }, { PROTO_HTTP, KIND_BRUTEFORCE_HTTP },
		{ PROTO_RDP, KIND_BRUTEFORCE_RDP } };

	(void)state;
	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct play *p = play_open(&detector_bruteforce, NULL);

		fails(p, 0, 40, 1, OUTSIDE, SERVER, pairs[i].proto);
		assert_true(found(p, pairs[i].kind, OUTSIDE) >= 0.7F);
		play_close(p);
	}
}

static void one_to_many(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);

	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		struct addr server = play_addr(ELSEWHERE);

		server.byte[15] = (uint8_t)i;
		login(p, i * 2.0, play_addr(INSIDE), server, PROTO_SSH, LOGIN_FAILED, "");
	}
	assert_true(found(p, KIND_BRUTEFORCE_SSH, INSIDE) >= 0.85F);
	play_close(p);
}

/* Each client twice: none is noticed by itself. */
static void many_to_one(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);
	const struct finding *last;

	(void)state;
	for (unsigned i = 0; i < 80; i++) {
		struct addr client = play_addr(OUTSIDE);

		client.byte[15] = (uint8_t)(i % 40);
		login(p, i * 5.0, client, play_addr(SERVER), PROTO_SSH, LOGIN_FAILED, "");
	}
	assert_true(p->findings.count > 0);
	last = &p->findings.list[p->findings.count - 1];
	assert_int_equal(last->kind, KIND_BRUTEFORCE_SSH);
	assert_true(addr_is_zero(&last->from));
	assert_int_equal(distinct_count(last->sources), 40);
	assert_true(last->confidence >= 0.7F);
	play_close(p);
}

/* One in ten minutes, over hours, at odd times. */
static void low_and_slow(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);

	(void)state;
	fails(p, 0, 29, 600, OUTSIDE, SERVER, PROTO_SSH);
	assert_int_equal(p->findings.count, 0);
	fails(p, 29 * 600.0, 20, 600, OUTSIDE, SERVER, PROTO_SSH);
	assert_true(found(p, KIND_BRUTEFORCE_SSH, OUTSIDE) >= 0.7F);
	play_close(p);
}

static void guessed_right(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		login(p, i, play_addr(OUTSIDE), play_addr(SERVER), PROTO_FTP, LOGIN_FAILED,
			i % 2 ? "admin" : "root");
	login(p, 51, play_addr(OUTSIDE), play_addr(SERVER), PROTO_FTP, LOGIN_SUCCEEDED, "admin");
	assert_true(found(p, KIND_BRUTEFORCE_FTP, OUTSIDE) >= 0.94F);
	assert_string_equal(
		p->findings.list[p->findings.count - 1].detail, "logged in as \"admin\"");
	play_close(p);
}

/* RDP shows only how long and how big. */
static void rdp_by_size(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);

	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		struct app_event event = play_event(p, APP_RDP, i * 3, play_addr(OUTSIDE),
			play_addr(SERVER), IPPROTO_TCP, 3389);

		play_see(p, &event);
		event.type = APP_FLOW;
		event.flow_end = (struct app_flow){ .first_ns = event.time_ns,
			.last_ns = event.time_ns + NS_PER_S,
			.payload_bytes = { 2000, 3000 },
			.end = FLOW_END_CLOSED };
		play_see(p, &event);
	}
	assert_true(found(p, KIND_BRUTEFORCE_RDP, OUTSIDE) >= 0.7F);
	play_close(p);
}

static void who_mistypes(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);

	(void)state;
	for (unsigned hour = 0; hour < 8; hour++) {
		fails(p, hour * 3600, 3, 10, INSIDE, SERVER, PROTO_SSH);
		login(p, hour * 3600 + 60, play_addr(INSIDE), play_addr(SERVER), PROTO_SSH,
			LOGIN_SUCCEEDED, "");
	}
	assert_int_equal(p->findings.count, 0);
	play_close(p);
}

/* git, ansible, monitors, backups: hundreds of logins that succeed, a failure now and then. */
static void scripts_that_log_in(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct addr server = play_addr(SERVER);

		server.byte[15] = (uint8_t)(i % 50);
		login(p, i * 5, play_addr(INSIDE), server, PROTO_SSH,
			i % 4 == 0 ? LOGIN_FAILED : LOGIN_SUCCEEDED, "");
	}
	assert_int_equal(p->findings.count, 0);
	play_close(p);
}

/* A mail program, and a cron job, with an old password: at most low, for days. Then its owner
 * enters the right one: nothing was guessed. */
static void an_old_password(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++)
		login(p, i * 60, play_addr(INSIDE), play_addr(ELSEWHERE), PROTO_IMAP, LOGIN_FAILED,
			"anna");
	login(p, i * 60, play_addr(INSIDE), play_addr(ELSEWHERE), PROTO_IMAP, LOGIN_SUCCEEDED,
		"anna");
	for (i = 0; i < 300; i++)
		login(p, i * 300, play_addr(INSIDE), play_addr(SERVER), PROTO_SSH, LOGIN_FAILED,
			"");
	assert_true(found(p, KIND_BRUTEFORCE_SMTP, INSIDE) < 0.6F);
	assert_true(found(p, KIND_BRUTEFORCE_SSH, INSIDE) < 0.6F);
	play_close(p);
}

/* The password server is down: everybody fails at once, at a server of ours. */
static void an_outage(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);
	float confidence;

	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		struct addr client = play_addr(INSIDE), roaming = play_addr(OUTSIDE);

		client.byte[15] = (uint8_t)(50 + i % 100);
		roaming.byte[15] = (uint8_t)(i % 100);
		login(p, i, client, play_addr(SERVER), PROTO_IMAP, LOGIN_FAILED, "x");
		login(p, i, roaming, play_addr(SERVER), PROTO_IMAP, LOGIN_FAILED, "x");
	}
	play_count(p, KIND_BRUTEFORCE_SMTP, (struct addr){ 0 }, &confidence);
	assert_true(confidence < 0.6F);
	play_close(p);
}

/* Somebody asks servers what methods they have: unsure stays low. */
static void only_asking(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		struct addr server = play_addr(SERVER);

		server.byte[15] = (uint8_t)i;
		login(p, i, play_addr(INSIDE), server, PROTO_SSH, LOGIN_UNKNOWN, "");
	}
	assert_true(found(p, KIND_BRUTEFORCE_SSH, INSIDE) <= 0.6F);
	play_close(p);
}

/* More clients than there is room for: counted, no harm. */
static void a_flood_of_clients(void **state)
{
	struct play *p = play_open(&detector_bruteforce, NULL);
	struct losses losses = { 0 };

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct addr client = play_addr(OUTSIDE);

		client.byte[13] = (uint8_t)(i >> 8);
		client.byte[14] = (uint8_t)i;
		login(p, i / 1000.0, client, play_addr(SERVER), PROTO_SSH, LOGIN_FAILED, "");
	}
	detector_bruteforce.losses(p->state, &losses);
	assert_true(losses.forgotten + losses.uncounted > 0);
	play_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_to_one_both_ways),
		cmocka_unit_test(all_protocols),
		cmocka_unit_test(one_to_many),
		cmocka_unit_test(many_to_one),
		cmocka_unit_test(low_and_slow),
		cmocka_unit_test(guessed_right),
		cmocka_unit_test(rdp_by_size),
		cmocka_unit_test(who_mistypes),
		cmocka_unit_test(scripts_that_log_in),
		cmocka_unit_test(an_old_password),
		cmocka_unit_test(an_outage),
		cmocka_unit_test(only_asking),
		cmocka_unit_test(a_flood_of_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
